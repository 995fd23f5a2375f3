"""Liquidation in 3.0.2: one reserve's debt against one reserve's collateral, no loss ever booked.

Source: Aave v3.0.2, LiquidationLogic and ValidationLogic `validateLiquidationCall`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.rules import aave_v3 as shared
from seawall.rules import aave_v3_0_2 as rules
from seawall.venues.machines.aave_v3.pool import TREASURY, Figures
from seawall.venues.machines.aave_v3.refusals import checked, divisor
from seawall.venues.machines.aave_v3_0_2.codes import WORDS
from seawall.venues.machines.aave_v3_0_2.pool import Pool

Args = Mapping[str, Any]
require = WORDS.require


def liquidation_call(pool: Pool, args: Args) -> dict[str, Any]:
    """Repay part of an unhealthy account's debt and seize collateral for it, with a bonus."""
    user, debt, collateral = args["user"], args["debt"], args["collateral"]
    pool.accrue(debt)
    found = pool.figures(user)
    owed, supplied = pool.owed(debt, user), pool.supplied(collateral, user)
    _require_liquidatable(pool, args, found, owed)
    most = rules.max_repay(owed, 0, 0, 0, found.health, 0, 0)
    repaid, seized, fee = _amounts(pool, args, min(args["debt_to_cover"], most), supplied)
    if repaid == owed:
        pool.unflag_borrowing(debt, user)
    if seized == supplied:
        pool.flag_collateral(collateral, user, on=False)
    pool.burn_debt(debt, user, rules.debt_scaled_burn(repaid, pool.reserves[debt].debt_index))
    pool.set_rates(debt, added=repaid)
    pool.lift_isolated_debt(debt, user, repaid)
    if args["receive_atoken"]:
        _hand_over(pool, collateral, user, args["liquidator"], seized - fee)
    else:
        _pay_out(pool, collateral, user, seized - fee)
    charged = _charge(pool, collateral, user, fee) if fee else 0
    pool.receive(debt, repaid)
    return {"debt_repaid": repaid, "collateral_to_liquidator": seized - fee, "protocol_fee": charged}


def _require_liquidatable(pool: Pool, args: Args, found: Figures, owed: int) -> None:
    collateral = args["collateral"]
    pool.require_open(collateral, args["debt"])
    require(found.health < shared.CLOSE_FACTOR_HEALTH or pool.is_up(), "sequencer_down")
    require(found.health < shared.WAD, "healthy")
    flagged = collateral in pool.account(args["user"]).collateral
    require(pool.counts(collateral) and flagged, "no_collateral")
    require(owed != 0, "no_debt")


def _amounts(pool: Pool, args: Args, cover: int, supplied: int) -> tuple[int, int, int]:
    # Repaid, seized with the fee, the fee: at the prices and the bonus of the account's category.
    debt, collateral = args["debt"], args["collateral"]
    chosen = pool.reserves[collateral].parameters
    category = pool.category(pool.account(args["user"]))
    is_member = category is not None and collateral in category.collateral
    bonus = category.bonus if category and is_member else chosen.bonus
    source = category.price_source if category else ""
    debt_price = pool.prices[source or debt]
    price = pool.prices[source if source and is_member else collateral]
    debt_unit = pool.reserves[debt].parameters.unit
    checked(debt_price * cover * chosen.unit)
    checked(divisor(price * debt_unit))
    checked(price * supplied * debt_unit)
    return rules.seize(cover, supplied, debt_price, debt_unit, price, chosen.unit, bonus, chosen.protocol_fee)


def _hand_over(pool: Pool, asset: str, user: str, liquidator: str, amount: int) -> None:
    # A liquidator who held none before may have it flagged as collateral.
    index, before = pool.supply_index(asset), pool.supplied(asset, liquidator)
    pool.move_supply(asset, user, liquidator, rules.supply_scaled_burn(amount, index))
    if before == 0:
        pool.secure_first(asset, liquidator)


def _pay_out(pool: Pool, asset: str, user: str, amount: int) -> None:
    index = pool.accrue(asset).supply_index
    pool.set_rates(asset, taken=amount)
    pool.burn_supply(asset, user, rules.supply_scaled_burn(amount, index))
    pool.pay(asset, amount)


def _charge(pool: Pool, asset: str, user: str, fee: int) -> int:
    # The treasury gets the fee in supply, cut to what the account still has.
    index = pool.supply_index(asset)
    fee = rules.fee_within(pool.account(user).supply.get(asset, 0), fee, index)
    pool.move_supply(asset, user, TREASURY, rules.supply_scaled_burn(fee, index))
    return fee
