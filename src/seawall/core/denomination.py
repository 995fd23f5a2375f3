"""Amounts of a rulebook against the assets they are counted in: what is too fine is found before its use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seawall.core.layers import LayerBase
from seawall.core.money import parse_decimal
from seawall.core.rows import Asset
from seawall.core.terms import Terms
from seawall.errors import InputError, Problem

_IN_LOSS_ASSET = ("cap_per_event", "offset", "notional_max", "start_price", "bid_size")
_OWN_ASSET = {"floor": ("reserve_asset", "stake_asset"), "lot_size": ("lot_asset",)}


def check_amounts(terms: Terms, assets: Iterable[Asset], source: str = "terms") -> Iterator[Problem]:
    """Yield each amount of a layer that some asset it is counted in cannot hold.

    An error where the layer names the asset. A layer that names none may still meet such a loss and
    stop the run then: that is a warning.

    Args:
        assets: Those of the book that the terms are used on.
        source: What the places of problems start with.
    """
    decimals = {asset.id: asset.decimals for asset in assets}
    for layer in terms.waterfall:
        for field in (*_IN_LOSS_ASSET, *_OWN_ASSET):
            text = getattr(layer, field, None)
            if text is not None:
                yield from _check(layer, field, text, decimals, f"{source}:waterfall.{layer.name}.{field}")


def _check(
    layer: LayerBase, field: str, text: str, decimals: Mapping[str, int], place: str
) -> Iterator[Problem]:
    own = next((held for name in _OWN_ASSET.get(field, ()) if (held := getattr(layer, name, ""))), "")
    named = (own,) if own else layer.assets
    for asset in named or sorted(decimals):
        if asset not in decimals:
            continue
        try:
            parse_decimal(text, decimals[asset])
        except InputError as error:
            message = f"{field} is {text}: {asset} has {decimals[asset]} decimals and cannot hold it"
            remedy = "" if named else "; the run stops at a loss in it: name the assets the layer covers"
            yield Problem(error.code, f"{message}{remedy}", place, "error" if named else "warning")
