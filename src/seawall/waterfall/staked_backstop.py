"""Stake that is slashed for a deficit, and covers it, at once or a while later.

    new deficit = max(0, deficit - (offset + pending))      the offset is borne elsewhere
    to slash    = new deficit * (1 + fee) * p / p_stake     never below the floor of the stake
    pending    += what the slash covers; the deficit stays booked until the cover

Stakers lose in proportion to their stake, to the unit, when they are slashed: the stake is
sold there and then, and what it covers waits `latency_s` in `clearing:slashed:<asset>`. The
slash is rounded as the contract's, and up by a unit of stake where that would not bring what
it covers. If the deficit has been paid by others in the meantime, what nobody owes any more
goes back to the pool of stake.

Who gave notice is slashed until the notice is over: notices are the withdrawals of the event
and counters `notice:<account>:<asset>:<unix time>` of the book.

Source: Aave Umbrella, Umbrella `slash`, `coverPendingDeficit`, `coverDeficitOffset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.layers import StakedBackstopTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Pending, Posting, Settlement
from seawall.core.parties import deficit_of
from seawall.core.rounding import mul_div_up
from seawall.core.units import BPS
from seawall.rules import umbrella
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.contributors import Amounts, contributors, split_pro_rata
from seawall.waterfall.conversion import Rate, rate_of, residue, sell
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "staked_backstop": {
        "W2": "the offset goes to the next layer while stake is left",
        "S1": "the fee is charged beyond the loss",
        "W5": "with a fee the slash is rounded down, then the cover of a short stake: by a unit",
        "W6": "each slash is rounded by itself; its capacity is bounded by the deficit: among equals, two "
        "halves weigh it less than the whole",
    },
}


@dataclass(frozen=True, slots=True)
class Slash:
    """What a backstop could do now.

    Attributes:
        deficit: New deficit, within this loss [loss asset].
        outstanding, pending: What stands uncovered, and what of it this layer holds [loss asset].
        stake: Stakers with what can be slashed of each, before the floor [stake asset].
        most: All that can be slashed [stake asset].
        covers: What slashing for the whole new deficit covers [loss asset].
        is_short: Whether that takes all of `most`.
    """

    deficit: int
    outstanding: int
    pending: int
    stake: Amounts
    most: int
    covers: int
    is_short: bool
    rate: Rate


@dataclass(frozen=True, slots=True)
class StakedBackstop(BoundLayer[StakedBackstopTerms]):
    """Slashes stake for a deficit: kind staked_backstop."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return what a slash for the new deficit covers, within the cap per event and the share."""
        return self.share(default, self._room(state, default, self._slash(state, default)))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Slash the stakers in proportion; cover at once, or hold the loss until the cover is due."""
        slash = self._slash(state, default)
        room = self._room(state, default, slash)
        budget = min(self.share(default, room) if limit is None else limit, room)
        if budget <= 0 or slash is None:
            return self.nothing(
                default, "no price to sell the stake at" if slash is None else "nothing to slash"
            )
        closings, rest, closed = close_affordable(state, default, budget)
        covered = min(budget, max(0, rest.cash_shortfall))
        if not covered and not closings:
            return self.nothing(default, "the budget is below the cost of one lot")
        slashed = self._to_slash(slash, covered)
        brought = slash.rate.brings_down(slashed)
        fee = min(brought - covered, mul_div_up(covered, self.terms.slash_fee_bps, BPS))
        dust = brought - covered - fee
        payers = split_pro_rata(state, slashed, slash.stake) if slashed else ()
        is_late = self.terms.latency_s > 0
        working = self.working(
            "slash stake for the new deficit",
            {
                "account": self.terms.account,
                "deficit": slash.outstanding,
                "offset": self._offset(state, default),
                "offset_due": umbrella.offset_coverable(
                    slash.outstanding, self._offset(state, default), slash.pending
                ),
                "pending": slash.pending,
                "new_deficit": slash.deficit,
                "stake": sum(amount for _, amount in slash.stake),
                **slash.rate.inputs(),
                "budget": budget,
                "slashed": slashed,
                "brought": brought,
                "covered": covered,
                "fee": fee,
                "payers": len(payers),
                "lots_closed": closed,
            },
            "new deficit * (1 + fee) * price / price of the stake, at most stake - floor",
            "slash down as the contract, up where it would not bring the cover; "
            "stakers by largest remainder, ties by sha256 of event and account",
        )
        receiver = slashed_of(default.asset) if is_late else deficit_of(default.asset)
        receivers = [(receiver, covered), (self.terms.fee_account, fee), *residue(state, default.asset, dust)]
        held = self.held(state, default, covered, state.now + self.terms.latency_s)
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=0 if is_late else covered,
            charges=self._charges(state, default, payers, brought),
            rest=rest.after(rest.cash_shortfall - covered),
            moves=(*closings, Move("slash", sell(payers, slash.rate, receivers), working)),
            dust=dust,
            avoided=-(fee + covered) if is_late else -fee,
            lots_closed=closed,
            state_changes=self.use(state, default, covered),
            pending=(held,) if is_late and covered else (),
            working=working,
        )

    def settle(self, state: WaterfallState, pending: Pending) -> Settlement:
        """Cover the deficit once it is due, with what the slash brought; wait until then.

        The stakers were charged when they were slashed, so nobody is charged here.
        """
        if state.now < pending.due:
            return Settlement(pending, 0, 0, left=pending)
        owed = max(0, -state.draft.cash(deficit_of(pending.asset), pending.asset))
        cover = min(pending.amount, owed)
        working = self.working(
            "cover the deficit that was slashed for",
            {
                "pending": pending.amount,
                "deficit": owed,
                "covered": cover,
                "back_to_stake": pending.amount - cover,
                "due": pending.due,
            },
            "min(pending, deficit); what nobody owes any more goes back",
            "none",
        )
        postings = (
            Posting(slashed_of(pending.asset), pending.asset, -pending.amount),
            Posting(deficit_of(pending.asset), pending.asset, cover),
            Posting(self.terms.account, pending.asset, pending.amount - cover),
        )
        return Settlement(
            pending,
            pending.amount,
            0,
            moves=(Move("cover:staked_backstop", postings, working),),
            avoided=pending.amount,
            working=working,
        )

    def _slash(self, state: WaterfallState, default: Default) -> Slash | None:
        held = self.terms.stake_asset or default.asset
        rate = rate_of(state, held, default.asset, self.terms.conversion, self.terms.haircut_bps)
        if rate is None:
            return None
        pending = sum(
            item.amount
            for item in state.draft.pending.values()
            if (item.layer, item.asset) == (self.name, default.asset)
        )
        # Lots still open are a loss that no account shows yet.
        booked = -state.draft.cash(deficit_of(default.asset), default.asset)
        outstanding = max(booked + sum(lot.cost for lot in default.lots), default.loss + pending)
        new = umbrella.new_deficit(outstanding, self._offset(state, default), pending)
        deficit = min(default.loss, new)
        stake = self._stake(state, held)
        floor = state.units(self.terms.floor, held)
        most = umbrella.slashable(sum(amount for _, amount in stake), floor)
        by_rule = self._by_rule(rate, deficit)
        covers = umbrella.new_covered(deficit, by_rule, min(by_rule, most))
        return Slash(
            deficit=deficit,
            outstanding=outstanding,
            pending=pending,
            stake=stake,
            most=most,
            covers=min(covers, rate.brings_down(most)),
            is_short=max(by_rule, rate.needs_up(deficit)) > most,
            rate=rate,
        )

    def _by_rule(self, rate: Rate, deficit: int) -> int:
        return umbrella.slash_amount(deficit, self.terms.slash_fee_bps, rate.denominator, rate.numerator)

    def _to_slash(self, slash: Slash, covered: int) -> int:
        if slash.is_short and covered == slash.covers:
            return slash.most if covered else 0
        wanted = max(self._by_rule(slash.rate, covered), slash.rate.needs_up(covered))
        return min(slash.most, wanted)

    def _room(self, state: WaterfallState, default: Default, slash: Slash | None) -> int:
        return self.cap_left(state, default, slash.covers if slash else 0)

    def _offset(self, state: WaterfallState, default: Default) -> int:
        return state.units(self.terms.offset, default.asset)

    def _stake(self, state: WaterfallState, asset: str) -> Amounts:
        held = contributors(state, self.terms.account, asset)
        return [
            (name, left)
            for name, amount in held
            if (left := amount - notice_over(state, name, asset, self.terms.cooldown_s)) > 0
        ]

    def _charges(
        self, state: WaterfallState, default: Default, payers: Amounts, brought: int
    ) -> tuple[Charge, ...]:
        if not brought:
            return ()
        names = [name for name, _ in payers]
        worth = allocate_pro_rata(
            brought, [units for _, units in payers], tie_key=tie_keys(state.event_id, names)
        )
        return tuple(
            Charge(name, default.asset, amount, self.name, default.account, "stake slashed")
            for name, amount in zip(names, worth, strict=True)
            if amount
        )


def slashed_of(asset: str) -> str:
    """Return the account in which slashed stake, sold, waits to cover its deficit."""
    return f"clearing:slashed:{asset}"


def notice_over(state: WaterfallState, account: str, asset: str, cooldown_s: int) -> int:
    """Return the stake of an account whose notice is over: it has left, and is not slashed.

    Args:
        cooldown_s: From the notice until the stake may leave [s].
    """
    latest = state.now - cooldown_s
    said = sum(
        item.amount
        for item in state.event.withdrawals
        if (item.account, item.asset) == (account, asset) and item.at <= latest
    )
    prefix = f"notice:{account}:{asset}:"
    noted = sum(
        amount
        for name, amount in state.draft.state.items()
        if name.startswith(prefix) and int(name.removeprefix(prefix)) <= latest
    )
    return said + noted
