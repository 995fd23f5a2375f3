"""Supply, redeem, borrow, repay: what one account does for itself in one market.

Source: @venusprotocol/isolated-pools 4.4.0, VToken.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import WAD
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.machine import UINT256_MAX, Receipt
from seawall.venues.machines.venus_isolated.codes import check, divisor, require, uint
from seawall.venues.machines.venus_isolated.membership import entered, require_free
from seawall.venues.machines.venus_isolated.pool import State

Args = Mapping[str, Any]


def accrue(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let interest of a market run up to now."""
    state, events = state.accrued(at, args["market"])
    return state, Receipt(events=events)


def mint(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Supply underlying for tokens."""
    state, events = state.accrued(at, args["market"])
    market, user, amount = state.market(args["market"]), args["user"], args["amount"]
    market.require_open("mint")
    if market.terms.supply_cap != UINT256_MAX:
        rate = market.exchange_rate
        uint(rate * market.supply)
        supplied = rules.redeemed_amount(market.supply, rate)
        check(uint(supplied + amount) <= market.terms.supply_cap, "SupplyCapExceeded")
    uint(amount * WAD)
    tokens = rules.minted_tokens(amount, divisor(market.exchange_rate))
    after = replace(market, cash=uint(market.cash + amount), supply=uint(market.supply + tokens))
    return state.with_market(after.with_tokens(user, tokens)), Receipt(out={"tokens": tokens}, events=events)


def redeem(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take underlying out, at least what is asked for, as far as debts and cash allow."""
    state, events = state.accrued(at, args["market"])
    market, user = state.market(args["market"]), args["user"]
    uint(args["amount"] * WAD)
    rate = divisor(market.exchange_rate)
    tokens = rules.redeemed_tokens(args["amount"], rate)
    amount = rules.redeemed_amount(tokens, rate)
    require(amount > 0, "redeemAmount is zero")
    market.require_open("redeem")
    require_free(state, user, args["market"], tokens)
    check(uint(market.cash - market.reserves) >= amount, "RedeemTransferOutNotPossible")
    market = replace(market, cash=market.cash - amount, supply=uint(market.supply - tokens))
    out = {"tokens": tokens, "amount": amount}
    return state.with_market(market.with_tokens(user, -tokens)), Receipt(out=out, events=events)


def borrow(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Borrow as far as collateral, the cap and cash go; whoever has not entered the market does so."""
    state, events = state.accrued(at, args["market"])
    market, user, amount = state.market(args["market"]), args["user"], args["amount"]
    market.require_open("borrow")
    state = entered(state, user, args["market"])
    check(market.price > 0, "PriceError")
    if market.terms.borrow_cap != UINT256_MAX:
        owed_by_all = uint(market.borrows + amount + market.bad_debt)
        check(owed_by_all <= market.terms.borrow_cap, "BorrowCapExceeded")
    after = state.snapshot(user, "collateral_factor", changed=args["market"], borrow=amount)
    check(after.shortfall == 0, "InsufficientLiquidity")
    check(uint(market.cash - market.reserves) >= amount, "BorrowCashNotAvailable")
    owed = market.owed_by(user) + amount
    market = replace(market, cash=market.cash - amount, borrows=uint(market.borrows + amount))
    return state.with_market(market.with_debt(user, owed)), Receipt(events=events)


def repay(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Repay as much as is owed, at most."""
    state, events = state.accrued(at, args["market"])
    state.market(args["market"]).require_open("repay")
    after, paid = state.market(args["market"]).repaid(args["user"], args["amount"])
    return state.with_market(after), Receipt(out={"repaid": paid}, events=events)
