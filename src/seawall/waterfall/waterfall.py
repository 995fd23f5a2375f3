"""The loss waterfall: ask the layers in order until nothing is left to bear, and book the rest.

    for each default, in a stated order:
        close what costs nobody anything
        for each rank: split the loss over its layers by capacity, let each absorb, check
        book what is left to its bearer; a surplus flows to a fund

Order of defaults: by time, then by sha256 of event, account, asset and pool, so neither the
row nor the name of an account decides who finds the fund full. Order of layers: by `rank`; a
layer without one stands right after the layer above it in the file; `after` is obeyed. Layers
of equal rank split a loss in proportion to their capacity, to the unit, by largest remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seawall.core.draft import Draft
from seawall.core.loss import Absorption, Charge, Default, Move, Posting, Residual
from seawall.core.market import Market
from seawall.core.terms import LayerTerms, Terms
from seawall.errors import require
from seawall.waterfall.allocate import allocate_pro_rata, tie_keys
from seawall.waterfall.close_out import Surplus, close_all
from seawall.waterfall.deleverage import Deleverage
from seawall.waterfall.funds import Fund, matched_gain
from seawall.waterfall.layer import BoundLayer, Layer, WaterfallState, deficit_of
from seawall.waterfall.mutualise import Mutualise
from seawall.waterfall.residual import book_residual

Progress = Callable[[str, int, int], None]

KINDS: dict[str, Callable[[LayerTerms], Layer]] = {
    "own_collateral": Fund,
    "penalty_reserve": Fund,
    "insurance_fund": Fund,
    "first_loss": Fund,
    "adl": Deleverage,
    "mutualise": Mutualise,
}


@dataclass(frozen=True, slots=True)
class WaterfallResult:
    """Who bore what.

    For each default: sum of `taken` + residual = loss; for each absorption: sum of charges +
    avoided = taken + dust. Both to the unit.

    Attributes:
        defaults: The defaults, in the order they were handled.
        absorptions: What each layer answered, in order; layers that bore nothing are left out.
        charges: All charges, in order.
        residuals: What no layer bore, with its bearer.
        surpluses: What close-outs brought beyond the loss, and who received it.
        extractions: By owner group: what funds paid for its failing accounts that its other
            accounts gained on the same contracts, per asset [minor units]; zeros left out.
    """

    defaults: tuple[Default, ...] = ()
    absorptions: tuple[Absorption, ...] = ()
    charges: tuple[Charge, ...] = ()
    residuals: tuple[Residual, ...] = ()
    surpluses: tuple[Surplus, ...] = ()
    extractions: dict[tuple[str, str], int] = field(default_factory=dict)

    def taken_by_layer(self) -> dict[tuple[str, str], int]:
        """Return what each layer took, by (layer, asset) [minor units]."""
        totals: dict[tuple[str, str], int] = {}
        for item in self.absorptions:
            key = (item.layer, item.rest.asset)
            totals[key] = totals.get(key, 0) + item.taken
        return totals


def bare_loss(asset: str, amount: int, pool: str = "", *, account: str = "loss") -> Default:
    """Return a loss without an account of ours behind it, for a waterfall used alone.

    The deficit account of the asset then shows what the layers paid towards it.

    >>> bare_loss("USDC", 100).loss
    100
    """
    return Default(account, asset, amount, pool=pool)


def build_layers(terms: Terms) -> tuple[tuple[Layer, ...], ...]:
    """Return the layers of a rulebook in groups of equal rank, first payers first, names sorted within.

    Residual layers are not among them: they take what is left, see `residual`.
    """
    key: dict[str, tuple[int, int]] = {}
    rank = -1
    for place, layer in enumerate(terms.waterfall):
        key[layer.name] = (rank, place) if layer.rank is None else (layer.rank, -1)
        rank = rank if layer.rank is None else layer.rank
    waiting = {layer.name: layer for layer in terms.waterfall if layer.kind != "residual"}
    groups = []
    while waiting:
        ready = [name for name, layer in waiting.items() if not waiting.keys() & set(layer.after)]
        require(bool(ready), "layers wait for each other: the terms were not validated")
        first = min(key[name] for name in ready)
        names = sorted(name for name in ready if key[name] == first)
        groups.append(tuple(KINDS[waiting[name].kind](waiting[name]) for name in names))
        for name in names:
            del waiting[name]
    return tuple(groups)


def run_waterfall(
    draft: Draft,
    market: Market,
    terms: Terms,
    defaults: Iterable[Default],
    *,
    event_id: str = "",
    seed: int = 0,
    progress: Progress | None = None,
) -> WaterfallResult:
    """Run defaults down the waterfall of a rulebook, posting to the draft.

    Args:
        draft: The book under resolution; funds and holders are read from it and charged in it.
        market: Marks, for layers that value positions.
        terms: The rulebook; only its waterfall, rules and dust account are used.
        defaults: What liquidation handed over, or `bare_loss`.
        event_id: Names the event: caps per event, ties and the ids of residuals hang on it.
        seed: For rules that draw lots.
        progress: Called as progress("absorb", done, total).

    Returns:
        Absorptions, charges, residuals and surpluses.

    Raises:
        UnsupportedFeature: An adl layer met lots in a book that is one side of a venue.
        InvariantError: A layer broke its promise: a bug, nothing is to be trusted.
    """
    ordered = in_order(defaults, event_id)
    groups = build_layers(terms)
    run = _Run(WaterfallState(draft, market, terms, event_id, seed))
    for number, default in enumerate(ordered):
        if progress:
            progress("absorb", number, len(ordered))
        run.handle(default, groups)
    return WaterfallResult(
        defaults=ordered,
        absorptions=tuple(run.absorptions),
        charges=tuple(charge for item in run.absorptions for charge in item.charges),
        residuals=tuple(run.residuals),
        surpluses=tuple(run.surpluses),
        extractions=dict(sorted(run.extractions.items())),
    )


def in_order(defaults: Iterable[Default], event_id: str) -> tuple[Default, ...]:
    """Return defaults in the order they are handled: by time, then by a hash that no one can choose."""
    items = list(defaults)
    ties = tie_keys(event_id, [f"{item.account}\0{item.asset}\0{item.pool}" for item in items])
    places = sorted(range(len(items)), key=lambda place: (items[place].as_of, ties[place]))
    return tuple(items[place] for place in places)


@dataclass(slots=True)
class _Run:
    # What accumulates while defaults run down the layers.
    state: WaterfallState
    absorptions: list[Absorption] = field(default_factory=list)
    residuals: list[Residual] = field(default_factory=list)
    surpluses: list[Surplus] = field(default_factory=list)
    extractions: dict[tuple[str, str], int] = field(default_factory=dict)

    def handle(self, default: Default, groups: Sequence[Sequence[Layer]]) -> None:
        loss, first = default.loss, len(self.absorptions)
        gain = matched_gain(self.state, default)
        rest = self.carry_out(*close_all(default, tuple(lot for lot in default.lots if lot.cost <= 0)))
        require(rest.loss == loss, f"closing without cost changed the loss of {default.account}")
        for group in groups:
            if rest.loss:
                rest = self.ask([layer for layer in group if layer.covers(rest)], rest)
        left = rest.loss
        if left:
            layers = [layer for layer in self.state.terms.waterfall if layer.kind == "residual"]
            residual, moves = book_residual(self.state, layers, rest)
            self.carry_out(moves, rest)
            self.residuals.append(residual)
        else:
            self.keep_surplus(self.carry_out(*close_all(rest)))
        taken = sum(item.taken for item in self.absorptions[first:])
        require(taken + left == loss, f"layers took {taken} and left {left} of a loss of {loss}")
        self.note_extraction(default, gain, self.absorptions[first:])

    def ask(self, layers: Sequence[Layer], default: Default) -> Default:
        # One rank: limits are fixed before anyone pays, so the order within the rank decides nothing.
        rest = default
        limits = self.limits(layers, default)
        for layer, (capacity, limit) in zip(layers, limits, strict=True):
            if not rest.loss or not (limit or rest.lots):
                continue
            answer = layer.absorb(self.state, rest, min(limit, rest.loss))
            check(answer, rest, capacity)
            for move in answer.moves:
                self.state.draft.carry_out(move)
            for asset, index in answer.index_changes.items():
                self.state.draft.set_supply_index(asset, index)
            self.state.draft.state.update(answer.state_changes)
            if answer.taken or answer.moves:
                self.absorptions.append(answer)
            self.check_floor(layer, answer)
            rest = answer.rest
        return rest

    def limits(self, layers: Sequence[Layer], default: Default) -> list[tuple[int, int]]:
        capacities = [layer.capacity(self.state, default) for layer in layers]
        require(min(capacities, default=0) >= 0, f"a negative capacity among {capacities}")
        if sum(capacities) <= default.loss:
            return [(capacity, capacity) for capacity in capacities]
        ties = tie_keys(self.state.event_id, [layer.name for layer in layers])
        return list(zip(capacities, allocate_pro_rata(default.loss, capacities, tie_key=ties), strict=True))

    def carry_out(self, moves: Iterable[Move], rest: Default) -> Default:
        for move in moves:
            self.state.draft.carry_out(move)
        return rest

    def keep_surplus(self, rest: Default) -> None:
        amount = -rest.cash_shortfall
        if not amount:
            return
        layers = (layer for group in build_layers(self.state.terms) for layer in group)
        receiver = next(
            (
                layer.terms.account
                for layer in layers
                if isinstance(layer, BoundLayer) and layer.terms.surplus and layer.terms.account and layer.covers(rest)
            ),
            f"surplus:{rest.asset}",
        )
        self.state.draft.post(
            "surplus",
            [Posting(deficit_of(rest.asset), rest.asset, -amount), Posting(receiver, rest.asset, amount)],
            {"rule": "surplus to the first layer that takes it", "inputs": {"amount": amount, "account": receiver}},
        )
        self.surpluses.append(Surplus(rest.account, rest.asset, amount, receiver, rest.pool))

    def check_floor(self, layer: Layer, answer: Absorption) -> None:
        if isinstance(layer, Fund) and answer.taken:
            account, asset = layer.account(answer.rest), answer.rest.asset
            floor = self.state.units(layer.terms.floor, asset)
            left = self.state.draft.cash(account, asset)
            require(left >= floor, f"layer {layer.name} leaves {left} in {account}, below its floor {floor}")

    def note_extraction(self, default: Default, gain: int, answers: Sequence[Absorption]) -> None:
        # What funds paid beyond the part of the loss that nobody in the owner's group gained.
        drawn = sum(item.taken for item in answers if item.kind in ("penalty_reserve", "insurance_fund", "first_loss"))
        amount = max(0, drawn - max(0, default.loss - gain))
        if amount:
            key = (self.state.owner_of(default.account), default.asset)
            self.extractions[key] = self.extractions.get(key, 0) + amount


def check(answer: Absorption, before: Default, capacity: int) -> None:
    """Require what must hold for every absorption, before it is carried out.

    Raises:
        InvariantError: Naming the layer and the numbers.
    """
    charged = sum(charge.amount for charge in answer.charges)
    name = answer.layer
    require(
        answer.taken + answer.rest.loss == before.loss,
        f"layer {name} took {answer.taken} and left {answer.rest.loss} of {before.loss}",
    )
    require(
        0 <= answer.taken <= capacity, f"layer {name} took {answer.taken}, expected 0 to its capacity {capacity}"
    )
    require(
        charged + answer.avoided == answer.taken + answer.dust,
        f"charges of layer {name} sum to {charged}, expected {answer.taken} taken + {answer.dust} dust - "
        f"{answer.avoided} avoided",
    )
    require(all(charge.amount > 0 for charge in answer.charges), f"layer {name} has a charge that is not positive")
