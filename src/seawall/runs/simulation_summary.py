"""What a simulation comes to, as plain data: the one source of its summary.json, screen and report.

Values are strings in the base currency; shares and probabilities are numbers. An estimate has its
interval, or the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.sample import Estimate
from seawall.analysis.tail import Refused, TailEstimates, estimate_tail, surely_met
from seawall.analysis.weighted import weighted_mean, weighted_quantile, weighted_share
from seawall.core.book import KINDS, Book
from seawall.core.layers import LayerBase, kinds_borne_by
from seawall.core.market import Market
from seawall.core.parts import level_percent
from seawall.core.terms import Terms
from seawall.runs.bad_debts import BAD_DEBTS
from seawall.runs.drops import USERS_BEAR, fund_value
from seawall.runs.flows import flows
from seawall.runs.simulation_course import BANDS, FIRSTS, course_summary, fund_outlook, liquidated
from seawall.runs.summary import About
from seawall.runs.value import cents, money, short
from seawall.simulation.aim_settings import Importance, Sobol
from seawall.simulation.nets import net_of
from seawall.simulation.pilot import Pilot
from seawall.simulation.sampling import Screened
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import MICRO, MONEY, WORK, PathTotals

__all__ = ["PathLosses", "simulation_summary", "verdict", "walks_asked", "walks_missing"]

_SPARE_FUNDS = kinds_borne_by("defaulter", "contributors", "outsiders")
_LAST = "residual"
_WORST = 10
_WALKED_AT_LEAST = 0.8
LEFT_TOLD = 1.0
"""Bad debt still in the book from which a verdict without a loss speaks of it [base currency]."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PathLosses:
    """Who bore the loss of each path [base currency], shape (n_paths,) each.

    Attributes:
        to_users: Borne by counterparties, holders and nobody.
        needed: What a fund that stands before users would have had to pay: what funds paid and
            what reached users.
    """

    to_users: Floats
    needed: Floats

    @classmethod
    def of(cls, totals: PathTotals, layers: Sequence[LayerBase]) -> PathLosses:
        """Tell them apart by the kind of each layer, which stand as columns of `totals.layers`."""
        borne = totals.layers
        # What the last bearer is left with is uncovered, and counted there.
        users = np.array(
            [layer.kind in USERS_BEAR and layer.kind != _LAST for layer in layers], dtype=np.bool_
        )
        others = np.array([layer.kind in _SPARE_FUNDS for layer in layers], dtype=np.bool_)
        recognised = totals.money[:, MONEY.index("recognised")]
        uncovered = totals.money[:, MONEY.index("uncovered")]
        reached = uncovered + borne[:, users].sum(axis=1)
        return cls(reached / MICRO, (recognised - borne[:, others].sum(axis=1)) / MICRO)


def simulation_summary(
    totals: PathTotals,
    *,
    book: Book,
    market: Market,
    terms: Terms,
    scenario: Scenario,
    layers: Sequence[LayerBase],
    cascade: Mapping[str, Any] | None = None,
    health: Mapping[str, Any] | None = None,
    about: About | None = None,
    levels: Sequence[float] = (0.99, 0.999),
    confidence: float = 0.95,
    notes: Sequence[str] = (),
    remarks: Sequence[str] = (),
    unpriced: int = 0,
    pilot: Pilot | None = None,
) -> dict[str, Any]:
    """Return the summary of a simulation.

    Args:
        totals: Of all paths.
        layers: In the order of the columns of `totals.layers`.
        cascade, health: What `cascade_summary` and `health_profile` say of the book at the start.
        about: What the run does not know of itself.
        levels: Of VaR and ES.
        confidence: Of all intervals.
        notes: What the storm leaves out, a sentence each.
        remarks: What it does the long way, a sentence each.
        unpriced: Accounts left out because a price is missing.
        pilot: What aimed the paths, if anything did.
    """
    told, run = about or About(), scenario.run
    losses, held = PathLosses.of(totals, layers), fund_value(book, market, terms)
    weights = totals.mean_weights

    def tail(values: Floats) -> dict[str, Any]:
        return _tail(
            values, estimate_tail(values, levels=levels, confidence=confidence, **_drawn(totals, scenario))
        )

    def spread(values: NDArray[Any]) -> dict[str, str]:
        return _spread(values, weights)

    summary: dict[str, Any] = {
        "venue": book.venue,
        "terms": terms.venue,
        "family": terms.family,
        "scenario": scenario.title,
        "base_currency": told.base_currency,
        "version": told.version,
        "synthetic": told.is_synthetic,
        "stale_prices": list(told.stale_prices),
        "as_of": book.as_of,
        "accounts": int((book.accounts.kind == KINDS.index("user")).sum()),
        "unpriced": unpriced,
        "notes": list(notes),
        "remarks": list(remarks),
        "seed": run.seed,
        "paths": totals.drawn,
        "walked": len(totals),
        "walks_asked": walks_asked(scenario),
        "sampling": scenario.sampling.kind,
        "pilot": _pilot(pilot, totals.drawn, confidence),
        "horizon_s": run.horizon_s,
        "step_s": run.step_s,
        "prices": scenario.prices.kind,
        "levels": [f"{level:g}" for level in levels],
        "confidence": confidence,
        "fund_value": money(held),
        "fund_needed": tail(losses.needed),
        "to_users": tail(losses.to_users),
        "bad_debt": {name: tail(totals.value(name)) for name in BAD_DEBTS},
        "at_risk": _at_risk(totals, tail, spread, terms.family),
        "layers": [
            _layer(layer, totals.layers[:, place] / MICRO, totals.value("recognised"), weights)
            for place, layer in enumerate(layers)
        ],
        "income": {name: spread(totals.value(name)) for name in ("fee_inflow", "surplus_inflow")},
        "fund_low": spread(totals.value("fund_low")),
        "fund_outlook": fund_outlook(
            losses.needed,
            totals.value("fee_inflow") + totals.value("surplus_inflow"),
            tail((totals.count("first_empty_step") >= 0).astype(np.float64))["prob_any"],
            held=float(held),
            horizon_s=run.horizon_s,
            weights=weights,
        ),
        "first": {name: _first(totals.count(f"first_{name}_step"), run.step_s, weights) for name in FIRSTS},
        "course": course_summary(
            totals, family=terms.family, step_s=run.step_s, n_steps=run.n_steps, weights=weights
        ),
        "cascade": cascade,
        "health": health,
        "flows": flows(totals, spread),
        "markets": _markets(scenario.drivers, totals, spread),
        "worst": _worst(totals, losses, scenario, terms.family),
        "work": {name: int(column.sum()) for name, column in zip(WORK, totals.work.T, strict=True)},
    }
    summary["verdict"] = verdict(summary)
    return summary


