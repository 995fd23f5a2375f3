"""The loss waterfall: ask the layers in order until nothing is left to bear, and book the rest.

    settle what layers hold since earlier events
    close what costs nobody anything; what it brings beyond a loss flows to a fund
    for each rank of layers, first payers first:
        for each default with a loss, in a stated order:
            split the loss over the rank by capacity, let each layer absorb, check, carry out
    book what is left to its bearer

All defaults pass one rank before any reaches the next, so nobody is deleveraged while the
fund above can pay. Order of defaults: by time, then by sha256 of event, account, asset and
pool: neither the row nor the name of an account decides who finds the fund full. Order of
layers: by `rank`; a layer without one stands right after the layer above it in the file;
`after` is obeyed. Layers of equal rank split a loss in proportion to their capacity, to the
unit, by largest remainder. Where holders are charged, all losses of one asset and pool are
spread at once: one charge per holder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.allocation.proportional import tie_keys
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.layers import in_ranks
from seawall.core.loss import Absorption, Charge, Default, Pending, Residual, Settlement
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import UnsupportedFeature
from seawall.waterfall.assessment import Assessment
from seawall.waterfall.backstop_provider import BackstopProvider
from seawall.waterfall.clawback import Clawback
from seawall.waterfall.close_out import Surplus
from seawall.waterfall.debt_auction import DebtAuction
from seawall.waterfall.deleverage import Deleverage
from seawall.waterfall.descent import Descent
from seawall.waterfall.funds import Fund
from seawall.waterfall.gains_haircut import GainsHaircut
from seawall.waterfall.halt import Halt
from seawall.waterfall.layer import Layer, WaterfallState, key_of
from seawall.waterfall.mutual_fund import MutualFund
from seawall.waterfall.mutualise import Mutualise
from seawall.waterfall.recovery_claims import RecoveryClaims
from seawall.waterfall.redistribution import Redistribution
from seawall.waterfall.residual import check_bearers
from seawall.waterfall.self_dealing import extractions, matched_gains
from seawall.waterfall.settle import settle_pending
from seawall.waterfall.stability_pool import StabilityPool
from seawall.waterfall.staked_backstop import StakedBackstop
from seawall.waterfall.tear_up import TearUp
from seawall.waterfall.withdrawal_tax import WithdrawalTax

Progress = Callable[[str, int, int], None]

LayerKinds = Mapping[str, Callable[[Any], Layer]]
KINDS: LayerKinds = {
    "own_collateral": Fund,
    "penalty_reserve": Fund,
    "fee_pool": Fund,
    "insurance_fund": Fund,
    "first_loss": Fund,
    "mutual_fund": MutualFund,
    "tranche": MutualFund,
    "assessment": Assessment,
    "staked_backstop": StakedBackstop,
    "stability_pool": StabilityPool,
    "adl": Deleverage,
    "tear_up": TearUp,
    "backstop_provider": BackstopProvider,
    "mutualise": Mutualise,
    "gains_haircut": GainsHaircut,
    "clawback": Clawback,
    "debt_auction": DebtAuction,
    "halt": Halt,
    "withdrawal_tax": WithdrawalTax,
    "recovery_claims": RecoveryClaims,
    "redistribution": Redistribution,
}


@dataclass(frozen=True, slots=True)
class WaterfallResult:
    """Who bore what.

    For each default: sum of `taken` (its `parts` where several were spread at once) + pending +
    residual = loss; for each absorption: sum of charges + avoided = taken + dust. Both to the unit.

    Attributes:
        defaults: The defaults, in the order they were handled.
        absorptions: What each layer answered, in order; layers that bore nothing are left out.
        charges: All charges, in order.
        residuals: What no layer bore, with its bearer.
        settlements: What became of losses held since earlier events; what failed is among the defaults.
        pending: What layers hold now, old and new, in id order.
        surpluses: What close-outs brought beyond the loss, and who received it.
        extractions: By owner group: what funds paid for its failing accounts that its other
            accounts gained on the same contracts, per asset [minor units]; zeros left out.
    """

    defaults: tuple[Default, ...] = ()
    absorptions: tuple[Absorption, ...] = ()
    charges: tuple[Charge, ...] = ()
    residuals: tuple[Residual, ...] = ()
    surpluses: tuple[Surplus, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    pending: tuple[Pending, ...] = ()
    extractions: Mapping[tuple[str, str], int] = field(default_factory=dict)

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


def build_layers(terms: Terms, kinds: LayerKinds = KINDS) -> tuple[tuple[Layer, ...], ...]:
    """Return the layers of a rulebook, bound, in the order they are asked; see `in_ranks`.

    Raises:
        UnsupportedFeature: A kind that none of `kinds` serves.
    """
    ranks = in_ranks(terms.waterfall)
    unknown = sorted({layer.kind for group in ranks for layer in group} - set(kinds))
    if unknown:
        raise UnsupportedFeature(
            f"no class for layers of kind {', '.join(unknown)}: pass kinds={{**KINDS, {unknown[0]!r}: ...}}",
            code="unknown_layer_kind",
        )
    return tuple(tuple(kinds[layer.kind](layer) for layer in group) for group in ranks)


def run_waterfall(
    draft: Draft,
    market: Market,
    terms: Terms,
    defaults: Iterable[Default],
    *,
    event: Event,
    kinds: LayerKinds = KINDS,
    progress: Progress | None = None,
) -> WaterfallResult:
    """Run defaults down the waterfall of a rulebook, posting to the draft.

    Args:
        draft: The book under resolution; funds and holders are read from it and charged in it.
        market: Marks, for layers that value positions.
        terms: The rulebook; only its waterfall, rules and dust account are used.
        defaults: What liquidation handed over, or `bare_loss`.
        event: Its id names caps per event, ties and residuals; its time settles what was held.
        kinds: Class of each kind of layer, for those who add their own.
        progress: Called as progress("absorb", ranks done, ranks).

    Returns:
        Absorptions, charges, residuals, surpluses and what is pending.

    Raises:
        UnsupportedFeature: An adl layer met lots in a book that is one side of a venue.
        InvalidTerms: The residual is to be borne by an account that may not go below zero.
        InvariantError: A layer broke its promise: a bug, nothing is to be trusted.
    """
    groups = build_layers(terms, kinds)
    check_bearers(draft.book, terms)
    state = WaterfallState(draft, market, terms, event)
    settlements, resumed = settle_pending(state, (layer for group in groups for layer in group))
    ordered = in_order([*defaults, *resumed], event.id)
    state = replace(state, matched=matched_gains(state, ordered))
    descent = Descent(state, groups, list(ordered))
    descent.open()
    for number in range(len(groups)):
        if progress:
            progress("absorb", number, len(groups))
        descent.ask(number)
    descent.close()
    return WaterfallResult(
        defaults=ordered,
        absorptions=tuple(descent.absorptions),
        charges=tuple(charge for item in descent.absorptions for charge in item.charges),
        residuals=tuple(descent.residuals),
        surpluses=tuple(descent.surpluses),
        settlements=settlements,
        pending=tuple(item for _, item in sorted(draft.pending.items())),
        extractions=extractions(state, ordered, descent.drawn),
    )


def in_order(defaults: Iterable[Default], event_id: str) -> tuple[Default, ...]:
    """Return defaults in the order they are handled: by time, then by a hash that no one can choose."""
    items = list(defaults)
    ties = tie_keys(event_id, [key_of(item) for item in items])
    places = sorted(range(len(items)), key=lambda place: (items[place].as_of, ties[place]))
    return tuple(items[place] for place in places)
