"""Liquidation in 3.7: no dust is left, and with the last collateral all debt becomes deficit.

Source: Aave v3.7, LiquidationLogic and ValidationLogic `validateLiquidationCall`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seawall.core.units import WAD
from seawall.rules import aave_v3_7 as rules
from seawall.venues.machines.aave_v3.pool import TREASURY, Figures
from seawall.venues.machines.aave_v3.refusals import checked, divides, divisor
from seawall.venues.machines.aave_v3_7.codes import WORDS
from seawall.venues.machines.aave_v3_7.pool import Pool

Args = Mapping[str, Any]
UMBRELLA = "umbrella"
require = WORDS.require


class Side(NamedTuple):
    """One leg of a call: how much there is of it [minor units], its price, its unit, its value."""

    amount: int
    price: int
    unit: int
    value: int


def liquidation_call(pool: Pool, args: Args) -> dict[str, Any]:
    """Repay part of an unhealthy account's debt and seize collateral; with the last of it, book the rest."""
    user, debt, collateral = args["user"], args["debt"], args["collateral"]
    pool.accrue(debt)
    pool.accrue(collateral)
    found = pool.figures(user)
    owed, held = _legs(pool, args)
    _require_liquidatable(pool, args, found, owed.amount)
    most = rules.max_repay(
        owed.amount, owed.value, held.value, found.debt, found.health, owed.price, owed.unit
    )
    repaid, seized, fee = _amounts(pool, args, min(args["debt_to_cover"], most), owed, held)
    _require_no_dust(owed, held, repaid, seized)
    is_out = _consume(pool, args, found, held, seized - fee, fee)
    deficits = _burn(pool, debt, user, owed.amount, repaid, is_out=is_out)
    index = pool.reserves[collateral].supply_index
    if args["receive_atoken"]:
        scaled = rules.supply_scaled_burn(seized - fee, index)
        pool.move_supply(collateral, user, args["liquidator"], scaled)
    else:
        pool.set_rates(collateral, taken=seized - fee)
        pool.burn_supply(collateral, user, rules.supply_scaled_burn(seized - fee, index))
        pool.pay(collateral, seized - fee)
    charged = _charge(pool, collateral, user, fee) if fee else 0
    if is_out:
        deficits |= _burn_rest(pool, user)
    pool.receive(debt, repaid)
    return {
        "debt_repaid": repaid,
        "collateral_to_liquidator": seized - fee,
        "protocol_fee": charged,
        "deficit_created": deficits,
    }


