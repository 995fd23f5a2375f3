"""Credit portfolios in closed form: Vasicek's worst case, the Basel formula, expected credit losses."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from seawall.analysis.normal import cdf, quantile
from seawall.analysis.ranges import Ranged, require_in_range

__all__ = ["BaselWeight", "CreditLoss", "basel_corporate", "expected_credit_loss", "worst_default_rate"]


def worst_default_rate(pd: float, rho: float, q: float) -> float:
    """Return the part of a large homogeneous pool that fails in the state reached with probability 1 - q.

    Phi((Phi^-1(pd) + sqrt(rho) Phi^-1(q)) / sqrt(1 - rho)).

    Args:
        pd: Probability that one debt fails, above 0 and below 1 [1].
        rho: Asset correlation, at least 0 and below 1 [1].
        q: Confidence, above 0 and below 1 [1].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Vasicek, Loan Portfolio Value, Risk (December 2002).

    >>> round(worst_default_rate(0.02, 0.1, 0.999), 6)
    0.128237
    """
    require_in_range(
        "worst_default_rate",
        [
            ("pd", pd, "above 0 and below 1", 0 < pd < 1),
            ("rho", rho, "at least 0 and below 1", 0 <= rho < 1),
            ("q", q, "above 0 and below 1", 0 < q < 1),
        ],
    )
    return cdf((quantile(pd) + sqrt(rho) * quantile(q)) / sqrt(1 - rho))


@dataclass(frozen=True, slots=True)
class BaselWeight:
    """What a bank would hold against a corporate debt.

    Attributes:
        correlation: Asset correlation R [1].
        maturity_slope: Maturity adjustment b [1].
        capital: K [of the exposure].
        risk_weight: 12.5 K [of the exposure].
    """

    correlation: float
    maturity_slope: float
    capital: float
    risk_weight: float


def basel_corporate(pd: float, lgd: float, maturity_years: float) -> BaselWeight:
    """Return the internal-ratings weight of a corporate exposure at 99.9 %, without the 1.06 of 2004.

    A yardstick: the capital that a known regulation would ask for the same PD and LGD.

    Args:
        pd: One-year probability of default, above 0 and below 1 [1].
        lgd: Loss given default, at least 0 and at most 1 [1].
        maturity_years: Effective maturity, at least 1 [year].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Basel II (June 2006), paragraph 272.

    >>> round(basel_corporate(0.01, 0.45, 2.5).risk_weight, 4)
    0.9232
    """
    ranged: list[Ranged] = [
        ("pd", pd, "above 0 and below 1", 0 < pd < 1),
        ("lgd", lgd, "at least 0 and at most 1", 0 <= lgd <= 1),
        ("maturity_years", maturity_years, "at least 1", maturity_years >= 1),
    ]
    require_in_range("basel_corporate", ranged)
    near = (1 - exp(-50 * pd)) / (1 - exp(-50))
    correlation = 0.12 * near + 0.24 * (1 - near)
    slope = (0.11852 - 0.05478 * log(pd)) ** 2
    unexpected = lgd * (worst_default_rate(pd, correlation, 0.999) - pd)
    capital = unexpected * (1 + (maturity_years - 2.5) * slope) / (1 - 1.5 * slope)
    return BaselWeight(correlation, slope, capital, 12.5 * capital)


@dataclass(frozen=True, slots=True)
class CreditLoss:
    """Expected credit loss.

    Attributes:
        first_year: Of defaults within twelve months [of the exposure's unit].
        lifetime: Of all defaults until maturity [of the exposure's unit].
    """

    first_year: float
    lifetime: float


def expected_credit_loss(pd: float, lgd: float, exposure: float, rate: float, years: int) -> CreditLoss:
    """Return the discounted expected loss of a debt with a constant yearly PD.

    Sum over t of (1 - pd)^(t-1) pd lgd exposure / (1 + rate)^t; a default is paid at the year's end.

    Args:
        pd: Probability of default within a year, given none before, 0 to 1 [1].
        lgd: Loss given default, 0 to 1 [1].
        exposure: Owed at default, >= 0 [any money].
        rate: Effective interest rate, above -1 [1/year].
        years: Until maturity, >= 1 [year].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: IFRS 9, 5.5 and B5.5.28 to B5.5.44.

    >>> round(expected_credit_loss(0.02, 0.4, 100, 0.1, 3).lifetime, 6)
    1.952457
    """
    require_in_range(
        "expected_credit_loss",
        [
            ("pd", pd, "at least 0 and at most 1", 0 <= pd <= 1),
            ("lgd", lgd, "at least 0 and at most 1", 0 <= lgd <= 1),
            ("exposure", exposure, "at least 0", exposure >= 0),
            ("rate", rate, "above -1", rate > -1),
            ("years", years, "at least 1", years >= 1),
        ],
    )
    each = [pd * (1 - pd) ** year * lgd * exposure / (1 + rate) ** (year + 1) for year in range(years)]
    return CreditLoss(each[0], sum(each))
