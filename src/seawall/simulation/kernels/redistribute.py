"""What a pass spreads over all who owe an asset: its debt, and the collateral that goes with it.

Each owes more in proportion to its collateral or its debt, in whole quanta: with S the weights up to and
with an account, in the order of rows, and T of all, it gets floor(D S / T) less what those before it got.
So all of it is given, and nobody is off by more than a quantum. Every row changes at once.

Source: `seawall.waterfall.redistribution`; Liquity v1, TroveManager `_redistributeDebtAndColl`.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.absorb import ALONE, BY_COLLATERAL, absorb, answers_for
from seawall.simulation.kernels.bear import book_rest
from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.state import legs_at, note_rewrite
from seawall.simulation.kernels.tally import BORROWERS_GAINED, added, down


@inner
def redistribute(cohorts, codes, prices, desk, pots, thread, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Raise the debts of all who owe by what this pass spreads; where nobody can, lower layers are asked."""
    together = thread.together
    is_changed = False
    for asset in range(together.borne.size):
        pot = spreading_pot(pots, asset, 0)
        while together.borne[asset] > 0.0:
            weights = 0.0
            for row in range(cohorts.key.size):
                weights += weight_of(cohorts, codes, prices, thread, row, asset, pots.spreads[pot])
            if weights > 0.0:
                spread(cohorts, codes, prices, desk, thread, asset, pots.spreads[pot], weights, tally)
                together.spread[asset] = 0.0
                together.borne[asset] = 0.0
                is_changed = True
            else:
                pot = pass_on(codes, desk, pots, thread, asset, pot, tally, step)
    if is_changed:
        note_rewrite(thread)


@inner
def spreading_pot(pots, asset, first):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the first pot, from `first` on, that spreads losses in an asset; -1 for none."""
    for pot in range(first, pots.layer.size):
        if pots.spreads[pot] != ALONE and answers_for(pots, pot, asset):
            return pot
    return -1


@inner
def debt_leg_of(codes, code, q, at, width, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of what an account owes of an asset, -1 where it owes none."""
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind == DEBT and codes.item[code[leg]].asset == asset and q[leg] < 0.0:
            return leg
    return -1


@inner
def weight_of(cohorts, codes, prices, thread, row, asset, by):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a row shares by [base currency], 0 where it does not owe the asset."""
    at, width = legs_at(cohorts, thread.cohort_of[row], row)
    debt = debt_leg_of(codes, cohorts.code, thread.q, at, width, asset)
    if debt < 0:
        return 0.0
    if by != BY_COLLATERAL:
        return -thread.q[debt] * prices[cohorts.code[debt]].value
    worth = 0.0
    for leg in range(at, at + width):
        if codes.item[cohorts.code[leg]].kind == COLLATERAL:
            worth += thread.q[leg] * prices[cohorts.code[leg]].value
    return worth


@inner
def spread(cohorts, codes, prices, desk, thread, asset, by, weights, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Give each row its part of the debt and of the collateral."""
    together = thread.together
    owed = math.floor(together.spread[asset] / desk.pool[asset].per_debt)
    before = 0.0
    so_far = 0.0
    for row in range(cohorts.key.size):
        weight = weight_of(cohorts, codes, prices, thread, row, asset, by)
        if weight <= 0.0:
            continue
        so_far += weight  # in the order in which they were added up: the last one stands at 1
        until = so_far / weights
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        debt = debt_leg_of(codes, cohorts.code, thread.q, at, width, asset)
        thread.q[debt] -= math.floor(owed * until) - math.floor(owed * before)
        for leg in range(at, at + width):
            code = cohorts.code[leg]
            if codes.item[code].kind == COLLATERAL and together.given[code] > 0.0:
                given = together.given[code]
                thread.q[leg] += math.floor(given * until) - math.floor(given * before)
        before = until
    desk.pool[asset].owed += owed
    for code in range(together.given.size):
        tally.money[BORROWERS_GAINED] = added(
            tally.money[BORROWERS_GAINED], down(together.given[code] * prices[code].value)
        )
        together.given[code] = 0.0


@inner
def pass_on(codes, desk, pots, thread, asset, pot, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take from a pot what nobody can owe by its weights, and run it down to the next that spreads.

    What comes to that one stays noted, with the collateral; without one the loss goes on to the end and the
    collateral to the venue.

    Returns:
        The next pot that spreads, -1 for none: then nothing of the asset is noted any more.
    """
    together = thread.together
    loss = int(together.borne[asset])
    tally.layers[pots.layer[pot]] -= loss
    below = spreading_pot(pots, asset, pot + 1)
    end = below if below >= 0 else pots.layer.size
    rest, uncovered = absorb(pots, thread, tally, asset, 0, loss, pot + 1, end, step)
    if below < 0:
        uncovered += rest
        rest = 0
    else:
        tally.layers[pots.layer[below]] = added(tally.layers[pots.layer[below]], rest)
    book_rest(tally, asset, uncovered)
    owed = math.floor(together.spread[asset] / desk.pool[asset].per_debt)
    together.spread[asset] = math.floor(together.spread[asset] * (rest / loss) + 0.5)
    together.borne[asset] = rest
    let_go = owed - math.floor(together.spread[asset] / desk.pool[asset].per_debt)
    for code in range(together.held.size):
        if codes.item[code].kind == DEBT and codes.item[code].asset == asset:
            together.held[code] += let_go
        if rest <= 0:
            together.held[code] -= together.given[code]
            together.given[code] = 0.0
    return below
