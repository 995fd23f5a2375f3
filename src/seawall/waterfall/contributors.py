"""Who stands behind a fund, and how they pay together: each in proportion, to the unit.

The contributors of an account (members of a mutual fund, stakers, depositors of a stability
pool, holders of a tranche) are the accounts whose parent it is; its own cash stands with
theirs. Nobody pays beyond what it holds, and no order of rows decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.parties import deficit_of
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.layer import BoundLayer, WaterfallState

Amounts = Sequence[tuple[str, int]]
"""(account, amount > 0), in id order."""


def contributors(state: WaterfallState, account: str, asset: str) -> list[tuple[str, int]]:
    """Return what each contributor of an account holds, its own cash included [minor units, > 0]."""
    names = sorted({account, *state.draft.book.children_of.get(account, ())})
    held = [(name, state.draft.cash(name, asset)) for name in names]
    return [(name, cash) for name, cash in held if cash > 0]


def fails_too(state: WaterfallState, name: str, default: Default) -> bool:
    """Return whether an account is the failing one, or its owner's."""
    owner = state.owner_of(default.account)
    return name == default.account or (bool(owner) and state.owner_of(name) == owner)


def split_capped(state: WaterfallState, total: int, held: Amounts, caps: Sequence[int]) -> Amounts:
    """Split an amount over contributors in proportion to what they hold, none above its cap.

    Largest remainder; ties by sha256 of event and account. `total` is at most the sum of the caps.
    """
    names = [name for name, _ in held]
    shares = allocate_capped(
        total, [amount for _, amount in held], caps, tie_key=tie_keys(state.event_id, names)
    )
    return [(name, share) for name, share in zip(names, shares, strict=True) if share]


def split_pro_rata(state: WaterfallState, total: int, held: Amounts) -> Amounts:
    """Split an amount of at most what contributors hold together, in proportion to it."""
    return split_capped(state, total, held, [amount for _, amount in held])


def pay_together(
    layer: BoundLayer[Any],
    state: WaterfallState,
    default: Default,
    budget: int,
    split: Callable[[int], Amounts],
    reason: str,
    told: Mapping[str, object],
    formula: str,
) -> Absorption:
    """Answer for a layer whose contributors pay cash: close whole lots first, then split what is paid.

    Args:
        budget: The most they pay [minor units], within the layer's capacity and the loss.
        split: Gives each payer's part of the amount paid, adding up to it.
        reason: Of each charge.
        told, formula: What the working says beyond the amounts.
    """
    if budget <= 0:
        return layer.nothing(default, "nothing to pay with, or nothing to pay")
    closings, rest, closed = close_affordable(state, default, budget)
    paid = min(budget, max(0, rest.cash_shortfall))
    if not paid and not closings:
        return layer.nothing(default, "the budget is below the cost of one lot")
    parts = split(paid) if paid else ()
    working = layer.working(
        reason,
        {
            "loss": default.loss,
            "budget": budget,
            **told,
            "payers": len(parts),
            "lots_closed": closed,
            "paid": paid,
        },
        formula,
        "largest remainder, ties by sha256 of event and account",
    )
    postings = [Posting(name, default.asset, -amount) for name, amount in parts]
    cover = Move(
        f"cover:{layer.kind}", (*postings, Posting(deficit_of(default.asset), default.asset, paid)), working
    )
    return Absorption(
        layer=layer.name,
        kind=layer.kind,
        taken=paid,
        charges=tuple(
            Charge(name, default.asset, amount, layer.name, default.account, reason) for name, amount in parts
        ),
        rest=rest.after(rest.cash_shortfall - paid),
        moves=(*closings, cover),
        lots_closed=closed,
        state_changes=layer.use(state, default, paid),
        working=working,
    )
