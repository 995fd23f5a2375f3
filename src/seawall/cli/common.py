"""What every verb shares: errors with exit codes, one JSON document, a bar on a terminal."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import typer

from seawall.errors import EXIT_OK, EXIT_USAGE, InputError, Problem, SeawallError

P = ParamSpec("P")
A = TypeVar("A")
B = TypeVar("B")
SHOWN = 20
EXIT_INTERRUPTED = 130
_USAGE = ("output_exists", "usage")


def guarded(verb: Callable[P, int]) -> Callable[P, None]:
    """Run a verb that returns its exit code; an error becomes a message and its own code."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = verb(*args, **kwargs)
            sys.stdout.flush()
        except SeawallError as error:
            report_error(error, as_json=bool(kwargs.get("as_json")))
            code = EXIT_USAGE if error.code in _USAGE else error.exit_code
        except KeyboardInterrupt:
            print("interrupted: nothing was written", file=sys.stderr)
            code = EXIT_INTERRUPTED
        except BrokenPipeError:  # whoever read has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = EXIT_OK
        raise typer.Exit(code)

    return run


def report_error(error: SeawallError, *, as_json: bool) -> None:
    """Tell what was wrong: on stderr for people, or as one JSON document on stdout."""
    if as_json:
        print_error(error.code, str(error), error.problems)
        return
    lines = [str(item) for item in error.problems if item.severity == "error"] or str(error).splitlines()
    _to_stderr("error", lines)


def print_error(code: str, message: str, problems: Iterable[Problem] = ()) -> None:
    """Print an error as one JSON document."""
    found = [
        {
            "code": item.code,
            "message": plain(item.message),
            "where": plain(item.where),
            "severity": item.severity,
        }
        for item in problems
    ]
    print_json({"error": {"code": code, "message": plain(message), "problems": found}})


def warn(problems: Iterable[Problem], *, quiet: bool, told: set[str] | None = None) -> None:
    """Show warnings of an input on stderr, bounded; those in `told` were, and the others are added to it."""
    lines = [str(item) for item in problems if item.severity == "warning"]
    if told is not None:
        lines = [line for line in lines if line not in told]
        told.update(lines)
    if not quiet:
        _to_stderr("warning", lines)


def _to_stderr(word: str, lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        print(f"{word}: {plain(line)}", file=sys.stderr)
    if len(lines) > SHOWN:
        print(f"... and {len(lines) - SHOWN} more", file=sys.stderr)


def plain(text: str) -> str:
    """Take out of a text from an input what would move the cursor, colour it or turn it around.

    >>> plain("a\\x1b[31mb\\u202ec")
    'a?[31mb?c'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\n" or not unicodedata.category(char).startswith("C") else "?" for char in text
    )


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))


def code_version() -> str:
    """Return the version of the installed package; "unknown" for sources that are not installed."""
    import seawall

    return str(seawall.__version__)


def together(read: Callable[[], A], read_too: Callable[[], B]) -> tuple[A, B]:
    """Read two inputs; when either is bad, tell the problems of both at once.

    Raises:
        InputError: With every problem found.
    """
    problems: list[Problem] = []
    found: list[Any] = []
    for reader in (read, read_too):
        try:
            found.append(reader())
        except InputError as error:
            problems += error.problems or (Problem(error.code, str(error)),)
    if problems:
        raise InputError.of(problems)
    return found[0], found[1]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a progress callback that draws a bar on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show
