"""Who is deleveraged first: the scores venues rank winners by, as exact fractions.

Every score returns (numerator, denominator), denominator > 0, so that two compare by
cross-multiplication (`score_exceeds`) and no rounding makes a tie. All take the same arguments:

    mark_value      signed value of the position at mark
    entry_value     signed value at its average entry price (minus its cost)
    takeover_value  signed value at its takeover price
    equity          equity of the account
    requirement     maintenance requirement of the account
    collateral      equity without unrealised pnl

Values [one unit of value]. A divisor below one unit counts as one: an account at or beyond
bankruptcy ranks as the most levered, and nothing divides by zero. Scores order one side of one
market; the opposite side of the failing account is the caller's choice.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_up

FIFTHS = 5

__all__ = [
    "binance_score",
    "bitmex_score",
    "hyperliquid_score",
    "leverage_score",
    "okx_score",
    "pnl_score",
    "queue_fifth",
    "score_exceeds",
    "size_score",
]


def score_exceeds(numerator: int, denominator: int, other_numerator: int, other_denominator: int) -> bool:
    """Return whether one score is above another, exactly; both denominators > 0.

    Source: fractions with positive denominators stand to each other as their cross products do.
    """
    return numerator * other_denominator > other_numerator * denominator


def bitmex_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return PnL% x leverage of a winner, PnL% / leverage of a loser.

    PnL% = (mark - entry) / |entry|; leverage = |mark| / (mark - takeover). A loser with more leverage
    stands higher, as a winner does.

    Source: BitMEX, Auto-Deleveraging: priority ranking calculation.
    """
    pnl = mark_value - entry_value
    size, basis = max(mark_value, -mark_value, 1), max(entry_value, -entry_value, 1)
    backing = max(mark_value - takeover_value, 1)
    if pnl > 0:
        return pnl * size, basis * backing
    return pnl * backing, basis * size


def binance_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return unrealised pnl / collateral x margin ratio, the ratio being requirement / equity.

    Source: Binance, What Is Auto-Deleveraging (ADL) and How Does It Work (LeveragePnL).
    """
    return (mark_value - entry_value) * requirement, max(collateral, 1) * max(equity, 1)


def okx_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return return on investment / margin ratio, the ratio being equity / requirement.

    The return is taken on the entry value: the account's own leverage setting is not in a book.

    Source: OKX, Introduction to Auto-deleveraging (ADL).
    """
    basis = max(entry_value, -entry_value, 1)
    return (mark_value - entry_value) * requirement, basis * max(equity, 1)


def hyperliquid_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return (mark / entry) x (notional / account value).

    As published, for both sides: a short that wins has mark < entry, so among shorts the first
    factor favours losers and leverage decides.

    Source: Hyperliquid docs, Auto-deleveraging (sorting index).
    """
    basis = max(entry_value, -entry_value, 1)
    return mark_value * mark_value, basis * max(equity, 1)


def pnl_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return unrealised pnl: the largest winner first.

    Source: Chitra, Autodeleveraging: Impossibilities and Optimization (arXiv 2512.01112), queues.
    """
    return mark_value - entry_value, 1


def size_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return the notional: the largest position first.

    Source: Chitra, Autodeleveraging: Impossibilities and Optimization (arXiv 2512.01112), queues.
    """
    return max(mark_value, -mark_value), 1


def leverage_score(
    mark_value: int, entry_value: int, takeover_value: int, equity: int, requirement: int, collateral: int
) -> tuple[int, int]:
    """Return notional / equity: the most levered first.

    Source: Chitra, Autodeleveraging: Impossibilities and Optimization (arXiv 2512.01112), queues.
    """
    return max(mark_value, -mark_value), max(equity, 1)


def queue_fifth(lots_to_here: int, lots_total: int) -> int:
    """Return which fifth of the queue a position ends in, 1 (first in line) to 5, rounded up.

    Args:
        lots_to_here: Lots of all positions ranked before it, and its own, > 0.
        lots_total: Lots of the whole side, > 0.

    Source: BitMEX, Auto-Deleveraging examples: 20 % increments of the side's size.
    """
    return mul_div_up(lots_to_here, FIFTHS, lots_total)
