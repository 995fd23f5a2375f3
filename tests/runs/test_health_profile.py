"""Health at the start: every account in its class, by what it owes or holds open."""

from __future__ import annotations

from seawall.runs.health_profile import HEALTH_EDGES, health_profile
from seawall.simulation.storm_book import storm_book
from tests.simulation.loans import still, storm_of_loans
from tests.worlds import exchange_book, exchange_market, exchange_terms, long_btc, trader


def test_loans_stand_at_their_health_factor() -> None:
    """Ten coins of 100 dollars at a threshold of 80 %: 800 over what is owed."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 60, "step_s": 60},
        "prices": still(["COIN"]),
        "markets": {"COIN": {}},
    }
    owed = [900.0, 800.0, 640.0, 100.0]  # health 0.89, 1, 1.25, 8
    storm = storm_of_loans([({"COIN": 10.0}, each) for each in owed], 100.0, raw, threshold_bps=8000,
                           bonus_bps=10_500)  # fmt: skip
    told = health_profile(storm.book, "lending")
    found = {
        start: (value, count)
        for start, value, count in zip(told["from"], told["value"], told["accounts"], strict=True)
        if count
    }
    assert found == {0.0: ("900.00", 1), 1.0: ("800.00", 1), 1.2: ("640.00", 1), 5.0: ("100.00", 1)}
    assert len(told["value"]) == len(HEALTH_EDGES["lending"]) - 1


def test_margin_accounts_stand_at_equity_over_requirement() -> None:
    people = [
        trader("even", 1_000, long_btc(1000, 50_000)),  # requirement 0.5 % of 50,000: health 4
        trader("lost", 1_000, long_btc(1000, 60_000)),
        trader("idle", 1_000),
    ]
    storm = storm_book(exchange_book(*people), exchange_market(), exchange_terms())
    told = health_profile(storm, "exchange")
    found = {
        start: (value, count)
        for start, value, count in zip(told["from"], told["value"], told["accounts"], strict=True)
        if count
    }
    assert found == {0.0: ("50000.00", 1), 3.0: ("50000.00", 1)}  # who holds nothing cannot fail
