"""Take over a failing margin account: orders first, then every position, leaving it with nothing.

The account's equity is split over its positions by their share of the requirement, so
the takeover values and its cash add up to zero exactly. The engine then holds the
positions; closing them worse than takeover is the loss, better is a surplus. Isolated
accounts are rows of their own, hedge legs positions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seawall.core.book import Account, Book, Position
from seawall.core.draft import Draft
from seawall.core.loss import Default, Lots, Posting
from seawall.core.market import Market
from seawall.core.parties import CONVERSION, ENGINE, deficit_of, funding_of
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import require
from seawall.liquidation.reduce import Reduction, reduce_account
from seawall.liquidation.sale import Desk
from seawall.risk.exchange import VALUE_DECIMALS, exchange_health, funding_due, position_worth
from seawall.risk.health import Health, Line
from seawall.rules import perpetual_rules


@dataclass(frozen=True, slots=True)
class Takeover:
    """What the engine took over from one account.

    Attributes:
        orders_cancelled: Open orders removed first; it may have been enough (then `lots` is empty).
        reductions: What was closed in the market before, under a target-health policy.
        equity: Equity surrendered per settle asset [minor units]; negative is the shortfall.
        lots: Positions taken, per settle asset.
        defaults: What is handed to the waterfall; one per settle asset and pool.
    """

    account: str
    orders_cancelled: int
    reductions: tuple[Reduction, ...] = ()
    equity: dict[str, int] = field(default_factory=dict)
    lots: dict[str, tuple[Lots, ...]] = field(default_factory=dict)
    defaults: tuple[Default, ...] = ()

    @property
    def is_restored(self) -> bool:
        """Whether cancelling orders or reducing was enough."""
        return not self.lots and not self.defaults


def take_over(draft: Draft, market: Market, terms: Terms, desk: Desk, name: str) -> Takeover:
    """Cancel orders; if the account still fails, take its positions and its cash.

    Source: dYdX v4 bankruptcy price (equity split by maintenance requirement).
    """
    cancelled = len(draft.cancel_orders(name))
    health = exchange_health(draft.account(name), draft.book, market, terms)
    if not health.is_liquidatable:
        return Takeover(name, cancelled)
    _settle_funding(draft, name)
    reductions: tuple[Reduction, ...] = ()
    if terms.size.kind == "target_health":
        reductions = reduce_account(draft, market, terms, desk, name)
    health = exchange_health(draft.account(name), draft.book, market, terms)
    if not health.is_liquidatable:
        return Takeover(name, cancelled, reductions=reductions)
    settle_assets = _settle_assets(draft.account(name), draft.book)
    if not settle_assets:
        defaults = _cash_defaults(draft, market, name)
        return Takeover(name, cancelled, reductions=reductions, defaults=defaults)
    _convert(draft, market, terms, health, settle_assets)
    equity: dict[str, int] = {}
    lots: dict[str, tuple[Lots, ...]] = {}
    found: list[Default] = []
    for asset in settle_assets:
        equity[asset], lots[asset] = _take_asset(draft, market, terms, desk, health, name, asset)
        found += _defaults(draft.book, name, asset, lots[asset], market.as_of)
    found += _cash_defaults(draft, market, name)
    return Takeover(name, cancelled, reductions, equity, lots, tuple(found))


def _settle_assets(account: Account, book: Book) -> list[str]:
    return sorted({book.instrument(item.instrument).settle_asset for item in account.positions})


def _settle_funding(draft: Draft, name: str) -> None:
    for position in draft.account(name).positions:
        instrument = draft.book.instrument(position.instrument)
        asset = draft.book.asset(instrument.settle_asset)
        due = mul_div_up(funding_due(instrument, position), 1, 10 ** (VALUE_DECIMALS - asset.decimals))
        if due:
            draft.post(
                "funding",
                [Posting(name, asset.id, -due), Posting(funding_of(instrument.id), asset.id, due)],
                {
                    "rule": "funding",
                    "inputs": {"quantity": position.quantity, "index": instrument.funding_index},
                },
            )
        draft.settle_funding(name, position.instrument, position.leg, instrument.funding_index)


def _cash_defaults(draft: Draft, market: Market, name: str) -> tuple[Default, ...]:
    # Positive cash covers negative cash, the largest debt first; what is still owed is a default per asset.
    def worth(asset: str) -> int:
        scale: int = 10 ** (VALUE_DECIMALS - draft.book.asset(asset).decimals)
        return draft.cash(name, asset) * (market.price(asset) or 0) * scale

    owed = sorted(
        (item.asset for item in draft.account(name).balances if item.scaled < 0), key=lambda a: (worth(a), a)
    )
    for asset in owed:
        for other in draft.account(name).balances:
            if other.scaled > 0 and draft.cash(name, asset) < 0 and market.price(asset):
                _exchange(draft, market, name, other.asset, asset, other.scaled, 0)
    return tuple(
        _recognise_cash(draft, market, name, asset) for asset in sorted(owed) if draft.cash(name, asset) < 0
    )


def _recognise_cash(draft: Draft, market: Market, name: str, asset: str) -> Default:
    short = -draft.cash(name, asset)
    draft.post("recognise", [Posting(name, asset, short), Posting(deficit_of(asset), asset, -short)])
    return Default(name, asset, short, as_of=market.as_of)


def _convert(draft: Draft, market: Market, terms: Terms, health: Health, settle_assets: list[str]) -> None:
    # All collateral goes into the settle assets, each of which then holds its share of the equity; where
    # nothing is required, the main one has all of it, so that no asset lacks what another has.
    required = {asset: 0 for asset in settle_assets}
    profit = dict(required)
    for line in health.lines:
        if line.kind == "position":
            asset = draft.book.instrument(line.commodity).settle_asset
            required[asset] += line.requirement
            profit[asset] += line.value
    main = max(settle_assets, key=lambda asset: (bool(market.price(asset)), required[asset], asset))
    for balance in draft.account(health.account).balances:
        if balance.asset not in settle_assets:
            haircut = terms.assets[balance.asset].haircut_bps if balance.asset in terms.assets else 0
            _exchange(draft, market, health.account, balance.asset, main, balance.scaled, haircut)
    total = sum(required.values())
    for asset in settle_assets:
        if asset == main:
            continue
        price = market.price(asset) or 0
        unit = price * 10 ** (VALUE_DECIMALS - draft.book.asset(asset).decimals)
        share = mul_div_down(health.equity, required[asset], total) if total else 0
        wanted = share - profit[asset]
        excess = draft.cash(health.account, asset) - (mul_div_down(wanted, 1, unit) if unit else 0)
        _exchange(draft, market, health.account, asset, main, excess, 0)


def _exchange(
    draft: Draft, market: Market, name: str, asset: str, into: str, amount: int, haircut_bps: int
) -> None:
    # Two linked transfers through the conversion account, at the oracle price; the account gets the floor.
    if not amount or not market.price(into):
        return  # nothing can be bought or owed in what has no price: the balance stays where it is
    worth = amount * (market.price(asset) or 0) * draft.book.asset(into).unit
    per_unit = (market.price(into) or 0) * draft.book.asset(asset).unit
    got = mul_div_down(worth * (BPS - haircut_bps if amount > 0 else BPS), 1, per_unit * BPS)
    draft.post(
        "convert",
        [
            Posting(name, asset, -amount),
            Posting(CONVERSION, asset, amount),
            Posting(name, into, got),
            Posting(CONVERSION, into, -got),
        ],
        {
            "rule": "two-leg conversion at the oracle price",
            "inputs": {"asset": asset, "amount": amount, "into": into, "haircut_bps": haircut_bps},
            "outputs": {"got": got},
        },
    )


def _take_asset(
    draft: Draft, market: Market, terms: Terms, desk: Desk, health: Health, name: str, asset: str
) -> tuple[int, tuple[Lots, ...]]:
    positions = [
        item
        for item in draft.account(name).positions
        if draft.book.instrument(item.instrument).settle_asset == asset
    ]
    unit_gap = 10 ** (VALUE_DECIMALS - draft.book.asset(asset).decimals)
    worths = [
        mul_div_down(
            position_worth(
                draft.book.instrument(item.instrument), item.quantity, _mark(market, item), market, terms
            ),
            1,
            unit_gap,
        )
        for item in positions
    ]
    required = [_line_of(health, item).requirement for item in positions]
    holding = draft.cash(name, asset) + sum(item.cost for item in positions)
    equity = holding + sum(worths)
    values = _takeover_values(worths, required, holding, equity, terms)
    for item, value, worth in zip(positions, values, worths, strict=True):
        draft.post(
            "take_over",
            _takeover_postings(name, asset, item, value),
            _working(terms, item, worth, value, equity),
        )
    require(draft.cash(name, asset) == 0, f"takeover of {name} leaves {draft.cash(name, asset)} {asset}")
    return equity, tuple(
        Lots(item.instrument, item.quantity, value, desk.take_close_out(item.instrument, item.quantity))
        for item, value in zip(positions, values, strict=True)
    )


def _mark(market: Market, position: Position) -> int:
    return market.mark(position.instrument) or 0


def _line_of(health: Health, position: Position) -> Line:
    return next(
        line
        for line in health.lines
        if line.kind == "position" and (line.commodity, line.leg) == (position.instrument, position.leg)
    )


def _takeover_values(
    worths: list[int], required: list[int], holding: int, equity: int, terms: Terms
) -> list[int]:
    # One at a time with the equity and requirement left; the last takes the rest: the sum is -holding.
    rule = perpetual_rules(terms.rules).takeover_value
    values: list[int] = []
    total = sum(required)
    for worth, need in zip(worths[:-1], required[:-1], strict=True):
        values.append(rule(worth, equity, need, total))
        equity, total = equity - (worth - values[-1]), total - need
    return [*values, -holding - sum(values)]


def _takeover_postings(name: str, asset: str, position: Position, value: int) -> Iterator[Posting]:
    instrument = position.instrument
    yield Posting(name, instrument, -position.quantity, "lots", leg=position.leg)
    yield Posting(ENGINE, instrument, position.quantity, "lots")
    yield Posting(name, asset, -position.cost, "cost", leg=position.leg, instrument=instrument)
    yield Posting(name, asset, position.cost + value)
    yield Posting(ENGINE, asset, -value, "cost", instrument=instrument)


def _working(terms: Terms, position: Position, worth: int, value: int, equity: int) -> dict[str, object]:
    return {
        "rule": f"{terms.rules} takeover_value",
        "formula": "value at the mark - equity * requirement / total requirement; the last takes the rest",
        "inputs": {
            "instrument": position.instrument,
            "quantity": position.quantity,
            "value_at_mark": worth,
            "equity": equity,
        },
        "outputs": {"takeover_value": value},
    }


def _defaults(book: Book, name: str, asset: str, lots: tuple[Lots, ...], as_of: int) -> Iterator[Default]:
    for pool in sorted({book.instrument(lot.instrument).pool for lot in lots}):
        part = tuple(lot for lot in lots if book.instrument(lot.instrument).pool == pool)
        yield Default(name, asset, 0, part, as_of=as_of, pool=pool)
