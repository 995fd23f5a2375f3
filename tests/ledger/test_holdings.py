"""What an account holds, from the rows of a book."""

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Instrument, Pool, Position
from seawall.core.loss import Posting
from seawall.ledger.holdings import (
    buckets,
    buckets_of,
    by_commodity,
    commodity_of,
    holding_of,
    holdings,
    may_be_negative,
)
from seawall.rules import lending_rules

RULES = lending_rules("aave_v3@3.7")


def book_with(*accounts: Account, supply_index: int = RAY, debt_index: int = RAY) -> Book:
    return Book.of(
        accounts,
        assets=[Asset("BTC", 8), Asset("USDC", 6)],
        instruments=[Instrument("BTC", "USDC"), Instrument("ETH-PERP", "USDC")],
        pools=[Pool("USDC", supply_index, debt_index)],
    )


def test_supply_rounds_down_and_debt_rounds_up_by_the_rules() -> None:
    alice = Account("alice", balances=(Balance("USDC", "supply", 3), Balance("USDC", "debt", -3)))
    book = book_with(alice, supply_index=RAY * 3 // 2, debt_index=RAY * 3 // 2)
    assert buckets(book, book.account("alice"), RULES) == {"debt:USDC": -5, "supply:USDC": 4}
    assert holdings(book, book.account("alice"), RULES) == {"USDC": -1}


def test_without_rules_a_balance_is_its_amount() -> None:
    alice = Account("alice", balances=(Balance("USDC", "supply", 3), Balance("USDC", "debt", -4)))
    book = book_with(alice, supply_index=2 * RAY, debt_index=2 * RAY)
    assert buckets(book, book.account("alice")) == {"debt:USDC": -4, "supply:USDC": 3}


def test_an_asset_without_pool_is_not_scaled() -> None:
    alice = Account("alice", balances=(Balance("BTC", "supply", 9), Balance("BTC", "debt", -2)))
    book = book_with(alice)
    assert holdings(book, book.account("alice"), RULES) == {"BTC": 7}


def test_cost_counts_in_the_settle_asset_and_lots_stand_apart() -> None:
    alice = Account(
        "alice",
        balances=(Balance("USDC", "cash", 100), Balance("BTC", "cash", 1)),
        positions=(
            Position("BTC", "long", 5, -50),
            Position("BTC", "short", -2, 30),
            Position("ETH-PERP", "net", -7, 70),
        ),
    )
    book = book_with(alice)
    assert buckets(book, book.account("alice")) == {
        "cash:BTC": 1,
        "cash:USDC": 100,
        "cost:USDC": 50,
        "lots:BTC": 3,
        "lots:ETH-PERP": -7,
    }
    assert holdings(book, book.account("alice")) == {
        "BTC": 1,
        "USDC": 150,
        "lots:BTC": 3,
        "lots:ETH-PERP": -7,
    }


def test_an_account_that_is_not_in_the_book_holds_nothing() -> None:
    book = book_with(Account("alice", balances=(Balance("USDC", "cash", 1),)))
    assert buckets_of(book, ["dust", "alice"], RULES) == {"alice": {"cash:USDC": 1}, "dust": {}}


@pytest.mark.parametrize("names", [["carol"], ["dave", "bob"], ["dave", "alice", "carol", "bob"], []])
def test_accounts_read_together_hold_what_each_holds_alone(names: list[str]) -> None:
    far = 10**30  # beyond 64 bits
    book = book_with(
        Account("alice", balances=(Balance("USDC", "supply", far), Balance("USDC", "debt", -far - 1))),
        Account("bob"),
        Account("carol", positions=(Position("BTC", "long", -3, far), Position("ETH-PERP", "net", 5, -2))),
        Account("dave", balances=(Balance("BTC", "cash", -7), Balance("USDC", "debt", -3))),
        supply_index=RAY * 3 // 2,
        debt_index=RAY * 5 // 4,
    )
    for rules in (RULES, None):
        assert buckets_of(book, names, rules) == {
            name: buckets(book, book.account(name), rules) for name in names
        }


def test_what_comes_to_zero_is_left_out() -> None:
    assert by_commodity({"cash:USDC": 5, "debt:USDC": -5, "lots:USDC": 1}) == {"lots:USDC": 1}


@pytest.mark.parametrize(
    ("posting", "key", "commodity"),
    [
        (Posting("a", "USDC", 1), "cash:USDC", "USDC"),
        (Posting("a", "USDC", 1, "cost", instrument="BTC"), "cost:USDC", "USDC"),
        (Posting("a", "BTC", 1, "lots"), "lots:BTC", "lots:BTC"),
        (Posting("a", "eip155:1/erc20:0xab", 1, "debt"), "debt:eip155:1/erc20:0xab", "eip155:1/erc20:0xab"),
    ],
)
def test_a_posting_names_its_holding_and_commodity(posting: Posting, key: str, commodity: str) -> None:
    assert holding_of(posting) == key
    assert commodity_of(key) == commodity


@pytest.mark.parametrize(("users", "expected"), [(False, {"dust", "out"}), (True, {"dust", "out", "alice"})])
def test_funds_always_and_users_of_lending_have_a_declared_sign(users: bool, expected: set[str]) -> None:
    book = book_with(
        Account("alice"),
        Account("dust", kind="venue"),
        Account("out", kind="external"),
        Account("pot", kind="fund"),
    )
    assert may_be_negative(book, ["alice", "dust", "out", "pot"], users=users) == expected
