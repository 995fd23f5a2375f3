"""From a venue to the ground a storm runs over: policies as numbers, the waterfall as pots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.layers import CLOSING_KINDS, LayerBase, MutualiseTerms, RedistributionTerms, in_ranks
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import Problem, SeawallError, UnsupportedFeature
from seawall.rules import lending_rules
from seawall.simulation.bearers import Base, bearers_of, charged_by
from seawall.simulation.binding import NO_RULES
from seawall.simulation.kernels.absorb import ALONE, BY_COLLATERAL, BY_DEBT, Pots
from seawall.simulation.kernels.bearers import BY_SIZE, NOBODY, Bearers
from seawall.simulation.kernels.columns import DEBT
from seawall.simulation.kernels.rivals import Rivals
from seawall.simulation.kernels.state import CLOSE_FACTOR, FULL, TARGET_HEALTH, Venue
from seawall.simulation.rivals import closing_layer, no_rivals, rivals_of
from seawall.simulation.storm_book import StormBook
from seawall.simulation.totals import MICRO
from seawall.waterfall.layer import Layer, WaterfallState
from seawall.waterfall.waterfall import build_layers

__all__ = ["Waterfall", "venue_of", "waterfall_of"]

_SIZES = {"close_factor": CLOSE_FACTOR, "full": FULL, "target_health": TARGET_HEALTH}
_FUNDS = ("penalty_reserve", "fee_pool", "insurance_fund", "first_loss")
_TOUCH_NO_ACCOUNT = ("defaulter", "funds", "contributors", "outsiders", "nobody")
_HUGE = 10**30
_PLENTY = 2.0**60


def venue_of(market: Market, terms: Terms, *, step_s: float, epoch: int = 12, repeats: int = 8) -> Venue:
    """Return the policies of a rulebook as numbers.

    Args:
        epoch, repeats: See `kernels.walk.Venue`.

    Raises:
        UnsupportedFeature: A policy that the storm does not serve (`storm_policy`).
    """
    rules = lending_rules(terms.rules if terms.family == "lending" else NO_RULES)
    problems = []
    is_lending = terms.family == "lending"
    if terms.size.kind == "target_health" and is_lending and not hasattr(rules, "target_repay"):
        message = f"{terms.venue} sizes by target health, which the storm does not serve for it: choose full"
        problems.append(Problem("storm_policy", message, "size.kind"))
    if terms.size.toxic == "halt":
        message = "the storm makes every call that pays, toxic ones too: set toxic = allow"
        problems.append(Problem("storm_policy", message, "size.toxic"))
    if problems:
        raise UnsupportedFeature.of(problems)
    scale = 10.0**market.price_decimals
    return Venue(
        is_lending=terms.family == "lending",
        hands_over=terms.family == "lending" and terms.sale.kind == "hand_over",
        size=_SIZES[terms.size.kind],
        target_health=terms.size.target_health_bps * 1e14,
        recognises_empty=terms.recognition.kind != "never",
        needs_call=terms.recognition.needs_call,
        rounds_max=terms.rounds_max,
        price_scale=scale,
        value_scale=scale * float(rules.VALUE_UNIT),
        bonus_unit=float(rules.BONUS_UNIT),
        step_s=float(step_s),
        epoch=epoch,
        repeats=repeats,
    )


@dataclass(frozen=True, eq=False)
class Waterfall:
    """The layers of a rulebook as the storm knows them.

    Attributes:
        layers: Names, in the order they are asked.
        pots: What each can give.
        notes: What the storm leaves out, a sentence each.
    """

    layers: tuple[str, ...]
    pots: Pots
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Pot:
    layer: int
    covers: int = -1
    driver: int = -1
    worth: float = 1e-6
    start: float = 0.0
    most: float = _PLENTY
    by_fee: bool = False
    by_surplus: bool = False
    is_fund: bool = False
    deleverages: bool = False
    is_endless: bool = False
    is_residual: bool = False
    is_shared: bool = False
    is_pool: bool = False
    spreads: int = ALONE
    base: Base = field(default_factory=Base)


def waterfall_of(
    book: Book, market: Market, terms: Terms, storm: StormBook, driver_of: Mapping[str, int]
) -> Waterfall:
    """Return the waterfall as pots: what each layer could give at the start, spent as it goes.

    A fund has a pot for each asset it holds, which moves with that asset's price and is filled by fees
    and surpluses. The first layer that closes positions at a price the storm knows closes them; others of
    its kind count as if there were always somebody on the other side. Layers that charge accounts, share a
    loss or spread it hold nothing: accounts give what they then have. All others hold what their own rule
    says they could bear at the start.

    Args:
        storm: The book, laid out.
        driver_of: Number of the market that moves each asset.
    """
    ranks = in_ranks(terms.waterfall)
    named = [layer for group in ranks for layer in group]
    bound = {layer.name: layer for group in build_layers(terms) for layer in group}
    state = WaterfallState(Draft(book), market, terms, Event("storm"))
    notes: list[str] = []
    pots: list[_Pot] = []
    closing = closing_layer(terms)
    pot_of_closing = -1
    for number, layer in enumerate(named):
        cap = _PLENTY if layer.cap_per_event is None else float(layer.cap_per_event)
        if layer.kind == "residual":
            pots.append(_Pot(number, is_endless=True, is_residual=True))
            continue
        if layer.kind in CLOSING_KINDS:
            if layer is closing:
                pot_of_closing = len(pots)
            elif terms.family == "exchange":
                notes.append(
                    f"the positions that layer {layer.name} would close stay: it is counted in money"
                )
            if terms.family == "exchange":
                most, of_cap = _closing_cap(layer, bound[layer.name], book, market)
                notes += of_cap
                pots.append(_Pot(number, most=most, is_endless=True, deleverages=True))
            continue
        if layer.kind == "own_collateral":
            continue  # a close-out takes all of an account; what is left over is no loss
        if isinstance(layer, RedistributionTerms) and _is_spread(layer, terms):
            pots += _spreading(layer, number, storm, book, market, driver_of)
            if terms.sale.kind == "hand_over":
                said = "spreads are not told apart afterwards: what is handed over again counts again"
                notes.append(f"debts that layer {layer.name} {said}")
            continue
        by = charged_by(layer, terms)
        waits = closing is None or pot_of_closing >= 0
        if by != NOBODY and (waits or by != BY_SIZE):
            notes += _unshared(layer)
            if by == BY_SIZE and any(pot.base.waits for pot in pots) and _has_many_of_a_pool(book):
                notes.append(
                    f"layer {layer.name} goes by all contracts that a loss came from, also those that layers "
                    "above it which charge accounts have paid for"
                )
            pots += _charged(
                layer, bound[layer.name], by, number, book, market, storm, driver_of, waits=waits
            )
            continue
        notes += _unshared(layer)
        found = _pots_of(bound[layer.name], state, number, storm.quantum.tolist(), driver_of, notes)
        is_shared = isinstance(layer, MutualiseTerms) and layer.over == "supply_index"
        if not (is_shared or layer.borne_by in _TOUCH_NO_ACCOUNT or _is_cash(layer, terms)):
            notes.append(f"what layer {layer.name} charges to accounts changes nobody's health")
        for pot in found:
            pot.is_shared = is_shared
            pot.is_fund = layer.kind in _FUNDS
            pot.is_pool = layer.kind == "stability_pool" and terms.sale.kind == "hand_over"
            pot.by_fee = pot.is_fund and layer.draws_on == terms.split.fee_account
            pot.by_surplus = pot.is_fund and bool(getattr(layer, "surplus", False))
            if layer.cap_per_event is not None:
                pot.most = cap * _price(market, book.assets[pot.covers].id if pot.covers >= 0 else "") * MICRO
        pots += found
    rivals = (
        rivals_of(storm, book, market, terms, pot_of_closing) if terms.family == "exchange" else no_rivals()
    )
    bearers = bearers_of(storm, book, [pot.base for pot in pots])
    return Waterfall(tuple(layer.name for layer in named), _columns(pots, rivals, bearers), tuple(notes))


def _has_many_of_a_pool(book: Book) -> bool:
    pools = [(item.pool, item.settle_asset) for item in book.instruments]
    return len(set(pools)) < len(pools)


def _closing_cap(layer: LayerBase, bound: Layer, book: Book, market: Market) -> tuple[float, list[str]]:
    # [millionths], and a note where it is not what a resolve would hold it to: a cap in each asset.
    if layer.cap_per_event is None:
        return _PLENTY, []
    settled = [(item.settle_asset, item.pool) for item in book.instruments]
    losses = [Default("storm", asset, 1, as_of=book.as_of, pool=pool) for asset, pool in settled]
    assets = sorted({loss.asset for loss in losses if bound.covers(loss)})
    if len(assets) < 2:
        return float(layer.cap_per_event) * _price(market, assets[0] if assets else "") * MICRO, []
    said = "is one for all its losses together, in base currency: it covers"
    return float(layer.cap_per_event) * MICRO, [f"the cap of layer {layer.name} {said} {', '.join(assets)}"]


def _unshared(layer: LayerBase) -> list[str]:
    part = layer.share_bps / BPS
    return (
        [f"layer {layer.name} takes up to {part:.0%} of each loss, and is asked for all"] if part < 1 else []
    )


def _is_cash(layer: LayerBase, terms: Terms) -> bool:
    # Cash of a lending account secures nothing: who pays out of it is as healthy as before.
    return terms.family == "lending" and layer.kind in ("clawback", "mutualise", "recovery_claims")


def _charged(
    layer: LayerBase,
    bound: Layer,
    by: int,
    number: int,
    book: Book,
    market: Market,
    storm: StormBook,
    driver_of: Mapping[str, int],
    *,
    waits: bool,
) -> list[_Pot]:
    # One for each asset, which holds nothing itself: what it can give is what accounts then have.
    cap = _PLENTY if layer.cap_per_event is None else float(layer.cap_per_event)
    pools = ("", *sorted({item.pool for item in book.instruments}))
    found = []
    for row, asset in enumerate(book.assets):
        losses = [Default("storm", asset.id, _HUGE, as_of=book.as_of, pool=pool) for pool in pools]
        if not any(bound.covers(loss) for loss in losses):
            continue
        price = _price(market, asset.id)
        found.append(
            _Pot(
                number,
                covers=row,
                driver=driver_of.get(asset.id, -1),
                worth=price / asset.unit * float(storm.quantum[row]),
                most=_PLENTY if layer.cap_per_event is None else cap * price * MICRO,
                base=Base(by, tuple(getattr(layer, "members", ())), layer.pools, waits),
            )
        )
    return found


def _is_spread(layer: RedistributionTerms, terms: Terms) -> bool:
    # One that takes all there is, of whatever is lent: else it is counted as others are.
    return terms.family == "lending" and layer.cap_per_event is None and layer.share_bps == BPS


def _spreading(
    layer: RedistributionTerms,
    number: int,
    storm: StormBook,
    book: Book,
    market: Market,
    driver_of: Mapping[str, int],
) -> list[_Pot]:
    # One for each asset that is owed, without end: who owes it is asked when it comes to that.
    item = storm.codes.item
    by = BY_COLLATERAL if layer.by == "collateral" else BY_DEBT
    return [
        _Pot(
            number,
            covers=row,
            driver=driver_of.get(book.assets[row].id, -1),
            worth=_worth(market, book, row, float(storm.quantum[row])),
            is_endless=True,
            spreads=by,
        )
        for row in np.unique(item.asset[item.kind == DEBT]).tolist()
        if _meets(layer, book.assets[row].id)
    ]


def _meets(layer: RedistributionTerms, asset: str) -> bool:
    return (not layer.assets or asset in layer.assets) and (not layer.pools or asset in layer.pools)


def _pots_of(
    layer: Layer,
    state: WaterfallState,
    number: int,
    quantum: Sequence[float],
    driver_of: Mapping[str, int],
    notes: list[str],
) -> list[_Pot]:
    # What the layer's own rule says it could bear of a huge loss in each asset.
    book, market = state.draft.book, state.market
    held_in = getattr(getattr(layer, "terms", None), "holds", "")
    found: list[_Pot] = []
    # What is held in another asset is sold at its haircut: losses in that asset itself come last, at none.
    for row, asset in sorted(enumerate(book.assets), key=lambda each: each[1].id == held_in):
        pools = ("", asset.id, *sorted({item.pool for item in book.instruments}))
        losses = [
            Default("storm", asset.id, _HUGE, as_of=book.as_of, pool=pool, bucket="debt") for pool in pools
        ]
        loss = next((each for each in losses if layer.covers(each)), None)
        if loss is None:
            continue
        try:
            capacity = layer.capacity(state, loss)
        except SeawallError as error:
            notes.append(f"layer {layer.name} is left out: {error}")
            return []
        price = _price(market, asset.id)
        if held_in:
            worth = min(capacity, _HUGE - 1) / asset.unit * price
            best = found[0] if found else None
            if best is None:
                found.append(_Pot(number, driver=driver_of.get(held_in, -1), start=worth * MICRO))
            elif asset.id != held_in:
                best.start = max(best.start, worth * MICRO)
        elif capacity or getattr(getattr(layer, "terms", None), "surplus", False) or layer.kind in _FUNDS:
            found.append(
                _Pot(
                    number,
                    covers=row,
                    driver=driver_of.get(asset.id, -1),
                    worth=_worth(market, book, row, quantum[row]),
                    start=float(np.floor(min(capacity, _HUGE) / quantum[row])),
                )
            )
    if not found:
        notes.append(f"layer {layer.name} has nothing to give at the start")
    elif getattr(getattr(layer, "terms", None), "pools", ()):
        notes.append(f"layer {layer.name} is bound to pools and is asked for losses of all")
    return found


def _worth(market: Market, book: Book, row: int, quantum: float) -> float:
    asset = book.assets[row]
    return _price(market, asset.id) / asset.unit * quantum


def _price(market: Market, asset: str) -> float:
    price = market.price(asset) if asset else 10**market.price_decimals
    return (price or 0) / 10.0**market.price_decimals


def _columns(pots: list[_Pot], rivals: Rivals, bearers: Bearers) -> Pots:
    return Pots(
        layer=np.array([pot.layer for pot in pots], dtype=np.int32),
        covers=np.array([pot.covers for pot in pots], dtype=np.int32),
        driver=np.array([pot.driver for pot in pots], dtype=np.int32),
        worth=np.array([pot.worth for pot in pots], dtype=np.float64),
        start=np.array([pot.start for pot in pots], dtype=np.float64),
        most=np.array([pot.most for pot in pots], dtype=np.float64),
        fills_by_fee=np.array([pot.by_fee for pot in pots], dtype=np.bool_),
        fills_by_surplus=np.array([pot.by_surplus for pot in pots], dtype=np.bool_),
        is_fund=np.array([pot.is_fund for pot in pots], dtype=np.bool_),
        deleverages=np.array([pot.deleverages for pot in pots], dtype=np.bool_),
        is_endless=np.array([pot.is_endless for pot in pots], dtype=np.bool_),
        is_residual=np.array([pot.is_residual for pot in pots], dtype=np.bool_),
        is_shared=np.array([pot.is_shared for pot in pots], dtype=np.bool_),
        is_pool=np.array([pot.is_pool for pot in pots], dtype=np.bool_),
        spreads=np.array([pot.spreads for pot in pots], dtype=np.int8),
        rivals=rivals,
        bearers=bearers,
    )
