"""A machine beside the living contract: the same actions, every word and every number equal.

Actions are drawn from a seed by the machine alone, which is pure; the two then take each, and part at the
first difference. What parted them is made short, by leaving out actions without which they part still, and
written as a case that needs no contract any more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seawall.venues.machines.machine import Action, Machine, Receipt
from tests.vectors.replay import count, differences, text

Raw = Mapping[str, Any]
SHOWN = 6
TRIES = 300  # of making a case short


class Living(Protocol):
    """A deployed contract: `act` gives the word of a refusal and what the call told, `view` what it shows."""

    @property
    def evm(self) -> Any:
        """Where it runs."""

    def act(self, action: Action) -> tuple[str | None, dict[str, Any]]:
        """Take an action."""

    def view(self) -> dict[str, Any]:
        """Return what the machine would show."""


@dataclass(frozen=True)
class Venue:
    """What is compared: a machine, markets at random, what happens in them, and the contracts.

    Attributes:
        fetch: Gets the contracts' code, once; raises `Unavailable` where it cannot.
        market_steps: After so many a walk goes on in a new market: prices wander until little can happen.
    """

    machine: Machine[Any]
    market: Callable[[np.random.Generator], Raw]
    actions: Callable[[Machine[Any], np.random.Generator, Raw], Iterator[Action]]
    deploy: Callable[[Raw], Living]
    fetch: Callable[[], object]
    market_steps: int = 250


@dataclass(frozen=True)
class Step:
    """One action on both sides: the machine's state after, what the contract answered, what differs."""

    state: Any
    revert: str | None
    told: Raw
    post: Raw
    wrong: Sequence[str]


@dataclass
class Tally:
    """How often each action got each answer, and how many numbers were compared."""

    answers: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    numbers: int = 0

    @property
    def through(self) -> int:
        """How many actions went through."""
        return sum(times for (_, word), times in self.answers.items() if word is None)


class Parted(AssertionError):
    """The two differ; `case` is what they did up to there, as short as it could be made."""

    def __init__(self, message: str, case: Raw) -> None:
        super().__init__(message)
        self.case = case


def walk(venue: Venue, seed: int, steps: int) -> Tally:
    """Walk both side by side, through a new market after every so many steps.

    Raises:
        Parted: A word or a number differs.
    """
    tally = Tally()
    for number, first in enumerate(range(0, steps, venue.market_steps)):
        _market(venue, (seed, number), min(venue.market_steps, steps - first), tally)
    return tally


def _market(venue: Venue, seed: tuple[int, int], steps: int, tally: Tally) -> None:
    chance = np.random.default_rng(seed)
    raw = venue.market(chance)
    living, state, done = venue.deploy(raw), venue.machine.genesis(raw), list[Action]()
    for action in islice(venue.actions(venue.machine, chance, raw), steps):
        done.append(action)
        step = beside(venue.machine, living, state, action)
        if step.wrong:
            found = f"seed {seed[0]}, market {seed[1]}, step {len(done) - 1}"
            raise _parted(venue, found, raw, shortened(venue, raw, done))
        state = step.state
        tally.answers[action.name, step.revert] += 1
        tally.numbers += count(step.post) + count(step.told)


def beside(machine: Machine[Any], living: Living, state: Any, action: Action) -> Step:
    """Let both take an action, and compare what they answer and then show."""
    revert, told = living.act(action)
    post = living.view()
    try:
        after, receipt = machine.step(state, action)
        view = machine.view(after, action.at)
    except Exception as error:  # whatever comes out of a machine that is no answer is a difference
        return Step(state, revert, told, post, [f"the machine: {type(error).__name__}: {error}"])
    return Step(after, revert, told, post, compared(revert, told, post, receipt, view))


def compared(revert: str | None, told: Raw, post: Raw, receipt: Receipt, view: Raw) -> list[str]:
    """Return each place in which a machine's answer and view are not those of the contract."""
    mine = receipt.refused.revert if receipt.refused else None
    answers = {**receipt.out, "events": receipt.events}
    wrong = [] if mine == revert else [f"revert: expected {revert}, got {mine}"]
    wrong += differences(text(told), text({key: answers.get(key) for key in told}), "out")
    return [*wrong, *differences(text(post), text(view))]


def shortened(venue: Venue, raw: Raw, done: Sequence[Action]) -> list[Action]:
    """Return as few of the actions as still part the two at the last of them."""
    living, (*before, last) = venue.deploy(raw), done
    size, tries = len(before), 0
    while size:
        for start in reversed(range(0, len(before), size)):
            shorter = before[:start] + before[start + size :]
            if tries < TRIES and _parts(venue, living, raw, [*shorter, last]):
                before = shorter
            tries += 1
        size //= 2
    return [*before, last]


def _parts(venue: Venue, living: Living, raw: Raw, actions: Sequence[Action]) -> bool:
    mark, state = living.evm.snapshot(), venue.machine.genesis(raw)
    try:
        for action in actions[:-1]:
            living.act(action)
            state, _ = venue.machine.step(state, action)
        return bool(beside(venue.machine, living, state, actions[-1]).wrong)
    except Exception:  # parted before the last: another story
        return False
    finally:
        living.evm.revert(mark)


def _parted(venue: Venue, found: str, raw: Raw, actions: Sequence[Action]) -> Parted:
    living, state = venue.deploy(raw), venue.machine.genesis(raw)
    for action in actions:
        step = beside(venue.machine, living, state, action)
        state = step.state
    steps = [{"t": action.at, "action": action.name, "args": action.args} for action in actions]
    steps[-1] |= {"revert": step.revert, "out": step.told, "post": step.post}
    case = {"machine": venue.machine.name, "found": found, "genesis": raw, "steps": steps}
    told = "\n".join(f"  {action}" for action in actions)
    message = f"{venue.machine.name} and its contract part: {found}; shortest way there:\n{told}\n"
    return Parted(message + "\n".join(step.wrong[:SHOWN]), text(case))


def kept(parted: Parted, folder: Path) -> Path:
    """Write what parted the two, to be kept in tests/differential/frozen; return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join(word for word in parted.case["found"].replace(",", "").split() if word.isdigit())
    path = folder / f"{parted.case['machine']}-{name}.json"
    path.write_text(json.dumps(parted.case, indent=1) + "\n", encoding="utf-8")
    return path


def replayed(machine: Machine[Any], case: Raw) -> list[str]:
    """Return in what a machine differs from a kept case: at its last step, as the contract was seen then."""
    state = machine.genesis(case["genesis"])
    for step in case["steps"]:
        state, receipt = machine.step(state, Action(step["action"], int(step["t"]), step["args"]))
    view = machine.view(state, int(step["t"]))
    return compared(step["revert"], step["out"], step["post"], receipt, view)
