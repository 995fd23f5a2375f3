"""One owner on both sides: its failing account is paid by a fund for what its other account won.

The matched gain is what the other accounts of the failing owner have won, at the mark, on the
opposite side of the lots handed over. A fund that blocks self-dealing leaves that part of the
loss to the layers below; what funds paid of it all the same is reported as extracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.core.book import Book
from seawall.core.loss import Default
from seawall.core.rounding import mul_div_down
from seawall.waterfall.counterparties import open_profit
from seawall.waterfall.layer import WaterfallState, key_of
from seawall.waterfall.offer import minor_of


def matched_gains(state: WaterfallState, defaults: Sequence[Default]) -> dict[str, int]:
    """Return the matched gain of each default, by its key, zeros left out [settle asset minor units].

    Only profits count, each rounded down. An account without an owner has no others.
    """
    siblings = _siblings(state.draft.book) if any(default.lots for default in defaults) else {}
    gains = {}
    for default in defaults:
        if not default.lots:
            continue
        sides = {(lot.instrument, lot.quantity < 0) for lot in default.lots}
        minor = minor_of(state, default.asset)
        gain = sum(
            max(0, mul_div_down(open_profit(state, position), 1, minor))
            for name in siblings.get(state.owner_of(default.account), ())
            if name != default.account
            for position in state.draft.account(name).positions
            if (position.instrument, position.quantity > 0) in sides
        )
        if gain:
            gains[key_of(default)] = gain
    return gains


def extractions(
    state: WaterfallState, defaults: Sequence[Default], drawn: Sequence[int]
) -> Mapping[tuple[str, str], int]:
    """Return by (owner, asset) what funds paid beyond the part of the losses that others bear.

    Args:
        defaults: As they came in.
        drawn: What funds paid of each, shape (n_defaults,) [minor units].
    """
    found: dict[tuple[str, str], int] = {}
    for default, paid in zip(defaults, drawn, strict=True):
        amount = max(0, paid - max(0, default.loss - state.matched.get(key_of(default), 0)))
        if amount:
            key = (state.owner_of(default.account), default.asset)
            found[key] = found.get(key, 0) + amount
    return dict(sorted(found.items()))


def _siblings(book: Book) -> dict[str, tuple[str, ...]]:
    # Accounts of each owner that has several.
    accounts: dict[str, list[str]] = {}
    for name, owner in zip(book.accounts.id, book.accounts.owner, strict=True):
        if owner:
            accounts.setdefault(owner, []).append(name)
    return {owner: tuple(names) for owner, names in accounts.items() if len(names) > 1}
