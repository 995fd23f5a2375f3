"""Columns that grow batch by batch, sized at once where the number of rows is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Stack"]


class Stack:
    """An array under construction; `width` > 1 gives each row that many words."""

    def __init__(self, dtype: DTypeLike, capacity: int = 0, width: int = 1) -> None:
        self._shape = () if width == 1 else (width,)
        self._array: NDArray[Any] = np.empty((capacity, *self._shape), dtype=dtype)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def append(self, part: NDArray[Any]) -> None:
        """Put the rows of `part` at the end."""
        needed = self._used + len(part)
        if needed > len(self._array):
            grown = np.empty((max(needed, 2 * len(self._array)), *self._shape), dtype=self._array.dtype)
            grown[: self._used] = self._array[: self._used]
            self._array = grown
        self._array[self._used : needed] = part
        self._used = needed

    def append_after(self, count: int, part: NDArray[Any]) -> None:
        """Put zeros at the end until there are `count` rows, then the rows of `part`."""
        self.padded(count)
        self.append(part)

    def padded(self, count: int) -> NDArray[Any]:
        """Put zeros at the end until there are `count` rows, and return the rows."""
        self.append(np.zeros((count - self._used, *self._shape), dtype=self._array.dtype))
        return self.done()

    def done(self) -> NDArray[Any]:
        """Return the rows; the stack is not to be used afterwards."""
        return self._array[: self._used]
