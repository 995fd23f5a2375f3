"""Reducing in the market before a takeover: a solvent account keeps what it can."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall import rules
from seawall.core.draft import Draft
from seawall.core.terms import Size, Terms
from seawall.liquidation.sale import Desk
from seawall.liquidation.takeover import Takeover, take_over
from seawall.risk.assess import assess
from seawall.rules import linear_perp
from tests.worlds import exchange_book, exchange_market, exchange_terms, long_btc, short_btc, trader

TARGET = exchange_terms().model_copy(update={"size": Size(kind="target_health", target_health_bps=11_000)})


def reduced(cash: int, milli: int, btc: int, terms: Terms = TARGET) -> tuple[Draft, Takeover]:
    position = long_btc(milli, 50_000) if milli > 0 else short_btc(-milli, 50_000)
    book, market = exchange_book(trader("x", cash, position)), exchange_market(btc)
    draft = Draft(book)
    return draft, take_over(draft, market, terms, Desk(book, market, terms), "x")


def test_a_solvent_account_is_reduced_to_its_target_and_keeps_the_rest() -> None:
    """Long 1 BTC with 3,000 at 47,100: equity 100, needs 259; a lot frees 0.55 %, costs 0.1 %."""
    draft, done = reduced(3000, 1000, 47_100)
    assert done.is_restored
    (part,) = done.reductions
    assert part.quantity == 751
    health = assess(draft.account("x"), draft.book, exchange_market(47_100), TARGET)
    assert health.margin_equity * 10_000 >= health.requirement * 11_000
    assert draft.account("x").positions[0].quantity == 249


def test_one_lot_less_would_not_have_been_enough() -> None:
    closed = 750
    equity = 100_000 - closed * 471 // 10
    assert equity * 1000 < (1000 - closed) * 47_100 * 5 * 11 // 10


def test_an_insolvent_account_is_not_traded_but_taken_over() -> None:
    _, done = reduced(3000, 1000, 46_900)
    assert done.reductions == ()
    assert done.equity == {"USDT": -100 * 10**6}


def test_where_closing_costs_more_than_it_frees_the_account_is_taken_over() -> None:
    dear = TARGET.instruments["*"].model_copy(update={"close_out_slippage_bps": 60})
    terms = TARGET.model_copy(update={"instruments": {"*": dear}})
    _, done = reduced(3000, 1000, 47_100, terms)
    assert done.reductions == ()
    assert not done.is_restored


@given(st.integers(1, 9000), st.integers(-3000, 3000).filter(bool), st.integers(45_000, 55_000))
def test_reducing_ends_safe_or_taken_over_and_conserves_lots_and_cash(
    cash: int, milli: int, btc: int
) -> None:
    draft, done = reduced(cash, milli, btc)
    health = assess(draft.account("x"), draft.book, exchange_market(btc), TARGET)
    assert not health.is_liquidatable or done.defaults
    totals: dict[str, int] = {}
    for move in draft.moves:
        for posting in move.postings:
            totals[posting.commodity] = totals.get(posting.commodity, 0) + posting.amount
    assert not any(totals.values())


def test_the_rules_that_the_terms_name_are_the_ones_that_reduce(monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue whose rule asks for one lot more than the linear one: 752 are closed, not 751."""
    own = ModuleType("own_perp")
    vars(own).update(vars(linear_perp))

    def one_more(*of: int) -> tuple[bool, int]:
        feasible, lots = linear_perp.lots_to_restore(*of)
        return feasible, lots + 1

    vars(own)["lots_to_restore"] = one_more
    monkeypatch.setitem(sys.modules, "own_perp", own)
    monkeypatch.setattr(rules, "PERPETUAL", {**rules.PERPETUAL, "own_perp@1": "own_perp"})
    draft, done = reduced(3000, 1000, 47_100, TARGET.model_copy(update={"rules": "own_perp@1"}))
    assert [part.quantity for part in done.reductions] == [752]
    reduce = next(item for item in draft.moves if item.kind == "reduce")
    assert reduce.working["rule"] == "own_perp@1 lots_to_restore"
