"""What an allocation did to those it hit, told with what came after: later prices, the next move.

Source:
    Metrics of deleveraging: Chitra, Autodeleveraging: Impossibilities and Optimization,
    arXiv 2512.01112.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["MoralHazard", "markout", "moral_hazard", "next_deficit", "survivor_ratio"]

PPM = 10**6


def markout(closed: Sequence[int], price: int, later: int) -> list[int]:
    """Return what each closed position would have made by a later price.

    Args:
        closed: Signed quantities taken from each account, + long, shape (n_accounts,) [quantity units].
        price: Price at which they were closed [price units].
        later: Price of the same market later [price units].

    Returns:
        closed * (later - price), shape (n_accounts,) [quantity units x price units]; a positive
        number is a profit forgone, a negative one a loss the account was spared.

    >>> markout([3, -2], 100, 110)
    [30, -20]
    """
    return [quantity * (later - price) for quantity in closed]


def next_deficit(
    equities: Sequence[int], shares: Sequence[int], exposures: Sequence[int], moves_ppm: Sequence[int]
) -> Fraction:
    """Return the mean over next moves of what accounts would owe beyond their equity.

    A rule that empties those with most leverage leaves a book that breaks at the next step.

    Args:
        equities: Before the allocation, shape (n_accounts,) [units].
        shares: What each bore, shape (n_accounts,) [units].
        exposures: Signed value that each still holds, shape (n_accounts,) [units].
        moves_ppm: Next returns of the price, equally likely, shape (n_moves,) [1e-6].

    Returns:
        Mean of sum max(0, -(equity - share + exposure * move)) [units].

    >>> next_deficit([10, 10], [5, 5], [100, -20], [100_000, -100_000])
    Fraction(5, 2)
    """
    missing = sum(
        max(0, -((equity - share) * PPM + exposure * move))
        for move in moves_ppm
        for equity, share, exposure in zip(equities, shares, exposures, strict=True)
    )
    return Fraction(missing, PPM * len(moves_ppm)) if len(moves_ppm) else Fraction(0)


def survivor_ratio(weights: Sequence[int], shares: Sequence[int], reference: int) -> Fraction | None:
    """Return the largest weight left after the allocation over a reference amount [1].

    Against the sum of all deficits this is PTSR, against the largest single one PMR. Never
    judge a rule by it alone: it is best where the burden lies on many small accounts.

    >>> survivor_ratio([100, 50], [10, 50], 60)
    Fraction(3, 2)
    """
    if not reference or not len(weights):
        return None
    return Fraction(max(whole - share for whole, share in zip(weights, shares, strict=True)), reference)


@dataclass(frozen=True)
class MoralHazard:
    """Who was insured, and who had paid for it.

    Attributes:
        fee_payers_share: Part of the payouts that went to accounts which had paid fees [1].
        top_share: Part of the payouts that the largest receivers got together [1].
        top: How many those are.
    """

    fee_payers_share: Fraction
    top_share: Fraction
    top: int


def moral_hazard(payouts: Sequence[int], fees: Sequence[int], *, top: int = 10) -> MoralHazard:
    """Set what a fund paid for accounts against what they had paid into it.

    Args:
        payouts: Loss of each account that the fund bore, shape (n_accounts,) [units], >= 0.
        fees: What each had paid into the fund, shape (n_accounts,) [units], >= 0.
        top: How many of the largest receivers to add up.

    >>> moral_hazard([8, 2], [0, 1], top=1)
    MoralHazard(fee_payers_share=Fraction(1, 5), top_share=Fraction(4, 5), top=1)
    """
    whole = sum(payouts) or 1
    paid = sum(payout for payout, fee in zip(payouts, fees, strict=True) if fee > 0)
    largest = sum(sorted(payouts, reverse=True)[:top])
    return MoralHazard(Fraction(paid, whole), Fraction(largest, whole), top)
