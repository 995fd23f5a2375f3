"""One step of the oracles: what was seen, what is published, what is shown.

A feed publishes the price it watches, `lag` steps old or averaged, once its last price is as old as its
heartbeat or further away than its deviation, and by no more than one publication may move. What is shown
is the last price published, within floor and ceiling, of the first feed or of two. A step of a delayed
feed decides on the price that will be published: the report that lands now was made `lag` steps ago.

Prices are relative to the start, log moves where arrays are called moves.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import kernel

SPOT, ARITHMETIC_MEAN, GEOMETRIC_MEAN, FIXED = range(4)
FALLBACK, MIN, MAX = range(3)
YEAR_S = 31_536_000.0


@kernel
def start_observing(oracles, state):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the oracles back to the start of a path: prices have always been those of the start."""
    kept = state.move.shape[0]
    state.move[:] = 0.0
    state.log_total[:] = 0.0
    for before in range(1, kept + 1):
        state.total[kept - before, :] = 1.0 - before
    for feed in range(oracles.kind.size):
        state.published[feed] = oracles.factor[feed]
        state.updated_s[feed] = 0.0
    state.is_stale[:] = False


@kernel
def observe_markets(oracles, state, traded, seen, step, repeat):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Advance the oracles to the end of a step, or look again within it.

    Args:
        oracles: Settings, `simulation.oracle.OracleColumns`.
        state: Changed in place, `simulation.oracle.OracleState`.
        traded: Log moves of the market prices, shape (n_markets,).
        seen: Output, log moves of what the venue sees, shape (n_markets,).
        step: Number of the step, from 0; in order.
        repeat: 0 at first; above 0 only prompt feeds look again, at the prices that sales left.

    Returns:
        Whether the venue sees another price than before the call.
    """
    now_s = (step + 1) * oracles.step_s
    remember(state, traded, step)
    for feed in range(oracles.kind.size):
        silent = feed < oracles.first.size and oracles.is_out[step, feed]
        if not silent and (repeat == 0 or oracles.is_prompt[feed]):
            publish(oracles, state, feed, step, now_s)
    changed = False
    for market in range(seen.size):
        price = shown(oracles, state, market, now_s)
        move = math.log(price)
        changed = changed or move != seen[market]
        seen[market] = move
    return changed


@kernel
def remember(state, traded, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Write the market prices of a step, over those of an earlier look within it."""
    kept = state.move.shape[0]
    here, before = step % kept, (step + kept - 1) % kept
    for market in range(traded.size):
        state.move[here, market] = traded[market]
        state.log_total[here, market] = state.log_total[before, market] + traded[market]
        state.total[here, market] = state.total[before, market] + math.exp(traded[market])


@kernel
def publish(oracles, state, feed, step, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let one feed publish what it watches, if it is time to or the price is too far away."""
    price = watched_price(oracles, state, feed, step, now_s)
    last = state.published[feed]
    is_due = now_s - state.updated_s[feed] >= oracles.heartbeat_s[feed]
    if is_due or abs(price - last) > oracles.deviation[feed] * last:
        step_max = oracles.step_max[feed]
        state.published[feed] = min(max(price, last * (1.0 - step_max)), last * (1.0 + step_max))
        state.updated_s[feed] = now_s


@kernel
def watched_price(oracles, state, feed, step, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price that a feed would publish now."""
    kind = oracles.kind[feed]
    factor = oracles.factor[feed]
    if kind == FIXED:
        return factor
    kept = state.move.shape[0]
    market = oracles.watched[feed]
    end = (step - oracles.lag[feed] + kept) % kept
    start = (step - oracles.lag[feed] - oracles.window[feed] + kept) % kept
    factor *= 1.0 + oracles.growth[feed] * now_s / YEAR_S
    if kind == SPOT:
        return factor * math.exp(state.move[end, market])
    window = float(oracles.window[feed])
    if kind == ARITHMETIC_MEAN:
        return factor * (state.total[end, market] - state.total[start, market]) / window
    return factor * math.exp((state.log_total[end, market] - state.log_total[start, market]) / window)


@kernel
def shown(oracles, state, market, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price that the venue sees, and note whether it may be relied on."""
    first, second = oracles.first[market], oracles.second[market]
    after_s = oracles.stale_after_s[market]
    is_stale = is_old(oracles, state, first, now_s, after_s)
    price = limited(oracles, state, first, now_s)
    if second >= 0:
        is_second_stale = is_old(oracles, state, second, now_s, after_s)
        other = limited(oracles, state, second, now_s)
        choice = oracles.choice[market]
        if is_stale == is_second_stale:
            if choice == MIN:
                price = min(price, other)
            elif choice == MAX:
                price = max(price, other)
        elif is_stale:
            price = other
        is_stale = is_stale and is_second_stale
    state.is_stale[market] = is_stale
    return price


@kernel
def is_old(oracles, state, feed, now_s, after_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a feed has been silent for too long; a fixed price never is."""
    return oracles.kind[feed] != FIXED and now_s - state.updated_s[feed] > after_s


@kernel
def limited(oracles, state, feed, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the last price of a feed within its floor and ceiling."""
    ceiling = oracles.ceiling[feed] * (1.0 + oracles.ceiling_growth[feed] * now_s / YEAR_S)
    return min(max(state.published[feed], oracles.floor[feed]), ceiling)
