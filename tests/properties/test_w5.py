"""W5: a larger loss lowers no layer's part and no residual; a larger fund raises nobody's share.

Held by layers that pay cash; equal ranks within one unit. Lots: see the frozen counterexamples.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.waterfall.books import fund
from tests.waterfall.strategies import World, cash_worlds


def with_loss(world: World, more: int) -> World:
    first = world.defaults[0]
    return replace(world, defaults=(replace(first, cash_shortfall=first.cash_shortfall + more),))


@given(cash_worlds(ranked=True), st.one_of(st.just(1), st.integers(0, 10_000)))
def test_w5_each_layer_and_the_residual_rise_with_the_loss(world: World, more: int) -> None:
    less, _ = with_loss(world, 0).run()
    full, _ = with_loss(world, more).run()
    ranks = [layer.rank for layer in world.terms.waterfall]
    slack = 1 if len(set(ranks)) < len(ranks) else 0
    for key, taken in less.taken_by_layer().items():
        assert full.taken_by_layer().get(key, 0) >= taken - slack
    assert sum(item.amount for item in full.residuals) >= sum(item.amount for item in less.residuals)


@given(cash_worlds(), st.integers(1, 10_000))
def test_w5_more_fund_raises_no_holders_share_by_more_than_a_unit(world: World, more: int) -> None:
    richer = replace(
        world,
        accounts=tuple(
            replace(row, balances=fund("", sum(item.scaled for item in row.balances) + more).balances)
            if row.kind == "fund"
            else row
            for row in world.accounts
        ),
    )
    poor = {item.account: item.amount for item in world.run()[0].charges if item.layer == "holders"}
    rich = {item.account: item.amount for item in richer.run()[0].charges if item.layer == "holders"}
    assert all(amount <= poor.get(name, 0) + 1 for name, amount in rich.items())
