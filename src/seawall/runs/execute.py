"""Who simulates the chunks of a run: threads of this process, other processes, or a Dask cluster.

Chunks are named by their paths, and a path's chance by its number; so who does what, in which order
and how often, changes no byte of the result.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol

from seawall.core.book import Book
from seawall.core.layers import LayerBase
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.runs.chunks import Chunk
from seawall.simulation.engine import Detector
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals

if TYPE_CHECKING:
    from seawall.simulation.pilot import Pilot
    from seawall.simulation.storm import Storm

__all__ = ["Gather", "Job", "in_processes", "in_threads"]


@dataclass(eq=False)
class Job:
    """What every worker needs to know; it lays the book out when its first chunk comes.

    Attributes:
        pilot: What found the aim of its paths, where somebody has walked it already.
    """

    book: Book
    market: Market
    terms: Terms
    scenario: Scenario
    detector: Detector = "index"
    pilot: Pilot | None = None
    _storm: Storm | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def storm(self) -> Storm:
        """The storm, made once in each process."""
        from seawall.simulation.storm import Storm  # brings the compiler along

        with self._lock:
            if self._storm is None:
                self._storm = Storm.of(
                    self.book,
                    self.market,
                    self.terms,
                    self.scenario,
                    pilot=self.pilot,
                    threads=os.cpu_count() or 1,
                )
                self.pilot = self._storm.pilot
            return self._storm

    @property
    def layers(self) -> tuple[LayerBase, ...]:
        """The layers of the waterfall, in the order of the columns of totals."""
        by_name = {layer.name: layer for layer in self.terms.waterfall}
        return tuple(by_name[name] for name in self.storm.layers)

    def simulate(self, chunk: Chunk) -> PathTotals:
        """Return the totals of a chunk."""
        return self.storm.run(chunk.first, chunk.count, detector=self.detector)

    def __getstate__(self) -> dict[str, Any]:
        names = ("book", "market", "terms", "scenario", "detector", "pilot")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # a storm and a lock of its own


class Gather(Protocol):
    """Simulates chunks and yields their totals as they are done, in any order.

    Closing the iterator early waits for what runs already and drops the rest.
    """

    def __call__(self, job: Job, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        """Yield the totals of every chunk."""


def in_threads(workers: int = 0) -> Gather:
    """Simulate in threads of this process: kernels run outside the interpreter's lock.

    Args:
        workers: How many; as many as there are cores when 0.
    """

    def gather(job: Job, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        _ = job.storm  # compiled before threads ask for it
        count = workers or os.cpu_count() or 1
        with _stopped(ThreadPoolExecutor(count)) as pool:
            yield from _as_done(pool, job.simulate, chunks, ahead=2 * count)

    return gather


def in_processes(workers: int) -> Gather:
    """Simulate in other processes, each with the book laid out for itself."""

    def gather(job: Job, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _keep, (job,))
        with _stopped(pool):
            yield from _as_done(pool, _simulate_kept, chunks, ahead=2 * workers)

    return gather


def _as_done(
    pool: Executor, simulate: Callable[[Chunk], PathTotals], chunks: Sequence[Chunk], *, ahead: int
) -> Iterator[PathTotals]:
    # A few chunks ahead of the workers: a run that is stopped has little to wait for.
    waiting: set[Future[PathTotals]] = set()
    left = iter(chunks)
    while True:
        while len(waiting) < ahead and (chunk := next(left, None)) is not None:
            waiting.add(pool.submit(simulate, chunk))
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


@contextmanager
def _stopped(pool: Executor) -> Iterator[Executor]:
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_kept: list[Job] = []


def _keep(job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked for the run decides when it stops
    _kept[:] = [job]


def _simulate_kept(chunk: Chunk) -> PathTotals:
    return _kept[0].simulate(chunk)
