"""Chunks on disk: what is whole is kept, what is torn is done again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.runs.chunks import Chunk, ChunkStore, chunks_of, missing
from tests.runs.storms import as_bytes, some_totals


def saved(folder: Path, key: str = "k") -> ChunkStore:
    store = ChunkStore(folder, key)
    for first in (0, 5, 10):
        store.save(some_totals(first, 5))
    return store


def test_chunks_come_back_as_they_were(tmp_path: Path) -> None:
    found, unfit = saved(tmp_path / "c").load(15)
    assert [as_bytes(part) for part in found] == [as_bytes(some_totals(first, 5)) for first in (0, 5, 10)]
    assert unfit == 0
    assert not list((tmp_path / "c").glob("*.part"))


def test_every_torn_byte_is_found(tmp_path: Path) -> None:
    store = saved(tmp_path)
    path = sorted(tmp_path.iterdir())[1]
    whole = path.read_bytes()
    for end in (0, 1, whole.index(b"\n"), len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        found, unfit = store.load(15)
        assert ([part.first for part in found], unfit) == ([0, 10], 1)
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found, _ = store.load(15)
        assert [part.first for part in found] == [0, 10], place


def test_chunks_of_another_run_are_not_ours(tmp_path: Path) -> None:
    saved(tmp_path, "theirs")
    assert ChunkStore(tmp_path, "ours").load(15) == ([], 3)


def test_paths_that_are_not_asked_for_are_left_out(tmp_path: Path) -> None:
    found, unfit = saved(tmp_path).load(12)
    assert ([part.first for part in found], unfit) == ([0, 5], 1)


def test_chunks_that_overlap_are_not_counted_twice(tmp_path: Path) -> None:
    store = saved(tmp_path)
    store.save(some_totals(3, 4))
    found, unfit = store.load(15)
    assert ([part.first for part in found], unfit) == ([0, 5, 10], 1)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert ChunkStore(tmp_path / "none", "k").load(5) == ([], 0)


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20)), max_size=5),
    st.integers(1, 9),
)
def test_what_is_missing_and_what_is_done_is_every_path_once(
    n_paths: int, done: list[tuple[int, int]], size: int
) -> None:
    known = {path for first, count in done for path in range(first, first + count) if path < n_paths}
    chunks = chunks_of(missing(n_paths, [Chunk(*each) for each in done]), size)
    asked = [path for chunk in chunks for path in range(chunk.first, chunk.first + chunk.count)]
    assert sorted(asked) == sorted(set(range(n_paths)) - known)
    assert all(1 <= chunk.count <= size for chunk in chunks)


@pytest.mark.parametrize("size", [1, 7, 20, 100])
def test_chunks_of_any_size_hold_every_path_once(size: int) -> None:
    chunks = chunks_of([Chunk(0, 20)], size)
    assert [path for chunk in chunks for path in range(chunk.first, chunk.first + chunk.count)] == list(
        range(20)
    )
