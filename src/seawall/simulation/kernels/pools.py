"""Lending pools on a path: their rates, their cash, and suppliers who run for the exit.

Claims and debts are counted in quanta scaled by their index, as the legs of accounts are; cash is in
quanta of the asset itself. What a pool pays out is rounded down, so it never pays what it has not.
"""

from __future__ import annotations

import math

import numpy as np

from seawall.core.compiled import compile_rule
from seawall.core.units import RAY
from seawall.rules.aave_v2 import variable_rate
from seawall.simulation.kernels.columns import DEBT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.state import YEAR_S
from seawall.simulation.kernels.tally import (
    EXIT_BLOCKED,
    EXIT_LOSS_SHIFTED,
    EXITS_SHORT_OF_CASH,
    LONGEST_EXIT_STEPS,
    MICRO,
    WITHDRAWN,
    added,
    down,
)

AT_ONCE, ON_USE, ON_FALL = range(3)
"""What sets off a run for the exit."""

FLAGS = ("is_limited", "takes_claims", "is_kink", "exits", "is_pro_rata")
NUMBERS = (
    *("borrow", "supply", "least", "slope1", "slope2", "optimal", "reserve"),
    *("start_cash", "start_owed", "start_free", "all_claims", "supply_index", "debt_index", "worth"),
    *("share_each", "share_most", "trigger_at"),
    *("cash", "owed", "claims", "asked", "asked_ever", "gone", "borne", "per_claim", "per_debt"),
)
POOL = np.dtype(
    [
        *((name, np.bool_) for name in FLAGS),
        *((name, np.int64) for name in ("driver", "trigger", "trigger_driver", "from_step", "run")),
        *((name, np.float64) for name in NUMBERS),
        *((name, np.int64) for name in ("running_since", "head")),
    ],
    align=True,
)
"""One pool: what does not change, then what a path changes (from `cash` on).

is_limited: it pays only what it has. takes_claims: liquidators take collateral that it cannot pay.
borrow, supply: fixed rates [per year]; least, slope1, slope2, optimal, reserve: those of `is_kink`.
start_cash: [quanta]. start_owed, start_free, all_claims: debts, claims of suppliers who may leave, and
all claims [scaled quanta]. supply_index, debt_index: quanta in a scaled one at the start. worth: base
currency in a quantum at the start, which moves with `driver`. run: row of `Desk.asked`. share_each,
share_most: part of `start_free` asked for in a step, and in all. trigger_at: use, or log move of
`trigger_driver`.
cash, owed, claims: now. asked: claims that wait; asked_ever: with those paid. gone: claims that left.
borne: uncovered losses told so far, less shared ones still to tell [millionths]. per_claim, per_debt:
quanta in a scaled one now. running_since: step in which the run began, -1 before. head: step in which the
oldest that wait asked.
"""

LEAST_LEFT = 1e-9
"""Part of a claim that always stays."""

_float_rate = compile_rule(variable_rate)
_RAY = float(RAY)


