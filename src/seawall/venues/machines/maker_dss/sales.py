"""Dog and Clipper: liquidate a vault, sell its collateral at a falling price, start again what went stale.

Source: makerdao/dss dog.sol, clip.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import RAY, WAD
from seawall.rules import maker_dss
from seawall.rules import maker_dss_vaults as rules
from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.maker_dss.codes import require, uint
from seawall.venues.machines.maker_dss.state import CLIP, KEEPER, VOW, Parameters, Sale, State

Args = Mapping[str, Any]
NO_SALE = Sale(0, 0, "", 0, 0)


def bark(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take an unsafe vault, or what of it there is room for, and put its collateral on auction."""
    vat, set_, owner = state.vat, state.parameters, args["user"]
    ink, art = vat.urn(owner)
    secured, owed = uint(ink * vat.spot), uint(art * vat.rate)
    require(rules.is_unsafe(secured, owed, vat.spot), "Dog/not-unsafe")
    require(rules.has_room(set_.Hole, state.Dirt, set_.hole, state.Dirt), "Dog/liquidation-limit-hit")
    room = min(set_.Hole, set_.hole) - state.Dirt
    uint(room * WAD)
    taken = rules.liquidated_art(art, vat.rate, room, set_.chop, vat.dust)
    require(
        not rules.is_dusty_auction(art, taken, vat.rate, vat.dust),
        "Dog/dusty-auction-from-partial-liquidation",
    )
    uint(ink * taken)
    lot = rules.liquidated_ink(ink, taken, art)
    require(lot > 0, "Dog/null-auction")
    due = uint(taken * vat.rate)
    uint(due * set_.chop)
    tab = rules.with_penalty(due, set_.chop)
    waiting = uint(state.queue.get(at, 0) + due)
    state = replace(
        state,
        vat=vat.grab(owner, CLIP, VOW, lot, taken),
        queue={**state.queue, at: waiting},
        Sin=uint(state.Sin + due),
        Dirt=uint(state.Dirt + tab),
    )
    number = state.kicks + 1
    top = _start_price(state)
    coin = rules.keeper_coin(tab, set_.tip, set_.chip)
    state = replace(
        state,
        vat=state.vat.suck(VOW, KEEPER, coin) if coin else state.vat,
        sales={**state.sales, number: Sale(tab, lot, owner, at, top)},
        active=(*state.active, number),
        kicks=number,
    )
    barked = {"id": number, "ink": lot, "art": taken, "due": due}
    kicked = {"id": number, "top": top, "tab": tab, "lot": lot, "coin": coin}
    return state, Receipt(out=barked, events=(("Kick", kicked), ("Bark", barked)))


def take(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Buy collateral on auction with one's own coins, at the price of the moment."""
    number, most, buyer = args["id"], args["max"], args["user"]
    sale = state.sales.get(number, NO_SALE)
    require(sale.owner != "", "Clipper/not-running-auction")
    is_stale, price = status(state.parameters, sale, at)
    require(not is_stale, "Clipper/needs-reset")
    require(most >= price, "Clipper/too-expensive")
    uint(min(sale.lot, args["amt"]) * price)
    allowed, owed, bought = rules.purchase(sale.tab, sale.lot, price, args["amt"], state.chost)
    require(allowed, "Clipper/no-partial-purchase")
    tab, lot = sale.tab - owed, sale.lot - bought
    dug = owed if lot else sale.tab  # a tab that nothing is left to sell for leaves the auctions with it
    vat = state.vat.flux(CLIP, buyer, bought).move(buyer, VOW, owed)
    state = replace(state, vat=vat, Dirt=uint(state.Dirt - dug))
    if lot and tab:
        state = replace(state, sales={**state.sales, number: sale._replace(tab=tab, lot=lot)})
    else:
        state = _removed(replace(state, vat=vat.flux(CLIP, sale.owner, lot)), number)
    paid = {"id": number, "max": most, "price": price, "owe": owed, "tab": tab, "lot": lot}
    return state, Receipt(out=paid, events=(("Digs", {"rad": dug}), ("Take", paid)))


def redo(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Start a stale auction again at the feed's price of today."""
    number, set_ = args["id"], state.parameters
    sale = state.sales.get(number, NO_SALE)
    require(sale.owner != "", "Clipper/not-running-auction")
    is_stale, _ = status(set_, sale, at)
    require(is_stale, "Clipper/cannot-reset")
    top = _start_price(state)
    coin = 0
    if (set_.tip or set_.chip) and sale.tab >= state.chost:
        price = rules.feed_price(state.feed, RAY)
        uint(sale.lot * price)
        if rules.is_paid_for(sale.tab, sale.lot, price, state.chost):
            coin = rules.keeper_coin(sale.tab, set_.tip, set_.chip)
    state = replace(
        state,
        vat=state.vat.suck(VOW, args["user"], coin) if coin else state.vat,
        sales={**state.sales, number: sale._replace(tic=at, top=top)},
    )
    redone = {"id": number, "top": top, "tab": sale.tab, "lot": sale.lot, "coin": coin}
    return state, Receipt(out=redone, events=(("Redo", redone),))


def status(parameters: Parameters, sale: Sale, at: int) -> tuple[bool, int]:
    """Return whether an auction must be started again, and its price [ray]."""
    elapsed = uint(at - sale.tic)
    price = _price(parameters, sale.top, elapsed)
    return rules.needs_reset(price, sale.top, parameters.cusp, elapsed, parameters.tail), price


def _price(parameters: Parameters, top: int, elapsed: int) -> int:
    if parameters.curve == "LinearDecrease":
        return maker_dss.linear_price(top, parameters.tau_price, elapsed)
    return maker_dss.stair_price(top, parameters.cut, parameters.step, elapsed)


def _start_price(state: State) -> int:
    price = uint(rules.feed_price(state.feed, RAY))
    uint(price * state.parameters.buf)
    top = rules.start_price(price, state.parameters.buf)
    require(top > 0, "Clipper/zero-top-price")
    return top


def _removed(state: State, number: int) -> State:
    # The last of the active auctions takes the place of the one that goes.
    *others, last = state.active
    return replace(
        state,
        sales={key: sale for key, sale in state.sales.items() if key != number},
        active=tuple(last if each == number else each for each in others),
    )
