"""The law of a sum of a Poisson number of losses, each a whole number of units: Panjer's recursion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.ranges import require_in_range

__all__ = ["CompoundPoisson", "compound_poisson"]


@dataclass(frozen=True, slots=True)
class CompoundPoisson:
    """The law of the total, cut off where less than 1e-12 is left.

    Attributes:
        pmf: P(total = k) at k = 0, 1, ..., shape (n,) [1].
        mean: Expected total [units].
    """

    pmf: NDArray[np.float64]
    mean: float

    def quantile(self, q: float) -> int:
        """Return the smallest total that is not exceeded with probability q, 0 < q < 1 - 1e-11 [units]."""
        require_in_range("quantile", [("q", q, "above 0 and below 1 - 1e-11", 0 < q < 1 - 1e-11)])
        return int(np.searchsorted(np.cumsum(self.pmf), q))


def compound_poisson(rate: float, severity: Mapping[int, float]) -> CompoundPoisson:
    """Return the law of a sum of N losses, N Poisson.

    g_0 = exp(-rate (1 - f_0)), g_k = rate / k * sum over j <= k of j f_j g_(k-j).

    Args:
        rate: Expected number of losses, above 0 and at most 600 [1]; beyond that the first term vanishes.
        severity: Probability of each size >= 0 of one loss [1]; they sum to 1.

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Panjer, Recursive evaluation of a family of compound distributions (1981).

    >>> law = compound_poisson(2, {1: 0.5, 2: 0.3, 3: 0.2})
    >>> law.quantile(0.99), law.quantile(0.999)
    (11, 15)
    """
    total = sum(severity.values())
    require_in_range(
        "compound_poisson",
        [
            ("rate", rate, "above 0 and at most 600", 0 < rate <= 600),
            ("sum of probabilities", total, "1", abs(total - 1) < 1e-12),
            ("least size", min(severity, default=-1), "at least 0", min(severity, default=-1) >= 0),
            (
                "least probability",
                min(severity.values(), default=-1.0),
                "at least 0",
                min(severity.values(), default=-1.0) >= 0,
            ),
        ],
    )
    largest = max(severity)
    steps = np.array([size * severity.get(size, 0.0) for size in range(1, largest + 1)])
    pmf = [exp(-rate * (1 - severity.get(0, 0.0)))]
    mean, seen = rate * sum(size * chance for size, chance in severity.items()), pmf[0]
    while seen < 1 - 1e-12 and largest:
        k = len(pmf)
        back = min(k, largest)
        pmf.append(rate / k * float(steps[:back] @ np.array(pmf[: -back - 1 : -1])))
        seen += pmf[-1]
        if k > mean and pmf[-1] < 1e-18:  # rounding may keep the sum from reaching its end
            break
    return CompoundPoisson(np.array(pmf), mean)
