"""Mango v4: negative pnl settled, bought out by the insurance fund or shared out; borrows without collateral.

Units: all amounts, prices, weights and fees are fixed point: `ONE` is 1. A weighted price is price *
weight. Products round down and quotients toward zero, as in the program. It counts in 2^-48, in which
no decimal weight is exact; here the last place is 10^-18, so that a weight of 0.9 is 0.9.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, mul_div_up
from seawall.core.units import WAD

ONE = WAD

__all__ = [
    "ONE",
    "amount_to_health_zero",
    "balance_health",
    "charge_per_contract",
    "insurance_payment",
    "liability_bought",
    "liability_repaid",
    "settleable",
]


def balance_health(balance: int, asset_price: int, liability_price: int) -> int:
    """Return what a balance adds to health: at the asset's weighted price, a borrow at the liability's.

    Source: Mango v4, health/cache.rs `TokenInfo::health_contribution`.
    """
    if balance < 0:
        return mul_div_down(balance, liability_price, ONE)
    return mul_div_down(balance, asset_price, ONE)


def settleable(health: int, balance: int, asset_price: int, liability_price: int) -> int:
    """Return how much of a token an account can lose, by borrowing it too, until health is 0.

    Negative pnl may be settled against so much: `health` is that without the negative pnl.

    Args:
        health: Health of the account; nothing is settleable at 0 or below.
        balance: Of the settle token, signed.
        asset_price, liability_price: Weighted prices of the settle token.

    Source: Mango v4, health/cache.rs `spot_amount_taken_without_breaking_zero_health`.
    """
    if health <= 0:
        return 0
    held = max(balance, 0)
    if held > 0 and asset_price > 0:
        most = mul_div_toward_zero(health, ONE, asset_price)
        if most <= held:
            return most
    left = health - mul_div_down(held, asset_price, ONE)
    if left > 0 and liability_price > 0:
        return held + mul_div_toward_zero(left, ONE, liability_price)
    return held


def amount_to_health_zero(health: int, balance: int, asset_price: int, liability_price: int) -> int:
    """Return how much of a token an account must be given until health is 0.

    What is missing is first cheap and then dear: up to a balance of 0 each unit lifts health by the
    liability's weighted price, beyond it by the asset's, which is lower.

    Args:
        health: Health of the account; nothing is needed at 0 or above.
        balance: Of the settle token and pnl in it together, signed.
        asset_price, liability_price: Weighted prices of the settle token, > 0.

    Source: Mango v4, health/cache.rs `spot_amount_given_for_health_zero`.
    """
    if health >= 0:
        return 0
    owed = max(-balance, 0)
    most = mul_div_toward_zero(-health, ONE, liability_price)
    if most <= owed:
        return most
    left = health + mul_div_down(owed, liability_price, ONE)
    return owed + mul_div_toward_zero(-left, ONE, asset_price)


def insurance_payment(liability: int, price: int, fee: int, insurance_price: int, vault: int) -> int:
    """Return what the insurance fund pays a liquidator for taking a liability over [whole token units].

    ceil(liability * price * (1 + fee) / insurance price), at most the vault. Losses are shared out only
    where that is all the vault holds.

    Args:
        liability: Taken over [settle token].
        price: Of the settle token, without weight.
        fee: Liquidation fee.
        insurance_price: Of the insurance token.
        vault: Insurance fund [whole token units], >= 0.

    Source: Mango v4, instructions/perp_liq_negative_pnl_or_bankruptcy.rs `liquidation_action`.
    """
    with_fee = mul_div_down(price, ONE + fee, ONE)
    value = mul_div_down(liability, with_fee, ONE)
    return min(vault, mul_div_up(mul_div_toward_zero(value, ONE, insurance_price), 1, ONE))


def liability_bought(payment: int, liability: int, price: int, fee: int, insurance_price: int) -> int:
    """Return what a payment of the insurance fund takes over of a liability [settle token].

    payment * insurance price / (price * (1 + fee)), at most the liability: rounding the payment up is
    the liquidator's gain.

    Args:
        payment: [whole token units of the insurance token].
        liability, price, fee, insurance_price: As for `insurance_payment`.

    Source: Mango v4, instructions/perp_liq_negative_pnl_or_bankruptcy.rs `liquidation_action`.
    """
    with_fee = mul_div_down(price, ONE + fee, ONE)
    return min(liability, mul_div_toward_zero(payment * insurance_price, ONE, with_fee))


def charge_per_contract(loss: int, open_interest: int) -> int:
    """Return what each contract pays of a loss, long and short alike; 0 where there is none to pay.

    Then nobody is charged, and who uses this must book the loss.

    Args:
        loss: To share out [settle token], >= 0.
        open_interest: Contracts, those of longs and of shorts added.

    Source: Mango v4, state/perp_market.rs `socialize_loss`.
    """
    if open_interest == 0:
        return 0
    return mul_div_toward_zero(loss, 1, open_interest)


def liability_repaid(
    collateral: int, collateral_price: int, liability: int, liability_price: int, fee_factor: int
) -> int:
    """Return what seizing all of a collateral repays of a borrow, at most the borrow.

    collateral * its price / (liability price * fee factor): the fees of both tokens are the liquidator's.

    Args:
        collateral, liability: Balances, >= 0.
        collateral_price, liability_price: Oracle prices, without weights.
        fee_factor: (1 + asset's liquidation fee) * (1 + liability's).

    Source: Mango v4, instructions/token_liq_with_token.rs `liquidation_action`.
    """
    value = mul_div_down(collateral, collateral_price, ONE)
    with_fee = mul_div_down(liability_price, fee_factor, ONE)
    return min(liability, mul_div_toward_zero(value, ONE, with_fee))
