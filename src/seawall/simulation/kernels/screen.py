"""How much of a book a path could bring down, without walking it: a guess that costs next to nothing."""

from __future__ import annotations

from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.evaluate import NEVER


@kernel
def count_in_reach(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    item, for_sets, against_sets, moves, stride, pair_for, pair_against, pair_first, key, scratch, found
):  # fmt: skip
    """Count, on each path, the sampled accounts that its prices could have brought to their trigger.

    By the bound of `kernels.index`, from the start of the path and at some of its moments: nobody sells
    and nothing accrues.

    Args:
        item: Of `Codes`.
        moves: Log moves since the start, shape (n_paths, n_steps, n_drivers).
        stride: Steps between the moments looked at; the end is one of them.
        pair_for, pair_against: Code sets for and against, of each pair of sets that is in the sample.
        pair_first: First account of each pair, shape (n_pairs + 1,).
        key: ln(for / against) of each account at the start, rising within a pair.
        scratch: (moves of codes, lowest moves of the sets for, highest of the sets against, widest parting
            of each pair), overwritten.
        found: Shape (n_paths,), written.
    """
    move, low, high, parted = scratch
    for path in range(moves.shape[0]):
        parted[:] = -NEVER
        for step in range(moves.shape[1] - 1, -1, -stride):
            for code in range(item.size):
                move[code] = 0.0
                if item[code].driver >= 0:
                    move[code] += item[code].power * moves[path, step, item[code].driver]
                if item[code].driver_too >= 0:
                    move[code] += item[code].power_too * moves[path, step, item[code].driver_too]
            for place in range(low.size):
                low[place] = move[for_sets.member[0, place]]
                for member in range(1, for_sets.member.shape[0]):
                    low[place] = min(low[place], move[for_sets.member[member, place]])
            for place in range(high.size):
                high[place] = move[against_sets.member[0, place]]
                for member in range(1, against_sets.member.shape[0]):
                    high[place] = max(high[place], move[against_sets.member[member, place]])
            for pair in range(parted.size):
                here = high[pair_against[pair]] - low[pair_for[pair]]
                if here > parted[pair]:
                    parted[pair] = here
        reached = 0
        for pair in range(parted.size):
            for account in range(pair_first[pair], pair_first[pair + 1]):
                if key[account] >= parted[pair]:
                    break
                reached += 1
        found[path] = reached
