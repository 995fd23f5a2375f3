"""From outside files to (book, market, terms, problems), and back."""

from seawall.adapters.snapshot import Snapshot, load_snapshot, read_snapshot
from seawall.adapters.snapshot_write import write_snapshot
from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending

__all__ = [
    "Snapshot",
    "load_snapshot",
    "read_snapshot",
    "synthetic_exchange",
    "synthetic_lending",
    "write_snapshot",
]
