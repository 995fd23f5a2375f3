"""Files of a comparison: its figures as JSON, and its picture as a page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seawall.report.html import can_render
from seawall.runs.folder import COMPARISON
from seawall.runs.table_file import Column, Table, write_csv
from seawall.runs.venue_comparison import VenueComparison

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["write_document", "write_figure", "write_venue_comparison"]


def write_document(folder: Path, name: str, document: Mapping[str, Any]) -> str:
    """Write a JSON document and return the name of the file."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / name).write_text(text + "\n", encoding="utf-8")
    return name


def write_figure(folder: Path, name: str, figure: go.Figure) -> str:
    """Write a figure as a page with the drawing code in it, and return the name of the file."""
    page = figure.to_html(include_plotlyjs=True, config={"displayModeBar": False})
    (folder / name).write_text(page, encoding="utf-8")
    return name


def write_venue_comparison(
    folder: Path, comparison: VenueComparison, document: Mapping[str, Any], *, title: str, currency: str
) -> list[str]:
    """Write accounts.csv (who lost what under which venue), comparison.json and, with the extra
    `plots`, comparison.html; return the names of the files.
    """
    names = [write_csv(folder, _accounts(comparison)), write_document(folder, COMPARISON, document)]
    if can_render():
        from seawall.report.venue_figures import venue_comparison

        figure = venue_comparison(comparison, title=title, currency=currency)
        names.append(write_figure(folder, "comparison.html", figure))
    return names


def _accounts(comparison: VenueComparison) -> Table:
    venues = [item.venue for item in comparison.outcomes]
    columns = (Column("account"), *(Column(venue, "amount") for venue in venues))
    return Table(
        "accounts", columns, ({"account": row["account"], **row["lost"]} for row in comparison.rows())
    )
