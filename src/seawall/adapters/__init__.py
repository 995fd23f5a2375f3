"""From outside files to (book, market, terms, problems), and back."""

from seawall.adapters.snapshot import Snapshot, load_snapshot, read_snapshot
from seawall.adapters.snapshot_write import write_snapshot

__all__ = ["Snapshot", "load_snapshot", "read_snapshot", "write_snapshot"]
