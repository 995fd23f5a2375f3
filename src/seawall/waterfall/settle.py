"""Losses that layers hold since earlier events: what became of each by now.

A pending loss stands as a booked deficit. When its layer settles it, cash covers part of the
deficit, part may still be held, and what failed goes on as a default to the layers below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from seawall.core.loss import Default, Settlement
from seawall.errors import require
from seawall.waterfall.layer import SEIZED, Layer, Waiting, WaterfallState


def settle_pending(
    state: WaterfallState, layers: Iterable[Layer]
) -> tuple[tuple[Settlement, ...], tuple[Default, ...]]:
    """Settle what the layers hold, in the order of ids, posting to the draft.

    What a layer no longer in the terms holds fails at once: nobody else can settle it.

    Returns:
        The settlements, and the parts given back as defaults that go on below their layer.

    Raises:
        InvariantError: A settlement does not add up: a bug.
    """
    named = {layer.name: layer for layer in layers}
    settlements: list[Settlement] = []
    resumed: list[Default] = []
    for name, pending in sorted(state.draft.pending.items()):
        layer = named.get(pending.layer)
        if layer is None:
            answer = Settlement(
                pending, 0, pending.amount, working={"rule": "the terms no longer have this layer"}
            )
        else:
            answer = cast(Waiting, layer).settle(state, pending)
        check_settlement(answer)
        del state.draft.pending[name]
        for move in answer.moves:
            state.draft.carry_out(move)
        state.draft.state.update(answer.state_changes)
        if answer.left is not None:
            state.draft.pending[answer.left.id] = answer.left
        if answer.left != pending:
            settlements.append(answer)
        if answer.failed:
            resumed.append(
                Default(
                    pending.account,
                    pending.asset,
                    answer.failed,
                    as_of=pending.opened,
                    pool=pending.pool,
                    after_layer=pending.layer,
                    # What was seized left with the event; what the account has since is its own.
                    collateral=() if SEIZED in pending.memory else None,
                )
            )
    return tuple(settlements), tuple(resumed)


def check_settlement(answer: Settlement) -> None:
    """Require that a settlement adds up, before it is carried out.

    Raises:
        InvariantError: Naming the pending loss and the numbers.
    """
    pending, left = answer.pending, 0 if answer.left is None else answer.left.amount
    charged = sum(charge.amount for charge in answer.charges)
    require(
        min(answer.received, answer.failed, left) >= 0
        and answer.received + answer.failed + left == pending.amount,
        f"settling {pending.id}: received {answer.received}, failed {answer.failed} and still held {left} "
        f"of {pending.amount}",
    )
    require(
        charged + answer.avoided == answer.received + answer.dust,
        f"settling {pending.id}: charges sum to {charged}, expected {answer.received} received + "
        f"{answer.dust} dust - {answer.avoided} avoided",
    )
