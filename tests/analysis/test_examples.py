"""Every example in a docstring of this room is true."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.architecture.tree import modules

NAMES = [name for name in modules() if name.startswith("seawall.analysis")]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_nearly_every_module_shows_one() -> None:
    tried = [doctest.testmod(importlib.import_module(name)).attempted > 0 for name in NAMES]
    assert sum(tried) >= len(NAMES) - 5
