"""One rule, two worlds: what is compiled differs from the exact rule by no more than it says."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.compiled import compile_rule, error_bound
from seawall.core.draft import Draft
from seawall.core.rounding import mul_div_down, pow_half_up, sqrt_down
from seawall.liquidation.seize import seize
from seawall.rules import LENDING, aave_v2, aave_v3_7, aave_v4, generic_lending, lending_rules
from seawall.rules.aave_v3 import WAD
from tests.vectors.contracts import steps
from tests.vectors.runner import read

HAS_NUMBA = find_spec("numba") is not None
DATA = Path(__file__).parent.parent / "vectors" / "data"
MODULES = [lending_rules(name) for name in LENDING]

amounts = st.integers(0, 10**32)
index = st.integers(10**27, 5 * 10**27)
price = st.integers(1, 10**14)
unit = st.integers(2, 24).map(lambda decimals: 10**decimals)
value = st.integers(0, 10**20)
health = st.integers(0, 2 * WAD)
bonus = st.integers(10000, 12500)
share = st.integers(0, 10000)

ARGUMENTS: dict[str, tuple[st.SearchStrategy[int], ...]] = {
    "supply_balance": (amounts, index),
    "debt_balance": (amounts, index),
    "supply_scaled_burn": (amounts, index),
    "supply_scaled_mint": (amounts, index),
    "debt_scaled_burn": (amounts, index),
    "collateral_value": (amounts, price, unit),
    "debt_value": (amounts, price, unit),
    "health_factor": (value, st.integers(0, 10**24), value),
    "is_safe": (value, st.integers(0, 10**24), value),
    "max_repay": (amounts, value, value, value, health, price, unit),
    "seize": (amounts, amounts, price, unit, price, unit, bonus, share),
    "fee_capped": (st.integers(10**6, 10**30), st.integers(0, 10**6), share, index),
    "leaves_dust": (amounts, amounts, value, value),
    "recognises": (value, amounts),
}
FUNCTIONS = [(module, name) for module in MODULES for name in ARGUMENTS]
OTHERS: list[tuple[ModuleType, str, tuple[st.SearchStrategy[int], ...]]] = [
    (
        generic_lending,
        "target_repay",
        (amounts, value, st.integers(0, 10**24), health, bonus, share, price, unit),
    ),
    (aave_v2, "utilisation", (amounts, amounts)),
    (aave_v4, "liquidation_bonus", (health, st.integers(0, 9 * 10**17), share, bonus)),
]


@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.skipif(not HAS_NUMBA, reason="needs the extra fast")), False]
)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    if not request.param:
        monkeypatch.setitem(sys.modules, "numba", None)
    return compile_rule


def as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def hold(rule: Callable[..., Any], compiled: Callable[..., Any], arguments: tuple[int, ...]) -> bool:
    """Return whether the branches are decided; if they are, the bound must hold."""
    bounds = error_bound(rule, *arguments)
    if bounds is None:
        return False
    exact, fast = as_tuple(rule(*arguments)), as_tuple(compiled(*(float(a) for a in arguments)))
    assert len(bounds) == len(exact) == len(fast)
    for bound, wanted, got in zip(bounds, exact, fast, strict=True):
        assert abs(Fraction(got) - Fraction(wanted)) <= Fraction(bound), (arguments, bounds, exact, fast)
    return True


@pytest.mark.parametrize(("module", "name"), FUNCTIONS, ids=lambda part: getattr(part, "__name__", part))
@given(data=st.data())
def test_a_compiled_lending_rule_is_as_near_as_it_says(module: Any, name: str, data: st.DataObject) -> None:
    rule = getattr(module, name)
    hold(rule, compile_rule(rule), data.draw(st.tuples(*ARGUMENTS[name])))


@pytest.mark.parametrize(
    ("module", "name", "arguments"), OTHERS, ids=lambda part: getattr(part, "__name__", "")
)
@given(data=st.data())
def test_other_compiled_rules_are_as_near_as_they_say(
    module: Any, name: str, arguments: Any, data: Any
) -> None:
    rule = getattr(module, name)
    hold(rule, compile_rule(rule), data.draw(st.tuples(*arguments)))


def recorded_seizures() -> list[tuple[int, ...]]:
    """Return the arguments of every liquidation that the recorded contracts of 3.7 let through."""
    calls: list[tuple[int, ...]] = []
    rule = aave_v3_7.seize

    def recorder(*arguments: int) -> tuple[int, int, int]:
        calls.append(arguments)
        return rule(*arguments)

    with mock.patch.object(aave_v3_7, "seize", recorder):
        for scenario in read(DATA / "aave_v37.json.gz")["scenarios"]:
            for step in steps(scenario):
                done = step.recorded
                if done is not None and done.ok:
                    seize(Draft(done.book), done.market, done.terms, done.call)
    return calls


def test_recorded_liquidations_are_decided_and_near(compiler: Callable[..., Any]) -> None:
    compiled = compiler(aave_v3_7.seize)
    calls = recorded_seizures()
    decided = [hold(aave_v3_7.seize, compiled, call) for call in calls]
    assert len(decided) >= 75
    # The rest seize all there is, within a rounding of the cap: only the exact rule can tell.
    assert sum(decided) >= 0.9 * len(calls)


@pytest.mark.parametrize(
    ("name", "gap"),
    # Before 3.7 the average threshold is floored to a whole bp, which floats do not follow.
    [("generic_lending@1", 10**3), ("aave_v3@3.7", 10**3), ("aave_v3@3.3", 10**9), ("aave_v3@3.0.2", 10**9)],
)
@pytest.mark.parametrize("safe", [False, True])
def test_flags_beyond_the_bound_are_those_of_the_exact_rule(
    name: str, gap: int, safe: bool, compiler: Callable[..., Any]
) -> None:
    rule = lending_rules(name).is_safe
    weighted = 10**12 + (gap if safe else -gap)
    assert error_bound(rule, 10**8, weighted, 10**8) == (0.0,)
    assert rule(10**8, weighted, 10**8) is safe
    assert bool(compiler(rule)(1e8, float(weighted), 1e8)) is safe


def test_a_flag_on_the_boundary_is_undecided() -> None:
    assert error_bound(lending_rules("aave_v3@3.7").is_safe, 10**20, 10**24, 10**20) is None


def test_the_bound_of_a_health_factor_is_small_enough_to_be_useful() -> None:
    bounds = error_bound(lending_rules("aave_v3@3.7").health_factor, 10**12, 8 * 10**15, 7 * 10**11)
    assert bounds is not None
    assert bounds[0] < 1e-14 * WAD


def test_constants_beyond_64_bits_do_not_wrap(compiler: Callable[..., Any]) -> None:
    rules = lending_rules("aave_v3@3.7")
    assert compiler(rules.health_factor)(1.0, 1.0, 0.0) == float(2**256)
    # h * BPS * BPS is 1e26, and every value carries 1e36.
    assert hold(
        generic_lending.target_repay,
        compiler(generic_lending.target_repay),
        (10**9, 10**47, 8 * 10**50, WAD, 10500, 8000, 10**8, 10**6),
    )


def power(base: int, exponent: int, one: int) -> int:
    return pow_half_up(base, exponent, one)


def root_of_share(a: int, b: int) -> int:
    return max(sqrt_down(mul_div_down(a, b, 3)), 10**30 - 10**30)


def test_powers_and_roots_have_a_float_meaning(compiler: Callable[..., Any]) -> None:
    assert hold(power, compiler(power), (1000000001547125957863212448, 31536000, 10**27))
    assert hold(root_of_share, compiler(root_of_share), (10**20, 10**20))


def test_a_zero_divisor_raises_as_in_the_exact_rule(compiler: Callable[..., Any]) -> None:
    with pytest.raises(ZeroDivisionError):
        compiler(lending_rules("aave_v3@3.7").seize)(1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 10500.0, 0.0)


def no_rule(a: int) -> str:
    return json.dumps(a)


def test_what_is_no_rule_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="no_rule uses 'json', which is neither a leaf, a number nor a rule"):
        compile_rule(no_rule)


def test_numba_is_not_imported_before_something_is_compiled() -> None:
    code = "import sys, seawall.core.compiled, seawall.rules; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


TWO_RULES = """
import sys
from seawall.core.compiled import compile_rule
from seawall.core import compiled
from seawall.rules import aave_v3_7
rule = compile_rule(aave_v3_7.health_factor)
print(rule(1e12, 8e15, 1e12), sum(rule.stats.cache_hits.values()), compiled._sources_hash())
"""


@pytest.mark.skipif(not HAS_NUMBA, reason="needs the extra fast")
def test_the_disk_cache_is_used_and_keyed_by_the_sources(tmp_path: Path) -> None:
    def run(home: Path) -> list[str]:
        environment = {**os.environ, "XDG_CACHE_HOME": str(home), "NUMBA_CACHE_DIR": ""}
        done = subprocess.run(
            [sys.executable, "-c", TWO_RULES], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    first, second = run(tmp_path), run(tmp_path)
    assert [first[1], second[1]] == ["0", "1"]
    assert first[0] == second[0]
    assert (tmp_path / "seawall" / f"compiled-{first[2]}").is_dir()
    # A cache that cannot be made is done without.
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run(blocked)[:2] == [first[0], "0"]


@pytest.mark.parametrize("place", ["rules/aave.py", "simulation/kernels/health.py", "core/compiled.py"])
def test_an_edit_in_any_source_changes_the_key(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = importlib.import_module("seawall.core.compiled")
    monkeypatch.setattr(compiled, "files", lambda _: tmp_path)
    source = tmp_path / place
    source.parent.mkdir(parents=True)
    source.write_text("a = 1\n")
    before = compiled._sources_hash()
    source.write_text("a = 2\n")
    assert compiled._sources_hash() != before
