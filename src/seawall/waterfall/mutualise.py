"""Layers that spread a loss over current holders: a supply index, cash balances, or contracts.

    supply_index  index  = floor((claims - loss) / scaled claims), lowered until claims fall by the loss
    cash          charge = loss * cash / sum of cash         largest remainder
    per_unit      charge = min(cash, size * rate), up        one rate for both sides

* `supply_index`: one index falls, every supplier's balance with it. The index is rounded
  down until the claims fall by at least the loss, each balance by the venue's own rounding;
  what falls beyond the loss is dust. The index stays at least 1.
* `cash`: pro rata on positive cash, exact, nobody beyond its balance. With `members` only
  those contribute: a mutual default fund.
* `per_unit`: both sides of the contracts pay the same per unit of size, charges rounded up,
  nobody beyond its positive cash (an account whose cash is all in open profit pays nothing); what is
  collected beyond the loss is dust.

Source: Morpho Blue, Morpho.sol `liquidate`, and Drift v2 `resolve_spot_bankruptcy` (supply_index); Drift v2
`resolve_perp_bankruptcy` and Mango v4, perp_market.rs `socialize_loss` (per_unit).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from seawall.allocation.proportional import allocate_per_unit, allocate_pro_rata, tie_keys
from seawall.core.book import RAY
from seawall.core.layers import MutualiseTerms
from seawall.core.loss import Absorption, Bucket, Charge, Default, Move, Posting, Working
from seawall.core.parties import deficit_of
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.risk.exchange import position_worth
from seawall.rules import LendingRules, lending_rules
from seawall.waterfall.layer import BoundLayer, WaterfallState, surplus_of, together
from seawall.waterfall.relief import relieve

BREAKS: Mapping[str, Mapping[str, str]] = {
    "supply_index": {
        "S1": "balances are rounded by the venue: the charges exceed the loss, the rest is dust",
        "S8": "an index rounded twice costs each holder up to a unit more than once",
    },
    "cash": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
    },
    "per_unit": {
        "S4": "size decides, not the balance: a larger balance with fewer contracts pays less",
    },
}


@dataclass(frozen=True, slots=True)
class Spread:
    """Who would pay how much: charges in id order, and what they collect beyond the loss."""

    names: Sequence[str]
    charges: Sequence[int]
    inputs: Mapping[str, object]
    formula: str
    rounding: str
    index: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mutualise(BoundLayer[MutualiseTerms]):
    """Charges current holders: kind mutualise, over supply_index, cash or per_unit."""

    spreads: ClassVar[bool] = True

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return what the holders can bear, within the cap per event and the share of the loss."""
        return self.share(default, self.cap_left(state, default, self._bearable(state, default)))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Close the lots that the holders can bear, and charge them in cash or claims."""
        return self.absorb_all(state, [default], limit)[0]

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Spread several losses of one asset and pool at once: one charge per holder.

        Returns:
            The answer, its `rest` being what is left of all together and its `parts` what was
            taken off each; and what is left of each.
        """
        whole = together(defaults)
        if limit is None:
            limit = self.capacity(state, whole)
        budget = min(limit, self.cap_left(state, whole, self._bearable(state, whole)), whole.loss)
        relief = relieve(state, defaults, budget)
        taken = relief.taken
        if not taken:
            return self.nothing(whole, "no holder can bear any of it"), tuple(defaults)
        spread = self._spread(state, whole, taken)
        dust = sum(spread.charges) - taken
        working = self.working(
            f"spread over {self.terms.over}",
            {
                "loss": whole.loss,
                "limit": limit,
                "taken": taken,
                "defaults": len(defaults),
                "payers": sum(1 for charge in spread.charges if charge),
                "dust": dust,
                **spread.inputs,
            },
            spread.formula,
            spread.rounding,
        )
        charged = self._move(state, whole.asset, spread, taken, dust, working)
        answer = Absorption(
            layer=self.name,
            kind=self.kind,
            taken=taken,
            charges=tuple(
                Charge(name, whole.asset, charge, self.name, whole.account, f"share by {self.terms.over}")
                for name, charge in zip(spread.names, spread.charges, strict=True)
                if charge
            ),
            rest=together(relief.rests),
            moves=(*relief.closings, charged),
            dust=dust,
            lots_closed=relief.closed,
            parts=relief.parts,
            index_changes=spread.index,
            state_changes=self.use(state, whole, taken),
            working=working,
        )
        return answer, relief.rests

    def _move(
        self, state: WaterfallState, asset: str, spread: Spread, taken: int, dust: int, working: Working
    ) -> Move:
        bucket: Bucket = "supply" if self.terms.over == "supply_index" else "cash"
        lines = [
            Posting(name, asset, -charge, bucket)
            for name, charge in zip(spread.names, spread.charges, strict=True)
            if charge
        ]
        # Rounding is below one unit a payer. Beyond that the index itself is coarse (claims above RAY), and
        # that part is no dust: it goes to the venue's surplus.
        small = min(dust, len(lines))
        lines.append(Posting(deficit_of(asset), asset, taken))
        lines += [Posting(state.terms.dust_account, asset, small)] if small else []
        lines += [Posting(surplus_of(asset), asset, dust - small)] if dust > small else []
        return Move(f"mutualise:{self.terms.over}", tuple(lines), working)

    def _bearable(self, state: WaterfallState, default: Default) -> int:
        if self.terms.over == "supply_index":
            return _claims_bearable(state, default.asset)
        if self.terms.over == "cash":
            return sum(balance for _, balance in self._contributors(state, default.asset))
        return sum(cap for _, _, cap in self._contracts(state, default))

    def _spread(self, state: WaterfallState, default: Default, loss: int) -> Spread:
        if self.terms.over == "supply_index":
            return _spread_over_index(state, default.asset, loss)
        if self.terms.over == "cash":
            return _spread_over_cash(state, self._contributors(state, default.asset), loss)
        return _spread_per_unit(self._contracts(state, default), loss)

    def _contributors(self, state: WaterfallState, asset: str) -> list[tuple[str, int]]:
        if self.terms.members:
            held = [(name, state.draft.cash(name, asset)) for name in sorted(self.terms.members)]
        else:
            held = [item for item in state.draft.holders(asset, "cash") if state.kind_of(item[0]) == "user"]
        return [(name, balance) for name, balance in held if balance > 0]

    def _contracts(self, state: WaterfallState, default: Default) -> list[tuple[str, int, int]]:
        # (account, size over both sides, positive cash): contracts of the lots, else of the pool.
        size: dict[str, int] = {}
        for instrument, weight in _instruments(state, default):
            for name, position in state.draft.positions_on(instrument):
                if state.kind_of(name) == "user" and name != default.account:
                    size[name] = size.get(name, 0) + abs(position.quantity) * weight
        members = set(self.terms.members) or size.keys()
        cash = {name: max(0, state.draft.cash(name, default.asset)) for name in size if name in members}
        return [(name, size[name], cash[name]) for name in sorted(cash) if cash[name]]


