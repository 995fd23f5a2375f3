"""Maker's multi-collateral Dai as a machine, with one ilk: vaults, liquidation 2.0, and the debt auction.

Source: makerdao/dss at fa4f6630af (May 2022): vat, jug, spot, dog, clip, abaci, vow, flop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import RAY
from seawall.errors import InputError
from seawall.rules import maker_dss_vaults as rules
from seawall.venues.machines.calls import Args, Calls, take
from seawall.venues.machines.inputs import Parse, amount, name, signed
from seawall.venues.machines.machine import Action, Receipt, Revert
from seawall.venues.machines.maker_dss import deficit, sales
from seawall.venues.machines.maker_dss.codes import CODES, OUT_OF_RANGE, require, uint
from seawall.venues.machines.maker_dss.state import VOW, State, genesis

__all__ = ["CODES", "MakerDss", "State"]

DONE = Receipt()


class MakerDss:
    """The contracts as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "maker_dss"

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return the state after deployment: no vault, and every bidder with unbacked coins to bid with.

        Args:
            raw: Parameters in the contracts' units, and `users`: those called `bidder...` are given
                10^9 coins each, `keeper` starts auctions, the others own vaults.

        Raises:
            InputError: A parameter is missing or cannot be.
        """
        return genesis(raw)

    def step(self, state: State, action: Action) -> tuple[State, Receipt]:
        """Take an action.

        Raises:
            InputError: There is no such action (`action_unknown`), or its arguments are not those of it.
        """
        return take(self.name, ACTIONS, state, action)

    def view(self, state: State, at: int) -> dict[str, Any]:
        """Return what the contracts would show at a unix time [s]; integers, in their units.

        Raises:
            InputError: The time is before an auction that runs: the contracts show nothing then
                (`out_of_range`).
        """
        try:
            return self._shown(state, at)
        except Revert as revert:
            message = f"{at} is before an auction that runs: ask for its start or later"
            raise InputError(message, code=revert.refused.code) from revert

    def _shown(self, state: State, at: int) -> dict[str, Any]:
        vat, set_ = state.vat, state.parameters
        return {
            "ilk": {
                "Art": vat.Art,
                "rate": vat.rate,
                "spot": vat.spot,
                "line": vat.line,
                "dust": vat.dust,
            },
            "urns": {owner: vat.urn(owner)._asdict() for owner in set_.owners},
            "gem": {user: vat.gem.get(user, 0) for user in set_.users},
            "dai": {user: vat.dai.get(user, 0) for user in (*set_.users, VOW)},
            "vow_sin": vat.sin.get(VOW, 0),
            "vice": vat.vice,
            "debt": vat.debt,
            "vow_Sin": state.Sin,
            "vow_Ash": state.Ash,
            "Dirt": state.Dirt,
            "ilk_dirt": state.Dirt,
            "chost": state.chost,
            "feed": state.feed,
            "sales": {number: _sale(state, number) for number in state.active},
            "sale_status": {number: _status(state, number, at) for number in state.active},
            "flops": {number: bid._asdict() for number, bid in state.flops.items() if bid.guy},
            "mkr": {bidder: state.mkr.get(bidder, 0) for bidder in set_.bidders},
        }


def join(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Bring collateral in."""
    return replace(state, vat=state.vat.slip(args["user"], args["wad"])), DONE


def frob(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Change one's own vault."""
    return replace(state, vat=state.vat.frob(args["user"], args["dink"], args["dart"])), DONE


def set_price(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set the feed, and let the vat know."""
    uint(rules.feed_price(args["price"], RAY) * RAY)
    spot = rules.spot_price(args["price"], RAY, state.parameters.mat)
    return replace(state, feed=args["price"], vat=replace(state.vat, spot=spot)), DONE


def drip(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Collect the stability fee since the last time."""
    require(at >= state.rho, "Jug/invalid-now")
    try:
        rate = rules.dripped_rate(state.vat.rate, state.parameters.duty, at - state.rho)
    except OverflowError as error:
        raise Revert(OUT_OF_RANGE, CODES[OUT_OF_RANGE]) from error
    uint(rate * RAY)
    return replace(state, vat=state.vat.fold(VOW, rate), rho=at), DONE


def _sale(state: State, number: int) -> dict[str, int]:
    sale = state.sales[number]
    return {
        "pos": state.active.index(number),
        "tab": sale.tab,
        "lot": sale.lot,
        "tic": sale.tic,
        "top": sale.top,
    }


def _status(state: State, number: int, at: int) -> dict[str, int | bool]:
    sale = state.sales[number]
    is_stale, price = sales.status(state.parameters, sale, at)
    return {"needs_redo": is_stale, "price": price, "lot": sale.lot, "tab": sale.tab}


_AUCTION: dict[str, Parse] = {"user": name, "id": amount}
# Each action: what does it, and how its arguments are read.
ACTIONS: Calls[State] = {
    "join": (join, {"user": name, "wad": amount}),
    "frob": (frob, {"user": name, "dink": signed, "dart": signed}),
    "set_price": (set_price, {"price": amount}),
    "drip": (drip, {}),
    "bark": (sales.bark, {"user": name}),
    "take": (sales.take, {**_AUCTION, "amt": amount, "max": amount}),
    "redo": (sales.redo, _AUCTION),
    "flog": (deficit.flog, {"era": amount}),
    "heal": (deficit.heal, {"rad": amount}),
    "flop": (deficit.flop, {}),
    "dent": (deficit.dent, {**_AUCTION, "lot": amount, "bid": amount}),
    "deal": (deficit.deal, _AUCTION),
    "tick": (deficit.tick, _AUCTION),
}
