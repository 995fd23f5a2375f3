"""Floats that carry their own distance from the exact result: how far a compiled rule can be off.

A rule computed in float64 differs from the same rule on integers in two ways: each float operation
is off by half a unit in the last place, and each leaf rounds to a whole number only in the exact
one. `Bounded` adds both up while the rule runs on it (running error analysis), so the bound comes
from the rule itself and not from a second description of it. A whole column of numbers runs through
a rule at once; a comparison is then decided only where all its rows agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["BOUNDED_LEAVES", "Bounded", "Undecided"]

# Half a unit in the last place, doubled: covers the rounding of the bound's own arithmetic.
ULP = 2.0**-52

Real = Any  # float | NDArray[np.float64]: the operators serve both, which the types of NumPy do not say


class Undecided(Exception):
    """A comparison falls within the error: which branch the exact rule takes cannot be told."""


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """A float, or a column of them, and a bound on the distance from the exact numbers they stand for."""

    value: Real
    error: Real

    @classmethod
    def of(cls, exact: int | float | Bounded) -> Bounded:
        """Return a number with the error made by turning it into a float."""
        if isinstance(exact, Bounded):
            return exact
        value = float(exact)
        return cls(value, float(abs(int(exact) - int(value))) if isinstance(exact, int) else 0.0)

    @classmethod
    def computed(cls, value: Real, error: Real) -> Bounded:
        """Return a computed number: `error` from its operands, and one float rounding."""
        return cls(value, (error + abs(value) * ULP) * (1 + ULP))

    def __add__(self, other: Bounded | float) -> Bounded:
        b = Bounded.of(other)
        return Bounded.computed(self.value + b.value, self.error + b.error)

    def __sub__(self, other: Bounded | float) -> Bounded:
        b = Bounded.of(other)
        return Bounded.computed(self.value - b.value, self.error + b.error)

    def __mul__(self, other: Bounded | float) -> Bounded:
        b = Bounded.of(other)
        error = abs(self.value) * b.error + abs(b.value) * self.error + self.error * b.error
        return Bounded.computed(self.value * b.value, error)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Bounded | float) -> Bounded:
        return Bounded.of(other) - self

    def __neg__(self) -> Bounded:
        return Bounded(-self.value, self.error)

    def __abs__(self) -> Bounded:
        return Bounded(abs(self.value), self.error)

    def divided(self, other: Bounded, rounding: float) -> Bounded:
        """Return the quotient where the exact one is rounded by up to `rounding`."""
        nearest = abs(other.value) - other.error
        if np.any(nearest <= 0.0):
            raise Undecided(f"divisor {other.value} is not told from zero within {other.error}")
        value = self.value / other.value
        return Bounded.computed(value, (self.error + abs(value) * other.error) / nearest + rounding)

    def __lt__(self, other: Bounded | float) -> bool:
        b = Bounded.of(other)
        gap, error = self.value - b.value, self.error + b.error
        if np.all(gap < -error):
            return True
        if np.all((gap > error) | ((gap == 0.0) & (error == 0.0))):
            return False
        raise Undecided(f"{self.value} and {b.value} are {gap} apart, within the error {error}")

    def __gt__(self, other: Bounded | float) -> bool:
        return Bounded.of(other) < self

    def __le__(self, other: Bounded | float) -> bool:
        return not Bounded.of(other) < self

    def __ge__(self, other: Bounded | float) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bounded | float | int):
            return NotImplemented
        return not (self < other or Bounded.of(other) < self)

    __hash__ = None  # type: ignore[assignment]  # equality within an error is no equivalence


Number = Bounded | int | float


def _mul_div(rounding: float) -> Callable[[Number, Number, Number], Bounded]:
    def mul_div(a: Number, b: Number, divisor: Number) -> Bounded:
        return (Bounded.of(a) * b).divided(Bounded.of(divisor), rounding)

    return mul_div


def _sqrt_down(value: Number) -> Bounded:
    # |sqrt(x) - sqrt(y)| <= |x - y| / sqrt(x), and <= sqrt(|x - y|) near zero.
    x = Bounded.of(value)
    root = math.sqrt(max(0.0, x.value))
    near = math.sqrt(x.error)
    return Bounded.computed(root, (min(near, x.error / root) if root > 0.0 else near) + 1.0)


def _shift_down(value: Number, bits: Number) -> Bounded:
    by = Bounded.of(bits)
    if by.error:
        raise Undecided(f"a shift by {by.value} bits, give or take {by.error}")
    shifted = Bounded.of(value) * 2.0**by.value
    return Bounded.computed(shifted.value, shifted.error + 1.0)


def _pow_half_up(base: Number, exponent: Number, one: Number) -> Bounded:
    # Squaring as the exact leaf does it, its roundings added up one by one; the float leaf takes the
    # power at once, which is off by one last place of the base for each factor.
    b, unit, factors = Bounded.of(base), Bounded.of(one), int(Bounded.of(exponent).value)
    half_up, power = _mul_div(0.5), factors // 2
    result = b if factors % 2 else unit
    while power:
        b = half_up(b, b, unit)
        if power % 2:
            result = half_up(result, b, unit)
        power //= 2
    return Bounded(result.value, result.error + (factors + 2) * abs(result.value) * ULP)


def _min(*values: Number) -> Bounded:
    numbers = [Bounded.of(value) for value in values]
    return Bounded(
        reduce(np.minimum, [n.value for n in numbers]), reduce(np.maximum, [n.error for n in numbers])
    )


def _max(*values: Number) -> Bounded:
    numbers = [Bounded.of(value) for value in values]
    return Bounded(
        reduce(np.maximum, [n.value for n in numbers]), reduce(np.maximum, [n.error for n in numbers])
    )


BOUNDED_LEAVES: Mapping[str, Callable[..., Bounded]] = MappingProxyType(
    {
        "mul_div_down": _mul_div(1.0),
        "mul_div_up": _mul_div(1.0),
        "mul_div_half_up": _mul_div(0.5),
        "mul_div_toward_zero": _mul_div(1.0),
        "pow_half_up": _pow_half_up,
        "shift_down": _shift_down,
        "sqrt_down": _sqrt_down,
        # Not leaves, but a minimum is never undecided: it moves no more than its arguments.
        "min": _min,
        "max": _max,
    }
)
