"""Defaults on their way down the layers: who is asked, how much of, and what must hold after each answer.

Layers answer; here is the only place where an answer is carried out on the draft. Each is
checked before (`check`), and the funds again after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.loss import Absorption, Default, Move, Residual
from seawall.core.parties import deficit_of
from seawall.errors import require
from seawall.waterfall.close_out import Surplus, close_all
from seawall.waterfall.collateral import give_up_collateral
from seawall.waterfall.funds import Fund
from seawall.waterfall.layer import Layer, Spreading, WaterfallState, payment, surplus_of, together
from seawall.waterfall.lot_closing import LotClosing
from seawall.waterfall.residual import book_residual, stays_booked


@dataclass(slots=True)
class Descent:
    """Defaults on their way down; lists by default stand in the order the defaults came in.

    Attributes:
        rests: What is left of each.
        losses, taken, held: Loss of each at the start, and what layers took of it or hold of it so far.
        drawn: Of `taken`, what funds paid.
    """

    state: WaterfallState
    groups: tuple[tuple[Layer, ...], ...]
    rests: list[Default]
    absorptions: list[Absorption] = field(default_factory=list)
    residuals: list[Residual] = field(default_factory=list)
    surpluses: list[Surplus] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    losses: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    _first_group: list[int] = field(default_factory=list)

    def open(self) -> None:
        """Close every lot that costs nobody anything; what that brings beyond a loss is a surplus."""
        self.losses = [default.loss for default in self.rests]
        self.drawn = [0] * len(self.rests)
        self.taken = [0] * len(self.rests)
        self.held = [0] * len(self.rests)
        number_of = {layer.name: number for number, group in enumerate(self.groups) for layer in group}
        self._first_group = [number_of.get(item.after_layer, -1) + 1 for item in self.rests]
        for place, default in enumerate(self.rests):
            free = tuple(lot for lot in default.lots if lot.cost <= 0 or not default.loss)
            self.rests[place] = self._carry_out(*close_all(default, free))
            require(self.rests[place].loss == default.loss, f"closing changed the loss of {default.account}")
            self._keep_surplus(place)

    def ask(self, number: int) -> None:
        """Let one rank of layers absorb what it can of every default with a loss."""
        group = self.groups[number]
        asking = [place for place, first in enumerate(self._first_group) if first <= number]
        together_with: dict[tuple[str, str], list[int]] = {}
        for place in asking:
            rest = self.rests[place]
            if rest.loss:
                together_with.setdefault((rest.asset, rest.pool), []).append(place)
        for place in asking:
            rest = self.rests[place]
            layers = [layer for layer in group if layer.covers(rest)]
            if not layers or not rest.loss:
                continue
            if all(layer.spreads for layer in layers):
                self._ask_together(layers, together_with.pop((rest.asset, rest.pool), ()))
            else:
                self._ask_one(layers, place)

    def _ask_one(self, layers: Sequence[Layer], place: int) -> None:
        # Limits are fixed before anyone pays, so the order within the rank decides nothing.
        for layer, capacity, limit in self._limits(layers, self.rests[place]):
            rest = self.rests[place]
            if rest.loss and (limit or isinstance(layer, LotClosing)):
                answer = layer.absorb(self.state, rest, min(limit, rest.loss))
                check(answer, rest.loss, answer.rest.loss, capacity)
                self._accept(layer, answer, rest.cash_shortfall)
                self.rests[place] = answer.rest
                self.taken[place] += answer.taken
                self.held[place] += answer.held
                self.drawn[place] += answer.taken if isinstance(layer, Fund) and layer.is_venue_money else 0
                self._keep_surplus(place)

    def _ask_together(self, layers: Sequence[Layer], places: Sequence[int]) -> None:
        if not places:  # spread along with an earlier default
            return
        for layer, capacity, limit in self._limits(layers, together([self.rests[place] for place in places])):
            before = [self.rests[place] for place in places]
            loss = sum(rest.loss for rest in before)
            if loss and limit:
                answer, rests = cast(Spreading, layer).absorb_all(self.state, before, min(limit, loss))
                check(answer, loss, sum(rest.loss for rest in rests), capacity)
                self._accept(layer, answer, sum(rest.cash_shortfall for rest in before))
                for place, old, new in zip(places, before, rests, strict=True):
                    self.rests[place] = new
                    self.taken[place] += old.loss - new.loss
                    self._keep_surplus(place)

    def _limits(self, layers: Sequence[Layer], default: Default) -> list[tuple[Layer, int, int]]:
        # (layer, capacity, most it is asked to take): by capacity, to the unit, where they can bear more.
        capacities = [layer.capacity(self.state, default) for layer in layers]
        require(min(capacities, default=0) >= 0, f"a negative capacity among {capacities}")
        shares = capacities
        if sum(capacities) > default.loss:
            ties = tie_keys(self.state.event_id, [layer.name for layer in layers])
            shares = allocate_pro_rata(default.loss, capacities, tie_key=ties)
        return list(zip(layers, capacities, shares, strict=True))

    def _accept(self, layer: Layer, answer: Absorption, shortfall: int) -> None:
        deficit, asset = deficit_of(answer.rest.asset), answer.rest.asset
        booked = self.state.draft.cash(deficit, asset)
        self._carry_out(answer.moves, answer.rest)
        # An answer may add up and its moves say something else: a fund spent without lowering the loss.
        covered = self.state.draft.cash(deficit, asset) - booked
        told = shortfall - answer.rest.cash_shortfall - answer.held
        require(covered == told, f"layer {layer.name} pays {covered} into {deficit}, expected {told}")
        for asset, index in answer.index_changes.items():
            self.state.draft.set_supply_index(asset, index)
        self.state.draft.state.update(answer.state_changes)
        self.state.draft.pending.update({item.id: item for item in answer.pending})
        if answer.moves or answer.pending:
            self.absorptions.append(answer)
        if isinstance(layer, Fund) and answer.taken:
            account, asset = layer.account(answer.rest), layer.holds(answer.rest)
            floor, left = self.state.units(layer.terms.floor, asset), self.state.draft.cash(account, asset)
            require(left >= floor, f"layer {layer.name} leaves {left} in {account}, below its floor {floor}")

    def close(self) -> None:
        """Book what no layer took to its bearer."""
        layers = [layer for layer in self.state.terms.waterfall if layer.kind == "residual"]
        for place, rest in enumerate(self.rests):
            left = rest.loss
            require(
                self.taken[place] + self.held[place] + left == self.losses[place],
                f"layers took {self.taken[place]}, hold {self.held[place]} and left {left} "
                f"of a loss of {self.losses[place]}",
            )
            require(bool(left) or rest.is_settled, f"something of {rest.account} is neither borne nor booked")
            if left:
                residual, moves = book_residual(self.state, layers, rest)
                receiver = "" if stays_booked(residual.bearer) else residual.bearer
                moves = (*moves, *give_up_collateral(self.state, rest, receiver))
                self._carry_out(moves, rest)
                self.residuals.append(residual)

    def _keep_surplus(self, place: int) -> None:
        # Once nothing is left to bear, the remaining lots are closed and what that brings is kept.
        rest = self.rests[place]
        if rest.loss or rest.is_settled:
            return
        rest = self._carry_out(*close_all(rest))
        self._carry_out(give_up_collateral(self.state, rest), rest)
        amount = -rest.cash_shortfall
        self.rests[place] = replace(rest.after(0), collateral=None)
        if not amount:
            return
        receiver = next(
            (
                layer.terms.draws_on
                for group in self.groups
                for layer in group
                if isinstance(layer, Fund) and layer.takes_surplus and layer.covers(rest)
            ),
            surplus_of(rest.asset),
        )
        self.state.draft.post(
            "surplus",
            payment(deficit_of(rest.asset), rest.asset, amount, receiver),
            {
                "rule": "surplus to the first fund that takes it",
                "inputs": {"amount": amount, "account": receiver},
            },
        )
        self.surpluses.append(Surplus(rest.account, rest.asset, amount, receiver, rest.pool))

    def _carry_out(self, moves: Iterable[Move], rest: Default) -> Default:
        for move in moves:
            self.state.draft.carry_out(move)
        return rest


def check(answer: Absorption, loss: int, left: int, capacity: int) -> None:
    """Require what must hold for every absorption, before it is carried out.

    Args:
        loss: What there was to bear.
        left: What is left of it.
        capacity: What the layer said it could bear.

    Raises:
        InvariantError: Naming the layer and the numbers.
    """
    charged = sum(charge.amount for charge in answer.charges)
    name, taken, held = answer.layer, answer.taken, answer.held
    require(taken + held + left == loss, f"layer {name} took {taken}, holds {held} and left {left} of {loss}")
    require(
        taken >= 0 and held >= 0 and taken + held <= capacity,
        f"layer {name} took {taken} and holds {held}, expected 0 to its capacity {capacity}",
    )
    require(
        charged + answer.avoided == taken + answer.dust,
        f"charges of layer {name} sum to {charged}, expected {taken} taken + {answer.dust} dust - "
        f"{answer.avoided} avoided",
    )
    require(
        all(charge.amount > 0 for charge in answer.charges), f"layer {name} has a charge that is not positive"
    )
