"""Which venue passes which vectors: counted by a run, written to the catalogue, held to it by a test.

python -m tests.vectors.evidence     writes src/seawall/venues/evidence.toml again
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.vectors import runner

DATA = Path(__file__).parent / "data"
EVIDENCE = Path(__file__).parents[2] / "src/seawall/venues/evidence.toml"
# Contract files by schema and version, lending vectors by protocol, derivatives by source.
SCHEMAS = {
    ("seawall-lab/aave-v3/", "3.0.2"): "aave_v3_0_2",
    ("seawall-lab/aave-v3/", "3.7"): "aave_v3_7",
    ("seawall-lab/morpho-blue/", ""): "morpho_blue",
    ("seawall-lab/maker-dss/", ""): "maker_dss",
    ("seawall-lab/venus-isolated/", ""): "venus_isolated",
    ("seawall-lab/liquity-v1/", ""): "liquity_v1",
}
PROTOCOLS = {
    "Aave Umbrella": "aave_umbrella",
    "Aave v3.7": "aave_v3_7",
    "Aave v3.3": "aave_v3_7",  # what 3.3 brought and 3.7 kept
    "Aave v4": "aave_v4",
    "Compound v2": "compound_v2",
    "Compound v3": "compound_v3",
    "DssAutoLine": "maker_dss",
    "MakerDAO": "maker_dss",
    "Euler v1": "euler_v1",
    "Euler v2": "euler_evk",
    "Fraxlend": "fraxlend",
    "Liquity v1": "liquity_v1",
    "Liquity v2": "liquity_v2",
    "Morpho": "morpho_blue",
    "Silo v2": "silo_v2",
    "crvUSD": "crvusd",
}
SOURCES = {"drift": "drift_v2", "mango": "mango_v4", "dydx": "dydx_v4", "vega": "vega"}
NUMBERS = re.compile(r"(\d+) steps, (\d+) refusals, (\d+) numbers")


@cache
def evidence() -> dict[str, list[dict[str, Any]]]:
    """Return what each venue passes, file by file, from a run of all vectors that tests hold."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(DATA.glob("*.json*")):
        document = runner.read(path)
        if not isinstance(document, Mapping):
            continue
        names = list(_venues(document))
        if not any(names):
            continue
        outcomes = [item for item in runner.run([path]) if item.id != path.name]
        for name, outcome in zip(names, outcomes, strict=True):
            if not name or outcome.status != "pass":
                continue
            row = found.setdefault(name, {}).setdefault(path.name, {"file": path.name, "cases": 0})
            row["cases"] += 1
            if counted := NUMBERS.search(outcome.why):
                for key, value in zip(("steps", "refusals", "numbers"), counted.groups(), strict=True):
                    row[key] = row.get(key, 0) + int(value)
    return {name: list(files.values()) for name, files in sorted(found.items())}


def _venues(document: Mapping[str, Any]) -> Iterator[str]:
    # The venue of each case of a document, in their order; "" for a case that is nobody's.
    if "schema" in document:
        version = str(document.get("version", ""))
        names = [
            name
            for (schema, known), name in SCHEMAS.items()
            if str(document["schema"]).startswith(schema) and known in ("", version)
        ]
        yield from ((names or [""])[0] for _ in document["scenarios"])
        return
    for case in document.get("vectors", document.get("cases", ())):
        protocol, source = str(case.get("protocol", "")), f"{case.get('id', '')}".lower()
        by_protocol = (name for prefix, name in PROTOCOLS.items() if protocol.startswith(prefix))
        by_source = (name for word, name in SOURCES.items() if "family" in case and source.startswith(word))
        yield next(iter((*by_protocol, *by_source, "")))


def written(found: Mapping[str, list[dict[str, Any]]]) -> str:
    """Return the evidence as TOML."""
    lines = ["# Written by `python -m tests.vectors.evidence` from a run of the vectors: do not edit."]
    for name, files in found.items():
        for row in files:
            cells = ", ".join(
                f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
                for key, value in row.items()
            )
            lines.append(f"[[{name}]]\n" + cells.replace(", ", "\n"))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    EVIDENCE.write_text(written(evidence()), encoding="utf-8")
