"""Drift v2: size-dependent weights, and liquidations that stop at a buffer, losses that both sides pay.

Units: base 1e-9, quote and price 1e-6, weights and margin ratios bps (1e-4), fees and imf factor
1e-6. The program works on unsigned integers, so every division rounds down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up, sqrt_down

BPS = 10**4
BASE = 10**9
FEE = 10**6
PRICE = 10**6
FEE_PER_BPS = 100
ROOT = 10**5  # of a size of one base, as the program takes it: sqrt(10 * 1e9)
QUOTE = 10**6
TENTHS = 10**5  # tenths of a bp in one
FUNDING_PER_QUOTE = 10**3
UNLIMITED = 2**64 - 1  # u64::MAX, which the program means as: close all
UNLIMITED_TRANSFER = 2**128 - 1  # u128::MAX, likewise

__all__ = [
    "UNLIMITED",
    "UNLIMITED_TRANSFER",
    "asset_weight_bps",
    "base_to_cover",
    "base_value",
    "deposit_index_fall",
    "fund_fee",
    "fund_payment",
    "funding_payment",
    "funding_to_socialise",
    "liability_to_cover",
    "liability_weight_bps",
    "liquidator_value",
    "requirement_with_buffer",
]


def asset_weight_bps(size: int, imf_factor: int, weight_bps: int) -> int:
    """Return the weight of a deposit, discounted for size, rounded down [bps].

    min(w, 1.1 / (1 + imf * sqrt(size))).

    Source: Drift v2, math/margin.rs `calculate_size_discount_asset_weight`.
    """
    if imf_factor == 0:
        return weight_bps
    growth = mul_div_down(sqrt_down(size * 10 + 1), imf_factor, ROOT)
    return min(weight_bps, mul_div_down(FEE + 100_000, BPS, FEE + growth))


def liability_weight_bps(size: int, imf_factor: int, weight_bps: int) -> int:
    """Return the weight of a borrow or the margin ratio of a perp, raised for size, rounded down [bps].

    max(w, 4/5 w + imf * sqrt(size)), the fifth of w rounded down before it is taken off.

    Source: Drift v2, math/margin.rs `calculate_size_premium_liability_weight`.
    """
    if imf_factor == 0:
        return weight_bps
    growth = mul_div_down(sqrt_down(size * 10 + 1), imf_factor * BPS, ROOT * FEE)
    return max(weight_bps, weight_bps - mul_div_down(weight_bps, 1, 5) + growth)


def base_value(base: int, price: int) -> int:
    """Return the size of a position at a price, rounded down [quote].

    Source: Drift v2, math/position.rs `calculate_base_asset_value_with_oracle_price`.
    """
    return mul_div_down(max(base, -base), price, BASE)


def requirement_with_buffer(value: int, ratio_bps: int, buffer_bps: int) -> int:
    """Return the maintenance requirement a liquidation must restore, each part rounded down [quote].

    Source: Drift v2, state/margin_calculation.rs (margin requirement plus buffer).
    """
    return mul_div_down(value, ratio_bps, BPS) + mul_div_down(value, buffer_bps, BPS)


def base_to_cover(
    shortage: int, ratio_bps: int, liquidator_fee: int, fund_fee: int, price: int, quote_price: int
) -> int:
    """Return the base to close so that a shortage is made up, rounded down [base].

    shortage / (p * (ratio - liquidator fee) - p * fund fee), p the oracle price in quote tokens.
    `UNLIMITED` where closing cannot make it up.

    Args:
        shortage: Requirement with buffer less collateral [quote], >= 0.
        ratio_bps: Margin ratio with buffer [bps].
        liquidator_fee: Discount to the liquidator [1e-6].
        fund_fee: Fee to the insurance fund [1e-6].
        price: Oracle price [1e-6].
        quote_price: Price of the quote token [1e-6].

    Source: Drift v2, math/liquidation.rs `calculate_base_asset_amount_to_cover_margin_shortage`.
    """
    left = ratio_bps * FEE_PER_BPS - liquidator_fee
    quoted = mul_div_down(price, quote_price, PRICE)
    gain = mul_div_down(quoted, left, FEE) - mul_div_down(quoted, fund_fee, FEE)
    if gain <= 0:
        return UNLIMITED
    return mul_div_down(shortage, BASE, gain)


def fund_fee(
    shortage: int,
    base: int,
    ratio_bps: int,
    liquidator_fee: int,
    price: int,
    quote_price: int,
    fund_fee_max: int,
) -> int:
    """Return the fee that goes to the insurance fund, rounded down [1e-6].

    min(max, 95 % of (ratio - liquidator fee - shortage / value)): what can be charged without
    making the rest of the position insolvent; nothing for the deeply insolvent. Arguments as in
    `base_to_cover`; `base` is the whole position.

    Source: Drift v2, math/liquidation.rs `calculate_perp_if_fee`.
    """
    left = ratio_bps * FEE_PER_BPS - liquidator_fee
    quoted = mul_div_down(price, quote_price, PRICE)
    if quoted == 0 or base == 0:
        return 0
    per_base = mul_div_down(shortage, BASE, max(base, -base))
    implied = max(left - mul_div_down(per_base, PRICE, quoted), 0)
    return min(fund_fee_max, mul_div_down(implied, 19, 20))


def liquidator_value(base: int, price: int, liquidator_fee: int) -> int:
    """Return what the account receives for the base a liquidator takes over, signed [quote].

    A long is sold below the oracle price, a short bought back above it: value * (1 -+ fee), rounded
    down in size.

    Source: Drift v2, controller/liquidation.rs `liquidate_perp`.
    """
    if base > 0:
        return mul_div_down(base_value(base, price), FEE - liquidator_fee, FEE)
    return -mul_div_down(base_value(base, price), FEE + liquidator_fee, FEE)


def liability_to_cover(
    shortage: int,
    asset_weight_bps: int,
    asset_multiplier: int,
    liability_weight_bps: int,
    liability_multiplier: int,
    liability_unit: int,
    liability_price: int,
    fund_fee: int,
) -> int:
    """Return the borrow to transfer so that a shortage is made up, rounded down, at least 1 [token units].

    shortage / (p * (lw - aw * am / lm) - p * fund fee * lw), weights carried at a tenth of a bp.
    `UNLIMITED_TRANSFER` where transferring cannot make it up.

    Args:
        shortage: Requirement with buffer less collateral [quote], >= 0.
        asset_weight_bps, liability_weight_bps: Maintenance weights [bps].
        asset_multiplier, liability_multiplier: Liquidation multipliers [1e-6].
        liability_unit: Smallest units in one whole token borrowed, 10^decimals.
        liability_price: Its oracle price [1e-6].
        fund_fee: Fee to the insurance fund [1e-6].

    Source: Drift v2, math/liquidation.rs `calculate_liability_transfer_to_cover_margin_shortage`.
    """
    asset = mul_div_down(asset_weight_bps * 10, asset_multiplier, liability_multiplier)
    liability = liability_weight_bps * 10
    fee = mul_div_down(liability_price, fund_fee, FEE) * liability
    gain = liability_price * (liability - asset) - fee
    if asset_weight_bps >= liability_weight_bps or gain <= 0:
        return UNLIMITED_TRANSFER
    scaled = mul_div_down(shortage * PRICE, TENTHS * liability_unit, gain)
    return max(1, mul_div_down(scaled, 1, QUOTE))


def fund_payment(loss: int, vault: int) -> int:
    """Return what the insurance fund pays towards a loss: all but its last unit [quote or token units].

    Source: Drift v2, controller/liquidation.rs `resolve_perp_bankruptcy`, `resolve_spot_bankruptcy`.
    """
    return min(loss, max(0, vault - 1))


def funding_to_socialise(loss: int, base_long: int, base_short: int) -> int:
    """Return the rise of the cumulative funding rates by which both sides pay a loss, rounded up.

    ceil(loss * 1e9 / (|long| + |short|)) in quote per base, times 1e3: longs pay it by a higher index,
    shorts by a lower one. Rounding up collects too much, never too little.

    Args:
        loss: To spread [quote], >= 0.
        base_long, base_short: Open base of each side, signed; not both 0: with nobody to pay,
            the program refuses.

    Returns:
        The rise [1e-9 quote per base].

    Source: Drift v2, math/liquidation.rs `calculate_funding_rate_deltas_to_resolve_bankruptcy`.
    """
    open_base = max(base_long, -base_long) + max(base_short, -base_short)
    return mul_div_up(loss, BASE, open_base) * FUNDING_PER_QUOTE


def funding_payment(base: int, funding: int) -> int:
    """Return what a position pays when its side's cumulative funding moves against it, rounded down [quote].

    Source: Drift v2, math/funding.rs `calculate_funding_payment`.
    """
    return mul_div_down(max(base, -base), funding, BASE * FUNDING_PER_QUOTE)


def deposit_index_fall(borrow: int, deposits: int, index: int) -> int:
    """Return by how much the deposit index falls so that depositors bear a borrow, rounded up.

    index * borrow / deposits; 0 where there are no deposits: the program then drops the loss, and who
    uses this must book it.

    Args:
        borrow, deposits: Balances [token units].
        index: Cumulative deposit interest now [any one unit].

    Source: Drift v2, math/liquidation.rs `calculate_cumulative_deposit_interest_delta_to_resolve_bankruptcy`.
    """
    if deposits == 0:
        return 0
    return mul_div_up(index, borrow, deposits)
