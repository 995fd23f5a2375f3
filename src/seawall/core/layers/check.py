"""What must hold for the layers of a waterfall together: names, accounts, amounts, shares, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from seawall.core.layers.base import CAP_DECIMALS, LayerBase
from seawall.core.money import parse_decimal
from seawall.core.parties import is_bookkeeping
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
    yield from _check_accounts(layers, place)
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
    yield from _check_bearer(layer.names_bearer, place)
    for field in _AMOUNTS:
        text = getattr(layer, field, None)
        if text is None:
            continue
        try:
            amount = parse_decimal(text, CAP_DECIMALS)
        except InputError as error:
            yield Problem(error.code, str(error), f"{place}.{field}")
            continue
        if amount < 0:
            yield Problem("negative_amount", f"{field} is {text}, expected at least 0", f"{place}.{field}")


def _check_bearer(bearer: str, place: str) -> Iterator[Problem]:
    if bearer.startswith("fund:"):
        message = f"{bearer} is a fund, which never goes below zero: add it as a layer, name another bearer"
        yield Problem("bearer_is_fund", message, place)
    elif bearer and is_bookkeeping(bearer):
        message = f"{bearer} is the venue's own account of something else: name residual:NAME as the bearer"
        yield Problem("bearer_reserved", message, place)


def _check_accounts(layers: Sequence[LayerBase], place: str) -> Iterator[Problem]:
    # An assessment calls for money beyond what stands in the fund, so the fund may be a layer too.
    backing: dict[str, list[LayerBase]] = {}
    for layer in layers:
        for account in {layer.draws_on, *getattr(layer, "members", ())} - {""}:
            if layer.kind != "assessment":
                backing.setdefault(account, []).append(layer)
    for account, backed in sorted(backing.items()):
        twice = [
            one for one in backed if any(_same_money(one, other) for other in backed if other is not one)
        ]
        if twice and any(layer.draws_on == account for layer in twice):
            names = ", ".join(layer.name for layer in twice)
            message = f"account {account!r} backs {len(twice)} layers ({names}) with the same money"
            yield Problem("fund_counted_twice", message, place, "warning")


def _same_money(one: LayerBase, other: LayerBase) -> bool:
    # A layer that converts holds one asset whatever the loss; else no assets named is any asset.
    held = [{layer.holds} if layer.holds else set(layer.assets) for layer in (one, other)]
    is_any = not (one.holds or other.holds or all(held))
    return is_any or bool(held[0] & held[1])


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
    # Walked with a path of one's own: a plan may be a longer chain than Python calls go deep.
    done: set[str] = set()
    for start in sorted(after):
        path = {} if start in done else {start: iter(after[start])}
        while path:
            name = next(reversed(path))
            other = next((item for item in path[name] if item not in done), None)
            if other is None:
                done.add(name)
                del path[name]
            elif other in path:
                names = list(path)
                return [*names[names.index(other) :], other]
            else:
                path[other] = iter(after.get(other, ()))
    return []
