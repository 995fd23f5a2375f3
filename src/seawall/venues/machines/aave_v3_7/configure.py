"""What an administrator of 3.7 sets beyond what every version has.

Source: Aave v3.7, PoolConfigurator; docs/3.6/Aave-v3.6-features.md, docs/3.7/isolated-emode.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import BPS
from seawall.rules import aave_v3 as rules
from seawall.venues.machines.aave_v3 import configure
from seawall.venues.machines.aave_v3.genesis import category_number
from seawall.venues.machines.aave_v3.state import Category
from seawall.venues.machines.aave_v3_7.codes import WORDS
from seawall.venues.machines.aave_v3_7.pool import Pool
from seawall.venues.machines.inputs import amount, flag, name

Args = Mapping[str, Any]
Out = dict[str, Any]
GRACE_MAX_S = 4 * 3600
require = WORDS.require


def configure_collateral(pool: Pool, args: Args) -> Out:
    """Set a reserve's loan-to-value, threshold and bonus [bps]; while frozen the first is set aside."""
    configure.require_collateral_terms(pool, args)
    asset, ltv = args["asset"], args["ltv"]
    is_frozen = pool.reserves[asset].parameters.is_frozen
    pool.configure(
        asset,
        ltv=0 if is_frozen else ltv,
        ltv_pending=ltv if is_frozen else 0,
        threshold=args["liquidation_threshold"],
        bonus=args["liquidation_bonus"],
    )
    return {}


def set_pause(pool: Pool, args: Args) -> Out:
    """Stop every action on a reserve, or let them go on, liquidations after a grace [s]."""
    asset, grace_s = args["asset"], args["grace"]
    if not args["paused"] and grace_s:
        require(grace_s <= GRACE_MAX_S, "bad_grace")
        pool.write(asset, grace_until=pool.at + grace_s)
    pool.configure(asset, is_paused=args["paused"])
    return {}


def end_grace(pool: Pool, args: Args) -> Out:
    """Let liquidations of a reserve go on at once."""
    pool.write(args["asset"], grace_until=0)
    return {}


def set_freeze(pool: Pool, args: Args) -> Out:
    """Stop supply and borrowing of a reserve and take its loan-to-value everywhere, or thaw it.

    Thawing gives no loan-to-value back: that is asked for by itself.
    """
    asset, is_frozen = args["asset"], args["frozen"]
    require(is_frozen != pool.reserves[asset].parameters.is_frozen, "frozen_already")
    pool.configure(asset, is_frozen=is_frozen)
    if is_frozen:
        _take_ltv(pool, asset)
        for number, category in pool.categories.items():
            if asset in category.collateral:
                pool.categories[number] = replace(category, ltv_zero=category.ltv_zero | {asset})
    return {}


def set_ltvzero(pool: Pool, args: Args) -> Out:
    """Take a reserve's loan-to-value outside categories, or give it back."""
    asset = args["asset"]
    if args["ltvzero"]:
        _take_ltv(pool, asset)
        return {}
    parameters = pool.reserves[asset].parameters
    require(not parameters.is_frozen, "frozen")
    if parameters.ltv_pending and not parameters.ltv:
        pool.configure(asset, ltv=parameters.ltv_pending, ltv_pending=0)
    return {}


def set_reserve_factor(pool: Pool, args: Args) -> Out:
    """Set the treasury's part of interest [bps], from now on."""
    asset = args["asset"]
    require(args["factor"] <= BPS, "bad_reserve_factor")
    pool.accrue(asset)
    pool.configure(asset, reserve_factor=args["factor"])
    pool.set_rates(asset)
    return {}


def set_emode_category(pool: Pool, args: Args) -> Out:
    """Set what a category gives its collateral; whether other collateral has a loan-to-value there."""
    ltv, threshold, bonus = args["ltv"], args["liquidation_threshold"], args["liquidation_bonus"]
    require(ltv != 0 and threshold != 0 and ltv <= threshold and bonus > BPS, "bad_category")
    require(rules.liquidation_room_bps(threshold, bonus) <= BPS, "bad_category")
    _recategorise(pool, args["id"], ltv=ltv, threshold=threshold, bonus=bonus, is_isolated=args["isolated"])
    return {}


def set_emode_collateral(pool: Pool, args: Args) -> Out:
    """Make a reserve collateral of a category, or not."""
    asset, number = args["asset"], args["category"]
    if args["allowed"]:
        require(not pool.reserves[asset].parameters.is_frozen, "frozen")
    members = _with(_category(pool, number).collateral, asset, on=args["allowed"])
    _recategorise(pool, number, collateral=members)
    return {}


def set_emode_borrowable(pool: Pool, args: Args) -> Out:
    """Let a category's accounts borrow a reserve, or not."""
    asset, number = args["asset"], args["category"]
    members = _with(_category(pool, number).borrowable, asset, on=args["allowed"])
    _recategorise(pool, number, borrowable=members)
    return {}


def set_emode_ltvzero(pool: Pool, args: Args) -> Out:
    """Take the loan-to-value of one of a category's collaterals, or give it back."""
    asset, number = args["asset"], args["category"]
    category = _category(pool, number)
    require(asset in category.collateral, "not_category_collateral")
    if not args["ltvzero"]:
        require(not pool.reserves[asset].parameters.is_frozen, "frozen")
    _recategorise(pool, number, ltv_zero=_with(category.ltv_zero, asset, on=args["ltvzero"]))
    return {}


def _take_ltv(pool: Pool, asset: str) -> None:
    # A loan-to-value is set aside, to be given back later.
    if ltv := pool.reserves[asset].parameters.ltv:
        pool.configure(asset, ltv=0, ltv_pending=ltv)


def _category(pool: Pool, number: int) -> Category:
    return pool.categories.get(number, Category(0, 0, 0))


def _recategorise(pool: Pool, number: int, **changes: Any) -> None:
    pool.categories[number] = replace(_category(pool, number), **changes)


def _with(members: frozenset[str], asset: str, *, on: bool) -> frozenset[str]:
    return members | {asset} if on else members - {asset}


_MEMBER = {"asset": name, "category": category_number, "allowed": flag}
ACTIONS = {
    **configure.ACTIONS,
    "configure_collateral": (configure_collateral, configure.COLLATERAL),
    "set_pause": (set_pause, {"asset": name, "paused": flag, "grace": amount}),
    "end_grace": (end_grace, {"asset": name}),
    "set_freeze": (set_freeze, {"asset": name, "frozen": flag}),
    "set_ltvzero": (set_ltvzero, {"asset": name, "ltvzero": flag}),
    "set_reserve_factor": (set_reserve_factor, {"asset": name, "factor": amount}),
    "set_emode_category": (
        set_emode_category,
        {
            "id": category_number,
            "ltv": amount,
            "liquidation_threshold": amount,
            "liquidation_bonus": amount,
            "isolated": flag,
        },
    ),
    "set_emode_collateral": (set_emode_collateral, _MEMBER),
    "set_emode_borrowable": (set_emode_borrowable, _MEMBER),
    "set_emode_ltvzero": (
        set_emode_ltvzero,
        {"asset": name, "category": category_number, "ltvzero": flag},
    ),
}
