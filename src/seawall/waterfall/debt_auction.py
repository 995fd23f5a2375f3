"""A debt auction: an asset is sold for the loss's asset, over time, and whoever gives it bears the loss.

When it is asked, the layer holds the loss and opens an auction; the bids come with later events.
The standing bid is paid into `clearing:auction:<id>` and given back when it is outbid. A won auction
pays the deficit and the issuer gives the lot; what it did not raise goes on to the layers below.
The charge is the issuer's: its holders are diluted by the lot, and the working says by how much.

    flop     auctions = floor(loss / bid_size); a bid asks for at most lot / (1 + beg), and pays bid_size
             without a bid the next lot is lot * (1 + pad)
    english  a bid pays at least the last one * (1 + beg), at most the loss, for the whole lot
    dutch    price = start_price * (1 - step) ^ floor(elapsed / step_s), down; cost up, lot down

Source: makerdao/dss flop.sol (flop), flip.sol `tend` (english), abaci.sol `StairstepExponentialDecrease`
(dutch).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seawall.core.layers import DebtAuctionTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Pending, Posting, Settlement, Working
from seawall.core.parties import auction_of
from seawall.core.rounding import mul_div_down
from seawall.core.units import PPM
from seawall.waterfall.auction import Auction, in_bid_order, standing, taken_at, why_refused
from seawall.waterfall.holding import hold
from seawall.waterfall.layer import SEIZED, BoundLayer, WaterfallState, payment

BREAKS: Mapping[str, Mapping[str, str]] = {
    "debt_auction": {
        "W5": "a flop raises whole bids: the loss beyond the last whole one goes on to the next layer",
        "W6": "a flop raises whole bids: two losses below one bid each raise nothing, together they may",
    },
}
AUCTIONS_MAX = 1_000
_Verdicts = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class DebtAuction(BoundLayer[DebtAuctionTerms]):
    """Holds the loss until an auction has raised it: kind debt_auction, flop, english or dutch."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return what may be put on auction: the loss within cap and share; for a flop in whole bids."""
        if not self._lot(state):
            return 0
        room = self.share(default, self.cap_left(state, default, default.loss))
        size = self._bid_size(state, default, room)
        return min(mul_div_down(room, 1, size), AUCTIONS_MAX) * size if size else 0

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Open as many auctions as the loss has whole bids, each over the lot."""
        if limit is None:
            limit = self.capacity(state, default)
        room = min(limit, self.capacity(state, default), default.loss)
        size = self._bid_size(state, default, room)
        count = min(mul_div_down(room, 1, size), AUCTIONS_MAX) if size else 0
        if not count:
            return self.nothing(default, "the loss is below one bid, or nothing is offered")
        held = hold(state, default, count * size)
        end = state.now + self.terms.duration_s
        top = state.units(self.terms.start_price, default.asset)
        lot = self._lot(state)
        # Cash from earlier closings can leave less owed than whole bids: the last auction raises the rest.
        amounts = [min(size, held.amount - number * size) for number in range(count)]
        opened = [Auction(amount, 0, lot, 0, end, state.now - 1, top=top) for amount in amounts if amount > 0]
        pending = tuple(
            self._numbered(self.held(state, default, item.raised, end, item.memory()), number, len(opened))
            for number, item in enumerate(opened, 1)
        )
        working = self.working(
            f"open {self.terms.style} auctions",
            {
                "loss": default.loss,
                "limit": limit,
                "auctions": len(pending),
                "raised_by_each": size,
                "lot_asset": self.terms.lot_asset,
                "lot": lot,
                "issuer": self.terms.issuer,
                "end": end,
            },
            "auctions = floor(loss / bid size)",
            "whole bids; what is beyond them goes on",
        )
        return Absorption(
            self.name,
            self.kind,
            0,
            (),
            held.rest,
            moves=held.closings,
            lots_closed=held.closed,
            state_changes=self.use(state, default, held.amount),
            pending=pending,
            working=working,
        )

    def settle(self, state: WaterfallState, pending: Pending) -> Settlement:
        """Hear the bids made since, and settle what is won or over by the time of the event."""
        if self.terms.style == "dutch":
            return self._settle_dutch(state, pending)
        before = Auction.of(pending)
        auction, verdicts = before, _Verdicts()
        for bid in in_bid_order(
            [bid for bid in state.event.bids if bid.auction == pending.id], state.event_id
        ):
            auction = auction.restarted(bid.at, self.terms)
            why = self._why_unheard(state, pending, bid.at, bid.bidder, bid.pay, before)
            why = why or why_refused(auction, bid, self.terms)
            if not why:
                auction = standing(auction, bid, self.terms)
            verdicts.append(_verdict(bid.bidder, bid.pay, bid.lot, bid.at, why))
        auction = auction.restarted(state.now, self.terms)
        escrow = auction_of(pending.id)
        moves = self._change_of_hands(state, pending, before, auction, escrow)
        if auction.is_won(state.now):
            if self._can_give(state, auction.lot):
                return self._won(state, pending, auction, escrow, moves, verdicts)
            back = payment(escrow, pending.asset, auction.pay, _account(state, auction.bidder))
            working = self._said(
                pending, "won, but the issuer has not the lot: the bid is given back", verdicts
            )
            return Settlement(
                pending,
                0,
                pending.amount,
                moves=(*moves, Move("auction:refund", back, working)),
                working=working,
            )
        if auction.is_over(state.now):
            working = self._said(pending, "ended without a bid", verdicts)
            return Settlement(pending, 0, pending.amount, working=working)
        left = replace(pending, due=auction.end, memory=_memory(pending, auction))
        if left == replace(pending, memory=dict(pending.memory)):
            left = pending
        return Settlement(
            pending,
            0,
            0,
            left=left,
            moves=moves,
            working=self._said(pending, "the auction goes on", verdicts),
        )

    def _settle_dutch(self, state: WaterfallState, pending: Pending) -> Settlement:
        before = Auction.of(pending)
        auction, verdicts, lines, sold = before, _Verdicts(), list[Posting](), 0
        unit = state.draft.book.asset(self.terms.lot_asset).unit
        spent: dict[str, int] = {}
        for bid in in_bid_order(
            [bid for bid in state.event.bids if bid.auction == pending.id], state.event_id
        ):
            auction = auction.restarted(bid.at, self.terms)
            lot, cost, why = (0, 0, "all is raised")
            if auction.raised:
                lot, cost, why = taken_at(auction, bid, self.terms, unit)
            paid = spent.get(bid.bidder, 0) + cost
            why = why or self._why_unheard(state, pending, bid.at, bid.bidder, paid, before)
            why = why or ("" if self._can_give(state, sold + lot) else "the issuer has not the lot")
            verdicts.append(_verdict(bid.bidder, cost or bid.pay, lot or bid.lot, bid.at, why))
            if why:
                continue
            buyer, spent[bid.bidder], sold = _account(state, bid.bidder), paid, sold + lot
            auction = replace(auction, raised=auction.raised - cost, lot=auction.lot - lot, last=bid.at)
            lines += payment(buyer, pending.asset, cost)
            lines += payment(self.terms.issuer, self.terms.lot_asset, lot, buyer)
        auction = auction.restarted(state.now, self.terms)
        received = before.raised - auction.raised
        failed = auction.raised if auction.is_over(state.now) or not auction.lot else 0
        left: Pending | None = None
        if auction.raised > failed:
            left = replace(pending, amount=auction.raised, due=auction.end, memory=_memory(pending, auction))
            left = pending if auction == before else left
        rule = "sold at the falling price" if received else "nothing sold"
        working = self._said(pending, rule, verdicts, self._dilution(state, sold))
        return Settlement(
            pending,
            received,
            failed,
            self._charges(pending, received),
            left,
            (Move("auction:sale", tuple(lines), working),) if lines else (),
            working=working,
        )

    def _won(
        self,
        state: WaterfallState,
        pending: Pending,
        auction: Auction,
        escrow: str,
        moves: Sequence[Move],
        verdicts: _Verdicts,
    ) -> Settlement:
        working = self._said(
            pending,
            "won",
            verdicts,
            {"winner": auction.bidder, "paid": auction.pay, **self._dilution(state, auction.lot)},
        )
        winner = _account(state, auction.bidder)
        lines = (
            *payment(escrow, pending.asset, auction.pay),
            *payment(self.terms.issuer, self.terms.lot_asset, auction.lot, winner),
        )
        return Settlement(
            pending,
            auction.pay,
            pending.amount - auction.pay,
            self._charges(pending, auction.pay),
            moves=(*moves, Move("auction:won", lines, working)),
            working=working,
        )

    def _change_of_hands(
        self, state: WaterfallState, pending: Pending, before: Auction, now: Auction, escrow: str
    ) -> tuple[Move, ...]:
        # The last standing bid is paid in, the one it replaced is given back.
        if (before.bidder, before.pay) == (now.bidder, now.pay):
            return ()
        lines: list[Posting] = []
        if before.bidder:
            lines += payment(escrow, pending.asset, before.pay, _account(state, before.bidder))
        lines += payment(_account(state, now.bidder), pending.asset, now.pay, escrow)
        return (Move("auction:bid", tuple(lines), self._said(pending, "the standing bid is paid in", [])),)

    def _why_unheard(
        self, state: WaterfallState, pending: Pending, at: int, bidder: str, paid: int, before: Auction
    ) -> str:
        if not before.last < at <= state.now:
            return f"made at {at}, not after {before.last} and by {state.now}"
        account = _account(state, bidder)
        if state.kind_of(account) in ("user", "fund"):
            own = before.pay if bidder == before.bidder else 0
            if paid > state.draft.cash(account, pending.asset) + own:
                return f"{account} has not the cash for it"
        return ""

    def _can_give(self, state: WaterfallState, lot: int) -> bool:
        # Parties outside and the venue itself mint; a fund or an account gives what it has.
        if state.kind_of(self.terms.issuer) in ("external", "venue"):
            return True
        return lot <= state.draft.cash(self.terms.issuer, self.terms.lot_asset)

    def _charges(self, pending: Pending, received: int) -> tuple[Charge, ...]:
        if not received:
            return ()
        reason = f"gives {self.terms.lot_asset} for it: dilution"
        return (Charge(self.terms.issuer, pending.asset, received, self.name, pending.account, reason),)

    def _dilution(self, state: WaterfallState, lot: int) -> dict[str, object]:
        held = state.draft.holders(self.terms.lot_asset, "cash")
        supply = sum(balance for name, balance in held if balance > 0 and name != self.terms.issuer)
        return {
            "lot": lot,
            "supply_before": supply,
            "dilution_ppm": mul_div_down(lot, PPM, supply + lot) if lot else 0,
        }

    def _said(
        self, pending: Pending, rule: str, verdicts: _Verdicts, more: Mapping[str, object] | None = None
    ) -> Working:
        return self.working(
            rule,
            {"auction": pending.id, "raised": pending.amount, "bids": verdicts, **(more or {})},
            "dilution = lot / (supply before + lot)",
            "flop and english: none; dutch: cost up, lot down",
        )

    def _lot(self, state: WaterfallState) -> int:
        self.named_asset(state, self.terms.lot_asset)
        return state.units(self.terms.lot_size, self.terms.lot_asset)

    def _bid_size(self, state: WaterfallState, default: Default, room: int) -> int:
        if self.terms.style != "flop":
            return room
        return state.units(self.terms.bid_size, default.asset) or room

    @staticmethod
    def _numbered(pending: Pending, number: int, count: int) -> Pending:
        return pending if count == 1 else replace(pending, id=f"{pending.id}:{number}")


def _memory(pending: Pending, auction: Auction) -> dict[str, int]:
    # What was held remembers more than its auction.
    kept = {SEIZED: 1} if SEIZED in pending.memory else {}
    return {**auction.memory(), **kept}


def _account(state: WaterfallState, bidder: str) -> str:
    # A bidder without an account of the book stands outside it.
    if bidder in state.draft.book.row_of or bidder.startswith("external:"):
        return bidder
    return f"external:{bidder}"


def _verdict(bidder: str, pay: int, lot: int, at: int, why: str) -> dict[str, object]:
    return {"bidder": bidder, "pay": pay, "lot": lot, "at": at, "refused": why}
