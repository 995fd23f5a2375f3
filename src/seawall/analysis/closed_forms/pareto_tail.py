"""A generalised Pareto tail above a threshold: VaR and ES beyond what was observed."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from seawall.analysis.ranges import require_in_range

__all__ = ["ParetoTail"]


@dataclass(frozen=True, slots=True)
class ParetoTail:
    """Losses above `threshold` exceed it by a generalised Pareto amount.

    Attributes:
        shape: xi [1]; the larger, the heavier.
        scale: beta, > 0 [money].
        threshold: u [money].
        above: Observations above the threshold, > 0.
        observed: All observations, >= above.

    Source: McNeil, Frey and Embrechts, Quantitative Risk Management (2015), 5.2.3.

    >>> danish = ParetoTail(0.497, 6.975, 10, 109, 2156)
    >>> round(danish.var(0.99), 2), round(danish.es(0.99), 2)
    (27.37, 58.4)
    """

    shape: float
    scale: float
    threshold: float
    above: int
    observed: int

    def __post_init__(self) -> None:
        require_in_range(
            "ParetoTail",
            [
                ("shape", self.shape, "finite", True),
                ("scale", self.scale, "above 0", self.scale > 0),
                ("above", self.above, "above 0 and at most observed", 0 < self.above <= self.observed),
            ],
        )

    def var(self, q: float) -> float:
        """Return the quantile: u + beta/xi ((n/N_u (1-q))^-xi - 1) [money].

        Raises:
            InputError: q does not lie in the tail, from 1 - above/observed to below 1.
        """
        share = self.above / self.observed
        require_in_range("var", [("q", q, f"at least {1 - share:g} and below 1", 1 - share <= q < 1)])
        ratio = (1 - q) / share
        if self.shape == 0:
            return self.threshold - self.scale * log(ratio)
        return self.threshold + self.scale / self.shape * (float(ratio**-self.shape) - 1)

    def es(self, q: float) -> float:
        """Return the mean beyond the quantile: (VaR + beta - xi u) / (1 - xi) [money].

        Raises:
            InputError: xi >= 1, where there is no mean; a bad debt is bounded by the debt, so cap it.
        """
        require_in_range(
            "es", [("shape", self.shape, "below 1: a tail so heavy has no mean", self.shape < 1)]
        )
        return (self.var(q) + self.scale - self.shape * self.threshold) / (1 - self.shape)
