"""What every walk draws with: a generator passed in, and amounts at their edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Drawn:
    """Chance."""

    chance: np.random.Generator

    def pick(self, among: Any) -> Any:
        """Return one of several."""
        return among[int(self.chance.integers(len(among)))]

    def odds(self, of_hundred: int) -> bool:
        """Return True so often in a hundred."""
        return int(self.chance.integers(100)) < of_hundred

    def power(self, least: float, most: float) -> int:
        """Return ten to a power between two."""
        return int(10 ** self.chance.uniform(least, most))

    def part(self, of: int) -> int:
        """Return a part of an amount: mostly some; or all, a unit around it, one unit, none, much more."""
        kind = int(self.chance.integers(12))
        edges = {0: of, 1: of + 1, 2: max(0, of - 1), 3: 1, 4: 2 * of, 5: 0}
        if kind in edges:
            return edges[kind]
        return of * int(self.chance.integers(1, 10**6)) // 10**6
