"""W3: no layer pays more than its cap or its balance, and none goes below its floor."""

from __future__ import annotations

from hypothesis import given

from tests.waterfall.books import EVENT
from tests.waterfall.strategies import World, worlds


@given(worlds())
def test_w3_every_fund_stays_within_balance_floor_and_cap(world: World) -> None:
    result, draft = world.run()
    before = {row.id: sum(item.scaled for item in row.balances) for row in world.accounts}
    children = {row.id: row.parent for row in world.accounts}
    inflow = {item.account: item.amount for item in result.surpluses}
    for layer in world.terms.waterfall:
        if not layer.draws_on:
            continue
        taken = result.taken_by_layer().get((layer.name, "USD"), 0)
        floor = round(float(layer.floor) * 100)
        # A fund is its account and those who contribute to it; none of them goes below zero.
        fund = [name for name, parent in children.items() if layer.draws_on in (name, parent)]
        balance, left = sum(before[name] for name in fund), sum(draft.cash(name, "USD") for name in fund)
        assert left >= min(floor, balance + inflow.get(layer.draws_on, 0))
        assert min(draft.cash(name, "USD") for name in fund) >= 0
        received = sum(item.amount for item in result.surpluses if item.account == layer.draws_on)
        assert left == balance + received - taken
        if layer.cap_per_event is not None:
            assert taken <= round(float(layer.cap_per_event) * 100)
            assert draft.state.get(f"used:{layer.name}:{EVENT.id}:USD", 0) == taken


@given(worlds())
def test_w3_nothing_negative_is_taken_or_charged(world: World) -> None:
    result, _ = world.run()
    assert all(item.taken >= 0 for item in result.absorptions)
    assert all(item.amount > 0 for item in (*result.charges, *result.residuals, *result.surpluses))
