"""What an administrator sets in every version of Aave v3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.units import BPS
from seawall.rules import aave_v3 as rules
from seawall.venues.machines.aave_v3.pool import Pool
from seawall.venues.machines.aave_v3.refusals import fits
from seawall.venues.machines.inputs import Parse, amount, flag, name

Args = Mapping[str, Any]
Out = dict[str, Any]

CAP_MAX = 2**36 - 1
BONUS_MAX = 2**16 - 1


def set_price(pool: Pool, args: Args) -> Out:
    """Set what a feed says: that of a reserve, or of a category."""
    pool.prices = {**pool.prices, args["asset"]: args["price"]}
    return {}


def set_supply_cap(pool: Pool, args: Args) -> Out:
    """Cap what may be supplied [whole tokens]; 0 for no cap."""
    pool.words.require(args["cap"] <= CAP_MAX, "bad_supply_cap")
    pool.configure(args["asset"], supply_cap=args["cap"])
    return {}


def set_borrow_cap(pool: Pool, args: Args) -> Out:
    """Cap what may be borrowed [whole tokens]; 0 for no cap."""
    pool.words.require(args["cap"] <= CAP_MAX, "bad_borrow_cap")
    pool.configure(args["asset"], borrow_cap=args["cap"])
    return {}


def set_borrowing(pool: Pool, args: Args) -> Out:
    """Let a reserve be borrowed, or not."""
    pool.configure(args["asset"], is_borrowable=args["enabled"])
    return {}


def set_active(pool: Pool, args: Args) -> Out:
    """Close a reserve that nobody supplies, or open it."""
    if not args["active"]:
        require_unused(pool, args["asset"])
    pool.configure(args["asset"], is_active=args["active"])
    return {}


def set_protocol_fee(pool: Pool, args: Args) -> Out:
    """Set the treasury's part of the bonus [bps]."""
    pool.words.require(args["fee"] <= BPS, "bad_protocol_fee")
    pool.configure(args["asset"], protocol_fee=args["fee"])
    return {}


def require_collateral_terms(pool: Pool, args: Args) -> None:
    """Leave the call where a reserve's limits cannot be: see the contract's own reasons, one by one."""
    ltv, threshold, bonus = args["ltv"], args["liquidation_threshold"], args["liquidation_bonus"]
    require = pool.words.require
    require(ltv <= threshold, "bad_terms")
    if threshold:
        require(bonus > BPS, "bad_terms")
        fits(threshold * bonus + BPS // 2)
        require(rules.liquidation_room_bps(threshold, bonus) <= BPS, "bad_terms")
    else:
        require(bonus == 0, "bad_terms")
        require_unused(pool, args["asset"])
    require(bonus <= BONUS_MAX, "bad_bonus")


def require_unused(pool: Pool, asset: str) -> None:
    """Leave the call where somebody supplies a reserve, the treasury included."""
    reserve = pool.reserves[asset]
    is_unused = reserve.supply_scaled == 0 and reserve.accrued_scaled == 0
    pool.words.require(is_unused, "still_supplied")


COLLATERAL: Mapping[str, Parse] = {
    "asset": name,
    "ltv": amount,
    "liquidation_threshold": amount,
    "liquidation_bonus": amount,
}
ACTIONS = {
    "set_price": (set_price, {"asset": name, "price": amount}),
    "set_supply_cap": (set_supply_cap, {"asset": name, "cap": amount}),
    "set_borrow_cap": (set_borrow_cap, {"asset": name, "cap": amount}),
    "set_borrowing": (set_borrowing, {"asset": name, "enabled": flag}),
    "set_active": (set_active, {"asset": name, "active": flag}),
    "set_protocol_fee": (set_protocol_fee, {"asset": name, "fee": amount}),
}
