"""A comparison as a folder: what each account bears under each rule, the figures, the picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.allocation.compare import Comparison
from seawall.core.money import format_decimal
from seawall.report.comparison_folder import write_document, write_figure
from seawall.report.html import can_render
from seawall.runs.folder import COMPARISON, new_folder
from seawall.runs.table_file import Column, Table, write_csv

__all__ = ["write_comparison"]


def write_comparison(
    folder: Path, comparison: Comparison, document: Mapping[str, Any], *, decimals: int
) -> list[str]:
    """Write accounts.csv, comparison.json and, with the extra `plots`, comparison.html.

    The page needs no network: the drawing code is in it. The folder is written whole or not at all.

    Args:
        folder: Where to write; must not exist.
        document: What comparison.json holds.
        decimals: Of the asset.

    Returns:
        Names of the files.

    Raises:
        InputError: The folder exists already, or cannot be written.
    """
    with new_folder(folder) as fresh:
        names = [
            write_csv(fresh, _accounts(comparison, decimals)),
            write_document(fresh, COMPARISON, document),
        ]
        if can_render():
            from seawall.report.allocation_figures import haircut_bands

            raised = format_decimal(int(comparison.case.amount), decimals)
            figure = haircut_bands(comparison, title=f"{comparison.case.event}: {raised} to raise")
            names.append(write_figure(fresh, "comparison.html", figure))
    return names


def _accounts(comparison: Comparison, decimals: int) -> Table:
    rules = [item.rule for item in comparison.outcomes]
    columns = (Column("account"), Column("weight", "amount"), *(Column(rule, "amount") for rule in rules))
    rows = (
        {"account": row["id"]} | {name: format_decimal(row[name], decimals) for name in ("weight", *rules)}
        for row in comparison.accounts()
    )
    return Table("accounts", columns, rows)
