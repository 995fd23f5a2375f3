"""What every verb shares: errors with exit codes, JSON or a screen, a bar on a terminal, shocks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import typer
from rich.console import Console

from seawall.errors import EXIT_USAGE, SeawallError

if TYPE_CHECKING:
    from seawall.core.market import Market

P = ParamSpec("P")
SHOWN = 20
EXIT_INTERRUPTED = 130


def guarded(verb: Callable[P, int]) -> Callable[P, None]:
    """Run a verb that returns its exit code; an error becomes a message and its own code."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = verb(*args, **kwargs)
            sys.stdout.flush()
        except SeawallError as error:
            report_error(error, as_json=bool(kwargs.get("as_json")))
            code = EXIT_USAGE if error.code in ("output_exists", "usage") else error.exit_code
        except KeyboardInterrupt:
            print("interrupted: nothing was written", file=sys.stderr)
            code = EXIT_INTERRUPTED
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        raise typer.Exit(code)

    return run


def report_error(error: SeawallError, *, as_json: bool) -> None:
    """Tell what was wrong: on stderr for people, or as one JSON document on stdout."""
    if as_json:
        problems = [
            {"code": item.code, "message": item.message, "where": item.where, "severity": item.severity}
            for item in error.problems
        ]
        print_json({"error": {"code": error.code, "message": plain(str(error)), "problems": problems}})
        return
    lines = [plain(str(item)) for item in error.problems if item.severity == "error"] or [plain(str(error))]
    for line in lines[:SHOWN]:
        print(f"error: {line}", file=sys.stderr)
    if len(lines) > SHOWN:
        print(f"... and {len(lines) - SHOWN} more", file=sys.stderr)


def warn(problems: Any, *, quiet: bool) -> None:
    """Show warnings of an input on stderr, bounded."""
    found = [plain(str(item)) for item in problems if item.severity == "warning"]
    if quiet:
        return
    for line in found[:SHOWN]:
        print(f"warning: {line}", file=sys.stderr)
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more warnings", file=sys.stderr)


def plain(text: str) -> str:
    """Take out of a text from an input what would move the cursor or change the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))


def console(*, no_color: bool = False) -> Console:
    """Return the console for people; NO_COLOR is honoured."""
    return Console(no_color=no_color or "NO_COLOR" in os.environ, highlight=False, soft_wrap=True)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a progress callback that draws a bar on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
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


def shocked(
    market: Market, drop: float | None, prices: list[str], marks: list[str], keep: set[str]
) -> Market:
    """Return a market after the shocks of the command line.

    Args:
        drop: Fraction taken off every price but those of `keep` (what others are priced in).
        prices, marks: NAME=VALUE settings, applied after the drop.

    Raises:
        InputError: A setting is malformed or names nothing known; all are told.
    """
    from fractions import Fraction

    from seawall.core.money import parse_decimal
    from seawall.errors import InputError, Problem

    assets: dict[str, int] = {}
    instruments: dict[str, int] = {}
    problems: list[Problem] = []
    if drop is not None:
        if not 0 <= drop < 1:
            problems.append(Problem("usage", f"a drop is a fraction from 0 up to 1, got {drop}", "--drop"))
        left = 1 - Fraction(str(drop))
        assets = {
            name: int(price.oracle * left)
            for name, price in market.prices.items()
            if price.oracle is not None and name not in keep
        }
        instruments = {
            name: int(mark.mark * left) for name, mark in market.marks.items() if mark.mark is not None
        }
    for option, settings, known, target, decimals in (
        ("--price", prices, market.prices, assets, market.price_decimals),
        ("--mark", marks, market.marks, instruments, market.mark_decimals),
    ):
        for setting in settings:
            name, separator, text = setting.partition("=")
            try:
                if not separator or name not in known:
                    raise InputError(f"expected NAME=VALUE with a known name, got {setting!r}", code="usage")
                target[name] = parse_decimal(text, decimals)
                if target[name] < 0:
                    raise InputError(f"a price is not negative: {setting!r}", code="usage")
            except InputError as error:
                problems.append(Problem("usage", str(error), option))
    if problems:
        raise InputError.of(problems)
    return market.moved(assets=assets, instruments=instruments)


def numeraires(book: Any, market: Market) -> set[str]:
    """Return what a drop leaves alone: settle assets, and assets priced within 5 % of one."""
    unit = 10**market.price_decimals
    stable = {
        name
        for name, price in market.prices.items()
        if price.oracle is not None and abs(price.oracle - unit) * 20 <= unit
    }
    return stable | {item.settle_asset for item in book.instruments}
