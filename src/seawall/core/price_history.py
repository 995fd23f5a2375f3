"""Prices of several assets at the same instants: what a history or a path from outside comes as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seawall.errors import InputError, MissingData, Problem

__all__ = ["PriceHistory"]

_SHOWN = 5


@dataclass(frozen=True, eq=False)
class PriceHistory:
    """Prices by time.

    Attributes:
        assets: Their names, distinct, shape (n_assets,).
        times_s: Instants, rising, shape (n_rows,) [s]; from any origin.
        prices: Price of one whole, > 0, shape (n_rows, n_assets) [any one currency].

    Raises:
        InputError: With all that is wrong: shapes, names, times that do not rise, prices not above zero.
    """

    assets: tuple[str, ...]
    times_s: NDArray[np.float64]
    prices: NDArray[np.float64]

    @classmethod
    def of(cls, times_s: ArrayLike, prices: Mapping[str, ArrayLike]) -> PriceHistory:
        """Build a history from a column of times and a column of prices per asset."""
        columns = [np.asarray(column, dtype=np.float64) for column in prices.values()]
        times = np.asarray(times_s, dtype=np.float64)
        problems = [
            Problem("shape", f"has {len(column)} prices, expected one per time ({len(times)})", name)
            for name, column in zip(prices, columns, strict=True)
            if column.shape != times.shape
        ]
        if problems:
            raise InputError.of(problems)
        table = np.stack(columns, axis=1) if columns else np.empty((len(times), 0))
        return cls(tuple(prices), times, table)

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InputError.of(problems)

    def _problems(self) -> list[Problem]:
        shape = (len(self.times_s), len(self.assets))
        if not self.assets or len(set(self.assets)) < len(self.assets):
            return [Problem("no_assets", "expected one or more assets with distinct names", "prices")]
        if self.prices.shape != shape or len(self.times_s) < 2:
            message = f"prices have shape {self.prices.shape}, expected {shape} with at least two times"
            return [Problem("shape", message, "prices")]
        falling = np.flatnonzero(~(np.diff(self.times_s) > 0))
        found = [
            Problem(
                "times_not_rising",
                f"{self.times_s[row + 1]} s does not follow {self.times_s[row]} s: sort, keep one of each",
                f"row {row + 1}",
            )
            for row in falling[:_SHOWN].tolist()
        ]
        rows, columns = np.nonzero(~((self.prices > 0) & np.isfinite(self.prices)))
        for row, column in zip(rows[:_SHOWN].tolist(), columns[:_SHOWN].tolist(), strict=True):
            message = (
                f"price is {self.prices[row, column]}, expected above zero: mend it or leave the row out"
            )
            found.append(Problem("price_not_positive", message, f"row {row}:{self.assets[column]}"))
        over = max(0, len(falling) - _SHOWN) + max(0, len(rows) - _SHOWN)
        return [*found, Problem("more", f"and {over} more of these", "prices")] if over else found

    @cached_property
    def step_s(self) -> float:
        """Time between rows [s].

        Raises:
            InputError: Rows are not evenly spaced; a gap is no return of one step.
        """
        steps = np.diff(self.times_s)
        step = float(np.median(steps))
        odd = np.flatnonzero(np.abs(steps - step) > 1e-6 * step)
        if len(odd):
            message = (
                f"rows are {step} s apart, but row {odd[0] + 1} comes {steps[odd[0]]} s after the one before "
                f"({len(odd)} such): fill the gaps or cut the history at them"
            )
            raise InputError(message, code="uneven_times")
        return step

    def columns(self, assets: Sequence[str]) -> NDArray[np.float64]:
        """Return the prices of some assets, shape (n_rows, n_assets), in their order.

        Raises:
            MissingData: With every asset that is not in the history.
        """
        missing = [
            Problem("unknown_asset", f"no prices of {name!r}, there are {', '.join(self.assets)}", "prices")
            for name in assets
            if name not in self.assets
        ]
        if missing:
            raise MissingData.of(missing)
        return self.prices[:, [self.assets.index(name) for name in assets]]

    def log_returns(self, assets: Sequence[str]) -> NDArray[np.float64]:
        """Return ln(price / price of the row before), shape (n_rows - 1, n_assets) [1]."""
        returns: NDArray[np.float64] = np.diff(np.log(self.columns(assets)), axis=0)
        return returns
