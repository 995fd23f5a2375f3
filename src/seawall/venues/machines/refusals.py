"""How a machine leaves a call with its venue's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seawall.venues.machines.machine import Revert


def requirer(codes: Mapping[str, str]) -> Callable[[bool, str], None]:
    """Return what Solidity calls `require`: leave the call with a text unless something holds.

    Args:
        codes: Our code for each revert of the venue, `Error:<text>` in full.
    """

    def require(holds: bool, text: str) -> None:
        if not holds:
            raise Revert(f"Error:{text}", codes[f"Error:{text}"])

    return require
