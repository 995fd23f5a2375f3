"""A book from columns is the book from the same rows, whatever their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.assemble import BalanceRows, PositionRows, book_of_columns, repeats
from seawall.core.book import (
    KINDS,
    LEGS,
    MODES,
    SIDES,
    Account,
    AccountColumns,
    Asset,
    Book,
    Instrument,
    Order,
)
from seawall.core.money import Amounts
from seawall.errors import InconsistentBook
from tests.adapters.strategies import venues

Places = Sequence[int]


def columns_of(book: Book, shuffled: np.random.Generator) -> Book:
    """The book again, from its rows in any order."""
    rows = list(book.rows())
    rows = [rows[at] for at in shuffled.permutation(len(rows))]
    sets = sorted({row.collateral_set for row in rows if row.collateral_set}, reverse=True)
    assets, instruments = list(book.assets)[::-1], list(book.instruments)[::-1]
    asset_at = {asset.id: at for at, asset in enumerate(assets)}
    instrument_at = {item.id: at for at, item in enumerate(instruments)}
    balances = [(at, item) for at, row in enumerate(rows) for item in row.balances]
    positions = [(at, item) for at, row in enumerate(rows) for item in row.positions]
    balances = [balances[at] for at in shuffled.permutation(len(balances))]
    positions = [positions[at] for at in shuffled.permutation(len(positions))]
    return book_of_columns(
        AccountColumns(
            id=np.array([row.id for row in rows], dtype=object),
            owner=np.array([row.owner for row in rows], dtype=object),
            parent=np.array([row.parent for row in rows], dtype=object),
            kind=np.array([KINDS.index(row.kind) for row in rows], dtype=np.int8),
            margin_mode=np.array([MODES.index(row.margin_mode) for row in rows], dtype=np.int8),
            collateral_set=np.array(
                [sets.index(row.collateral_set) if row.collateral_set else -1 for row in rows], dtype=np.int32
            ),
        ),
        assets=assets,
        instruments=instruments,
        pools=book.pools[::-1],
        collateral_sets=[*sets, "unused"],
        balances=BalanceRows(
            np.array([at for at, _ in balances], dtype=np.int32),
            np.array([asset_at[item.asset] for _, item in balances], dtype=np.int32),
            np.array([SIDES.index(item.side) for _, item in balances], dtype=np.int8),
            np.array([item.is_collateral for _, item in balances], dtype=bool),
            Amounts.of([item.scaled for _, item in balances]),
            Amounts.of([item.principal or 0 for _, item in balances]),
            np.array([item.principal is not None for _, item in balances], dtype=bool),
        ),
        positions=PositionRows(
            np.array([at for at, _ in positions], dtype=np.int32),
            np.array([instrument_at[item.instrument] for _, item in positions], dtype=np.int32),
            np.array([LEGS.index(item.leg) for _, item in positions], dtype=np.int8),
            Amounts.of([item.quantity for _, item in positions]),
            Amounts.of([item.cost for _, item in positions]),
            Amounts.of([item.funding_index for _, item in positions]),
        ),
        orders=[(at, order) for at, row in enumerate(rows) for order in row.orders],
        venue=book.venue,
        as_of=book.as_of,
        state=book.state,
    )


@given(venues(), st.integers(0, 2**32))
def test_columns_and_rows_build_the_same_book(venue: tuple[Book, object, object], seed: int) -> None:
    book = venue[0]
    again = columns_of(book, np.random.default_rng(seed))
    assert list(again.rows()) == list(book.rows())
    assert (again.assets, again.instruments, again.pools) == (book.assets, book.instruments, book.pools)
    assert again.collateral_sets == book.collateral_sets
    assert again.balances.start.tolist() == book.balances.start.tolist()
    assert again.positions.start.tolist() == book.positions.start.tolist()
    for name in ("asset", "side", "is_collateral"):
        mine, theirs = getattr(again.balances, name), getattr(book.balances, name)
        assert (mine.tolist(), mine.dtype) == (theirs.tolist(), theirs.dtype)
    for name in ("instrument", "leg"):
        mine, theirs = getattr(again.positions, name), getattr(book.positions, name)
        assert (mine.tolist(), mine.dtype) == (theirs.tolist(), theirs.dtype)


def accounts(*names: str) -> AccountColumns:
    count, blank = len(names), np.full(len(names), "", dtype=object)
    zero = np.zeros(count, dtype=np.int8)
    return AccountColumns(
        np.array(names, dtype=object), blank, blank, zero, zero, np.full(count, -1, dtype=np.int32)
    )


def two_rows(first: int, second: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, Amounts]:  # type: ignore[type-arg]
    place = np.array([first, second], dtype=np.int32)
    return place, np.zeros(2, dtype=np.int32), np.zeros(2, dtype=np.int8), Amounts.of([1, 2])


def test_repeated_rows_and_ids_are_refused() -> None:
    account, item, kind, amounts = two_rows(1, 1)
    usd, perp = [Asset("USD", 2)], [Instrument("X", "USD")]
    with pytest.raises(InconsistentBook, match="account b has two cash rows of USD") as caught:
        book_of_columns(
            accounts("a", "b"), assets=usd, balances=BalanceRows(account, item, kind, kind == 0, amounts)
        )
    assert caught.value.code == "duplicate_balance"
    rows = PositionRows(account, item, kind, amounts, amounts)
    with pytest.raises(InconsistentBook, match="account b has two net rows of X") as caught:
        book_of_columns(accounts("a", "b"), assets=usd, instruments=perp, positions=rows)
    assert caught.value.code == "duplicate_position"
    with pytest.raises(InconsistentBook) as caught:
        book_of_columns(accounts("b", "a", "b"), assets=usd)
    assert caught.value.code == "duplicate_account"
    with pytest.raises(InconsistentBook) as caught:
        book_of_columns(accounts(), assets=usd * 2)
    assert caught.value.code == "duplicate_asset"
    with pytest.raises(InconsistentBook) as caught:
        book_of_columns(accounts(), assets=[], instruments=perp)
    assert caught.value.code == "unknown_asset"


def test_repeats_names_the_earlier_row() -> None:
    first, again = repeats(np.array([5, 3, 5, 4, 3, 5]))
    assert sorted(zip(first.tolist(), again.tolist(), strict=True)) == [(0, 2), (1, 4), (2, 5)]
    assert len(repeats(np.array([1, 2, 3]))[0]) == 0
    assert len(repeats(np.array([3, 1, 2]))[0]) == 0


def test_the_order_of_open_orders_in_a_row_changes_nothing() -> None:
    orders = (Order("B", 1, 9), Order("A", 2, 9), Order("A", 1, 9, 5), Order("A", 1, 9), Order("A", 1, 3))
    sorted_by_hand = (
        Order("A", 1, 3),
        Order("A", 1, 9),
        Order("A", 1, 9, 5),
        Order("A", 2, 9),
        Order("B", 1, 9),
    )
    usd, contracts = [Asset("USD", 2)], [Instrument("A", "USD"), Instrument("B", "USD")]
    book = Book.of([Account("a", orders=orders), Account("b")], assets=usd, instruments=contracts)
    assert book.account("a").orders == sorted_by_hand
    assert book.replaced([Account("b", orders=orders[::-1])]).account("b").orders == sorted_by_hand
