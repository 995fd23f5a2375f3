"""How high the loss would get if all prices fell or rose: the book resolved again at each of a dozen moves.

Shorts and debts in what has a moving price lose on a rise, so that a book which holds any is moved up
too. Each move is a real run of the engine, with the layers that cover only (funds, reserves): what
they pay is paid, and what is left would reach users. So a fund that gains from liquidations
does so here too, and one that may not pay for an asset does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from seawall.core.book import SIDES, Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.layers import kinds_borne_by
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.liquidation.liquidate import liquidate
from seawall.liquidation.sale import Desk
from seawall.resolution import Progress
from seawall.risk.detect import scan
from seawall.risk.health import Health
from seawall.runs.shock import fallen, steady
from seawall.runs.value import value_of
from seawall.waterfall.waterfall import run_waterfall

USERS_BEAR = kinds_borne_by("counterparties", "holders")
POINTS = 11
HALVINGS = 4
_STEPS = (Fraction(1, 200), Fraction(1, 100), Fraction(1, 50), Fraction(1, 20), Fraction(9, 100))


@dataclass(frozen=True, slots=True)
class Drop:
    """The book after one move of all prices; values in base currency, exact, at the oracle prices after it.

    Attributes:
        drop: Fraction taken off all prices; below zero it is a rise.
        failing: Accounts the venue would liquidate.
        at_risk: What they owe (lending) or the notional of their positions (exchange).
        loss: What liquidation leaves and hands to the waterfall.
        covered: Part of it that funds and reserves pay.
        dry: Assets in which a fund that could pay has nothing left to pay with.
    """

    drop: Fraction
    failing: int
    at_risk: Fraction
    loss: Fraction
    covered: Fraction
    dry: tuple[str, ...]

    @property
    def to_users(self) -> Fraction:
        """What funds leave for users, at close-out values; deleveraging may spare part of it."""
        return self.loss - self.covered


@dataclass(frozen=True, slots=True)
class Drops:
    """All moves, from the widest rise to the deepest fall.

    Attributes:
        chosen: The fall of the run these belong to.
        fund: Cash of the accounts that cover, before anything happens [base currency].
        break_point: Fall at which a fund first runs dry, found by halving; None where none does.
        break_asset: The asset it runs dry in.
        rise_break_point, rise_break_asset: The same of a rise, as a fraction above zero.
    """

    rows: tuple[Drop, ...]
    chosen: Fraction
    fund: Fraction
    break_point: Fraction | None
    break_asset: str = ""
    rise_break_point: Fraction | None = None
    rise_break_asset: str = ""


def drop_table(
    book: Book,
    market: Market,
    terms: Terms,
    event: Event,
    *,
    chosen: Fraction = Fraction(0),
    progress: Progress | None = None,
) -> Drops:
    """Run a book through a dozen moves of all prices.

    Args:
        market: Prices before the move.
        event: Its id and seed break ties, as in the run itself.
        chosen: Fall of the run; the others are laid around it.
        progress: Called as progress("drops", done, total).
    """
    covering = terms.model_copy(
        update={"waterfall": tuple(layer for layer in terms.waterfall if layer.kind not in USERS_BEAR)}
    )
    funded = _funded(book, covering)

    def run(drop: Fraction) -> Drop:
        return _run(book, market, covering, event, drop, funded)

    rows = []
    moves = grid(chosen, both=loses_on_a_rise(book, market))
    for number, drop in enumerate(moves):
        if progress:
            progress("drops", number, len(moves))
        rows.append(run(drop))
    fund = _worth(book, market, funded)
    fall = _first_dry([row for row in rows if row.drop >= 0], run)
    rise = _first_dry([row for row in reversed(rows) if row.drop <= 0], run)
    return Drops(
        tuple(rows),
        chosen,
        fund,
        fall.drop if fall else None,
        fall.dry[0] if fall else "",
        -rise.drop if rise else None,
        rise.dry[0] if rise else "",
    )


def fund_value(book: Book, market: Market, terms: Terms) -> Fraction:
    """Return what the accounts that cover losses hold in cash [base currency]."""
    covering = [layer for layer in terms.waterfall if layer.kind not in USERS_BEAR]
    return _worth(book, market, _funded(book, terms.model_copy(update={"waterfall": tuple(covering)})))


def loses_on_a_rise(book: Book, market: Market) -> bool:
    """Return whether anyone is short, or owes an asset whose price moves with the others."""
    still = steady(book, market)
    owed = np.unique(book.balances.asset[book.balances.side == SIDES.index("debt")])
    return bool((book.positions.quantity.to_float() < 0).any()) or any(
        book.assets[code].id not in still for code in owed.tolist()
    )


def grid(chosen: Fraction, *, both: bool = False) -> list[Fraction]:
    """Return the falls to run: eleven even ones that reach well beyond the chosen one, which is among them.

    Args:
        both: Whether rises are run too: every other one of the falls, below zero.

    >>> [float(drop) for drop in grid(Fraction(6, 100))][:4], float(grid(Fraction(6, 100))[-1])
    ([0.0, 0.01, 0.02, 0.03], 0.1)
    >>> [float(drop) for drop in grid(Fraction(6, 100), both=True)][:6]
    [-0.1, -0.08, -0.06, -0.04, -0.02, 0.0]
    """
    step = next((step for step in _STEPS if 2 * (POINTS - 1) * step >= 3 * chosen), _STEPS[-1])
    if not chosen:
        step = Fraction(1, 20)
    rises = {-number * step for number in range(0, POINTS, 2)} if both else set()
    return sorted({*rises, *(number * step for number in range(POINTS)), chosen})


def _first_dry(rows: Sequence[Drop], run: Callable[[Fraction], Drop]) -> Drop | None:
    # The mildest move found at which a fund runs dry; rows go from no move outwards.
    if rows[0].dry:
        return rows[0]
    edge = next(((mild, hard) for mild, hard in pairwise(rows) if hard.dry and not mild.dry), None)
    if edge is None:
        return None
    mild, hard = edge
    for _ in range(HALVINGS):
        middle = run((mild.drop + hard.drop) / 2)
        mild, hard = (mild, middle) if middle.dry else (middle, hard)
    return hard


def _run(
    book: Book, market: Market, terms: Terms, event: Event, drop: Fraction, funded: Mapping[str, int]
) -> Drop:
    # As `resolve`, without the journal: nobody reads a dozen of those.
    after = fallen(book, market, drop) if drop else market
    failing = scan(book, after, terms).failing(book, after, terms)
    draft, desk = Draft(book), Desk(book, after, terms)
    done = [liquidate(draft, after, terms, desk, health.account, health.status) for health in failing]
    defaults = [default for item in done for default in item.defaults]
    answer = run_waterfall(draft, after, terms, defaults, event=event)

    def worth(parts: Iterable[tuple[str, int]]) -> Fraction:
        return sum((value_of(book, after, asset, units) for asset, units in parts), Fraction(0))

    left = {item.asset for item in answer.residuals}
    return Drop(
        drop=drop,
        failing=len(failing),
        at_risk=sum((_at_risk(health, after, terms) for health in failing), Fraction(0)),
        loss=worth((item.asset, item.loss) for item in defaults),
        covered=worth((item.rest.asset, item.taken) for item in answer.absorptions),
        dry=tuple(sorted(left & funded.keys())),
    )


def _at_risk(health: Health, market: Market, terms: Terms) -> Fraction:
    owed = health.debt_value
    if terms.family == "exchange":
        owed = sum(line.notional for line in health.lines)
    return health.in_base(owed, market.price_decimals)


def _worth(book: Book, market: Market, funded: Mapping[str, int]) -> Fraction:
    return sum((value_of(book, market, asset, units) for asset, units in funded.items()), Fraction(0))


def _funded(book: Book, terms: Terms) -> dict[str, int]:
    # Cash of the accounts of covering layers, by asset [minor units].
    names = sorted({layer.draws_on for layer in terms.waterfall if layer.draws_on in book.row_of})
    cash: dict[str, int] = {}
    for name in names:
        for balance in book.account(name).balances:
            if balance.side == "cash" and balance.scaled > 0:
                cash[balance.asset] = cash.get(balance.asset, 0) + balance.scaled
    return cash
