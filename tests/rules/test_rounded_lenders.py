"""Roundings of lenders without a machine: every flip of each changes a case by hand, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from random import Random
from typing import Any

import pytest

from seawall.core.units import BPS, RAY, WAD
from seawall.rules import (
    binary_exp,
    euler_evk,
    euler_v1,
    liquity_v1,
    liquity_v1_book,
    maker_dss,
    maker_dss_book,
    morpho_blue_book,
    silo_v2,
    silo_v2_integrator,
    silo_v2_kink,
    venus_isolated_book,
)
from seawall.rules.euler_v1 import FACTOR
from seawall.rules.silo_v2_integrator import AMOUNT_END
from tests.rules import test_liquity_v1, test_maker_dss_vaults
from tests.venues.mutate import Mutant, applied, mutants

TENTH, QUARTER = WAD // 10, WAD // 4
THIRDS = 666_666_666_666_666_666  # two thirds of a wad, cut
# Debt is 10 wei of a wei above the target; a unit more of weight, and no repayment reaches that.
CLOSE = (WAD // 2 + 4, WAD // 2 + 5, WAD - 2, 2)


def _nearest_roots() -> tuple[int, ...]:
    # 2^(1 / 2), 2^(1 / 4), ... with 128 binary digits: 60 decimal ones are 21 more than those.
    with localcontext() as context:
        context.prec = 60
        return tuple(int((2 ** (128 + Decimal(1) / 2**n)).to_integral_value()) for n in range(1, 65))


# Sources and directions stand at the rules: contracts of whole numbers cut their fractions, and Silo's
# loan-to-value after is rounded up. The comment is the exact result before each rounding that decides.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    (binary_exp._roots, (), _nearest_roots()),
    # 1 and 2 wei are 1.44 and 2.89 of a binary power, to the nearest 1 and 3: 1 + 0.69 and 1 + 2.08 wei.
    (binary_exp.exp, (1,), WAD),
    (binary_exp.exp, (2,), WAD + 2),
    (euler_evk.adjusted_value, (17, 1_000), 1),  # 1.7
    (euler_evk.discount_factor, (2, 3, 5_000), THIRDS),
    (euler_evk.liquidation_values, (10, 5, 3 * QUARTER), (5, 6)),  # 6.67
    (euler_evk.liquidation_values, (5, 10, 3 * QUARTER), (3, 5)),  # 3.75
    (euler_evk.part_of, (5, 1, 3), 1),  # 1.67
    (euler_v1.collateral_value, (17, TENTH, FACTOR), 1),  # 1.7
    (euler_v1.collateral_value, (17, WAD, FACTOR // 10), 1),
    (euler_v1.liability_value, (17, TENTH, FACTOR), 1),
    (euler_v1.liability_value, (2, WAD, 3 * 10**9), 2),  # 2.67
    (euler_v1.health_score, (2, 3), THIRDS),
    (euler_v1.discount, (WAD - 7, 0, 11 * TENTH, WAD, WAD), 7),  # 7.7
    (euler_v1.conversion_rate, (2, 3, 0), THIRDS),
    (euler_v1.conversion_rate, (5, 1, QUARTER), 10 * THIRDS + 6),  # 20 / 3 wad
    # Debt weighs 1.7, cut to 1: 17 are missing, and 17 wad repaid.
    (euler_v1.repay_to_target, (0, WAD, 0, 10 * FACTOR, 0, 17, WAD, 100 * WAD), 17 * WAD),
    # Collateral weighs 5e8 / 0.75, cut to ...666, debt two more: 1 missing is half a wad.
    (
        euler_v1.repay_to_target,
        (666_666_667, WAD, 2, FACTOR, QUARTER, 666_666_668, WAD, WAD),
        WAD // 2,
    ),
    (euler_v1.repay_to_target, (0, 17, 0, FACTOR, 0, TENTH, WAD, 100), 10),  # 1.7 missing, at a tenth
    (euler_v1.repay_to_target, (1, 2, 0, FACTOR, 0, 3 * WAD, WAD, 100), 1),  # 5 missing, at 3: 1.67
    (euler_v1.repay_to_target, (0, 5, 0, FACTOR, 0, WAD, 3 * WAD, 100), 1),  # 5 at a price of 3
    (euler_v1.liquidation_amounts, (17, TENTH, 100), (17, 1)),  # 1.7
    (euler_v1.liquidation_amounts, (100, 3 * WAD, 5), (1, 5)),  # 1.67
    (euler_v1.repaid_with_fee, (17, TENTH), 18),  # 18.7
    (silo_v2.ltv_before, (2, 3), THIRDS),
    (silo_v2.ltv_after, (5, 4, 1, 1), 2 * THIRDS + 2),  # 4 / 3 wad, up: ...333.3 to ...334
    (silo_v2.collateral_for, (17, 100, TENTH), 18),  # 18.7
    (silo_v2.max_repay_value, CLOSE, 10),  # 10 / 1: a fee of 1.999..., cut, leaves a weight of a wad less 1
    (silo_v2.max_repay_value, (5, 9, QUARTER, 0), 3),  # (5 - 9 / 4) / 0.75 = 3.67
    # 2 * 10^19 - C = 9 * 10^18 + 7 are 0.9 and 0.7 of the last digit of a 10^19: no more than dust.
    (silo_v2.max_repay_value, (10**19, 11 * 10**18 - 7, WAD // 2, 0), 9 * 10**18 + 7),
    # 3 of 5 are 1.8 of 3 coins; 1 coin is worth 1.67; 1 of 9 is 1.67 of 15 coins.
    (silo_v2.liquidation_preview, (WAD // 2, 15, 9, 3, 5, QUARTER, 0, 100), (1, 1, 1, 1)),
    (silo_v2_kink.utilisation, (3, 2), THIRDS),
    (silo_v2_kink.slope_speed, (0, TENTH, WAD, 10, 0, 17, 0, 0), -11),  # -10 - 1.7
    (silo_v2_kink.slope_speed, (TENTH, 0, 0, 0, 10, 0, 17, 100), 11),  # 10 + 1.7
    (silo_v2_kink.slope_area, (6, 3, 10, 0, 10), 98),  # 10 * 10 - 16 / 6
    (silo_v2_kink.slope_area, (5, -3, 10, 1, 10), 12),  # 1 * 10 + 16 / 6
    (silo_v2_kink.slope_area, (1, 1, 1, 0, 10), 1),  # (1 + 2) / 2
    (silo_v2_kink.weight, (WAD // 2 + 1, 0, WAD // 2, WAD - 1), WAD // 2 + 1),  # almost a unit more
    (silo_v2_kink.current_rate, (1, 55 * 10**9, 0), 1),  # 55e9 * 31,536,000 seconds = 1.73 wad
    # What is signed goes toward zero: 1.7 to 1, and -1.7 to -1. Powers of 1 and 2 wei are told apart above.
    (silo_v2_kink.compound_rate, (1, 17 * TENTH, 5, 1, 0, 3, WAD), (0, 5)),
    (silo_v2_kink.compound_rate, (1, -17 * TENTH, 5, 1, 3, 3, WAD), (2, 5)),
    (silo_v2_integrator.critical_part, (0, 0, 0, 17, WAD, TENTH), -1),  # above zero nothing counts
    (silo_v2_integrator.slope, (TENTH, 17, 0, 0, 0, WAD), 1),
    (silo_v2_integrator.slope, (0, 17, 0, 0, TENTH, WAD), -1),
    (silo_v2_integrator.integrator, (TENTH, 10, 17, 0, 0, 1), 11),
    (silo_v2_integrator.integrator, (0, 10, 17, TENTH, 0, 1), 9),
    (silo_v2_integrator.current_rate, (TENTH, 10, 0, 17, 0, 0, 1), 11 * silo_v2_integrator.SECONDS_PER_YEAR),
    (silo_v2_integrator.current_rate, (0, 10, 0, 17, TENTH, 0, 1), 9 * silo_v2_integrator.SECONDS_PER_YEAR),
    (silo_v2_integrator.critical_part, (WAD, TENTH, 17, 0, 0, 0), 18),  # 18.7
    (silo_v2_integrator.critical_part, (TENTH, 0, 17, 0, 0, 0), 1),  # 1.7
    (silo_v2_integrator.slope, (WAD, 0, 17, TENTH, 0, 0), 1),  # 1.7
    (silo_v2_integrator.slope, (TENTH, 0, 17, WAD, 0, 0), 1),
    (silo_v2_integrator.floored_area, (1, 1, 0, 1), 1),  # (1 + 2) / 2
    # A triangle of 5 * 5 / 7 = 3.57, cut to 3, halved: 1.5. On a floor of 3.
    (silo_v2_integrator.floored_area, (8, -7, 3, 1), 3 + 1),
    (silo_v2_integrator.floored_area, (1, 7, 3, 1), 3 + 1),
    # 2 wei on a debt of 0.85 wad are 1.7, cut to the 1 that there is room for.
    (silo_v2_integrator.compound_rate, (2, AMOUNT_END - 1, 85 * 10**16, 1), (2, False)),
    # e - 1 on a debt of 3 is 5.15; room is for 2 of 3.
    (silo_v2_integrator.compound_rate, (WAD, AMOUNT_END - 2, 3, 10**6), (THIRDS, True)),
    (liquity_v1_book.bonus_factor, (0, 0), 10_050),  # 10,050.25
    (maker_dss.settlement_cash, (17, RAY // 10), 1),  # 1.7
    (liquity_v1_book.seized_value, (100, 7), 7),  # 7.7
    # A price of 20 / 3, cut to 6, for a debt of 1 wad of a wad with 13 % on top.
    (
        maker_dss_book.seize,
        (1, 10**30, 3, 1, 20, 10**27, 11_300, 0),
        (1, 113 * 10**25 // 6, 113 * 10**25 // 6 - 10**27 // 6),
    ),
    (maker_dss_book.seize, (10, 1, 10, 1, 17, 1, BPS, 0), (1, 1, 1)),  # 1.7 paid, 1 / 1.7 sold for it
    # A price of 20 / 3, cut to 6: 100 buy 115 worth of it.
    (
        morpho_blue_book.seize,
        (100, 10**40, 3, 1, 20, 10**36, 115 * 10**16, 0),
        (100, 115 * 10**36 // 6, 0),
    ),
]

BPS_IN_WAD = "the same: a wad is a multiple of 10,000"
PRICED = "the same: a unit has at most 36 decimals, and 10^36 is a multiple of each"
# A power in binary, x 2^128 / 10^18 = x 2^110 / 5^18, is a multiple of 2^64 or lies 2^64 / 5^18 away from
# one at least. That is more than a unit, so that a unit more changes none of the digits that are read.
READ = "the same: 64 of 128 binary digits are read, and a unit more never changes one"
# Flips by module and name, and why no answer changes.
SAME: Mapping[str, str] = {
    f"{name} mul_div_down -> {now}": why
    for name, why in (
        ("binary_exp.exp 0", READ),
        ("euler_evk.discount_factor 0", BPS_IN_WAD),
        ("euler_v1.repay_to_target 2", "the same: a wad is a multiple of a factor's 4e9"),
        ("liquity_v1.next_product 2", "the same: 10^9 squared is a wad, and a whole number is divided by 1"),
        ("maker_dss_book.seize 1", BPS_IN_WAD),
        ("morpho_blue_book.bonus_factor 0", BPS_IN_WAD),
        ("venus_isolated_book.seize 0", BPS_IN_WAD),
        (
            "venus_isolated_book.seize 1",
            "the same: a bonus in basis points is a multiple of 10^14, so of 10,000",
        ),
        ("venus_isolated_book.seize 2", PRICED),
        ("venus_isolated_book.seize 3", PRICED),
    )
    for now in ("mul_div_half_up", "mul_div_up")
} | {
    "liquity_v1_book.bonus_factor 0 mul_div_down -> mul_div_half_up": (
        "the same: 10,000 * 200 / 199 = 10,050.25, the only result there is"
    )
}


def named(flip: Mutant) -> str:
    return f"{flip.module.__name__.rpartition('.')[2]}.{flip.name}"


FLIPS = [
    *mutants(binary_exp, euler_evk, euler_v1, liquity_v1_book, maker_dss_book, morpho_blue_book),
    *mutants(silo_v2, silo_v2_integrator, silo_v2_kink, venus_isolated_book),
    # What no machine uses of the rules that have one.
    *(each for each in mutants(liquity_v1) if each.function == "next_product"),
    *(each for each in mutants(maker_dss) if each.function.startswith("settlement")),
]
BY_HAND = (*ROUNDED, *test_liquity_v1.ROUNDED, *test_maker_dss_vaults.ROUNDED)


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_divisions_round_as_their_source_does(
    rule: Callable[..., Any], args: tuple[int, ...], expected: Any
) -> None:
    assert rule(*args) == expected


@pytest.mark.parametrize("flip", [each for each in FLIPS if named(each) not in SAME], ids=named)
def test_every_flip_changes_a_case(flip: Mutant) -> None:
    rows = [row for row in BY_HAND if row[0] is getattr(flip.module, flip.function)]
    with applied(flip):
        assert any(rule(*args) != expected for rule, args, expected in rows)


def _bps(chance: Random) -> int:
    return chance.randrange(BPS)


def _amount(chance: Random) -> int:
    return chance.randrange(1, 10 ** chance.randrange(1, 28))


def _price(chance: Random) -> int:
    return chance.randrange(1, 1_000)


def _unit(chance: Random) -> int:
    return int(10 ** chance.randrange(30, 37))


# Debt to cover, collateral, two prices with their units, factor and fee; prices so small, and amounts so
# large, that a unit of a price or of a share is seen.
BOOK = (*(_amount, _amount, _price, _unit, _price, _unit), lambda chance: BPS + _bps(chance), _bps)
# What rules with a flip that changes nothing are called with.
DRAWN: Mapping[Callable[..., Any], tuple[Callable[[Random], int], ...]] = {
    binary_exp.exp: (lambda chance: chance.randrange(88 * WAD),),
    euler_evk.discount_factor: (_amount, _amount, _bps),
    euler_v1.repay_to_target: (
        *(_amount, _amount),
        *(lambda chance: chance.randrange(1, FACTOR),) * 2,
        lambda chance: chance.randrange(TENTH),
        lambda chance: chance.randrange(WAD, 2 * WAD),
        *(_amount, _amount),
    ),
    liquity_v1_book.bonus_factor: (_bps, _bps),
    liquity_v1.next_product: (_amount, lambda chance: WAD - _amount(chance) % WAD),
    maker_dss_book.seize: BOOK,
    morpho_blue_book.bonus_factor: (_bps, _bps),
    venus_isolated_book.seize: BOOK,
}


@pytest.mark.parametrize("flip", [each for each in FLIPS if named(each) in SAME], ids=named)
def test_what_is_said_to_be_the_same_is_the_same(flip: Mutant) -> None:
    chance, rule = Random(11), getattr(flip.module, flip.function)
    drawn = [tuple(draw(chance) for draw in DRAWN[rule]) for _ in range(200)]
    before = [rule(*args) for args in drawn]
    with applied(flip):
        assert [rule(*args) for args in drawn] == before


def test_each_flip_that_is_the_same_is_a_flip() -> None:
    assert set(SAME) <= {named(each) for each in FLIPS}
