"""Chunks on a Dask cluster: workers may come, go and die; the totals are the same bytes.

The book travels to each worker once. Tasks that are lost with their worker, or whose book is, are asked
for again from whoever is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from seawall.errors import SourceError, UnsupportedFeature
from seawall.runs.chunks import Chunk
from seawall.runs.execute import Gather, Job
from seawall.simulation.totals import PathTotals

__all__ = ["on_cluster"]

_TRIES = 5


def on_cluster(address: str, *, patience_s: float = 20) -> Gather:
    """Simulate on the workers of a Dask scheduler, which need Seawall of the same version.

    Args:
        address: Of the scheduler, tcp://HOST:PORT.
        patience_s: How long to wait for it and for its first worker [s].

    Raises:
        UnsupportedFeature: The extra `cluster` is not installed.
        SourceError: When chunks are gathered: the scheduler does not answer, has no worker, or lost
            chunks five times.
    """
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        message = (
            "--cluster needs distributed, which the extra `cluster` brings: pip install 'seawall[cluster]'"
        )
        raise UnsupportedFeature(message, code="extra_missing") from error

    def gather(job: Job, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
        client = _client(distributed, address, patience_s)
        try:
            left = list(chunks)
            for _ in range(_TRIES):
                done: set[Chunk] = set()
                for totals in _once(distributed, client, job, left):
                    done.add(Chunk(totals.first, totals.drawn))
                    yield totals
                left = [chunk for chunk in left if chunk not in done]
                if not left:
                    return
            message = (
                f"{address} lost {len(left)} of {len(chunks)} chunks {_TRIES} times: are its workers alive?"
            )
            raise SourceError(message, code="cluster_lost")
        finally:
            client.close()

    return gather


def _client(distributed: Any, address: str, patience_s: float) -> Any:
    try:
        client = distributed.Client(address, timeout=patience_s, set_as_default=False)
        client.wait_for_workers(1, timeout=patience_s)
    except (OSError, TimeoutError, ValueError) as error:
        message = f"no Dask cluster answers at {address}: {str(error)[:200] or type(error).__name__}"
        raise SourceError(message, code="cluster_unreachable") from error
    return client


def _once(distributed: Any, client: Any, job: Job, chunks: Sequence[Chunk]) -> Iterator[PathTotals]:
    # What comes back of these chunks; what is lost with a worker is left out.
    book = client.scatter(job, broadcast=True, hash=False)
    futures = [client.submit(_simulated, book, chunk, pure=False, retries=_TRIES) for chunk in chunks]
    for future in distributed.as_completed(futures, loop=client.loop):
        if future.status == "finished":
            yield future.result()
        elif future.status == "error":
            error = future.exception()
            if not isinstance(
                error, distributed.scheduler.KilledWorker | distributed.client.FutureCancelledError
            ):
                raise error
        future.release()


def _simulated(job: Job, chunk: Chunk) -> PathTotals:
    return job.simulate(chunk)
