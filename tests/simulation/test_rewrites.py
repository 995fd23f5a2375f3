"""Something that changes all accounts at once: the index finds who fails by it, as a scan does."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from seawall.simulation.engine import DETECTORS, Detector, Walker
from seawall.simulation.kernels.evaluate import reprice
from seawall.simulation.kernels.state import note_rewrite, restore
from seawall.simulation.kernels.walk import detect
from tests.simulation.worlds import drawn_storm

FAMILIES = ("lending", "exchange")
INDEXES: tuple[Detector, ...] = ("index", "index_without_epochs")


def found_by(family: str, seed: int, detector: Detector, is_noted: bool) -> tuple[list[int], list[int]]:
    """Return who fails at the prices of the start, and after a part of all that counts for rows is gone."""
    storm = drawn_storm(family, seed)
    ground, book = storm.ground, storm.book
    walker = Walker(ground, storm.n_steps)
    thread, index = walker.thread, walker.index
    reprice(book.codes, thread.seen, thread.traded, thread.growth, False, walker.prices)

    def look(step: int, queued: int) -> list[int]:
        count = detect(
            book.cohorts, book.codes, walker.prices, thread, index, step, queued, DETECTORS[detector],
            False, False, book.for_sets, book.against_sets,
        )  # fmt: skip
        return sorted(thread.queue[:count].tolist())

    first = look(0, 0)
    chance = np.random.default_rng([seed, 29])
    thread.q[:] -= np.floor(0.2 * chance.random(len(thread.q)) * np.abs(thread.q))
    if is_noted:
        note_rewrite(thread)
    then = look(1, len(first))
    if is_noted:
        restore(book.cohorts, book.q, thread)
        assert np.array_equal(thread.q, book.q)
        assert thread.rewrites[0] == 0
    return first, then


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("detector", INDEXES)
def test_the_index_finds_who_fails_once_all_rows_changed(
    interpreter: ProcessPoolExecutor, family: str, detector: Detector
) -> None:
    missed = 0
    for seed in range(12):
        scanned = interpreter.submit(found_by, family, seed, "scan", True).result()
        assert interpreter.submit(found_by, family, seed, detector, True).result() == scanned
        assert len(scanned[1]) > len(scanned[0])
        missed += interpreter.submit(found_by, family, seed, detector, False).result() != scanned
    assert missed >= 6  # it trusts what it is not told
