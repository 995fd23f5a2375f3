"""Random small worlds for the laws: funds, holders, contracts, defaults with and without lots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from seawall.core.book import Account
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Absorption, Default, Lots
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.waterfall import WaterfallResult, build_layers, run_waterfall
from tests.waterfall.books import (
    EVENT,
    account,
    book_of,
    cash_default,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    terms_of,
)

FUND_KINDS = ["penalty_reserve", "fee_pool", "insurance_fund", "first_loss"]
SHARED_KINDS = ["mutual_fund", "tranche", "stability_pool", "staked_backstop"]
BREAK_AMONG_EQUALS = {"staked_backstop"}  # declared: W6
cents = st.one_of(st.integers(0, 40), st.integers(0, 200_000))
prices = st.integers(7_000, 13_000)


@dataclass(frozen=True)
class World:
    """Everything a waterfall needs; `run` takes it through."""

    accounts: tuple[Account, ...]
    terms: Terms
    defaults: tuple[Default, ...]
    market: Market

    def draft(self) -> Draft:
        return Draft(book_of(self.accounts, self.defaults))

    def run(self, event: Event = EVENT) -> tuple[WaterfallResult, Draft]:
        draft = self.draft()
        return run_waterfall(draft, self.market, self.terms, self.defaults, event=event), draft

    def capacities(self, draft: Draft, event: Event = EVENT) -> dict[str, int]:
        """What each layer could bear of a boundless cash loss, as the draft stands."""
        state = WaterfallState(draft, self.market, self.terms, event)
        boundless = cash_default(10**15)
        groups = build_layers(self.terms)
        return {layer.name: layer.capacity(state, boundless) for group in groups for layer in group}

    @property
    def loss(self) -> int:
        return sum(default.loss for default in self.defaults)


def taken_of(result: WaterfallResult, default: Default) -> int:
    """What all layers took of one default."""
    return sum(
        item.parts.get(default.account, 0)
        if item.parts
        else item.taken * (item.rest.account == default.account)
        for item in result.absorptions
    )


def charged(answer: Absorption) -> int:
    return sum(item.amount for item in answer.charges)


def money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


@st.composite
def funds(draw: st.DrawFn, *, ranked: bool = False) -> tuple[list[Account], list[dict[str, Any]]]:
    """Up to four funds, some with contributors, with floors and caps; with `ranked`, some of equal rank."""
    rows, layers = [], []
    kinds = FUND_KINDS + [kind for kind in SHARED_KINDS if not ranked or kind not in BREAK_AMONG_EQUALS]
    for number in range(draw(st.integers(0, 4))):
        name = f"fund:f{number}"
        rows.append(fund(f"f{number}", draw(cents)))
        layer: dict[str, Any] = {"kind": draw(st.sampled_from(kinds)), "account": name}
        if layer["kind"] in SHARED_KINDS:
            rows += [
                replace(
                    fund(f"f{number}/{part}", draw(cents)),
                    parent=name,
                    owner=draw(st.sampled_from(["", "o1"])),
                )
                for part in range(draw(st.integers(0, 3)))
            ]
        if draw(st.booleans()):
            floor = draw(st.integers(0, 300))
            layer["floor"] = money(floor)
        elif draw(st.booleans()):
            layer["cap_per_event"] = money(draw(st.integers(0, 5_000)))
        if ranked:
            layer["rank"] = draw(st.integers(0, 2))
        layers.append(layer)
    return rows, layers


@st.composite
def cash_worlds(draw: st.DrawFn, *, ranked: bool = False, holders: bool = True) -> World:
    """Losses in cash only, met by funds and then (with `holders`) by cash balances."""
    rows, layers = draw(funds(ranked=ranked))
    if holders and draw(st.booleans()):
        rows += [account(f"u{number}", draw(cents)) for number in range(draw(st.integers(0, 5)))]
        layers.append({"kind": "mutualise", "name": "holders", "over": "cash", "rank": 9})
    if draw(st.booleans()):
        layers.append({"kind": "residual", "bearer": draw(st.sampled_from(["treasury", "suppliers"]))})
    losses = draw(st.lists(cents, min_size=1, max_size=4))
    defaults = tuple(cash_default(loss, f"d{number}") for number, loss in enumerate(losses))
    return World(tuple(rows), terms_of(*layers), defaults, market_of())


@st.composite
def lots_of(draw: st.DrawFn, instrument: str, mark: int) -> Lots:
    """A lot taken over mostly worse than the mark and closed out mostly worse still."""
    size, sign = draw(st.integers(1, 20) | st.integers(20, 300)), draw(st.sampled_from([-1, 1]))
    takeover = mark * (10_000 + sign * draw(st.integers(-600, 1_500))) // 10_000
    close_out = mark * (10_000 - sign * draw(st.integers(-200, 1_000))) // 10_000
    return lots(sign * size, takeover, close_out, instrument)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Everything: funds, deleveraging, holders, contracts, lots, surpluses, residuals."""
    mark, side = draw(prices), draw(prices) // 2
    rows, layers = draw(funds())
    rows += [draw(traders(f"u{number}", mark, side)) for number in range(draw(st.integers(0, 6)))]
    if draw(st.booleans()):
        layers.insert(0, {"kind": "own_collateral"})
    if draw(st.booleans()):
        layers.append(draw(adl_layers()))
    if draw(st.booleans()):
        layers.append({"kind": "mutualise", "over": draw(st.sampled_from(["cash", "per_unit"]))})
    if draw(st.booleans()):
        layers.append({"kind": "residual", "bearer": draw(st.sampled_from(["treasury", "suppliers"]))})
    defaults = []
    for number in range(draw(st.integers(1, 3))):
        held = [
            draw(lots_of(name, price))
            for name, price in (("PERP", mark), ("SIDE", side))
            if draw(st.booleans())
        ]
        rows += [
            draw(winners(f"w{number}{lot.instrument}", lot, mark if lot.instrument == "PERP" else side))
            for lot in held
            if draw(st.booleans())
        ]
        owed = draw(st.integers(0, 2_000))
        defaults.append(lots_default(*held, cents=owed, name=f"d{number}"))
        if draw(st.booleans()):
            rows.append(account(f"d{number}", draw(cents), owner=draw(st.sampled_from(["", "o1"]))))
    return World(tuple(rows), terms_of(*layers), tuple(defaults), market_of(mark, side))


