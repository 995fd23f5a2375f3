"""The scenario file as a JSON Schema and as a reference page, both from the models that read it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.simulation.scenario import Scenario

__all__ = ["PAGE", "SCHEMA", "generated_files", "json_schema", "reference_page"]

PAGE = "docs/reference/scenario-file.md"
SCHEMA = "src/seawall/runs/schema/scenario.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Tables in the order of the page: (what the file calls it, model).
_TABLES = (
    ("[run]", "RunSettings"),
    ("[sampling]", ""),
    ("[markets.NAME]", "MarketSettings"),
    ("impact = { kind = ... }", ""),
    ("oracle = { ... }", "Oracle"),
    ("[liquidators]", "Liquidators"),
    ("[[shocks]]", "Shock"),
    ("[depth]", "DepthPath"),
    ("[[depth.stresses]]", "DepthStress"),
    ("[depth.withdrawals.NAME]", "Withdrawal"),
    ("[[outages]]", "Outage"),
    ("[rates.ASSET]", "Rate"),
    ('[rates.ASSET] with kind = "kink"', "KinkRate"),
    ("[pools]", "PoolSettings"),
    ("[[exits]]", "Exit"),
    ("[funding.INSTRUMENT]", "FixedFunding"),
    ('[funding.INSTRUMENT] with kind = "premium"', "PremiumFunding"),
    ("[volatilities]", "Volatilities"),
    ("[borrowers]", "Borrowers"),
    ("[stress]", "StressSettings"),
)
# What a table may be, by its kind: (how a kind is headed, models).
_KINDS = {
    "[sampling]": ("### {kind}", ("Plain", "Screened", "Importance", "Sobol")),
    "impact = { kind = ... }": (
        "### {kind}",
        (
            "NoImpact",
            "LinearImpact",
            "SquareRootImpact",
            "ProductImpact",
            "BookImpact",
            "RangesImpact",
            "Range",
        ),
    ),
    "oracle = { ... }": (
        '### feed = {{ kind = "{kind}", ... }}',
        ("SpotFeed", "TwapFeed", "FixedFeed"),
    ),
    "[[exits]]": (
        '### trigger = {{ kind = "{kind}", ... }}',
        ("UtilisationTrigger", "FallTrigger"),
    ),
}


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    return {SCHEMA: schema, PAGE: reference_page()}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    found: dict[str, Any] = _finite({"$schema": _DIALECT, **Scenario.model_json_schema()})
    return found


def reference_page() -> str:
    """Return the reference page of the scenario file in Markdown."""
    models = json_schema()["$defs"]
    lines = [*_introduction(), *_fields(json_schema())]
    for heading, name in _TABLES:
        lines += [f"## `{heading}`", ""]
        if name:
            lines += _told(models[name])
        headed, kinds = _KINDS.get(heading, ("", ()))
        for kind in kinds:
            lines += _told(models[kind], heading=headed.format(kind=_kind(models[kind]) or kind))
    return "\n".join(lines).rstrip() + "\n"


def _introduction() -> Iterator[str]:
    yield """# The scenario file

<!-- Written by `make docs` from the models of src/seawall/simulation: do not edit. -->

A scenario is everything about a storm but the book it meets: TOML, read whole, and refused whole with every
problem at its dotted place. `seawall simulate` and `seawall stress` take one;
[examples/storm](../../examples/storm/README.md) holds a library. Money is in the base currency of the book,
time in seconds since the start of a path.

*Markets* are the prices that move. Price models, shocks, depth and outages name markets; assets and
instruments follow the market that names them, and what no market names stands still. `[prices]` is a
[price model](price-paths.md), whose `history` or `paths` may be the name of a file beside the scenario.

`seawall schema scenario` prints the JSON Schema.
"""


def _told(model: Mapping[str, Any], *, heading: str = "") -> Iterator[str]:
    if heading:
        yield heading
        yield ""
    told = " ".join(str(model.get("description", "")).split("\n\n")[0].split())
    if told:
        yield f"{told}\n"
    yield from _fields(model)


def _fields(model: Mapping[str, Any]) -> Iterator[str]:
    fields = {name: item for name, item in model.get("properties", {}).items() if name != "kind"}
    if not fields:
        return
    required = set(model.get("required", ()))
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for name, item in fields.items():
        default = "required" if name in required else _default(item.get("default"))
        told = str(item.get("description", "")).replace("|", "\\|")
        yield f"| `{name}` | {default} | {told} |"
    yield ""


def _default(value: Any) -> str:
    if value is None or value in ("", [], {}) or isinstance(value, dict):
        return ""
    text = json.dumps(value)
    return f"`{text}`" if len(text) < 40 else f"`{text[:34]} ...`"


def _kind(model: Mapping[str, Any]) -> str:
    return str(model.get("properties", {}).get("kind", {}).get("const", ""))


def _finite(value: Any) -> Any:
    # JSON knows no infinity: a default without end is left out.
    if isinstance(value, dict):
        return {
            key: _finite(item)
            for key, item in value.items()
            if not (isinstance(item, float) and not math.isfinite(item))
        }
    return [_finite(item) for item in value] if isinstance(value, list) else value
