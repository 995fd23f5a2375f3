"""How many accounts a shock liquidates when trigger prices are Poisson: the Borel-Tanner law.

Trigger prices lie as a Poisson process of some intensity below the price, and each liquidation moves
the price by a fixed amount. The shock triggers theta = intensity * shock on average, each of them
n = intensity * impact more: the number liquidated is the total progeny of a branching process.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, log

from seawall.analysis.ranges import require_in_range

__all__ = ["BorelTanner", "poisson_cascade"]


@dataclass(frozen=True, slots=True)
class BorelTanner:
    """The law of the number liquidated, N.

    Attributes:
        theta: Liquidations that the shock itself triggers on average, > 0 [1].
        branching: Further liquidations that each triggers on average, n >= 0 [1].

    Source:
        Consul and Jain, A generalization of the Poisson distribution (1973); Tanner (1961).
    """

    theta: float
    branching: float

    @property
    def mean(self) -> float:
        """theta / (1 - n); infinite from n = 1 on."""
        return self.theta / (1 - self.branching) if self.branching < 1 else inf

    @property
    def variance(self) -> float:
        """theta / (1 - n)^3; infinite from n = 1 on."""
        return self.theta / (1 - self.branching) ** 3 if self.branching < 1 else inf

    def pmf(self, count: int) -> float:
        """Return P(N = count): theta (theta + k n)^(k-1) exp(-theta - k n) / k!.

        >>> round(BorelTanner(1.0, 0.8).pmf(1), 9)
        0.165298888
        """
        rate = self.theta + count * self.branching
        return exp(log(self.theta) + (count - 1) * log(rate) - rate - lgamma(count + 1))

    def prob_at_least(self, count: int) -> float:
        """Return P(N >= count), the cascades without end in it.

        >>> round(BorelTanner(1.0, 0.8).prob_at_least(20), 9)
        0.062294853
        """
        return max(0.0, 1 - sum(self.pmf(below) for below in range(count)))

    @property
    def prob_endless(self) -> float:
        """P(N is infinite): 1 - exp(-theta (1 - q)), q the least root of q = exp(n (q - 1)).

        >>> BorelTanner(1.0, 0.8).prob_endless, round(BorelTanner(1.0, 2.0).prob_endless, 6)
        (0.0, 0.549236)
        """
        if self.branching <= 1:
            return 0.0
        low, high = 0.0, 1 / self.branching  # the other root, 1, lies above
        for _ in range(200):
            middle = (low + high) / 2
            if exp(self.branching * (middle - 1)) > middle:
                low = middle
            else:
                high = middle
        return 1 - exp(-self.theta * (1 - low))


def poisson_cascade(intensity: float, impact_per_liquidation: float, shock: float) -> BorelTanner:
    """Return the law of the number liquidated.

    Args:
        intensity: Trigger prices per unit of price, > 0 [1/price].
        impact_per_liquidation: Fall after each liquidation, >= 0 [price].
        shock: Fall from outside, > 0 [price].

    Raises:
        InputError: A parameter is out of its range; all are told.

    >>> law = poisson_cascade(5, 0.16, 0.2)
    >>> round(law.branching, 12), round(law.mean, 9)
    (0.8, 5.0)
    """
    require_in_range(
        "poisson_cascade",
        [
            ("intensity", intensity, "above 0", intensity > 0),
            ("impact_per_liquidation", impact_per_liquidation, "at least 0", impact_per_liquidation >= 0),
            ("shock", shock, "above 0", shock > 0),
        ],
    )
    return BorelTanner(intensity * shock, intensity * impact_per_liquidation)
