"""Bad debt of a book that hangs on one lognormal price: everything about its loss, exactly.

The loss sum max(0, debt_i - collateral_i exp(sd Z - sd^2 / 2)) falls as Z rises, so a quantile of it is
the loss at a quantile of Z, and every expectation is a sum of puts. Estimators are tested on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

from seawall.analysis.normal import cdf, quantile
from seawall.analysis.ranges import Ranged, require_in_range
from seawall.errors import InputError

__all__ = ["SingleFactorLoss", "single_factor_loss"]


@dataclass(frozen=True, slots=True)
class SingleFactorLoss:
    """The loss at level q.

    Attributes:
        prob_any: Probability of any bad debt [1].
        expected: Expected loss [money].
        var, es: Value at risk and expected shortfall [money].
    """

    prob_any: float
    expected: float
    var: float
    es: float


def single_factor_loss(
    debt: Sequence[float], collateral: Sequence[float], sd: float, q: float
) -> SingleFactorLoss:
    """Return prob_any, expected loss, VaR and ES of the book.

    Args:
        debt: Owed by each account, shape (n_accounts,), > 0 [money].
        collateral: Value now of what secures it, after the bonus, shape (n_accounts,), > 0 [money].
        sd: Standard deviation of the log price over the horizon, > 0 [1]; the price has no drift.
        q: Level, above 0 and below 1 [1].

    Raises:
        InputError: A parameter is out of its range, or the columns differ in length; all are told.

    >>> round(single_factor_loss([80.0], [100.0], 0.09, 0.999).var, 6)
    4.585522
    """
    if len(debt) != len(collateral) or not debt:
        raise InputError(f"expected as many debts as collaterals, got {len(debt)} and {len(collateral)}")
    ranged: list[Ranged] = [
        ("sd", sd, "above 0", sd > 0),
        ("q", q, "above 0 and below 1", 0 < q < 1),
        ("least debt", min(debt), "above 0", min(debt) > 0),
        ("least collateral", min(collateral), "above 0", min(collateral) > 0),
    ]
    require_in_range("single_factor_loss", ranged)
    rows = [(owed, held, log(owed / held) / sd + sd / 2) for owed, held in zip(debt, collateral, strict=True)]
    state = quantile(1 - q)
    price = exp(sd * state - sd * sd / 2)
    return SingleFactorLoss(
        prob_any=max(cdf(edge) for _, _, edge in rows),
        expected=_lost_below(rows, sd, inf),
        var=sum(max(0.0, owed - held * price) for owed, held, _ in rows),
        es=_lost_below(rows, sd, state) / (1 - q),
    )


def _lost_below(rows: Sequence[tuple[float, float, float]], sd: float, state: float) -> float:
    # E[loss; Z < state]: an account loses only below its own edge.
    edges = [min(edge, state) for _, _, edge in rows]
    return sum(
        owed * cdf(edge) - held * cdf(edge - sd) for (owed, held, _), edge in zip(rows, edges, strict=True)
    )
