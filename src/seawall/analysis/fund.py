"""An insurance fund over time: what it must hold, how long it lasts, and whether it is ever empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.order_statistics import proportion_interval
from seawall.analysis.sample import Estimate
from seawall.analysis.tail import Refused
from seawall.errors import InputError

__all__ = ["FundPath", "Requirement", "fund_path", "fund_requirement", "simulate_ruin"]

Floats = NDArray[np.float64]
Claims = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a fund must hold at the beginning.

    Attributes:
        value, low, high: Requirement and its interval, >= 0 [money].
    """

    value: float
    low: float
    high: float


def fund_requirement(
    stressed: Estimate | Refused, income: Estimate | Refused | float = 0.0
) -> Requirement | Refused:
    """Return VaR or ES less what the fund earns over the horizon; what it cannot earn it must hold.

    Args:
        stressed: VaR or ES of the loss over the horizon [money]; refused where that was refused.
        income: Likewise. Expected over the same horizon, with its interval or as a number [money]. The
            interval of the requirement takes the ends against each other, so it is no narrower than it
            should be.

    Raises:
        InputError: The income is no finite number.

    >>> fund_requirement(Estimate(100.0, 90.0, 120.0, "ranks", 100.0), 95.0)
    Requirement(value=5.0, low=0.0, high=25.0)
    """
    if isinstance(stressed, Refused):
        return stressed
    if isinstance(income, Refused):
        return income
    if not isinstance(income, Estimate) and not isfinite(income):
        raise InputError(f"income: expected an estimate or a finite number, got {income}")
    earned, least, most = (
        (income.value, income.low, income.high) if isinstance(income, Estimate) else (income,) * 3
    )
    return Requirement(
        max(0.0, stressed.value - earned), max(0.0, stressed.low - most), max(0.0, stressed.high - least)
    )


@dataclass(frozen=True, slots=True)
class FundPath:
    """A fund on many paths.

    Attributes:
        runway: Steps until the fund is empty if every step costs what it costs on average; infinite
            where it earns on average [step].
        depletion: Step (from 1) at whose end the fund is first below zero, 0 where never, shape (n_paths,).
        prob_depleted, prob_low, prob_high: Share of paths on which it ever is, and its interval [1].
        median_step: Median of the step of depletion among all paths; infinite where fewer than half deplete.
        bands: Fund at the end of each step at the quantiles asked for, shape (n_quantiles, n_steps) [money].
    """

    runway: float
    depletion: NDArray[np.int64]
    prob_depleted: float
    prob_low: float
    prob_high: float
    median_step: float
    bands: Floats


def fund_path(
    start: float, flows: Floats, *, quantiles: tuple[float, ...] = (0.01, 0.5, 0.99), confidence: float = 0.95
) -> FundPath:
    """Return how a fund fares under simulated flows; it is not topped up, and goes on below zero.

    Args:
        start: At the beginning, >= 0 [money].
        flows: Income less losses of each step, shape (n_paths, n_steps) [money].
        quantiles: Of the bands, each from 0 to 1 [1].
        confidence: Of the interval of `prob_depleted` [1].

    Raises:
        InputError: The start is negative or infinite, flows are not a table of finite numbers, or a level
            lies outside 0 to 1.

    >>> found = fund_path(2.5, np.array([[-1.0, -1.0, -1.0], [0.0, 1.0, -1.0]]))
    >>> found.depletion.tolist(), found.prob_depleted, found.runway
    ([3, 0], 0.5, 5.0)
    """
    table = np.asarray(flows, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all() or not 0 <= start < inf:
        raise InputError(
            "expected a start of at least 0 that is finite, and finite flows (n_paths, n_steps), got"
            f" {start} and shape {table.shape}"
        )
    if not all(0 <= each <= 1 for each in quantiles) or not 0 < confidence < 1:
        raise InputError(
            f"quantiles and confidence: expected from 0 to 1, got {[*quantiles]} and {confidence}"
        )
    level = start + np.cumsum(table, axis=1)
    below = level < 0
    ever = np.asarray(below.any(axis=1))
    first = np.where(ever, below.argmax(axis=1) + 1, 0)
    low, high = proportion_interval(int(ever.sum()), len(ever), confidence=confidence)
    cost = -float(table.mean())
    ordered = np.sort(np.where(ever, first, np.inf))
    return FundPath(
        runway=start / cost if cost > 0 else inf,
        depletion=first.astype(np.int64),
        prob_depleted=float(ever.mean()),
        prob_low=low,
        prob_high=high,
        median_step=float(ordered[(len(ordered) - 1) // 2]),
        bands=np.quantile(level, quantiles, axis=0),
    )


def simulate_ruin(
    fund: float,
    rate: float,
    claims: Claims,
    premium: float,
    rng: np.random.Generator,
    *,
    n_paths: int = 10_000,
    claims_max: int = 10_000,
    safe: float | None = None,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Return the share of paths on which a fund is ever below zero, and its interval.

    Claims come as a Poisson process. A path ends when it is ruined, when the fund exceeds `safe`, or after
    `claims_max` claims; what could still have ruined it is left out, so choose them large.

    Args:
        fund: At the beginning, >= 0 [money].
        rate: Claims per unit of time, > 0 [1/time].
        claims: Draws so many sizes of claims [money].
        premium: Income per unit of time [money/time].
        n_paths, claims_max: How many.
        safe: Level from which ruin is taken to be out of reach [money]; None for never.
        confidence: Of the interval [1].

    Raises:
        InputError: A number is out of its range.
    """
    if not (fund >= 0 and rate > 0 and isfinite(premium) and n_paths > 0 and claims_max > 0):
        raise InputError(
            "expected a fund of at least 0, a finite premium, and a rate, paths and claims above 0, got"
            f" {fund}, {premium}, {rate}, {n_paths} and {claims_max}"
        )
    level, ruined = np.full(n_paths, float(fund)), 0
    for _ in range(claims_max):
        level += premium * rng.exponential(1 / rate, len(level)) - claims(rng, len(level))
        ruined += int((level < 0).sum())
        level = level[(level >= 0) & (level <= (inf if safe is None else safe))]
        if not len(level):
            break
    low, high = proportion_interval(ruined, n_paths, confidence=confidence)
    return ruined / n_paths, low, high
