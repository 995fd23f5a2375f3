"""The offline page of a simulation: one file, no request, every text from the input escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.layers import LayerBase
from seawall.report.html import as_time, extra_module, fill_page, script_json
from seawall.report.palette import DARK
from seawall.report.simulation_findings import findings, main_market
from seawall.runs.bad_debts import BAD_DEBTS
from seawall.runs.drops import USERS_BEAR
from seawall.runs.simulation_course import liquidated
from seawall.runs.simulation_summary import PathLosses, walks_missing
from seawall.simulation.aim import Aim
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import MICRO, PathTotals

__all__ = ["render_simulation"]

_FAN_PATHS = 500


def render_simulation(
    summary: Mapping[str, Any],
    totals: PathTotals,
    scenario: Scenario,
    layers: Sequence[LayerBase],
    *,
    aim: Aim | None = None,
) -> str:
    """Return the page of a simulation as HTML text.

    Args:
        aim: Of the paths in `totals`, if they were aimed; others are drawn by number.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    plotly_js: str = extra_module("plotly.offline").get_plotlyjs()
    pictures = _loss_pictures(summary, totals, layers) | _course_pictures(summary, totals, layers)
    pictures |= _standing_pictures(summary)
    pictures["price_fan"] = import_module("seawall.report.path_figures").price_fan(
        scenario.moves(0, min(_FAN_PATHS, summary["paths"])),
        scenario.drivers,
        step_s=scenario.run.step_s,
        worst=_worst_moves(summary, scenario, aim),
    )
    return fill_page(
        "simulation.html.j2",
        s=summary,
        bad_debts=BAD_DEBTS,
        as_of=as_time(int(summary["as_of"])),
        is_bad=_is_short(summary),
        hours=summary["horizon_s"] / 3600,
        users_bear=USERS_BEAR,
        near=_is_near(summary["cascade"]),
        findings=findings(summary, totals),
        walks_missing=walks_missing(summary),
        heights={name: int(picture.layout.height) for name, picture in pictures.items()},
        figures=script_json({name: picture.to_plotly_json() for name, picture in pictures.items()}),
        dark=script_json(DARK),
        plotly_js=plotly_js,
    )


def _loss_pictures(
    summary: Mapping[str, Any], totals: PathTotals, layers: Sequence[LayerBase]
) -> dict[str, Any]:
    figures = import_module("seawall.report.simulation_figures")
    losses = PathLosses.of(totals, layers)
    told = {"currency": summary["base_currency"], "weights": totals.mean_weights}
    held = float(summary["fund_value"])
    both = {"asked of a fund": losses.needed, "reaches users": losses.to_users}
    closed = liquidated(totals, summary["family"])
    return {
        "loss_distribution": figures.loss_distribution(
            losses.needed, summary["fund_needed"], held=held, **told
        ),
        "exceedance": figures.exceedance(both, held=held, confidence=summary["confidence"], **told),
        "layer_use": figures.layer_use(
            totals.value("recognised"), totals.layers / MICRO, layers, totals.value("uncovered"), **told
        ),
        "at_risk": figures.at_risk(closed, summary["at_risk"]["liquidated"], **told),
    }


def _course_pictures(
    summary: Mapping[str, Any], totals: PathTotals, layers: Sequence[LayerBase]
) -> dict[str, Any]:
    figures, paths = (import_module(f"seawall.report.{name}_figures") for name in ("course", "path"))
    course, currency, place = summary["course"], summary["base_currency"], main_market(totals)
    return {
        "fund_fan": figures.fund_fan(course, held=float(summary["fund_value"]), currency=currency),
        "first_times": figures.first_times(course),
        "losses_over_time": figures.losses_over_time(course, currency=currency),
        "fall_and_loss": paths.fall_and_loss(
            totals.end_move[:, place],
            totals.value("recognised"),
            PathLosses.of(totals, layers).to_users,
            market=summary["markets"][place]["market"],
            currency=currency,
        ),
    }


def _standing_pictures(summary: Mapping[str, Any]) -> dict[str, Any]:
    figures = import_module("seawall.report.cascade_figures")
    cascade, health, currency = summary["cascade"], summary["health"], summary["base_currency"]
    found: dict[str, Any] = {}
    if cascade is not None:
        found = {f"branching_{way}": figures.branching_matrix(cascade, way) for way in cascade["directions"]}
        found["branching_profile"] = figures.branching_profile(cascade)
        found["forced_sales"] = figures.forced_sales(cascade, currency=currency)
    if health is not None:
        found["health_histogram"] = figures.health_histogram(
            health, family=summary["family"], currency=currency
        )
    return found


def _worst_moves(
    summary: Mapping[str, Any], scenario: Scenario, aim: Aim | None
) -> NDArray[np.float64] | None:
    if not summary["worst"]:
        return None
    number = summary["worst"][0]["path"]
    chosen = aim.paths(scenario.run.seed, number, 1).chosen if aim else None
    moves: NDArray[np.float64] = scenario.moves(number, 1, chosen=chosen)[0]
    return moves


def _is_near(cascade: Mapping[str, Any] | None) -> bool:
    return cascade is not None and any(told["radius"] >= 1 for told in cascade["directions"].values())


def _is_short(summary: Mapping[str, Any]) -> bool:
    # Whether what is held is less than what is known to be needed.
    known = [item for item in summary["fund_needed"]["var"].values() if "value" in item]
    return bool(known) and float(known[-1]["value"]) > float(summary["fund_value"])
