"""Closing the engine's lots in the market: the loss stays, a surplus finds its fund."""

from __future__ import annotations

import pytest

from seawall.core.event import Event
from seawall.core.loss import Default, Lots
from seawall.waterfall.close_out import affordable, close_all, close_in_market
from tests.waterfall.books import fund, lots, lots_default, run, terms_of, totals

INSURANCE = {"kind": "insurance_fund", "account": "fund:insurance", "surplus": True}
FIRST = {"kind": "first_loss", "account": "fund:first"}


@pytest.mark.parametrize(
    ("budget", "units"), [(0, 0), (9, 0), (10, 1), (11, 1), (999, 99), (1000, 100), (1001, 100)]
)
def test_affordable_units_fit_the_budget(budget: int, units: int) -> None:
    assert affordable(lots(100, 10_000, 9_000), 1, budget) == units


@pytest.mark.parametrize(
    ("budget", "units"), [(29, 0), (30, 3), (59, 3), (60, 6), (989, 96), (999, 99), (1000, 100)]
)
def test_affordable_units_are_whole_lots_or_everything(budget: int, units: int) -> None:
    assert affordable(lots(100, 10_000, 9_000), 3, budget) == units


def test_a_part_whose_rounded_cost_exceeds_the_budget_is_not_affordable() -> None:
    lot = Lots("PERP", 3, 5, 1)  # cost 4; one unit: floor(5/3) - floor(1/3) = 1, two: 3 - 0 = 3, exactly 2.67
    assert [affordable(lot, 1, budget) for budget in range(5)] == [0, 0, 1, 2, 3]
    lot = Lots("PERP", 3, 8, 1)  # cost 7; one unit: 2 - 0, exactly 2.33; two: 5 - 0 = 5, exactly 4.67
    assert [affordable(lot, 1, budget) for budget in range(8)] == [0, 0, 0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("units", [0, 1, 50, 99, 100])
def test_closing_moves_cost_from_lots_to_cash_and_leaves_the_loss(units: int) -> None:
    default = lots_default(lots(100, 10_000, 9_333), cents=7)
    move, rest = close_in_market(default, default.lots[0], units)
    assert rest.net == default.net
    assert sum(item.amount for item in move.postings if item.commodity == "USD") == 0
    assert sum(item.amount for item in move.postings if item.commodity == "PERP") == 0


def test_closing_everything_leaves_no_lots() -> None:
    default = lots_default(lots(100, 10_000, 9_000), lots(-10, 5_000, 5_500, "SIDE"))
    moves, rest = close_all(default)
    assert (len(moves), rest.lots, rest.cash_shortfall) == (2, (), default.net)


# A default whose lots close 3.00 better than takeover.
BETTER = lots(100, 9_000, 9_300)


def test_a_surplus_flows_to_the_first_layer_that_takes_it() -> None:
    terms = terms_of(FIRST, INSURANCE, {**INSURANCE, "name": "second", "account": "fund:second"})
    accounts = [fund("first", 50), fund("insurance", 50), fund("second", 50)]
    result, draft = run(accounts, terms, lots_default(BETTER))
    assert [(item.account, item.amount) for item in result.surpluses] == [("fund:insurance", 300)]
    assert draft.cash("fund:insurance", "USD") == 350
    assert (result.absorptions, result.residuals) == ((), ())


def test_a_surplus_that_no_fund_takes_stays_with_the_venue() -> None:
    result, draft = run([fund("first", 50)], terms_of(FIRST), lots_default(BETTER))
    assert draft.cash("surplus:USD", "USD") == 300
    assert result.surpluses[0].account == "surplus:USD"


def test_a_surplus_goes_only_to_a_layer_that_covers_its_pool() -> None:
    terms = terms_of({**INSURANCE, "pools": ["other"]})
    result, _ = run([fund("insurance", 50)], terms, lots_default(BETTER))
    assert result.surpluses[0].account == "surplus:USD"


@pytest.mark.parametrize(
    ("owed", "surplus", "taken"),
    [
        (299, 1, 0),
        (300, 0, 0),
        (301, 0, 1),  # net loss of one cent
    ],
)
def test_a_surplus_first_lowers_what_the_same_default_owes(owed: int, surplus: int, taken: int) -> None:
    result, draft = run([fund("insurance", 50)], terms_of(INSURANCE), lots_default(BETTER, cents=owed))
    assert sum(item.amount for item in result.surpluses) == surplus
    assert sum(item.taken for item in result.absorptions) == taken
    assert draft.cash("fund:insurance", "USD") == 50 + surplus - taken


def test_a_surplus_of_one_lot_pays_for_another() -> None:
    dear = lots(10, 5_000, 1_000, "SIDE")  # costs 400, the other brings 300
    result, draft = run([fund("insurance", 100)], terms_of(INSURANCE), lots_default(BETTER, dear))
    assert [item.taken for item in result.absorptions] == [100]
    assert (result.residuals, draft.account("engine").positions) == ((), ())


def test_surpluses_reach_the_fund_before_any_loss_is_asked_of_it() -> None:
    losing = Default("loser", "USD", 300, pool="main")
    for event in ("a", "b", "c", "d"):  # whichever comes first by its hash
        result, _ = run(
            [fund("insurance", 0)], terms_of(INSURANCE), lots_default(BETTER), losing, event=Event(event)
        )
        assert [item.taken for item in result.absorptions] == [300]
        assert result.residuals == ()


def test_nothing_appears_or_vanishes() -> None:
    default = lots_default(lots(100, 10_000, 9_333), BETTER, cents=11)
    result, draft = run([fund("insurance", 50)], terms_of(INSURANCE), default)
    assert totals(draft.book_after()) == totals(draft.book)
    assert result.residuals[0].amount == default.loss - result.absorptions[0].taken
