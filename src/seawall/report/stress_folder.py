"""A stress test as a folder: manifest, summary, one row per fall, the scenario, and the page to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from seawall.errors import InputError
from seawall.report.comparison_folder import write_document
from seawall.report.html import as_time, can_render, extra_module, fill_page, script_json
from seawall.report.palette import DARK
from seawall.runs.folder import MANIFEST, REPORT, SUMMARY, new_folder, read_json, sha256_of
from seawall.runs.stress import ALL, STRESS, StressRow, as_dict
from seawall.runs.table_file import Table, write_csv

__all__ = ["is_stress", "render_stress", "write_stress"]

SCENARIO = "scenario.toml"
FORMAT_VERSION = 1
_FORMAT = "seawall_stress"


def write_stress(
    target: Path,
    rows: Sequence[StressRow],
    summary: Mapping[str, Any],
    *,
    scenario_text: str,
    manifest: Mapping[str, Any],
    force: bool = False,
) -> Path:
    """Write the folder of a stress test, whole or not at all.

    Args:
        scenario_text: The file as it was given.
        manifest: What the caller knows of the inputs; hashes of the files are added.
        force: Replace a former stress test; anything else is never replaced.

    Raises:
        InputError: The target exists (`output_exists`) or cannot be written (`output_unwritable`).
    """
    with new_folder(target, replaces=is_stress if force else None) as folder:
        table = Table("drops", STRESS, (as_dict(row) for row in rows))
        names = [write_csv(folder, table), write_document(folder, SUMMARY, summary), SCENARIO]
        (folder / SCENARIO).write_text(scenario_text, encoding="utf-8", newline="\n")
        if can_render():
            page = render_stress(summary, rows)
            (folder / REPORT).write_text(page, encoding="utf-8", newline="\n")
            names.append(REPORT)
        files = {name: sha256_of(folder / name) for name in sorted(names)}
        write_document(folder, MANIFEST, {**manifest, _FORMAT: FORMAT_VERSION, "files": files})
    return target


def render_stress(summary: Mapping[str, Any], rows: Sequence[StressRow]) -> str:
    """Return the page of a stress test as HTML text.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    plotly_js: str = extra_module("plotly.offline").get_plotlyjs()
    figures = import_module("seawall.report.stress_figures")
    currency = summary["base_currency"]
    pictures = {"drop_curve": figures.drop_curve(rows, currency=currency)}
    has_markets = any(row.point.market != ALL for row in rows)
    if has_markets:
        pictures["market_grid"] = figures.market_grid(rows, currency=currency)
    return fill_page(
        "stress.html.j2",
        s=summary,
        as_of=as_time(int(summary["as_of"])),
        hours=summary["horizon_s"] / 3600,
        is_bad=any(row.to_users > 0 for row in rows),
        has_markets=has_markets,
        grid_height=int(pictures["market_grid"].layout.height) if has_markets else 0,
        figures=script_json({name: picture.to_plotly_json() for name, picture in pictures.items()}),
        dark=script_json(DARK),
        plotly_js=plotly_js,
    )


def is_stress(folder: Path) -> bool:
    """Return whether a folder was written by `write_stress`."""
    try:
        return _FORMAT in read_json(folder, MANIFEST)
    except InputError:
        return False
