"""Read who may bear a loss: one table of accounts with their weights, as CSV or Parquet.

| column | meaning |
|---|---|
| account | id, once each |
| weight | capacity in whole units of the asset: profit, equity, balance or claim |
| cap | most it can bear; its weight by default |
| score | place in a queue, higher first; any exact decimal |
| time | when it came, for rules of the first and the last |
| contracts | how many contracts it holds, for `contract_pro_rata`; whole |
| leverage | of its account, for `leverage_pro_rata` and `risk_aware`; up to six decimals |
| owner | who stands behind it |
| caused | true where its default made the loss |
| payout | what a fund bore for it |
| fee | what it had paid into that fund |
| exposure | signed value of what it still holds, + long |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seawall.adapters.columns import Column, Table
from seawall.adapters.csv_table import open_csv
from seawall.adapters.parquet_table import open_parquet
from seawall.adapters.problem_log import ProblemLog
from seawall.adapters.tables import Record, Records
from seawall.errors import InputError, MissingData

__all__ = ["PAYERS", "SCORE_DECIMALS", "Payers", "read_payers"]

SCORE_DECIMALS, LEVERAGE_DECIMALS = 18, 6
_CELLS_MAX = 10**8

PAYERS = Table(
    "payers",
    "Accounts that may bear a loss.",
    (
        Column("account", "id", "Id of the account.", required=True),
        Column("weight", "amount", "Capacity or claim.", unit="the asset", decimals="asset", required=True),
        Column(
            "cap", "amount", "Most it can bear; its weight by default.", unit="the asset", decimals="asset"
        ),
        Column("score", "amount", "Place in a queue, higher first.", decimals="18", sign="any"),
        Column("time", "time", "When it came."),
        Column("contracts", "integer", "Contracts that it holds."),
        Column("leverage", "amount", "Leverage of its account.", decimals="6"),
        Column("owner", "id", "Who stands behind it; itself by default."),
        Column("caused", "flag", "Whether its default made the loss.", default="false"),
        Column("payout", "amount", "What a fund bore for it.", unit="the asset", decimals="asset"),
        Column("fee", "amount", "What it had paid into that fund.", unit="the asset", decimals="asset"),
        Column(
            "exposure",
            "amount",
            "Value that it holds, + long.",
            unit="the asset",
            decimals="asset",
            sign="any",
        ),
    ),
    key=("account",),
)


@dataclass(frozen=True, eq=False)
class Payers:
    """Accounts that may bear a loss, as columns of one length.

    Attributes:
        ids: Account ids, unique.
        weights, caps: [smallest units]; a cap left out is the weight.
        scores: [1e-18]; None when the file has no such column.
        times: [unix s]; None when the file has no such column.
        contracts: [contracts]; None when the file has no such column.
        leverages_ppm: [1e-6]; None when the file has no such column.
        payouts, fees: [smallest units]; None when the file has no such column.
        exposures: Signed [smallest units]; None when the file has no such column.
        owners: The account itself where none is given.
        caused_by: Ids of those whose default made the loss.
    """

    ids: Sequence[str]
    weights: Sequence[int]
    caps: Sequence[int]
    scores: Sequence[int] | None
    times: Sequence[int] | None
    owners: Sequence[str]
    caused_by: frozenset[str]
    contracts: Sequence[int] | None = None
    leverages_ppm: Sequence[int] | None = None
    payouts: Sequence[int] | None = None
    fees: Sequence[int] | None = None
    exposures: Sequence[int] | None = None


def read_payers(path: Path, *, decimals: int = 6) -> Payers:
    """Read a table of payers.

    Args:
        path: A .csv or a .parquet file.
        decimals: Of the asset in which the loss is: amounts become counts of 10**-decimals.

    Raises:
        MissingData: There is no such file.
        InputError: With every problem found, each with its row and column.
    """
    if not path.is_file():
        raise MissingData(f"{path} is no file: expected a table of accounts", code="missing_file")
    log = ProblemLog()
    opener = open_parquet if path.suffix == ".parquet" else open_csv
    try:
        file = opener(path, PAYERS, log, _CELLS_MAX)
    except OSError as error:
        raise InputError(f"cannot read {path.name}: {error.strerror}", code="unreadable") from error
    rows = [row for record in Records(PAYERS, file, path.name, log) if (row := _row(record, decimals))]
    if not rows and not log.has_errors:
        log.add("empty_file", "holds no account: nobody can bear anything", path.name)
    if log.has_errors:
        raise InputError.of(log.problems())  # a cell that cannot be read is not empty, too
    found = {name: _all_or_none(name, rows, path.name, log) for name in _ALL_OR_NONE}
    for name, other in (("payout", "fee"), ("fee", "payout")):
        if found[name] is not None and found[other] is None and not log.has_errors:
            message = f"is filled and {other} is not: one says nothing without the other, fill both or none"
            log.add("missing_column", message, path.name, None, name)
    if log.has_errors:
        raise InputError.of(log.problems())
    return Payers(
        [row.id for row in rows],
        [row.weight for row in rows],
        [row.cap for row in rows],
        found["score"],
        found["time"],
        [row.owner or row.id for row in rows],
        frozenset(row.id for row in rows if row.caused),
        found["contracts"],
        found["leverage"],
        found["payout"],
        found["fee"],
        found["exposure"],
    )


_ALL_OR_NONE = ("score", "time", "contracts", "leverage", "payout", "fee", "exposure")


def _all_or_none(name: str, rows: Sequence[_Row], file: str, log: ProblemLog) -> list[int] | None:
    values = [row.more[name] for row in rows]
    if all(value is None for value in values):
        return None
    for row, value in zip(rows, values, strict=True):
        if value is None:
            message = "is empty, and other accounts fill this column: fill all or none"
            log.add("missing_value", message, file, row.number, name)
    return [value or 0 for value in values]


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    id: str
    weight: int
    cap: int
    more: Mapping[str, int | None]
    owner: str
    caused: bool


def _row(record: Record, decimals: int) -> _Row | None:
    name, weight = record.id("account"), record.amount("weight", decimals)
    given, owner = record.amount("cap", decimals), record.id("owner")
    caused = record.flag("caused")
    more = {
        "score": record.amount("score", SCORE_DECIMALS),
        "time": record.time("time"),
        "contracts": record.integer("contracts"),
        "leverage": record.amount("leverage", LEVERAGE_DECIMALS),
        **{key: record.amount(key, decimals) for key in ("payout", "fee", "exposure")},
    }
    if name is None or weight is None or owner is None or caused is None:
        return None
    return _Row(record.row, name, weight, weight if given is None else given, more, owner, caused)
