"""The order in which layers are asked."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.layers.base import LayerBase
from seawall.errors import require


def in_ranks(layers: Sequence[LayerBase]) -> tuple[tuple[LayerBase, ...], ...]:
    """Return layers in groups of equal rank, first payers first, names sorted within.

    A layer without a rank stands right after the layer above it in the file; `after` is obeyed.
    Residual layers are not among them: they take what is left.
    """
    key: dict[str, tuple[int, int]] = {}
    rank = -1
    for place, layer in enumerate(layers):
        key[layer.name] = (rank, place) if layer.rank is None else (layer.rank, -1)
        rank = rank if layer.rank is None else layer.rank
    waiting = {layer.name: layer for layer in layers if layer.kind != "residual"}
    groups = []
    while waiting:
        ready = [name for name, layer in waiting.items() if not waiting.keys() & set(layer.after)]
        require(bool(ready), "layers wait for each other: the terms were not validated")
        first = min(key[name] for name in ready)
        names = sorted(name for name in ready if key[name] == first)
        groups.append(tuple(waiting.pop(name) for name in names))
    return tuple(groups)
