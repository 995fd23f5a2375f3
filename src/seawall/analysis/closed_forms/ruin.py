"""Whether a fund that earns a premium and pays exponential claims is ever empty."""

from __future__ import annotations

from math import exp, log

from seawall.analysis.ranges import require_in_range

__all__ = ["fund_for_ruin", "ruin_probability"]


def ruin_probability(fund: float, rate: float, mean_claim: float, premium: float) -> float:
    """Return the probability that a fund is ever below zero.

    Claims come as a Poisson process, each exponential, and the premium flows in steadily:
    exp(-loading fund / (mean (1 + loading))) / (1 + loading), with premium = (1 + loading) rate mean.

    Args:
        fund: What it starts with, >= 0 [money].
        rate: Claims per unit of time, > 0 [1/time].
        mean_claim: Mean size of a claim, > 0 [money].
        premium: Income per unit of time, >= 0 [money/time].

    Returns:
        Probability [1]; 1 where the premium does not exceed the expected claims.

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Cramer-Lundberg; Asmussen and Albrecher, Ruin Probabilities (2010), III.1.

    >>> round(ruin_probability(10, 1, 1, 1.2), 6)
    0.157396
    """
    _check("ruin_probability", rate, mean_claim, premium)
    require_in_range("ruin_probability", [("fund", fund, "at least 0", fund >= 0)])
    loading = premium / (rate * mean_claim) - 1
    if loading <= 0:
        return 1.0
    return exp(-loading * fund / (mean_claim * (1 + loading))) / (1 + loading)


def fund_for_ruin(probability: float, rate: float, mean_claim: float, premium: float) -> float:
    """Return the smallest fund whose probability of ever being empty is at most `probability` [money].

    Args:
        probability: Accepted, above 0 and at most 1 [1].
        rate, mean_claim, premium: As for `ruin_probability`; the premium above the expected claims.

    Raises:
        InputError: A parameter is out of its range; all are told.

    >>> round(fund_for_ruin(0.001, 1, 1, 1.2), 6)
    40.352602
    """
    _check("fund_for_ruin", rate, mean_claim, premium)
    require_in_range(
        "fund_for_ruin",
        [
            ("probability", probability, "above 0 and at most 1", 0 < probability <= 1),
            (
                "premium",
                premium,
                f"above the expected claims, {rate * mean_claim}",
                premium > rate * mean_claim,
            ),
        ],
    )
    loading = premium / (rate * mean_claim) - 1
    return max(0.0, mean_claim * (1 + loading) / loading * log(1 / ((1 + loading) * probability)))


def _check(where: str, rate: float, mean_claim: float, premium: float) -> None:
    require_in_range(
        where,
        [
            ("rate", rate, "above 0", rate > 0),
            ("mean_claim", mean_claim, "above 0", mean_claim > 0),
            ("premium", premium, "at least 0", premium >= 0),
        ],
    )
