"""Counters that a book keeps between events: caps used, gains, windows; which of them may be negative."""

from __future__ import annotations

from seawall.core.money import brief

__all__ = ["counter_fault"]

# Realised gains are signed, and a kind of one's own may count as it likes; these only ever add up.
_COUNTED_UP = ("used:", "called:", "claimed:", "cut:", "halted:", "matures:", "notional:", "taxed:")


def counter_fault(name: str, value: int) -> str:
    """Return what forbids a counter, "" when nothing does: a cap used by less than nothing is a larger cap.

    >>> counter_fault("used:own:storm:USD", -5)
    'is -5, expected at least 0: it counts what was used'
    """
    if value < 0 and name.startswith(_COUNTED_UP):
        return f"is {brief(value)}, expected at least 0: it counts what was used"
    return ""
