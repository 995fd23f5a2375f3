"""What a score is at most, for a whole side of an instrument at once and without an assessment.

The venue's own rules of takeover and score run on columns of floats that carry their error
(`core.bounded`), so that a queue needs to be settled exactly only as far as it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.allocation.scores import Score
from seawall.core.book import KINDS, MODES, Book
from seawall.core.bounded import Bounded, Undecided
from seawall.core.compiled import bounded_rule
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.risk.exchange import VALUE_DECIMALS
from seawall.risk.kernels import RELATIVE
from seawall.risk.position_values import PositionValues, position_values, rate_slack
from seawall.risk.sums import Sums, cash_values, exchange_columns
from seawall.rules import perpetual_rules

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ROWS_MAX = 256  # holdings of one account whose float sums RELATIVE covers with room to spare
_TINY = 2.0**-700
_USER, _PORTFOLIO = KINDS.index("user"), MODES.index("portfolio")


@dataclass(frozen=True, slots=True, eq=False)
class ScoreBounds:
    """Bounds on the scores of a book as it stood when a waterfall began.

    Attributes:
        owner: Account row of each position.
        sums: Equity and requirement of each account, with their error.
        cash: What each account holds besides positions [whole base currency].
        is_doubtful: Accounts whose sums are not to be relied on: many holdings, or a portfolio.
    """

    book: Book
    market: Market
    terms: Terms
    owner: NDArray[np.int64]
    sums: Sums
    cash: Floats
    is_doubtful: NDArray[np.bool_]

    @classmethod
    def of(cls, book: Book, market: Market, terms: Terms) -> ScoreBounds:
        """Add up every account once."""
        holdings = np.diff(book.balances.start) + np.diff(book.positions.start)
        return cls(
            book,
            market,
            terms,
            np.repeat(np.arange(len(book)), np.diff(book.positions.start)),
            exchange_columns(book, market, terms, "oracle"),
            cash_values(book, market, terms),
            (holdings > ROWS_MAX) | (book.accounts.margin_mode == _PORTFOLIO),
        )

    def winners(self, instrument: str, is_long: bool, score: Score) -> tuple[Rows, Floats]:
        """Return every position of a user that may be a solvent winner, and what its score is at most.

        Returns:
            Rows of positions, and upper bounds of their scores, highest first; infinite where
            floats cannot tell.
        """
        held, code = self.book.positions, self.book.instrument_row[instrument]
        words = held.quantity.words
        is_negative = (words[:, 1] >> np.uint64(63)).astype(bool)
        on_side = (held.instrument == code) & (words.any(axis=1)) & (is_negative != is_long)
        rows = np.flatnonzero(on_side & (self.book.accounts.kind[self.owner] == _USER))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            values = position_values(self.book, self.market, self.terms, code, rows)
            rows, highest = self._bounded(rows, values, instrument, score)
        order = np.argsort(-highest, kind="stable")
        return rows[order], highest[order]

    def _bounded(
        self, rows: Rows, values: PositionValues, instrument: str, score: Score
    ) -> tuple[Rows, Floats]:
        # In value units, like the exact rules: a divisor below one unit counts as one.
        owner, sums = self.owner[rows], self.sums
        unit = Bounded.of(10 ** (VALUE_DECIMALS + self.market.price_decimals))
        settle = self.market.price(self.book.instrument(instrument).settle_asset) or 0
        step = 2.0 * settle / unit.value  # what exact values round by, at most
        mark, entry = _near(values.worth, step), _near(-values.cost)
        profit = mark - entry - _near(values.funding)
        slack = np.abs(values.worth) * (RELATIVE + rate_slack(self.terms, instrument))
        needed = Bounded(values.requirement, values.requirement * RELATIVE + slack + step)
        equity = Bounded(sums.equity[owner], sums.error[owner])
        required = Bounded(sums.requirement[owner], sums.error[owner])
        cash = Bounded(self.cash[owner], sums.error[owner])
        gain = mark - entry

        may_win = ~((profit.value < -profit.error) | (equity.value < -equity.error))
        told = (equity.value > equity.error) & (required.value > required.error) & ~self.is_doubtful[owner]
        takeover_value = bounded_rule(perpetual_rules(self.terms.rules).takeover_value)
        highest = np.full(len(rows), np.inf)
        for side in (gain.value > gain.error, gain.value < -gain.error):
            part = np.flatnonzero(may_win & told & side)
            columns = [
                Bounded(item.value[part], item.error[part]) * unit
                for item in (mark, entry, equity, required, cash, needed)
            ]
            worth, paid, all_equity, all_required, all_cash, need = columns
            try:
                taken = takeover_value(worth, all_equity, need, all_required)
                found = bounded_rule(score)(worth, paid, taken, all_equity, all_required, all_cash)
            except Undecided:
                continue
            highest[part] = _highest(*(Bounded.of(item) for item in found))
        return rows[may_win], highest[may_win]


def _near(values: Floats, step: float = 0.0) -> Bounded:
    return Bounded(values, np.abs(values) * RELATIVE + step)


def _highest(numerator: Bounded, denominator: Bounded) -> Floats:
    # The largest quotient the two intervals allow, rounded outwards; never denormal, see `score_key`.
    top = numerator.value + numerator.error
    bottom = denominator.value + np.where(top > 0, -denominator.error, denominator.error)
    most = top / bottom
    most = most + np.abs(most) * 2.0**-48
    is_told = (denominator.value > denominator.error) & np.isfinite(most)
    bounds: Floats = np.where(is_told, np.where(np.abs(most) < _TINY, _TINY, most), np.inf)
    return bounds
