"""Who bears what a layer charges to accounts: what is known of them, and what a thread remembers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import Floats, Ints

NOBODY, BY_CASH, BY_SIZE, BY_GAIN, BY_MOVE = range(5)
"""What a layer charges accounts by: none of them, their cash, the size of their contracts up to their cash,
or the gain on their contracts, since entry or since the step before, up to their equity."""


class Bearers(NamedTuple):
    """Who may be charged, as far as it never changes.

    Attributes:
        by: Name above of each pot, shape (n_pots,).
        waits: Whether what comes to a pot waits until the pass is over, shape (n_pots,); one above the layer
            that closes positions is charged at once.
        covers: Whether a pot bears losses of each pool, shape (n_pots, n_pools).
        group: Row of `members` that alone bear what a pot takes, -1 for all, shape (n_pots,).
        members: Which rows are of a group, shape (n_groups, N).
        outside: Cash in each asset of accounts that are no rows of the storm, since they cannot fail, by
            the sort of account: the groups it is of, and whether it is a user. Shape (n_assets, n_sorts)
            [quanta].
        reaches: Which sorts pay out of that cash for each pot, shape (n_pots, n_sorts).
        cash_code: Code of cash in each asset, -1 where nobody has any, shape (n_assets,).
        no_pool: Number of the pool without a name, to which losses without contracts belong.
    """

    by: NDArray[np.int8]
    waits: NDArray[np.bool_]
    covers: NDArray[np.bool_]
    group: NDArray[np.int32]
    members: NDArray[np.bool_]
    outside: Floats
    reaches: NDArray[np.bool_]
    cash_code: NDArray[np.int32]
    no_pool: int


class Charged(NamedTuple):
    """What a thread remembers of charges.

    Attributes:
        waiting: Losses of a pass that have come to a pot that waits, by asset and pool [millionths].
        is_named: Whether lots of a code were among them, shape (n_codes,).
        weight, cap: What each row is charged by [any one unit], and the most that it bears [quanta], shape
            (N,), empty where nobody is charged.
        outside: What is left of `Bearers.outside`.
        before: What a quantum of each code was worth in the step before [quanta of its settle asset], shape
            (n_codes,).
        cut: What was cut in this step off the gain of each position, shape (n_legs,); empty where nobody
            cuts gains since the step before [quanta of its settle asset].
    """

    waiting: Ints
    is_named: NDArray[np.bool_]
    weight: Floats
    cap: Floats
    outside: Floats
    before: Floats
    cut: Floats
