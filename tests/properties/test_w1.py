"""W1: what the layers cover and the residual are the loss, to the unit."""

from __future__ import annotations

from hypothesis import given

from seawall.ledger.audit import audit
from seawall.ledger.holdings import buckets_of, may_be_negative
from seawall.ledger.journal import Journal
from tests.waterfall.books import totals
from tests.waterfall.strategies import World, charged, taken_of, worlds


@given(worlds())
def test_w1_covered_and_residual_are_the_loss_of_every_default(world: World) -> None:
    result, _ = world.run()
    for default in world.defaults:
        left = sum(item.amount for item in result.residuals if item.default_account == default.account)
        assert taken_of(result, default) + left == default.loss


@given(worlds())
def test_w1_the_charges_of_an_absorption_sum_to_what_it_took(world: World) -> None:
    result, _ = world.run()
    for answer in result.absorptions:
        assert charged(answer) + answer.avoided == answer.taken + answer.dust
        assert answer.dust >= 0
        assert answer.avoided == 0 or answer.kind == "adl"
    charges = sum(item.amount for item in result.charges)
    beyond = sum(item.dust - item.avoided for item in result.absorptions)
    assert charges - beyond + sum(item.amount for item in result.residuals) == world.loss


@given(worlds())
def test_w1_nothing_appears_or_vanishes_and_the_engine_ends_empty(world: World) -> None:
    _, draft = world.run()
    assert totals(draft.book_after()) == totals(draft.book)
    engine = draft.account("engine")
    assert (engine.positions, engine.balances) == ((), ())


@given(worlds())
def test_w1_the_journal_of_a_waterfall_passes_its_audit(world: World) -> None:
    _, draft = world.run()
    after = draft.book_after()
    journal = Journal.of(
        draft.moves,
        event_id="e",
        as_of=0,
        opening=buckets_of(draft.book, draft.touched),
        closing=buckets_of(after, draft.touched),
        may_be_negative=may_be_negative(after, draft.touched, users=True),
        dust_account=world.terms.dust_account,
        venue="test",
    )
    assert audit(journal) == []
