"""How much to raise: the budget of a deleveraging, apart from who pays it.

A policy turns the deficit of now and the rounds before into a budget. It holds no state: the
same history gives the same budget, on any machine. Severities are parts of the deficit [1e-6] and
budgets are rounded up to a unit, never above the deficit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seawall.core.rounding import mul_div_down, mul_div_up, sqrt_down
from seawall.errors import InputError, Problem

__all__ = ["Adaptive", "BackOff", "Round", "Severity", "Static"]

PPM = 10**6


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the past.

    Attributes:
        deficit: What was missing when its budget was set [units], >= 0.
        needed: What turned out to have to be raised [units], >= 0.
    """

    deficit: int
    needed: int


class Severity(Protocol):
    """How much of a deficit is raised."""

    def budget(self, deficit: int, history: Sequence[Round] = ()) -> int:
        """Return what to raise of `deficit` after these rounds, oldest first [units]."""


@dataclass(frozen=True, slots=True)
class Static:
    """The same part of every deficit: theta * D.

    Attributes:
        theta_ppm: Part of the deficit to raise [1e-6], 0 to 1e6.

    Source:
        Chitra, arXiv 2512.01112: severity and allocation apart.

    >>> Static(500_000).budget(15)
    8
    """

    theta_ppm: int

    def __post_init__(self) -> None:
        _require_parts(theta_ppm=self.theta_ppm)

    def budget(self, deficit: int, history: Sequence[Round] = ()) -> int:
        """Return ceil(theta * D) [units]."""
        return mul_div_up(_checked(deficit, history), self.theta_ppm, PPM)


@dataclass(frozen=True, slots=True)
class BackOff:
    """Less with every round: theta0 * alpha^k of the deficit in round k, counted from 0.

    The power is exact; only the budget is rounded.

    Attributes:
        start_ppm: theta0, part of the deficit to raise at first [1e-6], 0 to 1e6.
        factor_ppm: alpha, what each round multiplies it by [1e-6], 0 to 1e6.

    >>> [BackOff(800_000, 500_000).budget(100, [Round(100, 0)] * k) for k in range(3)]
    [80, 40, 20]
    """

    start_ppm: int
    factor_ppm: int

    def __post_init__(self) -> None:
        _require_parts(start_ppm=self.start_ppm, factor_ppm=self.factor_ppm)

    def budget(self, deficit: int, history: Sequence[Round] = ()) -> int:
        """Return ceil(theta0 * alpha^k * D), k the rounds before [units]."""
        power, one = self.factor_ppm ** len(history), PPM ** (len(history) + 1)
        return mul_div_up(_checked(deficit, history), self.start_ppm * power, one)


@dataclass(frozen=True, slots=True)
class Adaptive:
    """A part that learns: projected online gradient descent on the cost of raising too little or too much.

    A round that raised theta * D and needed N costs short * (N - theta * D)+ + over * (theta * D - N)+, per
    unit of D. Its slope in theta is -short or +over, or 0 at equality; after round t theta moves
    against it by step / sqrt(t), and stays within 0 and 1. With such steps the regret
    against the best fixed theta grows as sqrt(t).

    Attributes:
        start_ppm: theta of the first round [1e-6], 0 to 1e6.
        step_ppm: Largest move after the first round at a cost of 1 [1e-6], 0 to 1e6.
        short_ppm: Cost of a unit missing [1e-6], 0 to 1e6.
        over_ppm: Cost of a unit too much [1e-6], 0 to 1e6.

    Source:
        Online gradient descent: Zinkevich (2003); it is mirror descent with the squared distance.
        Severity as online learning: Chitra et al., Autodeleveraging as Online Learning, arXiv 2602.15182.

    >>> Adaptive(500_000, 200_000).theta_ppm([Round(100, 80)])
    700000
    """

    start_ppm: int
    step_ppm: int
    short_ppm: int = PPM
    over_ppm: int = PPM

    def __post_init__(self) -> None:
        _require_parts(
            start_ppm=self.start_ppm,
            step_ppm=self.step_ppm,
            short_ppm=self.short_ppm,
            over_ppm=self.over_ppm,
        )

    def theta_ppm(self, history: Sequence[Round]) -> int:
        """Return the part of the deficit to raise after these rounds [1e-6], moves rounded down."""
        theta = self.start_ppm
        for number, past in enumerate(history, 1):
            # step / sqrt(t), as step * 1e6 / isqrt(t * 1e12): one rounding, no float.
            step = mul_div_down(self.step_ppm, PPM, sqrt_down(number * PPM * PPM))
            raised, needed = theta * past.deficit, past.needed * PPM
            if raised < needed:
                theta += mul_div_down(step, self.short_ppm, PPM)
            elif raised > needed:
                theta -= mul_div_down(step, self.over_ppm, PPM)
            theta = min(max(theta, 0), PPM)
        return theta

    def budget(self, deficit: int, history: Sequence[Round] = ()) -> int:
        """Return ceil(theta * D), theta as learnt from these rounds [units]."""
        return mul_div_up(_checked(deficit, history), self.theta_ppm(history), PPM)


def _require_parts(**parts: int) -> None:
    problems = [
        Problem("out_of_range", f"expected a part from 0 to {PPM}, got {part}", name)
        for name, part in parts.items()
        if not 0 <= part <= PPM
    ]
    if problems:
        raise InputError.of(problems)


def _checked(deficit: int, history: Sequence[Round]) -> int:
    amounts = {"deficit": deficit}
    for number, past in enumerate(history):
        amounts[f"history[{number}].deficit"] = past.deficit
        amounts[f"history[{number}].needed"] = past.needed
    problems = [
        Problem("negative_amount", f"expected >= 0, got {amount}", where)
        for where, amount in amounts.items()
        if amount < 0
    ]
    if problems:
        raise InputError.of(problems)
    return deficit
