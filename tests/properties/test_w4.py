"""W4: a residual is never dropped: it is booked, with an id, to a bearer."""

from __future__ import annotations

from hypothesis import given

from seawall.waterfall.residual import stays_booked
from tests.waterfall.strategies import World, cash_worlds, worlds


@given(worlds() | cash_worlds())
def test_w4_every_residual_stands_in_the_books_of_its_bearer(world: World) -> None:
    result, draft = world.run()
    standing = sum(item.amount for item in result.residuals if stays_booked(item.bearer))
    carried = sum(item.amount for item in result.residuals if not stays_booked(item.bearer))
    assert draft.cash("deficit:USD", "USD") == -standing
    assert draft.cash("treasury", "USD") == -carried


@given(worlds() | cash_worlds())
def test_w4_every_residual_has_an_id_of_its_own_and_a_bearer(world: World) -> None:
    result, _ = world.run()
    ids = [item.id for item in result.residuals]
    assert len(set(ids)) == len(ids)
    assert all(item.id and item.bearer and item.amount > 0 for item in result.residuals)
