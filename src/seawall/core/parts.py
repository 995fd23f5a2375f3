"""Parts of a whole as people read them, on a screen and in a figure alike."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["level_percent", "percent"]


def percent(part: Fraction | None) -> str:
    """Write a part as percent, with as many digits as it needs.

    >>> percent(Fraction(3, 10)), percent(Fraction(1, 3000)), percent(None)
    ('30 %', '0.033 %', '-')
    """
    if part is None:
        return "-"
    value = 100 * float(part)
    return f"{value:.0f} %" if value == 0 or value >= 9.95 else f"{value:.2g} %"


def level_percent(level: str | float) -> str:
    """Write a level of confidence or of a quantile as percent: its nines are what it says.

    >>> level_percent("0.999"), level_percent(0.95)
    ('99.9 %', '95 %')
    """
    return f"{float(level) * 100:.4g} %"
