"""One owner on both sides: its failing account is paid by a fund for what its other account won.

The matched gain is what the other accounts of the failing owner have won, at the mark, on the
opposite side of the lots handed over. A fund that blocks self-dealing leaves that part of the
loss to the layers below; what funds paid of it all the same is reported as extracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

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
    wanted = {state.owner_of(default.account) for default in defaults if default.lots} - {""}
    won = {owner: _winnings(state, names) for owner, names in _accounts_of(state.draft.book, wanted).items()}
    gains = {}
    for default in defaults:
        owned = won.get(state.owner_of(default.account), {})
        minor = minor_of(state, default.asset)
        gain = sum(
            mul_div_down(profit, 1, minor)
            for side in {(lot.instrument, lot.quantity < 0) for lot in default.lots}
            for name, profit in owned.get(side, ())
            if name != default.account
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


def _accounts_of(book: Book, owners: Set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, owner in zip(book.accounts.id, book.accounts.owner, strict=True) if owners else ():
        if owner in owners:
            found.setdefault(owner, []).append(name)
    return found


def _winnings(state: WaterfallState, names: Sequence[str]) -> dict[tuple[str, bool], list[tuple[str, int]]]:
    # (account, open profit > 0 of a position) on each side, an instrument and whether it is long.
    found: dict[tuple[str, bool], list[tuple[str, int]]] = {}
    for name in names if len(names) > 1 else ():
        for position in state.draft.account(name).positions:
            profit = open_profit(state, position)
            if profit > 0:
                found.setdefault((position.instrument, position.quantity > 0), []).append((name, profit))
    return found