@st.composite
def adl_layers(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "kind": "adl",
        "selection": draw(st.sampled_from(["queue", "pro_rata"])),
        "score": draw(
            st.sampled_from(["bitmex", "binance", "okx", "hyperliquid", "pnl", "size", "leverage"])
        ),
        "execution": draw(st.sampled_from(["takeover", "mark", "previous", "oracle", "threshold"])),
        "threshold_price_bps": draw(st.integers(9_500, 10_500)),
    }


@st.composite
def traders(draw: st.DrawFn, name: str, mark: int, side: int) -> Account:
    """A user with a position on one or two contracts; its equity is at times just above zero."""
    marks = {"PERP": mark, "SIDE": side}
    held = []
    for instrument, price in marks.items():
        if draw(st.booleans()):
            size, sign = draw(st.integers(1, 200)), draw(st.sampled_from([-1, 1]))
            entry = price * (10_000 - sign * draw(st.integers(-1_000, 3_000))) // 10_000  # mostly winning
            held.append(position(sign * size, entry, instrument))
    profit = sum(item.cost + item.quantity * marks[item.instrument] // 100 for item in held)
    cash = draw(st.integers(-5_000, 100_000) | st.integers(-50, 3_000).map(lambda more: more - profit))
    return account(name, cash, *held, owner=draw(st.sampled_from(["", "o1", name])))


@st.composite
def winners(draw: st.DrawFn, name: str, lot: Lots, mark: int) -> Account:
    """A user on the other side of a lot, winning, with cash of all sizes or just enough."""
    sign = -1 if lot.quantity > 0 else 1
    entry = mark * (10_000 - sign * draw(st.integers(100, 3_000))) // 10_000
    held = position(sign * draw(st.integers(5, 200)), entry, lot.instrument)
    profit = held.cost + held.quantity * mark // 100
    cash = draw(st.integers(0, 100_000) | st.integers(-50, 3_000).map(lambda more: more - profit))
    return account(name, cash, held, owner=draw(st.sampled_from(["", "o1", name])))


@st.composite
def adl_worlds(draw: st.DrawFn) -> World:
    """One default with one lot, winners on the other side and other traders; only deleveraging."""
    mark, side = draw(st.integers(8_000, 12_000)), draw(st.integers(4_000, 6_000))
    name, price = draw(st.sampled_from([("PERP", mark), ("SIDE", side)]))
    lot = draw(lots_of(name, price).filter(lambda item: item.cost > 0))
    rows = [draw(winners(f"w{number}", lot, price)) for number in range(draw(st.integers(1, 5)))]
    rows += [draw(traders(f"u{number}", mark, side)) for number in range(draw(st.integers(0, 3)))]
    market = market_of(mark, side, previous=draw(st.integers(8_000, 12_000)))
    return World(tuple(rows), terms_of(draw(adl_layers())), (lots_default(lot),), market)


@st.composite
def self_dealing_worlds(draw: st.DrawFn) -> World:
    """One owner on both sides: a failing account with a lot, and others that won against it or did not."""
    world = draw(adl_worlds())
    layers = [
        {"kind": "insurance_fund", "account": f"fund:f{number}"} for number in range(draw(st.integers(1, 3)))
    ]
    rows = [fund(f"f{number}", draw(st.integers(0, 20_000))) for number in range(len(layers))]
    failed = account("failed", owner="o1")
    return World((*world.accounts, *rows, failed), terms_of(*layers), world.defaults, world.market)
