"""A pool of markets and its shortfall auction; what an account's collateral secures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from seawall.errors import InputError, Problem
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.inputs import amount, names, positive, read
from seawall.venues.machines.venus_isolated.codes import check, uint
from seawall.venues.machines.venus_isolated.market import Event, Market, market

Weight = Literal["collateral_factor", "liquidation_threshold"]
NOT_STARTED, STARTED, ENDED = 0, 1, 2
LARGE_POOL_DEBT, LARGE_RISK_FUND = 0, 1


class Auction(NamedTuple):
    """The auction of the risk fund for the pool's bad debt.

    Attributes:
        start, bid_at: When it began and when the standing bid was made [unix s].
        kind: 0 where the debt is larger than the fund, 1 where the fund is larger.
        status: 0 never started, 1 running, 2 ended.
        seized: How much of the fund is put up.
        bidder, bid_bps, start_bps: Whose bid stands, the bid, and the first one asked for.
        debts, paid: Of each market, what is auctioned and what the standing bidder has paid in.
    """

    start: int = 0
    kind: int = LARGE_POOL_DEBT
    status: int = NOT_STARTED
    seized: int = 0
    bidder: str | None = None
    bid_bps: int = 0
    bid_at: int = 0
    start_bps: int = 0
    debts: tuple[int, ...] = ()
    paid: tuple[int, ...] = ()


class Snapshot(NamedTuple):
    """An account's collateral in full and as it secures debt, what it owes, and which is larger."""

    collateral: int
    owed: int
    liquidity: int
    shortfall: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """What governance sets for the pool and its auctions.

    Attributes:
        close_factor, incentive: Part of a debt one call may repay, and what is seized for it [wad].
        collateral_min: Up to so much collateral an account is healed or liquidated whole.
        bad_debt_min: Below so much bad debt no auction starts.
        incentive_bps: What the fund pays beyond the debt.
        next_bidder_s, first_bidder_s: How long a bid stands until it wins, and an auction waits for one.
        users: Everyone shown, in order.
    """

    close_factor: int
    incentive: int
    collateral_min: int
    bad_debt_min: int
    incentive_bps: int
    next_bidder_s: int
    first_bidder_s: int
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The pool at one instant; the risk fund's asset has a price of one.

    Attributes:
        entered: Markets that count for an account, in the order it entered them; all, where it is not in it.
    """

    parameters: Parameters
    markets: Mapping[str, Market]
    auction: Auction
    risk_fund: int
    entered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def market(self, symbol: str) -> Market:
        """Return a market.

        Raises:
            InputError: The pool has no such market.
        """
        if symbol not in self.markets:
            message = f"the pool has no market {symbol!r}; it has {', '.join(self.markets)}"
            raise InputError.of([Problem("argument_invalid", message)])
        return self.markets[symbol]

    def entered_by(self, user: str) -> tuple[str, ...]:
        """Return the markets whose tokens secure what an account owes."""
        return self.entered.get(user, tuple(self.markets))

    def with_market(self, changed: Market) -> State:
        """Return the pool with one market changed."""
        return replace(self, markets={**self.markets, changed.terms.symbol: changed})

    def accrued(self, at: int, *symbols: str) -> tuple[State, tuple[Event, ...]]:
        """Let interest of some markets run up to a unix time [s]."""
        state, events = self, list[Event]()
        for symbol in symbols:
            after, told = state.market(symbol).accrued(at)
            state = state.with_market(after)
            events += told
        return state, tuple(events)

    def snapshot(
        self, user: str, weight: Weight, *, changed: str = "", redeem: int = 0, borrow: int = 0
    ) -> Snapshot:
        """Return what an account has and owes, and would after redeeming tokens of a market or borrowing."""
        secured, collateral, owed, effects = 0, 0, 0, 0
        for symbol in self.entered_by(user):
            each = self.markets[symbol]
            tokens, debt, rate = each.held_by(user), each.owed_by(user), each.exchange_rate
            check(each.price > 0, "PriceError")
            uint(rate * each.price)
            full = rules.token_price(rate, each.price)
            weighted = rules.weighted_price(full, getattr(each.terms, weight))
            secured += _value(weighted, tokens)
            collateral += _value(full, tokens)
            owed += _value(each.price, debt)
            if symbol == changed:
                effects += _value(weighted, redeem) + _value(each.price, borrow)
        gap = secured - owed - effects
        return Snapshot(collateral, owed, max(0, gap), max(0, -gap))


def genesis(raw: Mapping[str, Any]) -> State:
    """Return a pool just made; see `VenusIsolated.genesis`."""
    found = read("genesis", raw, _WANTED)
    parameters = Parameters(
        close_factor=found["close_factor"],
        incentive=found["liquidation_incentive"],
        collateral_min=found["min_liquidatable_collateral"],
        bad_debt_min=found["minimum_pool_bad_debt"],
        incentive_bps=found["incentive_bps"],
        next_bidder_s=found["next_bidder_limit"],
        first_bidder_s=found["wait_for_first_bidder"],
        users=found["users"],
    )
    markets = [market(each, found["t0"], found["protocol_seize_share"]) for each in found["markets"]]
    return State(parameters, {each.terms.symbol: each for each in markets}, Auction(), 0)


def _value(price: int, amount: int) -> int:
    uint(price * amount)
    return rules.value(price, amount)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"expected a list of markets, got {value!r}")
    return list(value)


_WANTED = {
    "t0": amount,
    "close_factor": amount,
    "liquidation_incentive": positive,
    "min_liquidatable_collateral": amount,
    "minimum_pool_bad_debt": amount,
    "incentive_bps": amount,
    "next_bidder_limit": amount,
    "wait_for_first_bidder": amount,
    "protocol_seize_share": amount,
    "markets": _list,
    "users": names,
}
