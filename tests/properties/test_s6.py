"""S6: deleveraging closes exactly what is needed, against opposite winners only, and none changes side."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given

from seawall.core.book import Account
from seawall.waterfall.counterparties import open_profit
from seawall.waterfall.layer import WaterfallState
from tests.waterfall.books import EVENT
from tests.waterfall.strategies import World, adl_worlds


def quantities(row: Account) -> dict[tuple[str, str], int]:
    return {(item.instrument, item.leg): item.quantity for item in row.positions}


@given(adl_worlds())
def test_s6_only_opposite_winners_are_closed_and_none_changes_side(world: World) -> None:
    _, draft = world.run()
    state = WaterfallState(world.draft(), world.market, world.terms, EVENT)
    (lot,) = world.defaults[0].lots
    for row in world.accounts:
        now = quantities(draft.account(row.id))
        for held in row.positions:
            left = now.get((held.instrument, held.leg), 0)
            assert left * held.quantity >= 0
            assert abs(left) <= abs(held.quantity)
            if left != held.quantity:
                assert held.instrument == lot.instrument
                assert (held.quantity > 0) != (lot.quantity > 0)
                assert open_profit(state, held) > 0


@given(adl_worlds())
def test_s6_what_winners_close_is_what_the_engine_closes_in_whole_lots(world: World) -> None:
    result, draft = world.run()
    (lot,) = world.defaults[0].lots
    step = draft.book.instrument(lot.instrument).lot
    reported = sum(item.lots_closed.get(lot.instrument, 0) for item in result.absorptions)
    closed = sum(
        abs(before) - abs(quantities(draft.account(row.id)).get(key, 0))
        for row in world.accounts
        for key, before in quantities(row).items()
    )
    market = {item.instrument: item.quantity for item in draft.account("external:market").positions}
    assert closed == reported <= abs(lot.quantity)
    assert closed % step == 0
    assert closed + abs(market.get(lot.instrument, 0)) == abs(lot.quantity)


@given(adl_worlds())
def test_s6_overshoot_is_less_than_what_one_lot_relieves(world: World) -> None:
    result, draft = world.run()
    for answer in result.absorptions:
        inputs = answer.working["inputs"]
        assert isinstance(inputs, dict)
        overshoot = inputs["lot_overshoot"]
        ((instrument, units),) = answer.lots_closed.items()
        step = draft.book.instrument(instrument).lot
        assert 0 <= overshoot * units <= (answer.taken + overshoot) * step + 2 * units
        assert answer.taken <= world.loss


@given(adl_worlds())
def test_s6_the_ranking_can_be_reproduced_from_the_workings(world: World) -> None:
    result, draft = world.run()
    assert world.run()[0] == result
    if world.terms.waterfall[0].selection == "queue":
        inputs = [move.working["inputs"] for move in draft.moves if move.kind == "deleverage"]
        scores = [tuple(map(int, str(item["score"]).split("/"))) for item in inputs]  # type: ignore[index]
        for (top, bottom), (next_top, next_bottom) in pairwise(scores):
            assert top * next_bottom >= next_top * bottom
