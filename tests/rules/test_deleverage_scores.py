"""Scores: as the venues write them, exact where floats tie, and total where they divide by zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.rules import deleverage_scores as scores

Position = tuple[int, int, int, int, int, int]  # mark, entry, takeover, equity, requirement, collateral
Score = Callable[..., tuple[int, int]]


def bitmex(mark: float, entry: float, takeover: float, *_: float) -> float:
    pnl, leverage = (mark - entry) / abs(entry), abs(mark) / (mark - takeover)
    return pnl * leverage if pnl > 0 else pnl / leverage


FORMULAS: list[tuple[Score, Callable[..., float]]] = [
    (scores.bitmex_score, bitmex),
    (scores.binance_score, lambda m, n, t, e, r, c: (m - n) / c * (r / e)),
    (scores.okx_score, lambda m, n, t, e, r, c: (m - n) / abs(n) / (e / r)),
    (scores.hyperliquid_score, lambda m, n, t, e, r, c: (m / n) * (abs(m) / e)),
    (scores.pnl_score, lambda m, n, t, e, r, c: m - n),
    (scores.size_score, lambda m, n, t, e, r, c: abs(m)),
    (scores.leverage_score, lambda m, n, t, e, r, c: abs(m) / e),
]


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A position of a solvent account, long or short."""
    side, amount = draw(st.sampled_from([1, -1])), st.integers(1, 10**9)
    mark, entry = side * draw(amount), side * draw(amount)
    return mark, entry, mark - draw(amount), draw(amount), draw(amount), draw(amount)


@pytest.mark.parametrize(("score", "formula"), FORMULAS, ids=lambda each: getattr(each, "__name__", ""))
@given(a=positions(), b=positions())
def test_a_score_orders_like_its_formula(
    score: Score, formula: Callable[..., float], a: Position, b: Position
) -> None:
    x, y = formula(*map(float, a)), formula(*map(float, b))
    assume(not math.isclose(x, y, rel_tol=1e-9))
    assert scores.score_exceeds(*score(*a), *score(*b)) is (x > y)
    assert score(*a)[1] > 0


# A long of 100 entered at 80, takeover value 60: pnl 25 %, leverage 100 / 40 = 2.5, score 5/8.
# The same at a loss, entered at 125: -20 % / 2.5 = -0.08. A short is the mirror image.
@pytest.mark.parametrize(
    ("mark", "entry", "takeover", "score"),
    [
        (100, 80, 60, (5, 8)),
        (100, 125, 60, (-2, 25)),
        (100, 100, 60, (0, 1)),
        (-80, -100, -120, (2, 5)),  # 20 % x 80 / 40
        (-125, -100, -165, (-2, 25)),  # -25 % / (125 / 40)
    ],
)
def test_bitmex_multiplies_winners_and_divides_losers(
    mark: int, entry: int, takeover: int, score: tuple[int, int]
) -> None:
    numerator, denominator = scores.bitmex_score(mark, entry, takeover, 0, 0, 0)
    assert numerator * score[1] == score[0] * denominator


def test_scores_of_one_position_worked_by_hand() -> None:
    # pnl 20 on collateral 50, equity 70, requirement 7: 20/50 * 7/70; 20/80 / (70/7); 100/80 * 100/70.
    position: Position = (100, 80, 30, 70, 7, 50)
    assert scores.binance_score(*position) == (140, 3_500)
    assert scores.okx_score(*position) == (140, 5_600)
    assert scores.hyperliquid_score(*position) == (10_000, 5_600)
    assert scores.pnl_score(*position) == (20, 1)
    assert scores.size_score(*position) == (100, 1)
    assert scores.leverage_score(*position) == (100, 70)


@pytest.mark.parametrize(("score", "_"), FORMULAS, ids=lambda each: getattr(each, "__name__", ""))
@pytest.mark.parametrize("left", [1, 0, -1, -(10**9)])
def test_a_score_exists_at_and_beyond_bankruptcy(score: Score, _: object, left: int) -> None:
    assert score(100, 0, 100 - left, left, 7, left)[1] > 0
    assert score(0, 0, 0, left, 0, left)[1] > 0


def test_a_bankrupt_winner_ranks_as_the_most_levered() -> None:
    solvent, bankrupt = (
        scores.bitmex_score(100, 80, 98, 2, 1, 2),
        scores.bitmex_score(100, 80, 101, -1, 1, -1),
    )
    assert scores.score_exceeds(*bankrupt, *solvent)


def test_equal_scores_do_not_exceed_each_other_where_floats_would_differ() -> None:
    assert not scores.score_exceeds(1, 3, 10**40, 3 * 10**40)
    assert not scores.score_exceeds(10**40, 3 * 10**40, 1, 3)
    assert scores.score_exceeds(10**40 + 1, 3 * 10**40, 1, 3)


@pytest.mark.parametrize(
    ("lots_to_here", "fifth"),
    [(1, 1), (19, 1), (20, 1), (21, 2), (40, 2), (41, 3), (80, 4), (81, 5), (99, 5), (100, 5)],
)
def test_a_fifth_of_the_queue_includes_its_last_lot(lots_to_here: int, fifth: int) -> None:
    assert scores.queue_fifth(lots_to_here, 100) == fifth
