"""European options: Black-76 on a forward, Black-Scholes on a spot; prices and sensitivities.

The price itself is the rule `seawall.rules.black_76`, in floats; here it is discounted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from seawall.analysis.ranges import require_in_range
from seawall.core.compiled import compile_rule
from seawall.core.units import WAD
from seawall.rules import black_76 as rules

__all__ = ["Options", "black_76", "black_scholes"]


@dataclass(frozen=True, slots=True)
class Options:
    """A call and a put of one strike and maturity.

    Attributes:
        call, put: Prices [money].
        delta_call, delta_put: Per unit of the forward or spot [1].
        gamma: Of both [1/money].
        vega: Of both, per unit of volatility [money].
        theta_call, theta_put: Change of the price per year that passes [money/year].
    """

    call: float
    put: float
    delta_call: float
    delta_put: float
    gamma: float
    vega: float
    theta_call: float
    theta_put: float


def black_76(forward: float, strike: float, vol: float, years: float, *, rate: float = 0.0) -> Options:
    """Return the options on a forward.

    Args:
        forward, strike: Above 0 [money].
        vol: Annual volatility, above 0 [1/sqrt(year)].
        years: To maturity, above 0 [year].
        rate: Continuously compounded [1/year].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Black, The pricing of commodity contracts (1976).

    >>> round(black_76(20, 20, 0.25, 4 / 12, rate=0.09).put, 6)
    1.116641
    """
    _check("black_76", "forward", forward, strike, vol, years)
    return _options(forward, strike, vol, years, rate, carry=0.0)


def black_scholes(spot: float, strike: float, vol: float, years: float, *, rate: float = 0.0) -> Options:
    """Return the options on a spot that pays nothing; arguments and errors as for `black_76`.

    Source: Black and Scholes, The pricing of options and corporate liabilities (1973).

    >>> round(black_scholes(42, 40, 0.2, 0.5, rate=0.1).call, 6)
    4.759422
    """
    _check("black_scholes", "spot", spot, strike, vol, years)
    return _options(spot, strike, vol, years, rate, carry=rate)


def _options(price: float, strike: float, vol: float, years: float, rate: float, carry: float) -> Options:
    # The rule of the engines, discounted: carry 0 is a forward, carry = rate a spot without income.
    forward, discount = price * exp(carry * years), exp(-rate * years)
    arguments = (forward, strike, vol * WAD, years * rules.YEAR_S)
    call, put = (compile_rule(rules.price)(*arguments, right) / WAD for right in (1, -1))
    slopes = [compile_rule(rules.sensitivities)(*arguments, right) for right in (1, -1)]
    deltas, gamma, vega = [each[0] / WAD for each in slopes], slopes[0][1] / WAD, slopes[0][2] / WAD
    grown = exp((carry - rate) * years)
    decay = discount * forward * vega * vol / (2 * years)
    thetas = [
        rate * discount * worth - carry * discount * forward * delta - decay
        for worth, delta in zip((call, put), deltas, strict=True)
    ]
    return Options(
        call=discount * call,
        put=discount * put,
        delta_call=grown * deltas[0],
        delta_put=grown * deltas[1],
        gamma=grown * gamma / price,
        vega=discount * forward * vega,
        theta_call=thetas[0],
        theta_put=thetas[1],
    )


def _check(where: str, name: str, price: float, strike: float, vol: float, years: float) -> None:
    require_in_range(
        where,
        [
            (name, price, "above 0", price > 0),
            ("strike", strike, "above 0", strike > 0),
            ("vol", vol, "above 0", vol > 0),
            ("years", years, "above 0", years > 0),
        ],
    )
