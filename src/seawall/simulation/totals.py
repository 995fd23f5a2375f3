"""What a path leaves behind: whole numbers only, so that sums do not depend on who added them up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError, InvariantError, Problem
from seawall.simulation.kernels.tally import MOST

__all__ = ["COUNTS", "COURSE", "MICRO", "MOMENTS_MAX", "MONEY", "WORK", "PathTotals", "moment_ends"]

MICRO = 1_000_000
"""Money is counted in millionths of the base currency."""

MONEY = (
    "mark_gap_oracle",
    "mark_gap_market",
    "liquidation_gap_oracle",
    "liquidation_gap_market",
    "recognised",
    "uncovered",
    "repaid",
    "seized",
    "fee_inflow",
    "surplus_inflow",
    "fund_low",
    "withdrawn",
    "exit_blocked",
    "exit_loss_shifted",
    "topped_up",
    "paid_back",
    "delevered",
    "funding_paid",
    "funding_received",
    "depositors_gained",
    "borrowers_gained",
)
"""Columns of `PathTotals.money`: the four bad debts (gaps at the end of the path on both price bases,
recognised and uncovered over the whole path, at the oracle price of the moment), debt repaid and value
seized by liquidators (or handed over with accounts), what came into funds, the lowest worth of all funds
together, and of suppliers who leave: what they were paid, what they still wait for at the end, and what
those who stayed bore in place of them; and of borrowers who act: collateral brought, debt paid back, and
what they sold; and the funding of positions, paid and received; and the collateral of accounts handed over
that went with their debts to depositors of stability pools, and to all other borrowers."""

COUNTS = (
    "liquidations",
    "accounts_liquidated",
    "not_worth_it",
    "failing_at_end",
    "first_loss_step",
    "first_deleverage_step",
    "first_empty_step",
    "longest_exit_steps",
    "borrower_acts",
    "calls_short_of_cash",
    "exits_short_of_cash",
)
"""Columns of `PathTotals.counts`; a step that never came is -1. Funds are empty at the end of the first step
at which all of them together, which held something at the start, hold nothing. Short of cash are calls that
a pool could not pay in full, made smaller or not at all, each time they were tried; and steps in which
suppliers of a pool asked for more than it could pay."""

COURSE = ("fund", "recognised", "repaid", "seized")
"""Columns of `PathTotals.course`: the worth of all funds, and the loss recognised, the debt repaid and the
value seized or closed since the start."""

MOMENTS_MAX = 24
"""At how many moments of a path its course is kept, at most."""

_SAID = {
    "money": "{}",
    "recognised": "the loss recognised in {}",
    "uncovered": "the uncovered loss in {}",
    "layers": "what layer {} bore",
    "sold": "what was sold in market {}",
}

WORK = ("steps", "evaluations", "cohort_visits", "rows_changed")
"""Columns of `PathTotals.work`, which tell how hard it was and gate the continuous checks."""


@dataclass(frozen=True, eq=False)
class PathTotals:
    """Totals of the paths that were walked; all arrays are int64, one row per path.

    Attributes:
        first, drawn: Paths `first` to `first + drawn - 1` were drawn; those that have no row weigh nothing.
        number: Of each path, rising, shape (n_paths,).
        weight: How many of the drawn paths each stands for, float64 (n_paths,) [1].
        money: Shape (n_paths, len(MONEY)) [millionths of the base currency].
        counts: Shape (n_paths, len(COUNTS)).
        recognised, uncovered: By asset of the loss, shape (n_paths, n_assets) [millionths].
        layers: What each layer bore, shape (n_paths, n_layers) [millionths of the base currency].
        sold: By driver: value sold into the market, shape (n_paths, n_drivers) [millionths].
        course: Where the path stands at the ends of `moment_ends`, shape (n_paths, n_moments, len(COURSE))
            [millionths of the base currency].
        end_move: ln(market price at the end / at the start) by driver, float64 (n_paths, n_drivers).
        work: Shape (n_paths, len(WORK)).
    """

    first: int
    drawn: int
    number: NDArray[np.int64]
    weight: NDArray[np.float64]
    money: NDArray[np.int64]
    counts: NDArray[np.int64]
    recognised: NDArray[np.int64]
    uncovered: NDArray[np.int64]
    layers: NDArray[np.int64]
    sold: NDArray[np.int64]
    course: NDArray[np.int64]
    end_move: NDArray[np.float64]
    work: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.money)

    @classmethod
    def empty(
        cls, first: int, paths: int, *, assets: int, layers: int, drivers: int, n_steps: int
    ) -> PathTotals:
        """Return totals of nothing yet, to be written by the kernels."""

        def whole(width: int) -> NDArray[np.int64]:
            return np.zeros((paths, width), dtype=np.int64)

        return cls(
            first,
            paths,
            number=np.arange(first, first + paths),
            weight=np.ones(paths),
            money=whole(len(MONEY)),
            counts=whole(len(COUNTS)),
            recognised=whole(assets),
            uncovered=whole(assets),
            layers=whole(layers),
            sold=whole(drivers),
            course=np.zeros((paths, min(MOMENTS_MAX, n_steps), len(COURSE)), dtype=np.int64),
            end_move=np.zeros((paths, drivers)),
            work=whole(len(WORK)),
        )

    @classmethod
    def joined(cls, parts: Sequence[PathTotals]) -> PathTotals:
        """Return the totals of parts that follow one another, in any order.

        Raises:
            InvariantError: A path is missing or is there twice (`paths_not_contiguous`).
        """
        ordered = sorted(parts, key=lambda part: part.first)
        for before, after in itertools.pairwise(ordered):
            if before.first + before.drawn != after.first:
                message = f"paths end at {before.first + before.drawn} and go on at {after.first}"
                raise InvariantError(message, code="paths_not_contiguous")
        columns = (np.concatenate([getattr(part, name) for part in ordered]) for name in cls.columns())
        return cls(ordered[0].first, sum(part.drawn for part in ordered), *columns)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the arrays, one row per path each."""
        return tuple(item.name for item in fields(cls) if item.name not in ("first", "drawn"))

    def refuse_full(self, names: Mapping[str, Sequence[str]]) -> None:
        """Refuse paths on which an amount reached all that a total holds.

        Args:
            names: Of the columns of `recognised`, `uncovered`, `layers` and `sold`.

        Raises:
            InputError: With every column that did, and the first path (`total_too_large`).
        """
        problems = [
            Problem(
                "total_too_large",
                f"{_SAID[table].format(name)} reaches {MOST / MICRO:.2g}, and a storm counts"
                " millionths of no more: look for an oracle, rate or thin market that makes absurd prices,"
                " or give prices in a larger unit",
                f"path {int(self.number[np.flatnonzero(is_full)[0]])}",
            )
            for table, columns in {"money": MONEY, **names}.items()
            for name, is_full in zip(columns, (np.abs(getattr(self, table)) >= MOST).T, strict=True)
            if is_full.any()
        ]
        if problems:
            raise InputError.of(problems)

    @property
    def is_plain(self) -> bool:
        """Whether every path that was drawn is here and counts for itself."""
        return len(self) == self.drawn and bool((self.weight == 1.0).all())

    @property
    def mean_weights(self) -> NDArray[np.float64] | None:
        """Weights with which a mean over rows is one over all drawn, shape (n_paths,); None if plain."""
        return None if self.is_plain else self.weight * (len(self) / self.drawn)

    def value(self, name: str) -> NDArray[np.float64]:
        """Return one column of money in whole base currency, shape (n_paths,)."""
        return self.money[:, MONEY.index(name)] / MICRO

    def count(self, name: str) -> NDArray[np.int64]:
        """Return one column of counts, shape (n_paths,)."""
        return self.counts[:, COUNTS.index(name)]

    def along(self, name: str) -> NDArray[np.float64]:
        """Return one column of the course in whole base currency, shape (n_paths, n_moments)."""
        found: NDArray[np.float64] = self.course[:, :, COURSE.index(name)] / MICRO
        return found


def moment_ends(n_steps: int) -> NDArray[np.int64]:
    """Return how many steps have passed at each moment of a course, shape (n_moments,), the last all of them.

    >>> moment_ends(4).tolist(), moment_ends(30)[:6].tolist()
    ([1, 2, 3, 4], [2, 3, 4, 5, 7, 8])
    """
    moments = min(MOMENTS_MAX, n_steps)
    return -(-np.arange(1, moments + 1, dtype=np.int64) * n_steps // moments)
