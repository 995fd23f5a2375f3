"""What makes a row of `instruments` an option, and what its row of `marks` must say."""

from __future__ import annotations

from seawall.adapters.problem_log import shown
from seawall.adapters.tables import Record
from seawall.core.book import Option, Right

__all__ = ["option_of", "warn_of_expired"]

_GIVEN = ("right", "strike", "expires", "in_coin")


def option_of(record: Record, kind: str | None, mark_decimals: int) -> Option | None:
    """Return the option a row of `instruments` describes; None for other kinds, and where it has problems.

    Every column is read, so that all problems of the row are told.
    """
    right = _right(record)
    strike, expires = record.amount("strike", mark_decimals), record.time("expires")
    in_coin = record.flag("in_coin")
    if kind != "option":
        for name in _GIVEN if kind is not None else ():
            if record.cells.get(name) and not (name == "in_coin" and not in_coin):
                message = f"is given for an instrument of kind {kind}: leave it empty, or set kind to option"
                record.add("option_invalid", message, name)
        return None
    for name in ("right", "strike", "expires", "underlying"):
        if not record.text(name):
            message = f"is empty: {record.table.column(name).doc}"
            record.add("missing_value", message, name)
    if right is None or strike is None or expires is None or in_coin is None:
        return None
    return Option(right, strike, expires, in_coin)


def _right(record: Record) -> Right | None:
    if not record.text("right"):
        return None
    found = record.choice("right")
    return None if found is None else "call" if found == "call" else "put"


def warn_of_expired(record: Record, option: Option | None, as_of: int) -> None:
    """Warn of an option that the snapshot outlived: it is worth its mark, and its time value is gone."""
    if option is not None and option.expires <= as_of:
        message = f"{shown(record.text('expires'))} is not after the snapshot: it has no time value left"
        record.warn("option_expired", message, "expires")
