"""Who simulates, in which chunks, and how often it was stopped, changes no byte."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from seawall.errors import InvariantError
from seawall.runs.chunks import Chunk, ChunkStore
from seawall.runs.execute import Gather, Job, in_processes, in_threads
from seawall.runs.simulate import chunk_size, run_key, simulate
from seawall.simulation.aim import Aim, Lobe
from seawall.simulation.paths import Factors
from seawall.simulation.pilot import Pilot
from seawall.simulation.totals import PathTotals
from tests.runs.storms import MadeUp, as_bytes, some_scenario, some_totals


@pytest.mark.parametrize(
    ("gather", "size"),
    [(in_threads(1), 20), (in_threads(1), 3), (in_threads(3), 3), (in_threads(3), 0), (in_processes(2), 6)],
)
def test_workers_and_chunks_change_no_byte(gather: Gather, size: int) -> None:
    totals = simulate(MadeUp(), gather=gather, size=size)
    assert as_bytes(totals) == as_bytes(some_totals(0, 20))


def test_a_job_takes_its_pilot_to_its_workers() -> None:
    aim = Aim(Factors(("way/0",)), (Lobe(0.7, (-3.0,), ()),), 0.3)
    job = Job(None, None, None, some_scenario(), pilot=Pilot(aim, 500, reached=True))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(job)).pilot == job.pilot


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path / "chunks", "k")
    with pytest.raises(KeyboardInterrupt):
        simulate(MadeUp(fails_at=12), gather=in_threads(1), size=4, store=store)
    kept = {part.first for part in store.load(20)[0]}
    assert kept
    assert 12 not in kept
    asked: list[Chunk] = []

    def watched(job: MadeUp, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        asked.extend(chunks)
        yield from in_threads(1)(job, chunks)

    totals = simulate(MadeUp(), gather=watched, size=4, store=store)
    assert as_bytes(totals) == as_bytes(some_totals(0, 20))
    assert {chunk.first for chunk in asked} == {0, 4, 8, 12, 16} - kept


def test_a_torn_chunk_is_simulated_again(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path, "k")
    simulate(MadeUp(), size=4, store=store)
    torn = sorted(tmp_path.iterdir())[2]
    torn.write_bytes(torn.read_bytes()[:-1])
    assert as_bytes(simulate(MadeUp(), size=4, store=store)) == as_bytes(some_totals(0, 20))
    assert len(store.load(20)[0]) == 5


def test_a_finished_run_may_be_made_longer(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path, "k")
    simulate(MadeUp(), size=4, store=store)
    longer = simulate(MadeUp(some_scenario(33)), size=5, store=store)
    assert as_bytes(longer) == as_bytes(some_totals(0, 33))


def test_a_path_that_nobody_simulated_stops_the_program() -> None:
    def forgetful(job: MadeUp, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        yield from (job.simulate(chunk) for chunk in chunks if chunk.first != 4)

    with pytest.raises(InvariantError, match="paths end at 4 and go on at 8"):
        simulate(MadeUp(), gather=forgetful, size=4)


def test_progress_counts_paths() -> None:
    told: list[tuple[str, int, int]] = []
    simulate(MadeUp(), gather=in_threads(1), size=8, progress=lambda *args: told.append(args))
    assert told[0] == ("paths", 0, 20)
    assert sorted(told)[-1] == ("paths", 20, 20)


def test_the_key_of_a_run_follows_all_that_a_path_depends_on() -> None:
    scenario = some_scenario()
    key = run_key(scenario, {"book": "a"})
    assert key == run_key(some_scenario(5000), {"book": "a"})
    assert key != run_key(scenario, {"book": "b"})
    assert key != run_key(some_scenario(seed=1), {"book": "a"})


def test_chunks_are_small_enough_for_memory_and_for_waiting() -> None:
    assert chunk_size(some_scenario(20)) == 1
    assert chunk_size(some_scenario(10_000_000)) == 1024
    assert chunk_size(some_scenario(10_000_000, horizon_s=86_400 * 30, step_s=60)) == 24
