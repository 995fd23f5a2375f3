"""A withdrawal tax: a part of what leaves is kept until the loss is paid, or the window is over.

The layer holds the loss; withdrawals come with later events. Each is kept back by its rate,
rounded up for the fund, never more than the account has; those of one second share what is still
missing in proportion, so that no row order decides. Whoever waits the window out pays nothing:
that is the rule, and the plan warns of it. The venue pays out the rest of each withdrawal itself.

    tax = withdrawal * rate_bps / 10000, up, at most the cash

Source: after the haircut of withdrawals at Paradex; rate and window are the plan's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.layers import WithdrawalTaxTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Pending, Posting, Settlement
from seawall.core.parties import deficit_of
from seawall.core.rounding import mul_div_up
from seawall.core.units import BPS
from seawall.waterfall.holding import hold
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "withdrawal_tax": {
        "S2": "only who leaves pays: an account equal in all but its withdrawal pays nothing",
        "S5": "each withdrawal is rounded up: taken out in two parts it may cost a unit more",
    },
}


@dataclass(frozen=True, slots=True)
class WithdrawalTax(BoundLayer[WithdrawalTaxTerms]):
    """Holds the loss and keeps a part of every withdrawal for it: kind withdrawal_tax."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss, within the cap and the share: nobody knows who will leave."""
        return self.share(default, self.cap_left(state, default, default.loss))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Hold the loss for the window."""
        if limit is None:
            limit = self.capacity(state, default)
        held = hold(state, default, min(limit, self.capacity(state, default), default.loss))
        if not held.amount:
            return self.nothing(default, "nothing to hold, or the budget is below the cost of one lot")
        due = state.now + self.terms.window_s
        working = self.working(
            "hold the loss for those who withdraw",
            {"loss": default.loss, "limit": limit, "held": held.amount, "rate_bps": self.terms.rate_bps}
            | {"until": due},
            "until = now + window_s",
            "whole lots; cash to the unit",
        )
        return Absorption(
            self.name,
            self.kind,
            0,
            (),
            held.rest,
            moves=held.closings,
            lots_closed=held.closed,
            state_changes=self.use(state, default, held.amount),
            pending=(self.held(state, default, held.amount, due),),
            working=working,
        )

    def settle(self, state: WaterfallState, pending: Pending) -> Settlement:
        """Keep the tax of the withdrawals made in the window, by time; after it, give the rest back."""
        missing, kept, counters = pending.amount, dict[str, int](), dict[str, int]()
        for at, wanted in sorted(self._asked(state, pending).items()):
            taxes = self._taxes(state, pending, at, wanted, kept)
            names = sorted(taxes)
            total = sum(taxes.values())
            charges = [taxes[name] for name in names]
            if total > missing:
                charges = allocate_pro_rata(missing, charges, tie_key=tie_keys(state.event_id, names))
            missing -= sum(charges)
            for name, charge in zip(names, charges, strict=True):
                kept[name] = kept.get(name, 0) + charge
                counters[self._taxed(pending, name, at)] = charge + self._kept_before(
                    state, pending, name, at
                )
        received = pending.amount - missing
        is_over = state.now >= pending.due
        left = None if is_over or not missing else replace(pending, amount=missing)
        payers = {name: charge for name, charge in sorted(kept.items()) if charge}
        working = self.working(
            "the window is over" if is_over else "keep a part of each withdrawal",
            {
                "held": pending.amount,
                "rate_bps": self.terms.rate_bps,
                "window": [pending.opened, pending.due],
                "received": received,
                "payers": len(payers),
                "given_back": missing if is_over else 0,
            },
            "tax = ceil(withdrawal * rate / 10000), at most the cash, until the loss is paid",
            "each up; in the last second pro rata by largest remainder, ties by sha256 of event and account",
        )
        lines = [Posting(name, pending.asset, -charge) for name, charge in payers.items()]
        lines.append(Posting(deficit_of(pending.asset), pending.asset, received))
        return Settlement(
            pending,
            received,
            missing if is_over else 0,
            tuple(
                Charge(name, pending.asset, charge, self.name, pending.account, "part of its withdrawal")
                for name, charge in payers.items()
            ),
            left,
            (Move("withdrawal_tax", tuple(lines), working),) if received else (),
            state_changes={name: value for name, value in counters.items() if value},
            working=working,
        )

    def _asked(self, state: WaterfallState, pending: Pending) -> dict[int, dict[str, int]]:
        # Withdrawals by second and account: several of one account in one second are one.
        found: dict[int, dict[str, int]] = {}
        for item in state.event.withdrawals:
            in_window = pending.opened <= item.at < pending.due and item.at <= state.now
            if in_window and item.asset == pending.asset and state.kind_of(item.account) == "user":
                wanted = found.setdefault(item.at, {})
                wanted[item.account] = wanted.get(item.account, 0) + max(0, item.amount)
        return found

    def _taxes(
        self,
        state: WaterfallState,
        pending: Pending,
        at: int,
        wanted: Mapping[str, int],
        kept: Mapping[str, int],
    ) -> dict[str, int]:
        found = {}
        for name, amount in wanted.items():
            due = mul_div_up(amount, self.terms.rate_bps, BPS) - self._kept_before(state, pending, name, at)
            cash = state.draft.cash(name, pending.asset) - kept.get(name, 0)
            found[name] = max(0, min(due, cash))
        return {name: tax for name, tax in found.items() if tax}

    def _kept_before(self, state: WaterfallState, pending: Pending, name: str, at: int) -> int:
        # For another loss of the same asset, or by an earlier event that knew this withdrawal: taxed once.
        return state.draft.state.get(self._taxed(pending, name, at), 0)

    def _taxed(self, pending: Pending, name: str, at: int) -> str:
        return f"taxed:{self.name}:{pending.asset}:{name}:{at}"
