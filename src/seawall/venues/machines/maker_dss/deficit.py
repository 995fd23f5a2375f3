"""Vow and Flopper: let debt out of the queue, heal it with coins, auction what is left for new tokens.

Source: makerdao/dss vow.sol, flop.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import WAD
from seawall.rules import maker_dss as rules
from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.maker_dss.codes import require, uint
from seawall.venues.machines.maker_dss.state import NO_BID, VOW, Bid, State

Args = Mapping[str, Any]
DONE = Receipt()


def flog(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let the debt of one second out of the queue."""
    era = args["era"]
    require(uint(era + state.parameters.wait) <= at, "Vow/wait-not-finished")
    queue = {each: waiting for each, waiting in state.queue.items() if each != era}
    return replace(state, queue=queue, Sin=uint(state.Sin - state.queue.get(era, 0))), DONE


def heal(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let coins of the vow and its free debt annul each other."""
    rad = args["rad"]
    require(rad <= state.vat.dai.get(VOW, 0), "Vow/insufficient-surplus")
    require(rad <= _free_sin(state), "Vow/insufficient-debt")
    return replace(state, vat=state.vat.heal(VOW, rad)), DONE


def flop(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Put a fixed part of the free debt on auction for new tokens."""
    set_ = state.parameters
    require(set_.sump <= _free_sin(state), "Vow/insufficient-debt")
    require(state.vat.dai.get(VOW, 0) == 0, "Vow/surplus-not-zero")
    number = state.flop_kicks + 1
    auction = Bid(set_.sump, set_.dump, VOW, 0, at + set_.tau)
    state = replace(
        state,
        Ash=uint(state.Ash + set_.sump),
        flops={**state.flops, number: auction},
        flop_kicks=number,
    )
    kicked = {"id": number, "lot": auction.lot, "bid": auction.bid}
    return state, Receipt(out=kicked, events=(("Kick", kicked),))


def dent(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take the same debt for fewer tokens; the bidder before has its coins back, first of all the vow."""
    set_, number, bidder, lot = state.parameters, args["id"], args["user"], args["lot"]
    auction = state.flops.get(number, NO_BID)
    require(auction.guy != "", "Flopper/guy-not-set")
    require(rules.may_be_outbid(at, auction.tic), "Flopper/already-finished-tic")
    require(rules.is_open(at, auction.tic, auction.end), "Flopper/already-finished-end")
    require(args["bid"] == auction.bid, "Flopper/not-matching-bid")
    require(lot < auction.lot, "Flopper/lot-not-lower")
    uint(set_.beg * lot)
    uint(auction.lot * WAD)
    require(rules.lowers_enough(lot, auction.lot, set_.beg, WAD), "Flopper/insufficient-decrease")
    if bidder != auction.guy:
        state = replace(state, vat=state.vat.move(bidder, auction.guy, auction.bid))
        if auction.tic == 0:
            state = _kissed(state, rules.healed_at_first_bid(auction.bid, state.Ash))
    bid = Bid(auction.bid, lot, bidder, at + set_.ttl, auction.end)
    return replace(state, flops={**state.flops, number: bid}), DONE


def deal(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Mint the tokens of an auction that is won."""
    number = args["id"]
    auction = state.flops.get(number, NO_BID)
    require(rules.is_won(at, auction.tic, auction.end), "Flopper/not-finished")
    return replace(
        state,
        flops={key: bid for key, bid in state.flops.items() if key != number},
        mkr={**state.mkr, auction.guy: state.mkr.get(auction.guy, 0) + auction.lot},
    ), DONE


def tick(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Start an auction that nobody bid in again, for more tokens."""
    set_, number = state.parameters, args["id"]
    auction = state.flops.get(number, NO_BID)
    require(auction.end < at, "Flopper/not-finished")
    require(rules.may_restart(at, auction.tic, auction.end), "Flopper/bid-already-placed")
    uint(set_.pad * auction.lot)
    again = auction._replace(lot=rules.padded_lot(auction.lot, set_.pad, WAD), end=at + set_.tau)
    return replace(state, flops={**state.flops, number: again}), DONE


def _kissed(state: State, rad: int) -> State:
    # Coins of a first bid go straight into the debt on auction: the vow holds them, they have just come.
    return replace(state, Ash=state.Ash - rad, vat=state.vat.heal(VOW, rad))


def _free_sin(state: State) -> int:
    return uint(rules.free_sin(state.vat.sin.get(VOW, 0), state.Sin, state.Ash))
