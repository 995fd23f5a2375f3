"""A loss becomes a number of the path: when it is recognised, and when no layer bore it."""

from __future__ import annotations

from seawall.simulation.kernels.absorb import absorb
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.tally import FIRST_LOSS_STEP, RECOGNISED, UNCOVERED, added, up


@inner
def book_loss(tally, asset, value, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Recognise a loss [base currency]; return it in whole millionths, rounded up."""
    loss = up(value)
    tally.money[RECOGNISED] = added(tally.money[RECOGNISED], loss)
    tally.recognised[asset] = added(tally.recognised[asset], loss)
    if tally.counts[FIRST_LOSS_STEP] < 0:
        tally.counts[FIRST_LOSS_STEP] = step
    return loss


@inner
def book_rest(tally, asset, rest):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note what no layer bore [millionths]."""
    tally.money[UNCOVERED] = added(tally.money[UNCOVERED], int(rest))
    tally.uncovered[asset] = added(tally.uncovered[asset], int(rest))


@inner
def bear(pots, thread, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run the losses of one lending account down the waterfall, asset by asset."""
    for asset in range(thread.defaults.size):
        if thread.defaults[asset] > 0.0:
            loss = book_loss(tally, asset, thread.defaults[asset], step)
            thread.defaults[asset] = 0.0
            rest, uncovered = absorb(pots, thread, tally, asset, 0, loss, 0, pots.layer.size, step)
            book_rest(tally, asset, rest + uncovered)
