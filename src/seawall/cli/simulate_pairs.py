"""What `seawall simulate` tells of pairs: another scenario on the same paths, and losses beside a put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seawall.errors import InputError

if TYPE_CHECKING:
    from seawall.runs.execute import Job
    from seawall.simulation.scenario import Scenario
    from seawall.simulation.totals import PathTotals

__all__ = ["against", "controlled", "paired_job", "read_put", "require_pairs"]


def read_put(scenario: Scenario, told: str) -> tuple[str, float] | None:
    """Return market and strike of a put told as MARKET:STRIKE, checked before anything is simulated.

    Raises:
        InputError: It is told in another way, or its mean is not known.
    """
    if not told:
        return None
    from seawall.runs.control import known_mean

    market, _, strike = told.rpartition(":")
    try:
        found = market, float(strike)
    except ValueError as error:
        message = f"--control: expected MARKET:STRIKE such as WETH:0.9, got {told!r}"
        raise InputError(message, code="usage") from error
    known_mean(scenario, *found)
    return found


def require_pairs(scenario: Scenario, other: Scenario | None, put: tuple[str, float] | None) -> None:
    """Refuse pairs that could not be told, before anything is simulated.

    Raises:
        InputError: Too few paths, or another scenario of other steps.
    """
    if other is None and put is None:
        return
    from seawall.analysis.paired import PATHS_MIN
    from seawall.runs.versus import require_same_steps

    if scenario.run.n_paths < PATHS_MIN:
        message = f"pairs take at least {PATHS_MIN} paths, got {scenario.run.n_paths}: give more --paths"
        raise InputError(message, code="too_few_paths")
    if other is not None:
        require_same_steps(scenario, other)


def paired_job(job: Job, other: Scenario | None) -> Job | None:
    """Return the job of the same paths under another scenario, refused before any path is walked.

    Raises:
        InputError: The scenarios make no pairs, or the other one does not fit the book.
    """
    if other is None:
        return None
    from seawall.runs.versus import against as job_against

    paired = job_against(job, other)
    _ = paired.storm  # as of the run itself: what it does not serve is told first
    return paired


def against(job: Job, totals: PathTotals, found: PathTotals, other: Scenario) -> dict[str, Any]:
    """Tell what the other scenario costs more, from the totals of both."""
    from seawall.runs.versus import versus_summary

    title = other.title or "the other scenario"
    return {"versus": versus_summary(totals, found, layers=job.layers, title=title, family=job.terms.family)}


def controlled(job: Job, totals: PathTotals, put: tuple[str, float] | None) -> dict[str, Any]:
    """Tell expected losses corrected by a put."""
    if put is None:
        return {}
    from seawall.runs.control import control_summary

    pilot = job.storm.pilot
    market, strike = put
    found = control_summary(
        totals,
        job.scenario,
        market=market,
        strike=strike,
        layers=job.layers,
        aim=None if pilot is None else pilot.aim,
    )
    return {"control": found}
