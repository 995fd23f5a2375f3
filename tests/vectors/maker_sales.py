"""Serve Maker's vectors of one liquidation (Dog) and one purchase (Clipper), by the rules of its machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.units import RAY
from seawall.rules import maker_dss
from seawall.rules import maker_dss_vaults as rules
from tests.vectors.outcome import whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


def bark(_: str, inputs: Inputs) -> Outputs:
    """Liquidate a vault as far as there is room; started as an auction where a price is given."""
    ink, art, rate, spot, dust, chop = _ints(inputs, "ink", "art", "rate", "spot", "dust", "chop")
    hole, hole_all, dirt, dirt_all = _ints(inputs, "hole", "Hole", "dirt", "Dirt")
    if not rules.is_unsafe(ink * spot, art * rate, spot):
        return {"revert": "Dog/not-unsafe"}
    if not rules.has_room(hole_all, dirt_all, hole, dirt):
        return {"revert": "Dog/liquidation-limit-hit"}
    room = min(hole_all - dirt_all, hole - dirt)
    taken = rules.liquidated_art(art, rate, room, chop, dust)
    if rules.is_dusty_auction(art, taken, rate, dust):
        return {"revert": "Dog/dusty-auction-from-partial-liquidation"}
    lot = rules.liquidated_ink(ink, taken, art)
    if lot == 0:
        return {"revert": "Dog/null-auction"}
    due = taken * rate
    tab = rules.with_penalty(due, chop)
    done = {
        "room": room,
        "dart": taken,
        "dink": lot,
        "lot": lot,
        "due": due,
        "vow_sin_added_due": due,
        "tab": tab,
        "ink": ink - lot,
        "art": art - taken,
        "ink_left": ink - lot,
        "art_left": art - taken,
        "Dirt_after": dirt_all + tab,
        "dirt_after": dirt + tab,
    }
    if "price_feed" in inputs:
        price = rules.feed_price(whole(inputs["price_feed"]), whole(inputs.get("par", RAY)))
        done["top"] = rules.start_price(price, whole(inputs["buf"]))
        done["coin"] = rules.keeper_coin(tab, *_ints({"tip": 0, "chip": 0, **inputs}, "tip", "chip"))
    return done


def take(_: str, inputs: Inputs) -> Outputs:
    """Buy from an auction; the tab of one whose lot is sold out is nobody's any more."""
    lot, tab, most, chost = _ints(inputs, "lot", "tab", "amt", "chost")
    price = _price(inputs)
    if whole(inputs["max"]) < price:
        return {"revert": "Clipper/too-expensive"}
    allowed, owed, bought = rules.purchase(tab, lot, price, most, chost)
    if not allowed:
        return {"revert": "Clipper/no-partial-purchase"}
    tab_left, lot_left = tab - owed, lot - bought
    is_over = not (tab_left and lot_left)
    digs = owed if lot_left else tab
    return {
        "price": price,
        "owe": owed,
        "slice": bought,
        "tab": 0 if is_over else tab_left,
        "tab_uncollected": tab_left if is_over else 0,
        "lot": lot_left,
        "digs": digs,
        "dirt_after": whole(inputs.get("dirt", tab)) - digs,
        "auction_removed": is_over,
        "lot_returned_to_owner": lot_left if is_over else 0,
        "bad_debt": max(0, whole(inputs.get("due", 0)) - owed),
    }


def _price(inputs: Inputs) -> int:
    if "price" in inputs:
        return int(whole(inputs["price"]))
    top, elapsed = _ints(inputs, "top", "elapsed_s")
    if "tau_s" in inputs:
        return maker_dss.linear_price(top, whole(inputs["tau_s"]), elapsed)
    return maker_dss.stair_price(top, *_ints({"step_s": 1, **inputs}, "cut", "step_s"), elapsed)


def _ints(inputs: Inputs, *keys: str) -> list[int]:
    return [whole(inputs[key]) for key in keys]


SERVED = (
    ("MakerDAO", {"ink", "art", "rate", "spot", "dust", "chop", "hole", "Hole", "dirt", "Dirt"}, bark),
    ("MakerDAO", {"lot", "tab", "amt", "chost", "max"}, take),
)
