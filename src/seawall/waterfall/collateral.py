"""Collateral that nobody bought: who bears the debt takes it over, in proportion to what each bears.

Seized with a debt it stands with the account `engine`, as lots do, and the default names it. Where
nothing was seized, what still secures a default is with the failing account: cash of other assets, in
a lending book only what counts as collateral there. It is taken from an account that owes nothing else.

    handed over = balance * borne / debt, down       the rest stays for who bears the rest
    share       = handed over * borne / sum borne    largest remainder

A layer that pays for a loss and takes no collateral leaves it to the next; what is left when nothing
is owed any more goes to the venue. A layer that holds a loss for later (an auction, a halt, a tax) keeps
none for it: what was seized stays with the venue should that layer fail, and nothing more is taken from
the account.

Source: Liquity v1, TroveManager `_getOffsetAndRedistributionVals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.book import Balance
from seawall.core.loss import Collateral, Default, Move
from seawall.core.parties import ENGINE
from seawall.core.rounding import mul_div_down
from seawall.ledger.transfer import transfer
from seawall.waterfall.contributors import Amounts
from seawall.waterfall.layer import WaterfallState, surplus_of

Left = tuple[Collateral, ...] | None
"""Collateral of a default, as `Default.collateral` has it."""


def hand_over_collateral(
    state: WaterfallState,
    taken: Sequence[tuple[Default, int]],
    bearers: Amounts,
    working: Mapping[str, object],
) -> tuple[tuple[Move, ...], tuple[Left, ...]]:
    """Hand the collateral of what was taken to those who bear it, one move for each collateral.

    Args:
        taken: Defaults before, and what was taken of the loss of each [minor units].
        bearers: What each account bears of all together [any one unit].
        working: Of the layer; the moves say the rest.

    Returns:
        The moves, and what is left of the collateral of each default.
    """
    parts: list[_Part] = []
    left: list[Left] = []
    for default, amount in taken:
        holder, held = _secured(state, default)
        found = [
            _Part(holder, item, mul_div_down(item.scaled, amount, default.loss) if amount else 0)
            for item in held
        ]
        parts += found
        left.append(
            None if default.collateral is None else tuple(part.rest for part in found if part.is_left)
        )
    told = {"borne": sum(amount for _, amount in taken), "debt": sum(item.loss for item, _ in taken)}
    places = sorted({(part.item.asset, part.item.side) for part in parts})
    moves = (
        _move(
            state,
            [part for part in parts if (part.item.asset, part.item.side) == place],
            bearers,
            told,
            working,
        )
        for place in places
    )
    return tuple(move for move in moves if move), tuple(left)


def give_up_collateral(state: WaterfallState, default: Default, receiver: str = "") -> tuple[Move, ...]:
    """Hand over all collateral that no layer took: to an account, to the venue's surplus unless told."""
    moves = []
    for item in default.collateral or ():
        changes = {ENGINE: -item.scaled, receiver or surplus_of(item.asset): item.scaled}
        inputs = {"asset": item.asset, "side": item.side, "balance": item.scaled}
        working = {"rule": "collateral that no layer took", "inputs": {**inputs, "receiver": receiver}}
        lines = transfer(state.draft, state.terms, item.asset, item.side, changes)
        moves.append(Move("collateral:left", lines, working))
    return tuple(moves)


class _Part(NamedTuple):
    # What one holder gives of one collateral.
    holder: str
    item: Collateral
    given: int

    @property
    def is_left(self) -> bool:
        return self.item.scaled > self.given

    @property
    def rest(self) -> Collateral:
        return self.item._replace(scaled=self.item.scaled - self.given)


def _secured(state: WaterfallState, default: Default) -> tuple[str, tuple[Collateral, ...]]:
    # Who holds what secures a default, and what it is.
    if default.collateral is not None:
        return ENGINE, default.collateral
    failing = state.draft.account(default.account)
    if failing.positions or any(item.scaled < 0 or item.side == "debt" for item in failing.balances):
        return default.account, ()
    return default.account, tuple(
        Collateral(item.asset, "cash" if item.side == "cash" else "supply", item.scaled)
        for item in failing.balances
        if item.asset != default.asset and _secures(state, item, failing.collateral_set)
    )


def _secures(state: WaterfallState, item: Balance, collateral_set: str) -> bool:
    if state.terms.family != "lending":
        return item.side == "cash"
    return item.is_collateral and state.terms.asset_terms(item.asset, collateral_set).threshold_bps > 0


def _move(
    state: WaterfallState,
    parts: Sequence[_Part],
    bearers: Amounts,
    told: Mapping[str, object],
    working: Mapping[str, object],
) -> Move | None:
    # The parts of one collateral to all bearers; None where nothing changes hands.
    asset, side, _ = parts[0].item
    names = [name for name, _ in bearers]
    total = sum(part.given for part in parts)
    changes: dict[str, int] = {}
    for part in parts:
        changes[part.holder] = changes.get(part.holder, 0) - part.given
    if total:
        ties = tie_keys(state.event_id, names)
        for name, share in zip(
            names, allocate_pro_rata(total, [amount for _, amount in bearers], tie_key=ties), strict=True
        ):
            changes[name] = changes.get(name, 0) + share
    if not any(changes.values()):  # no whole unit, or the failing account is all that bears
        return None
    inputs = {"asset": asset, "side": side, "balance": sum(part.item.scaled for part in parts), **told}
    return Move(
        f"collateral:{working['kind']}",
        transfer(state.draft, state.terms, asset, side, changes),
        {
            **working,
            "rule": "collateral to those who bear the debt",
            "inputs": {**inputs, "handed_over": sum(change for change in changes.values() if change > 0)},
            "formula": "balance * borne / debt, each in proportion to what it bears",
            "rounding": "down, the rest stays for who bears the rest; shares by largest remainder",
        },
    )