def verdict(summary: Mapping[str, Any]) -> str:
    """Say in one sentence how large a fund has to be."""
    currency, highest = summary["base_currency"], summary["levels"][-1]
    found, held = summary["fund_needed"], float(summary["fund_value"])
    if not float(found["max"]):
        said = f"No path of {summary['walked']:,} leaves a loss: nothing would be asked of a fund."
        left = summary["bad_debt"]["mark_gap_oracle"]["max"]
        if float(left) < LEFT_TOLD:
            return said
        return f"{said} Up to {short(left)} {currency} of uncovered debt is still in the book at the end."
    answered = [level for level in reversed(summary["levels"]) if "value" in found["var"][level]]
    if not answered:
        lowest = summary["levels"][0]
        return (
            f"Too few paths for a verdict: the {level_percent(lowest)} figure takes {_needed(found, lowest)}."
        )
    level = answered[0]
    needed = found["var"][level]
    interval = f"{short(needed['low'])} to {short(needed['high'])}"
    enough = f"would have been enough in {level_percent(level)} of paths"
    said = f"A fund of {short(needed['value'])} {currency} {enough}"
    if float(needed["value"]) <= 0:
        return f"No fund is needed in {level_percent(level)} of paths."
    there = f"there are {short(held)}" if held else "there is none"
    more = (
        ""
        if level == highest
        else f" The {level_percent(highest)} figure takes {_needed(found, highest)} paths."
    )
    return f"{said} ({interval}); {there}.{more}"


def _needed(found: Mapping[str, Any], level: str) -> str:
    return f"{found['var'][level]['paths_needed']:,}"


def _tail(values: Floats, found: TailEstimates) -> dict[str, Any]:
    return {
        "prob_any": {
            "value": found.prob_any.value,
            "low": found.prob_any.low,
            "high": found.prob_any.high,
            "method": found.prob_any.method,
        },
        "expected": _estimate(found.expected_loss),
        "var": {f"{level:g}": _estimate(item) for level, item in found.var.items()},
        "es": {f"{level:g}": _estimate(item) for level, item in found.es.items()},
        "max": cents(values.max(initial=0.0)),
        "effective_paths": found.effective_n,
    }


def _estimate(item: Estimate | Refused) -> dict[str, Any]:
    if isinstance(item, Refused):
        return {"refused": item.reason, "paths_needed": item.paths_needed}
    return {
        "value": cents(item.value),
        "low": cents(item.low),
        "high": cents(item.high),
        "method": item.method,
        "backed_by": item.backed_by,
        **({} if item.variance_ratio == 1.0 else {"variance_ratio": item.variance_ratio}),
    }


def walks_asked(scenario: Scenario) -> int | None:
    """Return how many paths a screen was to let through, about; None where there is no screen."""
    sampling = scenario.sampling
    return round(sampling.share * scenario.run.n_paths) if isinstance(sampling, Screened) else None


def walks_missing(summary: Mapping[str, Any]) -> str:
    """Say why far fewer paths were walked than asked for, "" where they were not."""
    asked = summary["walks_asked"]
    if asked is None or summary["walked"] >= _WALKED_AT_LEAST * asked:
        return ""
    return (
        f"{asked:,} were asked for, but the screen cannot tell most paths apart, as few accounts come into"
        " reach: draw more paths, ask for a larger share, or sample plain"
    )


