"""W7: no loss, no postings; and the order of equal-rank layers in the file decides nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.waterfall.strategies import World, cash_worlds, worlds


@given(worlds())
def test_w7_a_loss_of_zero_moves_nothing(world: World) -> None:
    settled = replace(world, defaults=tuple(item.after(0, ()) for item in world.defaults))
    result, draft = settled.run()
    assert (draft.moves, dict(draft.state), draft.touched) == ([], {}, ())
    assert (result.absorptions, result.charges, result.residuals, result.surpluses) == ((), (), (), ())


@given(cash_worlds(ranked=True), st.randoms(use_true_random=False))
def test_w7_shuffling_layers_of_given_rank_changes_nothing(world: World, chance) -> None:  # type: ignore[no-untyped-def]
    layers = list(world.terms.waterfall)
    chance.shuffle(layers)
    shuffled = replace(world, terms=world.terms.model_copy(update={"waterfall": tuple(layers)}))
    assert shuffled.run()[0] == world.run()[0]


@given(worlds(), st.randoms(use_true_random=False))
def test_w7_the_order_in_which_defaults_come_in_changes_nothing(world: World, chance) -> None:  # type: ignore[no-untyped-def]
    defaults = list(world.defaults)
    chance.shuffle(defaults)
    assert replace(world, defaults=tuple(defaults)).run()[0] == world.run()[0]
