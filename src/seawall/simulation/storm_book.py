"""A book laid out for the storm: accounts that can fail, in cohorts, nearest to failure first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import Problem, UnsupportedFeature
from seawall.simulation.binding import bound_grid
from seawall.simulation.kernels.by_reference import by_reference
from seawall.simulation.kernels.columns import (
    COLLATERAL,
    DEBT,
    LONG,
    PRICE,
    SHORT,
    WHOLE,
    Codes,
    CodeSets,
    Cohorts,
)
from seawall.simulation.kernels.evaluate import first_keys, reprice
from seawall.simulation.kernels.grid import Grid
from seawall.simulation.storm_grid import no_grid
from seawall.simulation.storm_legs import Legs, lending_legs
from seawall.simulation.storm_positions import exchange_legs
from seawall.simulation.volatilities import STANDING, Volatilities

__all__ = ["StormBook", "in_cohorts", "refuse_portfolios", "storm_book"]


@dataclass(frozen=True, eq=False)
class StormBook:
    """What every path and every thread shares and none changes.

    Attributes:
        cohorts, codes: See `kernels.columns`.
        for_sets, against_sets: Codes that may count for, and against, the accounts of a cohort.
        q: Quantities at the start [quanta], shape (n_legs,).
        account: Row in the book of each row here, shape (N,).
        drivers: Names of the markets that move prices.
        name: Asset or instrument of each code.
        quantum: Smallest units in a quantum, assets then instruments.
        unpriced: Rows of the book left out because a price is missing.
        cost: What each position cost at the start [quanta of its settle asset], shape (n_legs,); empty
            where nobody asks: no target health, and no layer that closes positions or charges accounts.
        funding: What a quantum of each position owed in funding at the start, + to pay, which is taken into
            cash [quanta of its settle asset], shape (n_legs,); empty where nobody asks, or nobody owes any.
        grid: How portfolios are margined.
    """

    cohorts: Cohorts
    codes: Codes
    for_sets: CodeSets
    against_sets: CodeSets
    q: NDArray[np.float64]
    account: NDArray[np.int64]
    drivers: tuple[str, ...]
    name: tuple[str, ...]
    quantum: NDArray[np.float64]
    unpriced: NDArray[np.int64]
    cost: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    funding: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    grid: Grid = field(default_factory=no_grid)

    def __len__(self) -> int:
        return len(self.account)

    @property
    def byte_count(self) -> int:
        """Bytes of the columns of the book, the index of thresholds included."""
        parts = (self.q, *self.cohorts, self.account, self.cost, self.funding)
        return int(sum(part.nbytes for part in parts))


def storm_book(
    book: Book,
    market: Market,
    terms: Terms,
    *,
    drivers: Sequence[str] | None = None,
    driver_of: Mapping[str, str] | None = None,
    horizon_s: float = 0.0,
    vols: Volatilities = STANDING,
) -> StormBook:
    """Lay a book out for the storm.

    Accounts that owe nothing and hold no position cannot fail and are left out; so are accounts with
    a price missing, which are told in `unpriced`.

    Args:
        drivers: Markets that move, in the order of the price paths; all assets and instruments by default.
        driver_of: Market of each asset or instrument; by default the one of its own name. What has no
            market stands still. Options follow what they are written on.
        horizon_s: How long a path is, which is what options may lose of their time [s].
        vols: How volatilities of options follow prices.

    Raises:
        UnsupportedFeature: A margin curve that the storm does not serve (`storm_curve`); see `exchange_legs`.
    """
    things = [*(asset.id for asset in book.assets), *(item.id for item in book.instruments)]
    names = tuple(things if drivers is None else drivers)
    number = {name: place for place, name in enumerate(names)}
    followed = {item.follows for item in book.instruments if item.option is not None}
    chosen = {thing: (driver_of or {}).get(thing, thing) for thing in (*things, *sorted(followed))}
    moved_by = {thing: number[driver] for thing, driver in chosen.items() if driver in number}
    if terms.family == "lending":
        return in_cohorts(lending_legs(book, market, terms, moved_by), names, len(book))
    return in_cohorts(exchange_legs(book, market, terms, moved_by, horizon_s, vols), names, len(book))


def refuse_portfolios(storm: StormBook, what: str) -> None:
    """Refuse a book of which some prices are no power of a market's.

    Args:
        what: Who refuses, in words.

    Raises:
        UnsupportedFeature: An account is margined as a portfolio (`storm_portfolio`).
    """
    if storm.codes.table.size:
        message = f"{what} does not follow accounts that are margined as portfolios"
        hint = "use scan, resolve or simulate, or leave them out"
        raise UnsupportedFeature.of([Problem("storm_portfolio", f"{message}: {hint}")])


def in_cohorts(legs: Legs, drivers: tuple[str, ...], accounts: int) -> StormBook:
    """Put legs in no order into cohorts; `storm_book` reads them from a book.

    Args:
        drivers: Names of the markets.
        accounts: How many accounts the legs may belong to.
    """
    kind = legs.codes.item.kind[legs.code]
    owes = (legs.quantity < 0) | (kind == LONG) | (kind == SHORT)
    lacks = np.isnan(legs.codes.item.worth[legs.code])
    can_fail = np.bincount(legs.account, weights=owes, minlength=accounts) > 0
    is_unpriced = (np.bincount(legs.account, weights=lacks, minlength=accounts) > 0) & can_fail
    kept = (can_fail & ~is_unpriced)[legs.account]
    account, code, quantity = legs.account[kept], legs.code[kept], legs.quantity[kept]
    order = np.lexsort((code, account))
    account, code, quantity = account[order], code[order], quantity[order]
    cost = legs.cost[kept][order] if len(legs.cost) else legs.cost
    funding = legs.funding[kept][order] if len(legs.funding) else legs.funding
    rows, first_leg, width = np.unique(account, return_index=True, return_counts=True)
    cohort, firsts = _cohort_of(code, first_leg, width)
    key = _keys(legs, code, quantity, first_leg, width)
    by_key = np.lexsort((rows, key, cohort))
    new_width, old_first = width[by_key], first_leg[by_key]
    starts = np.concatenate([[0], np.cumsum(new_width)]).astype(np.int64)
    take = np.repeat(old_first - starts[:-1], new_width) + np.arange(starts[-1])
    counts = np.bincount(cohort, minlength=len(firsts))
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    members = [code[at : at + wide] for at, wide in zip(first_leg[firsts], width[firsts], strict=True)]
    for_sets, collateral_set = _sets([_counting_for(legs.codes, each) for each in members])
    against_sets, debt_set = _sets([_counting_against(legs.codes, each) for each in members])
    cohorts = Cohorts(
        first=first,
        leg_first=np.append(starts[first[:-1]], starts[-1]).astype(np.int64),
        width=width[firsts].astype(np.int64),
        code=code[take].astype(np.int32),
        collateral_set=collateral_set,
        debt_set=debt_set,
        is_plain=np.array([(legs.codes.item.kind[each] <= DEBT).all() for each in members], dtype=np.bool_),
        key=key[by_key],
        rank=rows[by_key].astype(np.int32),
    )
    return StormBook(
        cohorts, legs.codes, for_sets, against_sets, quantity[take], rows[by_key], drivers,
        legs.name, legs.quantum, np.flatnonzero(is_unpriced), cost[take] if len(cost) else cost,
        funding[take] if len(funding) else funding, legs.grid,
    )  # fmt: skip


def _cohort_of(
    code: NDArray[np.int64], first_leg: NDArray[np.intp], width: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # (cohort of each account, one account of each cohort): the same codes in the same order.
    cohort = np.empty(len(width), dtype=np.int64)
    firsts: list[NDArray[np.int64]] = []
    known = 0
    for wide in np.unique(width).tolist():
        chosen = np.flatnonzero(width == wide)
        table = code[first_leg[chosen][:, None] + np.arange(wide)]
        _, one, number = np.unique(_packed(table), axis=0, return_index=True, return_inverse=True)
        cohort[chosen] = known + number.reshape(-1)
        firsts.append(chosen[one])
        known += len(one)
    return cohort, np.concatenate(firsts) if firsts else np.zeros(0, dtype=np.int64)


def _packed(table: NDArray[np.int64]) -> NDArray[np.int64]:
    # A row of small numbers as one number where it fits: sorting rows takes ten times as long.
    base = int(table.max(initial=0)) + 1
    if base ** table.shape[1] >= 2**63:
        return table
    return np.asarray(table @ np.array([base**place for place in range(table.shape[1])]))


def _keys(
    legs: Legs,
    code: NDArray[np.int64],
    quantity: NDArray[np.float64],
    first_leg: NDArray[np.intp],
    width: NDArray[np.intp],
) -> NDArray[np.float64]:
    prices = start_prices(legs.codes, legs.grid)
    key = np.empty(len(width))
    first_keys(
        by_reference(legs.codes),
        prices,
        code.astype(np.int32),
        quantity,
        first_leg.astype(np.int64),
        width.astype(np.int64),
        key,
    )
    return key


def new_prices(codes: Codes) -> np.recarray[Any, Any]:
    """Return room for the prices of all codes."""
    return np.zeros(len(codes.item), dtype=PRICE).view(np.recarray)


def start_prices(codes: Codes, grid: Grid) -> np.recarray[Any, Any]:
    """Return the prices of all codes at the start, and fill their table."""
    still = np.zeros(
        int(codes.item.driver.max(initial=-1)) + 1 + int(codes.item.driver_too.max(initial=-1)) + 1
    )
    index = np.ones(int(codes.item.index.max(initial=-1)) + 1)
    prices = new_prices(codes)
    known = by_reference(codes)
    reprice(known, still, still, index, np.bool_(False), prices)
    if codes.table.size:
        bound_grid()(known, by_reference(grid), still, still, 0.0, np.bool_(False), prices)
    return prices


def _counting_for(codes: Codes, members: NDArray[np.int64]) -> tuple[int, ...]:
    # Cash may take either sign, and a short has a part that counts for: in its settle asset.
    if codes.item.kind[members[-1]] == WHOLE:
        return tuple(sorted(set(members[:-1].tolist())))  # a scenario may ask for a move either way
    return _with_settle(
        codes, [one for one in members.tolist() if codes.item.kind[one] in (COLLATERAL, LONG)], members
    )


def _counting_against(codes: Codes, members: NDArray[np.int64]) -> tuple[int, ...]:
    never = (COLLATERAL, LONG)
    if codes.item.kind[members[-1]] == WHOLE:
        return _counting_for(codes, members)
    return _with_settle(
        codes, [one for one in members.tolist() if codes.item.kind[one] not in never], members
    )


def _with_settle(codes: Codes, chosen: list[int], members: NDArray[np.int64]) -> tuple[int, ...]:
    from_positions = {int(codes.item.settle[one]) for one in members.tolist() if codes.item.settle[one] >= 0}
    cash = {one for one in members.tolist() if codes.item.kind[one] not in (COLLATERAL, LONG, SHORT)}
    owed = {one for one in cash if codes.item.kind[one] == 1}
    found = set(chosen) | from_positions | (cash - owed)
    return tuple(sorted(found or set(members.tolist())))


def _sets(members: list[tuple[int, ...]]) -> tuple[CodeSets, NDArray[np.int32]]:
    distinct = sorted(set(members), key=lambda each: (-len(each), each)) or [(0,)]
    place = {each: number for number, each in enumerate(distinct)}
    widest = len(distinct[0])
    table = np.array([[*each, *[each[-1]] * (widest - len(each))] for each in distinct], dtype=np.int32).T
    count = np.array([sum(len(each) > wide for each in distinct) for wide in range(widest)], dtype=np.int64)
    return CodeSets(np.ascontiguousarray(table), count), np.array(
        [place[each] for each in members], dtype=np.int32
    )
