"""What became of one vector: it passed, it failed, or nothing serves it yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["pass", "fail", "unserved"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the vector report; `why` says what was checked, what differed, or who will serve it."""

    status: Status
    id: str
    why: str

    def __str__(self) -> str:
        return f"{self.status} {self.id} {self.why}".rstrip()


def guarded(name: str, check: Callable[[], Outcome]) -> Outcome:
    """Return the outcome of `check`; whatever it raises is a failed vector, never a crash of the run."""
    try:
        return check()
    except Exception as error:
        return Outcome("fail", name, f"cannot be read or computed: {type(error).__name__}: {error}")


def held(name: str, expected: Mapping[str, Any], got: Mapping[str, Any]) -> Outcome:
    """Return pass iff every key of `expected` was computed and is equal: whole numbers, flags, names."""
    if not expected:
        return Outcome("fail", name, "expects nothing")
    wrong = [
        f"{key}: expected {value}, got {got.get(key, 'nothing computed')}"
        for key, value in expected.items()
        if key not in got or not _equal(value, got[key])
    ]
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _equal(value: Any, got: Any) -> bool:
    # A flag is no number, and a name is one only where what was computed is a number.
    if isinstance(value, Mapping) and isinstance(got, Mapping):
        return value.keys() == got.keys() and all(_equal(each, got[key]) for key, each in value.items())
    if isinstance(value, bool) or isinstance(got, bool):
        return value is got
    if isinstance(got, str):
        return bool(value == got)
    return bool(whole(value) == whole(got))


def whole(value: Any) -> Any:
    """Return integers for decimal strings and integers, lists of them for lists; anything else raises."""
    if isinstance(value, list):
        return [whole(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a whole number or its decimal string, got {value!r}")
    return int(value)
