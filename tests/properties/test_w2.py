"""W2: a layer pays only once the layers above it have paid all they can."""

from __future__ import annotations

from hypothesis import given

from seawall.waterfall.waterfall import build_layers
from tests.waterfall.books import cash_default, fund, run, terms_of
from tests.waterfall.strategies import World, cash_worlds


@given(cash_worlds(ranked=True))
def test_w2_nobody_pays_while_a_layer_above_still_can(world: World) -> None:
    result, draft = world.run()
    ranks = [[layer.name for layer in group] for group in build_layers(world.terms)]
    paying = {item.layer for item in result.absorptions}
    last = max((number for number, names in enumerate(ranks) if paying & set(names)), default=0)
    above = ranks if result.residuals else ranks[:last]
    left = world.capacities(draft)
    assert {name: left[name] for names in above for name in names if left[name]} == {}


@given(cash_worlds(ranked=True))
def test_w2_the_residual_is_what_exceeds_all_capacities(world: World) -> None:
    result, _ = world.run()
    bearable = sum(world.capacities(world.draft()).values())
    assert sum(item.amount for item in result.residuals) == max(0, world.loss - bearable)


def test_w2_the_order_is_that_of_the_ranks_and_not_of_the_file() -> None:
    terms = terms_of(
        {"kind": "first_loss", "account": "fund:b", "rank": 2},
        {"kind": "first_loss", "account": "fund:a", "rank": 1},
    )
    result, _ = run([fund("a", 10), fund("b", 10)], terms, cash_default(5))
    assert [item.layer for item in result.absorptions] == ["a"]
