"""Every problem of an input, in a report that stays small whatever the input.

A file of a million bad rows must yield a useful report and not a million lines: per file and
code the first hundred findings are kept and the others are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from seawall.errors import Problem, Severity

__all__ = ["KEPT_PER_CODE", "UNREACHABLE", "ProblemLog", "code_of", "shown"]

KEPT_PER_CODE = 100
UNREACHABLE = "source_unreachable"
_LENGTH_MAX = 500
_Key = tuple[str, str, Severity]


def code_of(error: OSError) -> str:
    """Return the code of a file that cannot be read: not a file at all, or a source that did not answer."""
    is_no_file = isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError)
    return "unreadable" if is_no_file else UNREACHABLE


class ProblemLog:
    """Collects problems, bounded per file and code."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._count: Counter[_Key] = Counter()

    def add(
        self,
        code: str,
        message: str,
        file: str,
        row: int | None = None,
        column: str = "",
        *,
        severity: Severity = "error",
    ) -> None:
        """Note one finding at `file:row 12:column`; row and column are left out where unknown."""
        place = [file, *([f"row {row}"] if row is not None else []), *([column] if column else [])]
        self._take(file, Problem(code, message, ":".join(place), severity))

    def warn(self, code: str, message: str, file: str, row: int | None = None, column: str = "") -> None:
        """Note a finding that does not stop the reading."""
        self.add(code, message, file, row, column, severity="warning")

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over problems found elsewhere; their place starts with their file."""
        for problem in problems:
            self._take(problem.where.partition(":")[0], problem)

    def _take(self, file: str, problem: Problem) -> None:
        key: _Key = (file, problem.code, problem.severity)
        self._count[key] += 1
        if self._count[key] <= KEPT_PER_CODE:
            safe = replace(problem, message=_safe(problem.message), where=_safe(problem.where))
            self._kept.append(safe)

    def is_full(self, code: str, file: str) -> bool:
        """Whether a further error of this code in this file would only be counted."""
        return self._count[(file, code, "error")] >= KEPT_PER_CODE

    @property
    def has_errors(self) -> bool:
        """Whether anything noted forbids the use of the input."""
        return any(severity == "error" for _, _, severity in self._count)

    def errors_in(self, file: str) -> int:
        """Return how many errors were noted in one file, kept or only counted."""
        return sum(
            count for (name, _, severity), count in self._count.items() if (name, severity) == (file, "error")
        )

    def problems(self) -> tuple[Problem, ...]:
        """Return the kept findings in the order found, then one line for each remainder."""
        rest = [
            Problem(code, f"and {count - KEPT_PER_CODE} more of these in {file}", file, severity)
            for (file, code, severity), count in self._count.items()
            if count > KEPT_PER_CODE
        ]
        return (*self._kept, *rest)


def _safe(text: str) -> str:
    # What a file holds ends up on a terminal: no control characters, no novels.
    cut = text if len(text) <= _LENGTH_MAX else f"{text[:_LENGTH_MAX]}..."
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def shown(value: object) -> str:
    """Return a value as it may stand in a message: quoted, short, without control characters."""
    text = value if isinstance(value, str) else str(value)
    return ascii(text[:40]) + ("..." if len(text) > 40 else "")
