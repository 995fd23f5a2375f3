"""Seawall: measure, contain and share out bad debt. The public names, imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seawall.adapters.snapshot import load_snapshot, read_snapshot
    from seawall.adapters.snapshot_write import write_snapshot
    from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending
    from seawall.core.book import Account, Asset, Balance, Book, Instrument, Order, Pool, Position
    from seawall.core.event import Event
    from seawall.core.loss import Charge, Default
    from seawall.core.market import Mark, Market, Price
    from seawall.core.terms import Terms
    from seawall.errors import InputError, InvariantError, Problem, SeawallError
    from seawall.ledger.audit import audit
    from seawall.ledger.explain import explain_account
    from seawall.ledger.statement import statement
    from seawall.report.save import save_run
    from seawall.resolution import Resolution, bad_debts, resolve
    from seawall.risk.assess import assess
    from seawall.risk.detect import scan
    from seawall.runs.folder import RunFolder
    from seawall.runs.shock import Shock
    from seawall.venues import load_terms

__all__ = [
    "Account",
    "Asset",
    "Balance",
    "Book",
    "Charge",
    "Default",
    "Event",
    "InputError",
    "Instrument",
    "InvariantError",
    "Mark",
    "Market",
    "Order",
    "Pool",
    "Position",
    "Price",
    "Problem",
    "Resolution",
    "RunFolder",
    "SeawallError",
    "Shock",
    "Terms",
    "assess",
    "audit",
    "bad_debts",
    "explain_account",
    "load_snapshot",
    "load_terms",
    "read_snapshot",
    "resolve",
    "save_run",
    "scan",
    "statement",
    "synthetic_exchange",
    "synthetic_lending",
    "write_snapshot",
]

_NAMES_OF = {
    "adapters.snapshot": ("load_snapshot", "read_snapshot"),
    "adapters.snapshot_write": ("write_snapshot",),
    "adapters.synthetic": ("synthetic_exchange", "synthetic_lending"),
    "core.book": ("Account", "Asset", "Balance", "Book", "Instrument", "Order", "Pool", "Position"),
    "core.event": ("Event",),
    "core.loss": ("Charge", "Default"),
    "core.market": ("Mark", "Market", "Price"),
    "core.terms": ("Terms",),
    "errors": ("InputError", "InvariantError", "Problem", "SeawallError"),
    "ledger.audit": ("audit",),
    "ledger.explain": ("explain_account",),
    "ledger.statement": ("statement",),
    "report.save": ("save_run",),
    "resolution": ("Resolution", "bad_debts", "resolve"),
    "risk.assess": ("assess",),
    "risk.detect": ("scan",),
    "runs.folder": ("RunFolder",),
    "runs.shock": ("Shock",),
    "venues": ("load_terms",),
}
_HOME = {name: module for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOME:
        raise AttributeError(f"module 'seawall' has no attribute {name!r}")
    return getattr(import_module(f"seawall.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("seawall")
    except PackageNotFoundError:  # sources that were not installed
        return "unknown"
