"""The table of roundings: every flip of every rounding of a machine's rules, and what notices it.

python -m tests.venues.roundings     runs all flips and writes docs/reference/roundings.md again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from seawall.errors import SeawallError
from seawall.rules import aave_v2, aave_v3, aave_v3_0_2, aave_v3_7, morpho_blue
from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.aave_v3_7 import AaveV37
from seawall.venues.machines.machine import Machine
from tests.rules import test_aave_v3_pool
from tests.vectors import aave_machine, replay
from tests.vectors.outcome import Outcome
from tests.venues import test_liquity_v1, test_maker_dss, test_morpho_blue, test_venus_isolated
from tests.venues.mutate import Mutant, applied, mutants
from tests.venues.recorded import scenarios

PAGE = Path(__file__).parents[2] / "docs/reference/roundings.md"
BEYOND = "# Beyond the machines"  # where the part begins that tests.venues.beyond writes
Row = tuple[Any, tuple[Any, ...], Any]


@dataclass(frozen=True)
class Judge:
    """What holds the roundings of a machine: rows of rule, arguments and answer by hand, and recordings.

    Attributes:
        equivalent: Flips that change nothing, by name, and why.
        check: Replays one scenario.
    """

    venue: str
    flips: Sequence[Mutant]
    recordings: Sequence[tuple[Machine[Any], str]]
    rows: Sequence[Row] = ()
    equivalent: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Any, Mapping[str, Any], str], Outcome] = replay.check

    def noticed(self, flip: Mutant, *, hand_first: bool = False) -> str:
        """Return what goes red under a flip, "" where nothing does; recordings are asked first, or last."""
        asked = (self._by_hand, self._by_recording) if hand_first else (self._by_recording, self._by_hand)
        with applied(flip):
            return asked[0](flip) or asked[1](flip)

    def _by_hand(self, flip: Mutant) -> str:
        for rule, arguments, expected in self.rows:
            if rule.__module__ == flip.module.__name__ and _answer(rule, arguments) != expected:
                return f"by hand: {rule.__name__}({', '.join(map(str, arguments))})"
        return ""

    def _by_recording(self, _: Mutant) -> str:
        for machine, name in self.recordings:
            for number, scenario in enumerate(scenarios(name)):
                if red := _red(self.check, machine, scenario):
                    return f"{name.split('.')[0]}/{number} {red}"
        return ""


def _red(check: Callable[..., Outcome], machine: Machine[Any], scenario: Mapping[str, Any]) -> str:
    try:
        outcome = check(machine, scenario, "")
    except (SeawallError, ArithmeticError, RecursionError) as error:
        return f"raises {type(error).__name__}"
    return "" if outcome.status == "pass" else outcome.why.partition(":")[0]


def _answer(rule: Any, arguments: tuple[Any, ...]) -> Any:
    try:
        return rule(*arguments)
    except (ArithmeticError, RecursionError) as error:
        return type(error).__name__


# What the rules' own tests do not reach: halves and quarters that decide a whole unit.
AAVE_BY_HAND: tuple[Row, ...] = (
    *test_aave_v3_pool.ROUNDED,
    (aave_v3_7.health_factor, (1, 19_999, 2 * 10**18), 1),  # 9999.5 over 10^4
    (aave_v3_7.health_factor, (1, 39_997, 4 * 10**18), 0),  # 9999.25
)
HALF = "the same: half of a whole number has no fraction but a half, which both round up"
AAVE_SAME: Mapping[str, str] = {
    "position_wide_repay 0 mul_div_half_up -> mul_div_up": HALF,
    "max_repay 0 mul_div_half_up -> mul_div_up": HALF,
    **{
        f"compounded {call} mul_div_down -> {now}": f"the same: {why}"
        for call, why in (
            (5, "one of two numbers in a row is even"),
            (6, "one of three numbers in a row is a multiple of 3, and one is even"),
        )
        for now in ("mul_div_half_up", "mul_div_up")
    },
}

JUDGES: tuple[Judge, ...] = (
    Judge(
        "aave_v3",
        mutants(aave_v2, aave_v3, aave_v3_0_2, aave_v3_7),
        ((AaveV302(), "aave_v3.json.gz"), (AaveV37(), "aave_v37.json.gz")),
        AAVE_BY_HAND,
        AAVE_SAME,
        check=aave_machine.check,
    ),
    Judge(
        "liquity_v1",
        test_liquity_v1.SITES,
        ((test_liquity_v1.MACHINE, test_liquity_v1.FILE),),
        test_liquity_v1.ROUNDED,
    ),
    Judge(
        "maker_dss",
        test_maker_dss.SITES,
        ((test_maker_dss.MACHINE, test_maker_dss.FILE),),
        test_maker_dss.ROUNDED,
    ),
    Judge(
        "morpho_blue",
        mutants(morpho_blue),
        ((test_morpho_blue.MACHINE, test_morpho_blue.FILE),),
        test_morpho_blue.ROUNDED,
    ),
    Judge(
        "venus_isolated",
        test_venus_isolated.SITES,
        ((test_venus_isolated.MACHINE, test_venus_isolated.FILE),),
        (*test_venus_isolated.ROUNDED, *test_venus_isolated.SHARED),
    ),
)


def cells(flip: Mutant) -> str:
    """Return what names a flip on the page."""
    module = flip.module.__name__.rpartition(".")[2]
    was, now = (name.removeprefix("mul_div_").replace("_", " ") for name in (flip.was, flip.now))
    return f"| `{module}.{flip.function}` | {flip.call + 1} | {was} | {now} |"


def page() -> str:
    """Return the page; every flip is run for it."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    flips = sum(len(judge.flips) for judge in JUDGES)
    sites = len({(each.module, each.function, each.call) for judge in JUDGES for each in judge.flips})
    yield f"""# Roundings

<!-- Written by `python -m tests.venues.roundings` from a run of all flips: do not edit. -->

A rule that claims to be a contract must round as the contract does, at every place. Here is every division
of the rules that our machines of contracts use: {sites} places, each turned into the other two directions,
{flips} flips. The last column is what notices the flip first: a recorded scenario of the contract and the
step at which a number differs, or a case by hand where no recording reaches. Where a flip changes nothing,
it says why.
"""
    for judge in JUDGES:
        yield f"## {judge.venue}\n\n| rule | division | rounds | turned to | noticed by |"
        yield "| --- | --- | --- | --- | --- |"
        for flip in track(judge.flips, judge.venue, console=Console(stderr=True), transient=True):
            noticed = judge.noticed(flip)
            if not noticed:
                noticed = judge.equivalent.get(flip.name, "**nothing**")
            yield f"{cells(flip)} {noticed} |"
        yield ""


if __name__ == "__main__":
    _, _, beyond = PAGE.read_text(encoding="utf-8").partition(BEYOND)
    PAGE.write_text(f"{page()}\n{BEYOND}{beyond}", encoding="utf-8")
