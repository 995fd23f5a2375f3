"""What the pictures of a simulation show, each in a sentence: the title that says the finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seawall.analysis.weighted import weighted_mean, weighted_quantile
from seawall.runs.value import short
from seawall.simulation.totals import PathTotals

__all__ = ["cascade_finding", "findings", "main_market", "together_finding"]

_EDGE = 1.1
_WORST, _FLAT = 0.05, 0.01


def findings(summary: Mapping[str, Any], totals: PathTotals) -> dict[str, str]:
    """Return the finding of each picture, by its name."""
    said = {
        "fund_fan": _fund(summary),
        "first_times": _firsts(summary),
        "losses_over_time": _losses(summary),
        "fall_and_loss": _falls(summary, totals),
    }
    if summary["cascade"] is not None:
        said |= {
            "cascade": cascade_finding(summary["cascade"]),
            "together": together_finding(summary["cascade"]),
            "branching_profile": _profile(summary["cascade"]),
            "forced_sales": _forced(summary["cascade"], summary["base_currency"]),
        }
    if summary["health"] is not None:
        said["health_histogram"] = _health(summary)
    return said


def main_market(totals: PathTotals) -> int:
    """Return the market in which most is sold."""
    return int(weighted_mean(totals.sold, totals.mean_weights).argmax())


def _fund(summary: Mapping[str, Any]) -> str:
    if not float(summary["fund_value"]):
        return "There is no fund to fall back on."
    fund = summary["course"]["fund"]
    return (
        f"Half of the paths end with {short(fund['0.5'][-1])} in funds or more, "
        f"one in a hundred with {short(fund['0.01'][-1])} or less."
    )


def _firsts(summary: Mapping[str, Any]) -> str:
    first = summary["first"]
    if not first["loss"]["share"]:
        return "No path leaves a loss."
    half = f"half of those within {_time(first['loss']['median_s'])}"
    closed = (
        f"; positions of others are closed on {_percent(first['deleverage']['share'])}"
        if first["deleverage"]["share"]
        else ""
    )
    return f"A loss comes on {_percent(first['loss']['share'])} of paths, {half}{closed}."


def _losses(summary: Mapping[str, Any]) -> str:
    course = summary["course"]
    sold, lost = float(course["liquidated"]["mean"][-1]), float(course["recognised"]["mean"][-1])
    if not sold:
        return "No path liquidates anything."
    share = f"{_percent(lost / sold)} of it" if lost else "nothing"
    return f"A path liquidates {short(sold)} in the mean and loses {share}."


def _falls(summary: Mapping[str, Any], totals: PathTotals) -> str:
    recognised = totals.value("recognised")
    losing = np.flatnonzero((recognised > 0) & (totals.weight > 0))
    if not len(losing):
        return "No path leaves a loss."
    place, weights = main_market(totals), totals.mean_weights
    of_losing = None if weights is None else weights[losing]
    least = weighted_quantile(recognised[losing], of_losing, [1 - _WORST])[0]
    worst = losing[recognised[losing] >= least]
    of_worst = None if weights is None else weights[worst]
    name = summary["markets"][place]["market"]
    move = float(np.expm1(weighted_quantile(totals.end_move[worst, place], of_worst, [0.5])[0]))
    if abs(move) < _FLAT:
        return f"The worst twentieth of losses do not wait for {name} to move."
    way = "down" if move < 0 else "up"
    return f"Of the worst twentieth of losses, half end with {name} {way} {_percent(abs(move))} or further."


def cascade_finding(cascade: Mapping[str, Any]) -> str:
    """Say in one sentence whether a move of the gauge's window feeds itself."""
    window, told = _percent(cascade["window"]), cascade["directions"]
    worst = max(told, key=lambda name: told[name]["radius"])
    radius = told[worst]["radius"]
    if not radius:
        return f"Sales after a {worst} of {window} move no price: nothing feeds itself."
    if radius >= 1:
        return f"Near: a {worst} of {window} feeds itself, branching ratio {radius:.3g}."
    depth = told[worst]["critical_depth"]
    thin = f"; in markets {1 / depth:.3g} times thinner it would not" if depth else ""
    return f"A {worst} of {window} goes on by {radius:.2g} of itself and dies out{thin}."


def together_finding(cascade: Mapping[str, Any]) -> str:
    """Say what all markets do to each other when they move by the window at once, "" where it is nothing."""
    told = cascade["directions"]
    worst = max(told, key=lambda way: max(told[way]["together"], default=0.0))
    further = told[worst]["together"]
    if len(further) < 2 or not any(further):
        return ""
    most = int(np.argmax(further))
    name, window = cascade["markets"][most], _percent(cascade["window"])
    return f"A {worst} of all markets together by {window} takes {name} on by {further[most]:.2g} of it."


def _profile(cascade: Mapping[str, Any]) -> str:
    found = [
        (level, name, way)
        for way, told in cascade["directions"].items()
        for name, level in zip(cascade["markets"], told["feeds_itself_from"], strict=True)
        if level is not None
    ]
    if not found:
        most = max(max(max(row) for row in told["profile"]) for told in cascade["directions"].values())
        return f"No move of one market alone feeds itself: n is at most {most:.2g}."
    level, name, way = min(found)
    return f"A {way} of {name} alone feeds itself on its way to {_percent(level)}."


def _forced(cascade: Mapping[str, Any], currency: str) -> str:
    place = cascade["levels"].index(0.2)
    told = cascade["directions"]["fall"]
    sold = [float(row[place]) for row in told["sold"]]
    most = int(np.argmax(sold))
    name, room = cascade["markets"][most], told["room"][most][place]
    if not sold[most]:
        return "A fall of 20 % of one market alone forces nothing to be sold."
    takes = "any amount" if room is None else short(room)
    return (
        f"A fall of {name} by 20 % forces {short(sold[most])} {currency} of it to be sold; "
        f"the market takes {takes} for as much."
    )


def _health(summary: Mapping[str, Any]) -> str:
    health = summary["health"]
    values = [float(value) for value in health["value"]]
    near = sum(value for value, low in zip(values, health["from"], strict=True) if low < _EDGE)
    word = "what is owed" if summary["family"] == "lending" else "the notional"
    return f"{_percent(near / sum(values) if any(values) else 0.0)} of {word} stands below {_EDGE:g}."


def _time(seconds: int) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _percent(share: float) -> str:
    return f"{share * 100:.3g}\u00a0%"