def eliminate_deficit(pool: Pool, args: Args) -> dict[str, Any]:
    """Burn the cover's own supply against a reserve's deficit, at most all of it."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    require(user == UMBRELLA, "not_the_cover")
    require(amount != 0, "nothing_asked")
    deficit, account = pool.reserves[asset].deficit, pool.account(user)
    require(deficit != 0, "no_deficit")
    require(not account.borrowing, "owes")
    reserve = pool.accrue(asset)
    require(reserve.parameters.is_active, "inactive")
    amount, held = min(amount, deficit), account.supply.get(asset, 0)
    scaled = rules.supply_scaled_burn(amount, reserve.supply_index)
    require(scaled <= held, "more_than_supplied")
    if scaled == held:
        pool.flag_collateral(asset, user, on=False)
    pool.burn_supply(asset, user, scaled)
    pool.write(asset, deficit=deficit - amount)
    pool.set_rates(asset)
    return {"amount": amount}


def _legs(pool: Pool, args: Args) -> tuple[Side, Side]:
    user, debt, collateral = args["user"], args["debt"], args["collateral"]
    owed, supplied = pool.owed(debt, user), pool.supplied(collateral, user)
    prices = pool.prices[debt], pool.prices[collateral]
    units = (pool.reserves[asset].parameters.unit for asset in (debt, collateral))
    debt_unit, unit = units
    checked(owed * prices[0])
    checked(supplied * prices[1])
    debt_value = rules.debt_value(owed, prices[0], debt_unit)
    value = rules.collateral_value(supplied, prices[1], unit)
    return Side(owed, prices[0], debt_unit, debt_value), Side(supplied, prices[1], unit, value)


def _require_liquidatable(pool: Pool, args: Args, found: Figures, owed: int) -> None:
    debt, collateral = args["debt"], args["collateral"]
    require(args["user"] != args["liquidator"], "own_account")
    pool.require_open(collateral, debt)
    graces = (pool.reserves[asset].grace_until for asset in (collateral, debt))
    require(all(until < pool.at for until in graces), "grace")
    require(found.health < WAD, "healthy")
    require(collateral in pool.account(args["user"]).collateral, "no_collateral")
    require(owed != 0, "no_debt")


def _amounts(pool: Pool, args: Args, cover: int, owed: Side, held: Side) -> tuple[int, int, int]:
    # Repaid, seized with the fee, the fee: at the bonus of the account's category where it has one.
    chosen = pool.reserves[args["collateral"]].parameters
    category = pool.category(pool.account(args["user"]))
    bonus = category.bonus if category and args["collateral"] in category.collateral else chosen.bonus
    checked(owed.price * cover * held.unit)
    checked(divisor(held.price * owed.unit))
    checked(held.price * held.amount * owed.unit)
    if bonus == 0:  # secured by a category that has dropped it since: nothing can be seized
        divides(chosen.protocol_fee == 0)
        return cover, 0, 0
    return rules.seize(
        cover, held.amount, owed.price, owed.unit, held.price, held.unit, bonus, chosen.protocol_fee
    )


def _require_no_dust(owed: Side, held: Side, repaid: int, seized: int) -> None:
    debt_left, left = owed.amount - repaid, held.amount - seized
    debt_value = rules.debt_value(debt_left, owed.price, owed.unit)
    value = rules.collateral_value(left, held.price, held.unit)
    require(not rules.leaves_dust(debt_left, left, debt_value, value), "leaves_dust")


def _consume(pool: Pool, args: Args, found: Figures, held: Side, to_liquidator: int, fee: int) -> bool:
    # Whether no collateral value is left: counted in scaled supply, as the tokens will round.
    user, collateral = args["user"], args["collateral"]
    scaled, index = pool.account(user).supply.get(collateral, 0), pool.reserves[collateral].supply_index
    consumed = rules.collateral_consumed(scaled, to_liquidator, fee, index)
    value = rules.collateral_value(rules.supply_balance(consumed, index), held.price, held.unit)
    is_out = value == found.collateral
    if is_out or consumed == scaled:
        pool.flag_collateral(collateral, user, on=False)
    return is_out


def _burn(pool: Pool, asset: str, user: str, owed: int, repaid: int, *, is_out: bool) -> dict[str, int]:
    # What is repaid, or all of it with the rest booked as deficit; rates see only what comes in.
    is_last = True
    if owed:
        index = pool.reserves[asset].debt_index
        burned = owed if is_out else repaid
        is_last = pool.burn_debt(asset, user, rules.debt_scaled_burn(burned, index))
    left = owed - repaid if is_out else 0
    if left:
        deficit = checked(pool.reserves[asset].deficit + pool.words.narrowed(left), 128)
        pool.write(asset, deficit=deficit)
    if is_last:
        pool.unflag_borrowing(asset, user)
    pool.set_rates(asset, added=repaid)
    return {asset: left} if left else {}


def _burn_rest(pool: Pool, user: str) -> dict[str, int]:
    # The account's debts in all other reserves that are active.
    deficits: dict[str, int] = {}
    for asset in pool.used(pool.account(user)):
        if asset in pool.account(user).borrowing and pool.reserves[asset].parameters.is_active:
            pool.accrue(asset)
            deficits |= _burn(pool, asset, user, pool.owed(asset, user), 0, is_out=True)
    return deficits


def _charge(pool: Pool, asset: str, user: str, fee: int) -> int:
    # The treasury gets the fee in supply, cut to what the account still has.
    index, left = pool.reserves[asset].supply_index, pool.account(user).supply.get(asset, 0)
    scaled = min(left, rules.supply_scaled_burn(fee, index))
    pool.move_supply(asset, user, TREASURY, scaled)
    return rules.fee_within(left, fee, index)
