"""The mean of a put on a simulated price, where it is known: a control variate for losses in falls.

A put pays max(0, strike - price at the end / price at the start). Under `gbm` prices are lognormal, under
`merton` a mixture of lognormals over the numbers of own and common jumps; shocks move them by a known
factor. For other models no closed form is at hand, and they are refused.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.closed_forms.delay_put import loss_from_cover
from seawall.errors import InputError
from seawall.simulation.aim import Aim
from seawall.simulation.paths import YEAR_S, Gbm, Merton, MertonJumps, Pegged, PriceModel, Shocked
from seawall.simulation.scenario import Scenario

__all__ = ["put_mean", "put_payoffs"]

_NEGLIGIBLE = 1e-17

Floats = NDArray[np.float64]


def put_payoffs(
    scenario: Scenario, market: str, strike: float, *, first: int, count: int, aim: Aim | None = None
) -> Floats:
    """Return what a put on the fundamental price pays, shape (count,) [of the price at the start].

    Args:
        market: Name of the market.
        strike: As a part of the price at the start [1].
        first: Number of the first path.
        count: How many.
        aim: Of the paths, if they were aimed; each is then counted by its weight.
    """
    column = scenario.drivers.index(market)
    if aim is None:
        ends = scenario.moves(first, count)[:, -1, column]
        return np.maximum(0.0, strike - np.exp(ends))
    aimed = aim.paths(scenario.run.seed, first, count)
    ends = scenario.moves(first, count, chosen=aimed.chosen)[:, -1, column]
    return np.maximum(0.0, strike - np.exp(ends)) * aimed.weights


def put_mean(scenario: Scenario, market: str, strike: float) -> float:
    """Return the exact mean of `put_payoffs` [of the start price].

    Args:
        market: Name of the market.
        strike: As a part of the price at the start, above 0 [1].

    Raises:
        InputError: No closed form is known for the model of this price (`no_closed_form`).

    Source: Black and Scholes (1973); Merton, Option pricing when underlying stock returns are discontinuous
        (1976).

    >>> scenario = Scenario.build({
    ...     "run": {"horizon_s": 86_400, "step_s": 3600},
    ...     "prices": {"kind": "gbm", "assets": {"ETH": {"vol": 0.9}}},
    ...     "markets": {"ETH": {}},
    ... })
    >>> f"{put_mean(scenario, 'ETH', 0.9):.6e}"
    '1.966709e-04'
    """
    run = scenario.run
    horizon = run.horizon_s / YEAR_S
    shift = 1.0
    if scenario.shocks:
        still = scenario.model_copy(update={"shocks": ()})
        shift = exp(float((scenario.moves(0, 1) - still.moves(0, 1))[0, -1, scenario.drivers.index(market)]))
    model, known = _model_of(scenario.prices, market, run.n_steps, float(run.step_s))
    shift *= known
    own = model.assets[market]
    laws: list[tuple[MertonJumps, float]] = []
    if isinstance(model, Merton):
        laws = [(law, 1.0) for name, law in model.jumps.items() if name == market]
        laws += [(model.common, own.jump_beta)] if model.common else []
    drift = own.mu - sum(law.rate_per_year * law.growth(beta) for law, beta in laws)
    total = 0.0
    for chance, log_mean, variance in _jump_numbers(laws, horizon):
        sd = sqrt(own.vol**2 * horizon + variance)
        cover = shift / strike * exp(drift * horizon + log_mean + variance / 2)
        total += chance * strike * loss_from_cover(cover, sd).lgd
    return total


def _jump_numbers(laws: list[tuple[MertonJumps, float]], horizon: float) -> list[tuple[float, float, float]]:
    # (Chance, mean and variance of the log) of every number of jumps that matters, sources together.
    found = [(1.0, 0.0, 0.0)]
    for law, beta in laws:
        expected = law.rate_per_year * horizon
        numbers, chance, number = [], exp(-expected), 0
        while number <= expected or chance > _NEGLIGIBLE:
            numbers.append((chance, number * beta * law.mean, number * (beta * law.sd) ** 2))
            number += 1
            chance *= expected / number
        found = [(p * q, m + n, v + w) for p, m, v in found for q, n, w in numbers if p * q > _NEGLIGIBLE]
    return found


def _model_of(prices: PriceModel, market: str, n_steps: int, step_s: float) -> tuple[Gbm | Merton, float]:
    # The model that draws this price, and the factor by which shocks within the model move its end.
    known, model = 1.0, prices
    if isinstance(model, Shocked):
        for shock in model.shocks:
            if market in shock.moves:
                known *= (1 + shock.moves[market]) ** float(shock.course(n_steps, step_s)[-1])
        model = model.base
    if isinstance(model, Pegged) and market not in model.pegs:
        model = model.base
    if not isinstance(model, Gbm | Merton):
        message = (
            f"the mean of a put on {market} is not known in closed form where prices are {model.kind}: take a"
            " market of gbm or merton, or leave the control out"
        )
        raise InputError(message, code="no_closed_form")
    return model, known
