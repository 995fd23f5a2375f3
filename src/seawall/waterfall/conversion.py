"""Cash held in another asset than the loss: sold at a named price, in two legs.

What a payer gives in its own asset goes to `external:conversion`, which gives the loss's
asset in return; the journal never nets two assets. The payer gives as few units as bring the
amount (rounded up), and what they bring beyond it is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.core.loss import Posting
from seawall.core.market import Basis
from seawall.core.parties import CONVERSION
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import BPS
from seawall.waterfall.layer import WaterfallState, surplus_of


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `held` brings: numerator / denominator units of `asset`, both > 0, exact.

    Attributes:
        held, asset: What is given, and what it is sold for; the same where nothing is to be sold.
        price_held, price_asset: The prices behind it [base currency, 10**-price_decimals], 0 when the same.
        haircut_bps: What was taken off the price of `held`; it stays with the buyer.
    """

    held: str
    asset: str
    numerator: int = 1
    denominator: int = 1
    price_held: int = 0
    price_asset: int = 0
    haircut_bps: int = 0

    @property
    def is_same(self) -> bool:
        """Whether nothing has to be sold."""
        return self.held == self.asset

    def brings_down(self, units: int) -> int:
        """Return what `units` of the held asset bring, rounded down [asset minor units]."""
        return mul_div_down(units, self.numerator, self.denominator)

    def needs_up(self, amount: int) -> int:
        """Return the fewest units of the held asset that bring at least `amount`."""
        return mul_div_up(amount, self.denominator, self.numerator)

    def inputs(self) -> dict[str, object]:
        """Return the conversion as inputs of a working, nothing where nothing is sold."""
        if self.is_same:
            return {}
        return {
            "held_asset": self.held,
            "price_held": self.price_held,
            "price_loss_asset": self.price_asset,
            "haircut_bps": self.haircut_bps,
        }


def rate_of(state: WaterfallState, held: str, asset: str, basis: Basis, haircut_bps: int) -> Rate | None:
    """Return the rate at which one asset is sold for another now; None where a price is missing or zero.

    rate = price_held * (1 - haircut) / price_asset, per whole unit, then per minor unit.

    Args:
        held: Asset given; "" stands for the asset of the loss.
        basis: Which price of the market both legs are valued at.
        haircut_bps: Taken off the price of `held` [bps].
    """
    if not held or held == asset:
        return Rate(asset, asset)
    price_held, price_asset = state.market.price(held, basis), state.market.price(asset, basis)
    if not price_held or not price_asset:
        return None
    decimals = {item.id: item.decimals for item in state.draft.book.assets}
    return Rate(
        held,
        asset,
        price_held * (BPS - haircut_bps) * 10 ** decimals[asset],
        price_asset * BPS * 10 ** decimals[held],
        price_held,
        price_asset,
        haircut_bps,
    )


def sell(
    payers: Sequence[tuple[str, int]], rate: Rate, receivers: Sequence[tuple[str, int]]
) -> tuple[Posting, ...]:
    """Return the postings by which payers give units of the held asset and receivers get the other.

    Args:
        payers: (account, units of `rate.held`).
        receivers: (account, amount of `rate.asset`); where nothing is sold both sides have one sum.
    """
    given = [Posting(name, rate.held, -units) for name, units in payers]
    got = [Posting(name, rate.asset, amount) for name, amount in receivers]
    if rate.is_same:
        return (*given, *got)
    return (
        *given,
        Posting(CONVERSION, rate.held, sum(units for _, units in payers)),
        Posting(CONVERSION, rate.asset, -sum(amount for _, amount in receivers)),
        *got,
    )


def residue(state: WaterfallState, asset: str, amount: int) -> list[tuple[str, int]]:
    """Return who receives what a sale brought beyond its purpose: a unit is dust, more is surplus.

    One unit of a coarse asset can bring many of a fine one; that is money, not rounding.
    """
    dust = min(amount, 1)
    return [(state.terms.dust_account, dust), (surplus_of(asset), amount - dust)]
