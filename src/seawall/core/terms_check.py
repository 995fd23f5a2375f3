"""What must hold for a rulebook as a whole, beyond the shape of each field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from seawall.core.money import parse_decimal
from seawall.errors import InputError, Problem

if TYPE_CHECKING:
    from seawall.core.terms import LayerTerms, Terms

BPS = 10**4
_FUND_KINDS = ("penalty_reserve", "insurance_fund", "first_loss")


def check_terms(terms: Terms, source: str) -> list[Problem]:
    """Return every problem: thresholds, sets, layers in a total order without cycle."""
    return [
        *_check_assets(terms, source),
        *_check_sets(terms, source),
        *_check_layers(terms.waterfall, f"{source}:waterfall"),
    ]


def _check_ratios(place: str, ltv: int, threshold: int, bonus: int) -> Iterator[Problem]:
    if threshold >= BPS:
        yield Problem("threshold_range", f"threshold_bps is {threshold}, expected below {BPS}", place)
    if ltv > threshold:
        yield Problem("ltv_above_threshold", f"ltv_bps {ltv} is above threshold_bps {threshold}", place)
    if threshold < BPS <= threshold * bonus // BPS:
        yield Problem(
            "threshold_times_bonus",
            f"threshold {threshold} bps times bonus {bonus} bps is at least 1: each liquidation at the "
            "threshold lowers health and can only end in bad debt",
            place,
            "warning",
        )


def _check_assets(terms: Terms, source: str) -> Iterator[Problem]:
    for name, asset in terms.assets.items():
        yield from _check_ratios(f"{source}:assets.{name}", asset.ltv_bps, asset.threshold_bps, asset.bonus_bps)


def _check_sets(terms: Terms, source: str) -> Iterator[Problem]:
    for name, chosen in terms.collateral_sets.items():
        place = f"{source}:collateral_sets.{name}"
        yield from _check_ratios(place, chosen.ltv_bps, chosen.threshold_bps, chosen.bonus_bps)
        for asset in chosen.assets:
            if terms.assets and asset not in terms.assets:
                yield Problem("unknown_asset", f"member {asset!r} is not among the assets", place)


def _check_layers(layers: Sequence[LayerTerms], place: str) -> Iterator[Problem]:
    names = Counter(layer.name for layer in layers)
    for name, count in names.items():
        if count > 1:
            yield Problem("duplicate_layer", f"layer {name!r} stands {count} times", place)
    accounts = Counter(
        (layer.account, asset) for layer in layers if layer.account for asset in (layer.assets or ("any asset",))
    )
    for (account, asset), count in accounts.items():
        if count > 1:
            yield Problem(
                "fund_counted_twice", f"account {account!r} backs {count} layers for {asset}", place, "warning"
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
    if layer.kind == "residual" and not layer.bearer:
        yield Problem("missing_field", "the residual needs a named bearer: set `bearer`", place)
    amounts = {}
    for field in ("cap_per_event", "floor"):
        text = getattr(layer, field)
        if text is None:
            continue
        try:
            amounts[field] = parse_decimal(text, 36)
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
