"""What became of one vector: it passed, it failed, or nothing serves it yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from tests.vectors.placed import MissingKey

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
    except MissingKey as error:
        return Outcome("fail", name, str(error))
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


def strict(case: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """Return the outcome; a pass becomes a failure where the case expects nothing or tolerates all.

    A tolerance above a twentieth of the largest figure expected holds nothing to anything.
    """
    if outcome.status != "pass":
        return outcome
    expected = [each for each in _leaves(case.get("expected")) if each is not None]
    slack = _figure(case.get("tolerance")) or Fraction(0)  # in words: whoever serves the case knows it
    largest = max((abs(figure) for each in expected if (figure := _figure(each)) is not None), default=None)
    if not expected:
        return Outcome("fail", outcome.id, "expects nothing")
    if largest is not None and slack * 20 > (largest or 1):
        why = f"tolerates {float(slack):g}: above a twentieth of the largest figure, {float(largest):g}"
        return Outcome("fail", outcome.id, why)
    return outcome


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each)
    else:
        yield value


def _figure(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Fraction(str(value))
    except ValueError:  # a name
        return None


def _equal(value: Any, got: Any) -> bool:
    # A flag is no number, and a name is one only where what was computed is a number.
    if isinstance(value, Mapping) and isinstance(got, Mapping):
        return value.keys() == got.keys() and all(_equal(each, got[key]) for key, each in value.items())
    if isinstance(value, list) and isinstance(got, list):
        return len(value) == len(got) and all(map(_equal, value, got))
    if value is None or got is None or isinstance(value, bool) or isinstance(got, bool):
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
