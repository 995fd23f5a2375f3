"""Liquidate a part of one debt; or a small account whole: by orders that pay all, or healed with a loss.

Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol and VToken.sol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seawall.core.units import WAD
from seawall.rules import compound_v2
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.inputs import Parse, amount, name, read
from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.venus_isolated.codes import check, divisor, require, uint
from seawall.venues.machines.venus_isolated.market import Event, Market
from seawall.venues.machines.venus_isolated.pool import State

Args = Mapping[str, Any]
LIQUIDATOR = "liq"
_ORDER: Mapping[str, Parse] = {"market": name, "collateral": name, "repay": amount}


def liquidate_borrow(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Repay a part of one debt of an account in shortfall and seize one collateral for it."""
    user, symbol, repay = args["borrower"], args["market"], args["repay"]
    state, events = state.accrued(at, symbol, args["collateral"])
    set_ = state.parameters
    state.market(symbol).require_open("liquidate")
    account = state.snapshot(user, "liquidation_threshold")
    check(account.collateral > set_.collateral_min, "MinimalCollateralViolated")
    check(account.shortfall > 0, "InsufficientShortfall")
    most = compound_v2.max_repay(state.market(symbol).owed_by(user), set_.close_factor)
    check(repay <= most, "TooMuchRepay")
    state, told = _liquidated(state, user, symbol, args["collateral"], repay)
    return state, Receipt(events=(*events, *told))


def liquidate_account(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Liquidate a small account whole, by orders that leave no debt; its collateral must pay for all.

    Whether it may be is judged on what is stored, before interest runs up.
    """
    user, set_, orders = args["borrower"], state.parameters, _orders(args["orders"])
    account = state.snapshot(user, "liquidation_threshold")
    check(account.collateral <= set_.collateral_min, "CollateralExceedsThreshold")
    uint(account.owed * set_.incentive)
    to_seize = rules.collateral_to_seize(account.owed, set_.incentive)
    check(to_seize < account.collateral, "InsufficientCollateral")
    check(account.shortfall > 0, "InsufficientShortfall")
    events: tuple[Event, ...] = ()
    for symbol, collateral, repay in orders:
        state, accrued = state.accrued(at, symbol, collateral)
        state.market(symbol).require_open("liquidate")
        check(repay <= state.market(symbol).owed_by(user), "TooMuchRepay")
        state, told = _liquidated(state, user, symbol, collateral, repay)
        events = (*events, *accrued, *told)
    is_paid = all(each.owed_by(user) == 0 for each in state.markets.values())
    require(is_paid, "Nonzero borrow balance after liquidation")
    return state, Receipt(events=events)


def heal_account(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Seize all collateral of a small account, repay what it pays for of each debt, book the rest as lost."""
    user, set_ = args["borrower"], state.parameters
    entered = state.entered_by(user)
    state, events = state.accrued(at, *entered)
    account = state.snapshot(user, "liquidation_threshold")
    check(account.collateral <= set_.collateral_min, "CollateralExceedsThreshold")
    check(account.shortfall > 0, "InsufficientShortfall")
    uint(max(account.owed * set_.incentive, account.collateral * WAD))
    to_seize = rules.collateral_to_seize(account.owed, set_.incentive)
    part = rules.healed_part(account.collateral, divisor(to_seize))
    check(part <= WAD, "CollateralExceedsThreshold")
    for symbol in entered:
        market = state.market(symbol)
        tokens, owed = market.held_by(user), market.owed_by(user)
        if tokens:
            market, told = _seized(state, market, user, tokens)
            events = (*events, told)
        if owed:
            market, healed = _healed(market, user, rules.healed_repayment(part, owed))
            events = (*events, *healed)
        state = state.with_market(market)
    return state, Receipt(events=events)


def _orders(given: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    # What is wrong with any of them is told at once.
    raw = {f"{number}.{key}": value for number, order in enumerate(given) for key, value in order.items()}
    wanted = {f"{number}.{key}": parse for number in range(len(given)) for key, parse in _ORDER.items()}
    found = read("liquidate_account.orders", raw, wanted)
    return [
        (found[f"{number}.market"], found[f"{number}.collateral"], found[f"{number}.repay"])
        for number in range(len(given))
    ]


def _liquidated(
    state: State, user: str, symbol: str, collateral: str, repay: int
) -> tuple[State, tuple[Event, ...]]:
    check(user != LIQUIDATOR, "LiquidateLiquidatorIsBorrower")
    check(repay > 0, "LiquidateCloseAmountIsZero")
    state.market(symbol).require_open("repay")
    market, paid = state.market(symbol).repaid(user, repay)
    state = state.with_market(market)
    against = state.market(collateral)
    check(min(market.price, against.price) > 0, "PriceError")
    rate, incentive = against.exchange_rate, state.parameters.incentive
    uint(incentive * market.price)
    divisor(rules.token_price(rate, against.price))
    at_prices = (incentive, market.price, against.price, rate)
    uint(compound_v2.seize_ratio(*at_prices) * paid)
    tokens = compound_v2.seize_tokens(paid, *at_prices)
    require(against.held_by(user) >= tokens, "LIQUIDATE_SEIZE_TOO_MUCH")
    against, seized = _seized(state, against, user, tokens)
    told = ("LiquidateBorrow", symbol, {"repayAmount": paid, "seizeTokens": tokens})
    return state.with_market(against), (seized, told)


def _seized(state: State, market: Market, user: str, tokens: int) -> tuple[Market, Event]:
    # The protocol's part is redeemed at once; the liquidator keeps the rest as tokens.
    market.require_open("seize")
    check(market.terms.symbol in state.entered_by(user), "MarketNotCollateral")
    check(user != LIQUIDATOR, "LiquidateSeizeLiquidatorIsBorrower")
    kept = rules.protocol_tokens(tokens, market.terms.seize_share, state.parameters.incentive)
    paid = rules.redeemed_amount(kept, market.exchange_rate)
    after = replace(market, supply=uint(market.supply - kept), cash=uint(market.cash - paid))
    after = after.with_tokens(user, -tokens).with_tokens(LIQUIDATOR, tokens - kept)
    return after, ("ProtocolSeize", market.terms.symbol, {"amount": paid})


def _healed(market: Market, user: str, repaid: int) -> tuple[Market, tuple[Event, ...]]:
    owed, symbol = market.owed_by(user), market.terms.symbol
    if repaid:
        market.require_open("repay")
    lost = owed - repaid
    bad_debt = uint(market.bad_debt + lost)
    told = {"badDebtDelta": lost, "badDebtOld": market.bad_debt, "badDebtNew": bad_debt}
    borrows = uint(uint(market.borrows - repaid) - lost)
    market = replace(market, cash=uint(market.cash + repaid), borrows=borrows, bad_debt=bad_debt)
    events: tuple[Event, ...] = (("HealBorrow", symbol, {"repayAmount": repaid}),)
    if lost:
        events = (("BadDebtIncreased", symbol, told), *events)
    return market.with_debt(user, 0), events
