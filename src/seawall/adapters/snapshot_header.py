"""`snapshot.toml`: what the numbers in a snapshot's tables mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import Field, ValidationError

from seawall.adapters.ids import canonical_id, fault_of
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.snapshot_schema import FORMAT_VERSION
from seawall.adapters.tables import HEADER_FILE
from seawall.adapters.times import parse_time
from seawall.core.curves import Model
from seawall.errors import InputError

__all__ = ["SnapshotHeader", "read_header_fields"]


class SnapshotHeader(Model):
    """The fields of `snapshot.toml`."""

    format_version: Literal[1] = Field(description="version of this format")
    venue: str = Field(min_length=1, description="name of the venue, free text")
    as_of: str | dt.datetime = Field(description="instant of the snapshot, RFC 3339 in UTC")
    prices_as_of: str | dt.datetime | None = Field(
        default=None, description="instant of its prices; `as_of` when absent"
    )
    rulebook: str = Field(default="", description="rulebook that `terms.toml` and the tables are laid over")
    base_currency: str = Field(
        default="USD", min_length=1, description="what prices of assets are counted in"
    )
    price_decimals: int = Field(default=8, ge=0, le=36, description="decimals kept of prices of assets")
    mark_decimals: int = Field(default=8, ge=0, le=24, description="decimals kept of marks and depth")
    jump_max_bps: int = Field(
        default=5000, ge=0, description="change from `previous_price` above which a price is suspect"
    )


class Instants:
    """The instants of a header [unix s]."""

    def __init__(self, as_of: int, prices_as_of: int) -> None:
        self.as_of, self.prices_as_of = as_of, prices_as_of


_ASSUMED: Mapping[str, Any] = {
    "format_version": FORMAT_VERSION,
    "venue": "?",
    "as_of": "1970-01-01T00:00:00Z",
}
_FAR_AHEAD_S = 2**62


def read_header_fields(raw: Mapping[str, Any], log: ProblemLog) -> tuple[SnapshotHeader, Instants]:
    """Validate the fields of `snapshot.toml`.

    Each fault is noted in the log and the field assumed, so that the tables can be read all the
    same and more problems told at once; an instant that is not known is taken as far ahead.
    """
    header, faulty = _validated(raw, log)
    for name in ("venue", "base_currency"):
        fault = fault_of(canonical_id(getattr(header, name)))
        if fault:
            log.add(*fault, HEADER_FILE, column=name)
    as_of = _FAR_AHEAD_S if "as_of" in faulty else _instant(header.as_of, "as_of", log)
    if header.prices_as_of is None:
        return header, Instants(as_of, as_of)
    return header, Instants(as_of, _instant(header.prices_as_of, "prices_as_of", log))


def _validated(raw: Mapping[str, Any], log: ProblemLog) -> tuple[SnapshotHeader, set[str]]:
    try:
        return SnapshotHeader.model_validate(raw), set()
    except ValidationError as error:
        faulty = {str(item["loc"][0]) for item in error.errors()}
        told: set[tuple[str, str]] = set()
        for item in error.errors():
            fault, name = _fault(item), str(item["loc"][0])
            if (fault[0], name) not in told:  # a field of two types has an error for each
                told.add((fault[0], name))
                log.add(*fault, HEADER_FILE, column=name[:40])
    usable = {name: value for name, value in raw.items() if name not in faulty}
    return SnapshotHeader.model_validate({**_ASSUMED, **usable}), faulty


def _fault(item: Mapping[str, Any]) -> tuple[str, str]:
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        close = get_close_matches(name[:80], SnapshotHeader.model_fields, n=1)
        return "unknown_field", f"unknown key {shown(name)}" + (
            f": did you mean {close[0]!r}?" if close else ""
        )
    if item["type"] == "missing":
        description = SnapshotHeader.model_fields[name].description
        return "missing_field", f"required and absent: {description}"
    if name == "format_version":
        return "format_version", f"is {shown(item['input'])}; this version of Seawall reads {FORMAT_VERSION}"
    if name in ("as_of", "prices_as_of"):
        return (
            "timestamp_invalid",
            f"expected an instant such as 2025-10-10T21:00:00Z, got {shown(item['input'])}",
        )
    return "field_invalid", f"{item['msg']}, got {shown(item['input'])}"


def _instant(value: str | dt.datetime, name: str, log: ProblemLog) -> int:
    try:
        # A TOML instant keeps its offset; as text it goes the same way as any other.
        return parse_time(value if isinstance(value, str) else value.isoformat())
    except InputError as error:
        log.add(error.code, str(error), HEADER_FILE, column=name)
        return _FAR_AHEAD_S
