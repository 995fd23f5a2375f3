"""An auction as it stands: which bids count, when it is won, when it starts again. It posts nothing.

Its memory between events is the named ints of a `Pending`. A restart happens at the moment the
auction ended, as if somebody had called for it at once, so it makes no difference how often an
auction is looked at: settled every minute or once, the same bids win the same lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seawall.allocation.proportional import tie_keys
from seawall.core.event import Bid
from seawall.core.layers import DebtAuctionTerms
from seawall.core.loss import Pending
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import BPS, RAY
from seawall.errors import InconsistentBook
from seawall.rules import maker_dss

_BIDDER = "bidder:"
_NUMBERS = ("pay", "lot", "tic", "end", "last", "top", "restarts")


@dataclass(frozen=True, slots=True)
class Auction:
    """One auction at one moment.

    Attributes:
        raised: What it is to raise, still open [loss asset minor units], > 0.
        pay: What the standing bid pays; 0 without one. Under dutch nothing stands: bids win at once.
        lot: Offered, or asked by the standing bid [lot asset minor units].
        tic: When the standing bid wins [unix s]; 0 without one.
        end: When the auction ends [unix s].
        last: Time of the last bid that counted [unix s].
        top: Price at the start [loss asset minor units for one whole of the lot asset].
        restarts: How often it was started again.
        bidder: Of the standing bid, "" without one.
    """

    raised: int
    pay: int
    lot: int
    tic: int
    end: int
    last: int
    top: int = 0
    restarts: int = 0
    bidder: str = ""

    @classmethod
    def of(cls, pending: Pending) -> Auction:
        """Return the auction that a pending loss remembers.

        Raises:
            InconsistentBook: Its memory is not that of an auction.
        """
        memory = pending.memory
        absent = [name for name in _NUMBERS if name not in memory]
        if absent:
            message = f"pending {pending.id} remembers no {', '.join(absent)}: expected {', '.join(_NUMBERS)}"
            raise InconsistentBook(message, code="pending_memory")
        bidder = next((name.removeprefix(_BIDDER) for name in memory if name.startswith(_BIDDER)), "")
        pay, lot, tic, end, last, top, restarts = (memory[name] for name in _NUMBERS)
        return cls(pending.amount, pay, lot, tic, end, last, top, restarts, bidder)

    def memory(self) -> Mapping[str, int]:
        """Return it as named ints: `pay lot tic end last top restarts`, and `bidder:<name>` = 1."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return numbers | ({f"{_BIDDER}{self.bidder}": 1} if self.bidder else {})

    def price_at(self, at: int, terms: DebtAuctionTerms) -> int:
        """Return the falling price, rounded down [loss asset minor units for one whole of the lot asset]."""
        cut = mul_div_up(BPS - terms.step_bps, RAY, BPS)
        return maker_dss.stair_price(self.top, cut, terms.step_s, max(0, at - self.end + terms.duration_s))

    def restarted(self, now: int, terms: DebtAuctionTerms) -> Auction:
        """Return it as it stands at `now` before any bid: started again where it ended without one."""
        found = self
        while maker_dss.may_restart(now, found.tic, found.end) and found.restarts < terms.restarts_max:
            lot = found.lot
            if terms.style == "flop":
                lot = maker_dss.padded_lot(lot, BPS + terms.pad_bps, BPS)
            found = replace(found, lot=lot, end=found.end + terms.duration_s, restarts=found.restarts + 1)
        return found

    def is_won(self, now: int) -> bool:
        """Return whether the standing bid has won."""
        return maker_dss.is_won(now, self.tic, self.end)

    def is_over(self, now: int) -> bool:
        """Return whether it ended without a bid; ask `restarted` first."""
        return maker_dss.may_restart(now, self.tic, self.end)


def in_bid_order(bids: Sequence[Bid], event_id: str) -> list[Bid]:
    """Return bids by time; those of one second by a hash of event, bidder, pay and lot."""
    names = [f"{bid.bidder}\0{bid.pay}\0{bid.lot}" for bid in bids]
    keys = tie_keys(event_id, names)
    return [bids[place] for place in sorted(range(len(bids)), key=lambda at: (bids[at].at, keys[at]))]


def why_refused(auction: Auction, bid: Bid, terms: DebtAuctionTerms) -> str:
    """Return why a bid does not stand against the standing one, "" when it does; english and flop."""
    if bid.pay <= 0 or bid.lot <= 0:
        return "pays nothing or wants nothing"
    if not maker_dss.is_open(bid.at, auction.tic, auction.end):
        return "the auction was closed"
    beg = BPS + terms.beg_bps
    if terms.style == "flop":
        if bid.pay != auction.raised:
            return f"must pay {auction.raised}, neither more nor less"
        if not maker_dss.lowers_enough(bid.lot, auction.lot, beg, BPS):
            return f"asks for {bid.lot}, not lower than the lot {auction.lot} by {terms.beg_bps} bps"
        return ""
    if bid.lot != auction.lot:
        return f"must want the lot of {auction.lot}, whole"
    if not maker_dss.raises_enough(bid.pay, auction.pay, auction.raised, beg, BPS):
        return f"pays {bid.pay}, not above {auction.pay} by {terms.beg_bps} bps, or beyond {auction.raised}"
    return ""


def standing(auction: Auction, bid: Bid, terms: DebtAuctionTerms) -> Auction:
    """Return the auction with a bid that was not refused standing in it."""
    return replace(
        auction, pay=bid.pay, lot=bid.lot, tic=bid.at + terms.bid_ttl_s, last=bid.at, bidder=bid.bidder
    )


def taken_at(auction: Auction, bid: Bid, terms: DebtAuctionTerms, unit: int) -> tuple[int, int, str]:
    """Return (lot, cost, why refused) of a bid at the falling price of a dutch auction.

    The cost is rounded up; where less is to be raised than the lot costs, as much of the lot is sold
    as that pays for, rounded down: both for the issuer.

    Args:
        unit: Minor units in one whole of the lot asset.
    """
    if bid.pay <= 0 or bid.lot <= 0:
        return 0, 0, "pays nothing or wants nothing"
    if not maker_dss.is_open(bid.at, 0, auction.end):
        return 0, 0, "the auction was closed"
    price = auction.price_at(bid.at, terms)
    lot = min(bid.lot, auction.lot)
    cost = mul_div_up(lot, price, unit)
    if price and cost > auction.raised:
        lot, cost = mul_div_down(auction.raised, unit, price), auction.raised
    if not price or not lot:
        return 0, 0, "nothing is sold at this price"
    if cost > bid.pay:
        return 0, 0, f"pays at most {bid.pay}, the lot of {lot} costs {cost}"
    return lot, cost, ""
