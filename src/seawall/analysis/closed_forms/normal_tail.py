"""VaR and ES of a normal loss, and how exactly a plain simulation of n paths can know them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from seawall.analysis.normal import density, quantile
from seawall.analysis.ranges import require_in_range

__all__ = ["NormalTail", "normal_tail"]


@dataclass(frozen=True, slots=True)
class NormalTail:
    """Of a loss with mean 0 and variance 1.

    Attributes:
        var, es: Value at risk and expected shortfall [sd].
        se_var, se_es: Asymptotic standard errors of their estimates from n plain paths [sd].
    """

    var: float
    es: float
    se_var: float
    se_es: float


def normal_tail(q: float, n: int) -> NormalTail:
    """Return the figures at level q with n paths.

    s.e.(VaR) = sqrt(q (1 - q) / n) / f(VaR),
    s.e.(ES) = sqrt((Var(L | L > VaR) + q (ES - VaR)^2) / (n (1 - q))).

    Args:
        q: Level, above 0 and below 1 [1].
        n: Paths, >= 1.

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Serfling (1980), 2.3; Manistre and Hancock, Variance of the CTE estimator (2005).

    >>> tail = normal_tail(0.999, 10_000)
    >>> round(tail.es, 4), round(tail.se_es, 3)
    (3.3671, 0.12)
    """
    require_in_range(
        "normal_tail", [("q", q, "above 0 and below 1", 0 < q < 1), ("n", n, "at least 1", n >= 1)]
    )
    var = -quantile(1 - q)
    es = density(var) / (1 - q)
    beyond = 1 + var * es - es * es
    return NormalTail(
        var,
        es,
        sqrt(q * (1 - q) / n) / density(var),
        sqrt((beyond + q * (es - var) ** 2) / (n * (1 - q))),
    )
