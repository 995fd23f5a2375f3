"""How a version of Aave leaves a call: its own word for each of our codes, and the widths of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.venues.machines.machine import UINT256_MAX, Revert

# Arithmetic out of range, division by zero, and the bare revert of the fixed-point libraries.
PANIC_RANGE = "Panic:0x11"
PANIC_ZERO = "Panic:0x12"
EMPTY = "Empty"
SHARED: Mapping[str, str] = {PANIC_RANGE: "out_of_range", PANIC_ZERO: "zero_price", EMPTY: "out_of_range"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a version says.

    Attributes:
        by_code: Its word for each code of a condition.
        too_wide: What it says of a number that does not fit a narrower type.
    """

    by_code: Mapping[str, str]
    too_wide: str

    @property
    def codes(self) -> dict[str, str]:
        """Our code for each word, the other way round."""
        named = {word: code for code, word in self.by_code.items()}
        return {**named, self.too_wide: "out_of_range", **SHARED}

    def require(self, holds: bool, code: str) -> None:
        """Leave the call with the word for a code unless something holds."""
        if not holds:
            raise Revert(self.by_code[code], code)

    def narrowed(self, value: int, bits: int = 128) -> int:
        """Return a number as one of fewer bits; leave the call, in words, where it does not fit."""
        if value >= 1 << bits:
            raise Revert(self.too_wide, "out_of_range")
        return value


def checked(value: int, bits: int = 256) -> int:
    """Return the result of a sum, difference or product; leave the call where it does not fit."""
    if not 0 <= value < 1 << bits:
        raise Revert(PANIC_RANGE, SHARED[PANIC_RANGE])
    return value


def fits(product: int) -> None:
    """Leave the call without a word where a fixed-point product does not fit 256 bits."""
    if product > UINT256_MAX:
        raise Revert(EMPTY, SHARED[EMPTY])


def divides(is_possible: bool) -> None:
    """Leave the call without a word where a fixed-point quotient would be by zero."""
    if not is_possible:
        raise Revert(EMPTY, SHARED[EMPTY])


def divisor(value: int) -> int:
    """Return what is divided by; leave the call where it is zero."""
    if value == 0:
        raise Revert(PANIC_ZERO, SHARED[PANIC_ZERO])
    return value
