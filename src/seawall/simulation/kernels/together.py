"""All accounts of a venue together, where it judges each by all of them, and what is still to be spread.

Sums are kept in whole quanta by code as accounts change, so they are exact and nobody has to add them up
again: the ratio of the whole venue takes as long as its codes are few. In recovery mode that ratio says
which accounts may be seized. It then weighs the collateral of all alike, and is to the detectors one more
move of its price.

Source: Liquity v1, TroveManager `getEntireSystemColl`, `getEntireSystemDebt`; LiquityBase `_getTCR`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from seawall.core.units import WAD
from seawall.simulation.kernels.columns import COLLATERAL, DEBT, Floats
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import TINY

FIGURES = np.dtype(
    [(name, np.int64) for name in ("accounts_at_start", "accounts")]
    + [(name, np.float64) for name in ("coins_at_start", "coins")],
    align=True,
)
"""accounts: that owe something. coins: reserved for liquidators [quanta of the debt]."""

trigger_ratio: Any = None  # bound to a rule set


class Together(NamedTuple):
    """What all accounts hold and owe, and what is spread over them at the end of a pass.

    Attributes:
        held_at_start, held: By code, what all who owe hold, and minus what they owe [quanta]; what is still
            to be spread is in it. Empty where accounts are judged alone.
        figure: Shape (1,) of `FIGURES`.
        spread: By asset, debt that all who owe it are to owe in addition [quanta of the asset].
        borne: By asset, the same as a loss that its layer bore [millionths of the base currency].
        given: By code, collateral that goes with it [quanta].
        engine: By code, collateral of the account in hand that waits for who bears its debt [quanta].
    """

    held_at_start: Floats
    held: Floats
    figure: np.recarray[Any, Any]
    spread: Floats
    borne: Floats
    given: Floats
    engine: Floats


@inner
def start_together(together):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put all sums back to the start of a path."""
    for code in range(together.held.size):
        together.held[code] = together.held_at_start[code]
    together.figure[0].accounts = together.figure[0].accounts_at_start
    together.figure[0].coins = together.figure[0].coins_at_start
    together.spread[:] = 0.0
    together.borne[:] = 0.0
    together.given[:] = 0.0
    together.engine[:] = 0.0


@inner
def count_row(together, codes, code, q, at, width, sign):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add an account that owes something to the sums, or take it out (`sign` -1)."""
    if together.held.size == 0:
        return
    owes = False
    for leg in range(at, at + width):
        owes = owes or (codes.item[code[leg]].kind == DEBT and q[leg] < 0.0)
    if not owes:
        return
    for leg in range(at, at + width):
        together.held[code[leg]] += sign * q[leg]
    together.figure[0].accounts += sign


@inner
def worth_together(codes, prices, together):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (collateral, debt) of all who owe [base currency]."""
    collateral = 0.0
    owed = 0.0
    for code in range(together.held.size):
        worth = together.held[code] * prices[code].value
        if codes.item[code].kind == DEBT:
            owed -= worth
        else:
            collateral += worth
    return collateral, owed


def weigh_together(codes, prices, together):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Weigh collateral by the ratio below which an account may be seized, with all as they stand."""
    collateral, owed = worth_together(codes, prices, together)
    weight = WAD / trigger_ratio(collateral, owed)
    for code in range(prices.size):
        if codes.item[code].kind != COLLATERAL:
            continue
        prices[code].trigger = prices[code].value * weight
        if weight != codes.item[code].weight:
            # The last account stands at the ratio of all: equality is safe, and no rounding undoes that.
            prices[code].trigger *= 1.0 + TINY
            prices[code].move += math.log(weight / codes.item[code].weight)


@inner
def weigh_alone(codes, prices, together):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Leave the weights: each account is judged by what it holds."""
    return None
