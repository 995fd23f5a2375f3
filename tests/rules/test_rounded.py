"""Roundings that no published case decides: inputs by hand where a unit more or less is another answer."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from seawall.core.units import WAD
from seawall.rules import (
    compound_v3,
    crvusd,
    drift_v2,
    dydx_v4,
    fraxlend,
    generic_lending,
    inverse_perp,
    margin,
    umbrella,
)
from seawall.rules.drift_v2 import BASE, FEE, PRICE
from seawall.rules.fraxlend import UTILISATION

THIRDS = 666_666_666_666_666_666  # two thirds of a wad, cut: what lies between is two thirds of a unit
RATE = 10**30  # so large that a unit of a wad is seen
FALLEN = floor(RATE / (1 + Fraction(THIRDS, WAD) ** 2))
RISEN = floor(RATE * (1 + Fraction(THIRDS, WAD) ** 2))

# Sources and directions stand at the rules: programs and contracts of whole numbers cut their fractions;
# margin and what depositors lose are rounded up.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    # 3 / 2 is 1.5 of a unit that is half a base unit: 0.75 of it.
    (compound_v3.quote_collateral, (1, 3, 2, 2, 1, WAD, 0), 0),
    # e^-0.666666666666666666 ends in 027.21 at the 18th digit; a unit less would make it 026.70.
    (crvusd.smoothed_ratio, (WAD, 0, 2, 3), 513_417_119_032_592_027),
    # 200,001 * 0.05 is a growth of 0.1000005, cut to 0.1: 1.1 / 1.1 is 1, and less with a unit more.
    (drift_v2.asset_weight_bps, (4_000_040_000, 50_000, 10_000), 10_000),
    (
        drift_v2.liability_weight_bps,
        (49 * BASE, 100_000, 11_003),
        11_003 - 2_200 + 7_000,
    ),  # a fifth is 2200.6
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
    (drift_v2.liquidator_value, (-BASE, 1, FEE // 2), -1),  # 1.5
    # A price of 3 less a fee of 1.5, cut to 1: 2 short are 1 unit.
    (drift_v2.liability_to_cover, (2, 0, FEE, 10_000, FEE, 1, 3, FEE // 2), 1),
    # 602 / 2.006667 at a weight of a bp: 2.9999995 units.
    (drift_v2.liability_to_cover, (602, 0, FEE, 1, FEE, 1, 2_006_667, 0), 2),
    (drift_v2.funding_payment, (3, 5 * 10**11), 1),  # 1.5
    (drift_v2.deposit_index_fall, (1, 3, 4), 2),  # 1.33
    (dydx_v4.maintenance_requirement, (5, 200_000, 200_000), 1),  # 0.2
    (fraxlend.full_utilisation_rate, (1, 1, RATE, 3, 4, 1, 0, 2 * RATE), FALLEN),
    (
        fraxlend.full_utilisation_rate,
        (UTILISATION - 1, 1, RATE, 3, UTILISATION - 3, 1, 0, 2 * RATE),
        RISEN,
    ),
    (generic_lending.target_repay, (9, 4 * 10**36, 0, WAD, 10_000, 0, 3, 1), 2),  # 4 at a price of 3: 1.33
    (inverse_perp.position_value, (-3, 2, 1), 1),  # 1.5
    (inverse_perp.position_value, (1, 3, 1), -1),  # -0.33
    (margin.skew_rate_ppm, (1, 3, 0, 1), 1),  # 0.33
    (umbrella.slash_amount, (1, 0, 3, 2), 1),  # 1.5
    (umbrella.slash_amount, (3, 5_000, 1, 1), 4),  # 4.5 with the fee
    (umbrella.new_covered, (3, 2, 1), 1),  # 1.5
]


def _named(value: Any) -> str | None:
    return f"{value.__module__[14:]}.{value.__name__}" if callable(value) else None


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED, ids=_named)
def test_divisions_round_as_their_source_does(
    rule: Callable[..., Any], args: tuple[int, ...], expected: Any
) -> None:
    assert rule(*args) == expected
