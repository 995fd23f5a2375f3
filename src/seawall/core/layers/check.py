"""What must hold for the layers of a waterfall together: names, accounts, amounts, shares, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from seawall.core.layers.base import CAP_DECIMALS, LayerBase
from seawall.core.money import parse_decimal
from seawall.core.units import BPS
from seawall.errors import InputError, Problem

LAYERS_MAX = 256  # a plan has a dozen; the checks compare every layer with every other
_AMOUNTS = ("cap_per_event", "floor", "offset", "notional_max", "start_price", "bid_size", "lot_size")


def check_layers(layers: Sequence[LayerBase], place: str) -> Iterator[Problem]:
    """Yield every problem of the layers: names, accounts, amounts, and an order without a cycle."""
    names = Counter(layer.name for layer in layers)
    for name, count in names.items():
        if count > 1:
            yield Problem("duplicate_layer", f"layer {name!r} stands {count} times", place)
    accounts = Counter(
        (account, asset)
        for layer in layers
        if (account := layer.draws_on) and layer.kind != "assessment"
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


def _check_layer(layer: LayerBase, place: str, names: Mapping[str, int]) -> Iterator[Problem]:
    for other in layer.after:
        if other not in names:
            yield Problem("unknown_layer", f"comes after unknown layer {other!r}", place)
    bearer = layer.names_bearer
    if bearer.startswith("fund:"):
        message = f"{bearer} is a fund, which never goes below zero: add it as a layer, name another bearer"
        yield Problem("bearer_is_fund", message, place)
    amounts = {}
    for field in _AMOUNTS:
        text = getattr(layer, field, None)
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
        floor = getattr(layer, "floor", "0")
        yield Problem("cap_below_floor", f"cap_per_event {layer.cap_per_event} is below floor {floor}", place)


def _check_shares(layers: Sequence[LayerBase], place: str) -> Iterator[Problem]:
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


def _meets(layer: LayerBase, asset: str, pool: str) -> bool:
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
