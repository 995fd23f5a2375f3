"""One step of the oracles: what was seen, what is published, what is shown.

A feed publishes the price it watches, `lag` steps old or averaged, once its last price is as old as its
heartbeat or further away than its deviation, and by no more than one publication may move. What is shown
is the last price published, within floor and ceiling, of the first feed or of two. A step of a delayed
feed decides on the price that will be published: the report that lands now was made `lag` steps ago.

Prices are relative to the start, log moves where arrays are called moves.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import inner, kernel
from seawall.simulation.kernels.state import YEAR_S

SPOT, ARITHMETIC_MEAN, GEOMETRIC_MEAN, FIXED = range(4)
FALLBACK, MIN, MAX = range(3)


@kernel
def start_observing(oracles, state):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the oracles back to the start of a path: prices have always been those of the start."""
    kept = state.ring.shape[0]
    state.ring[:] = 0.0
    for before in range(1, kept + 1):
        state.ring[kept - before, :, 2] = 1.0 - before
    for feed in range(oracles.feed.size):
        state.told[feed, 0] = oracles.feed[feed].factor
        state.told[feed, 1] = 0.0
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
    feeds, told = oracles.feed, state.told
    remember(state.ring, traded, step)
    for feed in range(feeds.size):
        is_silent = feed < seen.size and oracles.is_out[step, feed]
        if not is_silent and (repeat == 0 or feeds[feed].is_prompt):
            price = watched_price(feeds, state.ring, feed, step, now_s)
            last = told[feed, 0]
            is_due = now_s - told[feed, 1] >= feeds[feed].heartbeat_s
            if is_due or abs(price - last) > feeds[feed].deviation * last:
                step_max = feeds[feed].step_max
                told[feed, 0] = min(max(price, last * (1.0 - step_max)), last * (1.0 + step_max))
                told[feed, 1] = now_s
    changed = False
    for market in range(seen.size):
        price, state.is_stale[market] = shown(feeds, oracles.oracle, told, market, now_s)
        move = math.log(price)
        changed = changed or move != seen[market]
        seen[market] = move
    return changed


@inner
def remember(ring, traded, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Write the market prices of a step, over those of an earlier look within it."""
    kept = ring.shape[0]
    here, before = step % kept, (step + kept - 1) % kept
    for market in range(traded.size):
        ring[here, market, 0] = traded[market]
        ring[here, market, 1] = ring[before, market, 1] + traded[market]
        ring[here, market, 2] = ring[before, market, 2] + math.exp(traded[market])


@inner
def watched_price(feeds, ring, feed, step, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price that a feed would publish now."""
    item = feeds[feed]
    if item.kind == FIXED:
        return item.factor
    kept = ring.shape[0]
    market = item.watched
    end = (step - item.lag + kept) % kept
    start = (step - item.lag - item.window + kept) % kept
    factor = item.factor * (1.0 + item.growth * now_s / YEAR_S)
    if item.kind == SPOT:
        return factor * math.exp(ring[end, market, 0])
    if item.kind == ARITHMETIC_MEAN:
        return factor * (ring[end, market, 2] - ring[start, market, 2]) / item.window
    return factor * math.exp((ring[end, market, 1] - ring[start, market, 1]) / item.window)


@inner
def shown(feeds, table, told, market, now_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price that the venue sees, and whether it must not be relied on."""
    item = table[market]
    price, is_stale = last_word(feeds, told, item.first, now_s, item.stale_after_s)
    if item.second < 0:
        return price, is_stale
    other, is_other_stale = last_word(feeds, told, item.second, now_s, item.stale_after_s)
    if is_stale != is_other_stale:
        return (other if is_stale else price), False
    if item.choice == MIN:
        price = min(price, other)
    elif item.choice == MAX:
        price = max(price, other)
    return price, is_stale


@inner
def last_word(feeds, told, feed, now_s, after_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the last price of a feed within its limits, and whether it was silent for too long.

    A fixed price never is.
    """
    item = feeds[feed]
    ceiling = item.ceiling * (1.0 + item.ceiling_growth * now_s / YEAR_S)
    is_old = item.kind != FIXED and now_s - told[feed, 1] > after_s
    return min(max(told[feed, 0], item.floor), ceiling), is_old
