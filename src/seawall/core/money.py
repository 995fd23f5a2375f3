"""Exact amounts in columns: signed 128-bit integers, sixteen bytes a row.

The layout is that of Arrow's decimal128 (little-endian two's complement), so columns
cross to Parquet without a copy. Amounts are counts of an asset's smallest unit and
|x| < 10**38. Python ints are the only scalar form; `to_float` is the one way out
towards the storm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError

AMOUNT_LIMIT = 10**38
_SHOWN_MAX, _HEAD, _BITS_SHOWN_MAX = 48, 24, 264
_LOW_MASK = (1 << 64) - 1


class Amounts:
    """An immutable column of exact integers.

    Attributes:
        words: Shape (n, 2) uint64: low word, then high word of the two's complement.
    """

    __slots__ = ("words",)

    def __init__(self, words: NDArray[np.uint64]) -> None:
        words.flags.writeable = False
        self.words = words

    @classmethod
    def of(cls, values: Iterable[int]) -> Amounts:
        """Build a column from Python ints.

        Raises:
            InputError: A value is not within +-10**38 (`amount_range`).
        """
        items = values if isinstance(values, (list, tuple)) else list(values)
        try:
            low = np.array(items, dtype=np.int64).reshape(len(items))
        except OverflowError:
            return cls._of_wide(items)
        return cls.of_int64(low)

    @classmethod
    def _of_wide(cls, items: Sequence[int]) -> Amounts:
        for row, value in enumerate(items):
            if not -AMOUNT_LIMIT < value < AMOUNT_LIMIT:
                message = f"amount {brief(value)} in row {row}, expected less than 10^38 in size"
                raise InputError(message, code="amount_range")
        raw = b"".join(value.to_bytes(16, "little", signed=True) for value in items)
        return cls(np.frombuffer(raw, dtype="<u8").reshape(-1, 2).copy())

    @classmethod
    def of_int64(cls, values: NDArray[np.int64]) -> Amounts:
        """Build a column from an int64 array, shape (n,)."""
        words = np.empty((len(values), 2), dtype=np.uint64)
        words[:, 0] = values.view(np.uint64)
        words[:, 1] = (values >> np.int64(63)).view(np.uint64)
        return cls(words)

    @classmethod
    def zeros(cls, count: int) -> Amounts:
        """Build a column of zeros."""
        return cls(np.zeros((count, 2), dtype=np.uint64))

    @classmethod
    def concat(cls, parts: Sequence[Amounts]) -> Amounts:
        """Build one column from several, in order."""
        if not parts:
            return cls.zeros(0)
        return cls(np.concatenate([part.words for part in parts]))

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, row: int) -> int:
        low, high = int(self.words[row, 0]), int(self.words[row, 1])
        return ((high - (1 << 64) if high >> 63 else high) << 64) | low

    def __iter__(self) -> Iterator[int]:
        return iter(self.ints())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Amounts) and bool(np.array_equal(self.words, other.words))

    __hash__ = None  # type: ignore[assignment]  # a column is compared, never a key

    def __repr__(self) -> str:
        shown = ", ".join(str(self[row]) for row in range(min(3, len(self))))
        return f"Amounts([{shown}{', ...' if len(self) > 3 else ''}], n={len(self)})"

    @property
    def fits_int64(self) -> bool:
        """Whether every row is the sign extension of its low word."""
        return bool(np.array_equal(self.words[:, 1], (self._low_signed() >> np.int64(63)).view(np.uint64)))

    def _low_signed(self) -> NDArray[np.int64]:
        return np.ascontiguousarray(self.words[:, 0]).view(np.int64)

    def _high_signed(self) -> NDArray[np.int64]:
        return np.ascontiguousarray(self.words[:, 1]).view(np.int64)

    def ints(self, rows: NDArray[np.intp] | slice | None = None) -> list[int]:
        """Return the rows (all by default) as Python ints."""
        part = self if rows is None else Amounts(self.words[rows])
        if part.fits_int64:
            low: list[int] = part._low_signed().tolist()
            return low
        lows, highs = part.words[:, 0].tolist(), part._high_signed().tolist()
        return [(high << 64) | low for low, high in zip(lows, highs, strict=True)]

    def few(self, first: int, end: int) -> list[int]:
        """Return rows `first` to `end` as Python ints; for a handful of rows quicker than `ints`."""
        return [
            ((high - (1 << 64) if high >> 63 else high) << 64) | low
            for low, high in self.words[first:end].tolist()
        ]

    def sum(self) -> int:
        """Return the exact total; it may exceed 128 bits."""
        low, high = self.words[:, 0], self._high_signed()
        low_sum = int((low & np.uint64(0xFFFFFFFF)).sum()) + (int((low >> np.uint64(32)).sum()) << 32)
        high_sum = int((high & np.int64(0xFFFFFFFF)).sum()) + (int((high >> np.int64(32)).sum()) << 32)
        return (high_sum << 64) + low_sum

    def to_float(self, quantum: float = 1.0) -> NDArray[np.float64]:
        """Return the column as float64 times `quantum`; relative error at most 2**-52.

        A row within int64 goes through its signed low word, so that small negative
        numbers do not lose digits against 2**64.
        """
        low, high = self._low_signed(), self._high_signed()
        carry = low >> np.int64(63)  # a negative low word counts 2**64 less: the high word makes up for it
        return ((high - carry).astype(np.float64) * float(1 << 64) + low.astype(np.float64)) * quantum

    def taken_from(self, total: int) -> NDArray[np.float64]:
        """Return `total` less each row as float64: the difference is exact, only the result is rounded.

        NaN where it is beyond 128 bits.
        """
        own, other = self.words, Amounts.of([total]).words[0]
        low = other[0] - own[:, 0]
        high = other[1] - own[:, 1] - (own[:, 0] > other[0])
        found = Amounts(np.stack([low, high], axis=1)).to_float()
        is_beyond = ((other[1] ^ own[:, 1]) & (other[1] ^ high)) >> np.uint64(63)
        return np.where(is_beyond, np.nan, found)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Amounts:
        """Return the given rows as a column."""
        return Amounts(self.words[rows])

    def in_range(self) -> bool:
        """Whether every row is within +-10**38."""
        return bool((np.abs(self.to_float()) < float(AMOUNT_LIMIT) * (1 - 2**-50)).all()) or all(
            -AMOUNT_LIMIT < value < AMOUNT_LIMIT for value in self.ints()
        )


def parse_decimal(text: str, decimals: int) -> int:
    """Read a plain decimal string as a count of 10**-decimals units, exactly.

    Raises:
        InputError: Not a finite decimal (`not_a_number`, `not_finite`), an exponent
            beyond +-40 (`amount_range`), more digits than `decimals` (`precision_loss`),
            or a value beyond 10**38 (`amount_range`).

    >>> parse_decimal("1.50", 6)
    1500000
    """
    body = text.strip()
    if body.lstrip("+-").lower() in {"nan", "inf", "infinity"}:
        raise InputError(f"expected a finite number, got {body!r}", code="not_finite")
    sign = -1 if body.startswith("-") else 1
    mantissa, _, exponent_text = body.lstrip("+-").lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    exponent_digits = exponent_text.lstrip("+-")
    if (
        not (digits.isascii() and digits.isdigit())
        or len(body) - len(body.lstrip("+-")) > 1
        or ("e" in body.lower() and not (exponent_digits.isascii() and exponent_digits.isdigit()))
    ):
        raise InputError(f"expected a decimal number, got {body[:40]!r}", code="not_a_number")
    if len(digits) > 80 or len(exponent_digits) > 3 or abs(int(exponent_text or 0)) > 40:
        raise InputError(f"number {cut(body)!r} is too long or its exponent beyond 40", code="amount_range")
    shift = decimals - len(fraction) + int(exponent_text or 0)
    value = int(digits)
    if shift < 0:
        value, rest = divmod(value, 10**-shift)
        if rest:
            raise InputError(
                f"{body} has more than {decimals} decimals: it would have to be rounded",
                code="precision_loss",
            )
    else:
        value *= int(10**shift)
    if value >= AMOUNT_LIMIT:
        message = f"number {cut(body)} is 10^38 units or more"
        raise InputError(message, code="amount_range")
    return sign * value


def cut(text: str) -> str:
    """Return a text for a message: whole, or its head with dots where it is long.

    >>> cut("12345"), cut("9" * 60)
    ('12345', '999999999999999999999999...')
    """
    return text if len(text) <= _SHOWN_MAX else f"{text[:_HEAD]}..."


def brief(value: int) -> str:
    """Write a whole number for a message, however large it is.

    >>> brief(-12), brief(10**5000)
    ('-12', 'of 16610 bits')
    """
    return str(value) if value.bit_length() <= _BITS_SHOWN_MAX else f"of {value.bit_length()} bits"


def format_decimal(value: int, decimals: int) -> str:
    """Write a count of 10**-decimals units as a plain decimal string, exactly.

    >>> format_decimal(-1500000, 6)
    '-1.5'
    """
    sign, digits = "-" if value < 0 else "", str(abs(value)).rjust(decimals + 1, "0")
    whole, fraction = (digits[:-decimals], digits[-decimals:].rstrip("0")) if decimals else (digits, "")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
