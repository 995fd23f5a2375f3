"""The layers of a waterfall as data, and what must hold for them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Literal

from pydantic import Field

from seawall.core.curves import Model
from seawall.core.money import parse_decimal
from seawall.core.units import BPS
from seawall.errors import InputError, Problem

CAP_DECIMALS = 18
_FUND_KINDS = ("penalty_reserve", "insurance_fund", "first_loss")

LayerKind = Literal[
    "own_collateral", "penalty_reserve", "insurance_fund", "first_loss", "adl", "mutualise", "residual"
]


class LayerTerms(Model):
    """One layer of the waterfall.

    Amounts are decimal strings in whole units of the loss's asset. `rank` orders the
    layers (file order when absent); layers of equal rank share in proportion to their
    capacity. `assets` and `pools` say which losses the layer may cover (all when empty).
    """

    name: str = Field(min_length=1)
    kind: LayerKind
    account: str = ""
    rank: int | None = Field(default=None, ge=0)
    after: tuple[str, ...] = Field(default=(), strict=False)
    assets: tuple[str, ...] = Field(default=(), strict=False)
    pools: tuple[str, ...] = Field(default=(), strict=False)
    cap_per_event: str | None = None
    floor: str = "0"
    surplus: bool = Field(default=False, description="whether close-out surplus flows into this fund")
    share_bps: int = Field(default=BPS, gt=0, le=BPS, description="part of each loss the layer may take")
    selection: Literal["queue", "pro_rata"] = "queue"
    score: Literal["bitmex", "binance", "okx", "hyperliquid", "pnl", "size", "leverage"] = "bitmex"
    execution: Literal["takeover", "mark", "previous", "oracle", "threshold"] = "takeover"
    threshold_price_bps: int = Field(default=BPS, gt=0, description="of the mark, for execution = threshold")
    exclude_same_owner: bool = Field(
        default=False, description="whether ADL spares the failing owner's accounts"
    )
    over: Literal["supply_index", "cash", "per_unit"] = "supply_index"
    members: tuple[str, ...] = Field(
        default=(), strict=False, description="who contributes; all users when empty"
    )
    self_dealing: Literal["allow", "block"] = Field(
        default="allow", description="block: a fund does not pay what the failing owner's other accounts gain"
    )
    bearer: str = ""


def check_layers(layers: Sequence[LayerTerms], place: str) -> Iterator[Problem]:
    """Yield every problem of the layers: names, accounts, amounts, and an order without a cycle."""
    names = Counter(layer.name for layer in layers)
    for name, count in names.items():
        if count > 1:
            yield Problem("duplicate_layer", f"layer {name!r} stands {count} times", place)
    accounts = Counter(
        (layer.account, asset)
        for layer in layers
        if layer.account
        for asset in (layer.assets or ("any asset",))
    )
    for (account, asset), count in accounts.items():
        if count > 1:
            yield Problem(
                "fund_counted_twice",
                f"account {account!r} backs {count} layers for {asset}",
                place,
                "warning",
            )
    for layer in layers:
        yield from _check_layer(layer, f"{place}.{layer.name}", names)
    yield from _check_shares(layers, place)
    cycle = _find_cycle({layer.name: layer.after for layer in layers})
    if cycle:
        yield Problem("layer_cycle", f"layers wait for each other: {' -> '.join(cycle)}", place)
    for number, layer in enumerate(layers):
        if layer.kind == "residual" and number != len(layers) - 1 and layer.rank is None:
            yield Problem("residual_not_last", f"layer {layer.name!r} takes what is left: put it last", place)


def _check_layer(layer: LayerTerms, place: str, names: Mapping[str, int]) -> Iterator[Problem]:
    for other in layer.after:
        if other not in names:
            yield Problem("unknown_layer", f"comes after unknown layer {other!r}", place)
    if layer.kind in _FUND_KINDS and not layer.account:
        yield Problem("missing_field", f"a {layer.kind} pays from an account: set `account`", place)
    if layer.kind == "residual" and layer.bearer.startswith("fund:"):
        message = (
            f"{layer.bearer} is a fund, which never goes below zero: add it as a layer, name another bearer"
        )
        yield Problem("bearer_is_fund", message, place)
    if layer.kind == "residual" and not layer.bearer:
        yield Problem("missing_field", "the residual needs a named bearer: set `bearer`", place)
    amounts = {}
    for field in ("cap_per_event", "floor"):
        text = getattr(layer, field)
        if text is None:
            continue
        try:
            amounts[field] = parse_decimal(text, CAP_DECIMALS)
        except InputError as error:
            yield Problem(error.code, str(error), f"{place}.{field}")
            continue
        if amounts[field] < 0:
            yield Problem("negative_amount", f"{field} is {text}, expected at least 0", f"{place}.{field}")
    if "cap_per_event" in amounts and 0 <= amounts["cap_per_event"] < amounts.get("floor", 0):
        yield Problem(
            "cap_below_floor", f"cap_per_event {layer.cap_per_event} is below floor {layer.floor}", place
        )


def _check_shares(layers: Sequence[LayerTerms], place: str) -> Iterator[Problem]:
    # Layers of one rank that can meet in the same loss; the share of a lone layer is a co-payment.
    seen: set[tuple[str, ...]] = set()
    ranked = [layer for layer in layers if layer.rank is not None and layer.kind != "residual"]
    for one in ranked:
        for asset, pool in product((*one.assets, ""), (*one.pools, "")):
            group = [layer for layer in ranked if layer.rank == one.rank and _meets(layer, asset, pool)]
            sharing = [layer for layer in group if "share_bps" in layer.model_fields_set]
            names, total = tuple(layer.name for layer in group), sum(layer.share_bps for layer in sharing)
            if len(group) < 2 or not sharing or total == BPS or names in seen:
                continue
            seen.add(names)
            said = " + ".join(f"{layer.name} {layer.share_bps}" for layer in sharing)
            message = f"shares at rank {one.rank} sum to {total} bps ({said}), expected {BPS}"
            yield Problem("shares_not_whole", message, place)


def _meets(layer: LayerTerms, asset: str, pool: str) -> bool:
    # An empty name stands for one that no layer names.
    return (not layer.assets or asset in layer.assets) and (not layer.pools or pool in layer.pools)


def _find_cycle(after: Mapping[str, tuple[str, ...]]) -> list[str]:
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in after.get(name, ()):
            found = walk(other, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    for start in sorted(after):
        found = walk(start, [])
        if found:
            return found
    return []
