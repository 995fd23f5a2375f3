"""The float sums behind a scan stay within their error of the exact health, whatever was paid before."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.core.market import Mark, Market, Price
from seawall.risk import kernels, sums
from seawall.risk.assess import assess
from seawall.venues import load_terms

USDT, LIMIT = Asset("USDT", 6), 10**38
TERMS = load_terms("linear_perp")
MARKET = Market(prices={"USDT": Price(10**8, 10**8)}, marks={"BTC": Mark(50_000 * 10**8)})
indexes = st.sampled_from([0, 1, -1, 2**63 - 1, 2**63, -(2**63), 2**64, -(2**64), LIMIT - 1, 1 - LIMIT]) | (
    st.integers(1 - LIMIT, LIMIT - 1)
)


def one_position(now: int, touched: int, quantity: int) -> Book:
    """One account with a position last touched at an index, and one never touched."""
    held = (Position("BTC", "net", quantity, -quantity * 49_000, touched),)
    other = (Position("BTC", "net", -quantity, quantity * 49_000),)
    cash = (Balance("USDT", "cash", 10**12),)
    return Book.of(
        [Account("a", balances=cash, positions=held), Account("b", balances=cash, positions=other)],
        assets=[USDT],
        instruments=[Instrument("BTC", "USDT", quantity_decimals=6, funding_index=now)],
        venue="test",
    )


@pytest.mark.parametrize("with_numba", [True, False])
@given(now=indexes, touched=indexes, quantity=st.sampled_from([1, 10**6, -(10**9)]))
@example(now=LIMIT - 1, touched=1 - LIMIT, quantity=1)
@example(now=2**64, touched=2**64 - 1, quantity=10**6)
def test_funding_since_any_index_stays_within_the_error(
    with_numba: bool, now: int, touched: int, quantity: int
) -> None:
    book = one_position(now, touched, quantity)
    with pytest.MonkeyPatch.context() as patch:
        if not with_numba:
            patch.setattr(sums, "compiled", lambda name: None)
        elif kernels.compiled("exchange_sums") is None:
            pytest.skip("needs the extra fast")
        found = sums.exchange_columns(book, MARKET, TERMS, "oracle")
    for row in range(len(book)):
        if found.error[row] == found.error[row]:
            exact = Fraction(assess(book.account(row), book, MARKET, TERMS).equity, 10**44)
            assert abs(Fraction(float(found.equity[row])) - exact) <= Fraction(float(found.error[row]))
        else:
            assert abs(now - touched) >= 2**127, "in doubt only beyond 128 bits"
