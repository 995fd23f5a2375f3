"""`seawall warmup`: every rule set has something to compile, and nothing is left for the first storm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from seawall.cli.warmup import _run_smallest
from seawall.rules import LENDING, PERPETUAL
from seawall.simulation import storm_book
from seawall.simulation.binding import bound_grid
from tests.cli.command import process, seawall


def test_warmup_compiles_a_rule_set_and_knows_no_other() -> None:
    done = seawall("warmup", "--rules", "generic_lending@1", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["seconds"]) == {"generic_lending@1"}
    wrong = seawall("warmup", "--rules", "generic_lending@9")
    assert wrong.returncode == 3
    assert "generic_lending@1" in wrong.stderr


def test_every_rule_set_has_a_storm_to_warm_up() -> None:
    """With the compiler switched off: what is run is the same."""
    done = process("warmup", "--json", NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["seconds"]) == {*LENDING, *PERPETUAL}


@pytest.mark.parametrize("rules", list(PERPETUAL))
def test_the_grid_of_options_is_compiled_with_the_rules_of_an_exchange(
    rules: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its prices at the start are an entry of their own, which only books of options come to."""
    asked = 0

    def told() -> Callable[..., Any]:
        nonlocal asked
        asked += 1
        return bound_grid()

    monkeypatch.setattr(storm_book, "bound_grid", told)
    _run_smallest(rules)
    assert asked > 0
