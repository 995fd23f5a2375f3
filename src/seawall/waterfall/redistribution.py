"""Redistribution: the debt of a failing account is spread over the remaining borrowers.

Nobody's cash moves: each borrower owes more, in proportion to its collateral at the oracle price or
to what it owes in that asset. The split is exact; each new debt is then written in scaled units by
the venue's own rounding, up, and what it exceeds the share by is dust. What secured the debt and was
not sold (Liquity) goes with it: of each collateral the part that is redistributed of the loss, by the
same shares. Borrowers that the new debt puts under water fail at the next resolve.

    share          = loss * weight / sum of weights          largest remainder; each debt then up
    collateral out = balance * borne / debt, down            shared as the loss is

Source: Liquity v1, TroveManager `_redistributeDebtAndColl`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.book import RAY, Pool
from seawall.core.layers import RedistributionTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.parties import deficit_of
from seawall.core.rounding import mul_div_down
from seawall.risk.lending import lending_health
from seawall.rules import LendingRules, lending_rules
from seawall.waterfall.collateral import hand_over_collateral
from seawall.waterfall.layer import BoundLayer, WaterfallState, surplus_of, together
from seawall.waterfall.relief import relieve

BREAKS: Mapping[str, Mapping[str, str]] = {
    "redistribution": {
        "S1": "a debt grows by whole scaled units: the charges exceed the loss, the rest is dust",
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
        "S8": "rounded twice, a debt grows by up to a scaled unit more than at once",
    },
}


@dataclass(frozen=True, slots=True)
class Growth:
    """How one borrower's debt grows: by `amount` [minor units], `scaled` in scaled units, for `share`."""

    account: str
    share: int
    scaled: int
    amount: int


@dataclass(frozen=True, slots=True)
class Redistribution(BoundLayer[RedistributionTerms]):
    """Adds the loss to the debts of the remaining borrowers: kind redistribution."""

    spreads: ClassVar[bool] = True

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss, within cap and share, when anybody with a weight owes the asset; else 0."""
        if not any(weight for _, _, weight in self._borrowers(state, default.asset, [default.account])):
            return 0
        return self.share(default, self.cap_left(state, default, default.loss))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Add the loss to the debts of the others."""
        return self.absorb_all(state, [default], limit)[0]

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Spread several losses of one asset and pool at once: one charge per borrower."""
        whole = together(defaults)
        if limit is None:
            limit = self.capacity(state, whole)
        failing = [default.account for default in defaults]
        borrowers = [item for item in self._borrowers(state, whole.asset, failing) if item[2]]
        budget = min(limit, self.cap_left(state, whole, whole.loss), whole.loss) if borrowers else 0
        relief = relieve(state, defaults, budget)
        if not relief.taken:
            return self.nothing(whole, "nobody else owes this asset"), tuple(defaults)
        grown = _grown(state, whole.asset, borrowers, relief.taken)
        taken = [old.loss - new.loss for old, new in zip(defaults, relief.rests, strict=True)]
        dust = sum(item.amount for item in grown) - relief.taken
        working = self.working(
            f"add to the debts of the others by {self.terms.by}",
            {
                "loss": whole.loss,
                "limit": limit,
                "taken": relief.taken,
                "defaults": len(defaults),
                "payers": len(grown),
                "weights": sum(weight for _, _, weight in borrowers),
                "dust": dust,
            },
            f"loss * {self.terms.by} / sum of {self.terms.by}",
            "largest remainder, ties by sha256 of event and account; each debt up to a scaled unit",
        )
        handed, left = hand_over_collateral(
            state,
            list(zip(defaults, taken, strict=True)),
            [(item.account, item.share) for item in grown],
            working,
        )
        rests = tuple(replace(rest, collateral=held) for rest, held in zip(relief.rests, left, strict=True))
        answer = Absorption(
            layer=self.name,
            kind=self.kind,
            taken=relief.taken,
            charges=tuple(
                Charge(
                    item.account,
                    whole.asset,
                    item.amount,
                    self.name,
                    whole.account,
                    f"share by {self.terms.by}",
                )
                for item in grown
            ),
            rest=together(rests),
            moves=(
                *relief.closings,
                Move(self.kind, _lines(state, whole.asset, grown, relief.taken), working),
                *handed,
            ),
            dust=dust,
            lots_closed=relief.closed,
            parts=relief.parts,
            state_changes=self.use(state, whole, relief.taken),
            working=working,
        )
        return answer, rests

    def _borrowers(
        self, state: WaterfallState, asset: str, failing: Sequence[str]
    ) -> list[tuple[str, int, int]]:
        # (account, scaled debt, weight) of everybody else who owes the asset, in id order.
        if state.terms.family != "lending":
            return []
        rules, pool = lending_rules(state.terms.rules), _pool(state, asset)
        found = []
        for name, scaled in state.draft.holders(asset, "debt"):
            if scaled >= 0 or name in failing or state.kind_of(name) != "user":
                continue
            weight = rules.debt_balance(-scaled, pool.debt_index)
            if self.terms.by == "collateral":
                weight = _collateral(state, name)
            found.append((name, -scaled, weight))
        return found


def _collateral(state: WaterfallState, name: str) -> int:
    draft = state.draft
    return lending_health(
        draft.account(name), draft.pools, draft.book, state.market, state.terms
    ).collateral_value


def _grown(
    state: WaterfallState, asset: str, borrowers: Sequence[tuple[str, int, int]], loss: int
) -> list[Growth]:
    rules, index = lending_rules(state.terms.rules), _pool(state, asset).debt_index
    names = [name for name, _, _ in borrowers]
    shares = allocate_pro_rata(
        loss, [weight for _, _, weight in borrowers], tie_key=tie_keys(state.event_id, names)
    )
    return [
        _growth(name, scaled, share, index, rules)
        for (name, scaled, _), share in zip(borrowers, shares, strict=True)
        if share
    ]


def _growth(name: str, scaled: int, share: int, index: int, rules: LendingRules) -> Growth:
    # The fewest scaled units by which the debt, as the venue rounds it, grows by at least the share.
    before = rules.debt_balance(scaled, index)
    added = mul_div_down(share, RAY, index)
    while (grown := rules.debt_balance(scaled + added, index) - before) < share:
        added += 1
    return Growth(name, share, added, grown)


def _lines(state: WaterfallState, asset: str, grown: Sequence[Growth], taken: int) -> tuple[Posting, ...]:
    # Rounding is below one unit a borrower; beyond that a scaled unit itself is coarse, and that is no dust.
    dust = sum(item.amount for item in grown) - taken
    small = min(dust, len(grown))
    return (
        *(Posting(item.account, asset, -item.amount, "debt", scaled=-item.scaled) for item in grown),
        Posting(deficit_of(asset), asset, taken),
        Posting(state.terms.dust_account, asset, small),
        Posting(surplus_of(asset), asset, dust - small),
    )


def _pool(state: WaterfallState, asset: str) -> Pool:
    return state.draft.pools.get(asset) or Pool(asset)
