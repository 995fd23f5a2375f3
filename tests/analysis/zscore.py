"""How far a simulated mean lies from the truth, in its own standard errors."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

YEAR_H = 8760.0


def z_score(terms: NDArray[np.float64], truth: float) -> float:
    """Standard errors between the mean of independent terms and the truth."""
    return float((terms.mean() - truth) / (terms.std(ddof=1) / sqrt(len(terms))))
