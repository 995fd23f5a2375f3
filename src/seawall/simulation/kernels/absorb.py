"""Who bears a loss on a path: pots in the order of the waterfall, spent as they are used.

A pot is what one layer can give: an amount of one asset, which moves with its price, or a sum in
base currency. Money is whole millionths of the base currency, rounded down for
what a pot gives, so that what is borne and what is left always sum to the loss.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.bearers import NOBODY, Bearers
from seawall.simulation.kernels.columns import Floats
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.rivals import Rivals
from seawall.simulation.kernels.tally import FIRST_DELEVERAGE_STEP, HOLDS, MAY_GIVE, MICRO, added, down

ALONE, BY_COLLATERAL, BY_DEBT = range(3)
"""Whether a pot spreads losses over all who owe the asset, and by what each of them shares."""

_WORTH_MAX = 2.0**59  # over 500 thousand million; the sum of 15 such pots still fits an int64


class Pots(NamedTuple):
    """Sources of absorption, in the order they are asked; shape (n_pots,) each.

    Attributes:
        layer: Layer the pot belongs to.
        covers: Asset whose losses it may bear, -1 for any.
        driver: Market whose price moves it, -1 for none.
        worth: Base currency per quantum at the start.
        start: What it holds at the start [quanta].
        most: Most it gives in one step [millionths], a cap per event.
        fills_by_fee, fills_by_surplus: Whether penalties, or surpluses of close-outs, flow into it.
        is_fund: Whether it counts as a fund for the lowest balance.
        deleverages: Whether using it means closing the positions of others.
        is_endless: Whether it gives without end: closing positions of others, or the last bearer.
        is_residual: Whether what it takes is borne by no layer.
        is_shared: Whether what it takes lowers the supply index of the asset.
        is_pool: Whether it is a stability pool where accounts are handed over: it takes collateral with debt.
        spreads: Whether what it takes is owed by all others from then on, and by what they share it.
        rivals: Whose positions are closed where that is fed back.
        bearers: Which accounts are charged where that is fed back.
    """

    layer: NDArray[np.int32]
    covers: NDArray[np.int32]
    driver: NDArray[np.int32]
    worth: Floats
    start: Floats
    most: Floats
    fills_by_fee: NDArray[np.bool_]
    fills_by_surplus: NDArray[np.bool_]
    is_fund: NDArray[np.bool_]
    deleverages: NDArray[np.bool_]
    is_endless: NDArray[np.bool_]
    is_residual: NDArray[np.bool_]
    is_shared: NDArray[np.bool_]
    is_pool: NDArray[np.bool_]
    spreads: NDArray[np.int8]
    rivals: Rivals
    bearers: Bearers


@inner
def worth_of_pot(pots, seen, held, pot):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a pot is worth now [millionths of the base currency], rounded down, at most 2**59."""
    return worth_at(held[HOLDS, pot], price_of_pot(pots, seen, pot))


@inner
def worth_at(quanta, price):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what quanta are worth at a price [millionths of the base currency], down, at most 2**59."""
    return math.floor(min(quanta * price * MICRO, _WORTH_MAX))


@inner
def quanta_for(worth, price):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many quanta a worth [millionths of the base currency] costs, whole, rounded up."""
    return math.ceil(worth / (price * MICRO))


@inner
def price_of_pot(pots, seen, pot):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a quantum of a pot is worth now [base currency]."""
    driver = pots.driver[pot]
    return pots.worth[pot] * math.exp(seen[driver]) if driver >= 0 else pots.worth[pot]


@inner
def answers_for(pots, pot, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a pot may bear losses in an asset."""
    return pots.covers[pot] < 0 or pots.covers[pot] == asset


@inner
def room_of_pot(pots, seen, held, pot, loss):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much of a loss a pot can bear now [millionths of the base currency]."""
    if pots.is_endless[pot]:
        return int(loss)
    return max(0, min(int(loss), int(min(worth_of_pot(pots, seen, held, pot), held[MAY_GIVE, pot]))))


@inner
def absorb(pots, thread, tally, asset, pool, loss, first, last, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run a loss down pots `first` to `last - 1`; return (what is left of it, what the last bearer took).

    Args:
        thread: What suppliers are to share is added to its `shared`, what borrowers are to owe to `together`,
            what accounts are to be charged to what waits; the layer that closes positions is not asked.
        tally: Its `held`, `layers` and `counts` are changed in place.
        asset, pool: Asset the loss is in, and the pool it comes from.
        loss: Millionths of the base currency, a whole number.
    """
    rest = int(loss)  # whole to the last: float64 counts millionths only up to nine thousand million
    uncovered = 0
    for pot in range(first, last):
        if rest <= 0:
            break
        if not answers_for(pots, pot, asset) or pot == pots.rivals.pot:
            continue
        if pots.bearers.waits[pot]:
            thread.charged.waiting[asset, pool] = added(thread.charged.waiting[asset, pool], rest)
            rest = 0
            break
        if pots.bearers.by[pot] != NOBODY:
            continue  # charged at once, by `close_out`
        taken = room_of_pot(pots, thread.seen, tally.held, pot, rest)
        if taken <= 0:
            continue
        if not pots.is_endless[pot]:
            spent = quanta_for(taken, price_of_pot(pots, thread.seen, pot))
            tally.held[HOLDS, pot] = max(0.0, tally.held[HOLDS, pot] - spent)
        tally.held[MAY_GIVE, pot] -= taken
        layer = pots.layer[pot]
        tally.layers[layer] = added(tally.layers[layer], taken)
        rest -= taken
        if pots.is_shared[pot]:
            thread.shared[asset] += taken
        if pots.spreads[pot] != ALONE:
            owed = taken / (price_of_pot(pots, thread.seen, pot) * MICRO)
            thread.together.spread[asset] += math.floor(owed + 0.5)  # nearest: it came from whole quanta
            thread.together.borne[asset] += taken
        if pots.is_residual[pot]:
            uncovered += taken
        if pots.deleverages[pot] and tally.counts[FIRST_DELEVERAGE_STEP] < 0:
            tally.counts[FIRST_DELEVERAGE_STEP] = step
    return rest, uncovered


@inner
def fill(pots, takes, seen, prices, held, code, asset, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add a fee or a surplus to the first pot of its asset that takes it; return what it was worth there.

    Args:
        takes: Whether each pot takes such an inflow, `Pots.fills_by_fee` or `Pots.fills_by_surplus`.
        code, asset: Code and asset the quantity is in.
        quantity: Quanta of the code.
    """
    worth = down(quantity * prices[code].value)
    for pot in range(pots.layer.size):
        price = price_of_pot(pots, seen, pot)
        if not takes[pot] or pots.is_endless[pot] or price <= 0.0:
            continue
        if not answers_for(pots, pot, asset):
            continue
        held[HOLDS, pot] += math.floor(quantity * prices[code].value / price)
        return worth
    return 0


@inner
def worth_of_funds(pots, seen, held):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what all funds are worth together [millionths of the base currency]."""
    total = 0
    for pot in range(pots.layer.size):
        if pots.is_fund[pot]:
            total = added(total, worth_of_pot(pots, seen, held, pot))
    return total
