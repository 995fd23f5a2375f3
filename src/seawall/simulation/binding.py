"""The walk of a path, bound to a venue's rules and compiled once for each rule set."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from seawall.core.compiled import compile_rule
from seawall.rules import lending_rules
from seawall.simulation.kernels import lend, serve, walk
from seawall.simulation.kernels.compiling import bound_to

__all__ = ["NO_RULES", "bound_walk"]

NO_RULES = "generic_lending@1"
"""What the lending part of the walk is bound to where a venue has none."""

_RULES = ("max_repay", "seize", "leaves_dust", "health_factor", "recognises", "target_repay")

# In the order in which they call one another.
_CHAIN = (
    (lend, "is_hopeless"),
    (lend, "next_largest"),
    (lend, "offer"),
    (lend, "is_dusty"),
    (lend, "amount_to_repay"),
    (lend, "agree"),
    (lend, "carry_out"),
    (lend, "recognise"),
    (lend, "call_once"),
    (lend, "liquidate_lending"),
    (serve, "serve_queue"),
    (walk, "walk_path"),
)


@cache
def bound_walk(rules: str) -> Callable[..., Any]:
    """Return `walk_path` for a rule set, compiled where numba is installed.

    Args:
        rules: Name of a lending rule set, as terms name it.

    Raises:
        InvalidTerms: No such rule set.
    """
    module, generic = lending_rules(rules), lending_rules(NO_RULES)
    # A rule set without a target health is never asked for one (`Storm` refuses): any rule may stand there.
    scope: dict[str, Any] = {
        name: compile_rule(getattr(module, name, None) or getattr(generic, name)) for name in _RULES
    }
    for place, name in _CHAIN:
        scope[name] = bound_to(getattr(place, name), rules, name == "walk_path", **scope)
    return scope["walk_path"]  # type: ignore[no-any-return]  # a function by construction