def _pilot(pilot: Pilot | None, drawn: int, confidence: float) -> dict[str, Any] | None:
    # `unseen`: how likely a way to lose can be that the pilot missed and no path met.
    if pilot is None or not pilot.paths:
        return None
    unseen = surely_met(drawn, 1 / pilot.aim.defensive, confidence=confidence)
    return {"paths": pilot.paths, "reached": pilot.reached, "ways": len(pilot.aim.lobes), "unseen": unseen}


def _drawn(totals: PathTotals, scenario: Scenario) -> dict[str, Any]:
    # What the tail has to know of paths that do not all count the same, or know of one another.
    sampling, bound = scenario.sampling, {}
    if isinstance(sampling, Importance):
        bound = {"weight_max": 1 / sampling.defensive}
    if isinstance(sampling, Importance | Sobol) and sampling.nets:
        return {"weights": totals.weight, "batches": net_of(totals.number, sampling.nets), **bound}
    if totals.is_plain:
        return {}
    return {"weights": totals.weight, "numbers": totals.number - totals.first, "drawn": totals.drawn, **bound}


def _at_risk(totals: PathTotals, tail: Any, spread: Any, family: str) -> dict[str, Any]:
    return {
        "liquidated": tail(liquidated(totals, family)),
        "seized": spread(totals.value("seized")),
        "liquidations": spread(totals.count("liquidations")),
        "accounts_liquidated": spread(totals.count("accounts_liquidated")),
        "not_worth_it": spread(totals.count("not_worth_it")),
        "failing_at_end": spread(totals.count("failing_at_end")),
    }


def _mean_of(values: Floats, weights: Floats | None) -> float:
    # Of these paths alone: never above the largest, whatever their weights add up to.
    if not len(values) or (weights is not None and not weights.any()):
        return 0.0
    return float(np.average(values, weights=weights))


def _layer(layer: LayerBase, borne: Floats, recognised: Floats, weights: Floats | None) -> dict[str, Any]:
    used, mean = borne > 0, float(weighted_mean(borne, weights))
    prob_used, lost = weighted_share(used, weights), float(weighted_mean(recognised, weights))
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "prob_used": prob_used,
        "mean": cents(mean),
        "mean_when_used": cents(_mean_of(borne[used], None if weights is None else weights[used])),
        "max": cents(borne.max(initial=0.0)),
        "share": mean / lost if lost else 0.0,
    }


def _spread(values: NDArray[Any], weights: Floats | None) -> dict[str, str]:
    # Mean, and what a part of the paths stays below.
    levels = weighted_quantile(values, weights, BANDS)
    quantiles = {f"{q:g}": cents(value) for q, value in zip(BANDS, levels, strict=True)}
    mean = float(weighted_mean(values, weights))
    return {"mean": cents(mean), **quantiles, "max": cents(values.max(initial=0))}


def _first(steps: NDArray[np.int64], step_s: int, weights: Floats | None) -> dict[str, Any]:
    happened = steps >= 0
    share = weighted_share(happened, weights)
    if not happened.any():
        return {"share": share, "median_s": None, "earliest_s": None}
    among = None if weights is None else weights[happened]
    median = int(weighted_quantile(steps[happened], among, [0.5])[0])
    earliest = int(steps[happened].min())
    return {"share": share, "median_s": (median + 1) * step_s, "earliest_s": (earliest + 1) * step_s}


def _markets(names: Sequence[str], totals: PathTotals, spread: Any) -> list[dict[str, Any]]:
    moved = weighted_quantile(totals.end_move, totals.mean_weights, BANDS)
    return [
        {
            "market": name,
            "end_move": {
                f"{q:g}": float(np.expm1(value)) for q, value in zip(BANDS, moved[:, place], strict=True)
            },
            "sold": spread(totals.sold[:, place] / MICRO),
        }
        for place, name in enumerate(names)
    ]


def _worst(totals: PathTotals, losses: PathLosses, scenario: Scenario, family: str) -> list[dict[str, Any]]:
    recognised = totals.value("recognised")
    order = np.lexsort((np.arange(len(totals)), -recognised, -losses.needed))[:_WORST]
    first, step_s, closed = totals.count("first_loss_step"), scenario.run.step_s, liquidated(totals, family)
    return [
        {
            "path": int(totals.number[row]),
            "recognised": cents(recognised[row]),
            "needed": cents(losses.needed[row]),
            "to_users": cents(losses.to_users[row]),
            "uncovered": cents(totals.value("uncovered")[row]),
            "liquidated": cents(closed[row]),
            "liquidations": int(totals.count("liquidations")[row]),
            "first_loss_s": int(first[row] + 1) * step_s if first[row] >= 0 else None,
            "moves": {
                name: float(np.expm1(move))
                for name, move in zip(scenario.drivers, totals.end_move[row], strict=True)
            },
        }
        for row in order.tolist()
        if recognised[row] > 0
    ]
