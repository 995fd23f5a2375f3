"""W9: what an owner group extracts through funds is reported, and is zero where self-dealing is blocked."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tests.waterfall.strategies import FUND_KINDS, World, self_dealing_worlds, worlds


def blocking(world: World) -> World:
    layers = [layer.model_copy(update={"self_dealing": "block"}) for layer in world.terms.waterfall]
    return replace(world, terms=world.terms.model_copy(update={"waterfall": tuple(layers)}))


@given(worlds() | self_dealing_worlds())
def test_w9_funds_that_block_self_dealing_leave_nothing_to_extract(world: World) -> None:
    result, _ = blocking(world).run()
    assert result.extractions == {}


@given(worlds() | self_dealing_worlds())
def test_w9_an_extraction_is_positive_and_never_more_than_funds_paid(world: World) -> None:
    result, _ = world.run()
    drawn = sum(item.taken for item in result.absorptions if item.kind in FUND_KINDS)
    assert all(amount > 0 for amount in result.extractions.values())
    assert sum(result.extractions.values()) <= drawn


@given(worlds() | self_dealing_worlds())
def test_w9_only_a_group_with_a_failing_account_can_extract(world: World) -> None:
    result, _ = world.run()
    failing = {default.account for default in world.defaults}
    owners = {row.owner for row in world.accounts if row.id in failing and row.owner}
    assert {owner for owner, _ in result.extractions} <= owners
