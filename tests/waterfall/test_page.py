"""The reference page of layers says what the code says, of every kind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from seawall.core.layers import LAYER_MODELS
from seawall.core.layers.closing import Score
from seawall.waterfall.page import BEARERS, LAWS, PAGE, kinds_of, reference_page
from seawall.waterfall.waterfall import KINDS

ROOT = Path(__file__).parents[2]


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert (ROOT / PAGE).read_text() == reference_page(), "run: make docs"


def test_every_kind_and_every_field_is_told() -> None:
    text = reference_page()
    told = {kind for model in LAYER_MODELS for kind in kinds_of(model)}
    assert told == {*KINDS, "residual"}
    for model in LAYER_MODELS:
        assert model.borne_by in BEARERS
        for name, field in model.model_fields.items():
            assert field.description or name == "kind", f"{model.__name__}.{name} has no description"
            assert name == "kind" or f"| `{name}` |" in text


def test_every_kind_tells_its_source_or_where_its_mechanics_stand() -> None:
    sections = reference_page().split("\n## ")[1:]
    told = {title: text for title, _, text in (section.partition("\n") for section in sections)}
    for model in LAYER_MODELS:
        text = told[", ".join(f"`{kind}`" for kind in kinds_of(model))]
        assert "\nSource: " in text or "\nMechanics and laws are those of " in text, model.__name__


def test_every_kind_is_linked_under_who_bears_it() -> None:
    rows = dict(re.findall(r"^\| (.+) \| (\[.+\)) \|$", reference_page(), re.MULTILINE))
    for model in LAYER_MODELS:
        for kind in kinds_of(model):
            assert f"[{kind}](#{'-'.join(kinds_of(model))})" in rows[BEARERS[model.borne_by]]


def test_every_score_of_a_queue_is_told() -> None:
    assert all(f"| `{score}` | " in reference_page() for score in get_args(Score))


def test_every_law_that_a_room_breaks_is_explained() -> None:
    import sys

    rooms = {sys.modules[layer.__module__] for layer in KINDS.values()}
    broken = {law for room in rooms for laws in getattr(room, "BREAKS", {}).values() for law in laws}
    assert broken <= set(LAWS)
    assert all(f"| {law} |" in reference_page() for law in broken)


def test_no_text_is_said_twice() -> None:
    parts = [part for part in reference_page().split("\n\n") if len(part) > 200]
    assert len(parts) == len(set(parts))
