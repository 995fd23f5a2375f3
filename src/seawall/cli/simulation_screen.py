"""A simulation on the screen: the verdict first, then what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.cli.screen import BAD, GOOD, SOFT, STRONG, Screen, count, show_stale
from seawall.core.parts import level_percent

__all__ = ["show_simulation"]

_COMPARED = {
    "fund_needed": "asked of a fund",
    "to_users": "reaches users",
    "recognised": "recognised",
    "liquidated": "liquidated",
}


def show_simulation(screen: Screen, summary: Mapping[str, Any], out: Path | None) -> None:
    """Tell what a simulation came to."""
    hours = summary["horizon_s"] / 3600
    screen.line(
        (summary["scenario"] or summary["venue"], STRONG),
        f"  {count(summary['accounts'], 'account')}, {count(summary['paths'], 'path')} of {hours:.4g} h, "
        f"seed {summary['seed']}",
    )
    show_stale(screen, summary)
    for sentence in summary["verdict"].split(". "):
        screen.line((f"{sentence.rstrip('.')}.", BAD if _is_short(summary) else GOOD))
    _tails(screen, summary)
    _layers(screen, summary)
    _flows(screen, summary)
    _times(screen, summary)
    _sampled(screen, summary)
    _paired(screen, summary)
    for remark in summary["remarks"]:
        screen.fact("the long way", remark)
    for note in summary["notes"]:
        screen.fact("left out", note)
    if summary["unpriced"]:
        screen.fact("left out", f"{count(summary['unpriced'], 'account')} without a price")
    if out is not None:
        from seawall.runs.folder import REPORT

        page = out / REPORT
        screen.line(f"open {page}" if page.exists() else f"{out}: no page, it needs seawall[plots]")


def _tails(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.bad_debts import BAD_DEBTS
    from seawall.runs.value import short

    level = _answered(summary)
    found, said = summary["fund_needed"], level_percent(level)
    shortfall = found["es"][level]
    if "value" in shortfall and float(found["max"]):
        interval = f" ({short(shortfall['low'])} to {short(shortfall['high'])})"
        screen.line(f"Beyond that, {short(shortfall['value'])} are asked for on average{interval}.")
    screen.line()
    currency, confidence = summary["base_currency"], level_percent(summary["confidence"])
    screen.line((f"values in {currency}; intervals at {confidence} stand in the report", SOFT))
    head = ("", "prices", "paths", "expected", f"VaR {said}", f"ES {said}", "largest")
    rows = [
        ("asked of a fund", "oracle", summary["fund_needed"]),
        ("reaches users", "oracle", summary["to_users"]),
        *((told.label, told.basis, summary["bad_debt"][name]) for name, told in BAD_DEBTS.items()),
        ("liquidated", "oracle", summary["at_risk"]["liquidated"]),
    ]
    screen.table(head, [(*row[:2], *_cells(row[2], level)) for row in rows], right=(2, 3, 4, 5, 6))


def _cells(tail: Mapping[str, Any], level: str) -> tuple[str, ...]:
    from seawall.runs.value import short

    any_share = _share(tail["prob_any"]["value"])
    if not float(tail["max"]):
        return (any_share, "-", "-", "-", "<0.01" if tail["prob_any"]["value"] else "-")
    items = (tail["expected"], tail["var"][level], tail["es"][level])
    return (
        any_share,
        *("refused" if "refused" in item else short(item["value"]) for item in items),
        short(tail["max"]),
    )


def _layers(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.drops import USERS_BEAR
    from seawall.runs.value import short

    used = [row for row in summary["layers"] if row["prob_used"]]
    if not used:
        return
    screen.line()
    screen.table(
        ("layer", "used in", "of all losses", "mean when used", "largest"),
        [
            (
                row["layer"].replace("_", " ") + (" (users)" if row["kind"] in USERS_BEAR else ""),
                _share(row["prob_used"]),
                _share(row["share"]),
                short(row["mean_when_used"]),
                short(row["max"]),
            )
            for row in used
        ],
        right=(1, 2, 3, 4),
    )


def _flows(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.value import short

    if not summary["flows"]:
        return
    screen.line()
    columns = ("mean", "0.5", "0.99", "max")
    screen.table(
        ("what people did", "mean", "median", "1 in 100 more", "most"),
        [(row["told"], *(short(row[name]) for name in columns)) for row in summary["flows"].values()],
        right=(1, 2, 3, 4),
    )


def _times(screen: Screen, summary: Mapping[str, Any]) -> None:
    said = {"loss": "first loss", "deleverage": "first closing", "empty": "funds empty"}
    for name, label in said.items():
        found = summary["first"][name]
        if found["share"]:
            median, earliest = (_time(found[key]) for key in ("median_s", "earliest_s"))
            when = f"after {median} (median), {earliest} at the earliest"
            screen.fact(label, f"in {_share(found['share'])} of paths, {when}")
    if (cascade := summary["cascade"]) is not None:
        from seawall.report.simulation_findings import cascade_finding, together_finding

        screen.fact("cascade", cascade_finding(cascade).replace("\u00a0", " "))
        if together := together_finding(cascade):
            screen.fact("", together.replace("\u00a0", " "))
    idle = summary["at_risk"]["not_worth_it"]
    if float(idle["mean"]):
        screen.fact("not worth it", f"{float(idle['mean']):,.4g} calls a path that no liquidator made")


def _sampled(screen: Screen, summary: Mapping[str, Any]) -> None:
    if summary["sampling"] == "plain":
        return
    from seawall.runs.simulation_summary import walks_missing
    from seawall.runs.value import short

    found = summary["fund_needed"]
    worth = [
        f"{short(item['variance_ratio'])} at {name} {level_percent(level)}"
        for name, kind in (("VaR", "var"), ("ES", "es"))
        for level in summary["levels"]
        if "variance_ratio" in (item := found[kind][level])
    ]
    told = [f"{summary['sampling']}, {count(summary['walked'], 'path')} walked"]
    if missing := walks_missing(summary):
        told.append(missing)
    if (pilot := summary["pilot"]) is not None:
        told.append(
            f"{count(pilot['paths'], 'more path')} of a pilot found {count(pilot['ways'], 'way')} to lose"
        )
        if not pilot["reached"]:
            told.append("none as large as was looked for: aim again with more pilot_rounds")
        told.append(f"one that nobody met may happen on {_share(pilot['unseen'])} of paths, not on more")
    screen.fact("sampling", "; ".join(told))
    if worth:
        screen.fact("one path is", f"worth so many plain ones: {', '.join(worth)}")


def _paired(screen: Screen, summary: Mapping[str, Any]) -> None:
    if "versus" in summary:
        other = summary["versus"]
        screen.fact(
            "versus", f"{other['scenario']}, path by path: what it costs more on average, at oracle prices"
        )
        for name, label in _COMPARED.items():
            screen.fact("", f"{label} {_mean(other['differences'][name], 'two runs apart')}")
    if "control" in summary:
        put = summary["control"]
        screen.fact(
            "control", f"a put on {put['market']} at {put['strike']:g} of its price; losses at oracle prices"
        )
        for name, found in put["expected"].items():
            screen.fact("", f"{_COMPARED[name]} {_mean(found, 'paths without it')}, expected")


def _mean(found: Mapping[str, Any], alone: str) -> str:
    from seawall.runs.value import short

    ratio = found["variance_ratio"]
    worth = "no path differs" if ratio is None else f"each path is worth {short(ratio)} of {alone}"
    return f"{short(found['value'])} ({short(found['low'])} to {short(found['high'])}); {worth}"


def _time(seconds: int) -> str:
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _answered(summary: Mapping[str, Any]) -> str:
    # The highest level that the paths can back.
    found = summary["fund_needed"]["var"]
    answered = [level for level in summary["levels"] if "value" in found[level]]
    return str(answered[-1] if answered else summary["levels"][0])


def _is_short(summary: Mapping[str, Any]) -> bool:
    known = [item for item in summary["fund_needed"]["var"].values() if "value" in item]
    return bool(known) and float(known[-1]["value"]) > float(summary["fund_value"])


def _share(share: float) -> str:
    return f"{share * 100:.3g} %"
