"""Linear perpetuals as a plain exchange would run them: rule set `linear_perp@1`.

Units: quantities in lots (signed: + long, - short), prices in ticks, `multiplier` in units of value
per lot and tick, so that values are exact products. Cash, equity and requirements in units of
value; rates in ppm. A signed value is what the account receives: closing a long brings +, buying
back a short costs -.

No rule here knows more than one position: sums over an account are the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, mul_div_up
from seawall.rules.margin import PPM

NO_PRICE = -1  # what stands where a price was asked for and there is none; its flag says so too
NO_CEILING = -1

__all__ = [
    "NO_CEILING",
    "NO_PRICE",
    "bracket_price",
    "closed_cost",
    "insurance_payment",
    "is_closing_toxic",
    "is_safe",
    "liquidation_fee",
    "liquidation_price",
    "lots_to_restore",
    "notional",
    "position_value",
    "takeover_value",
    "zero_equity_price",
]


def position_value(quantity: int, mark: int, multiplier: int) -> int:
    """Return the signed value of a position at a price: an exact product [value].

    Source: docs/explanation/account-model.md: q * m * p.
    """
    return quantity * mark * multiplier


def notional(quantity: int, mark: int, multiplier: int) -> int:
    """Return the size of a position at a price, without its sign [value].

    Source: docs/explanation/account-model.md: margin curves are functions of the absolute value.
    """
    value = quantity * mark * multiplier
    return max(value, -value)


def is_safe(margin_equity: int, requirement: int) -> bool:
    """Return whether an account may not be liquidated: equity covers the requirement, equality is safe.

    An account that needs nothing (no position) is still unsafe with negative equity.

    Source: dYdX v4, subaccounts/lib `IsLiquidatable` (MMR > 0 and NC < MMR).
    """
    return margin_equity >= max(requirement, 0)


def takeover_value(position_value: int, equity: int, requirement: int, requirement_total: int) -> int:
    """Return the signed value at which the engine takes a position over, rounded up [value].

    value - floor(equity * requirement / requirement_total): equity, or the lack of it, is split over
    the positions by their share of the requirement. Rounding is toward plus infinity, so the account
    never owes more than it would exactly, and closing there never needs the fund.

    Take positions one at a time, each with the equity and the total requirement that are left: the
    last has all of the requirement and therefore gets the rest, so that all takeover values together
    equal minus the account's cash, to the unit. For a part of a position give the falls of value and
    requirement. Where nothing is required the position goes at its value, and the caller gives the
    equity that is left to the last one.

    Args:
        position_value: Value of what is taken over, at mark, signed [value].
        equity: Equity of the account [value], may be negative.
        requirement: Maintenance requirement of what is taken over [value], >= 0.
        requirement_total: Maintenance requirement of the account [value], >= `requirement`.

    Source: dYdX v4, clob/keeper/liquidations.go `GetBankruptcyPriceInQuoteQuantums`.
    """
    if requirement_total == 0:
        return position_value
    return position_value - mul_div_down(equity, requirement, requirement_total)


def liquidation_fee(fill_value: int, fee_ppm: int) -> int:
    """Return the most a liquidated account pays on a fill, rounded down [value].

    Source: dYdX v4, `MaxLiquidationFeePpm` on the magnitude of the fill.
    """
    return mul_div_down(max(fill_value, -fill_value), fee_ppm, PPM)


def insurance_payment(fill_value: int, takeover_value: int, fee_ppm: int) -> int:
    """Return what the insurance fund receives for one fill; negative where it pays [value].

    d = fill - takeover. A fill worse than takeover is made up by the fund in full; of a better one it
    keeps at most the liquidation fee, and the account keeps the rest.

    Args:
        fill_value: Signed proceeds of the fill [value].
        takeover_value: Signed takeover value of the same lots [value].
        fee_ppm: Liquidation fee [ppm of the fill's magnitude].

    Source: dYdX v4, clob/keeper/liquidations.go `GetLiquidationInsuranceFundDelta`.
    """
    surplus = fill_value - takeover_value
    if surplus <= 0:
        return surplus
    return min(liquidation_fee(fill_value, fee_ppm), surplus)


def bracket_price(
    equity: int,
    quantity: int,
    mark: int,
    multiplier: int,
    requirement_other: int,
    rate_ppm: int,
    cum: int,
    floor: int,
    ceiling: int,
) -> tuple[bool, int]:
    """Return (found, price) where equity meets the requirement, inside one bracket of the curve.

    Solves equity + q*m*(P - mark) = other + (rate * |q|*m*P - cum) for P and keeps the root iff its
    notional lies in the bracket, edges included. With slope = q - rate * |q| (how fast equity outgrows
    the requirement), P = (other - equity + q*m*mark - cum) / (m * slope).

    The price is rounded to the safe side, up where slope > 0 (a long) and down where slope < 0 (a
    short): at that whole price the account is still safe, one tick beyond it is not.

    Args:
        equity: Margin equity of the account at `mark` [value].
        quantity: Lots held in this market.
        mark: Price now [ticks].
        multiplier: Value of one lot and tick, > 0.
        requirement_other: Maintenance requirement of all other positions [value].
        rate_ppm: Marginal rate of the bracket [ppm].
        cum: What the bracket takes off [value x ppm].
        floor: Notional where the bracket begins [value].
        ceiling: Notional where it ends [value], or `NO_CEILING`.

    Returns:
        Whether there is a root above zero in this bracket, and the price [ticks], `NO_PRICE` if not.

    Source: derived; Binance, Liquidation Price Formula of USDS-M Futures, is its one-sided form.
    """
    size = max(quantity, -quantity)
    slope = quantity * PPM - rate_ppm * size
    rest = (requirement_other - equity + quantity * mark * multiplier) * PPM - cum
    if slope == 0:
        return False, NO_PRICE
    safe_above = slope > 0
    if not safe_above:
        slope, rest = -slope, -rest
    # The root is rest / (multiplier * slope); its notional size * rest / slope, compared unrounded.
    if rest <= 0 or size * rest < floor * slope or (ceiling >= 0 and size * rest > ceiling * slope):
        return False, NO_PRICE
    if safe_above:
        return True, mul_div_up(rest, 1, multiplier * slope)
    return True, mul_div_down(rest, 1, multiplier * slope)


def zero_equity_price(equity: int, quantity: int, mark: int, multiplier: int) -> tuple[bool, int]:
    """Return (found, price) of one market at which equity is zero, all others fixed [ticks].

    Rounded to the solvent side: up for a long, down for a short. Not found where no price above zero
    does it: a long that cannot lose everything, an account that is flat in this market, or a short
    of an account that is insolvent at every price. Arguments as in `bracket_price`.

    Source: docs/explanation/account-model.md, zero-equity price.
    """
    return bracket_price(equity, quantity, mark, multiplier, 0, 0, 0, 0, NO_CEILING)


def liquidation_price(
    equity: int,
    quantity: int,
    mark: int,
    multiplier: int,
    requirement_other: int,
    floors: Sequence[int],
    rates_ppm: Sequence[int],
    cums: Sequence[int],
) -> tuple[bool, int]:
    """Return (found, price) at which equity meets the requirement, one market moving [ticks].

    The bracket is the one at the liquidation price, not at the mark: every bracket is solved, roots
    outside their own are dropped, and of several the nearest to the mark is taken (ties go to the
    lower bracket). Rounded to the safe side, as in `bracket_price`. Not found where no price above
    zero does it: the account is then on the same side at all of them.

    Args:
        equity: Margin equity of the account at `mark` [value].
        quantity: Lots held in this market.
        mark: Price now [ticks].
        multiplier: Value of one lot and tick, > 0.
        requirement_other: Maintenance requirement of all other positions [value].
        floors: Where brackets begin, shape (n_brackets,) [value], ascending, the first 0.
        rates_ppm: Marginal rates, shape (n_brackets,) [ppm].
        cums: Exactly those of `margin.bracket_cum` [value x ppm]; across a jump a root can be missed.

    Returns:
        Whether there is such a price, and the price, `NO_PRICE` if not.

    Source: derived; Binance, Liquidation Price Formula of USDS-M Futures.
    """
    found, nearest, distance = False, NO_PRICE, NO_PRICE
    for n in range(len(floors)):
        ceiling = floors[n + 1] if n + 1 < len(floors) else NO_CEILING
        hit, price = bracket_price(
            equity,
            quantity,
            mark,
            multiplier,
            requirement_other,
            rates_ppm[n],
            cums[n],
            floors[n],
            ceiling,
        )
        away = max(price - mark, mark - price)
        if hit and (not found or away < distance):
            found, nearest, distance = True, price, away
    return found, nearest


def lots_to_restore(
    shortage: int, price: int, multiplier: int, rate_ppm: int, fee_ppm: int
) -> tuple[bool, int]:
    """Return (feasible, lots) to close at a price so that a shortage is made up, rounded up.

    Closing x lots frees x*m*price*rate of requirement and costs x*m*price*fee of equity, hence
    x = shortage / (m * price * (rate - fee)). Infeasible where rate <= fee: every lot closed makes it
    worse, and only a full close is left. The caller caps the lots at the position; where closing
    crosses into a lower bracket, close and ask again.

    Args:
        shortage: Requirement to reach less equity [value]; nothing to close where <= 0.
        price: Price of the close [ticks].
        multiplier: Value of one lot and tick, > 0.
        rate_ppm: Marginal rate of the requirement to reach, buffer included [ppm].
        fee_ppm: All costs of closing: fees, penalty, slippage [ppm of the value closed].

    Returns:
        Whether closing can make it up, and the lots, >= 0; (False, 0) where it cannot.

    Source: Drift v2, math/liquidation.rs `calculate_base_asset_amount_to_cover_margin_shortage`,
        which rounds down.
    """
    if shortage <= 0:
        return True, 0
    gain = price * multiplier * (rate_ppm - fee_ppm)
    if gain <= 0:
        return False, 0
    return True, mul_div_up(shortage, PPM, gain)


def is_closing_toxic(equity: int, notional: int, cost_rate_ppm: int) -> bool:
    """Return whether closing a part lowers equity / notional: iff equity < cost rate * notional.

    Cross-multiplied; at equality the ratio stays as it is, which is not toxic.

    Source: Warmuz, Chaudhary and Pinna, Toxic Liquidation Spirals (2022).
    """
    return equity * PPM < cost_rate_ppm * notional


def closed_cost(cost: int, quantity: int, closed: int) -> int:
    """Return the part of a position's cost that goes with the lots closed, toward zero [value].

    The lots that stay keep the rest, `cost - closed_cost(...)`, residue included: parts closed one
    after the other sum to the whole cost.

    Args:
        cost: Signed cost of the position, v [value].
        quantity: Size of the position [lots], > 0, without its sign.
        closed: Lots closed, 0 <= closed <= quantity.

    Source: docs/explanation/account-model.md: positions are (q, v).
    """
    return mul_div_toward_zero(cost, closed, quantity)
