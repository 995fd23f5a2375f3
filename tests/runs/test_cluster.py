"""A real scheduler with two workers on this machine: one dies in the middle, no byte changes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.errors import SourceError
from seawall.runs.chunks import Chunk
from seawall.runs.cluster import on_cluster
from seawall.runs.execute import Job, in_threads
from seawall.runs.simulate import simulate
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals
from tests.runs.storms import MadeUp, as_bytes, some_scenario, some_totals

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60
pytestmark = pytest.mark.slow


@contextmanager
def program(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    started = subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers; gives its address and the workers."""
    told = folder / "scheduler.json"
    scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard")
    worker = ("distributed.cli.dask_worker", "--scheduler-file", told, "--no-nanny", "--nthreads", 1)
    worker += ("--no-dashboard", "--local-directory", folder, "--host", "127.0.0.1")
    with program(*scheduler, "--scheduler-file", told):
        patience = time.monotonic() + STARTS_WITHIN_S
        while not told.exists() and time.monotonic() < patience:
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        with program(*worker) as one, program(*worker) as other:
            yield address, [one, other]


def test_a_worker_that_dies_in_the_middle_changes_no_byte(tmp_path: Path) -> None:
    from distributed import Client

    with cluster(tmp_path) as (address, workers):
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=STARTS_WITHIN_S)
        gather = on_cluster(address)

        def killing(job: MadeUp, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
            for number, totals in enumerate(gather(job, chunks)):
                if number == 3:
                    workers[0].send_signal(signal.SIGKILL)
                    workers[0].wait()
                yield totals

        job = MadeUp(some_scenario(120), wait_s=0.05)
        totals = simulate(job, gather=killing, size=4)
        assert workers[0].poll() is not None
        assert workers[1].poll() is None
        assert as_bytes(totals) == as_bytes(some_totals(0, 120))


def test_a_real_storm_travels_to_the_workers_and_comes_back_the_same(tmp_path: Path) -> None:
    from seawall.adapters.synthetic import synthetic_lending

    book, market, terms = synthetic_lending(200)
    prices = {"kind": "gbm", "assets": {"WETH": {"vol": 3.0}, "WBTC": {"vol": 3.0}}}
    run = {"n_paths": 12, "horizon_s": 86_400, "step_s": 3600}
    scenario = Scenario.build({"run": run, "prices": prices, "markets": {"WETH": {}, "WBTC": {}}})
    here = simulate(Job(book, market, terms, scenario), gather=in_threads(1))
    with cluster(tmp_path) as (address, _):
        there = simulate(Job(book, market, terms, scenario), gather=on_cluster(address), size=5)
    assert as_bytes(there) == as_bytes(here)
    assert here.count("liquidations").sum() > 0


def test_a_scheduler_that_is_not_there_is_a_source_that_does_not_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gather = on_cluster(f"tcp://127.0.0.1:{port}", patience_s=1)
    with pytest.raises(SourceError, match="no Dask cluster answers"):
        list(gather(MadeUp(), [Chunk(0, 1)]))
