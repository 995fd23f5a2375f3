"""Arithmetic on columns of 128-bit integers, whole columns at a time.

A column is (n, 2) uint64, low word then high word of the two's complement: the layout of
`Amounts` and of Arrow's decimal128. Arrow's own rescaling wraps silently beyond 38 digits
(seen with pyarrow 26), so it is done here, with the range checked first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seawall.core.money import AMOUNT_LIMIT, Amounts

__all__ = [
    "Words",
    "divided",
    "is_negative",
    "is_positive",
    "is_zero",
    "multiplied",
    "negated",
    "out_of_range",
]

Words = NDArray[np.uint64]

_LOW_32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_63 = np.uint64(63)
_STEP_DIGITS = 9
# |x| <= margin * limit certainly fits: float64 has 53 bits and the margin leaves 2**-40.
_MARGIN = 1 - 2.0**-40


def is_negative(words: Words) -> NDArray[np.bool_]:
    """Return which rows are below zero, shape (n,)."""
    return (words[:, 1] >> _63).astype(bool)


def is_zero(words: Words) -> NDArray[np.bool_]:
    """Return which rows are zero, shape (n,)."""
    zero: NDArray[np.bool_] = (words[:, 0] | words[:, 1]) == 0
    return zero


def is_positive(words: Words) -> NDArray[np.bool_]:
    """Return which rows are above zero, shape (n,)."""
    return ~(is_negative(words) | is_zero(words))


def negated(words: Words, where: NDArray[np.bool_]) -> Words:
    """Return the column with the sign of some rows changed."""
    if not where.any():
        return words
    result = words.copy()
    low = ~words[where, 0] + np.uint64(1)
    result[where, 0] = low
    result[where, 1] = ~words[where, 1] + (low == 0).astype(np.uint64)
    return result


def out_of_range(words: Words, digits: int = 0) -> NDArray[np.bool_]:
    """Return which rows would not stay within +-10**38 when multiplied by 10**digits."""
    limit = AMOUNT_LIMIT // 10**digits
    suspects = np.flatnonzero(np.abs(Amounts(words.view()).to_float()) > float(limit) * _MARGIN)
    beyond = np.zeros(len(words), dtype=bool)
    if len(suspects):
        values = Amounts(words[suspects]).ints()
        # x * 10**k < 10**38 exactly when x < 10**(38 - k): the limit is a whole power of ten.
        beyond[suspects] = [abs(value) >= limit for value in values]
    return beyond


def multiplied(words: Words, digits: int) -> Words:
    """Return the column times 10**digits, modulo 2**128; check `out_of_range` first."""
    low, high = words[:, 0], words[:, 1]
    while digits > 0:
        factor = np.uint64(10 ** min(digits, _STEP_DIGITS))
        first = (low & _LOW_32) * factor
        second = (low >> _32) * factor + (first >> _32)
        low = (first & _LOW_32) | (second << _32)
        high = high * factor + (second >> _32)
        digits -= _STEP_DIGITS
    return np.stack([low, high], axis=1)


def divided(words: Words, digits: int) -> tuple[Words, NDArray[np.bool_]]:
    """Return the column divided by 10**digits, and which rows do not divide evenly."""
    divisor, column = 10**digits, Amounts(words.view())
    if digits <= 18 and column.fits_int64:
        quotient, rest = np.divmod(np.ascontiguousarray(words[:, 0]).view(np.int64), np.int64(divisor))
        return Amounts.of_int64(quotient).words, rest != 0
    pairs = [divmod(value, divisor) for value in column.ints()]
    return Amounts.of([pair[0] for pair in pairs]).words, np.array(
        [bool(pair[1]) for pair in pairs], dtype=bool
    )
