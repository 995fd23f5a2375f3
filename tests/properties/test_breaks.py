"""Laws that a venue breaks: each declared in its rulebook, each with a frozen counterexample."""

from __future__ import annotations

import pytest

from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.market import Market, Price
from seawall.liquidation.quote import Refusal
from seawall.liquidation.seize import Call, Seizure, seize
from seawall.resolution import resolve
from seawall.risk.assess import assess
from seawall.venues import VENUES, load_terms
from tests.worlds import (
    USD,
    borrower,
    exchange_book,
    exchange_market,
    exchange_terms,
    lending_book,
    lending_market,
    lending_terms,
    long_btc,
    short_btc,
    trader,
)

FROZEN = {
    "aave_v3_0_2": {"H2", "H3", "H5", "L6", "L7"},
    "aave_v3_7": {"H3", "H5", "L8"},
    "compound_v3": set(),
    "generic_lending": set(),
    "linear_perp": {"S4"},
    "liquity_v1": set(),
    "maker_dss": set(),
    "morpho_blue": {"L6", "L8"},
    "venus_isolated": set(),
}


@pytest.mark.parametrize("venue", VENUES)
def test_what_a_rulebook_declares_broken_has_its_counterexample_here(venue: str) -> None:
    """H2 and L7 of Aave 3.0.2 are frozen in test_l_liquidation.py, the others below."""
    assert set(load_terms(venue).breaks) == FROZEN[venue]


@pytest.mark.parametrize("venue", ["aave_v3_0_2", "aave_v3_7"])
def test_h3_scaling_all_prices_moves_health(venue: str) -> None:
    terms = lending_terms(venue)
    account = borrower("x", eth=333, usdc_debt=1)
    healths = []
    for k in (1, 10**6):
        market = Market(
            prices={name: Price(price * k) for name, price in (("ETH", 10**16), ("USDC", USD), ("BTC", 1))}
        )
        healths.append(assess(account, lending_book(account), market, terms).health_wad)
    assert healths[0] != healths[1]


@pytest.mark.parametrize("venue", ["aave_v3_0_2", "aave_v3_7"])
def test_h5_a_debt_without_any_collateral_is_never_recognised(venue: str) -> None:
    book = lending_book(borrower("x", usdc_debt=10**9))
    done = resolve(book, lending_market(), lending_terms(venue), Event("e"))
    assert [item.outcome for item in done.liquidations] == ["not_callable"]
    assert done.defaults == ()
    assert [
        item.outcome for item in resolve(book, lending_market(), lending_terms(), Event("e")).liquidations
    ] == ["exhausted"]


@pytest.mark.parametrize("venue", ["aave_v3_0_2", "morpho_blue"])
def test_l6_a_call_may_leave_dust(venue: str) -> None:
    draft = Draft(lending_book(borrower("x", eth=10**18, usdc_debt=1700 * 10**6)))
    terms, market = lending_terms(venue), lending_market(2000)
    done = seize(draft, market, terms, Call("x", "ETH", "USDC", 1699 * 10**6))
    assert isinstance(done, Seizure)
    left = next(b.scaled for b in draft.account("x").balances if b.side == "debt")
    assert -left == 1 * 10**6


def test_l8_aave_3_7_refuses_the_halves_of_a_call_that_it_accepts() -> None:
    """1,900 may be repaid in one call; 950 and 950 may not, for the first would leave less than 1,000."""
    terms, market = lending_terms("aave_v3_7"), lending_market(1200)
    draft = Draft(lending_book(borrower("x", eth=2 * 10**18, usdc_debt=1_930 * 10**6)))
    half = seize(draft, market, terms, Call("x", "ETH", "USDC", 965 * 10**6))
    assert isinstance(half, Refusal)
    assert half.code == "leaves_dust"
    whole = seize(draft, market, terms, Call("x", "ETH", "USDC"))
    assert isinstance(whole, Seizure)
    assert whole.repaid == 1_930 * 10**6


def test_l8_two_calls_on_morpho_blue_seize_less_than_one_by_what_a_unit_buys() -> None:
    """The incentive on 1,001 and on 1,000 units is cut to whole units apart: 833,333,333 wei at 1,200."""
    terms, market = lending_terms("morpho_blue"), lending_market(1200)
    seized = []
    for covers in ([2001], [1001, 1000]):
        draft = Draft(lending_book(borrower("x", eth=2 * 10**18, usdc_debt=1_930 * 10**6)))
        calls = [seize(draft, market, terms, Call("x", "ETH", "USDC", cover)) for cover in covers]
        seized.append(sum(done.seized for done in calls if isinstance(done, Seizure)))
    assert 833_333_333 <= seized[0] - seized[1] <= 833_333_335


def test_s4_a_queue_charges_the_smaller_winner_in_full_before_the_larger() -> None:
    """Carl has a hundredth of Bob's cash and more leverage: the queue takes all of Carl before Bob."""
    book = exchange_book(
        trader("alice", 2000, long_btc(500, 50_000)),
        trader("bob", 100_000, short_btc(250, 50_000)),
        trader("carl", 1000, short_btc(300, 50_000)),
        trader("dave", 100_000, long_btc(50, 50_000)),
    )
    done = resolve(book, exchange_market(44_000), exchange_terms(), Event("e"))
    charged = {charge.account: charge.amount for charge in done.charges}
    assert charged == {"carl": 600 * 10**6, "bob": 400 * 10**6}
