"""Supply, withdraw, borrow, repay, transfer and the switches of an account in 3.7.

Source: Aave v3.7, SupplyLogic, BorrowLogic, PoolLogic and ValidationLogic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import RAY
from seawall.rules import aave_v3_7 as rules
from seawall.venues.machines.aave_v3.pool import TREASURY
from seawall.venues.machines.aave_v3.refusals import fits
from seawall.venues.machines.aave_v3_7.codes import WORDS
from seawall.venues.machines.aave_v3_7.pool import Pool
from seawall.venues.machines.machine import UINT256_MAX

Args = Mapping[str, Any]
Out = dict[str, Any]
require = WORDS.require


def supply(pool: Pool, args: Args) -> Out:
    """Put tokens in; a first supply becomes collateral at once where it has a loan-to-value."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    reserve = pool.accrue(asset)
    fits(amount * RAY)
    scaled = rules.supply_scaled_mint(amount, reserve.supply_index)
    require(scaled != 0, "nothing_asked")
    pool.require_open(asset, also_thawed=True)
    if cap := reserve.parameters.supply_cap:
        total = reserve.supply_scaled + scaled + reserve.accrued_scaled
        fits(total * reserve.supply_index)
        within = rules.supply_balance(total, reserve.supply_index) <= cap * reserve.parameters.unit
        require(within, "supply_cap")
    pool.set_rates(asset, added=amount)
    pool.receive(asset, amount)
    if pool.mint_supply(asset, user, scaled) and pool.ltv(pool.account(user), asset):
        pool.flag_collateral(asset, user, on=True)
    return {}


def withdraw(pool: Pool, args: Args) -> Out:
    """Take tokens out, all of them if the largest number is asked, as far as the rest secures the debt."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    index = pool.accrue(asset).supply_index
    held = scaled = pool.account(user).supply.get(asset, 0)
    if amount == UINT256_MAX:
        amount = rules.supply_balance(held, index)
    else:
        fits(amount * RAY)
        scaled = rules.supply_scaled_burn(amount, index)
    require(scaled != 0, "nothing_asked")
    require(scaled <= held, "more_than_supplied")
    pool.require_open(asset)
    pool.set_rates(asset, taken=amount)
    is_last = pool.burn_supply(asset, user, scaled)
    pool.pay(asset, amount)
    if asset in pool.account(user).collateral:
        if is_last:
            pool.flag_collateral(asset, user, on=False)
        if pool.account(user).borrowing:
            pool.require_may_leave(asset, user)
    return {"amount": amount}


def borrow(pool: Pool, args: Args) -> Out:
    """Borrow, then see whether the collateral's loan-to-value covers what is owed."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    reserve = pool.accrue(asset)
    parameters, index = reserve.parameters, reserve.debt_index
    fits(amount * RAY)
    scaled = rules.debt_scaled_mint(amount, index)
    require(scaled != 0, "nothing_asked")
    pool.require_open(asset, also_thawed=True)
    account = pool.account(user)
    refusal = "not_borrowable_in_category" if account.category else "not_borrowable"
    require(pool.is_borrowable(account, asset), refusal)
    supplied = rules.supply_balance(reserve.supply_scaled, reserve.supply_index)
    require(supplied >= rules.debt_balance(scaled, index), "nothing_asked")
    if cap := parameters.borrow_cap:
        total = rules.debt_balance(reserve.debt_scaled + scaled, index)
        require(total <= cap * parameters.unit, "borrow_cap")
    pool.mint_debt(asset, user, scaled)
    pool.set_rates(asset, taken=amount)
    pool.pay(asset, amount)
    pool.require_covered(user)
    return {}


def repay(pool: Pool, args: Args) -> Out:
    """Repay debt with tokens, at most what is owed."""
    amount = _repaid(pool, args, args["amount"], comes_in=True)
    pool.receive(args["asset"], amount)
    return {"amount": amount}


def repay_with_supply(pool: Pool, args: Args) -> Out:
    """Repay debt with what is supplied of the same reserve; what is left must be healthy."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    index = pool.accrue(asset).supply_index
    if amount == UINT256_MAX:
        amount = pool.supplied(asset, user)
    amount = _repaid(pool, args, amount, comes_in=False)
    is_last = pool.burn_supply(asset, user, rules.supply_scaled_burn(amount, index))
    if asset in pool.account(user).collateral:
        if is_last:
            pool.flag_collateral(asset, user, on=False)
        if pool.account(user).borrowing:
            pool.require_healthy(user)
    return {"amount": amount}


def transfer(pool: Pool, args: Args) -> Out:
    """Pass supply on to another account, with the checks of a withdrawal; it secures nothing there."""
    user, to, asset, amount = args["user"], args["to"], args["asset"], args["amount"]
    fits(amount * RAY)
    before = pool.account(user).supply.get(asset, 0)
    scaled = rules.supply_scaled_burn(amount, pool.supply_index(asset))
    pool.move_supply(asset, user, to, scaled)
    require(not pool.reserves[asset].parameters.is_paused, "paused")
    if user != to and scaled != 0 and asset in pool.account(user).collateral:
        if before == scaled:
            pool.flag_collateral(asset, user, on=False)
        if pool.account(user).borrowing:
            pool.require_may_leave(asset, user)
    return {}


def set_collateral(pool: Pool, args: Args) -> Out:
    """Let supply secure the account's debt, or not."""
    user, asset = args["user"], args["asset"]
    pool.require_open(asset)
    account = pool.account(user)
    if args["use"] == (asset in account.collateral):
        return {}
    if args["use"]:
        require(account.supply.get(asset, 0) != 0, "nothing_supplied")
        require(pool.ltv(account, asset) != 0, "collateral_ltv_zero")
    pool.flag_collateral(asset, user, on=args["use"])
    if not args["use"]:
        pool.require_may_leave(asset, user)
    return {}


def set_emode(pool: Pool, args: Args) -> Out:
    """Enter a category, or leave it for 0: each debt and each collateral must have a place there."""
    user, chosen = args["user"], args["category"]
    account = pool.account(user)
    if account.category == chosen:
        return {}
    category = pool.categories.get(chosen)
    require(chosen == 0 or (category is not None and category.threshold != 0), "category_unknown")
    after = replace(account, category=chosen)
    for asset in pool.used(account):
        if asset in account.borrowing:
            require(pool.is_borrowable(after, asset), "category_debt")
        if asset in account.collateral:
            require(pool.ltv(after, asset) != 0, "category_collateral")
    pool.accounts[user] = after
    pool.require_healthy(user)
    return {}


def mint_to_treasury(pool: Pool, args: Args) -> Out:
    """Give the treasury the supply that it is due."""
    for asset in args["assets"]:
        reserve = pool.reserves[asset]
        if reserve.parameters.is_active and reserve.accrued_scaled:
            pool.write(asset, accrued_scaled=0)
            pool.mint_supply(asset, TREASURY, reserve.accrued_scaled)
    return {}


def _repaid(pool: Pool, args: Args, amount: int, *, comes_in: bool) -> int:
    # What both ways of repaying share; tokens that come in lower the rate.
    user, asset = args["user"], args["asset"]
    index = pool.accrue(asset).debt_index
    require(args["amount"] != 0, "nothing_asked")
    pool.require_open(asset)
    require(pool.account(user).debt.get(asset, 0) != 0, "nothing_owed")
    amount = min(amount, pool.owed(asset, user))
    is_last = pool.burn_debt(asset, user, rules.debt_scaled_burn(amount, index))
    pool.set_rates(asset, added=amount if comes_in else 0)
    if is_last:
        pool.unflag_borrowing(asset, user)
    return amount
