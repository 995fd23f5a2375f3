"""Margin by a grid of scenarios: how far volatility moves, and what the worst scenario asks for.

Gains are signed, + for the account; moves are parts [ppm], volatilities per square root of a year [wad].
What an account gains is rounded down and what it needs up, both against it.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, mul_div_up
from seawall.core.units import PPM, WAD
from seawall.rules.normal_law import exp, ln

__all__ = [
    "covered",
    "inverse_gain",
    "linear_gain",
    "moved_price",
    "needed",
    "option_gain",
    "term_factor",
    "vol_by_part",
    "vol_by_points",
]


def term_factor(seconds: int, term: int, power_ppm: int) -> int:
    """Return (term / time left)^power: short volatilities move more than long ones [wad].

    Args:
        seconds: Time left, above 0 [s].
        term: Time left at which a move is as it stands, above 0 [s].

    Source: Deribit, portfolio margin before 2022: (30 / days to expiry)^0.30.
    """
    return exp(mul_div_toward_zero(ln(mul_div_toward_zero(term, WAD, seconds)), power_ppm, PPM))


def vol_by_part(vol: int, move_ppm: int, factor: int) -> int:
    """Return a volatility moved by a part of itself times a factor, at least 0 [wad].

    Source: Deribit, portfolio margin before 2022 (volatility range).
    """
    return max(0, vol + mul_div_toward_zero(mul_div_toward_zero(vol, move_ppm, PPM), factor, WAD))


def vol_by_points(vol: int, move_ppm: int, factor: int) -> int:
    """Return a volatility moved by points times a factor, at least 0 [wad]; 10,000 ppm are one point.

    Source: CME, SPAN methodology (volatility scan range).
    """
    return max(0, vol + mul_div_toward_zero(move_ppm, factor, PPM))


def moved_price(price: int, move_ppm: int) -> int:
    """Return a price moved by a part of itself [price x ppm]; exact.

    Source: CME, SPAN methodology (price scan range).
    """
    return price * (PPM + move_ppm)


def linear_gain(quantity: int, mark: int, multiplier: int, move_ppm: int, unit: int) -> int:
    """Return what a linear position gains when its mark moves, q * m * p * move, rounded down.

    Args:
        quantity: Signed.
        multiplier: Value of one lot and tick.
        move_ppm: Part of the price.
        unit: Divides the product, above 0.

    Source: CME, SPAN methodology (scenario array of a future).
    """
    return mul_div_down(quantity * mark * multiplier, move_ppm, unit * PPM)


def inverse_gain(quantity: int, mark: int, multiplier: int, move_ppm: int) -> int:
    """Return what an inverse position gains in coins, q * m * (1 / p - 1 / p'), rounded down.

    One division: q * m * move / (p (1 + move)), for a move above -1.

    Source: docs/explanation/account-model.md, phi(p) = -1/p; BitMEX, inverse perpetual contracts.
    """
    return mul_div_down(quantity * multiplier, move_ppm, mark * (PPM + move_ppm))


def option_gain(quantity: int, worth: int, worth_moved: int, multiplier: int, unit: int) -> int:
    """Return what an option gains between two worths of one underlying, rounded down.

    Args:
        worth, worth_moved: By the model, now and in the scenario.
        unit: Divides the product, above 0.

    Source: CME, SPAN methodology (scenario array of an option).
    """
    return mul_div_down(quantity * multiplier, worth_moved - worth, unit)


def covered(gain: int, cover_ppm: int) -> int:
    """Return the part of a gain or loss that counts in an extreme scenario, rounded down.

    Source: CME, SPAN methodology (extreme scenarios 15 and 16, cover fraction).
    """
    return mul_div_down(gain, cover_ppm, PPM)


def needed(worst_gain: int, floor: int, added: int, maintenance_ppm: int) -> int:
    """Return what a group of offsetting positions must keep, rounded up.

    The worst loss or, where larger, the least that its short options need; then what is added whatever
    offsets; of all that the maintenance part.

    Args:
        worst_gain: Of the worst scenario; no loss is 0.
        floor, added: At least 0.

    Source: CME, SPAN methodology (scan risk, short option minimum); Dederi, portfolio margin (contingency).
    """
    return mul_div_up(max(0, -worst_gain, floor) + added, maintenance_ppm, PPM)
