"""Aave v3 as a machine: what its versions share; each version has a module of its own beside this one.

Everyone acts for themselves with tokens they are taken to have: allowances, delegation, permits, flash
loans and stable-rate debt are left out. Whoever administers is not asked who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from seawall.errors import InputError, Problem
from seawall.venues.machines.aave_v3.genesis import genesis
from seawall.venues.machines.aave_v3.pool import Pool
from seawall.venues.machines.aave_v3.state import State
from seawall.venues.machines.aave_v3.view import shown
from seawall.venues.machines.calls import asked
from seawall.venues.machines.inputs import Parse
from seawall.venues.machines.machine import Action, Receipt, Revert

__all__ = ["AaveV3", "Actions", "State"]

Call = Callable[[Any, Mapping[str, Any]], dict[str, Any]]
Actions = Mapping[str, tuple[Call, Mapping[str, Parse]]]


class AaveV3:
    """A version as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name: ClassVar[str]
    pool: ClassVar[type[Pool]]
    actions: ClassVar[Actions]

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return a market just listed.

        Args:
            raw: `reserves` and `emodes` in the contract's units, and who takes part (`users`).

        Raises:
            InputError: A parameter is missing or cannot be.
        """
        return genesis(raw)

    def step(self, state: State, action: Action) -> tuple[State, Receipt]:
        """Take an action.

        Raises:
            InputError: There is no such action (`action_unknown`), its arguments are not those of it, or
                they name a reserve or feed that is not there (`argument_invalid`).
        """
        call, args = asked(self.name, self.actions, action)
        _known(state, action.name, args)
        pool = self.pool(state, action.at)
        try:
            out = call(pool, args)
        except Revert as revert:
            return state, Receipt(refused=revert.refused)
        return pool.state(), Receipt(out=out)

    def view(self, state: State, at: int) -> dict[str, Any]:
        """Return what the contracts would show at a unix time [s]: integers in their units.

        Raises:
            InputError: A value does not fit 256 bits; the contracts too show nothing then (`out_of_range`).
        """
        try:
            return shown(self.pool(state, at))
        except Revert as revert:
            message = f"a price or an amount is so large that the contracts show nothing: {revert}"
            raise InputError(message, code=revert.refused.code) from revert


def _known(state: State, action: str, args: Mapping[str, Any]) -> None:
    # A name that is not there is a mistake of the caller, not a refusal of the contract.
    known = state.prices if action == "set_price" else state.reserves
    named = [(key, args[key]) for key in ("asset", "collateral", "debt") if key in args]
    named += [("assets", asset) for asset in args.get("assets", ())]
    problems = [
        Problem("argument_invalid", f"expected one of {', '.join(known)}, got {given!r}", f"{action}.{key}")
        for key, given in named
        if given not in known
    ]
    if problems:
        raise InputError.of(problems)
