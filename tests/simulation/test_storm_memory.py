"""How many bytes a storm holds: counted, so that the figure is the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.storm_memory import bytes_of, held


@pytest.mark.parametrize("threads", [1, 2])
def test_a_storm_holds_three_books_and_fifty_bytes_an_account_and_thread_at_most(threads: int) -> None:
    found = held(100_000)
    assert found.of(threads) <= found.limit(threads)


def test_a_thread_adds_less_than_a_hundred_bytes_an_account() -> None:
    found = held(100_000)
    assert 60 * found.accounts <= found.thread <= 100 * found.accounts
    assert found.book <= 60 * found.accounts
    assert found.shared <= 1.01 * found.book


def test_a_buffer_is_counted_once_however_often_it_is_seen() -> None:
    whole = np.zeros(100)
    assert sum(bytes_of((whole, whole[:10], [whole[::2], np.zeros(3)]), {})) == 824
