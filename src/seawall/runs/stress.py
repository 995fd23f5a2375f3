"""A stress test: each drop, of all markets together and of each alone, as one storm without chance.

Beside `drops`, which resolves the book at prices that are simply lower: here the market is pushed by
what is sold, the oracle sees it when it does, and liquidators come when it pays. Prices stand still but
for the shock; impact, oracles, outages and rates are the scenario's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, Book
from seawall.core.layers import LayerBase
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.runs.drops import fund_value
from seawall.runs.simulation_course import liquidated
from seawall.runs.simulation_summary import LEFT_TOLD, PathLosses
from seawall.runs.summary import About
from seawall.runs.table_file import Column
from seawall.runs.value import cents, short
from seawall.simulation.paths import Pegged
from seawall.simulation.sampling import Plain
from seawall.simulation.scenario import Scenario
from seawall.simulation.shock_grid import ShockGrid
from seawall.simulation.totals import PathTotals

__all__ = [
    "ALL",
    "STRESS",
    "Point",
    "StressRow",
    "as_dict",
    "grid_points",
    "stress_rows",
    "stress_summary",
    "stressed",
]

ALL = "all"


@dataclass(frozen=True, slots=True)
class Point:
    """A fall of one market, or of all; what follows a market falls with it.

    Attributes:
        market: Its name, or "all".
        drop: Part taken off the price, 0 <= drop < 1.
    """

    market: str
    drop: float


@dataclass(frozen=True, slots=True)
class StressRow:
    """What one fall leaves behind; values in base currency.

    Attributes:
        end_drop: Fall of the market price at the end, what sales took off it included; of the market
            that fell furthest where all did.
        liquidations, not_worth_it: Calls made, and calls that paid nobody.
        liquidated: Debt repaid, or value closed in the market.
        recognised: What the venue turned into a loss.
        covered: Part of it that neither users nor nobody bore.
        to_users: The rest.
        mark_gap_oracle, mark_gap_market: Bad debt that is still in the book at the end.
    """

    point: Point
    end_drop: float
    liquidations: int
    not_worth_it: int
    liquidated: float
    recognised: float
    covered: float
    to_users: float
    uncovered: float
    mark_gap_oracle: float
    mark_gap_market: float


def grid_points(scenario: Scenario, drops: Sequence[float], *, each: bool = True) -> list[Point]:
    """Return every point of the grid: all markets, then each that is no currency.

    Args:
        drops: Falls, each at least 0 and below 1.
        each: Whether each market is tried alone, where there are several.
    """
    alone = _free(scenario)
    names = [ALL, *(alone if each and len(alone) > 1 else ())]
    return [Point(name, drop) for name in names for drop in sorted(set(drops))]


def stressed(scenario: Scenario, points: Sequence[Point]) -> Scenario:
    """Return a scenario whose path i is point i, and that has no chance left: liquidators are there."""
    followers = {name: tuple(_followers(scenario, name)) for name in scenario.markets}
    free = _free(scenario)

    def shock(point: Point) -> dict[str, float]:
        hit = free if point.market == ALL else (point.market,)
        names = {name for each in hit for name in (each, *followers[each])}
        return {name: -point.drop for name in sorted(names)} if point.drop else {}

    prices = ShockGrid(shocks=tuple(map(shock, points)), course=scenario.stress.course)
    run = scenario.run.model_copy(update={"n_paths": len(points)})
    there = scenario.liquidators.model_copy(update={"absent_share": 0.0, "absent_mean_s": None})
    fixed = {"prices": prices, "shocks": (), "run": run, "liquidators": there, "sampling": Plain()}
    return scenario.model_copy(update=fixed)


def stress_rows(
    totals: PathTotals,
    points: Sequence[Point],
    layers: Sequence[LayerBase],
    markets: Sequence[str],
    *,
    family: str,
) -> list[StressRow]:
    """Return what each point leaves behind, in the order of the grid."""
    losses, closed = PathLosses.of(totals, layers), liquidated(totals, family)
    return [_row(totals, losses, closed, number, point, markets) for number, point in enumerate(points)]


def _row(
    totals: PathTotals,
    losses: PathLosses,
    closed: NDArray[np.float64],
    number: int,
    point: Point,
    markets: Sequence[str],
) -> StressRow:
    moves = totals.end_move[number]
    end = float(moves.min() if point.market == ALL else moves[list(markets).index(point.market)])
    recognised = float(totals.value("recognised")[number])
    to_users = float(losses.to_users[number])
    return StressRow(
        point=point,
        end_drop=float(-np.expm1(end)),
        liquidations=int(totals.count("liquidations")[number]),
        not_worth_it=int(totals.count("not_worth_it")[number]),
        liquidated=float(closed[number]),
        recognised=recognised,
        covered=recognised - to_users,
        to_users=to_users,
        uncovered=float(totals.value("uncovered")[number]),
        mark_gap_oracle=float(totals.value("mark_gap_oracle")[number]),
        mark_gap_market=float(totals.value("mark_gap_market")[number]),
    )


def _free(scenario: Scenario) -> list[str]:
    # Markets that follow no other: what follows the currency itself stands still.
    pegs = scenario.prices.pegs if isinstance(scenario.prices, Pegged) else {}
    return [name for name in scenario.markets if name not in pegs]


def _followers(scenario: Scenario, name: str) -> Iterator[str]:
    pegs = scenario.prices.pegs if isinstance(scenario.prices, Pegged) else {}
    for other, peg in pegs.items():
        if peg.of == name and other in scenario.markets:
            yield other
            yield from _followers(scenario, other)


STRESS = (
    Column("market", doc="market that falls; `all` for all of them"),
    Column("drop", "number", "part taken off the price"),
    Column("end_drop", "number", "fall of the market price at the end, what sales took off it included"),
    Column("liquidations", "whole", "calls made"),
    Column("not_worth_it", "whole", "calls that no liquidator made because they did not pay"),
    Column("liquidated", "amount", "debt repaid, or value closed in the market [base currency]"),
    Column("recognised", "amount", "what the venue turned into a loss [base currency]"),
    Column("covered", "amount", "part of it that did not reach users [base currency]"),
    Column("to_users", "amount", "the rest [base currency]"),
    Column("uncovered", "amount", "part of the rest that no layer bore [base currency]"),
    Column("mark_gap_oracle", "amount", "bad debt in the book at the end, at the venue's prices"),
    Column("mark_gap_market", "amount", "the same at market prices"),
)


def as_dict(row: StressRow) -> dict[str, Any]:
    """Return a row as the table and the summary have it."""
    values = {column.name: getattr(row, column.name) for column in STRESS[2:]}
    money = {column.name for column in STRESS if column.kind == "amount"}
    told = {name: cents(value) if name in money else value for name, value in values.items()}
    return {"market": row.point.market, "drop": row.point.drop, **told}


def stress_summary(
    rows: Sequence[StressRow],
    *,
    book: Book,
    terms: Terms,
    market: Market,
    scenario: Scenario,
    about: About,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the summary of a stress test, its rows included."""
    summary: dict[str, Any] = {
        "venue": book.venue,
        "terms": terms.venue,
        "family": terms.family,
        "scenario": scenario.title,
        "base_currency": about.base_currency,
        "version": about.version,
        "synthetic": about.is_synthetic,
        "stale_prices": list(about.stale_prices),
        "as_of": book.as_of,
        "accounts": int((book.accounts.kind == KINDS.index("user")).sum()),
        "seed": scenario.run.seed,
        "horizon_s": scenario.run.horizon_s,
        "step_s": scenario.run.step_s,
        "fund_value": cents(float(fund_value(book, market, terms))),
        "notes": list(notes),
        "rows": [as_dict(row) for row in rows],
    }
    summary["verdict"] = _verdict(rows)
    return summary


def _verdict(rows: Sequence[StressRow]) -> str:
    together = [row for row in rows if row.point.market == ALL]
    reached = next((row for row in together if row.to_users > 0), None)
    alone = min(
        (row for row in rows if row.point.market != ALL and row.to_users > 0),
        key=lambda row: (row.point.drop, row.point.market),
        default=None,
    )
    deepest = f"{together[-1].point.drop * 100:.3g} %"
    said = (
        f"A fall of all markets by {reached.point.drop * 100:.3g} % reaches users"
        if reached
        else f"No fall of all markets up to {deepest} reaches users"
    )
    if alone is not None:
        said += f"; of one alone, {alone.point.market} by {alone.point.drop * 100:.3g} %"
    left = max((row.mark_gap_oracle for row in rows), default=0.0)
    if reached is None and alone is None and left >= LEFT_TOLD:
        said += f", but up to {short(left)} of uncovered debt is still in the book"
    return f"{said}."
