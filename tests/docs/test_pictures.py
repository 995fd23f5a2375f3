"""Pictures of speed are drawn from the document beside them, and say what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.pictures import drawn

FOLDER = Path(__file__).parents[2] / "docs/explanation/pictures"
PAGE = FOLDER.parent / "speed-in-pictures.md"
FOUND = json.loads((FOLDER / "scaling.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(drawn(FOUND)))
def test_a_picture_is_what_its_document_draws_and_stands_on_the_page(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == drawn(FOUND)[name]
    assert f"(pictures/{name})" in PAGE.read_text(encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*drawn(FOUND), "scaling.json"}
