"""What every layer that closes or takes lots must keep, whichever it is: sides, lots, sums, feasibility."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.book import Account
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default, Lots, Move
from seawall.core.market import Market
from seawall.core.parties import ENGINE
from seawall.core.terms import Terms
from seawall.risk.assess import assess
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.waterfall import build_layers
from tests.waterfall.books import (
    EVENT,
    account,
    book_of,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
    totals,
)
from tests.waterfall.strategies import lots_of, traders, winners
from tests.waterfall.test_deleverage import closed, long, short

PROVIDER = "maker"
LAYERS: dict[str, dict[str, Any]] = {
    "adl queue": {"kind": "adl"},
    "adl pro rata": {"kind": "adl", "selection": "pro_rata"},
    "tear-up": {"kind": "tear_up"},
    "tear-up by draw": {"kind": "tear_up", "selection": "random"},
    "backstop provider": {"kind": "backstop_provider", "account": PROVIDER},
}
CLOSING = [name for name, layer in LAYERS.items() if layer["kind"] != "backstop_provider"]
ONE_BY_ONE = ["adl queue", "tear-up by draw"]
every_layer = pytest.mark.parametrize("layer", LAYERS)
closing_layers = pytest.mark.parametrize("layer", CLOSING)

LONG = lots(100, 11_000, 10_000)  # taken over at 110.00; the mark and the market are at 100.00
SHORT = lots(-100, 9_000, 10_000)


def terms(layer: str, *above: dict[str, Any], **changes: Any) -> Terms:
    return terms_of(*above, {"name": "it", "execution": "takeover", **LAYERS[layer], **changes})


@dataclass(frozen=True)
class World:
    """Accounts on both sides, the backstop provider among them, and one lot."""

    rows: tuple[Account, ...]
    lot: Lots
    market: Market
    terms: Terms

    def answers(self) -> Iterator[Move]:
        """The moves of the layer, in their order."""
        draft = Draft(book_of(self.rows, [self.default]))
        ((layer,),) = build_layers(self.terms)
        answer = layer.absorb(WaterfallState(draft, self.market, self.terms, EVENT), self.default)
        yield from answer.moves

    @property
    def default(self) -> Default:
        return lots_default(self.lot)


@st.composite
def worlds(draw: st.DrawFn, layer: str) -> World:
    mark, side = draw(st.integers(8_000, 12_000)), draw(st.integers(4_000, 6_000))
    name, price = draw(st.sampled_from([("PERP", mark), ("SIDE", side)]))
    lot = draw(lots_of(name, price).filter(lambda item: item.cost > 0))
    rows = [draw(winners(f"w{n}", lot, price)) for n in range(draw(st.integers(0, 3)))]
    rows += [draw(traders(f"u{n}", mark, side)) for n in range(draw(st.integers(0, 2)))]
    rows.append(account(PROVIDER, draw(st.integers(0, 400) | st.integers(0, 40_000))))
    execution = draw(st.sampled_from(["takeover", "mark", "threshold"]))
    market = market_of(mark, side, previous=draw(st.integers(8_000, 12_000)))
    return World(tuple(rows), lot, market, terms(layer, execution=execution))


@every_layer
@settings(max_examples=40)
@given(data=st.data())
def test_each_fill_balances_is_whole_lots_and_leaves_who_it_touches_on_its_feet(
    layer: str, data: st.DataObject
) -> None:
    """Held after every single move: at the end a later fill may have mended an earlier."""
    world = data.draw(worlds(layer))
    draft = Draft(book_of(world.rows, [world.default]))
    before, step = totals(draft.book_after()), draft.book.instrument(world.lot.instrument).lot
    for move in world.answers():
        moved = {item.account: item.amount for item in move.postings if item.bucket == "lots"}
        assert moved.keys() > {ENGINE}
        assert len(moved) == 2
        assert sum(moved.values()) == 0
        assert moved[ENGINE] * world.lot.quantity < 0  # the engine gives lots, and takes none
        assert all(units % step == 0 for units in moved.values())
        (name,) = moved.keys() - {ENGINE}
        stood = assess(draft.account(name), draft.book, world.market, world.terms)
        held = _held(draft, name, world.lot.instrument)
        draft.carry_out(move)
        assert totals(draft.book_after()) == before
        stands = assess(draft.account(name), draft.book, world.market, world.terms)
        if LAYERS[layer]["kind"] == "backstop_provider":
            assert (name, stands.status) == (PROVIDER, "safe")
        else:
            assert stands.equity >= min(0, stood.equity) == 0
            now = _held(draft, name, world.lot.instrument)
            assert held * moved[name] < 0 <= now * held  # the opposite side, and never beyond flat
            assert abs(now) < abs(held)
    assert abs(_held(draft, ENGINE, world.lot.instrument)) <= abs(world.lot.quantity)


def _held(draft: Draft, name: str, instrument: str) -> int:
    # Accounts of these worlds are netted: one position for an instrument.
    return sum(item.quantity for item in draft.account(name).positions if item.instrument == instrument)


@closing_layers
@pytest.mark.parametrize(("lot", "side"), [(LONG, "short"), (SHORT, "long")])
def test_nobody_on_the_side_that_failed_is_touched(layer: str, lot: Lots, side: str) -> None:
    rows = [short("short", 300, 12_000), long("long", 300, 8_000)]
    _, draft = run(rows, terms(layer), lots_default(lot))
    assert closed(draft, *rows) == {side: 100}


@every_layer
@pytest.mark.parametrize(("size", "whole"), [(4, 0), (5, 5), (14, 10), (15, 15)])
def test_only_whole_lots_go_and_the_rest_is_closed_in_the_market(layer: str, size: int, whole: int) -> None:
    rows = [account(f"s{n}", 100_000, position(-50, 6_000, "SIDE")) for n in range(3)]
    rows.append(account(PROVIDER, 100_000))
    lot = lots(size, 5_500, 5_000, "SIDE")
    result, draft = run(rows, terms(layer), lots_default(lot))
    taken = {name: units for item in result.absorptions for name, units in item.lots_closed.items()}
    assert taken == ({"SIDE": whole} if whole else {})
    assert sum(item.amount for item in result.residuals) == (size - whole) * 5
    assert draft.account(ENGINE).positions == ()


@pytest.mark.parametrize("layer", ONE_BY_ONE)
@pytest.mark.parametrize("need", [39, 40, 41, 79, 80, 81, 120])
def test_only_the_last_one_asked_is_used_in_part(layer: str, need: int) -> None:
    rows = [short(f"u{n}", 40, 12_000 + n) for n in range(3)]
    for seed in range(3):
        lot = lots_default(lots(need, 11_000, 10_000))
        _, draft = run(rows, terms(layer), lot, event=Event("event-1", seed=seed))
        units = sorted(closed(draft, *rows).values(), reverse=True)
        assert sum(units) == need
        assert all(size == 40 for size in units[:-1])


@closing_layers
def test_profit_capacity_and_the_deficit_are_both_told(layer: str) -> None:
    """Gains of 4.00 stand against a loss of 10.00: equity bears what they do not."""
    result, _ = run([short("bob", 100, 10_400)], terms(layer), lots_default(LONG))
    told = result.absorptions[0].working["inputs"]
    assert (told["profit_capacity"], told["loss"], told["charged"]) == (400, 1000, 1000)  # type: ignore[index]


@closing_layers
@pytest.mark.parametrize(("rule", "fund_pays", "extracted"), [("allow", 1_000, 1_000), ("block", 0, 0)])
def test_a_draw_on_a_fund_that_one_owner_caused_and_enjoyed_is_blocked_or_told(
    layer: str, rule: str, fund_pays: int, extracted: int
) -> None:
    """The sister won 20.00 on the other side; where the fund does not pay, she is closed and bears it."""
    rows = [account("failed", owner="one"), short("sister", 100, 12_000, owner="one"), fund("f", 5_000)]
    first = {"kind": "insurance_fund", "account": "fund:f", "self_dealing": rule}
    result, _ = run(rows, terms(layer, first), lots_default(LONG))
    paid = {item.account: item.amount for item in result.charges}
    assert (paid.get("fund:f", 0), paid.get("sister", 0)) == (fund_pays, 1_000 - fund_pays)
    assert dict(result.extractions) == ({("one", "USD"): extracted} if extracted else {})


def test_an_owner_backs_no_failure_of_its_own_while_a_fund_may_still_pay() -> None:
    rows = [account("failed", owner="one"), account(PROVIDER, 100_000, owner="one"), fund("f", 5_000)]
    below = {"kind": "insurance_fund", "account": "fund:f"}
    chosen = terms_of({**LAYERS["backstop provider"], "execution": "mark"}, below)
    result, _ = run(rows, chosen, lots_default(LONG))
    assert {item.account: item.amount for item in result.charges} == {"fund:f": 1_000}
