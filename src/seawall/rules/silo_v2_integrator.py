"""Silo v2: a rate with an integrator and a critical part that grows with the time spent there.

The integrator `ri` [wad per second] creeps with the distance from `uopt`; above `ucrit` a proportional
part is added, steeper by `beta` for each second, which `t_crit` [wad] counts; below `ulow` one is taken
off. `klin` times utilisation is a floor. Corners [wad], `kcrit`, `klow`, `klin` [wad per second], `ki`
[wad per second squared], `beta` [wad per second], times [s]. Divisions go toward zero, as signed ones do
in the contract.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.core.units import WAD
from seawall.rules.binary_exp import exp

SECONDS_PER_YEAR = 31_536_000
CURRENT_RATE_MAX = 100 * WAD  # ten thousand percent a year
SECOND_RATE_MAX = 3170979198376  # the same for a second
COMPOUND_MAX = 2**16 * WAD
POWER_END = 11090370147631773313  # ln(1 + COMPOUND_MAX)
AMOUNT_END = 1766847064778384329583297500742918515827483896875618958  # (2^256 - 1) / COMPOUND_MAX

__all__ = [
    "compound_rate",
    "critical_part",
    "critical_time",
    "current_rate",
    "floored_area",
    "integrator",
    "slope",
]


def critical_part(utilisation: int, t_crit: int, kcrit: int, klow: int, ucrit: int, ulow: int) -> int:
    """Return the proportional part: more above `ucrit`, less below `ulow`, none between.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol
        `calculateCompoundInterestRateWithOverflowDetection`.
    """
    if utilisation > ucrit:
        steep = mul_div_down(kcrit, WAD + t_crit, WAD)
        return mul_div_down(steep, utilisation - ucrit, WAD)
    return min(0, mul_div_toward_zero(klow, utilisation - ulow, WAD))


def slope(utilisation: int, ki: int, kcrit: int, beta: int, uopt: int, ucrit: int) -> int:
    """Return how fast the rate moves in time, integrator and critical part together.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol
        `calculateCompoundInterestRateWithOverflowDetection`.
    """
    creep = mul_div_toward_zero(ki, utilisation - uopt, WAD)
    if utilisation > ucrit:
        return creep + mul_div_down(mul_div_down(kcrit, beta, WAD), utilisation - ucrit, WAD)
    return creep


def critical_time(utilisation: int, t_crit: int, beta: int, ucrit: int, elapsed_s: int) -> int:
    """Return the time counter after a time: up above `ucrit`, else down to zero.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol
        `calculateCompoundInterestRateWithOverflowDetection`.
    """
    if utilisation > ucrit:
        return t_crit + beta * elapsed_s
    return max(0, t_crit - beta * elapsed_s)


def integrator(utilisation: int, ri: int, ki: int, uopt: int, floor: int, elapsed_s: int) -> int:
    """Return the integrator after a time, at its floor or above both before and after.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol
        `calculateCompoundInterestRateWithOverflowDetection`.
    """
    creep = mul_div_toward_zero(ki, utilisation - uopt, WAD)
    return max(max(ri, floor) + creep * elapsed_s, floor)


def floored_area(start: int, slope: int, floor: int, elapsed_s: int) -> int:
    """Return a rate on a line summed over a time, no less than its floor at any moment.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol
        `calculateCompoundInterestRateWithOverflowDetection`.
    """
    end = start + slope * elapsed_s
    if start >= floor and end >= floor:
        return mul_div_down(start + end, elapsed_s, 2)
    if start < floor and end < floor:
        return floor * elapsed_s
    if start >= floor:
        return floor * elapsed_s + mul_div_down(mul_div_down(start - floor, start - floor, -slope), 1, 2)
    return floor * elapsed_s + mul_div_down(mul_div_down(end - floor, end - floor, slope), 1, 2)


def compound_rate(power: int, deposits: int, debt: int, elapsed_s: int) -> tuple[int, bool]:
    """Return the interest on a debt over a time [wad], and whether it was cut: then the state starts at zero.

    It is cut where the power, the amounts after it, or ten thousand percent a year would be exceeded.

    Args:
        power: By `floored_area`.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol `_calculateRComp`,
        `_compoundInterestRateCAP`.
    """
    most = SECOND_RATE_MAX * elapsed_s
    largest = max(deposits, debt)
    if largest >= AMOUNT_END:
        return 0, True
    is_cut = power >= POWER_END
    interest = COMPOUND_MAX if is_cut else max(0, exp(power) - WAD)
    if mul_div_down(interest, debt, WAD) > AMOUNT_END - largest:
        interest, is_cut = mul_div_down(AMOUNT_END - largest, WAD, debt), True
    return min(interest, most), is_cut or interest > most


def current_rate(
    utilisation: int, ri: int, critical_part: int, ki: int, uopt: int, floor: int, elapsed_s: int
) -> int:
    """Return the rate of the moment [wad per year], at most a hundred.

    The contract shows zero where the interest since the last call would be beyond its numbers.

    Args:
        critical_part: With the time counter after the time since the last call.
        floor: `klin` times utilisation, rounded down.

    Source: silo-finance/silo-contracts-v2, InterestRateModelV2.sol `calculateCurrentInterestRate`.
    """
    creep = mul_div_toward_zero(ki * (utilisation - uopt), elapsed_s, WAD)
    grown = max(max(ri, floor) + creep, floor)
    return min(max(grown + critical_part, floor) * SECONDS_PER_YEAR, CURRENT_RATE_MAX)
