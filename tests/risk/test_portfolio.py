"""Margin by a grid of scenarios: what it asks, who offsets whom, and that the scan of a book agrees."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.analysis.closed_forms.options import black_76
from seawall.core.book import Account, Balance, Book, Position
from seawall.core.portfolio import GridScenario, PortfolioTerms
from seawall.core.rows import Instrument
from seawall.core.units import PPM, WAD
from seawall.errors import UnsupportedFeature
from seawall.risk import portfolio_sums
from seawall.risk.assess import assess
from seawall.risk.detect import LIQUIDATABLE, SAFE, UNSURE, scan
from seawall.risk.health import Health
from seawall.risk.portfolio_kernels import grid_in_numpy
from seawall.risk.prices import account_prices
from tests.risk.portfolios import (
    AS_OF,
    DAY,
    GRID,
    INSTRUMENTS,
    LEVEL,
    MARKET,
    NAMES,
    USD,
    account,
    accounts,
    book,
    grids,
    market,
    terms,
)

BTC = tuple(name for name in NAMES if name.startswith("BTC"))
UNIT = 10**44  # values in a dollar
plain = PortfolioTerms(price_moves_ppm=(-100_000, 100_000))


def needs(one: Account, grid: PortfolioTerms = GRID) -> int:
    return seen(one, grid).requirement


def seen(one: Account, grid: PortfolioTerms = GRID) -> Health:
    return assess(one, book(one), MARKET, terms(grid))


def merged(one: Account, other: Account) -> Account:
    size: dict[tuple[str, str], int] = {}
    for position in (*one.positions, *other.positions):
        key = (position.instrument, position.leg)
        size[key] = size.get(key, 0) + position.quantity
    positions = tuple(
        Position(name, leg, held, 0)  # type: ignore[arg-type]  # a leg
        for (name, leg), held in sorted(size.items())
        if held
    )
    return replace(one, id="both", positions=positions)


def gain_in_floats(item: Instrument, size: float, grid: PortfolioTerms, number: int) -> float:
    """What a position gains in dollars, from scratch: revaluation by the closed form."""
    scenario, level = grid.scenarios[number], LEVEL[item.underlying] / USD
    moved = level * (1 + scenario.price_ppm / PPM)
    size = size / 10**item.quantity_decimals * item.multiplier / 10**12
    if item.kind == "inverse":
        return size * (1 / level - 1 / moved) * 60_000
    option = item.option
    if option is None:
        return size * (moved - level)
    days = (option.expires - AS_OF) / DAY
    factor = (30 / days) ** (grid.term_power_ppm / PPM)
    vol = 0.6 + scenario.vol_ppm / PPM * factor * (0.6 if grid.vol_move == "relative" else 1.0)
    strike, is_call = option.strike / USD, option.right == "call"

    def worth(price: float, vol: float) -> float:
        if vol <= 0:
            found = max(0.0, price - strike if is_call else strike - price)
        else:
            both = black_76(price, strike, vol, days / 365)
            found = both.call if is_call else both.put
        return found / price * 60_000 if option.in_coin else found

    return size * (worth(moved, vol) - worth(level, 0.6))


@given(accounts("a"), grids())
@settings(max_examples=30)
def test_the_worst_scenario_loses_what_revaluation_says(one: Account, grid: PortfolioTerms) -> None:
    health = seen(one, grid)
    for group in health.groups:
        held = [
            (item, position.quantity)
            for position in one.positions
            for item in INSTRUMENTS
            if item.id == position.instrument
            and item.underlying == group.underlying
            and group.settle_asset in ("", item.settle_asset)
        ]
        gains = [
            sum(gain_in_floats(item, size, grid, number) for item, size in held) * (scenario.cover_ppm / PPM)
            for number, scenario in enumerate(grid.scenarios)
        ]
        size = sum(abs(quantity) for _, quantity in held)
        assert group.gain / UNIT == pytest.approx(min(gains), rel=1e-9, abs=1e-6 * size)
        assert group.requirement * PPM >= (max(-group.gain, group.floor) + group.added) * grid.maintenance_ppm
    assert health.requirement == sum(group.requirement for group in health.groups)


@given(accounts("a"), grids())
@settings(max_examples=30)
def test_shares_of_positions_sum_to_the_requirement(one: Account, grid: PortfolioTerms) -> None:
    health = seen(one, grid)
    lines = [line for line in health.lines if line.kind == "position"]
    assert sum(line.requirement for line in lines) == health.requirement
    assert all(line.requirement >= 0 for line in lines)
    assert [line.commodity for line in lines] == [position.instrument for position in one.positions]


@given(accounts("a", names=BTC), accounts("b", names=BTC), grids())
@settings(max_examples=30)
def test_together_accounts_of_one_underlying_need_no_more(
    one: Account, other: Account, grid: PortfolioTerms
) -> None:
    assert needs(merged(one, other), grid) <= needs(one, grid) + needs(other, grid)


@given(accounts("a"), accounts("b"), grids())
@settings(max_examples=30)
def test_together_accounts_of_two_underlyings_need_no_more(
    one: Account, other: Account, grid: PortfolioTerms
) -> None:
    assert needs(merged(one, other), grid) <= needs(one, grid) + needs(other, grid)


@given(accounts("a"), grids(), st.integers(-900_000, PPM), st.integers(-PPM, PPM))
@settings(max_examples=30)
def test_one_more_scenario_never_asks_for_less(
    one: Account, grid: PortfolioTerms, price: int, vol: int
) -> None:
    more = GridScenario(price_ppm=price, vol_ppm=vol, cover_ppm=PPM - 1)
    wider = grid.model_copy(update={"extremes": (*grid.extremes, more)})
    assert needs(one, wider) >= needs(one, grid)


@given(accounts("a", names=BTC), grids())
@settings(max_examples=30)
def test_netting_by_settle_asset_never_asks_for_less(one: Account, grid: PortfolioTerms) -> None:
    apart = grid.model_copy(update={"netting": "settle"})
    assert needs(one, apart) >= needs(one, grid.model_copy(update={"netting": "underlying"}))


@pytest.mark.parametrize("name", NAMES)
def test_a_position_against_itself_needs_what_its_legs_add(name: str) -> None:
    both = replace(account("a"), positions=(Position(name, "long", 500, 0), Position(name, "short", -500, 0)))
    assert needs(both, plain) <= 4 * 60_000 * 10**8  # a rounding of each leg and scenario
    assert needs(both, plain.model_copy(update={"short_option_ppm": 10_000})) == needs(both, plain)


def test_a_call_less_a_put_and_a_future_need_nothing_but_the_future() -> None:
    conversion = account("a", BTC_60_C=-100, BTC_60_P=100, BTC_PERP=1000)
    assert needs(conversion, plain) < UNIT // 10**6
    assert needs(conversion, plain.model_copy(update={"future_ppm": 6_000})) == pytest.approx(
        59_990 * 0.006 * UNIT, rel=1e-9
    )


def test_a_covered_call_needs_less_than_its_parts() -> None:
    covered = needs(account("a", BTC_60_C=-100, BTC_PERP=1000))
    assert (
        covered
        < needs(account("a", BTC_PERP=1000))
        < needs(account("a", BTC_PERP=1000)) + needs(account("a", BTC_60_C=-100))
    )


def test_what_follows_other_things_never_offsets() -> None:
    apart = needs(account("a", BTC_PERP=1000)) + needs(account("a", ETH_PERP=-2000))
    assert needs(account("a", BTC_PERP=1000, ETH_PERP=-2000)) == apart


def test_a_short_option_far_from_the_money_needs_its_floor() -> None:
    floor = PortfolioTerms(price_moves_ppm=(-10_000, 10_000), short_option_floor_ppm=50_000)
    assert needs(account("a", BTC_45_P=-100), floor) == 3_000 * UNIT
    assert needs(account("a", BTC_50_P=-100), floor) == 3_000 * UNIT
    assert needs(account("a", BTC_50_P=100), floor) < 3_000 * UNIT


@pytest.mark.parametrize(
    ("extra", "status"), [(1, "safe"), (0, "safe"), (-1, "liquidatable"), (-(10**9), "liquidatable")]
)
def test_equal_to_the_requirement_is_safe(extra: int, status: str) -> None:
    # One perpetual, ten percent either way: 6,000 dollars less its worth.
    one = account("a", usdc=6_000 * 10**6 - 60_000 * 10**6 + extra, BTC_PERP=1000)
    assert seen(one, plain).status == status


def test_the_worst_scenario_is_told() -> None:
    inside = GRID.model_copy(update={"extremes": ()})
    (group,) = seen(account("a", BTC_60_C=-100), inside).groups
    assert (group.underlying, group.settle_asset, group.number) == ("BTC", "", 14)
    assert group.scenario == "price +16 %, volatility +38 %"
    (group,) = seen(account("a", BTC_45_P=-1000)).groups
    assert group.scenario == "price -50 %, volatility +50 %, 40 % of the loss"


@given(st.lists(accounts("x"), min_size=1, max_size=5), grids())
@settings(max_examples=30)
def test_a_scan_stays_within_its_error_and_is_never_wrong(found: list[Account], grid: PortfolioTerms) -> None:
    whole = book(*(replace(one, id=f"a{number}") for number, one in enumerate(found)))
    agrees(whole, grid)


@given(st.lists(accounts("x"), min_size=1, max_size=5), grids())
@settings(max_examples=30)
def test_a_scan_without_numba_is_the_same(found: list[Account], grid: PortfolioTerms) -> None:
    whole = book(*(replace(one, id=f"a{number}") for number, one in enumerate(found)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portfolio_sums, "compiled", lambda: grid_in_numpy)
        agrees(whole, grid)


def agrees(whole: Book, grid: PortfolioTerms) -> None:
    found = scan(whole, MARKET, terms(grid))
    for row, one in enumerate(whole.rows()):
        exact = assess(one, whole, MARKET, terms(grid))
        away = Fraction(exact.margin_equity - exact.requirement, UNIT)
        floats = Fraction(float(found.margin_equity[row])) - Fraction(float(found.requirement[row]))
        assert abs(floats - away) <= Fraction(float(found.error[row]))
        size = sum(abs(position.quantity) for position in one.positions)
        assert found.error[row] <= 1e-7 + 1e-9 * (abs(found.equity[row]) + size * 1_000), "of no use"
        assert found.flag[row] == (LIQUIDATABLE if exact.is_liquidatable else SAFE)


@pytest.mark.parametrize("move", [-3, -1, 1, 2])
@pytest.mark.parametrize("name", ["BTC_45_P", "BTC_50_P", "BTC_60_C", "BTC_60_P", "BTC_70_C"])
def test_what_the_model_misses_in_floats_is_within_the_error(name: str, move: int) -> None:
    # Moves of a millionth: the gain is small, and what is lost to cancellation is not.
    grid = PortfolioTerms(price_moves_ppm=(move,))
    key = name.replace("_", "-")
    nothing = replace(MARKET, marks={**MARKET.marks, key: replace(MARKET.marks[key], mark=0)})
    whole = book(account("a", **{name: 10**9}), account("b", **{name: -(10**9)}))
    found = scan(whole, nothing, terms(grid))
    for row, one in enumerate(whole.rows()):
        exact = Fraction(assess(one, whole, nothing, terms(grid)).requirement, UNIT)
        assert abs(Fraction(float(found.requirement[row])) - exact) <= Fraction(float(found.error[row]))
        assert found.error[row] < 10**9 / 100 * 60_000 * 1e-12


def test_a_missing_volatility_leaves_portfolios_unpriced_and_others_as_they_are() -> None:
    marks = {**MARKET.marks, "BTC-60-C": replace(MARKET.marks["BTC-60-C"], vol=None)}
    dark = replace(MARKET, marks=marks)
    whole = book(account("a", BTC_60_C=100), account("b", usdc=10**12, BTC_PERP=10))
    assert assess(whole.account("a"), whole, dark, terms()).unpriced == ("BTC-60-C",)
    assert scan(whole, dark, terms()).flag.tolist() == [UNSURE, SAFE]


def test_without_a_grid_a_portfolio_is_refused_by_name() -> None:
    whole = book(account("a", BTC_PERP=1000))
    for ask in (
        lambda: scan(whole, MARKET, terms(None)),
        lambda: assess(whole.account("a"), whole, MARKET, terms(None)),
    ):
        with pytest.raises(
            UnsupportedFeature, match=r"a is margined as a portfolio.*add \[portfolio\]"
        ) as error:
            ask()
        assert error.value.code == "portfolio_margin"


def test_an_option_outside_of_a_portfolio_is_refused_by_name() -> None:
    whole = book(replace(account("a", BTC_60_C=100), margin_mode="cross"))
    for ask in (
        lambda: scan(whole, MARKET, terms()),
        lambda: assess(whole.account("a"), whole, MARKET, terms()),
    ):
        with pytest.raises(UnsupportedFeature, match="a holds option BTC-60-C") as error:
            ask()
        assert error.value.code == "option_margin"


def test_accounts_margined_by_position_stand_beside_portfolios() -> None:
    cash = (Balance("USDC", "cash", 70_000 * 10**6),)
    cross = Account("c", balances=cash, positions=(Position("BTC-PERP", "net", -1000, 0),))
    whole = book(account("a", usdc=70_000 * 10**6, BTC_PERP=-1000), cross)
    found = scan(whole, MARKET, terms(plain))
    assert found.requirement.tolist() == pytest.approx([6_000, 60_000 * 0.01 - 250], rel=1e-12)


def test_marks_at_another_volatility_move_equity_and_requirement() -> None:
    low, high = market(WAD // 10), market(WAD)
    one = account("a", BTC_60_C=-100)
    whole = book(one)
    assert assess(one, whole, high, terms()).equity < assess(one, whole, low, terms()).equity
    assert np.isfinite(scan(whole, low, terms()).requirement).all()


@pytest.mark.parametrize("size", [1000, -1000])
def test_boundary_prices_of_a_portfolio_are_found_by_search(size: int) -> None:
    # The requirement is 10 % of the mark, not what the curve of the future says.
    one = account("a", usdc=20_000 * 10**6 - 60 * size * 10**6, BTC_PERP=size)
    whole = book(one)
    (found,) = account_prices(one, whole, MARKET, terms(plain))
    assert found.liquidation is not None
    for price, is_failing in ((found.liquidation, False), (found.liquidation - size // 1000, True)):
        moved = MARKET.moved(instruments={"BTC-PERP": price})
        assert assess(one, whole, moved, terms(plain)).is_liquidatable == is_failing
    sign = size // 1000
    assert found.liquidation / USD == pytest.approx(
        (40_000 if sign > 0 else 80_000) / (1 - sign * 0.1), rel=1e-6
    )


def test_boundary_prices_of_an_option_are_its_marks() -> None:
    one = account("a", usdc=30_000 * 10**6, BTC_60_C=-100)
    (found,) = account_prices(one, book(one), MARKET, terms(plain))
    assert found.zero_equity == 30_000 * USD
    assert found.liquidation is not None
    assert 0 < found.liquidation < found.zero_equity
    assert found.takeover is None
