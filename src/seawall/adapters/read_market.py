"""Prices, marks and depth; a price that is absent, zero, stale or jumped is told, not hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.adapters.problem_log import shown
from seawall.adapters.read_registry import Registry
from seawall.adapters.snapshot_schema import VOL_DECIMALS
from seawall.adapters.tables import Folder, Record
from seawall.adapters.times import format_time
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.core.money import format_decimal

__all__ = ["PriceRules", "read_market", "warn_of_stale_prices"]

BPS = 10**4
CLOCK_TOLERANCE_S = 60


@dataclass(frozen=True)
class PriceRules:
    """How prices are written and what is suspect about them."""

    as_of: int
    price_decimals: int
    mark_decimals: int
    jump_max_bps: int


@dataclass(frozen=True)
class PriceTimes:
    """When each price was seen [unix s], with its name and its place (file, row)."""

    seen: tuple[tuple[int, str, str, int], ...]


def read_market(folder: Folder, registry: Registry, rules: PriceRules) -> tuple[Market, PriceTimes]:
    """Read the market of a snapshot, and when each of its prices was seen."""
    seen: list[tuple[int, str, str, int]] = []
    prices = {}
    for record in folder.records("prices"):
        asset = record.id("asset", registry.asset_ids, "unknown_asset")
        price = Price(_price(record, "oracle_price", rules), _price(record, "market_price", rules))
        _check_jump(record, price, rules)
        if asset is not None:
            prices[asset] = price
        _note_time(record, rules, asset, seen)
    marks = {}
    for record in folder.records("marks"):
        instrument = record.id("instrument", registry.instrument_ids, "unknown_instrument")
        names = ("mark_price", "index_price", "oracle_price", "previous_mark_price")
        found = [_mark(record, name, rules) for name in names]
        found += [_forward(record, registry, instrument, rules), _vol(record, registry, instrument)]
        if instrument is not None:
            marks[instrument] = Mark(*found)
        _note_time(record, rules, instrument, seen)
    market = Market(
        as_of=rules.as_of,
        price_decimals=rules.price_decimals,
        mark_decimals=rules.mark_decimals,
        prices=dict(sorted(prices.items())),
        marks=dict(sorted(marks.items())),
        depth=_depth(folder, registry, rules.mark_decimals),
        set_prices=_set_prices(folder, rules),
    )
    _warn_of_unpriced(folder, registry, market)
    return market, PriceTimes(tuple(seen))


def warn_of_stale_prices(folder: Folder, times: PriceTimes, as_of: int, age_max_s: int | None) -> None:
    """Warn of prices older than the terms allow."""
    for seen, _, file, row in times.seen if age_max_s is not None else ():
        if as_of - seen > (age_max_s or 0):
            age = f"{as_of - seen} s before the snapshot; the terms allow {age_max_s} s"
            message = f"seen at {format_time(seen)}, {age}"
            folder.log.warn("price_stale", message, file, row, "as_of")


def _price(record: Record, name: str, rules: PriceRules) -> int | None:
    value = record.amount(name, rules.price_decimals)
    if value == 0:
        record.warn("price_zero", "is 0: accepted, and what is secured by it secures nothing", name)
    return value


def _mark(record: Record, name: str, rules: PriceRules) -> int | None:
    value = record.amount(name, rules.mark_decimals)
    if value == 0:
        record.warn("price_zero", "is 0: accepted as it stands", name)
    return value


def _forward(record: Record, registry: Registry, instrument: str | None, rules: PriceRules) -> int | None:
    value = record.amount("forward_price", rules.mark_decimals)
    _check_option(record, registry, instrument, "forward_price")
    return value


def _vol(record: Record, registry: Registry, instrument: str | None) -> int | None:
    value = record.amount("implied_vol", VOL_DECIMALS)
    _check_option(record, registry, instrument, "implied_vol")
    return value


def _check_option(record: Record, registry: Registry, instrument: str | None, name: str) -> None:
    # Both are for options; an option without them has a mark, and no scenario moves it.
    is_option = any(item.id == instrument and item.option for item in registry.instruments)
    if instrument is None or is_option == bool(record.cells.get(name)):
        return
    if is_option:
        message = "is empty: no scenario moves this option, accounts that hold it are reported unpriced"
        record.warn("unpriced", message, name)
    else:
        message = f"{shown(instrument)} is no option: leave it empty"
        record.add("option_invalid", message, name)


def _check_jump(record: Record, price: Price, rules: PriceRules) -> None:
    # A jump that an independent price confirms is news, not an error.
    before, now = record.amount("previous_price", rules.price_decimals), price.oracle
    if not before or now is None or not _differs(now, before, rules.jump_max_bps):
        return
    if price.market is not None and not _differs(now, price.market, rules.jump_max_bps):
        return
    shift = f"{format_decimal(before, rules.price_decimals)} -> {format_decimal(now, rules.price_decimals)}"
    message = f"{shift} is more than {rules.jump_max_bps} bps, and no market price confirms it"
    record.warn("jump_guard", message, "oracle_price")


def _differs(one: int, other: int, bps: int) -> bool:
    return abs(one - other) * BPS > other * bps


def _note_time(
    record: Record, rules: PriceRules, name: str | None, seen: list[tuple[int, str, str, int]]
) -> None:
    # A price without a time of its own was seen when `snapshot.toml` says.
    own = record.time("as_of")
    found = rules.as_of if own is None else own
    if found > rules.as_of + CLOCK_TOLERANCE_S:
        message = f"seen at {format_time(found)}, after the snapshot ({format_time(rules.as_of)})"
        record.add("clock_ahead", message, "as_of")
    if name is not None:
        seen.append((found, name, record.file, record.row))


def _set_prices(folder: Folder, rules: PriceRules) -> Mapping[str, int]:
    found = {}
    for record in folder.records("set_prices"):
        name, price = record.id("collateral_set"), _price(record, "oracle_price", rules)
        if name is not None and price is not None:
            found[name] = price
    return dict(sorted(found.items()))


def _depth(folder: Folder, registry: Registry, mark_decimals: int) -> Mapping[str, Depth]:
    bids: dict[str, list[DepthLevel]] = {}
    asks: dict[str, list[DepthLevel]] = {}
    for record in folder.records("depth"):
        instrument = record.id("instrument", registry.instrument_ids, "unknown_instrument")
        side, price = record.choice("side"), record.amount("price", mark_decimals)
        quantity = record.amount("quantity", registry.quantity_decimals_of(instrument))
        if instrument is None or side is None or price is None or quantity is None:
            continue
        (bids if side == "bid" else asks).setdefault(instrument, []).append(DepthLevel(price, quantity))
    found = {}
    for name in sorted({*bids, *asks}):
        buying = tuple(sorted(bids.get(name, ()), key=lambda level: -level.price))
        selling = tuple(sorted(asks.get(name, ()), key=lambda level: level.price))
        if buying and selling and buying[0].price >= selling[0].price:
            message = f"best bid of {shown(name)} is not below its best ask"
            folder.log.warn("depth_crossed", message, folder.name_of("depth"))
        found[name] = Depth(buying, selling)
    return found


def _warn_of_unpriced(folder: Folder, registry: Registry, market: Market) -> None:
    # A price that was refused is not also missing.
    for asset in () if folder.log.errors_in(folder.name_of("prices")) else registry.assets:
        if market.price(asset.id) is None:
            message = f"{shown(asset.id)} has no oracle price: accounts that hold it are reported unpriced"
            folder.log.warn("unpriced", message, folder.name_of("prices"))
    for item in () if folder.log.errors_in(folder.name_of("marks")) else registry.instruments:
        if market.mark(item.id) is None:
            message = f"{shown(item.id)} has no mark: accounts that hold it are reported unpriced"
            folder.log.warn("unpriced", message, folder.name_of("marks"))
