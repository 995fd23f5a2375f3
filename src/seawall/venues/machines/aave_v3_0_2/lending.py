"""Supply, withdraw, borrow, repay, transfer and the switches of an account in 3.0.2.

Source: Aave v3.0.2, SupplyLogic, BorrowLogic, EModeLogic, PoolLogic and ValidationLogic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import BPS, RAY, WAD
from seawall.rules import aave_v3_0_2 as rules
from seawall.venues.machines.aave_v3.pool import TREASURY
from seawall.venues.machines.aave_v3.refusals import checked, fits
from seawall.venues.machines.aave_v3_0_2.codes import WORDS
from seawall.venues.machines.aave_v3_0_2.pool import Pool
from seawall.venues.machines.machine import UINT256_MAX

Args = Mapping[str, Any]
Out = dict[str, Any]
require = WORDS.require


def supply(pool: Pool, args: Args) -> Out:
    """Put tokens in; a first supply may become collateral at once."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    reserve = pool.accrue(asset)
    require(amount != 0, "nothing_asked")
    pool.require_open(asset, also_thawed=True)
    if cap := reserve.parameters.supply_cap:
        total = rules.supply_balance(reserve.supply_scaled + reserve.accrued_scaled, reserve.supply_index)
        require(checked(total + amount) <= cap * reserve.parameters.unit, "supply_cap")
    pool.set_rates(asset, added=amount)
    pool.receive(asset, amount)
    _require_scalable(amount, reserve.supply_index)
    if pool.mint_supply(asset, user, rules.supply_scaled_mint(amount, reserve.supply_index)):
        pool.secure_first(asset, user)
    return {}


def withdraw(pool: Pool, args: Args) -> Out:
    """Take tokens out, all of them if the largest number is asked, as far as the rest secures the debt."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    index = pool.accrue(asset).supply_index
    supplied = pool.supplied(asset, user)
    if amount == UINT256_MAX:
        amount = supplied
    require(amount != 0, "nothing_asked")
    require(amount <= supplied, "more_than_supplied")
    pool.require_open(asset)
    pool.set_rates(asset, taken=amount)
    secures = asset in pool.account(user).collateral
    if secures and amount == supplied:
        pool.flag_collateral(asset, user, on=False)
    pool.burn_supply(asset, user, rules.supply_scaled_burn(amount, index))
    pool.pay(asset, amount)
    if secures and pool.account(user).borrowing:
        pool.require_may_leave(asset, user)
    return {"amount": amount}


def borrow(pool: Pool, args: Args) -> Out:
    """Borrow against the collateral's loan-to-value."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    reserve = pool.accrue(asset)
    _require_may_borrow(pool, asset, user, amount)
    _require_scalable(amount, reserve.debt_index)
    pool.mint_debt(asset, user, rules.debt_scaled_mint(amount, reserve.debt_index))
    if collateral := pool.isolating(user):
        more = checked(pool.reserves[collateral].isolated_debt + pool.of_ceiling(asset, amount), 128)
        pool.write(collateral, isolated_debt=more)
    pool.set_rates(asset, taken=amount)
    pool.pay(asset, amount)
    return {}


def repay(pool: Pool, args: Args) -> Out:
    """Repay debt with tokens, at most what is owed."""
    amount = _repaid(pool, args, args["amount"], comes_in=True)
    pool.receive(args["asset"], amount)
    return {"amount": amount}


def repay_with_supply(pool: Pool, args: Args) -> Out:
    """Repay debt with what is supplied of the same reserve; the flag of the collateral stays."""
    user, asset, amount = args["user"], args["asset"], args["amount"]
    pool.accrue(asset)
    if amount == UINT256_MAX:
        amount = pool.supplied(asset, user)
    amount = _repaid(pool, args, amount, comes_in=False)
    index = pool.reserves[asset].supply_index
    pool.burn_supply(asset, user, rules.supply_scaled_burn(amount, index))
    return {"amount": amount}


def transfer(pool: Pool, args: Args) -> Out:
    """Pass supply on to another account, with the checks of a withdrawal."""
    user, to, asset, amount = args["user"], args["to"], args["asset"], args["amount"]
    WORDS.narrowed(amount)
    index = pool.supply_index(asset)
    before, received = pool.supplied(asset, user), pool.supplied(asset, to)
    pool.move_supply(asset, user, to, rules.supply_scaled_burn(amount, index))
    require(not pool.reserves[asset].parameters.is_paused, "paused")
    if user == to or amount == 0:
        return {}
    account = pool.account(user)
    if asset in account.collateral:
        if account.borrowing:
            pool.require_may_leave(asset, user)
        if before == amount:
            pool.flag_collateral(asset, user, on=False)
    if received == 0:
        pool.secure_first(asset, to)
    return {}


