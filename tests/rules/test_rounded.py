"""Roundings of exchanges and lenders: inputs by hand where a unit more or less is another answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor
from random import Random
from typing import Any

import pytest

from seawall.core.units import BPS, WAD
from seawall.rules import (
    aave_v4,
    compound_v2,
    compound_v3,
    compound_v3_book,
    crvusd,
    drift_v2,
    dydx_v4,
    fraxlend,
    generic_lending,
    inverse_perp,
    margin,
    morpho_adaptive_curve,
    umbrella,
    vega,
)
from seawall.rules.drift_v2 import BASE, FEE, PRICE
from seawall.rules.fraxlend import UTILISATION
from tests.rules.test_rounded_lenders import named
from tests.venues.mutate import Mutant, applied, mutants

THIRDS = 666_666_666_666_666_666  # two thirds of a wad, cut: what lies between is two thirds of a unit
RATE = 10**30  # so large that a unit of a wad is seen
FALLEN = floor(RATE / (1 + Fraction(THIRDS, WAD) ** 2))
RISEN = floor(RATE * (1 + Fraction(THIRDS, WAD) ** 2))

# Sources and directions stand at the rules: programs and contracts of whole numbers cut their fractions;
# margin and what depositors lose are rounded up.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    (compound_v2.collateral_value, (17, WAD // 10, WAD), 1),  # 1.7
    (compound_v2.collateral_value, (17, WAD, WAD // 10), 1),
    (compound_v2.supply_rate, (WAD, 17, 9 * WAD // 10), 1),
    (compound_v2.supply_rate, (WAD // 10, 17, 0), 1),
    # 3 / 2 is 1.5 of a unit that is half a base unit: 0.75 of it.
    (compound_v3.quote_collateral, (1, 3, 2, 2, 1, WAD, 0), 0),
    # e^-0.666666666666666666 ends in 027.21 at the 18th digit; a unit less would make it 026.70.
    (crvusd.smoothed_ratio, (WAD, 0, 2, 3), 513_417_119_032_592_027),
    # 200,001 * 0.05 is a growth of 0.1000005, cut to 0.1: 1.1 / 1.1 is 1, and less with a unit more.
    (drift_v2.asset_weight_bps, (4_000_040_000, 50_000, 10_000), 10_000),
    (drift_v2.asset_weight_bps, (49 * BASE, 100_000, 9_000), 6_470),  # 1.1 / 1.7 is 6470.6
    (drift_v2.liability_weight_bps, (4_004_001_000, 50_000, 100), 100 - 20 + 1_000),  # a growth of 1000.5
    (
        drift_v2.liability_weight_bps,
        (49 * BASE, 100_000, 11_003),
        11_003 - 2_200 + 7_000,
    ),  # a fifth is 2200.6
    (drift_v2.base_value, (3, BASE // 2), 1),  # 1.5
    (drift_v2.requirement_with_buffer, (3, 5_000, 0), 1),  # 1.5
    (drift_v2.requirement_with_buffer, (3, 0, 5_000), 1),
    (drift_v2.base_to_cover, (2, 10_000, 0, 0, 3, PRICE // 2), 2 * BASE),  # 1.5 in quote tokens is 1
    (drift_v2.base_to_cover, (1, 5_000, 0, 0, 3, PRICE), BASE),  # half of 3 is freed: 1
    (drift_v2.base_to_cover, (1, 10_000, 0, FEE // 2, 3, PRICE), BASE // 2),  # 3 less a fee of 1.5: 1
    (drift_v2.base_to_cover, (2, 10_000, 0, 0, 3, PRICE), 666_666_666),
    # All of the ratio implied but what is short per base, of which 95 % is asked.
    (drift_v2.fund_fee, (1, BASE, 20_000, 0, 3, PRICE // 2, 2 * FEE), 950_000),  # 2 - 1 / 1, not 1 / 1.5
    (drift_v2.fund_fee, (3, 2 * BASE, 10_000, 0, 10, PRICE, FEE), 855_000),  # 1.5 per base is 1: 1 - 0.1
    (drift_v2.fund_fee, (2, BASE, 10_000, 0, 3, PRICE, FEE), 316_667),  # 1 - 0.666666; 316,667.3
    (drift_v2.fund_fee, (0, BASE, 1, 95, 1, PRICE, FEE), 4),  # 5 * 0.95 = 4.75
    (drift_v2.liquidator_value, (BASE, 3, FEE // 2), 1),  # 1.5
    (drift_v2.liquidator_value, (-BASE, 1, FEE // 2), -1),  # 1.5
    # An asset's tenth of a bp at 3 / 20 is 1.5 of them, cut to 1: a borrow at 20 gains 19.
    (drift_v2.liability_to_cover, (19, 1, 3, 2, 20, 1, 1, 0), 100_000),
    # A price of 3 less a fee of 1.5, cut to 1: 2 short are 1 unit.
    (drift_v2.liability_to_cover, (2, 0, FEE, 10_000, FEE, 1, 3, FEE // 2), 1),
    # 602 / 2.006667 at a weight of a bp: 2.9999995 units.
    (drift_v2.liability_to_cover, (602, 0, FEE, 1, FEE, 1, 2_006_667, 0), 2),
    (drift_v2.funding_to_socialise, (1, 2 * BASE, -BASE), 1_000),  # 0.33 per base is 1
    (drift_v2.funding_payment, (3, 5 * 10**11), 1),  # 1.5
    (drift_v2.deposit_index_fall, (1, 3, 4), 2),  # 1.33
    (dydx_v4.maintenance_requirement, (5, 200_000, 200_000), 1),  # 0.2
    (fraxlend.full_utilisation_rate, (0, 1, 5, 4, 5, 1, 0, 100), 2),  # halved in a half-life: 2.5
    (fraxlend.full_utilisation_rate, (1, 1, RATE, 3, 4, 1, 0, 2 * RATE), FALLEN),
    (
        fraxlend.full_utilisation_rate,
        (UTILISATION - 1, 1, RATE, 3, UTILISATION - 3, 1, 0, 2 * RATE),
        RISEN,
    ),
    (fraxlend.full_utilisation_rate, (UTILISATION, 1, 3, 0, UTILISATION - 1, 2, 0, 100), 4),  # 3 * 1.5
    (fraxlend.vertex_rate, (5, 0, WAD // 2), 2),  # 2.5
    (fraxlend.borrow_rate, (1, 0, 3, 9, 2), 1),  # 1.5 on either line
    (fraxlend.borrow_rate, (UTILISATION - 1, 0, 0, 3, UTILISATION - 2), 1),
    (generic_lending.seize, (5, 100, 1, 1, 3, 1, BPS, 0), (5, 1, 0)),  # 5 buy 1.67
    (generic_lending.seize, (10, 1, 3, 1, 4, 1, BPS, 0), (2, 1, 0)),  # all there is costs 1.33
    (generic_lending.seize, (17, 17, 1, 1, 2, 1, 2 * BPS, BPS // 5), (17, 17, 1)),  # a fifth of a half: 1.7
    (generic_lending.target_repay, (9, 4 * 10**36, 0, WAD, 10_000, 0, 3, 1), 2),  # 4 at a price of 3: 1.33
    (inverse_perp.position_value, (-3, 2, 1), 1),  # 1.5
    (inverse_perp.position_value, (1, 3, 1), -1),  # -0.33
    (margin.skew_rate_ppm, (1, 3, 0, 1), 1),  # 0.33
    # Signed ones go toward zero: a sixth cut before it is taken off, and half a unit below zero to none.
    (morpho_adaptive_curve.curve, (WAD, -WAD, 6 * WAD), WAD // 6),
    (morpho_adaptive_curve.curve, (WAD, -1, 2 * WAD), WAD),
    (morpho_adaptive_curve.curve, (3, WAD // 4, 2 * WAD), 3),  # 3.75
    (morpho_adaptive_curve.curve, (WAD, 3, 3 * WAD // 2), WAD + 1),  # half of 3
    # Just below half of ln 2, whose last digit is odd: no power of two yet, 1 + r + r^2 / 2.
    (
        morpho_adaptive_curve.wad_exp,
        (346_573_590_279_972_654,),
        floor(WAD + Fraction(346_573_590_279_972_654) + Fraction(346_573_590_279_972_654**2, 2 * WAD)),
    ),
    # 1.5 a second, cut to 1, for a tenth of a wad: e^0.1 to second order 1.105, e^0.05 1.05125.
    (
        morpho_adaptive_curve.average_rate_at_target,
        (WAD, WAD // 2, WAD // 10, 3, 0, 0, 9 * WAD),
        (1_051_875 * 10**12, 1_105 * 10**15),
    ),
    # Half of 3 wei is 1, on either side: 4 wad are 12 more at the end, 4 in the middle, 20 / 4 on average.
    (
        morpho_adaptive_curve.average_rate_at_target,
        (4 * WAD, WAD, 1, 3, 0, 0, 9 * WAD),
        (4 * WAD + 5, 4 * WAD + 12),
    ),
    (
        morpho_adaptive_curve.average_rate_at_target,
        (4 * WAD, -WAD, 1, 3, 0, 0, 9 * WAD),
        (4 * WAD - 5, 4 * WAD - 12),
    ),
    (umbrella.slash_amount, (1, 0, 3, 2), 1),  # 1.5
    (umbrella.slash_amount, (3, 5_000, 1, 1), 4),  # 4.5 with the fee
    (umbrella.new_covered, (3, 2, 1), 1),  # 1.5
    (vega.cost_closed, (3, 5, -1), 1),  # 1.67
]


def _named(value: Any) -> str | None:
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return f"{value.__module__[14:]}.{value.__name__}" if callable(value) else None


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED, ids=_named)
def test_divisions_round_as_their_source_does(
    rule: Callable[..., Any], args: tuple[int, ...], expected: Any
) -> None:
    assert rule(*args) == expected


WHOLE = "the same: a unit is a power of ten up to 10^36, which divides 10^36"
# Flips by module and name, and why no answer changes.
SAME: Mapping[str, str] = {
    f"{place} {was} -> {now}": why
    for place, was, why in (
        ("aave_v4.debt_to_target 0", "mul_div_up", "the same: 10^18 is a multiple of 10^8"),
        ("compound_v3_book.seize 1", "mul_div_down", "the same: 10^18 is a multiple of 10^4"),
        ("generic_lending.collateral_value 0", "mul_div_down", WHOLE),
        ("generic_lending.debt_value 0", "mul_div_down", WHOLE),
    )
    for now in ("mul_div_down", "mul_div_half_up", "mul_div_up")
    if now != was
}
FLIPS = mutants(drift_v2, fraxlend, inverse_perp, umbrella)  # wholly held by rows here


def _amount(chance: Random) -> int:
    return chance.randrange(1, 10 ** chance.randrange(1, 28))


def _unit(chance: Random) -> int:
    return int(10 ** chance.randrange(37))


def _bps(chance: Random) -> int:
    return chance.randrange(BPS)


# What rules with a flip that changes nothing are called with.
DRAWN: Mapping[Callable[..., Any], tuple[Callable[[Random], int], ...]] = {
    aave_v4.debt_to_target: (
        *(_amount, _amount, _unit, lambda chance: BPS + _bps(chance), lambda chance: _bps(chance) // 2),
        *(lambda chance: chance.randrange(WAD), lambda chance: WAD + chance.randrange(WAD)),
    ),
    compound_v3_book.seize: (
        *(_amount, _amount, _amount, _unit, _amount, _unit),
        *(lambda chance: BPS + _bps(chance), _bps),
    ),
    generic_lending.collateral_value: (_amount, _amount, _unit),
    generic_lending.debt_value: (_amount, _amount, _unit),
}


@pytest.mark.parametrize("flip", FLIPS, ids=named)
def test_every_flip_changes_a_case(flip: Mutant) -> None:
    rows = [row for row in ROUNDED if row[0] is getattr(flip.module, flip.function)]
    with applied(flip):
        assert any(rule(*args) != expected for rule, args, expected in rows)


@pytest.mark.parametrize(
    "flip",
    [each for each in mutants(aave_v4, compound_v3_book, generic_lending) if named(each) in SAME],
    ids=named,
)
def test_what_is_said_to_be_the_same_is_the_same(flip: Mutant) -> None:
    chance, rule = Random(11), getattr(flip.module, flip.function)
    drawn = [tuple(draw(chance) for draw in DRAWN[rule]) for _ in range(200)]
    before = [rule(*args) for args in drawn]
    with applied(flip):
        assert [rule(*args) for args in drawn] == before
