"""The totals of all paths as one table, column by column: a hundred thousand rows take no Python loop."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.runs.table_file import Column
from seawall.simulation.totals import COUNTS, MONEY, WORK, PathTotals

__all__ = ["path_columns", "write_paths"]

NAME = "paths"
_TOLD = {
    "path": "number of the path; its chance depends on it and the seed only",
    "weight": "how many of the paths drawn it stands for",
    "mark_gap_oracle": "debt that collateral does not cover at the end of the path, at the venue's prices",
    "mark_gap_market": "the same at market prices",
    "liquidation_gap_oracle": "what liquidation to exhaustion would leave at the end, at the venue's prices",
    "liquidation_gap_market": "the same at market prices",
    "recognised": "what the venue turned into a loss over the path",
    "uncovered": "part of it that no layer bore",
    "repaid": "debt repaid, or notional closed, by liquidators, or debt of accounts handed over",
    "seized": "value they received for it, or of positions that were closed or taken over, or handed over",
    "fee_inflow": "penalties that came into funds",
    "surplus_inflow": "surpluses of close-outs that came into funds",
    "fund_low": "lowest worth of all funds together",
    "withdrawn": "what suppliers who left were paid",
    "exit_blocked": "what suppliers who leave still wait for at the end, for lack of cash",
    "exit_loss_shifted": "loss that suppliers who stayed bear in place of those who left",
    "topped_up": "collateral that borrowers brought",
    "paid_back": "debt that borrowers paid back out of their own",
    "delevered": "what borrowers sold, or closed, to owe less",
    "funding_paid": "funding that positions paid",
    "funding_received": "funding that positions received",
    "depositors_gained": "collateral that came to depositors of stability pools with debts they bore",
    "borrowers_gained": "collateral that came to other borrowers with debts spread over them",
    "liquidations": "calls made",
    "accounts_liquidated": "accounts called at least once in a step, counted in each step",
    "not_worth_it": "calls that no liquidator made because they did not pay",
    "failing_at_end": "accounts that the venue would still liquidate at the end",
    "first_loss_step": "step in which the first loss was recognised, -1 where none was",
    "first_deleverage_step": "step in which positions of others were first closed, -1 where none were",
    "first_empty_step": "step at whose end funds that held something first held nothing, -1 where never",
    "longest_exit_steps": "steps that a supplier who left waited, the longest; those who still wait included",
    "borrower_acts": "times a borrower acted",
    "calls_short_of_cash": "calls made smaller, or not at all, for lack of cash in a pool; each try",
    "exits_short_of_cash": "steps in which a pool could not pay all that suppliers asked for, pool by pool",
    "steps": "steps walked",
    "evaluations": "accounts looked at exactly",
    "cohort_visits": "cohorts looked at",
    "rows_changed": "accounts that the path changed",
}


def path_columns(layers: Sequence[str], markets: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of the table of a run with these layers and markets, in order."""
    fixed = (*(f"{name}_micro" for name in MONEY), *COUNTS)
    return (
        Column("path", "whole", _TOLD["path"]),
        Column("weight", "number", _TOLD["weight"]),
        *(Column(name, "whole", _TOLD[name.removesuffix("_micro")]) for name in fixed),
        *(Column(f"layer_{name}_micro", "whole", f"what layer {name} bore") for name in layers),
        *(Column(f"sold_{name}_micro", "whole", f"value sold into market {name}") for name in markets),
        *(
            Column(f"end_move_{name}", "number", f"ln(market price of {name} at the end / at the start)")
            for name in markets
        ),
        *(Column(name, "whole", _TOLD[name]) for name in WORK),
    )


def write_paths(folder: Path, totals: PathTotals, layers: Sequence[str], markets: Sequence[str]) -> str:
    """Write the totals as Parquet where pyarrow is installed, as CSV else; return the name of the file."""
    columns = [column.name for column in path_columns(layers, markets)]
    values = dict(zip(columns, _arrays(totals), strict=True))
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return _write_csv(folder / f"{NAME}.csv", values)
    parquet.write_table(arrow.table(values), folder / f"{NAME}.parquet")
    return f"{NAME}.parquet"


def _arrays(totals: PathTotals) -> list[NDArray[Any]]:
    wide = (totals.money, totals.counts, totals.layers, totals.sold, totals.end_move, totals.work)
    return [
        totals.number,
        totals.weight,
        *(column for table in wide for column in np.ascontiguousarray(table.T)),
    ]


def _write_csv(path: Path, values: Mapping[str, NDArray[Any]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(values)
        out.writerows(zip(*(column.tolist() for column in values.values()), strict=True))
    return path.name
