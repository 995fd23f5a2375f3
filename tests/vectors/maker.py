"""Serve Maker's vectors of a loss: debt auctions step by step, and global settlement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from seawall.core.units import WAD
from seawall.rules import maker_dss
from tests.vectors.outcome import whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


@dataclass
class Flop:
    """One debt auction as the contract keeps it: `guy` has paid, `Ash` is the debt on auction."""

    now: int
    beg: int
    pad: int
    ttl: int
    tau: int
    dai: dict[str, int]
    seller: str = "gal"
    bid: int = 0
    lot: int = 0
    guy: str = ""
    tic: int = 0
    end: int = 0
    ash: int = 0
    minted: int = 0
    winner: str = ""
    outbid: set[str] = field(default_factory=set)

    def step(self, op: Mapping[str, Any]) -> bool:
        """Do one operation; False where the contract refuses it."""
        kind = op["op"]
        if kind == "warp":
            self.now += whole(op["dt_s"])
            return True
        if kind == "kick":
            self.bid, self.lot, self.guy = whole(op["bid"]), whole(op["lot"]), self.seller
            self.tic, self.end, self.ash = 0, self.now + self.tau, self.ash + self.bid
            return True
        if kind == "dent":
            return self.dent(op["who"], whole(op["lot"]), whole(op["bid"]))
        if kind == "tick":
            if not maker_dss.may_restart(self.now, self.tic, self.end):
                return False
            self.lot, self.end = maker_dss.padded_lot(self.lot, self.pad, WAD), self.now + self.tau
            return True
        if kind == "deal":
            if not maker_dss.is_won(self.now, self.tic, self.end):
                return False
            self.minted, self.winner = self.minted + self.lot, self.guy
            return True
        raise ValueError(f"no operation of a debt auction is called {kind!r}")

    def dent(self, who: str, lot: int, bid: int) -> bool:
        """Bid for less of the lot."""
        if not maker_dss.is_open(self.now, self.tic, self.end) or bid != self.bid:
            return False
        if not maker_dss.lowers_enough(lot, self.lot, self.beg, WAD):
            return False
        if who != self.guy:
            if self.dai.get(who, 0) < bid:
                return False
            self.dai[who] -= bid
            self.dai[self.guy] = self.dai.get(self.guy, 0) + bid
            if self.tic == 0:
                self.ash -= maker_dss.healed_at_first_bid(bid, self.ash)
            else:
                self.outbid.add(self.guy)
        self.guy, self.lot, self.tic = who, lot, self.now + self.ttl
        return True


def flop(_: str, inputs: Inputs) -> Outputs:
    """Play a debt auction; every bidder who was outbid and has its money back is `<name>_refunded`."""
    start = {name: whole(amount) for name, amount in inputs["dai"].items()}
    auction = Flop(
        whole(inputs["t0"]),
        whole(inputs["beg"]),
        whole(inputs["pad"]),
        whole(inputs["ttl_s"]),
        whole(inputs["tau_s"]),
        dict(start),
    )
    refused = [number for number, op in enumerate(inputs["ops"]) if not auction.step(op)]
    refunds = {
        f"{name}_refunded": name in auction.outbid and auction.dai[name] == start.get(name, 0)
        for name in start
        if name != auction.seller
    }
    return {
        "minted_gov_tokens": auction.minted,
        "winner": auction.winner,
        "recovered_dai": auction.dai.get(auction.seller, 0) - start.get(auction.seller, 0),
        "Ash_after": auction.ash,
        "dai_after": auction.dai,
        "lot_after": auction.lot,
        "refused": refused,
        **refunds,
    }


def settlement(_: str, inputs: Inputs) -> Outputs:
    """Global settlement: what each vault keeps, and what one coin redeems."""
    urns: Sequence[Mapping[str, Any]] = inputs["urns"]
    rate = whole(inputs["rate"])
    tag = maker_dss.settlement_tag(whole(inputs["par"]), whole(inputs["price"]))
    owed = [maker_dss.settlement_owed(whole(urn["art"]), rate, tag) for urn in urns]
    skimmed = [min(whole(urn["ink"]), due) for urn, due in zip(urns, owed, strict=True)]
    gap = sum(owed) - sum(skimmed)
    art = sum(whole(urn["art"]) for urn in urns)
    fix = maker_dss.settlement_fix(art, rate, tag, gap, whole(inputs["total_debt"]))
    coins = [whole(amount) for amount in inputs["cash_wad"]]
    cash = [maker_dss.settlement_cash(amount, fix) for amount in coins]
    return {
        "tag": tag,
        "gap": gap,
        "fix": fix,
        "skimmed": skimmed,
        "dust_left_in_end": sum(skimmed) - sum(cash),
        **{
            f"urn{number}_ink_left": whole(urn["ink"]) - taken
            for number, (urn, taken) in enumerate(zip(urns, skimmed, strict=True), 1)
        },
        **{
            f"cash_{Fraction(amount, WAD)}_dai": redeemed
            for amount, redeemed in zip(coins, cash, strict=True)
        },
    }


SERVED = (
    ("MakerDAO Flopper", {"beg", "pad", "ttl_s", "tau_s", "dai", "ops", "t0"}, flop),
    ("MakerDAO End", {"urns", "price", "rate", "total_debt", "par", "cash_wad"}, settlement),
)
