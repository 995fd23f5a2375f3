"""Delta, gamma and vega by account and underlying are the slopes of what the grid of scenarios gains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters.synthetic import synthetic_exchange
from seawall.core.book import Account, Position
from seawall.core.portfolio import PortfolioTerms
from seawall.risk import exposures as module
from seawall.risk.assess import assess
from seawall.risk.exposure_kernels import compiled, exposures_in_numpy
from seawall.risk.exposures import Exposures, exposures
from tests.risk.portfolios import MARKET, account, accounts, book, terms

UNIT = 10**44


def gains(one: Account, price_ppm: int, vol_ppm: int = 0) -> dict[str, float]:
    """What an account gains on each underlying in one scenario, exactly."""
    grid = PortfolioTerms(price_moves_ppm=(price_ppm,), vol_moves_ppm=(vol_ppm,), vol_move="absolute")
    health = assess(one, book(one), MARKET, terms(grid))
    return {group.underlying: group.gain / UNIT for group in health.groups}


@given(accounts("a"))
@settings(max_examples=50)
def test_sensitivities_are_the_slopes_of_gains(one: Account) -> None:
    found = exposures(book(one), MARKET)
    up, down = gains(one, 100), gains(one, -100)
    louder, calmer = gains(one, 0, 100), gains(one, 0, -100)
    assert [found.underlyings[code] for code in found.underlying] == sorted(up)
    for row, name in enumerate(sorted(up)):
        size = found.notional[row]
        assert (up[name] - down[name]) / 2e-4 == pytest.approx(found.delta[row], abs=1e-4 * size)
        assert (up[name] + down[name]) / 1e-8 == pytest.approx(found.gamma[row], abs=1e-2 * size, rel=1e-3)
        assert (louder[name] - calmer[name]) / 2e-4 == pytest.approx(found.vega[row], abs=1e-6 * size)


@given(st.lists(accounts("x"), max_size=5))
@settings(max_examples=50)
def test_the_loop_and_numpy_agree(found: list[Account]) -> None:
    whole = book(*(replace(one, id=f"a{number}") for number, one in enumerate(found)))
    with pytest.MonkeyPatch.context() as patch:
        one = exposures(whole, MARKET)
        patch.setattr(module, "compiled", lambda: exposures_in_numpy)
        other = exposures(whole, MARKET)
    for name in ("account", "underlying", "notional", "delta", "gamma", "vega"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def test_futures_have_delta_and_inverse_ones_curvature() -> None:
    found = exposures(book(account("a", BTC_PERP=-1000), account("b", BTC_COIN=600)), MARKET)
    assert found.account.tolist() == [0, 1]
    assert found.notional.tolist() == pytest.approx([60_000, 60_000])
    assert found.delta.tolist() == pytest.approx([-60_000, 60_000])
    assert found.gamma.tolist() == pytest.approx([0, -120_000])
    assert found.vega.tolist() == [0, 0]


def test_rows_stand_by_account_then_underlying() -> None:
    found = exposures(
        book(account("a", ETH_PERP=1, BTC_PERP=1), account("b"), account("c", ETH_PERP=1)), MARKET
    )
    assert found.underlyings == ("BTC", "ETH")
    assert list(zip(found.account.tolist(), found.underlying.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (2, 1),
    ]


def test_totals_keep_long_and_short_apart_and_tell_what_is_missing() -> None:
    dark = replace(MARKET, marks={**MARKET.marks, "BTC-60-C": replace(MARKET.marks["BTC-60-C"], vol=None)})
    whole = book(account("a", BTC_PERP=1000), account("b", BTC_PERP=-400), account("c", BTC_60_C=1))
    first, second = exposures(whole, dark).totals()
    assert (first.underlying, first.accounts, first.unpriced) == ("BTC", 3, 1)
    assert first.delta == pytest.approx((60_000, -24_000))
    assert first.notional == pytest.approx(84_000)
    assert (second.underlying, second.accounts, second.notional) == ("ETH", 0, 0.0)
    chosen = exposures(whole, dark).totals(np.array([False, True, False]))[0]
    assert (chosen.accounts, chosen.delta) == (1, pytest.approx((0, -24_000)))


def test_a_closed_book_is_exposed_to_nothing_as_a_whole() -> None:
    whole = book(account("a", BTC_60_C=70, ETH_3_C=-5), account("b", BTC_60_C=-70, ETH_3_C=5))
    for total in exposures(whole, MARKET).totals():
        for long, short in (total.delta, total.gamma, total.vega):
            assert long + short == 0.0
            assert long > 0.0


def test_a_book_without_positions_has_no_rows() -> None:
    assert len(exposures(book(account("a")), MARKET)) == 0
    assert exposures(book(), MARKET).totals()[0].accounts == 0


def test_a_book_of_perpetuals_needs_no_underlyings() -> None:
    whole, market, _ = synthetic_exchange(300)
    found = exposures(whole, market)
    assert found.underlyings == tuple(item.id for item in whole.instruments)
    assert len(found) == len({(row, code) for row, code in _pairs(whole)})
    assert not found.gamma.any()


def _pairs(whole) -> list[tuple[int, int]]:  # type: ignore[no-untyped-def]  # a book
    owner = np.repeat(np.arange(len(whole)), np.diff(whole.positions.start))
    return list(zip(owner.tolist(), whole.positions.instrument.tolist(), strict=True))


def test_legs_of_one_instrument_are_one_row() -> None:
    held = (Position("BTC-PERP", "long", 500, 0), Position("BTC-PERP", "short", -200, 0))
    found: Exposures = exposures(book(replace(account("a"), positions=held)), MARKET)
    assert (len(found), found.notional[0], found.delta[0]) == (
        1,
        pytest.approx(42_000),
        pytest.approx(18_000),
    )


def test_the_loop_is_compiled_where_numba_is_installed() -> None:
    pytest.importorskip("numba", reason="needs the extra fast")
    assert compiled() is not exposures_in_numpy
