"""Run vector files: read each, see what it is by its keys, hand its cases to whoever serves them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.vectors import aave_machine, declared, derivatives, lending, models, replay
from tests.vectors.outcome import Outcome, guarded, strict
from tests.vectors.placed import placed

Case = Mapping[str, Any]


def run(paths: Iterable[Path]) -> Iterator[Outcome]:
    """Yield one outcome for each case of each file, in the order of the files."""
    for path in paths:
        try:
            document = read(path)
        except Exception as error:
            yield Outcome("fail", path.name, f"cannot be read as JSON: {type(error).__name__}: {error}")
            continue
        outcomes = [*_document(path.name, document), *_faults(path.name, document)]
        yield from outcomes or [Outcome("fail", path.name, "holds no cases")]


def read(path: Path) -> Any:
    """Return the JSON document in a plain or gzipped file."""
    raw = path.read_bytes()
    return placed(json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw))


def _document(name: str, document: Any) -> Iterator[Outcome]:
    if not isinstance(document, Mapping):
        yield Outcome("fail", name, f"expected an object at the top, got {type(document).__name__}")
    elif "schema" in document:
        yield from _scenarios(name, document)
    elif isinstance(cases := document.get("vectors", document.get("cases")), list):
        for number, case in enumerate(cases):
            label = _label(name, number, case)
            yield guarded(label, lambda case=case: strict(case, _server(case)(case)))
    else:
        yield Outcome("fail", name, f"no schema, vectors or cases among its keys {sorted(document)}")


def _faults(name: str, document: Any) -> Iterator[Outcome]:
    # What the file says of itself, compared once its cases have had their say.
    if not isinstance(document, Mapping):
        return
    try:
        found = "; ".join(declared.faults(document))
    except Exception as error:
        found = f"its counts cannot be compared: {type(error).__name__}: {error}"
    if found:
        yield Outcome("fail", name, found)


def _scenarios(name: str, document: Case) -> Iterator[Outcome]:
    """Yield one outcome for each scenario, and a failure where the file as a whole is served by nothing."""
    outcomes = list(_each_scenario(name, document))
    yield from outcomes
    if outcomes and all(outcome.status == "unserved" for outcome in outcomes):
        what = f"schema {document['schema']!r}, version {document.get('version')!r}"
        yield Outcome("fail", name, f"no scenario was served: nothing here replays {what}")


def _each_scenario(name: str, document: Case) -> Iterator[Outcome]:
    scenarios = document.get("scenarios")
    if not isinstance(scenarios, list):
        yield Outcome("fail", name, "has a schema and no list of scenarios")
        return
    schema = str(document["schema"])
    for number, scenario in enumerate(scenarios):
        label = f"{name.split('.')[0]}/{number}"
        if schema.startswith("seawall-lab/aave-v3/"):
            yield guarded(
                label, lambda label=label, s=scenario: aave_machine.check_both(document["version"], s, label)
            )
        elif machine := replay.machine_of(schema):
            yield guarded(label, lambda label=label, s=scenario, m=machine: replay.check(m, s, label))
        else:
            yield Outcome("unserved", label, lending.CONTRACTS)


def _label(name: str, number: int, case: Any) -> str:
    known = isinstance(case, Mapping) and isinstance(case.get("id"), str)
    return case["id"] if known else f"{name}[{number}]"


def _server(case: Case) -> Callable[[Case], Outcome]:
    if "protocol" in case:
        return lending.check
    if "family" in case:
        return derivatives.check
    if "topic" in case or "inputs" in case:
        return models.check
    raise ValueError(f"no protocol, family or topic among its keys {sorted(case)}")
