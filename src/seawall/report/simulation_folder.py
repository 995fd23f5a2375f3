"""A simulation as a folder: manifest, summary, every path, the scenario, and the page to open.

    manifest.json    version, seed, hashes of the inputs and of every file here
    summary.json     what it came to
    paths.*          one row per path (Parquet with the extra `data`, else CSV)
    scenario.toml    the scenario, as it was given
    report.html      the page to open, with the extra `plots`

Nothing in it depends on the clock, nor on who simulated what: the same inputs and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seawall.core.layers import LayerBase
from seawall.errors import InputError
from seawall.report.comparison_folder import write_document
from seawall.report.html import can_render
from seawall.runs.folder import MANIFEST, REPORT, SUMMARY, new_folder, read_json, sha256_of
from seawall.runs.path_table import write_paths
from seawall.simulation.aim import Aim
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals

__all__ = ["SCENARIO", "is_simulation", "write_simulation"]

SCENARIO = "scenario.toml"
FORMAT_VERSION = 1
_FORMAT = "seawall_simulation"


def write_simulation(
    target: Path,
    totals: PathTotals,
    summary: Mapping[str, Any],
    *,
    scenario: Scenario,
    scenario_text: str,
    layers: Sequence[LayerBase],
    manifest: Mapping[str, Any],
    aim: Aim | None = None,
    force: bool = False,
) -> Path:
    """Write the folder of a simulation, whole or not at all.

    Args:
        scenario_text: The file as it was given.
        layers: In the order of the columns of `totals.layers`.
        manifest: What the caller knows of the inputs; hashes of the files are added.
        aim: Of its paths, if they were aimed.
        force: Replace a former simulation; anything else is never replaced.

    Raises:
        InputError: The target exists (`output_exists`) or cannot be written (`output_unwritable`).
    """
    with new_folder(target, replaces=is_simulation if force else None) as folder:
        names = [
            write_paths(folder, totals, [layer.name for layer in layers], scenario.drivers),
            write_document(folder, SUMMARY, summary),
        ]
        (folder / SCENARIO).write_text(scenario_text, encoding="utf-8", newline="\n")
        names.append(SCENARIO)
        if can_render():
            from seawall.report.simulation_page import render_simulation

            page = render_simulation(summary, totals, scenario, layers, aim=aim)
            (folder / REPORT).write_text(page, encoding="utf-8", newline="\n")
            names.append(REPORT)
        files = {name: sha256_of(folder / name) for name in sorted(names)}
        write_document(folder, MANIFEST, {**manifest, _FORMAT: FORMAT_VERSION, "files": files})
    return target


def is_simulation(folder: Path) -> bool:
    """Return whether a folder was written by `write_simulation`."""
    try:
        return _FORMAT in read_json(folder, MANIFEST)
    except InputError:
        return False
