"""The reference page of layers: every kind from its terms, its room's own words, and the laws it breaks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from textwrap import dedent
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from seawall.allocation.scores import SCORES
from seawall.core.layers import LAYER_MODELS, LayerBase
from seawall.waterfall import residual
from seawall.waterfall.waterfall import KINDS

__all__ = ["PAGE", "reference_page"]

PAGE = "docs/reference/layers.md"
BEARERS: Mapping[str, str] = {
    "defaulter": "the failing account itself",
    "funds": "a fund: users are spared",
    "contributors": "those who put money up for it",
    "counterparties": "winners, or everybody, on the other side of the contracts",
    "holders": "users, by what they hold",
    "outsiders": "whoever stands behind what is sold: holders of the token that is minted",
    "nobody": "nobody yet: the loss is held",
}
LAWS: Mapping[str, str] = {
    "W1": "what layers bear and what is left are the loss, exactly",
    "W2": "a layer pays only when the one above has paid all it could; equals share by capacity",
    "W3": "a layer bears no more than its cap and its balance above the floor",
    "W4": "what is left is never dropped: it is booked, with a bearer",
    "W5": "a larger loss lowers no layer's part; a larger fund raises nobody's share by more than a unit",
    "W6": "a loss in two parts, one after the other, costs each layer what it costs at once",
    "W7": "no loss, no postings; the textual order of equals means nothing",
    "W8": "nobody is clawed back beyond its gain; closing at a price moves equity, and makes none",
    "W9": "an owner cannot draw on a fund by its own failing account, where that is blocked",
    "S1": "shares sum to the loss to the unit, nobody beyond its cap",
    "S2": "shares are in proportion to weights, within a unit, as far as caps allow",
    "S3": "the order of rows means nothing; ties go by a hash of event and account",
    "S4": "a larger balance bears no less, but for a unit",
    "S5": "an account split in m parts bears the same, within m units",
    "S6": "no more than is needed is closed, but for a lot; opposite side only, nobody is turned round",
    "S7": "a larger loss lowers nobody's charge",
    "S8": "a loss in two parts charges everybody what it charges at once, within a unit",
    "S9": "charges in lots are whole lots, and exceed the loss by less than one",
}
_TYPES = {"str": "text", "int": "whole number", "bool": "true or false", "tuple[str, ...]": "list of names"}


def reference_page() -> str:
    """Return the page in Markdown."""
    return "\n".join(_lines()).rstrip() + "\n"


def kinds_of(model: type[LayerBase]) -> tuple[str, ...]:
    """Return the kinds that a class of terms stands for."""
    return get_args(model.model_fields["kind"].annotation)


def _lines() -> Iterator[str]:
    yield """# Layers of a waterfall

<!-- Written by `make docs` from src/seawall/core/layers and src/seawall/waterfall: do not edit. -->

A rulebook or a plan names its layers as `[[waterfall]]` tables, first payer first. Each is asked in its
turn for what the ones above left; it answers with what it took, whom it charged, and how it came to that.
What is taken, held and left is the loss, to the unit; charges sum to what was taken. A plan alone is run by
`seawall waterfall LOSS --terms PLAN` and explained by `seawall waterfall check PLAN`
([loss file and plan](loss-file.md)); there is one of every kind in
[examples/plans](../../examples/plans). A kind of one's own: [write a layer](../how-to/write-a-layer.md).

Amounts are decimal text in whole units of the loss's asset unless said otherwise; `bps` are hundredths of
a percent; `_s` are seconds. Laws are those of [the laws](#laws).

## What every layer has
"""
    yield from _fields(LayerBase, own=False)
    yield """
Of one loss a layer takes at most what `cap_per_event` has left, and `share_bps` of it, rounded up to a unit.
Shares by *largest remainder* are rounded down, then the units left over go one each to the largest
remainders; ties go by sha256 of event and account.
"""
    yield from _index()
    told: dict[str, str] = {}
    for model in LAYER_MODELS:
        yield from _section(model, told)
    yield from _laws()


def _index() -> Iterator[str]:
    # Kinds by who bears the loss in the end, in the order of the page.
    yield "| paid in the end by | kinds |\n| --- | --- |"
    for bearer, said in BEARERS.items():
        links = [
            f"[{kind}](#{'-'.join(kinds_of(model))})"
            for model in LAYER_MODELS
            if model.borne_by == bearer
            for kind in kinds_of(model)
        ]
        yield f"| {said} | {', '.join(links)} |"


def _section(model: type[LayerBase], told: dict[str, str]) -> Iterator[str]:
    # `told` holds the rooms that were told already, and under which kind.
    kinds = kinds_of(model)
    yield f"\n## {', '.join(f'`{kind}`' for kind in kinds)}\n"
    yield inspect.cleandoc(model.__doc__ or "")
    yield f"\nPaid in the end by {BEARERS[model.borne_by]}.\n"
    yield from _fields(model, own=True)
    if "score" in model.model_fields:
        yield from _scores()
    name = KINDS[kinds[0]].__module__ if kinds[0] in KINDS else residual.__name__
    if name in told:
        yield f"\nMechanics and laws are those of `{told[name]}`."
        return
    told[name] = kinds[0]
    room = sys.modules[name]
    yield f"\n{_prose(room.__doc__ or '')}"
    yield from _breaks(room.__dict__.get("BREAKS", {}))


def _prose(text: str) -> str:
    # A room's own words: the first line names it, the rest is the mechanics.
    head, _, rest = dedent(text).strip().partition("\n\n")
    return f"*{' '.join(head.split())}*" + (f"\n\n{rest}" if rest else "")


def _fields(model: type[LayerBase], *, own: bool) -> Iterator[str]:
    fields = {
        name: field
        for name, field in model.model_fields.items()
        if not own or name not in LayerBase.model_fields
    }
    if fields:
        yield "| field | value | default | meaning |\n| --- | --- | --- | --- |"
    for name, field in fields.items():
        yield f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {field.description} |"


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    plain = [each for each in get_args(annotation) if each is not type(None)]
    if type(None) in get_args(annotation):
        return _type(plain[0])
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return _TYPES.get(name, _TYPES.get(str(annotation), name))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return "none" if field.default in (None, "", ()) else f"`{field.default}`"


def _scores() -> Iterator[str]:
    yield "\n| score | of an account | source |\n| --- | --- | --- |"
    for name, score in SCORES.items():
        said, _, source = inspect.cleandoc(score.__doc__ or "").partition("Source: ")
        first = said.partition("\n")[0].removeprefix("Return ").rstrip(".")
        yield f"| `{name}` | {first} | {' '.join(source.split()).rstrip('.')} |"


def _breaks(breaks: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    rows = [
        f"| {variant.replace('_', ' ')} | {law} | {why} |"
        for variant, laws in breaks.items()
        for law, why in laws.items()
    ]
    if rows:
        yield "\n| variant | breaks | why |\n| --- | --- | --- |"
        yield from rows


def _laws() -> Iterator[str]:
    yield """
## Laws

| law | says |
| --- | --- |"""
    yield from (f"| {law} | {said} |" for law, said in LAWS.items())
    yield """
Whatever is not listed as broken above is held by tests, over random worlds, for every kind. What is
listed has a frozen counterexample, `test_VARIANT_breaks_LAW`, in [tests/waterfall](../../tests/waterfall)."""
