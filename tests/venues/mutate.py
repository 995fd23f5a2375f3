"""Flip every rounding of a rule, one at a time, and see whether recorded scenarios notice.

A mutant is one call of a rounding leaf turned into another: down, up, half up. Its compiled code is put
into the live function and taken out again, so that whoever imported the rule, however, sees it.
A mutant that all scenarios pass survives: either nothing holds that rounding, or both are the same.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from seawall.core import rounding
from seawall.errors import SeawallError

FLIPS = ("mul_div_down", "mul_div_half_up", "mul_div_up")
View = Mapping[str, Any]


@dataclass(frozen=True)
class Mutant:
    """One flip: which call (counted within its function), and into what."""

    module: ModuleType
    function: str
    call: int
    was: str
    now: str

    @property
    def name(self) -> str:
        """How a test or a reader calls it: `liquidated_art 0 mul_div_down -> mul_div_up`."""
        return f"{self.function} {self.call} {self.was} -> {self.now}"


def mutants(*modules: ModuleType) -> list[Mutant]:
    """Return every flip of every rounding in the functions that modules define."""
    found = []
    for module in modules:
        for function in _functions(module):
            for call, node in enumerate(_roundings(function)):
                was = node.func.id  # type: ignore[attr-defined]  # _roundings takes names only
                found += [Mutant(module, function.name, call, was, now) for now in FLIPS if now != was]
    return found


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """Let a rule round otherwise for a while."""
    live = getattr(mutant.module, mutant.function)
    kept, added = live.__code__, [name for name in FLIPS if not hasattr(mutant.module, name)]
    for name in added:
        setattr(mutant.module, name, getattr(rounding, name))
    live.__code__ = _code(mutant, live)
    try:
        yield
    finally:
        live.__code__ = kept
        for name in added:
            delattr(mutant.module, name)


def survives(mutant: Mutant, passes: Callable[[], bool]) -> bool:
    """Return whether everything still passes with a rule that rounds otherwise."""
    with applied(mutant):
        try:
            return passes()
        except (SeawallError, ArithmeticError, RecursionError):
            return False


def _code(mutant: Mutant, live: FunctionType) -> CodeType:
    function = next(each for each in _functions(mutant.module) if each.name == mutant.function)
    _roundings(function)[mutant.call].func = ast.Name(mutant.now, ast.Load())
    module = ast.fix_missing_locations(ast.Module([function], []))
    space: dict[str, Any] = dict(vars(mutant.module))
    exec(compile(module, live.__code__.co_filename, "exec"), space)
    code: CodeType = space[mutant.function].__code__
    return code


def _functions(module: ModuleType) -> list[ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def _roundings(function: ast.FunctionDef) -> list[ast.Call]:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    found = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in FLIPS]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))
