"""Inverse contracts: margined and settled in the coin that is being priced.

Units as in `seawall.rules.linear_perp`; the value of a position is in the settle coin.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down

__all__ = ["position_value"]


def position_value(quantity: int, mark: int, multiplier: int) -> int:
    """Return the signed value of a position at a price: -q * m / p, rounded down [settle coin].

    A long is a short of the coin's price in dollars: it is worth a negative amount of coin that
    shrinks as the price rises. Rounding is against the holder.

    Args:
        quantity: Signed contracts.
        mark: Price of the coin, > 0.
        multiplier: Dollars per contract, scaled so that the quotient has the wanted unit.

    Source: docs/explanation/account-model.md, phi(p) = -1/p; BitMEX, inverse perpetual contracts.
    """
    return mul_div_down(-quantity, multiplier, mark)
