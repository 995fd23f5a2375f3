"""Seawall: measure, contain and share out bad debt. The public names, imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Account": "core.book",
    "Asset": "core.book",
    "Balance": "core.book",
    "Book": "core.book",
    "Default": "core.loss",
    "Event": "resolution",
    "InputError": "errors",
    "Instrument": "core.book",
    "InvariantError": "errors",
    "Mark": "core.market",
    "Market": "core.market",
    "Pool": "core.book",
    "Position": "core.book",
    "Price": "core.market",
    "Problem": "errors",
    "Resolution": "resolution",
    "SeawallError": "errors",
    "Terms": "core.terms",
    "assess": "risk.assess",
    "audit": "ledger.audit",
    "bad_debts": "resolution",
    "load_snapshot": "adapters.snapshot",
    "load_terms": "venues",
    "read_snapshot": "adapters.snapshot",
    "resolve": "resolution",
    "scan": "risk.detect",
    "statement": "ledger.statement",
}

__all__ = sorted(_HOME)  # a list; the names above are the contract


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'seawall' has no attribute {name!r}")
    return getattr(import_module(f"seawall.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
