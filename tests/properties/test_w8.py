"""W8: deleveraging at a stated price conserves equity: what winners lose at the mark, the engine gains."""

from __future__ import annotations

from hypothesis import given

from seawall.core.draft import Draft
from seawall.risk.assess import assess
from tests.waterfall.strategies import World, adl_worlds


def equity(world: World, draft: Draft, name: str) -> int:
    """Equity at the mark [10**-36 of a dollar, price included]."""
    return assess(draft.account(name), draft.book, world.market, world.terms).equity


@given(adl_worlds())
def test_w8_total_equity_is_the_same_to_the_last_digit(world: World) -> None:
    before, (_, after) = world.draft(), world.run()
    names = {*(str(name) for name in before.book.accounts.id), *after.touched}
    assert sum(equity(world, after, name) - equity(world, before, name) for name in names) == 0


@given(adl_worlds())
def test_w8_each_counterparty_loses_its_charge_and_no_more(world: World) -> None:
    before, (result, after) = world.draft(), world.run()
    charges = {item.account: item.amount for item in result.charges}
    cent = 10**36 * 10**8 // 100
    # Three roundings, each of less than a cent: a fill is worth the difference of two rounded running
    # values, all that is closed is rounded at the mark, and charges are whole by largest remainder.
    for row in world.accounts:
        lost = equity(world, before, row.id) - equity(world, after, row.id)
        assert lost < (charges.get(row.id, 0) + 3) * cent
        if row.id in charges:
            assert lost > (charges[row.id] - 3) * cent


@given(adl_worlds())
def test_w8_nobody_solvent_is_pushed_under_water(world: World) -> None:
    before, (_, after) = world.draft(), world.run()
    for row in world.accounts:
        if equity(world, before, row.id) >= 0:
            assert equity(world, after, row.id) >= 0
