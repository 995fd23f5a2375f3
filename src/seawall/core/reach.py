"""How much debt falls of prices reach: what may be known of a lending market without its accounts."""

from __future__ import annotations

from dataclasses import dataclass
from math import pow

__all__ = ["DebtInReach", "MarketTotals"]


@dataclass(frozen=True, slots=True)
class MarketTotals:
    """What is supplied to and borrowed from a lending market in all [USD]."""

    supplied_usd: float
    borrowed_usd: float


@dataclass(frozen=True, slots=True)
class DebtInReach:
    """How much of all debt, secured by one group of collateral, falls take to its trigger.

    within(d) = share * (d / fall) ** shape. Ours: nothing is known of its form but one point.

    Attributes:
        share: Part of all debt of the market that a fall of `fall` takes there [1].
        fall: Of the collateral's price, above 0 and below 1 [1].
        shape: Above 0; 1 spreads debt evenly over falls, above 1 there is less of it near its trigger [1].
    """

    share: float
    fall: float
    shape: float

    def within(self, fall: float) -> float:
        """Return the part of all debt that a fall takes to its trigger [1].

        >>> DebtInReach(share=0.02, fall=0.3, shape=2.0).within(0.15)
        0.005
        """
        return self.share * pow(fall / self.fall, self.shape)
