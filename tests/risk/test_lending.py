"""One valuation for many accounts: what it remembers never changes, and the rest is read each time."""

import gc
from dataclasses import replace
from weakref import ref

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.core.terms import AssetTerms, Terms
from seawall.risk.lending import Valuation, lending_health

TERMS = Terms.build(
    {
        "venue": "test",
        "family": "lending",
        "rules": "aave_v3@3.7",
        "assets": {
            "ETH": {"ltv_bps": 7500, "threshold_bps": 8000, "bonus_bps": 10500},
            "USDC": {"ltv_bps": 7500, "threshold_bps": 7800, "bonus_bps": 10450},
        },
        "collateral_sets": {
            "eth": {"assets": ["ETH"], "ltv_bps": 9000, "threshold_bps": 9300, "bonus_bps": 10100}
        },
    }
)
BALANCES = (Balance("ETH", "supply", 10**18), Balance("USDC", "debt", -1000 * 10**6))


def market(eth: int) -> Market:
    return Market(prices={"ETH": Price(eth * 10**8), "USDC": Price(10**8)})


def two_accounts() -> Book:
    return Book.of(
        [Account("plain", balances=BALANCES), Account("set", collateral_set="eth", balances=BALANCES)],
        assets=[Asset("ETH", 18), Asset("USDC", 6)],
        pools=[Pool("ETH"), Pool("USDC")],
    )


@pytest.mark.parametrize("names", [("plain", "set"), ("set", "plain")])
def test_each_collateral_set_keeps_its_own_threshold(names: tuple[str, str]) -> None:
    book = two_accounts()
    valuation = Valuation.of(book, market(2000), TERMS)
    weighted = {
        name: valuation.health(book.account(name), book.pool_of).weighted_value // (2000 * 10**8)
        for name in names
    }
    assert weighted == {"plain": 8000, "set": 9300}


def test_an_index_that_moves_is_seen_by_the_next_health() -> None:
    draft, same = Draft(two_accounts()), market(2000)
    before = lending_health(draft.account("plain"), draft.pools, draft.book, same, TERMS)
    draft.set_supply_index("ETH", RAY * 3 // 2)
    after = lending_health(draft.account("plain"), draft.pools, draft.book, same, TERMS)
    assert (before.collateral_value, after.collateral_value) == (2000 * 10**8, 3000 * 10**8)


def test_a_valuation_is_made_once_for_each_market_terms_and_basis() -> None:
    book, first = two_accounts(), market(2000)
    kept = Valuation.of(book, first, TERMS)
    assert Valuation.of(book, first, TERMS) is kept
    stale = replace(first, prices={"ETH": Price(2000 * 10**8, 900 * 10**8), "USDC": Price(10**8)})
    for given, terms, basis, value, threshold in (
        (market(1000), TERMS, "oracle", 1000, 8000),
        (stale, TERMS, "oracle", 2000, 8000),
        (stale, TERMS, "market", 900, 8000),
        (stale, strict_terms(), "market", 900, 5000),
        (first, TERMS, "oracle", 2000, 8000),
    ):
        found = lending_health(book.account("plain"), book.pool_of, book, given, terms, basis)
        assert found.collateral_value == value * 10**8
        assert found.weighted_value == found.collateral_value * threshold


def test_another_book_is_valued_by_its_own_assets() -> None:
    same, other = (
        market(2000),
        Book.of([Account("plain", balances=BALANCES)], assets=[Asset("ETH", 17), Asset("USDC", 6)]),
    )
    first = two_accounts()
    values = [
        lending_health(book.account("plain"), book.pool_of, book, same, TERMS).collateral_value
        for book in (first, other, first)
    ]
    assert values == [2000 * 10**8, 20_000 * 10**8, 2000 * 10**8]


def test_a_valuation_does_not_keep_its_book_alive() -> None:
    book = two_accounts()
    lending_health(book.account("plain"), book.pool_of, book, market(2000), TERMS)
    watched = ref(book)
    del book
    gc.collect()
    assert watched() is None


def strict_terms() -> Terms:
    assets = {**TERMS.assets, "ETH": AssetTerms(ltv_bps=4000, threshold_bps=5000, bonus_bps=10500)}
    return TERMS.model_copy(update={"assets": assets})
