"""What an administrator of 3.0.2 sets beyond what every version has.

Source: Aave v3.0.2, PoolConfigurator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import BPS
from seawall.rules import aave_v3 as rules
from seawall.venues.machines.aave_v3 import configure
from seawall.venues.machines.aave_v3.genesis import category_number, source
from seawall.venues.machines.aave_v3.state import Category, Sequencer
from seawall.venues.machines.aave_v3_0_2.codes import WORDS
from seawall.venues.machines.aave_v3_0_2.pool import Pool
from seawall.venues.machines.inputs import amount, flag, name

Args = Mapping[str, Any]
Out = dict[str, Any]
CEILING_MAX = 2**40 - 1
require = WORDS.require


def configure_collateral(pool: Pool, args: Args) -> Out:
    """Set a reserve's loan-to-value, threshold and bonus [bps]."""
    configure.require_collateral_terms(pool, args)
    ltv, threshold, bonus = args["ltv"], args["liquidation_threshold"], args["liquidation_bonus"]
    pool.configure(args["asset"], ltv=ltv, threshold=threshold, bonus=bonus)
    return {}


def set_pause(pool: Pool, args: Args) -> Out:
    """Stop every action on a reserve, or let them go on."""
    pool.configure(args["asset"], is_paused=args["paused"])
    return {}


def set_freeze(pool: Pool, args: Args) -> Out:
    """Stop supply and borrowing of a reserve, or let them go on."""
    pool.configure(args["asset"], is_frozen=args["frozen"])
    return {}


def set_reserve_factor(pool: Pool, args: Args) -> Out:
    """Set the treasury's part of interest [bps]; interest not yet accrued is split by the new one."""
    require(args["factor"] <= BPS, "bad_reserve_factor")
    pool.configure(args["asset"], reserve_factor=args["factor"])
    return {}


def set_debt_ceiling(pool: Pool, args: Args) -> Out:
    """Set what all who borrow against this reserve alone may owe; none may supply one that had no ceiling."""
    asset, ceiling = args["asset"], args["ceiling"]
    if pool.reserves[asset].parameters.debt_ceiling == 0:
        configure.require_unused(pool, asset)
    require(ceiling <= CEILING_MAX, "bad_debt_ceiling")
    pool.configure(asset, debt_ceiling=ceiling)
    if ceiling == 0:
        pool.write(asset, isolated_debt=0)
    return {}


def set_borrowable_in_isolation(pool: Pool, args: Args) -> Out:
    """Let a reserve be borrowed under a debt ceiling, or not."""
    pool.configure(args["asset"], is_borrowable_in_isolation=args["borrowable"])
    return {}


def set_siloed(pool: Pool, args: Args) -> Out:
    """Let whoever borrows a reserve borrow nothing else, or also others; nobody may owe it then."""
    asset = args["asset"]
    if args["siloed"]:
        owed = pool.rules.debt_balance(pool.reserves[asset].debt_scaled, pool.debt_index(asset))
        require(owed == 0, "still_owed")
    pool.configure(asset, is_siloed=args["siloed"])
    return {}


def set_emode_category(pool: Pool, args: Args) -> Out:
    """Set a category: it must be better than each of its reserves is alone."""
    ltv, threshold, bonus = args["ltv"], args["liquidation_threshold"], args["liquidation_bonus"]
    require(ltv != 0 and threshold != 0 and ltv <= threshold and bonus > BPS, "bad_category")
    require(rules.liquidation_room_bps(threshold, bonus) <= BPS, "bad_category")
    before = pool.categories.get(args["id"], Category(0, 0, 0))
    members = [pool.reserves[asset].parameters for asset in before.collateral]
    require(all(ltv > each.ltv and threshold > each.threshold for each in members), "bad_category")
    changed = replace(before, ltv=ltv, threshold=threshold, bonus=bonus, price_source=args["price_source"])
    pool.categories[args["id"]] = changed
    if feed := args["price_source"]:
        pool.prices = {feed: 0, **pool.prices}
    return {}


def set_asset_emode(pool: Pool, args: Args) -> Out:
    """Put a reserve into a category, 0 for none."""
    asset, chosen = args["asset"], args["category"]
    if chosen:
        threshold = pool.categories[chosen].threshold if chosen in pool.categories else 0
        require(threshold > pool.reserves[asset].parameters.threshold, "bad_category_reserve")
    for number, category in pool.categories.items():
        members = category.collateral - {asset} | ({asset} if number == chosen else frozenset())
        pool.categories[number] = replace(category, collateral=members, borrowable=members)
    return {}


def set_sequencer(pool: Pool, args: Args) -> Out:
    """Set what the feed of the sequencer says; before the first time there is no such feed."""
    pool.sequencer = Sequencer(args["is_down"], args["since"], args["grace"])
    return {}


ACTIONS = {
    **configure.ACTIONS,
    "configure_collateral": (configure_collateral, configure.COLLATERAL),
    "set_pause": (set_pause, {"asset": name, "paused": flag}),
    "set_freeze": (set_freeze, {"asset": name, "frozen": flag}),
    "set_reserve_factor": (set_reserve_factor, {"asset": name, "factor": amount}),
    "set_debt_ceiling": (set_debt_ceiling, {"asset": name, "ceiling": amount}),
    "set_borrowable_in_isolation": (set_borrowable_in_isolation, {"asset": name, "borrowable": flag}),
    "set_siloed": (set_siloed, {"asset": name, "siloed": flag}),
    "set_emode_category": (
        set_emode_category,
        {
            "id": category_number,
            "ltv": amount,
            "liquidation_threshold": amount,
            "liquidation_bonus": amount,
            "price_source": source,
        },
    ),
    "set_asset_emode": (set_asset_emode, {"asset": name, "category": amount}),
    "set_sequencer": (set_sequencer, {"is_down": flag, "since": amount, "grace": amount}),
}
