"""Options follow their forwards by the model, and are worth their marks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.market import Mark
from seawall.core.units import WAD
from seawall.errors import InconsistentBook
from seawall.risk.assess import assess
from seawall.risk.options import followed, model_worth, seconds_left
from tests.risk.portfolios import INSTRUMENTS, LEVEL, MARKET, account, book, option, terms

OPTIONS = {item.id: item for item in INSTRUMENTS if item.option is not None}


def after(left: Fraction) -> dict[str, Mark]:
    return dict(followed(book(), MARKET, left, chosen=lambda item: True))


@given(st.fractions(min_value=Fraction(1, 100), max_value=3))
def test_marks_move_to_what_the_model_says_at_the_new_forward(left: Fraction) -> None:
    found = after(left)
    assert found.keys() == OPTIONS.keys()
    for name, mark in found.items():
        option, before = OPTIONS[name].option, MARKET.marks[name]
        assert option is not None
        assert mark.forward == int(LEVEL[OPTIONS[name].underlying] * left)
        assert (mark.vol, mark.previous) == (before.vol, before.mark)
        worth = model_worth(option, mark.forward, mark.vol or 0, seconds_left(option, MARKET), 8)
        assert mark.mark == pytest.approx(worth / WAD, abs=2)


def test_a_market_that_stands_still_moves_no_mark() -> None:
    assert {name: mark.mark for name, mark in after(Fraction(1)).items()} == {
        name: MARKET.marks[name].mark for name in OPTIONS
    }


def test_a_mark_away_from_the_model_keeps_its_distance_and_stays_above_nothing() -> None:
    dear = replace(MARKET.marks["BTC-60-C"], mark=(MARKET.marks["BTC-60-C"].mark or 0) + 10**10)
    cheap = replace(MARKET.marks["BTC-70-C"], mark=1)
    market = replace(MARKET, marks={**MARKET.marks, "BTC-60-C": dear, "BTC-70-C": cheap})
    found = followed(book(), market, Fraction(9, 10), chosen=lambda item: True)
    plain = after(Fraction(9, 10))
    assert (found["BTC-60-C"].mark or 0) - (plain["BTC-60-C"].mark or 0) == 10**10
    assert found["BTC-70-C"].mark == 0


@pytest.mark.parametrize("gone", [{"vol": None}, {"forward": None}])
def test_without_volatility_or_forward_a_mark_stays(gone: dict[str, None]) -> None:
    blind = replace(MARKET.marks["BTC-60-C"], **gone)
    market = replace(MARKET, marks={**MARKET.marks, "BTC-60-C": blind})
    found = followed(book(), market, Fraction(1, 2), chosen=lambda item: item.id == "BTC-60-C")
    assert found == {"BTC-60-C": replace(blind, previous=blind.mark)}


def test_a_mark_that_is_set_keeps_forward_and_volatility() -> None:
    moved = MARKET.moved(instruments={"BTC-60-C": 5}).marks["BTC-60-C"]
    before = MARKET.marks["BTC-60-C"]
    assert moved == Mark(5, 5, 5, before.mark, before.forward, before.vol)


@pytest.mark.parametrize(("name", "settle"), [("BTC-60-C", 1), ("BTC-70-C", 60_000)])
@pytest.mark.parametrize("size", [100, -100])
def test_equity_counts_an_option_at_its_mark(name: str, settle: int, size: int) -> None:
    one = account("a", **{name.replace("-", "_"): size})
    mark = MARKET.marks[name].mark or 0
    assert assess(one, book(one), MARKET, terms()).equity == size // 100 * mark * settle * 10**36


def test_after_expiry_there_is_no_time_left() -> None:
    chosen = OPTIONS["BTC-60-C"].option
    assert chosen is not None
    assert seconds_left(chosen, replace(MARKET, as_of=chosen.expires - 1)) == 1
    assert seconds_left(chosen, replace(MARKET, as_of=chosen.expires)) == 0
    assert seconds_left(chosen, replace(MARKET, as_of=chosen.expires + 5)) == 0


@pytest.mark.parametrize("change", [{"kind": "linear"}, {"option": None}])
def test_a_book_holds_no_half_option(change: dict[str, str | None]) -> None:
    half = replace(option("X", "BTC", "call", 1, 1, in_coin=False), **change)  # type: ignore[arg-type]  # broken on purpose
    with pytest.raises(InconsistentBook, match="instrument X is of kind"):
        type(book()).of([], assets=book().assets, instruments=[half])