def set_collateral(pool: Pool, args: Args) -> Out:
    """Let supply secure the account's debt, or not."""
    user, asset = args["user"], args["asset"]
    require(pool.supplied(asset, user) != 0, "nothing_supplied")
    pool.require_open(asset)
    if args["use"] == (asset in pool.account(user).collateral):
        return {}
    if args["use"]:
        require(pool.may_secure(asset, user), "isolated_or_ltv_zero")
    pool.flag_collateral(asset, user, on=args["use"])
    if not args["use"]:
        pool.require_may_leave(asset, user)
    return {}


def set_emode(pool: Pool, args: Args) -> Out:
    """Enter a category, or leave it for 0; health is asked of whoever was in one before."""
    user, chosen = args["user"], args["category"]
    account = pool.account(user)
    category = pool.categories.get(chosen)
    require(chosen == 0 or (category is not None and category.threshold != 0), "category_mismatch")
    if category and chosen:
        require(account.borrowing <= category.borrowable, "category_mismatch")
    pool.accounts[user] = replace(account, category=chosen)
    if account.category:
        pool.require_healthy(user)
    return {}


def mint_to_treasury(pool: Pool, args: Args) -> Out:
    """Give the treasury the supply that it is due."""
    for asset in args["assets"]:
        reserve = pool.reserves[asset]
        if not reserve.parameters.is_active or not reserve.accrued_scaled:
            continue
        pool.write(asset, accrued_scaled=0)
        index = pool.supply_index(asset)
        if due := rules.supply_balance(reserve.accrued_scaled, index):
            pool.mint_supply(asset, TREASURY, rules.supply_scaled_mint(due, index))
    return {}


def _require_may_borrow(pool: Pool, asset: str, user: str, amount: int) -> None:
    reserve, account = pool.reserves[asset], pool.account(user)
    parameters = reserve.parameters
    require(amount != 0, "nothing_asked")
    pool.require_open(asset, also_thawed=True)
    require(parameters.is_borrowable, "not_borrowable")
    require(pool.is_up(), "sequencer_down")
    if cap := parameters.borrow_cap:
        total = rules.debt_balance(reserve.debt_scaled, reserve.debt_index)
        require(checked(total + amount) <= cap * parameters.unit, "borrow_cap")
    if collateral := pool.isolating(user):
        isolator = pool.reserves[collateral]
        require(parameters.is_borrowable_in_isolation, "not_borrowable_in_isolation")
        standing = checked(isolator.isolated_debt + pool.of_ceiling(asset, amount), 128)
        require(standing <= isolator.parameters.debt_ceiling, "debt_ceiling")
    category = pool.category(account)
    if category:
        require(asset in category.borrowable, "category_mismatch")
    found = pool.figures(user)
    require(found.collateral != 0, "no_collateral_value")
    require(found.ltv != 0, "ltv_zero")
    require(found.health > WAD, "unhealthy_after")
    # Here the category's feed counts even where it says zero.
    price = pool.prices[category.price_source if category and category.price_source else asset]
    checked(price * amount)
    debt = checked(found.debt + rules.debt_value(amount, price, parameters.unit))
    fits(debt * BPS + (found.ltv >> 1))
    require(rules.collateral_needed(debt, found.ltv) <= found.collateral, "collateral_too_small")
    if account.borrowing:
        _require_silo(pool, asset, account.borrowing)


def _require_silo(pool: Pool, asset: str, borrowing: frozenset[str]) -> None:
    # Whoever owes in one siloed reserve may borrow nothing else, and whoever owes elsewhere not in it.
    only = next(iter(borrowing)) if len(borrowing) == 1 else None
    if only is not None and pool.reserves[only].parameters.is_siloed:
        require(only == asset, "siloed")
    else:
        require(not pool.reserves[asset].parameters.is_siloed, "siloed")


def _repaid(pool: Pool, args: Args, amount: int, *, comes_in: bool) -> int:
    # What both ways of repaying share; tokens that come in lower the rate.
    user, asset = args["user"], args["asset"]
    reserve = pool.accrue(asset)
    owed = pool.owed(asset, user)
    require(args["amount"] != 0, "nothing_asked")
    pool.require_open(asset)
    require(owed != 0, "nothing_owed")
    amount = min(amount, owed)
    pool.burn_debt(asset, user, rules.debt_scaled_burn(amount, reserve.debt_index))
    pool.set_rates(asset, added=amount if comes_in else 0)
    if amount == owed:
        pool.unflag_borrowing(asset, user)
    pool.lift_isolated_debt(asset, user, amount)
    return amount


def _require_scalable(amount: int, index: int) -> None:
    # Half-up, the contract adds half the divisor before it divides.
    fits(amount * RAY + (index >> 1))
