"""Shortfall: the risk fund is auctioned for the pool's bad debt.

Bidders pay the markets' own assets, which cancel bad debt; the winner gets the fund's part.

Source: @venusprotocol/isolated-pools 4.4.0, Shortfall.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import BPS, WAD
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.venus_isolated.codes import divisor, require, uint
from seawall.venues.machines.venus_isolated.market import Event
from seawall.venues.machines.venus_isolated.pool import (
    ENDED,
    LARGE_POOL_DEBT,
    LARGE_RISK_FUND,
    STARTED,
    Auction,
    State,
)

Args = Mapping[str, Any]
TELLER = "shortfall"


def set_risk_fund(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set what the risk fund holds."""
    return replace(state, risk_fund=args["amount"]), Receipt()


def start_auction(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Put the risk fund, or what the debt and the incentive come to, up for all bad debt of the pool."""
    require(state.auction.status != STARTED, "auction is on-going")
    state, told = _started(state, at)
    return state, Receipt(events=(told,))


def restart_auction(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Start again an auction that nobody bid in, at today's prices, debts and fund."""
    auction = state.auction
    require(auction.status == STARTED, "no on-going auction")
    require(_is_stale(state, at), "you need to wait for more time for first bidder")
    ended: Event = ("AuctionRestarted", TELLER, {"auctionStartBlockOrTimestamp": auction.start})
    state, told = _started(state, at)
    return state, Receipt(events=(ended, told))


def place_bid(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Bid better than the standing bid, whose bidder is paid back."""
    auction, bid_bps = state.auction, args["bid_bps"]
    require(auction.status == STARTED, "no on-going auction")
    require(not _is_stale(state, at), "auction is stale, restart it")
    require(bid_bps > 0, "basis points cannot be zero")
    require(bid_bps <= BPS, "basis points cannot be more than 10000")
    is_fund_larger, has_bid = auction.kind == LARGE_RISK_FUND, auction.bidder is not None
    is_best = rules.beats(bid_bps, auction.bid_bps, auction.start_bps, has_bid, is_fund_larger)
    require(is_best, "your bid is not the highest")
    part_bps = BPS if is_fund_larger else bid_bps
    paid = tuple(rules.part_of(debt, part_bps) for debt in auction.debts)
    auction = auction._replace(bidder=args["user"], bid_bps=bid_bps, bid_at=at, paid=paid)
    told = {"auctionStartBlockOrTimestamp": auction.start, "bidBps": bid_bps}
    return replace(state, auction=auction), Receipt(events=(("BidPlaced", TELLER, told),))


def close_auction(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let the standing bid win: what it paid cancels bad debt, and the bidder gets its part of the fund."""
    auction, set_ = state.auction, state.parameters
    require(auction.status == STARTED, "no on-going auction")
    is_won = rules.is_won(at, auction.bid_at, set_.next_bidder_s, auction.bidder is not None)
    require(is_won, "waiting for next bidder. cannot close auction")
    events: tuple[Event, ...] = ()
    for market, paid in zip(state.markets.values(), auction.paid, strict=True):
        after = replace(market, cash=uint(market.cash + paid), bad_debt=uint(market.bad_debt - paid))
        told = {"badDebtOld": market.bad_debt, "badDebtNew": after.bad_debt}
        events = (*events, ("BadDebtRecovered", market.terms.symbol, told))
        state = state.with_market(after)
    part_bps = auction.bid_bps if auction.kind == LARGE_RISK_FUND else BPS
    given = rules.part_of(auction.seized, part_bps)
    closed = {
        "auctionStartBlockOrTimestamp": auction.start,
        "highestBidBps": auction.bid_bps,
        "seizedRiskFind": given,
    }
    state = replace(state, auction=auction._replace(status=ENDED), risk_fund=uint(state.risk_fund - given))
    return state, Receipt(events=(*events, ("AuctionClosed", TELLER, closed)))


def _is_stale(state: State, at: int) -> bool:
    auction, wait_s = state.auction, state.parameters.first_bidder_s
    return rules.is_stale(at, auction.start, wait_s, auction.bidder is not None)


def _started(state: State, at: int) -> tuple[State, Event]:
    set_, fund = state.parameters, state.risk_fund
    debts = tuple(each.bad_debt for each in state.markets.values())
    for each in state.markets.values():
        uint(each.price * each.bad_debt)
    worth = uint(sum(rules.value(each.price, each.bad_debt) for each in state.markets.values()))
    require(worth >= set_.bad_debt_min, "pool bad debt is too low")
    uint(fund * WAD)
    wanted = uint(rules.debt_plus_incentive(worth, set_.incentive_bps))
    if rules.is_fund_larger(fund, wanted):
        kind, start_bps = LARGE_RISK_FUND, BPS
    else:
        kind = LARGE_POOL_DEBT
        start_bps = rules.start_bid_bps(fund, divisor(worth), set_.incentive_bps)
    auction = Auction(
        start=at,
        kind=kind,
        status=STARTED,
        seized=rules.fund_seized(fund, wanted),
        start_bps=start_bps,
        debts=debts,
    )
    told = {
        "auctionStartBlockOrTimestamp": at,
        "auctionType": kind,
        "marketsDebt": debts,
        "seizedRiskFund": auction.seized,
        "startBidBps": start_bps,
    }
    return replace(state, auction=auction), ("AuctionStarted", TELLER, told)
