"""Tranches: the slice of a pool's loss between an attachment and a detachment point."""

from __future__ import annotations

__all__ = ["tranche_loss"]


def tranche_loss(pool_loss: int, attach: int, detach: int) -> int:
    """Return the loss of a tranche: min(max(pool loss - attach, 0), detach - attach).

    All amounts in one unit, 0 <= attach < detach: the loss at which the tranche is first hit, and at
    which nothing of it is left. Layers of kind `tranche` stacked by size give the same numbers.

    Source: definition; e.g. Gibson, Understanding the Risk of Synthetic CDOs (2004).
    """
    return min(max(pool_loss - attach, 0), detach - attach)
