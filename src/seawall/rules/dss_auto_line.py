"""DssAutoLine: a debt ceiling that follows the debt, raised slowly and lowered at once.

Ceilings and gap [rad], debt [wad], rate [ray], times [unix s].
"""

from __future__ import annotations

__all__ = ["ceiling", "may_change"]


def ceiling(debt: int, rate: int, gap: int, ceiling_max: int) -> int:
    """Return the ceiling that a debt calls for: the debt plus the gap, no more than the most.

    Source: makerdao/dss-auto-line, DssAutoLine.sol `exec`.
    """
    return min(debt * rate + gap, ceiling_max)


def may_change(now: int, last_raised: int, ttl: int, current: int, wanted: int) -> bool:
    """Return whether the ceiling may move: down at any time, up once a `ttl` has passed.

    In one block it moves once; whoever keeps the state sees to that.

    Source: makerdao/dss-auto-line, DssAutoLine.sol `exec`.
    """
    return wanted != current and (wanted < current or now >= last_raised + ttl)
