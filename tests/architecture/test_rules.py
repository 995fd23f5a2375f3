"""A rule is `+ - *`, comparisons, min, max and the leaves of core.rounding: nothing else.

That is what lets one function serve the ledger (Python ints) and the storm (compiled float64).
The package's `__init__` is the register of rule sets, no rule, and is left out.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.tree import place, sources, syntax

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)
IMPORTS = (
    "__future__",
    "collections.abc",
    "typing",
    "seawall.core.rounding",
    "seawall.core.units",
    "seawall.rules",
)
BUILTINS = {"len", "max", "min", "range"}  # len and range walk the brackets of a margin curve
# A dict, a set or a string in the way of a number has no place in compiled arithmetic.
DISPLAYS = (ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.JoinedStr, ast.Lambda)


def faults(module: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield each node that a rule module may not hold, and why."""
    named = BUILTINS | {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    constants = {id(part) for node in module.body if isinstance(node, ast.Assign) for part in ast.walk(node)}
    for node in module.body:
        if isinstance(node, ast.ImportFrom):
            named |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield node, "imports a whole module"
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if not any(origin == room or origin.startswith(f"{room}.") for room in IMPORTS):
                yield node, f"imports from {origin}"
        elif isinstance(node, ast.ClassDef):
            yield node, "defines a class"
        elif isinstance(node, DISPLAYS):
            yield node, f"holds a {type(node).__name__}"
        elif isinstance(node, ast.BinOp | ast.AugAssign):
            is_power_constant = isinstance(node.op, ast.Pow) and id(node) in constants
            if not isinstance(node.op, ARITHMETIC) and not is_power_constant:
                yield node, f"uses the operator {type(node.op).__name__}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node, f"holds the float {node.value}"
        elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in named):
            yield node, f"calls {ast.unparse(node.func)}"


def test_rules_hold_to_the_arithmetic_both_worlds_share() -> None:
    found = [
        f"{place(path, node)} {why}"
        for path in sources("seawall/rules")
        if path.name != "__init__.py"
        for node, why in faults(syntax(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(a, b):\n    return a // b",
        "def f(a, b):\n    return a / b",
        "def f(a, b):\n    return a % b",
        "def f(a, b):\n    return a**b",
        "def f(a):\n    a //= 2\n    return a",
        "def f(a):\n    return a * 0.5",
        "def f(a):\n    return {1: a}[1]",
        "def f(a):\n    return round(a)",
        "def f(a):\n    return a.bit_length()",
        "TABLE = {'a': 1}",
        "from enum import Enum",
        "import math",
        "class Side:\n    pass",
    ],
)
def test_what_a_rule_may_not_do_is_found(source: str) -> None:
    assert list(faults(ast.parse(source)))


def test_what_a_rule_may_do_passes() -> None:
    source = """
from seawall.core.rounding import mul_div_down
WAD = 10**18
def g(a, b):
    return mul_div_down(a + b - 1, WAD, b)
def f(a, b):
    return min(a, max(g(a, b), -a * b)) if a <= b else 0
"""
    assert list(faults(ast.parse(source))) == []
