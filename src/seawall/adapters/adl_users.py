"""Read a published table of deleveraged users: one row a user, as data sets of 10 October 2025 have it.

| column | meaning |
|---|---|
| user | id |
| adl_notional | what was closed [USD] |
| closed_pnl | profit that was realised by it [USD]; a loss is negative |
| leverage_realtime | notional / account value, when it was closed |
| pnl_percent | profit in percent of the entry value |
| account_value_realtime | equity [USD]; below zero: part of the deficit |
| is_negative_equity | whether it was below zero when closed |
| num_adl_events | fills |

Such files are written from floats: amounts are rounded to a millionth of a dollar, halves away from zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seawall.adapters.columns import Column, Table
from seawall.adapters.csv_table import open_csv
from seawall.adapters.parquet_table import open_parquet
from seawall.adapters.payers import LEVERAGE_DECIMALS, SCORE_DECIMALS, Payers
from seawall.adapters.problem_log import ProblemLog
from seawall.adapters.tables import Record, Records
from seawall.core.money import format_decimal
from seawall.core.rounding import mul_div_half_up
from seawall.errors import InputError, MissingData, Problem

__all__ = ["ADL_USERS", "AdlUsers", "is_adl_file", "read_adl_users"]

USD_DECIMALS = 6
_READ_DECIMALS, _RATIO_DECIMALS = 24, 30  # what a float may print, of amounts and of ratios near zero
_CELLS_MAX = 10**8


def _usd(name: str, doc: str) -> Column:
    return Column(name, "amount", doc, unit="USD", decimals="24", required=True, sign="any")


def _ratio(name: str, doc: str) -> Column:
    return Column(name, "amount", doc, decimals="30", required=True, sign="any")


ADL_USERS = Table(
    "adl_users",
    "Users that were deleveraged.",
    (
        Column("user", "id", "Id of the user.", required=True),
        _usd("adl_notional", "What was closed."),
        _usd("closed_pnl", "Profit realised by it."),
        _ratio("leverage_realtime", "Notional over account value."),
        _ratio("pnl_percent", "Profit in percent of the entry value."),
        _usd("account_value_realtime", "Equity when closed."),
        Column("is_negative_equity", "flag", "Whether that was below zero.", default="false"),
        Column("num_adl_events", "integer", "Fills.", required=True),
    ),
    key=("user",),
)


@dataclass(frozen=True, eq=False)
class AdlUsers:
    """Users as payers, and the deficit as the file shows it.

    Attributes:
        payers: The weight of each is the profit realised, 0 for a loss and for who is below zero; its
            cap is the weight, within the equity [micro-USD]; the score is leverage times profit in
            percent, the leverage as told, at least 0; those below zero are the causers.
        notional: Closed, shape (n_users,) [micro-USD].
        deficit: Sum of account values below zero, as a positive number [micro-USD].
        problems: Warnings: flags that contradict, deficits that several users share to the last digit.
    """

    payers: Payers
    notional: Sequence[int]
    deficit: int
    problems: tuple[Problem, ...]


def is_adl_file(path: Path) -> bool:
    """Return whether a CSV has the head of such a table."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as handle:
            head = {name.strip().strip('"') for name in handle.readline(10_000).split(",")}
    except OSError:
        return False
    return {"user", "closed_pnl", "account_value_realtime"} <= head


def read_adl_users(path: Path) -> AdlUsers:
    """Read a table of deleveraged users.

    Raises:
        MissingData: There is no such file.
        InputError: With every problem found, each with its row and column.
    """
    if not path.is_file():
        raise MissingData(f"{path} is no file: expected a table of users", code="missing_file")
    log = ProblemLog()
    opener = open_parquet if path.suffix == ".parquet" else open_csv
    try:
        file = opener(path, ADL_USERS, log, _CELLS_MAX)
    except OSError as error:
        raise InputError(f"cannot read {path.name}: {error.strerror}", code="unreadable") from error
    rows = [row for record in Records(ADL_USERS, file, path.name, log) if (row := _row(record))]
    if not rows and not log.has_errors:
        log.add("empty_file", "holds no user", path.name)
    if log.has_errors:
        raise InputError.of(log.problems())
    owing = Counter(-row.equity for row in rows if row.equity < 0)
    for value, times in sorted(owing.items()):
        if times == 1:
            continue
        owed = format_decimal(value, USD_DECIMALS)
        message = f"{times} users owe {owed} to the last digit: probably one deficit, counted {times} times"
        log.warn("deficit_repeated", message, path.name, column="account_value_realtime")
    return AdlUsers(
        Payers(
            [row.id for row in rows],
            [row.weight for row in rows],
            [min(row.weight, max(0, row.equity)) for row in rows],
            [row.score for row in rows],
            None,
            [row.id for row in rows],
            frozenset(row.id for row in rows if row.equity < 0),
            leverages_ppm=[row.leverage_ppm for row in rows],
        ),
        [row.notional for row in rows],
        sum(value * times for value, times in owing.items()),
        log.problems(),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    notional: int
    profit: int
    score: int
    leverage_ppm: int
    equity: int

    @property
    def weight(self) -> int:
        return self.profit if self.profit > 0 and self.equity >= 0 else 0


_AMOUNTS = ("adl_notional", "closed_pnl", "account_value_realtime")
_RATIOS = ("leverage_realtime", "pnl_percent")


def _row(record: Record) -> _Row | None:
    user = record.id("user")
    found = [record.amount(name, _READ_DECIMALS) for name in _AMOUNTS]
    found += [record.amount(name, _RATIO_DECIMALS) for name in _RATIOS]
    flag, fills = record.flag("is_negative_equity"), record.integer("num_adl_events")
    if user is None or flag is None or fills is None or any(value is None for value in found):
        return None
    notional, profit, equity, leverage, percent = (value for value in found if value is not None)
    if notional < 0:
        record.add("negative_amount", "is negative: a notional is at least 0", "adl_notional")
    if flag != (equity < 0):
        message = f"is {str(flag).lower()}, and the account value says otherwise"
        record.warn("flag_contradicts", message, "is_negative_equity")
    score = _rounded(leverage * percent, 2 * _RATIO_DECIMALS - SCORE_DECIMALS)
    leverage_ppm = max(0, _rounded(leverage, _RATIO_DECIMALS - LEVERAGE_DECIMALS))
    return _Row(user, _micro(notional), _micro(profit), score, leverage_ppm, _micro(equity))


def _micro(value: int) -> int:
    return _rounded(value, _READ_DECIMALS - USD_DECIMALS)


def _rounded(value: int, places: int) -> int:
    # Halves away from zero, so that a loss is rounded as the same profit is.
    size = mul_div_half_up(abs(value), 1, 10**places)
    return size if value >= 0 else -size
