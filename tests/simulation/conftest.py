"""What several tests of the storm share: a process in which nothing is compiled."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest
from hypothesis import currently_in_test_context, reject

from seawall.errors import InputError
from seawall.simulation.totals import PathTotals


@pytest.fixture(scope="session")
def interpreter() -> Iterator[ProcessPoolExecutor]:
    """One process with the compiler switched off, for small cases of many bindings."""
    before = os.environ.get("NUMBA_DISABLE_JIT")
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        pool.submit(os.getpid).result()  # it starts, and keeps the setting
    finally:
        del os.environ["NUMBA_DISABLE_JIT"]
        if before is not None:
            os.environ["NUMBA_DISABLE_JIT"] = before
    with pool:
        yield pool


@pytest.fixture(autouse=True)
def _absurd_storms_are_no_examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn storms may buy a thin market up a millionfold: a total that is refused proves no law."""
    if request.module.__name__.endswith("test_absurd_numbers"):
        return
    refuse_full = PathTotals.refuse_full

    def reject_full(totals: PathTotals, names: Mapping[str, Sequence[str]]) -> None:
        try:
            refuse_full(totals, names)
        except InputError:
            if currently_in_test_context():
                reject()
            raise

    monkeypatch.setattr(PathTotals, "refuse_full", reject_full)
