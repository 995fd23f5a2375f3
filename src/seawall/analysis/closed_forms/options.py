"""European options: Black-76 on a forward, Black-Scholes on a spot; prices and sensitivities."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from seawall.analysis.normal import cdf, density
from seawall.analysis.ranges import require_in_range

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
    # The generalised formula: carry 0 is a forward, carry = rate a spot without income.
    sd = vol * sqrt(years)
    d1 = (log(price / strike) + carry * years) / sd + sd / 2
    d2 = d1 - sd
    grown, discount = exp((carry - rate) * years), exp(-rate * years)
    call = price * grown * cdf(d1) - strike * discount * cdf(d2)
    put = strike * discount * cdf(-d2) - price * grown * cdf(-d1)
    decay = -price * grown * density(d1) * vol / (2 * sqrt(years))
    held = (carry - rate) * price * grown
    owed = rate * strike * discount
    return Options(
        call=call,
        put=put,
        delta_call=grown * cdf(d1),
        delta_put=-grown * cdf(-d1),
        gamma=grown * density(d1) / (price * sd),
        vega=price * grown * density(d1) * sqrt(years),
        theta_call=decay - held * cdf(d1) - owed * cdf(d2),
        theta_put=decay + held * cdf(-d1) + owed * cdf(-d2),
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
