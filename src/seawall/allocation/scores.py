"""The queues of the venues by name: account figures in, exact scores out, for `allocate(order=...)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

from seawall.errors import InputError
from seawall.rules import deleverage_scores

__all__ = ["SCORES", "Score", "Winner", "queue_order"]

Score = Callable[[int, int, int, int, int, int], tuple[int, int]]
SCORES: Mapping[str, Score] = {
    "binance": deleverage_scores.binance_score,
    "bitmex": deleverage_scores.bitmex_score,
    "hyperliquid": deleverage_scores.hyperliquid_score,
    "leverage": deleverage_scores.leverage_score,
    "okx": deleverage_scores.okx_score,
    "pnl": deleverage_scores.pnl_score,
    "size": deleverage_scores.size_score,
}


@dataclass(frozen=True, slots=True)
class Winner:
    """The figures of one account that the scores ask for; values [one unit of value].

    Attributes:
        mark_value: Signed value of the position at mark.
        entry_value: Signed value at its average entry price.
        takeover_value: Signed value at its takeover price.
        equity: Equity of the account.
        requirement: Maintenance requirement of the account.
        collateral: Equity without unrealised profit.
    """

    mark_value: int
    entry_value: int
    takeover_value: int
    equity: int
    requirement: int
    collateral: int


def queue_order(score: str, winners: Sequence[Winner]) -> list[tuple[int, int]]:
    """Return the score of each winner as an exact fraction; higher stands first in the queue.

    Args:
        score: One of `SCORES`.
        winners: Figures of each account on one side of one market, shape (n_accounts,).

    Returns:
        (numerator, denominator > 0), shape (n_accounts,) [1].

    Raises:
        InputError: No score has this name (`unknown_score`).

    >>> queue_order("leverage", [Winner(100, 80, 60, 50, 5, 30)])
    [(100, 50)]
    """
    if score not in SCORES:
        names = ", ".join(SCORES)
        raise InputError(f"expected a score among {names}, got {score!r}", code="unknown_score")
    return [SCORES[score](*astuple(winner)) for winner in winners]
