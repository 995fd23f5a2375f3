"""The rule sets: what they may use, what they must export, and the names they go by."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from seawall import rules
from seawall.core import rounding, units
from seawall.errors import InvalidTerms
from seawall.rules import (
    LENDING,
    PERPETUAL,
    LendingRules,
    PerpetualRules,
    aave_v3_0_2,
    aave_v3_3,
    aave_v3_7,
    generic_lending,
    linear_perp,
)

SOURCES = sorted(path for path in Path(rules.__file__).parent.glob("*.py") if path.name != "__init__.py")
CONTRACT = {name: value for name, value in vars(LendingRules).items() if not name.startswith("_")}
PERPETUAL_CONTRACT = {name: value for name, value in vars(PerpetualRules).items() if not name.startswith("_")}
FORBIDDEN = (
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.ClassDef,
    ast.Dict,
    ast.DictComp,
    ast.Lambda,
    ast.Try,
    ast.With,
)

# The type checker holds each module to the contract here.
_STATIC: tuple[LendingRules, ...] = (aave_v3_0_2, aave_v3_3, aave_v3_7, generic_lending)
_STATIC_PERPETUAL: tuple[PerpetualRules, ...] = (linear_perp,)


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_rules_divide_by_leaves_only_and_hold_no_objects(path: Path) -> None:
    for function in functions(path):
        for statement in function.body:
            for node in ast.walk(statement):
                assert not isinstance(node, FORBIDDEN), f"{path.name}:{node.lineno} {type(node).__name__}"
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    assert isinstance(node.left, ast.Constant), (
                        f"{path.name}:{node.lineno} power of a variable"
                    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_rules_import_leaves_and_other_rules_only(path: Path) -> None:
    allowed = {"__future__", "collections.abc", rounding.__name__, units.__name__} | {
        f"{rules.__name__}.{source.stem}" for source in SOURCES
    }
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Import), f"{path.name}:{node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed, f"{path.name}:{node.lineno} {node.module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_public_rule_names_its_source(path: Path) -> None:
    for function in functions(path):
        if not function.name.startswith("_"):
            assert "Source:" in (ast.get_docstring(function) or ""), f"{path.name}: {function.name}"


@pytest.mark.parametrize("name", LENDING)
def test_siblings_export_the_same_names_with_the_same_arguments(name: str) -> None:
    module = import_module(LENDING[name])
    assert set(module.__all__) >= set(CONTRACT)
    for rule, declared in CONTRACT.items():
        if isinstance(declared, property):
            assert isinstance(getattr(module, rule), int), rule
        else:
            wanted = list(inspect.signature(declared).parameters)[1:]
            assert list(inspect.signature(getattr(module, rule)).parameters) == wanted, rule
    assert module.HEALTH_INFINITE == 2**256 - 1


@pytest.mark.parametrize("name", PERPETUAL)
def test_perpetual_siblings_export_the_same_names_with_the_same_arguments(name: str) -> None:
    module = import_module(PERPETUAL[name])
    assert set(module.__all__) >= set(PERPETUAL_CONTRACT)
    for rule, declared in PERPETUAL_CONTRACT.items():
        wanted = list(inspect.signature(declared).parameters)[1:]
        assert list(inspect.signature(getattr(module, rule)).parameters) == wanted, rule
    assert rules.perpetual_rules(name) is module


@pytest.mark.parametrize("name", LENDING)
def test_a_rule_set_is_found_by_its_name(name: str) -> None:
    assert rules.lending_rules(name) is import_module(LENDING[name])


def test_an_unknown_rule_set_names_the_closest() -> None:
    with pytest.raises(InvalidTerms, match=r"'aave_v3@3\.1'; closest: aave_v3@") as caught:
        rules.lending_rules("aave_v3@3.1")
    assert caught.value.code == "rules_unknown"
    with pytest.raises(InvalidTerms, match=r"perpetual rules are called 'zzz'; closest: linear_perp@1"):
        rules.perpetual_rules("zzz")
