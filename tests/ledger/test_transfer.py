"""Balances that change hands: cash to the unit, claims in scaled units; what rounds differently is dust."""

from __future__ import annotations

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.ledger.transfer import transfer
from tests.waterfall.books import terms_of

TERMS = terms_of({"kind": "redistribution"}, family="lending")


def book(index: int) -> Book:
    rows = [Account("ann", balances=(Balance("COL", "supply", 7), Balance("COL", "cash", 7)))]
    return Book.of(rows, assets=[Asset("COL", 0)], pools=[Pool("COL", supply_index=index)], venue="test")


def test_cash_moves_as_it_is() -> None:
    lines = transfer(Draft(book(RAY)), TERMS, "COL", "cash", {"ann": -7, "bob": 5, "cat": 2})
    assert [(line.account, line.amount, line.scaled) for line in lines] == [
        ("ann", -7, 0), ("bob", 5, 0), ("cat", 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("index", "amounts"),
    [
        (RAY, (-7, 5, 2, 0)),
        (3 * RAY // 2, (-10, 7, 3, 0)),  # 10.5, 7.5 and 3
        (5 * RAY // 4, (-8, 6, 2, 0)),  # 8.75, 6.25 and 2.5
        (7 * RAY // 4, (-12, 8, 3, 1)),  # 12.25, 8.75 and 3.5
    ],
)
def test_claims_move_in_scaled_units_each_balance_rounded_by_itself(
    index: int, amounts: tuple[int, ...]
) -> None:
    draft = Draft(book(index))
    lines = transfer(draft, TERMS, "COL", "supply", {"ann": -7, "bob": 5, "cat": 2})
    assert tuple(line.amount for line in lines) == amounts
    assert [line.scaled for line in lines] == [-7, 5, 2, 0]
    draft.post("handed", lines)
    assert [draft.scaled(name, "COL", "supply") for name in ("ann", "bob", "cat")] == [0, 5, 2]


def test_an_asset_without_a_pool_has_an_index_of_one() -> None:
    plain = Book.of([Account("ann")], assets=[Asset("COL", 0)], venue="test")
    lines = transfer(Draft(plain), TERMS, "COL", "supply", {"ann": 3, "bob": -3})
    assert [line.amount for line in lines] == [3, -3, 0]
