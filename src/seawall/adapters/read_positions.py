"""Positions, column by column, and open orders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.cells import Batch
from seawall.adapters.decode import Decoder
from seawall.adapters.ids import Vocabulary
from seawall.adapters.read_accounts import Accounts
from seawall.adapters.read_registry import Registry
from seawall.adapters.row_keys import RowKeys
from seawall.adapters.snapshot_schema import ENTRY_DECIMALS, FUNDING_DECIMALS, table_named
from seawall.adapters.stack import Stack
from seawall.adapters.tables import Folder
from seawall.adapters.words import Words, is_negative, is_zero, negated
from seawall.core.assemble import PositionRows
from seawall.core.book import LEGS, MULTIPLIER_DECIMALS, Instrument, Order
from seawall.core.money import AMOUNT_LIMIT, Amounts
from seawall.core.rounding import mul_div_down

__all__ = ["read_orders", "read_positions"]

_NET, _SHORT = LEGS.index("net"), LEGS.index("short")


def read_positions(folder: Folder, accounts: Accounts, registry: Registry) -> PositionRows:
    """Read positions; an entry price becomes a cost, rounded down: against the account, by under a unit."""
    file = folder.open("positions")
    if file is None:
        return PositionRows.none()
    reader, keys = Decoder(table_named("positions"), file.name, folder.log), RowKeys(file)
    quantity = Stack(np.uint64, file.row_count, width=2)
    cost = Stack(np.uint64, file.row_count, width=2)
    funding = Stack(np.uint64, file.row_count, width=2)
    digits, settle_digits = registry.quantity_decimals(), registry.settle_decimals()
    for batch in file.batches():
        account = reader.ids(batch, "account", accounts.known, unknown="unknown_account")
        code = np.maximum(
            reader.ids(batch, "instrument", registry.instrument_ids, unknown="unknown_instrument"), -1
        )
        leg = reader.choices(batch, "leg")
        sizes, valid = reader.amounts(batch, "quantity", digits[code])
        for at in np.flatnonzero(is_negative(sizes) & (leg > _NET)).tolist():
            message = f"leg {LEGS[leg[at]]} says the side already: give its size as a positive number"
            reader.log.add("negative_amount", message, file.name, int(batch.rows[at]), "quantity")
        sizes = negated(sizes, (leg == _SHORT) & ~is_zero(sizes))
        if "cost" in batch.cells:
            costs, _ = reader.amounts(batch, "cost", settle_digits[code])
        else:
            costs = _costs(reader, batch, sizes, valid, code, registry)
        index, _ = reader.amounts(
            batch, "funding_index", np.full(len(batch), FUNDING_DECIMALS, dtype=np.int16)
        )
        if not is_zero(index).all():
            funding.append_after(len(quantity), index)
        keys.append(batch, account, code, leg)
        quantity.append(sizes)
        cost.append(costs)
    names = (accounts.known.names, registry.instrument_ids.names, LEGS)
    keys.tell_repeats("duplicate_position", file.name, folder.log, names)
    if folder.log.errors_in(file.name):
        return PositionRows.none()
    return PositionRows(
        account=keys.account.done(),
        instrument=keys.item.done(),
        leg=keys.kind.done(),
        quantity=Amounts(quantity.done()),
        cost=Amounts(cost.done()),
        funding_index=Amounts(funding.padded(len(quantity))) if len(funding) else None,
    )


def _costs(
    reader: Decoder,
    batch: Batch,
    sizes: Words,
    valid: NDArray[np.bool_],
    code: NDArray[np.int32],
    registry: Registry,
) -> Words:
    entries, has_entry = reader.amounts(
        batch, "entry_price", np.full(len(batch), ENTRY_DECIMALS, dtype=np.int16)
    )
    settle = registry.settle_decimals().tolist()
    rules = [_cost_rule(item, decimals) for item, decimals in zip(registry.instruments, settle, strict=False)]
    rows = np.flatnonzero(valid & has_entry & (code >= 0))
    for at in rows[is_zero(entries[rows])].tolist():
        if registry.instruments[code[at]].kind == "inverse":
            message = "an inverse contract cannot have been entered at a price of 0"
            reader.log.add("out_of_range", message, reader.file, int(batch.rows[at]), "entry_price")
            has_entry[at] = False
    rows = rows[has_entry[rows]]
    columns = (Amounts(sizes[rows]).ints(), Amounts(entries[rows]).ints(), code[rows].tolist())
    found = [rules[item](size, entry) for size, entry, item in zip(*columns, strict=True)]
    for at, cost in zip(rows.tolist(), found, strict=True):
        if abs(cost) >= AMOUNT_LIMIT:
            message = "the cost at this price is 10^38 units or more"
            reader.log.add("amount_range", message, reader.file, int(batch.rows[at]), "entry_price")
    words = Amounts.zeros(len(batch)).words.copy()
    words[rows] = Amounts.of([cost if abs(cost) < AMOUNT_LIMIT else 0 for cost in found]).words
    return words


def _cost_rule(item: Instrument, settle_decimals: int) -> Callable[[int, int], int]:
    # Linear: -quantity * multiplier * entry. Inverse: +quantity * multiplier / entry. Both rounded down.
    per_unit, unit = (
        item.multiplier * 10**settle_decimals,
        10 ** (item.quantity_decimals + MULTIPLIER_DECIMALS),
    )

    def linear(size: int, entry: int) -> int:
        return mul_div_down(-size * per_unit, entry, unit * 10**ENTRY_DECIMALS)

    def inverse(size: int, entry: int) -> int:
        return mul_div_down(size * per_unit, 10**ENTRY_DECIMALS, unit * entry)

    return inverse if item.kind == "inverse" else linear


def read_orders(
    folder: Folder, accounts: Accounts, registry: Registry, mark_decimals: int
) -> list[tuple[int, Order]]:
    """Read open orders as (account's place, order)."""
    found = []
    for record in folder.records("orders"):
        account = _place(record.id("account", _open(accounts.known), "unknown_account"), accounts.known)
        instrument = record.id("instrument", registry.instrument_ids, "unknown_instrument")
        side = record.choice("side")
        quantity = record.amount("quantity", registry.quantity_decimals_of(instrument))
        price = record.amount("price", mark_decimals)
        hold = record.amount("hold", registry.settled_decimals_of(instrument))
        if account is None or instrument is None or side is None:
            continue
        if quantity is None or price is None or hold is None:
            continue
        found.append((account, Order(instrument, quantity if side == "buy" else -quantity, price, hold)))
    return found


def _open(known: Vocabulary) -> Vocabulary | None:
    # Where the snapshot lists no accounts, an order may name a new one.
    return known if known.is_closed else None


def _place(name: str | None, known: Vocabulary) -> int | None:
    if name is None:
        return None
    code = known.code(name)
    return code if code >= 0 else None
