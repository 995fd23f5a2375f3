"""Instants as text: RFC 3339 in UTC, nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from seawall.adapters.problem_log import shown
from seawall.errors import InputError

__all__ = ["format_time", "parse_time"]

_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)
_YEAR_9999_S = 253_402_300_799


def parse_time(text: str) -> int:
    """Read an RFC 3339 instant in UTC as unix time [s]; fractions of a second are dropped.

    Raises:
        InputError: Not such an instant (`timestamp_invalid`), or a bare number, of which nobody
            can tell whether it counts seconds or milliseconds (`timestamp_unit_suspect`).

    >>> parse_time("2025-10-10T21:00:00Z")
    1760130000
    """
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
        raise InputError(
            f"is {shown(text)}, which may count seconds or milliseconds: write {format_time(_guess(text))!r}",
            code="timestamp_unit_suspect",
        )
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise _invalid(text, "expected an instant such as 2025-10-10T21:00:00Z")
    day, clock, zone = match.groups()
    if zone is None:
        raise _invalid(text, "names no time zone: write it in UTC with a Z at the end")
    if zone not in ("Z", "z", "+00:00", "-00:00"):
        raise _invalid(text, "is not in UTC: convert it, with a Z at the end")
    try:
        seconds = int(datetime.fromisoformat(f"{day}T{clock}+00:00").timestamp())
    except ValueError as error:
        raise _invalid(text, f"is no instant of the calendar ({error})") from error
    if seconds < 0:
        raise _invalid(text, "lies before 1970")
    return seconds


def format_time(seconds: int) -> str:
    """Write unix time [s] as RFC 3339 in UTC; what the calendar does not hold, as the bare number.

    >>> format_time(1760130000)
    '2025-10-10T21:00:00Z'
    """
    if not 0 <= seconds <= _YEAR_9999_S:
        return f"{seconds} s"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _guess(text: str) -> int:
    # Read a bare number as the unit that puts it between 1970 and 2100.
    value = abs(int(text.split(".")[0][:20].lstrip("+-")))
    while value > 4_102_444_800:
        value //= 1000
    return value


def _invalid(text: str, why: str) -> InputError:
    return InputError(f"{shown(text)} {why}", code="timestamp_invalid")
