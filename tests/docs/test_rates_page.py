"""The page of rate models names every one of them, no other, and grades none above what it is held to."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from seawall import rules

PAGE = Path(__file__).parents[2] / "docs/reference/rates.md"
ROW = re.compile(r"^\| .*$", re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(\w+)\.(\w+)`", PAGE.read_text())))
# How a rule of a rate is called, whatever moves it.
RATES = {
    "borrow_rate",
    "compound_rate",
    "current_rate",
    "full_utilisation_rate",
    "peg_rate",
    "rate",
    "variable_rate",
}


def tables() -> list[list[list[str]]]:
    """The two tables of the page, row by row, without their heads."""
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in ROW.findall(PAGE.read_text())]
    heads = [at for at, row in enumerate(rows) if row[0] == "model"]
    return [rows[start + 2 : end] for start, end in zip(heads, [*heads[1:], len(rows)], strict=True)]


def test_every_rule_of_a_rate_is_on_the_page() -> None:
    there = set()
    for path in Path(rules.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name in RATES:
                there.add((path.stem, node.name))
    assert there == set(NAMED)


@pytest.mark.parametrize(("module", "rule"), NAMED)
def test_the_page_names_rules_that_exist(module: str, rule: str) -> None:
    assert callable(getattr(import_module(f"seawall.rules.{module}"), rule))


def test_both_tables_tell_of_the_same_models_and_each_has_its_grade() -> None:
    formulas, sources = tables()
    names = [row[0] for row in sources]
    assert len(formulas) == len(sources) == len(set(names))
    for (model, *_), (name, _, held, grade) in zip(formulas, sources, strict=True):
        assert model.startswith(name), (model, name)
        # Documents earn no more than that; a better grade needs recordings, or cases of the protocol.
        earned = "contract" if "recordings" in held else "worked-example" if "json" in held else "documented"
        assert grade == earned, name
