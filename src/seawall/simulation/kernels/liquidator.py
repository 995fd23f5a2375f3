"""How much a liquidator repays: all that is offered if it pays, else the size that pays best, else nothing.

The gate: one unit of value repaid brings (1 + bonus * (1 - fee share)) / oracle price units of
collateral, which sell at the average price of the whole sale, after its own impact. Slippage is no loss of
the venue: where it eats the bonus, nobody acts and the exposure stands.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.impact import room, sell


@kernel
def profit_of(impact, asset, x, depth, units, fundamental, cost):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what is left of selling `units` [base currency] at a cost, both of the whole call.

    Args:
        impact, asset, x, depth: Market of the collateral, as of `kernels.impact.sell`.
        fundamental: Its fundamental price [base currency].
    """
    factor, _ = sell(impact, asset, x, units, depth)
    return units * fundamental * factor - cost


@kernel
def units_worth(impact, asset, x, depth, least):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many units sell for at least `least` each at the margin, after the fee.

    The price falls with what is sold, so at this size the profit of whoever pays `least` a unit is largest,
    in closed form for every kind of market. For a constant product pool of reserve R and fee f at x = 0 it
    is R * (sqrt((1 - f) / least) - 1) / (1 - f).

    Args:
        impact, asset, x, depth: Market, as of `kernels.impact.sell`.
        least: Relative to the fundamental price, > 0.
    """
    end = math.log((1.0 - impact.item[asset].fee) / least)
    return room(impact, asset, x, end, depth) if end > x else 0.0


@kernel
def best_part(impact, asset, x, depth, fundamental, units, cost, gas, most):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of a call is made, at most `most`, 0 for none.

    Args:
        impact, asset, x, depth: Market of the collateral, as of `kernels.impact.sell`.
        fundamental: Its fundamental price [base currency].
        units: What the whole call brings the liquidator, > 0.
        cost: What the whole call costs, least profit and premium included [base currency], > 0.
        gas: What any part of it costs [base currency].
        most: Part that the liquidator can pay for, > 0.
    """
    if profit_of(impact, asset, x, depth, most * units, fundamental, most * cost + gas) >= 0.0:
        return most
    best = units_worth(impact, asset, x, depth, cost / (units * fundamental)) / units
    if not 0.0 < best < most:
        return 0.0
    pays = profit_of(impact, asset, x, depth, best * units, fundamental, best * cost + gas) >= 0.0
    return best if pays else 0.0


@kernel
def best_repay(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    impact, asset, x, depth, fundamental, oracle, bonus, fee_share, want, cost_rate, gas
):  # fmt: skip
    """Return how much value a liquidator repays [base currency], 0 where nobody acts.

    Args:
        impact, asset, x, depth: Market of the collateral, as of `kernels.impact.sell`.
        fundamental: Its fundamental price [base currency].
        oracle: Its price at which the venue gives it away [base currency], > 0.
        bonus: Paid beyond the value repaid [1].
        fee_share: Part of the bonus that the venue keeps [1].
        want: Most that may be repaid: by the venue's rule, the collateral, the liquidator's purse.
        cost_rate: Cost per value repaid [1]: 1 + premium and least profit, times the market price of the
            debt over its oracle price.
        gas: Cost of the call [base currency].
    """
    if want <= 0.0:
        return 0.0
    units = want * (1.0 + bonus * (1.0 - fee_share)) / oracle
    return want * best_part(impact, asset, x, depth, fundamental, units, cost_rate * want, gas, 1.0)
