"""One valuation for many accounts: what it remembers never changes, and the rest is read each time."""

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
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
    valuation = Valuation(book, market(2000), TERMS)
    weighted = {
        name: valuation.health(book.account(name), book.pool_of).weighted_value // (2000 * 10**8)
        for name in names
    }
    assert weighted == {"plain": 8000, "set": 9300}


def test_an_index_that_moves_is_seen_by_the_next_health() -> None:
    draft = Draft(two_accounts())
    before = Valuation.on(draft, market(2000), TERMS).health(draft.account("plain"), draft.pools)
    draft.set_supply_index("ETH", RAY * 3 // 2)
    after = Valuation.on(draft, market(2000), TERMS).health(draft.account("plain"), draft.pools)
    assert (before.collateral_value, after.collateral_value) == (2000 * 10**8, 3000 * 10**8)


def test_a_draft_keeps_one_valuation_for_each_market_and_terms() -> None:
    draft, first, second = Draft(two_accounts()), market(2000), market(1000)
    kept = Valuation.on(draft, first, TERMS)
    assert Valuation.on(draft, first, TERMS) is kept
    fallen = Valuation.on(draft, second, TERMS).health(draft.account("plain"), draft.pools)
    assert fallen.collateral_value == 1000 * 10**8
    strict = TERMS.model_copy(update={"assets": {}})
    assert Valuation.on(draft, second, strict).health(draft.account("plain"), draft.pools).weighted_value == 0


def test_a_valuation_kept_or_made_for_one_account_says_the_same() -> None:
    book = two_accounts()
    valuation = Valuation(book, market(1300), TERMS, "market")
    for account in book.rows():
        expected = lending_health(account, book.pool_of, book, market(1300), TERMS, "market")
        assert valuation.health(account, book.pool_of) == expected
