"""Errors and problems: what Seawall says when something is wrong.

The tree, which is a contract (tests hold it to the classes):

SeawallError
  InputError
    MissingData
    InconsistentBook
    InvalidTerms
    UnsupportedFeature
  SourceError
  InvariantError

Outcomes are not errors: a healthy account, an empty layer, an exhausted waterfall
(its residual) and a coverage below target are values. `InvariantError` means that
Seawall's own books do not balance; it is never caught inside the library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

Severity = Literal["error", "warning"]

EXIT_OK, EXIT_BREACH, EXIT_USAGE, EXIT_INPUT, EXIT_PROOF, EXIT_SOURCE = 0, 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about an input: what was expected, what was found, where, what to do.

    A problem is a value. Readers collect all of them; only the edge turns a list with
    errors in it into an `InputError`.
    """

    code: str
    message: str
    where: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message} [{self.code}]"


class SeawallError(Exception):
    """Base of all errors raised by Seawall; `code` is stable, the message is for people."""

    exit_code = EXIT_INPUT

    def __init__(self, message: str, *, code: str = "", problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.code = code or (self.problems[0].code if self.problems else type(self).__name__)

    @classmethod
    def of(cls, problems: Iterable[Problem], *, shown: int = 20) -> Self:
        """Build one error from many problems: the first `shown` in the message, all in `.problems`."""
        found = tuple(problems)
        lines = [str(problem) for problem in found[:shown]]
        if len(found) > shown:
            lines.append(f"... and {len(found) - shown} more")
        return cls("\n".join(lines), problems=found)


class InputError(SeawallError, ValueError):
    """The caller or a file gave something that cannot be used. State is unchanged."""


class MissingData(InputError):
    """Something needed is absent: a price, a file, an asset."""


class InconsistentBook(InputError):
    """The rows of a book contradict each other."""


class InvalidTerms(InputError):
    """A rulebook does not make sense as a whole."""


class UnsupportedFeature(InputError):
    """Seawall knows the thing and does not (yet) do it, or an extra is not installed."""


class SourceError(SeawallError):
    """The outside world did not answer: a feed, a node, a disk. Retrying may help."""

    exit_code = EXIT_SOURCE


class InvariantError(SeawallError):
    """Our own books do not balance. A bug: the program stops."""

    exit_code = EXIT_PROOF


def require(condition: bool, message: str) -> None:
    """Stop the program unless `condition` holds; used in pairs before and after money moves."""
    if not condition:
        raise InvariantError(message, code="invariant")
