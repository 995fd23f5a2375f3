"""A call on the members of a mutual fund, after the fund: up to a multiple of what each had put in.

The contribution is that of the book before the event, so what the fund has already paid does
not lower the call. A member pays from the user accounts of its owner, what they can spare
without being liquidated; calls are in proportion to contributions, and what one member cannot
pay the others are called for, up to their own limit. What is beyond all limits goes on.
The failing owner is not called: it is in default.

    call of each = min(contribution * rate, multiple * contribution - called in this event, what it can spare)

One rate for all; the multiple is rounded down, calls by largest remainder.

Source: EMIR art. 43(3), exposures of members beyond the fund are limited; CPMI-IOSCO, Recovery of
financial market infrastructures, cash calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from seawall.core.book import KINDS
from seawall.core.layers import AssessmentTerms
from seawall.core.loss import Absorption, Default
from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS
from seawall.risk.assess import assess
from seawall.waterfall.contributors import Amounts, fails_too, pay_together, split_capped, split_pro_rata
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "assessment": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
        "S4": "the contribution decides, not the balance: the richer member may pay less",
    },
}
_USER = KINDS.index("user")


@dataclass(frozen=True, slots=True)
class Member:
    """One owner with a contribution.

    Attributes:
        contribution: Before the event, > 0 [minor units].
        called: What it has paid in this event so far.
        payers: Its user accounts, with what each can spare, > 0.
    """

    owner: str
    contribution: int
    called: int
    payers: Amounts

    def can_pay(self, multiple_bps: int) -> int:
        """Return the most it can still be called for and pay."""
        cap = mul_div_down(self.contribution, multiple_bps, BPS)
        return min(max(0, cap - self.called), sum(amount for _, amount in self.payers))


@dataclass(frozen=True, slots=True)
class Assessment(BoundLayer[AssessmentTerms]):
    """Calls the members of a fund for more: kind assessment."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the sum over members of min(multiple * contribution - called, what they can spare)."""
        return self.share(default, self._room(state, default, self._members(state, default)))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Call the members in proportion to their contributions, each up to its limit."""
        members = self._members(state, default)
        room = self._room(state, default, members)
        if limit is None:
            limit = self.share(default, room)
        parts: dict[str, int] = {}

        def split(paid: int) -> Amounts:
            held = [(member.owner, member.contribution) for member in members]
            caps = [member.can_pay(self.terms.multiple_bps) for member in members]
            parts.update(split_capped(state, paid, held, caps))
            return sorted(
                item
                for member in members
                if member.owner in parts
                for item in split_pro_rata(state, parts[member.owner], member.payers)
            )

        answer = pay_together(
            self,
            state,
            default,
            min(limit, room, default.loss),
            split,
            "call on a member of the fund",
            {
                "account": self.terms.account,
                "members": len(members),
                "contributions": sum(member.contribution for member in members),
                "multiple_bps": self.terms.multiple_bps,
                "called_before": sum(member.called for member in members),
                "can_pay": room,
                "limit": limit,
            },
            "by contribution, each up to min(multiple * contribution - called, what it can spare)",
        )
        calls = {
            self._counter_of(state, default, member.owner): member.called + parts[member.owner]
            for member in members
            if member.owner in parts
        }
        return replace(answer, state_changes={**answer.state_changes, **calls})

    def _room(self, state: WaterfallState, default: Default, members: list[Member]) -> int:
        can_pay = sum(member.can_pay(self.terms.multiple_bps) for member in members)
        return self.cap_left(state, default, can_pay)

    def _members(self, state: WaterfallState, default: Default) -> list[Member]:
        contributed: dict[str, int] = {}
        for name in state.draft.book.children_of.get(self.terms.account, ()):
            put_in = _cash_before(state, name, default.asset)
            if put_in > 0 and not fails_too(state, name, default):
                owner = state.owner_of(name) or name
                contributed[owner] = contributed.get(owner, 0) + put_in
        accounts = self._accounts_of_owners(state)
        return [
            Member(
                owner,
                put_in,
                state.draft.state.get(self._counter_of(state, default, owner), 0),
                [
                    (name, amount)
                    for name in accounts.get(owner, ())
                    if (amount := spare_cash(state, name, default.asset)) > 0
                ],
            )
            for owner, put_in in sorted(contributed.items())
        ]

    def _accounts_of_owners(self, state: WaterfallState) -> Mapping[str, Sequence[str]]:
        # User accounts by owner, in id order, contributions left out; one pass over the book for a run.
        key = ("accounts of owners", self.terms.account)
        if key not in state.workspace:
            book, found = state.draft.book, dict[str, list[str]]()
            contributions = book.children_of.get(self.terms.account, ())
            owners = {state.owner_of(name) or name for name in contributions}
            columns = book.accounts
            for row in np.flatnonzero((columns.kind == _USER) & (columns.parent != self.terms.account)):
                name, owner = str(columns.id[row]), str(columns.owner[row])
                if (owner or name) in owners:
                    found.setdefault(owner or name, []).append(name)
            state.workspace[key] = found
        return cast(Mapping[str, Sequence[str]], state.workspace[key])

    def _counter_of(self, state: WaterfallState, default: Default, owner: str) -> str:
        return f"called:{self.name}:{state.event_id}:{owner}:{default.asset}"


def spare_cash(state: WaterfallState, name: str, asset: str) -> int:
    """Return the cash an account can pay without being liquidated for it [minor units], >= 0.

    All of its cash; of a margin account with positions or debts no more than its equity above
    the requirement, haircuts applied, rounded down.
    """
    account, cash = state.draft.account(name), max(0, state.draft.cash(name, asset))
    is_bare = not account.positions and all(item.scaled >= 0 for item in account.balances)
    if state.terms.family != "exchange" or is_bare or not cash:
        return cash
    health, price = assess(account, state.draft.book, state.market, state.terms), state.market.price(asset)
    if health.status == "unpriced" or not price:
        return 0
    excess = max(0, health.margin_equity - health.requirement)
    unit = 10 ** state.draft.book.asset(asset).decimals
    return min(cash, mul_div_down(excess, unit, price * health.value_unit))


def _cash_before(state: WaterfallState, name: str, asset: str) -> int:
    held = state.draft.book.account(name).balances
    return next((item.scaled for item in held if (item.asset, item.side) == (asset, "cash")), 0)
