"""Columns built from rows: what contradicts itself is refused, all of it at once."""

from __future__ import annotations

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.errors import InconsistentBook

USD, PERP = Asset("USD", 2), Instrument("PERP", "USD")


def test_every_unknown_asset_and_repeated_balance_is_told() -> None:
    cash = Balance("USD", "cash", 1)
    rows = [
        Account("a", balances=(Balance("EUR", "cash", 1), cash, Balance("GBP", "cash", 1))),
        Account("b", balances=(cash, Balance("USD", "debt", -1), cash)),
    ]
    with pytest.raises(InconsistentBook) as caught:
        Book.of(rows, assets=[USD])
    assert [(item.code, item.message) for item in caught.value.problems] == [
        ("unknown_asset", "account a holds unknown asset EUR"),
        ("unknown_asset", "account a holds unknown asset GBP"),
        ("duplicate_balance", "account b has two cash rows of USD"),
    ]


def test_every_unknown_instrument_and_repeated_position_is_told() -> None:
    held = Position("PERP", "net", 1, -1)
    other = Position("SWAP", "net", 1, -1)
    rows = [Account("a", positions=(held, other)), Account("b", positions=(held, held, held))]
    with pytest.raises(InconsistentBook) as caught:
        Book.of(rows, assets=[USD], instruments=[PERP])
    assert [(item.code, item.message) for item in caught.value.problems] == [
        ("unknown_instrument", "account a holds unknown instrument SWAP"),
        ("duplicate_position", "account b has two net rows of PERP"),
        ("duplicate_position", "account b has two net rows of PERP"),
    ]


def test_principal_and_funding_index_take_no_column_where_nobody_has_one() -> None:
    plain = Account("a", balances=(Balance("USD", "debt", -5),), positions=(Position("PERP", "net", 1, -1),))
    book = Book.of([plain], assets=[USD], instruments=[PERP])
    assert (book.balances.principal, book.balances.has_principal) == (None, None)
    assert book.positions.funding_index is None


@pytest.mark.parametrize("principal", [0, 7])
def test_principal_and_funding_index_survive_a_change_of_other_accounts(principal: int) -> None:
    owing = Account(
        "b",
        balances=(Balance("USD", "debt", -9, principal=principal),),
        positions=(Position("PERP", "net", 1, -1, funding_index=-(2**90)),),
    )
    plain = Account("a", balances=(Balance("USD", "debt", -5),), positions=(Position("PERP", "net", 1, -1),))
    book = Book.of([plain, owing], assets=[USD], instruments=[PERP]).replaced([Account("c"), plain])
    assert [book.account(name) for name in "ab"] == [plain, owing]
    assert Book.of([plain], assets=[USD], instruments=[PERP]).replaced([owing]).account("b") == owing
