"""What a book calibrated to earlier falls predicts of a later one, beside what it did.

1. Each earlier fall is simulated on a book without chance. Debt in reach is scaled, group by group,
   until the storm seizes what the earlier fall seized: that fixes one point of the law, its shape is assumed.
2. The law, as a part of all debt, is laid over the totals of the later market; sizes and distances of
   accounts are drawn anew for each book.
3. All books meet the later fall. Every earlier fall and every shape counts the same.

What happened in the later fall is read by the figures of a `Backtest` only, after the prediction is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.reach import DebtInReach, MarketTotals
from seawall.core.terms import Terms
from seawall.errors import InputError, Problem
from seawall.runs.published_falls import PublishedFall
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO, PathTotals

__all__ = ["SHAPES", "Backtest", "BookMaker", "Calibration", "Figure", "Laws", "calibrate", "predict"]

SHAPES = (1.0, 2.0, 3.0)
_ROUNDS = 3
_PATHS_TO_CALIBRATE = 8

Floats = NDArray[np.float64]
Laws = Mapping[str, DebtInReach]
BookMaker = Callable[[MarketTotals, Laws, Mapping[str, float], int | None], tuple[Book, Market, Terms]]
"""Returns a book from totals, laws, reach, and a seed; None asks for the book without chance."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A law of debt in reach by group, and the collateral that its storm seized on average [USD].

    `earlier` and `day` are title and day of its fall; `shape` was assumed.
    """

    earlier: str
    day: str
    shape: float
    laws: Laws
    seized_usd: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """An interval of 5 to 95 % of all paths, and what happened; None where nobody published it."""

    name: str
    low: float
    median: float
    high: float
    happened: float | None

    @property
    def verdict(self) -> str:
        """Whether what happened lies in the interval, its ends included."""
        if self.happened is None:
            return "not published"
        return "inside" if self.low <= self.happened <= self.high else "missed"


@dataclass(frozen=True, eq=False)
class Backtest:
    """Paths of a fall, each one book and one way down.

    Attributes:
        fall: What was published; only its totals before, its falls and their pace made the paths.
        earlier: Which earlier fall the law of a path came from, shape (n_paths,).
        liquidated_usd, deficit_usd, rows: Shape (n_paths,): collateral seized, bad debt that was recognised
            or stands at the end, and accounts of the book that were liquidated.
    """

    fall: PublishedFall
    earlier: NDArray[np.str_]
    liquidated_usd: Floats
    deficit_usd: Floats
    rows: Floats

    @property
    def liquidated(self) -> Figure:
        """Collateral seized [USD]."""
        return _figure("liquidated_usd", self.liquidated_usd, self.fall.liquidated_all_usd)

    @property
    def deficit(self) -> Figure:
        """Bad debt [USD]."""
        return _figure("deficit_usd", self.deficit_usd, self.fall.deficit_usd)

    def accounts(self, usd_an_account: float) -> Figure:
        """Return the number of accounts liquidated.

        Args:
            usd_an_account: Value liquidated at an account on average [USD]. Accounts of the book are fewer
                and larger than the market's; each stands for as many as give this mean over all paths. So
                the level comes from here, and only the spread from the paths.
        """
        alike = float(self.liquidated_usd.sum() / max(1.0, self.rows.sum())) / usd_an_account
        happened = self.fall.accounts
        return _figure("accounts", self.rows * alike, None if happened is None else float(happened))

    def only(self, earlier: str) -> Backtest:
        """Return the paths that know of one earlier fall alone."""
        mine = self.earlier == earlier
        columns = (self.earlier, self.liquidated_usd, self.deficit_usd, self.rows)
        return Backtest(self.fall, *(column[mine] for column in columns))


def calibrate(fall: PublishedFall, shape: float, make_book: BookMaker, *, seed: int = 7) -> Calibration:
    """Find the debt in reach with which the storm of a fall seizes what it seized.

    What is seized is all but proportional to what is in reach, so shares are scaled by what is missing, a
    few times over.

    Raises:
        InputError: What was liquidated of each group is not published.
    """
    if not fall.liquidated_usd:
        problem = Problem(
            "no_calibration", "liquidated_usd by group is missing: add it, or leave the fall out", fall.title
        )
        raise InputError.of([problem])
    scenario = fall.scenario(seed=seed, n_paths=_PATHS_TO_CALIBRATE)
    share = {group: usd / fall.borrowed_usd for group, usd in fall.liquidated_usd.items()}
    for _ in range(_ROUNDS):
        laws = {group: DebtInReach(share[group], fall.falls[group], shape) for group in share}
        book, market, terms = make_book(fall.totals, laws, fall.reach, None)
        totals = Storm.of(book, market, terms, scenario).run(0, _PATHS_TO_CALIBRATE)
        sold = totals.sold.mean(axis=0) / MICRO
        seized = dict(zip(scenario.drivers, sold.tolist(), strict=True))
        share = {group: share[group] * usd / seized[group] for group, usd in fall.liquidated_usd.items()}
    return Calibration(fall.title, fall.day, shape, laws, seized)


def predict(
    fall: PublishedFall,
    calibrations: Sequence[Calibration],
    make_book: BookMaker,
    *,
    books: int = 12,
    paths: int = 4,
    seed: int = 7,
) -> Backtest:
    """Lay each calibrated law over the market before a fall, and let the fall come.

    Args:
        books: How many books are drawn from each law.
        paths: How many ways down each book meets.
        seed: Of books and paths; the same seed gives the same bytes.

    Raises:
        InputError: A calibration is of the day of the fall or later: it knows what it should predict.
    """
    late = [item for item in calibrations if item.day >= fall.day]
    if late or not calibrations:
        days = ", ".join(sorted({item.day for item in late})) or "none at all"
        message = f"expected calibrations of before {fall.day}, got {days}: leave those out"
        raise InputError(message, code="not_before")
    parts = []
    for number, (calibration, _) in enumerate(product(calibrations, range(books))):
        book, market, terms = make_book(fall.totals, calibration.laws, fall.reach, seed + number)
        scenario = fall.scenario(seed=seed, n_paths=(number + 1) * paths)
        parts.append(Storm.of(book, market, terms, scenario).run(number * paths, paths))
    totals = PathTotals.joined(parts)
    names = np.repeat([item.earlier for item in calibrations], books * paths)
    return Backtest(
        fall,
        earlier=names,
        liquidated_usd=totals.value("seized"),
        deficit_usd=totals.value("recognised") + totals.value("mark_gap_oracle"),
        rows=totals.count("accounts_liquidated").astype(np.float64),
    )


def _figure(name: str, values: Floats, happened: float | None) -> Figure:
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95), method="inverted_cdf").tolist()
    return Figure(name, low, median, high, happened)
