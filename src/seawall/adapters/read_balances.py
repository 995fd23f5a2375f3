"""Balances, column by column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.cells import Batch
from seawall.adapters.decode import Decoder
from seawall.adapters.read_accounts import Accounts
from seawall.adapters.read_registry import Registry, index_of
from seawall.adapters.row_keys import RowKeys
from seawall.adapters.snapshot_schema import table_named
from seawall.adapters.stack import Stack
from seawall.adapters.tables import Folder
from seawall.adapters.words import Words, is_negative, is_zero, negated
from seawall.core.assemble import BalanceRows
from seawall.core.book import RAY, SIDES
from seawall.core.money import Amounts

__all__ = ["read_balances"]

_CASH, _SUPPLY, _DEBT = SIDES.index("cash"), SIDES.index("supply"), SIDES.index("debt")


def read_balances(folder: Folder, accounts: Accounts, registry: Registry) -> BalanceRows:
    """Read balances; amounts become scaled ones by the index of their pool.

    An amount that is not a whole number of scaled units is rounded in favour of the pool:
    supply down, debt up, by less than one scaled unit.
    """
    file = folder.open("balances")
    if file is None:
        return BalanceRows.none()
    reader, keys = Decoder(table_named("balances"), file.name, folder.log), RowKeys(file)
    flags, scaled = Stack(np.bool_, file.row_count), Stack(np.uint64, file.row_count, width=2)
    principal = Stack(np.uint64, file.row_count, width=2)
    has_principal = Stack(np.bool_, file.row_count)
    decimals = registry.asset_decimals()
    for batch in file.batches():
        account = reader.ids(batch, "account", accounts.known, unknown="unknown_account")
        asset = np.maximum(reader.ids(batch, "asset", registry.asset_ids, unknown="unknown_asset"), -1)
        side = reader.choices(batch, "side")
        words = _balance_words(reader, batch, decimals[asset], asset, side, registry)
        owed, is_given = reader.amounts(batch, "principal", decimals[asset])
        if is_given.any():
            principal.append_after(len(scaled), owed)
            has_principal.append_after(len(scaled), is_given)
        keys.append(batch, account, asset, side)
        flags.append(reader.flags(batch, "is_collateral"))
        scaled.append(negated(words, (side == _DEBT) & ~is_zero(words)))
    names = (accounts.known.names, registry.asset_ids.names, SIDES)
    keys.tell_repeats("duplicate_balance", file.name, folder.log, names)
    if folder.log.errors_in(file.name):
        return BalanceRows.none()
    return BalanceRows(
        account=keys.account.done(),
        asset=keys.item.done(),
        side=keys.kind.done(),
        is_collateral=flags.done(),
        scaled=Amounts(scaled.done()),
        principal=Amounts(principal.padded(len(scaled))) if len(principal) else None,
        has_principal=has_principal.padded(len(scaled)) if len(principal) else None,
    )


def _balance_words(
    reader: Decoder,
    batch: Batch,
    decimals: NDArray[np.int16],
    asset: NDArray[np.int32],
    side: NDArray[np.int8],
    registry: Registry,
) -> Words:
    name = "amount" if "amount" in batch.cells else "scaled"
    words, valid = reader.amounts(batch, name, decimals)
    for at in np.flatnonzero(is_negative(words) & (side != _CASH) & (side >= 0)).tolist():
        message = f"a {SIDES[side[at]]} is negative: give a positive number, the side says which way"
        reader.log.add("negative_amount", message, reader.file, int(batch.rows[at]), name)
    return _scaled(words, valid, asset, side, registry) if name == "amount" else words


def _scaled(
    words: Words,
    valid: NDArray[np.bool_],
    asset: NDArray[np.int32],
    side: NDArray[np.int8],
    registry: Registry,
) -> Words:
    supply, debt = index_of(registry)
    moving = np.array(
        [[False] * len(supply), [index != RAY for index in supply], [index != RAY for index in debt]],
        dtype=bool,
    )
    known = valid & (asset >= 0) & (side >= 0)
    rows = np.flatnonzero(known)
    rows = rows[moving[side[rows], asset[rows]]]
    if not len(rows):
        return words
    values = []
    for value, code, kind in zip(
        Amounts(words[rows]).ints(), asset[rows].tolist(), side[rows].tolist(), strict=True
    ):
        values.append(value * RAY // supply[code] if kind == _SUPPLY else -(-value * RAY // debt[code]))
    result = words.copy()
    result[rows] = Amounts.of(values).words
    return result
