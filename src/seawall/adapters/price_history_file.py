"""Read histories and paths of prices: CSV or Parquet with time, asset and price, one row each.

    time,asset,price                     time_s,asset,price,path
    2025-10-10T21:00:00Z,WETH,4120.5     0,WETH,4120.5,0

`time` is an instant; `time_s` counts seconds from any origin, for paths that were never dated. Rows
come in any order. Every asset has a price at every time of its path. Prices are decimals, not floats.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seawall.adapters.columns import Column, Table
from seawall.adapters.csv_table import open_csv
from seawall.adapters.parquet_table import open_parquet
from seawall.adapters.problem_log import ProblemLog, code_of, shown
from seawall.adapters.tables import Record, Records
from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, MissingData

__all__ = ["read_price_paths"]

CELLS_MAX = 40_000_000
_DECIMALS = 18
_TABLE = Table(
    "prices over time",
    "Prices of assets over time, in one or more paths.",
    (
        Column("time", "time", "instant of the price", group="time"),
        Column("time_s", "integer", "seconds since any origin", unit="s", group="time", maximum=10**12),
        Column("asset", "id", "asset", required=True),
        Column("price", "amount", "price of one whole", required=True, sign="positive", is_price=True),
        Column("path", "integer", "number of the path", default="0"),
    ),
    ("path", "time", "time_s", "asset"),
)
_Prices = dict[int, dict[int, dict[str, float]]]


def read_price_paths(path: Path, *, cells_max: int = CELLS_MAX) -> tuple[PriceHistory, ...]:
    """Read a file of prices.

    Args:
        path: A file `.csv` or `.parquet`.
        cells_max: Largest file that is read (rows times columns).

    Returns:
        One history per path, in order of its number; a file without a column `path` holds one.

    Raises:
        MissingData: There is no such file.
        InputError: With every problem found, each with its row.
        UnsupportedFeature: A Parquet file, and the extra `data` is not installed.
    """
    log = ProblemLog()
    try:
        file = (open_parquet if path.suffix == ".parquet" else open_csv)(path, _TABLE, log, cells_max)
        found = _collect(Records(_TABLE, file, path.name, log))
    except FileNotFoundError as error:
        message = f"{path} does not exist: expected prices as .csv or .parquet"
        raise MissingData(message, code="missing_file") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", code=code_of(error)) from error
    if not found and not log.has_errors:
        log.add("no_rows", "holds no prices: expected rows of time, asset and price", path.name)
    for number, rows in found.items() if not log.has_errors else ():
        _check_complete(number, rows, path.name, log)
    if log.has_errors:
        raise InputError.of(log.problems())
    return tuple(_history(found[number]) for number in sorted(found))


def _collect(records: Records) -> _Prices:
    # path -> time -> asset -> price, in any order; a row with a problem is left out.
    found: _Prices = {}
    for record in records:
        number, asset = record.integer("path"), record.id("asset")
        price, at = record.amount("price", _DECIMALS), _instant(record)
        if number is None or asset is None or price is None or at is None:
            continue
        found.setdefault(number, {}).setdefault(at, {})[asset] = price / 10**_DECIMALS
    return found


def _instant(record: Record) -> int | None:
    name = "time" if "time" in record.cells else "time_s"
    found = record.time(name) if name == "time" else record.integer(name)
    if found is None and not record.text(name):
        record.add("missing_value", "is empty: when was this the price?", name)
    return found


def _check_complete(number: int, rows: dict[int, dict[str, float]], file: str, log: ProblemLog) -> None:
    assets = sorted({asset for prices in rows.values() for asset in prices})
    for at, prices in sorted(rows.items()):
        for asset in assets:
            if asset not in prices:
                message = (
                    f"path {number} has no price of {shown(asset)} at {at} s, and has others then: "
                    "add it, or take the time out"
                )
                log.add("price_missing", message, file)
    if len(rows) < 2:
        log.add("one_time", f"path {number} has one time: expected two or more", file)


def _history(rows: dict[int, dict[str, float]]) -> PriceHistory:
    times = sorted(rows)
    assets = tuple(sorted(rows[times[0]]))
    prices = np.array([[rows[at][asset] for asset in assets] for at in times])
    return PriceHistory(assets, np.array(times, dtype=np.float64), prices)
