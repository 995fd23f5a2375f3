"""The second part of the table of roundings: rules that no machine uses, held by published cases and tests.

python -m tests.venues.beyond     runs all flips and writes that part of docs/reference/roundings.md again
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from rich.console import Console
from rich.progress import track

import seawall.rules
from tests.rules import test_rounded, test_rounded_lenders
from tests.rules.test_rounded_lenders import named
from tests.vectors import derivatives, lending, models, runner
from tests.vectors.outcome import Outcome, guarded, strict
from tests.venues.mutate import Mutant, applied, mutants
from tests.venues.roundings import BEYOND, JUDGES, PAGE, cells

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/vectors/data"
SERVERS: Mapping[str, Callable[[Any], Outcome]] = {
    "lending.json": lending.check,
    "derivatives.json": derivatives.check,
    "rates.json": models.check,
}
ASKED = ("tests/rules",)

SAME: Mapping[str, str] = {**test_rounded.SAME, **test_rounded_lenders.SAME}


def flips() -> list[Mutant]:
    """Return every flip of every rounding in rules that stands on no machine's table."""
    held = {_place(flip) for judge in JUDGES for flip in judge.flips}
    names = (each.name for each in pkgutil.iter_modules(seawall.rules.__path__))
    modules = [importlib.import_module(f"seawall.rules.{name}") for name in sorted(names)]
    return [flip for flip in mutants(*modules) if _place(flip) not in held]


def _place(flip: Mutant) -> tuple[str, str, int]:
    return flip.module.__name__, flip.function, flip.call


@dataclass
class Watch:
    """Which rules run while something is asked, so that a flip asks only those who use its rule."""

    rules: Mapping[CodeType, tuple[str, str]]
    users: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))

    def over(self, user: Any, run: Callable[[], Any]) -> Any:
        """Run, and note the user for each rule that ran."""
        seen: set[CodeType] = set()

        def note(frame: FrameType, event: str, _: Any) -> None:
            if event == "call":
                seen.add(frame.f_code)

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            return run()
        finally:
            sys.setprofile(before)
            for code in seen & self.rules.keys():
                self.users[self.rules[code]].append(user)


def watch(asked: Iterable[Mutant]) -> Watch:
    """Return a watch over the rules of these flips."""
    live = {(each.module.__name__, each.function): getattr(each.module, each.function) for each in asked}
    return Watch({rule.__code__: place for place, rule in live.items()})


def red_case(cases: Iterable[Callable[[], Outcome]]) -> str:
    """Return the id of the first published case that fails."""
    outcomes = (case() for case in cases)
    return next((each.id for each in outcomes if each.status == "fail"), "")


def published(watched: Watch) -> None:
    """Run every published case once under a watch."""
    for name, server in SERVERS.items():
        document = runner.read(DATA / name)
        for case in document.get("vectors", document.get("cases")):

            def check(case: Any = case, server: Callable[[Any], Outcome] = server) -> Outcome:
                return guarded(str(case.get("id")), lambda: strict(case, server(case)))

            watched.over(check, check)


@dataclass
class Asking:
    """A pytest plugin: runs all tests once under a watch, then for each flip those that use its rule."""

    asked: list[Mutant]
    noticed: dict[int, str] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop over tests."""
        cases, tests = watch(self.asked), watch(self.asked)
        published(cases)
        for item in sorted(session.items, key=_drawn):
            if tests.over(item, partial(_red, item)):
                raise AssertionError(
                    f"expected all green before any flip, got red: {item.nodeid}: mend it first"
                )
        told = enumerate(self.asked)
        console = Console(stderr=True)
        for number, flip in track(told, "flips", total=len(self.asked), console=console, transient=True):
            users = (flip.module.__name__, flip.function)
            with applied(flip):
                found = red_case(cases.users[users])
                found = found or next((each.nodeid for each in tests.users[users] if _red(each)), "")
            self.noticed[number] = found.removeprefix("tests/rules/")
        return True


def _drawn(item: pytest.Item) -> bool:
    # Tables are asked before laws: a law notices by the cases it happens to draw.
    return hasattr(getattr(item, "obj", None), "hypothesis")


def _red(item: pytest.Item) -> bool:
    item._initrequest()  # type: ignore[attr-defined]  # fixtures anew, as a test that is run again needs
    reports = runtestprotocol(item, nextitem=None, log=False)
    return any(report.failed for report in reports)


def noticed(asked: list[Mutant]) -> list[str]:
    """Return what notices each flip first, a published case or a test, "" where nothing does."""
    settings.register_profile(
        "flips",
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("flips")
    asking = Asking(asked)
    quiet = ["-q", "--no-header", "--no-summary", "--assert=plain", "-p", "no:cacheprovider"]
    pytest.main(
        [*quiet, "--hypothesis-profile=flips", *(str(ROOT / each) for each in ASKED)], plugins=[asking]
    )
    if len(asking.noticed) != len(asked):
        raise RuntimeError(f"expected answers for {len(asked)} flips, got {len(asking.noticed)}: see above")
    return [asking.noticed[number] for number in range(len(asked))]


def part() -> str:
    """Return the part of the page; every flip is run for it."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    asked = flips()
    places = len({_place(flip) for flip in asked})
    yield f"""{BEYOND}

<!-- Written by `python -m tests.venues.beyond` from a run of all flips: do not edit. -->

Here is every division of all other rules: {places} places, {len(asked)} flips. Each is asked of the published
cases in `tests/vectors/data` first, then of the tests in `tests/rules`, tables before laws. Where a flip
changes nothing, it says why. Flips of `mul_div_toward_zero`, of roots and of powers are not made.

| rule | division | rounds | turned to | noticed by |
| --- | --- | --- | --- | --- |"""
    for flip, found in zip(asked, noticed(asked), strict=True):
        yield f"{cells(flip)} {(found or SAME.get(named(flip)) or '**nothing**').replace('|', '/')} |"


if __name__ == "__main__":
    machines = PAGE.read_text(encoding="utf-8").partition(BEYOND)[0].rstrip()
    PAGE.write_text(f"{machines}\n\n{part()}", encoding="utf-8")
