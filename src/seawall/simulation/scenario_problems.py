"""What is wrong with a scenario file, each with its dotted place and, for a name, the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from seawall.errors import Problem

__all__ = ["field_names", "problems_of"]

_SHOWN = 200


def problems_of(
    error: ValidationError, raw: Mapping[str, Any], *, source: str, known: Iterable[str]
) -> list[Problem]:
    """Return every finding of a validation as a problem.

    Args:
        raw: What was validated: a place that it does not have (the tag of a union) is left out of places.
        source: Names the file.
        known: Names that an unknown key may have meant.
    """
    names = sorted(set(known))
    found = [_problem(item, raw, source, names) for item in error.errors()]
    return list(dict.fromkeys(found))


def field_names(model: type[BaseModel]) -> set[str]:
    """Return the names of all fields of a model and of the models in it."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def _problem(item: Any, raw: Mapping[str, Any], source: str, known: Sequence[str]) -> Problem:
    place = f"{source}:{_place(item['loc'], raw)}"
    kind, message = item["type"], item["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        name = str(item["loc"][-1])
        return Problem("unknown_field", f"unknown key {name!r}{_meant(name, known)}", place)
    if kind == "union_tag_invalid":
        tag, tags = str(item["ctx"]["tag"]), str(item["ctx"]["expected_tags"]).replace("'", "").split(", ")
        meant = _meant(tag, tags) or f": expected one of {', '.join(tags)}"
        return Problem("unknown_kind", f"unknown kind {tag!r}{meant}"[:600], f"{place}.kind")
    if kind == "union_tag_not_found":
        return Problem("missing_field", "required and absent", f"{place}.kind")
    if kind == "missing":
        return Problem("missing_field", "required and absent", place)
    given = f", got {item.get('input')!r}"[:_SHOWN] if not isinstance(item.get("input"), Mapping) else ""
    return Problem("scenario_invalid", f"{message}{given}", place)


def _meant(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {close[0]!r}?" if close else ""


def _place(loc: Sequence[Any], raw: Any) -> str:
    # pydantic names the member of a union on the way: what the file does not have is no part of the place.
    parts, here = [], raw
    for number, step in enumerate(loc):
        is_there = (isinstance(here, Mapping) and step in here) or (
            isinstance(here, list) and isinstance(step, int) and step < len(here)
        )
        if is_there:
            here = here[step]
        elif number < len(loc) - 1:
            continue
        parts.append(str(step))
    return ".".join(parts)
