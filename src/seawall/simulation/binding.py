"""The walk of a path, bound to a venue's rules and compiled once for each rule set."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from seawall.core.compiled import compile_rule
from seawall.rules import (
    PERPETUAL,
    black_76,
    deleverage_scores,
    hand_over_rules,
    lending_rules,
    perpetual_rules,
    portfolio_margin,
)
from seawall.simulation.kernels import (
    borrowers,
    charge,
    close_out,
    deleverage,
    grid,
    hand_over,
    lend,
    reduce,
    serve,
    share_out,
    take_over,
    together,
    walk,
    winners,
)
from seawall.simulation.kernels.compiling import bound_to, inner

__all__ = ["NO_RULES", "bound_grid", "bound_walk"]

NO_RULES = "generic_lending@1"
"""What rules are taken from where a venue has none of its own."""

_LENDING = ("max_repay", "seize", "leaves_dust", "health_factor", "recognises", "target_repay")
_HAND_OVER = (
    "trigger_ratio",
    "may_seize",
    "spares_pool",
    "seized_value",
    "gas_compensation",
    "gas_coins",
)
_PERPETUAL = ("takeover_value", "closed_cost", "lots_to_restore")
_SCORES = ("bitmex", "binance", "okx", "hyperliquid", "pnl", "size", "leverage")

_Chain = tuple[tuple[ModuleType, str], ...]

# Each after those it calls.
_CALLS: _Chain = (
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
)
_HANDINGS: _Chain = (
    (hand_over, "seized_part"),
    (hand_over, "pays"),
    (hand_over, "seize_all"),
    (hand_over, "hand_over"),
    (together, "weigh_together"),
)
_CLOSE_OUTS: _Chain = (
    (winners, "score_of"),
    (winners, "admit"),
    (winners, "make_heap"),
    (deleverage, "settle"),
    (deleverage, "ask_again"),
    (deleverage, "fill"),
    (share_out, "share_out"),
    (deleverage, "deleverage"),
    (reduce, "helpful"),
    (reduce, "reduce_account"),
    (take_over, "take_over"),
    (take_over, "sell_rest"),
    (close_out, "run_down"),
    (close_out, "settle_default"),
    (close_out, "close_out"),
    (borrowers, "close_part"),
    (borrowers, "mend_margin"),
)
_GRID: _Chain = (
    (grid, "worth_of"),
    (grid, "factor_of"),
    (grid, "moved_vol"),
    (grid, "bend_of"),
    (grid, "deviation_range"),
    (grid, "price_option"),
    (grid, "fill_option"),
    (grid, "price_grid"),
    (grid, "price_all"),
)
_WALK: _Chain = ((borrowers, "act_all"), (serve, "serve_queue"), (walk, "finish"), (walk, "walk_path"))


@cache
def bound_walk(rules: str) -> Callable[..., Any]:
    """Return `walk_path` for a rule set, compiled where numba is installed.

    A venue has only what its family needs: nobody is called on an exchange, nothing is closed out in a pool,
    and where accounts are handed over nobody is called.

    Args:
        rules: Name of a lending or perpetual rule set, as terms name it.

    Raises:
        InvalidTerms: No such rule set.
    """
    if rules in PERPETUAL:
        own = perpetual_rules(rules)
        scope: dict[str, Any] = {name: compile_rule(getattr(own, name)) for name in _PERPETUAL}
        for name in _SCORES:
            scope[f"{name}_score"] = compile_rule(getattr(deleverage_scores, f"{name}_score"))
        scope |= _grid_scope()
        scope["charge_waiting"] = charge.charge_waiting
        chain = _CLOSE_OUTS
    elif hand_over_rules(rules) is not None:
        module = lending_rules(rules)
        scope = {name: compile_rule(getattr(module, name)) for name in _HAND_OVER}
        chain = _HANDINGS
    else:
        module, generic = lending_rules(rules), lending_rules(NO_RULES)
        # A rule set without a target health is never asked for one (`Storm` refuses): any may stand there.
        scope = {
            name: compile_rule(getattr(module, name, None) or getattr(generic, name)) for name in _LENDING
        }
        chain = _CALLS
    for place, name in chain:
        scope[name] = bound_to(getattr(place, name), rules, False, **scope)
    scope["mend"] = scope.get("mend_margin", borrowers.mend_loan)
    scope["weigh"] = scope.get("weigh_together", together.weigh_alone)
    for name, nothing in _NOTHING.items():
        scope.setdefault(name, nothing)
    for place, name in _WALK:
        scope[name] = bound_to(getattr(place, name), rules, name == "walk_path", **scope)
    return scope["walk_path"]  # type: ignore[no-any-return]  # a function by construction


@cache
def bound_grid() -> Callable[..., Any]:
    """Return `price_all` of `kernels.grid`, to be called from Python."""
    scope = _grid_scope()
    others = {name: scope[name] for name in scope if name != "price_all"}
    return bound_to(grid.price_all, "entry", True, **others)


@cache
def _grid_scope() -> dict[str, Any]:
    # What options are worth is no venue's rule: one binding serves all.
    scope: dict[str, Any] = {"black_price": compile_rule(black_76.price)}
    for name in ("term_factor", "vol_by_part", "vol_by_points"):
        scope[name] = compile_rule(getattr(portfolio_margin, name))
    for place, name in _GRID:
        scope[name] = bound_to(getattr(place, name), "grid", False, **scope)
    return scope


@inner
def _no_grid(codes, grid, seen, traded, elapsed_s, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    return None


@inner
def _no_call(venue, codes, prices, markets, desk, cohort_code, q, at, width, tally, defaults):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    return False


@inner
def _no_hand_over(codes, prices, markets, desk, pots, thread, code, at, width, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    return False


@inner
def _no_close_out(cohorts, codes, prices, venue, markets, desk, pots, thread, at, width, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    return None


@inner
def _no_charge(pots, cohorts, codes, prices, thread, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    return None


_NOTHING = {
    "liquidate_lending": _no_call,
    "hand_over": _no_hand_over,
    "close_out": _no_close_out,
    "price_grid": _no_grid,
    "charge_waiting": _no_charge,
    "price_all": _no_grid,
}
"""What stands where a venue has no use for one of these."""
