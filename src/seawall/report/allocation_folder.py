"""A comparison as a folder: what each account bears under each rule, the figures, the picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.allocation.compare import Comparison
from seawall.core.money import format_decimal
from seawall.errors import InputError
from seawall.report.html import can_render
from seawall.runs.table_file import Column, Table, write_csv

__all__ = ["write_comparison"]


def write_comparison(
    folder: Path, comparison: Comparison, document: Mapping[str, Any], *, decimals: int
) -> list[str]:
    """Write accounts.csv, comparison.json and, with the extra `plots`, comparison.html.

    The page needs no network: the drawing code is in it.

    Args:
        folder: Made if it is not there; must be empty.
        document: What comparison.json holds.
        decimals: Of the asset.

    Returns:
        Names of the files.

    Raises:
        InputError: The folder holds something already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not an empty folder", code="output_exists")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [write_csv(folder, _accounts(comparison, decimals)), "comparison.json"]
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / names[-1]).write_text(text + "\n", encoding="utf-8")
        if can_render():
            from seawall.report.allocation_figures import haircut_bands

            raised = format_decimal(int(comparison.case.amount), decimals)
            figure = haircut_bands(comparison, title=f"{comparison.case.event}: {raised} to raise")
            names.append("comparison.html")
            page = figure.to_html(include_plotlyjs=True, config={"displayModeBar": False})
            (folder / names[-1]).write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}", code="output_unwritable") from error
    return names


def _accounts(comparison: Comparison, decimals: int) -> Table:
    rules = [item.rule for item in comparison.outcomes]
    columns = (Column("account"), Column("weight", "amount"), *(Column(rule, "amount") for rule in rules))
    rows = (
        {"account": row["id"]} | {name: format_decimal(row[name], decimals) for name in ("weight", *rules)}
        for row in comparison.accounts()
    )
    return Table("accounts", columns, rows)