@inner
def start_pools(pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put all pools back to the start of a path."""
    for asset in range(pool.size):
        pool[asset].cash = pool[asset].start_cash
        pool[asset].owed = pool[asset].start_owed
        pool[asset].claims = pool[asset].all_claims
        pool[asset].asked = 0.0
        pool[asset].asked_ever = 0.0
        pool[asset].gone = 0.0
        pool[asset].borne = 0.0
        pool[asset].per_claim = pool[asset].supply_index
        pool[asset].per_debt = pool[asset].debt_index
        pool[asset].running_since = -1
        pool[asset].head = 0


@inner
def use_of(pool, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the part of a pool that is lent out [1], 0 where nothing is."""
    owed = pool[asset].owed * pool[asset].per_debt
    return owed / (pool[asset].cash + owed) if owed > 0.0 else 0.0


@inner
def accrue(pool, growth, step_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let the indexes of supplies and debts grow by a step, at fixed rates or by the use of the pool.

    Source: the kinked rate is `seawall.rules.aave_v2.variable_rate`, supply earns use * (1 - reserve) of it.
    """
    years = step_s / YEAR_S
    for asset in range(pool.size):
        borrow = pool[asset].borrow
        supply = pool[asset].supply
        if pool[asset].is_kink:
            use = use_of(pool, asset)
            borrow = kinked(pool, asset, use)
            supply = borrow * use * (1.0 - pool[asset].reserve)
        if supply != 0.0:
            growth[asset] *= 1.0 + supply * years
        if borrow != 0.0:
            growth[pool.size + asset] *= 1.0 + borrow * years
        pool[asset].per_claim = pool[asset].supply_index * growth[asset]
        pool[asset].per_debt = pool[asset].debt_index * growth[pool.size + asset]


@inner
def kinked(pool, asset, use):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what debt costs at a use of the pool [per year]."""
    return (
        _float_rate(
            use * _RAY,
            pool[asset].optimal * _RAY,
            pool[asset].least * _RAY,
            pool[asset].slope1 * _RAY,
            pool[asset].slope2 * _RAY,
        )
        / _RAY
    )


@inner
def payable(codes, pool, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of seized collateral its pool can pay or its taker does without, 1 for all."""
    asset = codes.item[code].asset
    if codes.item[code].index < 0 or not pool[asset].is_limited or pool[asset].takes_claims:
        return 1.0
    wanted = quantity * pool[asset].per_claim
    return 1.0 if wanted <= pool[asset].cash else pool[asset].cash / wanted


@inner
def pay_out(codes, pool, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take collateral out of its pool; return how much of it became money [quanta of the code].

    A pool that is limited keeps what it cannot pay: the claim is what the taker has.
    """
    if codes.item[code].index < 0:
        return quantity  # no pool holds it
    asset = codes.item[code].asset
    per_claim = pool[asset].per_claim
    paid = quantity
    if pool[asset].is_limited:
        paid = min(quantity, math.floor(pool[asset].cash / per_claim))
    pool[asset].cash = max(0.0, pool[asset].cash - math.floor(paid * per_claim))
    pool[asset].claims = max(0.0, pool[asset].claims - paid)
    return paid


@inner
def pay_in(codes, pool, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put repaid debt or new collateral into its pool [quanta of the code]."""
    if codes.item[code].index < 0:
        return
    asset = codes.item[code].asset
    if codes.item[code].kind == DEBT:
        pool[asset].owed = max(0.0, pool[asset].owed - quantity)
        pool[asset].cash += math.floor(quantity * pool[asset].per_debt)
    else:
        pool[asset].cash += math.floor(quantity * pool[asset].per_claim)
        pool[asset].claims += quantity


@inner
def write_off(codes, pool, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note debt that nobody will pay: it is lent out no more [quanta of the code]."""
    if codes.item[code].index >= 0:
        asset = codes.item[code].asset
        pool[asset].owed = max(0.0, pool[asset].owed - quantity)


@inner
def leave(pool, asked, seen, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let suppliers ask for their money, and pay as much of it as there is cash.

    Args:
        asked: Claims asked for, by exit and step, shape (n_exits, n_steps); one of each is written.
        seen: Log moves of the markets, as the venue sees them.
    """
    for asset in range(pool.size):
        if not pool[asset].exits or not has_begun(pool, asset, seen, step):
            continue
        run = pool[asset].run
        part = (step - pool[asset].running_since + 1) * pool[asset].share_each
        until_now = math.floor(min(part, pool[asset].share_most) * pool[asset].start_free)
        if pool[asset].asked == 0.0:
            pool[asset].head = step
        asked[run, step] = until_now - pool[asset].asked_ever
        pool[asset].asked += asked[run, step]
        pool[asset].asked_ever = until_now
        paid = min(pool[asset].asked, math.floor(pool[asset].cash / pool[asset].per_claim))
        if paid < pool[asset].asked:
            tally.counts[EXITS_SHORT_OF_CASH] += 1
        if paid <= 0.0:
            continue
        money = math.floor(paid * pool[asset].per_claim)
        pool[asset].cash -= money
        pool[asset].asked -= paid
        pool[asset].gone += paid
        pool[asset].claims -= paid
        tally.money[WITHDRAWN] = added(tally.money[WITHDRAWN], down(money * price_of(pool, asset, seen)))
        waited = served(pool, asset, asked[run], step, paid)
        tally.counts[LONGEST_EXIT_STEPS] = max(tally.counts[LONGEST_EXIT_STEPS], waited)


@inner
def has_begun(pool, asset, seen, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether suppliers run; once they do, they go on."""
    if pool[asset].running_since >= 0:
        return True
    if step < pool[asset].from_step:
        return False
    if pool[asset].trigger == ON_USE and use_of(pool, asset) < pool[asset].trigger_at:
        return False
    if pool[asset].trigger == ON_FALL and seen[pool[asset].trigger_driver] > pool[asset].trigger_at:
        return False
    pool[asset].running_since = step
    return True


@inner
def served(pool, asset, asked, step, paid):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take what was paid off the oldest requests; return for how many steps any of it had waited.

    In proportion, a request is done when all are: the oldest waits until nobody does.
    """
    head = pool[asset].head
    if pool[asset].is_pro_rata:
        return step - head if pool[asset].asked == 0.0 else 0
    waited = 0
    while paid > 0.0:
        if asked[head] > 0.0:
            waited = max(waited, step - head)
            taken = min(paid, asked[head])
            asked[head] -= taken
            paid -= taken
        if asked[head] == 0.0 and head < step:
            head += 1
        elif paid > 0.0:
            break
    pool[asset].head = head
    return waited


@inner
def price_of(pool, asset, seen):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a quantum of the asset of a pool is worth now [base currency]."""
    driver = pool[asset].driver
    return pool[asset].worth * math.exp(seen[driver]) if driver >= 0 else pool[asset].worth


@inner
def write_down(pool, growth, shared, seen):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let the supply index of each asset fall until its claims are less by what suppliers share.

    Every claim falls alike, so no account is touched: the index is a price like others, and moves bounds.

    Args:
        shared: By asset [millionths of the base currency], back to 0 afterwards.
    """
    for asset in range(pool.size):
        if shared[asset] <= 0.0:
            continue
        claims = pool[asset].claims * pool[asset].per_claim * price_of(pool, asset, seen) * MICRO
        left = max(LEAST_LEFT, 1.0 - shared[asset] / claims) if claims > 0.0 else 1.0
        growth[asset] *= left
        pool[asset].per_claim *= left
        pool[asset].borne -= shared[asset]  # a loss of suppliers that `share_losses` has still to tell
        shared[asset] = 0.0


@inner
def share_losses(pool, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note what those who stayed bear in place of those who left, of the losses of this step.

    A loss falls on the claims that are there. Shared by all who were there at the start, those who left
    would have borne the part of it that their claims were.
    """
    for asset in range(pool.size):
        if not pool[asset].exits:
            continue
        loss = tally.uncovered[asset] - pool[asset].borne
        if loss > 0.0 and pool[asset].gone > 0.0:
            shifted = math.floor(loss * pool[asset].gone / pool[asset].all_claims)
            tally.money[EXIT_LOSS_SHIFTED] = added(tally.money[EXIT_LOSS_SHIFTED], shifted)
        pool[asset].borne += loss


@inner
def close_pools(pool, seen, tally, n_steps):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note who still waits at the end of a path: as long as they have waited so far."""
    for asset in range(pool.size):
        if pool[asset].exits and pool[asset].asked > 0.0:
            money = math.floor(pool[asset].asked * pool[asset].per_claim)
            tally.money[EXIT_BLOCKED] = added(
                tally.money[EXIT_BLOCKED], down(money * price_of(pool, asset, seen))
            )
            waited = n_steps - pool[asset].head
            tally.counts[LONGEST_EXIT_STEPS] = max(tally.counts[LONGEST_EXIT_STEPS], waited)