def _instruments(state: WaterfallState, default: Default) -> Iterator[tuple[str, int]]:
    # Several contracts have no common unit of size: each counts by the value of one unit at the mark.
    names = sorted({lot.instrument for lot in default.lots})
    if not names:
        names = [
            item.id
            for item in state.draft.book.instruments
            if item.pool == default.pool and item.settle_asset == default.asset
        ]
    if len(names) == 1:
        yield names[0], 1
        return
    for name in names:
        mark = state.market.mark(name)
        if mark:
            yield name, abs(position_worth(state.instrument(name), 1, mark, state.market, state.terms))


def _claims(state: WaterfallState, asset: str, index: int, rules: LendingRules) -> list[tuple[str, int, int]]:
    # (account, scaled, balance at `index`) of every supplier.
    return [
        (name, scaled, rules.supply_balance(scaled, index))
        for name, scaled in state.draft.holders(asset, "supply")
        if scaled > 0
    ]


def _claims_bearable(state: WaterfallState, asset: str) -> int:
    if asset not in state.draft.pools:
        return 0
    rules = lending_rules(state.terms.rules)
    now = _claims(state, asset, state.draft.pools[asset].supply_index, rules)
    return sum(balance - rules.supply_balance(scaled, 1) for _, scaled, balance in now)


def _spread_over_index(state: WaterfallState, asset: str, loss: int) -> Spread:
    rules = lending_rules(state.terms.rules)
    index = state.draft.pools[asset].supply_index
    holders = _claims(state, asset, index, rules)
    scaled = sum(item for _, item, _ in holders)
    claims = sum(balance for _, _, balance in holders)
    lowered = max(1, min(index, mul_div_down(claims - loss, RAY, scaled)))
    while True:
        charges = [balance - rules.supply_balance(item, lowered) for _, item, balance in holders]
        missing = loss - sum(charges)
        if missing <= 0:
            break
        # Balances rounded half-up fall less than the index: lower it by what is missing, at least one step.
        lowered = max(1, lowered - mul_div_up(missing, RAY, scaled))
    return Spread(
        [name for name, _, _ in holders],
        charges,
        {"claims": claims, "index_before": index, "index_after": lowered},
        "index = floor((claims - loss) * RAY / scaled claims), lowered until claims fall by the loss",
        f"index down; each balance by {state.terms.rules} supply_balance",
        {asset: lowered},
    )


def _spread_over_cash(state: WaterfallState, held: Sequence[tuple[str, int]], loss: int) -> Spread:
    names = [name for name, _ in held]
    balances = [balance for _, balance in held]
    return Spread(
        names,
        allocate_pro_rata(loss, balances, tie_key=tie_keys(state.event_id, names)),
        {"balances": sum(balances)},
        "loss * balance / sum of balances",
        "largest remainder, ties by sha256 of event and account",
    )


def _spread_per_unit(held: Sequence[tuple[str, int, int]], loss: int) -> Spread:
    sizes = [size for _, size, _ in held]
    return Spread(
        [name for name, _, _ in held],
        allocate_per_unit(loss, sizes, [cap for _, _, cap in held]),
        {"size": sum(sizes)},
        "min(cash, size * rate), one rate for both sides",
        "the rate is exact, charges up; what is collected beyond the loss is dust",
    )
