"""Memory of ten million positions: in a child process of its own, watched from outside.

The figure is the resident memory of the whole process, interpreter and libraries included: held is
after everything temporary is gone, peak the most a sampler saw. The "peer" of the table is the limit.

`python -m benchmarks.memory STAGE...` is the child: it does the stages and says when each is done.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measure import Row

POSITIONS = 10_000_000
ACCOUNTS = 3_333_334
LIMIT_GB = 1.5
PAGE = os.sysconf("SC_PAGE_SIZE")
TITLES = {
    "build": "a lending book in columns: 128-bit amounts, ids, owners",
    "scan": "the same book after a scan of it, its columns held too",
    "index": "the same with the index of ids that a look-up by name builds",
    "exchange": "a margin book (two thirds positions, one third cash), 128 bits an amount",
    "funding": "the same margin book where every position has a funding index of its own",
    "load": "the lending book read from a Parquet snapshot",
}


@dataclass(frozen=True)
class Seen:
    """Resident memory after a stage, and the most seen during it [bytes]."""

    held: int
    peak: int
    seconds: float


def rows(rounds: int) -> Iterator[Row]:
    """Measure the book as held, after a scan, with its index, and as read from Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        for stages in (("build", "scan", "index", "save"), ("exchange", "funding"), ("load",)):
            if "load" in stages and importlib.util.find_spec("pyarrow") is None:
                yield Row("memory.load", TITLES["load"], "GB", note="pyarrow is not installed (extra `data`)")
                continue
            for stage, seen in watched(stages, folder).items():
                if stage in TITLES:
                    yield _row(stage, seen)


def _row(stage: str, seen: Seen) -> Row:
    gigabytes = seen.held / 1e9
    return Row(
        f"memory.{stage}",
        f"{POSITIONS:,} positions: {TITLES[stage]}",
        "GB",
        gigabytes,
        LIMIT_GB,
        LIMIT_GB / gigabytes,
        target=None if stage == "funding" else 1.0,
        is_favourable=stage != "funding",
        note=f"{seen.held / POSITIONS:.0f} bytes a row, peak {seen.peak / 1e9:.2f} GB, {seen.seconds:.1f} s",
    )


def watched(stages: tuple[str, ...], folder: str) -> dict[str, Seen]:
    """Run the stages in a child and sample its memory every few milliseconds."""
    found: dict[str, Seen] = {}
    command = [sys.executable, "-m", "benchmarks.memory", folder, *stages]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None  # for the type checker, like the next
        assert child.stdin is not None
        sampler = Sampler(child.pid)
        sampler.start()
        start = time.perf_counter()
        for line in child.stdout:
            seconds = time.perf_counter() - start
            found[line.strip()] = Seen(resident(child.pid), sampler.take_peak(), seconds)
            start = time.perf_counter()
            child.stdin.write("\n")  # the child waits, so that nothing moves while it is looked at
            child.stdin.flush()
        sampler.stop()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}")
    return found


class Sampler(threading.Thread):
    """Watches the resident memory of a process."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self._peak, self._is_on = pid, 0, True

    def run(self) -> None:
        """Sample until stopped."""
        while self._is_on:
            self._peak = max(self._peak, resident(self.pid))
            time.sleep(0.005)

    def take_peak(self) -> int:
        """Return the most seen since last asked [bytes]."""
        peak, self._peak = max(self._peak, resident(self.pid)), 0
        return peak

    def stop(self) -> None:
        """Let the thread end."""
        self._is_on = False


def resident(pid: int) -> int:
    """Return the resident memory of a process [bytes], 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


def _child(folder: str, stages: list[str]) -> None:
    import numpy as np

    from benchmarks import books
    from seawall.core.book import Book
    from seawall.core.money import Amounts
    from seawall.core.terms import Terms
    from seawall.risk.detect import scan
    from seawall.venues import load_terms

    def healths(count: int) -> books.Floats:
        found: books.Floats = 0.97 * np.exp(np.random.default_rng(7).gamma(1.6, 0.28, count))
        return found

    held: list[object] = []
    book: Book | None = None
    terms: Terms = books.lending_terms()
    for stage in stages:
        if stage == "build":
            book = books.lending_book(healths(ACCOUNTS), np.random.default_rng(1))
            assert len(book.balances.asset) >= POSITIONS
        elif stage == "exchange":
            exchange = load_terms("linear_perp")
            book = books.exchange_book(healths(ACCOUNTS + ACCOUNTS % 2), np.random.default_rng(1), exchange)
        elif stage == "load":
            from seawall.adapters.snapshot import load_snapshot

            book, _, terms = load_snapshot(Path(folder) / "snapshot")
            assert len(book.balances.asset) >= POSITIONS
        assert book is not None
        if stage == "scan":
            held.append(scan(book, books.lending_market(), terms))
        elif stage == "index":
            assert book.row_of["user-00000001"] == 1
        elif stage == "funding":
            touched = Amounts.of_int64(np.arange(len(book.positions.instrument)) + 10**12)
            book = replace(book, positions=replace(book.positions, funding_index=touched))
            del touched
        elif stage == "save" and importlib.util.find_spec("pyarrow") is not None:
            from seawall.adapters.snapshot_write import write_snapshot

            write_snapshot(Path(folder) / "snapshot", book, books.lending_market(), terms, format="parquet")
        gc.collect()
        print(stage, flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2:])
