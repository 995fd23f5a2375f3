"""Insurance funds given in short: an account of kind fund with some cash, bound to a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.adapters.ids import closest
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.read_accounts import Accounts
from seawall.adapters.read_registry import Registry
from seawall.adapters.tables import Folder
from seawall.adapters.words import is_negative
from seawall.core.assemble import BalanceRows
from seawall.core.book import KINDS, SIDES, AccountColumns
from seawall.core.money import Amounts

__all__ = ["Funds", "check_fund_balances", "read_funds", "with_funds"]

_FUND, _CASH = KINDS.index("fund"), SIDES.index("cash")


@dataclass(frozen=True)
class Funds:
    """Funds being read.

    Attributes:
        cash: (account's place, asset's place, cash, row) of each line.
        pools: Pools each fund says it covers, by account id.
    """

    file: str
    cash: tuple[tuple[int, int, int, int], ...] = ()
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_funds(folder: Folder, accounts: Accounts, registry: Registry) -> Funds:
    """Read the table of funds; a fund that is not listed among the accounts is taken in."""
    known_pools = sorted({item.pool for item in registry.instruments if item.pool})
    cash, pools = [], dict[str, list[str]]()
    listed = 0 if accounts.columns is None else len(accounts.columns)
    for record in folder.records("funds"):
        name = record.id("account")
        asset = record.id("asset", registry.asset_ids, "unknown_asset")
        balance, pool = record.amount("balance", registry.decimals_of(asset)), record.id("pool")
        if pool and pool not in known_pools:
            record.add(
                "unknown_pool", f"no instrument is in pool {shown(pool)}{closest(pool, known_pools)}", "pool"
            )
        if name is None or asset is None or balance is None or pool is None:
            continue
        code = accounts.known.add(name)
        if accounts.columns is not None and code < listed and accounts.columns.kind[code] != _FUND:
            record.add("fund_kind", f"{shown(name)} is not of kind fund in accounts", "account")
        pools.setdefault(name, []).extend([pool] if pool else [])
        cash.append((code, registry.asset_ids.code(asset), balance, record.row))
    bound = {name: tuple(sorted(set(found))) for name, found in pools.items()}
    return Funds(folder.name_of("funds"), tuple(cash), bound)


def with_funds(rows: BalanceRows, funds: Funds, accounts: Accounts, log: ProblemLog) -> BalanceRows:
    """Return the balances with those of the funds at the end; one that both files give is a problem."""
    if not funds.cash:
        return rows
    for account, asset, _, row in funds.cash:
        if ((rows.account == account) & (rows.asset == asset) & (rows.side == _CASH)).any():
            message = f"{shown(accounts.known.names[account])} has this cash in balances already: keep one"
            log.add("duplicate_balance", message, funds.file, row, "account")
    holders, assets, amounts, _ = zip(*funds.cash, strict=True)
    count = len(funds.cash)
    return replace(
        rows,
        account=np.concatenate([rows.account, np.array(holders, dtype=np.int32)]),
        asset=np.concatenate([rows.asset, np.array(assets, dtype=np.int32)]),
        side=np.concatenate([rows.side, np.full(count, _CASH, dtype=np.int8)]),
        is_collateral=np.concatenate([rows.is_collateral, np.ones(count, dtype=bool)]),
        scaled=Amounts.concat([rows.scaled, Amounts.of(amounts)]),
    )


def check_fund_balances(rows: BalanceRows, accounts: AccountColumns, file: str, log: ProblemLog) -> None:
    """Note funds below zero: what a fund cannot pay is not its own loss."""
    if not len(rows.account):
        return
    below = is_negative(rows.scaled.words) & (rows.side == _CASH)
    for at in np.flatnonzero(below & (accounts.kind[rows.account] == _FUND)).tolist():
        message = (
            f"fund {shown(accounts.id[rows.account[at]])} is below zero: book what it could not pay elsewhere"
        )
        log.add("negative_amount", message, file, column="amount")
