"""Laws H1-H5: what health depends on and how it moves. Exact, for the generic lending terms."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Balance
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.liquidation.seize import Call, seize
from seawall.risk.assess import assess
from seawall.risk.detect import LIQUIDATABLE, scan
from tests.worlds import exchange_book, exchange_terms, lending_book, lending_market, lending_terms, trader

TERMS = lending_terms()
ASSETS = ("ETH", "BTC", "USDC")
amounts = st.integers(1, 10**21)
prices = st.fixed_dictionaries({asset: st.integers(1, 10**13) for asset in ASSETS})


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """An account with any mix of collateral and debt."""
    supplied = draw(st.dictionaries(st.sampled_from(ASSETS), amounts, max_size=3))
    owed = draw(st.dictionaries(st.sampled_from(ASSETS), amounts, min_size=1, max_size=2))
    rows = [Balance(asset, "supply", value) for asset, value in supplied.items()]
    rows += [Balance(asset, "debt", -value) for asset, value in owed.items()]
    return Account("x", balances=tuple(rows))


def market_of(given_prices: dict[str, int]) -> Market:
    return Market(prices={asset: Price(value, value) for asset, value in given_prices.items()})


def ratio(account: Account, market: Market) -> tuple[int, int]:
    """Health as an exact fraction: weighted value over debt."""
    health = assess(account, lending_book(account), market, TERMS)
    return health.weighted_value, health.debt_value


def not_lower(after: tuple[int, int], before: tuple[int, int]) -> bool:
    return after[0] * before[1] >= before[0] * after[1]


@given(accounts(), prices, st.randoms(use_true_random=False))
def test_h1_health_does_not_depend_on_the_order_of_rows(
    account: Account, given_prices: dict[str, int], rng: random.Random
) -> None:
    shuffled = list(account.balances)
    rng.shuffle(shuffled)
    market = market_of(given_prices)
    first = assess(account, lending_book(account), market, TERMS)
    other = replace(account, balances=tuple(shuffled))
    assert assess(lending_book(other).account("x"), lending_book(other), market, TERMS) == assess(
        lending_book(account).account("x"), lending_book(account), market, TERMS
    )
    assert first.weighted_value == ratio(other, market)[0]


@given(accounts(), prices, st.sampled_from(ASSETS), st.integers(1, 10**12))
def test_h2_a_higher_collateral_price_or_a_lower_debt_price_never_lowers_health(
    account: Account, given_prices: dict[str, int], asset: str, rise: int
) -> None:
    sides = {balance.side for balance in account.balances if balance.asset == asset}
    if len(sides) != 1:
        return
    raised = {**given_prices, asset: given_prices[asset] + rise}
    low, high = ratio(account, market_of(given_prices)), ratio(account, market_of(raised))
    assert not_lower(high, low) if sides == {"supply"} else not_lower(low, high)


@given(accounts(), prices, st.sampled_from(ASSETS), amounts)
def test_h2_adding_collateral_or_repaying_never_lowers_health(
    account: Account, given_prices: dict[str, int], asset: str, amount: int
) -> None:
    market = market_of(given_prices)
    rows = {(b.asset, b.side): b.scaled for b in account.balances}
    richer = {**rows, (asset, "supply"): rows.get((asset, "supply"), 0) + amount}
    grown = Account("x", balances=tuple(Balance(a, s, v) for (a, s), v in richer.items()))  # type: ignore[arg-type]
    assert not_lower(ratio(grown, market), ratio(account, market))
    owed = next(b for b in account.balances if b.side == "debt")
    repaid = owed._replace(scaled=min(-1, owed.scaled + amount))
    lighter = replace(account, balances=tuple(repaid if b == owed else b for b in account.balances))
    assert not_lower(ratio(lighter, market), ratio(account, market))


@given(accounts(), prices, st.integers(1, 10**6))
def test_h3_scaling_all_prices_leaves_health_as_it_is(
    account: Account, given_prices: dict[str, int], k: int
) -> None:
    before = ratio(account, market_of(given_prices))
    after = ratio(account, market_of({asset: price * k for asset, price in given_prices.items()}))
    assert before[0] * after[1] == after[0] * before[1]


@given(accounts(), accounts(), prices)
def test_h4_liquidating_one_account_changes_no_other_health(
    first: Account, second: Account, given_prices: dict[str, int]
) -> None:
    book = lending_book(first, replace(second, id="y"))
    market = market_of(given_prices)
    draft = Draft(book)
    before = assess(draft.account("y"), book, market, TERMS)
    for collateral in ASSETS:
        for debt in ASSETS:
            seize(draft, market, TERMS, Call("x", collateral, debt))
    assert assess(draft.account("y"), draft.book_after(), market, TERMS) == before


@given(st.dictionaries(st.sampled_from(ASSETS), amounts, min_size=1, max_size=3), prices)
def test_h5_debt_without_collateral_is_bad_debt_and_no_debt_is_infinite_health(
    owed: dict[str, int], given_prices: dict[str, int]
) -> None:
    bare = Account("x", balances=tuple(Balance(asset, "debt", -value) for asset, value in owed.items()))
    free = Account("y", balances=(Balance("ETH", "supply", 1),))
    book = lending_book(bare, free)
    market = market_of(given_prices)
    found = scan(book, market, TERMS)
    assert found.flag[book.row_of["x"]] == LIQUIDATABLE
    assert assess(book.account("x"), book, market, TERMS).status == "insolvent"
    assert assess(book.account("y"), book, market, TERMS).health_wad is None
    assert found.health[book.row_of["y"]] == float("inf")


def test_h5_an_account_with_a_debt_it_cannot_price_is_unpriced_not_safe() -> None:
    book = lending_book(Account("x", balances=(Balance("ETH", "debt", -1), Balance("BTC", "supply", 10))))
    market = replace(lending_market(), prices={"BTC": Price(1), "USDC": Price(1), "ETH": Price(None)})
    assert assess(book.account("x"), book, market, TERMS).status == "unpriced"
    assert scan(book, market, TERMS).flag[book.row_of["x"]] != LIQUIDATABLE


def test_h5_negative_equity_without_positions_is_bad_debt_on_an_exchange() -> None:
    book = exchange_book(trader("x", -5))
    from tests.worlds import exchange_market

    assert scan(book, exchange_market(), exchange_terms()).is_insolvent[book.row_of["x"]]
