"""Venus isolated pools: claims that hold bad debt, accounts that are healed, an auction of the risk fund.

Mantissas [wad]: factors, prices of one smallest unit, exchange rates (underlying per token), rates per
second. Every division rounds down, as the contracts truncate. Interest, the rate's kink, the close factor
and the tokens seized are those of `seawall.rules.compound_v2`.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD

__all__ = [
    "beats",
    "claims",
    "collateral_to_seize",
    "debt_now",
    "debt_plus_incentive",
    "exchange_rate",
    "fund_seized",
    "healed_part",
    "healed_repayment",
    "is_fund_larger",
    "is_stale",
    "is_won",
    "minted_tokens",
    "part_of",
    "per_second",
    "protocol_tokens",
    "redeemed_amount",
    "redeemed_tokens",
    "reserves_after",
    "start_bid_bps",
    "token_price",
    "utilisation",
    "value",
    "weighted_price",
]

YEAR_S = 365 * 86_400


def per_second(rate_per_year: int) -> int:
    """Return a yearly rate per second [wad].

    Source: @venusprotocol/isolated-pools 4.4.0, JumpRateModelV2.sol `_updateJumpRateModel`.
    """
    return mul_div_down(rate_per_year, 1, YEAR_S)


def claims(cash: int, borrows: int, bad_debt: int, reserves: int) -> int:
    """Return what all tokens of a market stand for: its bad debt still counts in full.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_exchangeRateStored`.
    """
    return cash + borrows + bad_debt - reserves


def exchange_rate(claims: int, tokens: int) -> int:
    """Return underlying per token [wad].

    Args:
        claims: What all tokens stand for.
        tokens: All tokens, > 0.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_exchangeRateStored`.
    """
    return mul_div_down(claims, WAD, tokens)


def utilisation(lent: int, claims: int) -> int:
    """Return the part of a market that is lent out or lost, at most a wad.

    Args:
        lent: Debt and bad debt.
        claims: What all tokens stand for; > 0 where anything is lent.

    Source: @venusprotocol/isolated-pools 4.4.0, JumpRateModelV2.sol `utilizationRate`.
    """
    return min(WAD, mul_div_down(lent, WAD, claims)) if lent else 0


def reserves_after(reserves: int, interest: int, factor: int) -> int:
    """Return reserves with their part of the interest.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `accrueInterest`.
    """
    return reserves + mul_div_down(interest, factor, WAD)


def debt_now(principal: int, index: int, index_then: int) -> int:
    """Return a debt with interest since its index was noted, > 0.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_borrowBalanceStored`.
    """
    return mul_div_down(principal, index, index_then)


def minted_tokens(amount: int, rate: int) -> int:
    """Return the tokens that a supply is given.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_mintFresh`.
    """
    return mul_div_down(amount, WAD, rate)


def redeemed_amount(tokens: int, rate: int) -> int:
    """Return the underlying that tokens are paid out as.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_redeemFresh`.
    """
    return mul_div_down(tokens, rate, WAD)


def redeemed_tokens(amount: int, rate: int) -> int:
    """Return the tokens that an amount of underlying costs.

    One more where they would not pay it in full; but none where the tokens below it are worth nothing.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_redeemFresh`.
    """
    tokens = mul_div_down(amount, WAD, rate)
    worth = redeemed_amount(tokens, rate)
    return tokens + 1 if worth != 0 and worth != amount else tokens


def value(price: int, amount: int) -> int:
    """Return what an amount, of tokens or of underlying, is worth at the price of one.

    Source: @venusprotocol/isolated-pools 4.4.0, ExponentialNoError.sol `mul_ScalarTruncate`.
    """
    return mul_div_down(price, amount, WAD)


def token_price(rate: int, price: int) -> int:
    """Return what one token is worth.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `_getHypotheticalLiquiditySnapshot`.
    """
    return mul_div_down(rate, price, WAD)


def weighted_price(token_price: int, factor: int) -> int:
    """Return what one token counts as where it secures debt: by collateral factor or liquidation threshold.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `_getHypotheticalLiquiditySnapshot`.
    """
    return mul_div_down(factor, token_price, WAD)


def protocol_tokens(seized: int, share: int, incentive: int) -> int:
    """Return the tokens of a seizure that the protocol keeps: its share of what was repaid, not of the whole.

    Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol `_seize`.
    """
    return mul_div_down(mul_div_down(seized, share, WAD), WAD, incentive)


def collateral_to_seize(owed: int, incentive: int) -> int:
    """Return the collateral that pays for a debt and the incentive on it.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `liquidateAccount`, `healAccount`.
    """
    return mul_div_down(owed, incentive, WAD)


def healed_part(collateral: int, to_seize: int) -> int:
    """Return the part of each debt that an account's collateral pays for when it is healed [wad].

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `healAccount`.
    """
    return mul_div_down(collateral, WAD, to_seize)


def healed_repayment(part: int, owed: int) -> int:
    """Return what is repaid of one debt when its account is healed; the rest is the market's bad debt.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `healAccount`.
    """
    return mul_div_down(part, owed, WAD)


def debt_plus_incentive(bad_debt: int, incentive_bps: int) -> int:
    """Return what the risk fund pays for a pool's bad debt at most.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `_startAuction`.
    """
    return bad_debt + mul_div_down(bad_debt, incentive_bps, BPS)


def is_fund_larger(fund: int, debt_plus_incentive: int) -> bool:
    """Return whether the fund pays for all bad debt and something is left: equal, nothing is.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `_startAuction`.
    """
    return fund > debt_plus_incentive


def fund_seized(fund: int, debt_plus_incentive: int) -> int:
    """Return how much of the risk fund is put up.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `_startAuction`.
    """
    return min(fund, debt_plus_incentive)


def start_bid_bps(fund: int, bad_debt: int, incentive_bps: int) -> int:
    """Return the least part of the bad debt to be repaid for a whole fund that is not larger.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `_startAuction`.
    """
    return mul_div_down(BPS * BPS, fund, bad_debt * (BPS + incentive_bps))


def beats(bid_bps: int, standing_bps: int, start_bps: int, has_bid: bool, is_fund_larger: bool) -> bool:
    """Return whether a bid is the best: strictly better than the standing one, or as good as the start.

    Bids go up, parts of the debt repaid for the whole fund; or down where the fund is larger, parts of
    the fund paid for the whole debt.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `placeBid`.
    """
    if is_fund_larger:
        return bid_bps < standing_bps if has_bid else bid_bps <= start_bps
    return bid_bps > standing_bps if has_bid else bid_bps >= start_bps


def part_of(amount: int, part_bps: int) -> int:
    """Return a part of an amount: of a debt that a bidder repays, or of the fund that it is paid.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `placeBid`, `closeAuction`.
    """
    return mul_div_down(amount, part_bps, BPS)


def is_stale(now: int, start: int, wait_s: int, has_bid: bool) -> bool:
    """Return whether nobody bid in time: strictly after the wait for the first bid.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `_isStale`.
    """
    return not has_bid and now > start + wait_s


def is_won(now: int, bid_at: int, limit_s: int, has_bid: bool) -> bool:
    """Return whether the standing bid has won: strictly after nobody beat it in time.

    Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol `closeAuction`.
    """
    return has_bid and now > bid_at + limit_s
