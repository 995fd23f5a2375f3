"""What every machine of a contract can do: take one action after another, and show its numbers.

State is an immutable value. `step` returns the state after and a receipt; a refused action gives
back the state before, as a chain does, so any state can be stepped from twice: that is what an
agent needs to look ahead, and an auditor to ask "had this been liquidated one block earlier".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

AnyState = TypeVar("AnyState")
Args = Mapping[str, Any]
Fields = Mapping[str, Any]
UINT256_MAX = 2**256 - 1
NOTHING: Mapping[str, Any] = MappingProxyType({})  # what many receipts share cannot be written to


@dataclass(frozen=True, slots=True)
class Action:
    """One call at a unix time [s]: its name and arguments as the venue has them, in smallest units."""

    name: str
    at: int
    args: Args = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call was refused.

    Attributes:
        revert: The venue's own word: `Error:<text>`, `E:<custom error>`, `Panic:0x11`.
        code: Ours; many reverts may share one (`CODES` of each machine), and `Panic:0x11` has several.
    """

    revert: str
    code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a call answered.

    Attributes:
        refused: None where it went through.
        out: Named integers that the call returned or its events told, e.g. `debt_repaid`.
        events: In order: (name, fields), or (name, who tells it, fields) where several contracts do.
    """

    refused: Refused | None = None
    out: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    events: Sequence[tuple[str, Fields] | tuple[str, str, Fields]] = ()

    @property
    def ok(self) -> bool:
        """Whether the call went through."""
        return self.refused is None


class Revert(Exception):
    """Raised inside a machine to leave a call; `step` turns it into a `Refused` and drops what was done."""

    def __init__(self, revert: str, code: str) -> None:
        super().__init__(revert)
        self.refused = Refused(revert, code)


class Machine(Protocol[AnyState]):
    """A contract as a pure function of state and action."""

    @property
    def name(self) -> str:
        """Venue and version, as its rulebook is called."""

    def genesis(self, raw: Mapping[str, Any]) -> AnyState:
        """Return the state after deployment, from the parameters of a recorded scenario.

        Raises:
            InputError: A parameter is missing or cannot be.
        """

    def step(self, state: AnyState, action: Action) -> tuple[AnyState, Receipt]:
        """Take an action.

        Raises:
            InputError: The machine knows no such action, or its arguments are not those of it.
        """

    def view(self, state: AnyState, at: int) -> Mapping[str, Any]:
        """Return what the contract would show at a unix time [s], in the shape of the recorded `post`."""
