"""One book under several rulebooks: the hole is the same, and what fills it adds up under each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters.snapshot import read_snapshot
from seawall.core.book import Book
from seawall.core.event import Event
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InconsistentBook, InvalidTerms
from seawall.resolution import resolve
from seawall.runs.venue_comparison import VenueComparison, VenueOutcome, compare_venues
from tests.cli.command import EXAMPLES
from tests.worlds import borrower, lending_book, lending_market, lending_terms

VENUES = ("generic_lending", "aave_v3_0_2", "aave_v3_7")
DUST = 1e-4  # venues round prices of whole positions to 1e-8 each


def compared(book: Book, market: Market, *terms: Terms) -> VenueComparison:
    return compare_venues([resolve(book, market, each, Event("now")) for each in terms])


def filled(item: VenueOutcome) -> float:
    return sum(item.lost.values()) + item.hole_after


@st.composite
def books(draw: st.DrawFn) -> Book:
    numbers = st.integers(0, 40)
    accounts = [
        borrower(
            f"b{place}",
            eth=draw(numbers) * 10**18,
            btc=draw(st.integers(0, 2)) * 10**8,
            usdc_debt=1000 * draw(numbers) * 10**6,
        )
        for place in range(draw(st.integers(1, 6)))
    ]
    return lending_book(*accounts)


@settings(max_examples=40)
@given(books(), st.integers(300, 2500))
def test_what_is_lost_less_what_is_gained_and_what_is_left_is_the_hole(book: Book, eth_usd: int) -> None:
    market = lending_market(eth_usd, btc_usd=25 * eth_usd)
    for item in compared(book, market, *(lending_terms(name) for name in VENUES)).outcomes:
        assert filled(item) == pytest.approx(item.hole_before, abs=DUST)


@settings(max_examples=20)
@given(books(), st.integers(300, 2500))
def test_the_same_rulebook_twice_treats_nobody_differently(book: Book, eth_usd: int) -> None:
    terms = lending_terms()
    found = compared(book, lending_market(eth_usd), terms, terms)
    assert not found.spread.any()


def test_who_pays_depends_on_the_rulebook() -> None:
    """Ben owes 101.05 more than he has. One venue's fund pays, the others leave it to nobody."""
    snapshots = [read_snapshot(EXAMPLES / "snapshot-lending", rulebook=name).parts() for name in VENUES]
    found = compare_venues([resolve(*parts, Event("now")) for parts in snapshots])
    generic, old, new = found.outcomes
    assert [round(item.hole_before, 2) for item in found.outcomes] == [101.05] * 3
    assert generic.lost["funds"] == pytest.approx(106.19, abs=0.01)
    assert generic.hole_after == 0
    assert old.lost["funds"] == new.lost["funds"] == 0
    assert old.hole_after == pytest.approx(new.hole_after, abs=0.01)
    assert old.hole_after > 101  # the bonus of what was seized came on top
    (row,) = found.rows()
    assert row["account"] == "ann"
    assert float(row["lost"]["generic_lending"]) > float(row["lost"]["aave_v3_7"]) > 0
    assert row["lost"]["aave_v3_0_2"] == "0.00"


def test_parameters_of_markets_stay_the_books() -> None:
    own = read_snapshot(EXAMPLES / "snapshot-lending").parts()[2]
    other = read_snapshot(EXAMPLES / "snapshot-lending", rulebook="aave_v3_7").parts()[2]
    assert (other.assets, other.collateral_sets) == (own.assets, own.collateral_sets)
    assert other.venue == "aave_v3_7"
    assert other.recognition.needs_call is not own.recognition.needs_call
    assert [layer.name for layer in other.waterfall] != [layer.name for layer in own.waterfall]


def test_an_account_that_no_price_values_is_counted_and_left_out() -> None:
    priced = borrower("priced", eth=3 * 10**18, usdc_debt=4000 * 10**6)
    missing = borrower("unpriced", btc=10**8, usdc_debt=10**7)
    prices = {name: price for name, price in lending_market(1200).prices.items() if name != "BTC"}
    (item,) = compared(lending_book(priced, missing), Market(prices=prices), lending_terms()).outcomes
    assert item.unpriced == 2  # the supplier of BTC too
    assert item.hole_before == pytest.approx(400)
    assert np.isfinite(item.wealth_after).all()
    assert filled(item) == pytest.approx(400 - 571.428571)  # the supplier bears that, and nobody can say so


def test_a_deficit_in_an_asset_that_secures_nothing_stays_a_hole() -> None:
    """1 ETH at 1,000 for 1,500 USDC, the fund empty: what is left stands in the deficit account."""
    terms = lending_terms("aave_v3_7")
    assets = {**terms.assets, "USDC": terms.assets["USDC"].model_copy(update={"threshold_bps": 0})}
    book = lending_book(borrower("ann", eth=10**18, usdc_debt=1500 * 10**6))
    (item,) = compared(book, lending_market(1000), terms.model_copy(update={"assets": assets})).outcomes
    assert item.hole_before == pytest.approx(500)
    assert item.hole_after == pytest.approx(1500 - 1000 / 1.05)
    assert filled(item) == pytest.approx(500)


def test_resolutions_of_different_books_are_refused() -> None:
    one, other = lending_book(borrower("a", eth=1)), lending_book(borrower("b", eth=1))
    terms, market = lending_terms(), lending_market()
    with pytest.raises(InconsistentBook, match="other accounts"):
        compare_venues([resolve(book, market, terms, Event("now")) for book in (one, other)])


def test_a_venue_of_another_family_is_refused() -> None:
    with pytest.raises((InconsistentBook, InvalidTerms)):
        resolve(*read_snapshot(EXAMPLES / "snapshot-lending", rulebook="linear_perp").parts(), Event("now"))
