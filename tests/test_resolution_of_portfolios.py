"""Portfolios are taken over whole, as other accounts of an exchange, and the books balance."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters import load_snapshot
from seawall.core.book import Account, Book, Position
from seawall.core.event import Event
from seawall.errors import UnsupportedFeature
from seawall.resolution import resolve
from seawall.runs.shock import fallen, steady
from seawall.simulation.monitor import Monitor
from seawall.simulation.revaluation import Shares, revalue
from seawall.simulation.storm_book import storm_book
from tests.risk.portfolios import AS_OF, MARKET, accounts, book, terms

EXAMPLE = Path(__file__).parents[1] / "examples/snapshot-options"


def closed(*found: Account) -> Book:
    """A book whose other side an account of the venue holds."""
    held: dict[str, int] = {}
    for one in found:
        for position in one.positions:
            held[position.instrument] = held.get(position.instrument, 0) - position.quantity
    other = Account(
        "engine",
        kind="venue",
        positions=tuple(Position(name, "net", size, 0) for name, size in sorted(held.items()) if size),
    )
    return book(*found, other)


@given(
    st.lists(accounts("x"), min_size=1, max_size=3),
    st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(-1, 2)]),
)
@settings(max_examples=25)
def test_a_resolution_of_portfolios_balances(found: list[Account], drop: Fraction) -> None:
    before = closed(*(Account(**{**_fields(one), "id": f"a{number}"}) for number, one in enumerate(found)))
    market = fallen(before, MARKET, drop)
    resolution = resolve(before, market, terms(), Event("e", AS_OF))
    failing = {health.account for health in resolution.scan.failing(before, market, terms())}
    assert {item.account for item in resolution.liquidations} == failing
    for name in failing:
        assert all(position.quantity == 0 for position in resolution.after.account(name).positions)


def _fields(one: Account) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


@pytest.mark.parametrize(
    ("drop", "failing"),
    [(Fraction(0), []), (Fraction(1, 5), ["overwriter", "writer"]), (Fraction(-1, 5), ["carol"])],
)
def test_the_example_fails_where_its_page_says(drop: Fraction, failing: list[str]) -> None:
    before, market, rules = load_snapshot(EXAMPLE)
    resolution = resolve(before, fallen(before, market, drop), rules, Event("e", market.as_of))
    assert sorted(item.account for item in resolution.liquidations) == failing


def test_a_fall_moves_forwards_and_leaves_what_options_settle_in() -> None:
    before, market, _ = load_snapshot(EXAMPLE)
    assert steady(before, market) == {"USDC"}
    after = fallen(before, market, Fraction(1, 10))
    put, was = after.marks["BTC-26DEC25-75000-P"], market.marks["BTC-26DEC25-75000-P"]
    assert (put.forward, put.vol, put.previous) == (76_500 * 10**8, was.vol, was.mark)
    assert (put.mark or 0) > 2 * (was.mark or 0)
    assert (after.marks["BTC-26DEC25-95000-C"].mark or 0) < (market.marks["BTC-26DEC25-95000-C"].mark or 0)


def test_the_monitor_and_revaluation_refuse_portfolios_by_name() -> None:
    before, market, rules = load_snapshot(EXAMPLE)
    storm = storm_book(before, market, rules)
    for ask in (
        lambda: Monitor(storm),
        lambda: revalue(storm, Shares(np.zeros(0), np.zeros(0)), np.zeros((1, 1))),
    ):
        with pytest.raises(UnsupportedFeature, match="margined as portfolios") as error:
            ask()
        assert error.value.code == "storm_portfolio"


def test_a_storm_refuses_what_the_terms_do_not_margin() -> None:
    before, market, rules = load_snapshot(EXAMPLE)
    with pytest.raises(UnsupportedFeature, match="needs a scenario grid") as error:
        storm_book(before, market, rules.model_copy(update={"portfolio": None}))
    assert error.value.problems[0].code == "portfolio_margin"
