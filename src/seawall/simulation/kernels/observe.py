"""What the venue's oracle shows of the market; placeholder of the engine until oracles are wired in."""

from __future__ import annotations

from seawall.simulation.kernels.compiling import kernel


@kernel
def start_observing(oracles, state):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the oracles back to the start of a path."""


@kernel
def observe_markets(oracles, state, traded, seen, step, repeat):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill what the venue sees; return whether it follows the market within the step."""
    for driver in range(seen.size):
        seen[driver] = traded[driver]
    return True
