"""The same rule, compiled for float64: written once, run by the ledger and by the storm.

A rule is rebuilt with float64 leaves (real division, no rounding), float constants (an int64
product would wrap without a word) and the rules it calls, rebuilt likewise; with the extra `fast`
numba compiles the result, without it Python runs it. A division by zero raises in both.

The compiled result is off by what `error_bound` says: half a last place per operation, and at
most one whole unit per leaf, carried through the rest of the rule. A branch that lies within that
distance may go the other way: whoever needs certainty asks the exact rule again.

numba's own disk cache does not see an edit in another file, so the cache folder is keyed by a hash
of all sources that compiled code can come from.
"""

from __future__ import annotations

import builtins
import hashlib
import math
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import FunctionType, MappingProxyType
from typing import Any

from seawall.core import rounding
from seawall.core.bounded import BOUNDED_LEAVES, Bounded, Undecided

__all__ = ["bounded_rule", "compile_rule", "error_bound", "jit"]

Rule = Callable[..., Any]

SOURCES = ("rules", "core", "risk", "allocation", "simulation")


def _quotient(a: float, b: float, divisor: float) -> float:
    return a * b / divisor


def _power(base: float, exponent: float, one: float) -> float:
    return float((base / one) ** exponent * one)


def _root(value: float) -> float:
    return math.sqrt(value)


def _shift(value: float, bits: float) -> float:
    return float(value * 2.0**bits)


FLOAT_LEAVES: Mapping[str, Rule] = MappingProxyType(
    {
        "mul_div_down": _quotient,
        "mul_div_up": _quotient,
        "mul_div_half_up": _quotient,
        "mul_div_toward_zero": _quotient,
        "pow_half_up": _power,
        "shift_down": _shift,
        "sqrt_down": _root,
        "min": min,
        "max": max,
    }
)


def compile_rule(rule: Rule) -> Rule:
    """Return a rule compiled for float64: the same arguments, as floats.

    Args:
        rule: A function of `seawall.rules`: scalars in, a scalar or a tuple of scalars out.

    Returns:
        A numba dispatcher of signature (float64, ...), usable inside other compiled code; without
        numba a Python function that turns its arguments into floats.

    Raises:
        TypeError: The rule uses a name that is neither a leaf, a number nor a rule.
    """
    return _compiled(rule, _numba() is not None)


def error_bound(rule: Rule, *arguments: int) -> tuple[float, ...] | None:
    """Return how far the compiled rule can be from the exact one on these arguments.

    Args:
        rule: A function of `seawall.rules`.
        arguments: What the exact rule would be called with.

    Returns:
        One bound per number returned [its own unit], 0.0 for a flag; None where a branch is
        undecided within the error, and exact and compiled may take different ones.

    Source: running error analysis; Higham, Accuracy and Stability of Numerical Algorithms, 3.3.
    """
    try:
        result = bounded_rule(rule)(*(Bounded.of(argument) for argument in arguments))
    except Undecided:
        return None
    numbers = result if isinstance(result, tuple) else (result,)
    return tuple(0.0 if isinstance(number, bool) else Bounded.of(number).error for number in numbers)


@cache
def bounded_rule(rule: Rule) -> Rule:
    """Return a rule that computes on `Bounded` numbers, or on columns of them.

    It raises `Undecided` where a branch lies within the error, or where rows of a column take
    different ones.
    """
    return _rebuilt(rule, BOUNDED_LEAVES.__getitem__, bounded_rule, lambda constant: constant)


def jit(function: Rule, *, signature: tuple[Any, ...] | None = None, **options: Any) -> Rule:
    """Compile a function with numba, into the cache folder of these sources where it can be written.

    Args:
        function: What to compile; it may call compiled rules.
        signature: Argument types to compile for at once; on first use where None.
        options: Passed to `numba.njit`; `cache` is on unless it says otherwise.

    Raises:
        ImportError: numba is not installed (extra `fast`).
    """
    numba = import_module("numba")
    arguments = () if signature is None else (signature,)
    folder = _cache_folder(numba.config.CACHE_DIR)
    if folder is None:
        return numba.njit(*arguments, **{**options, "cache": False})(function)  # type: ignore[no-any-return]
    # The folder is read when the function is wrapped; afterwards the user's own setting stands again.
    theirs, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder
    try:
        return numba.njit(*arguments, **{"cache": True, **options})(function)  # type: ignore[no-any-return]
    finally:
        numba.config.CACHE_DIR = theirs


@cache
def _compiled(rule: Rule, with_numba: bool) -> Rule:
    if with_numba:
        return _jit_floats(_rebuilt(rule, _jitted_leaf, lambda nested: _compiled(nested, True), _as_floats))
    plain = _plain(rule)
    return lambda *arguments: plain(*(float(argument) for argument in arguments))


@cache
def _plain(rule: Rule) -> Rule:
    return _rebuilt(rule, FLOAT_LEAVES.__getitem__, _plain, _as_floats)


@cache
def _jitted_leaf(name: str) -> Rule:
    leaf = FLOAT_LEAVES[name]
    return _jit_floats(leaf) if isinstance(leaf, FunctionType) else leaf


def _jit_floats(function: Rule) -> Rule:
    float64 = import_module("numba").float64
    return jit(function, signature=(float64,) * function.__code__.co_argcount, nogil=True)


def _rebuilt(
    rule: Rule, leaf: Callable[[str], Rule], nested: Callable[[Rule], Rule], constant: Callable[[Any], Any]
) -> Rule:
    # The rule's own bytecode over other globals: other leaves, other constants, rebuilt rules.
    code = rule.__code__
    scope: dict[str, Any] = {"__name__": rule.__module__}
    for name in code.co_names:
        value = rule.__globals__.get(name, getattr(builtins, name, None))
        if isinstance(value, int | float):
            scope[name] = constant(value)
        elif value is min or value is max:
            scope[name] = leaf(name)
        elif not isinstance(value, FunctionType):
            raise TypeError(f"{rule.__name__} uses {name!r}, which is neither a leaf, a number nor a rule")
        elif value.__module__ == rounding.__name__:
            scope[name] = leaf(value.__name__)
        else:
            scope[name] = nested(value)
    changed = code.replace(co_consts=tuple(constant(each) for each in code.co_consts))
    return FunctionType(changed, scope, rule.__name__)


def _as_floats(constant: Any) -> Any:
    if isinstance(constant, tuple):
        return tuple(_as_floats(each) for each in constant)
    return float(constant) if isinstance(constant, int) and not isinstance(constant, bool) else constant


def _numba() -> Any:
    try:
        return import_module("numba")
    except ImportError:
        return None


@cache
def _cache_folder(root: str) -> str | None:
    # A folder under the user's cache, or under NUMBA_CACHE_DIR; None where it cannot be written.
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(root or os.path.join(home, "seawall"), f"compiled-{_sources_hash()}")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _sources_hash() -> str:
    digest = hashlib.sha256(sys.version.encode())
    root = files("seawall")
    for part in SOURCES:
        for path, text in _sources(root.joinpath(*part.split("/")), part):
            digest.update(path.encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16]


def _sources(entry: Traversable, path: str) -> list[tuple[str, bytes]]:
    if entry.is_dir():
        inside = sorted(entry.iterdir(), key=lambda each: each.name)
        return [source for each in inside for source in _sources(each, f"{path}/{each.name}")]
    return [(path, entry.read_bytes())] if path.endswith(".py") and entry.is_file() else []
