"""Two scenarios over the same paths: what one costs more than the other, without the noise both share.

A path's chance follows from seed, name and number, so path i of both has the same draws wherever their
models ask for the same. The mean of the differences is far surer than the difference of the means.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.paired import PairedMean, mean_difference
from seawall.core.layers import LayerBase
from seawall.errors import InputError
from seawall.runs.execute import Job
from seawall.runs.simulation_course import liquidated
from seawall.runs.simulation_summary import PathLosses
from seawall.runs.value import money
from seawall.simulation.aim_settings import Importance, Sobol
from seawall.simulation.sampling import Screened
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals

__all__ = ["against", "per_path", "require_independent", "require_same_steps", "told", "versus_summary"]

Floats = NDArray[np.float64]


def against(job: Job, other: Scenario) -> Job:
    """Return the job of another scenario on the paths of the first: its seed, number of paths and sampling.

    Raises:
        InputError: Other steps, paths of nets, which are no independent pairs, or paths aimed at factors
            that the other scenario does not have.
    """
    require_independent(job.scenario)
    require_same_steps(job.scenario, other)
    shared = {"n_paths": job.scenario.run.n_paths, "seed": job.scenario.run.seed}
    update = {"run": other.run.model_copy(update=shared), "sampling": job.scenario.sampling}
    other = other.model_copy(update=update)
    pilot = job.storm.pilot
    if pilot is not None and other.factors() != pilot.aim.factors:
        message = "prices of the two scenarios are not driven by the same factors: compare them sampled plain"
        raise InputError(message, code="not_paired")
    return Job(job.book, job.market, job.terms, other, job.detector, pilot)


def require_same_steps(scenario: Scenario, other: Scenario) -> None:
    """Refuse scenarios whose chance would stand for other times, or of which other paths would be walked.

    Raises:
        InputError: Horizons or steps differ, or prices of a screened run (`not_paired`).
    """
    one, two = scenario.run, other.run
    if (one.horizon_s, one.step_s) != (two.horizon_s, two.step_s):
        message = (
            f"paths of {one.horizon_s} s in steps of {one.step_s} s and of {two.horizon_s} s in steps of"
            f" {two.step_s} s are no pairs: give both scenarios the same horizon_s and step_s"
        )
        raise InputError(message, code="not_paired")
    prices_differ = (scenario.prices, scenario.shocks) != (other.prices, other.shocks)
    if isinstance(scenario.sampling, Screened) and prices_differ:
        message = "a screen walks other paths where prices or shocks differ: sample plain or by importance"
        raise InputError(message, code="not_paired")


def require_independent(scenario: Scenario) -> None:
    """Refuse paths that know of one another.

    Raises:
        InputError: They are points of nets (`not_independent`).
    """
    if isinstance(scenario.sampling, Importance | Sobol) and scenario.sampling.nets:
        message = "points of a net know of one another: sample plain, or importance without nets"
        raise InputError(message, code="not_independent")


def versus_summary(
    totals: PathTotals,
    other: PathTotals,
    *,
    layers: Sequence[LayerBase],
    title: str,
    family: str,
    confidence: float = 0.95,
) -> dict[str, Any]:
    """Return what the other scenario costs more than the first, a path on average [base currency].

    Args:
        totals: Of the first scenario.
        other: Of the other one, over the same paths.
        layers: In the order of the columns of both totals.
        title: Of the other scenario.
        family: Of the rulebook.
        confidence: Of the intervals.

    Raises:
        InputError: They are not the same paths, or fewer than 100.
    """
    same = np.array_equal(totals.number, other.number) and np.array_equal(totals.weight, other.weight)
    if not same or totals.drawn != other.drawn:
        message = "both runs must walk the same paths with the same weights: sample both plain, or alike"
        raise InputError(message, code="not_paired")
    columns = {
        "fund_needed": [PathLosses.of(each, layers).needed for each in (totals, other)],
        "to_users": [PathLosses.of(each, layers).to_users for each in (totals, other)],
        "recognised": [each.value("recognised") for each in (totals, other)],
        "liquidated": [liquidated(each, family) for each in (totals, other)],
    }
    return {
        "scenario": title,
        "confidence": confidence,
        "differences": {
            name: told(
                mean_difference(per_path(totals, before), per_path(totals, after), confidence=confidence)
            )
            for name, (before, after) in columns.items()
        },
    }


def per_path(totals: PathTotals, values: Floats) -> Floats:
    """Return one number for each path drawn, whose plain mean is the mean of `values` under the true law.

    Args:
        values: Of each path walked, shape (n_paths,).
    """
    terms = np.zeros(totals.drawn)
    terms[totals.number - totals.first] = values * totals.weight
    return terms


def told(found: PairedMean) -> dict[str, Any]:
    """Return a mean as plain data; no ratio where nothing is left to chance."""
    return {
        "value": money(Fraction(found.value)),
        "low": money(Fraction(found.low)),
        "high": money(Fraction(found.high)),
        "variance_ratio": found.variance_ratio if isfinite(found.variance_ratio) else None,
    }
