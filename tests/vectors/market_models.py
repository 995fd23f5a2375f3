"""Serve the model cases of markets and liquidators: by the kernels that the storm runs.

A tolerance in words speaks of a sign on either side of a threshold; the threshold is then found by
bisection on that sign, with a call of a ten-millionth of the debt, and held to `BISECTED`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from seawall.rules import generic_lending
from seawall.rules.aave_v3 import BPS, WAD
from seawall.simulation.impact import (
    Impact,
    ImpactColumns,
    LinearImpact,
    NoImpact,
    ProductImpact,
    SquareRootImpact,
    impact_columns,
)
from seawall.simulation.kernels.impact import decayed, room, sell
from seawall.simulation.kernels.liquidator import best_repay, profit_of, units_worth
from tests.vectors.outcome import Outcome

BISECTED = 1e-6

Inputs = Mapping[str, Any]
Outputs = dict[str, float]


def serve(case: Mapping[str, Any]) -> Outcome | None:
    """Return what became of a case, None where no market answers its inputs."""
    inputs = case["inputs"]
    for needed, compute in SERVED:
        if set(inputs) == set(needed.split()):
            return _held(case, compute(inputs))
    return None


def _held(case: Mapping[str, Any], got: Outputs) -> Outcome:
    name, said = str(case["id"]), case["tolerance"]
    tolerance = said if isinstance(said, int | float) else BISECTED
    wrong = [
        f"{key}: expected {value}, got {got.get(key, 'nothing computed')}"
        for key, value in case["expected"].items()
        if key not in got or not math.isclose(value, got[key], rel_tol=1e-13, abs_tol=tolerance)
    ]
    keys = ", ".join(case["expected"])
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, keys)


def largest_profit(i: Inputs) -> Outputs:
    """Collateral seized at a bonus and sold to a pool: where it breaks even, where it pays best."""
    price = i["y"] / i["x"]
    market = _market(ProductImpact(reserve=i["y"], fee_bps=i["fee"] * BPS), price)

    def profit(units: float) -> float:
        repaid = units * price / (1 + i["bonus"])
        return float(profit_of(market, 0, 0.0, 1.0, units, price, repaid))

    best = units_worth(market, 0, 0.0, 1.0, 1 / (1 + i["bonus"]))
    even = _bisect(lambda units: profit(units) > 0, best, i["x"])
    return {"break_even_units": even, "profit_max_units": best, "profit_at_max": profit(best)}


def budget_with_recovery(i: Inputs) -> Outputs:
    """Sell up to the same impact again and again, while the market recovers between sales."""
    market = _market(LinearImpact(value=1.0, move_bps=i["impact_per_unit"] * BPS, half_life_s=1.0))
    x = total = 0.0
    for _ in range(i["intervals"]):
        units = room(market, 0, x, i["max_slip"], 1.0)
        total += units
        x = decayed(market, 0, sell(market, 0, x, units, 1.0)[1], i["interval_over_halflife"])
    return {"total_units": total}


def toxic_thresholds(i: Inputs) -> Outputs:
    """The loan-to-value above which a small call, its collateral sold at once, raises it."""

    def raises(market: ImpactColumns, loan_to_value: float) -> bool:
        debt = loan_to_value * i["collateral"]
        repaid = 1e-7 * debt
        seized = repaid * (1 + i["bonus"])
        fall = math.exp(-sell(market, 0, 0.0, seized, 1.0)[1])
        return bool((debt - repaid) / ((i["collateral"] - seized) * fall) > loan_to_value)

    pool = ProductImpact(reserve=i["pool_quote_depth"], fee_bps=0)
    return {
        key: _bisect(lambda ltv, market=market: not raises(market, ltv), 0.5, 1.0)
        for key, market in (
            ("threshold_no_impact", _market(NoImpact())),
            ("threshold_cpmm", _market(pool)),
        )
    }


def spiral(i: Inputs) -> Outputs:
    """Calls by a close factor until no collateral is left; what is then still owed."""
    market, debt, collateral = _market(NoImpact()), i["debt"], i["collateral"]
    while collateral > 1e-12:
        want = min(i["close_factor"] * debt, collateral / (1 + i["bonus"]))
        repaid = best_repay(market, 0, 0.0, 1.0, 1.0, 1.0, i["bonus"], 0.0, want, 1.0, 0.0)
        debt -= repaid
        collateral -= repaid * (1 + i["bonus"])
    return {"bad_debt": debt}


def two_steps(i: Inputs) -> Outputs:
    """A first call that leaves health at 1, then the close factor of what is left; against one call."""
    amounts = {key: Fraction(str(value)) for key, value in i.items()}
    collateral, debt = int(amounts["C"] * WAD), int(amounts["D"] * WAD)
    threshold, bonus = int(amounts["LT"] * BPS), int((1 + amounts["bonus"]) * BPS)
    value = generic_lending.collateral_value(collateral, 1, WAD)
    owed = generic_lending.debt_value(debt, 1, WAD)
    repay = generic_lending.target_repay(debt, owed, value * threshold, WAD, bonus, threshold, 1, WAD)
    first, whole = repay / WAD, float(amounts["D"])
    total = first + i["close_factor"] * (whole - first)
    naive = i["close_factor"] * whole
    return {"first": first, "total": total, "naive": naive, "extra_profit": i["bonus"] * (total - naive)}


def square_root(i: Inputs) -> Outputs:
    """Sell everything into a square root market: bankrupt where leverage times slippage reaches 1."""
    market = _market(SquareRootImpact(volume=i["V"], volatility=i["sigma"] * math.sqrt(365), factor=i["Y"]))
    average, end = sell(market, 0, 0.0, i["Q"], 1.0)
    return {
        "impact": -math.expm1(-end),
        "avg_slippage": 1 - average,
        "leverage_above_which_selling_all_bankrupts": 1 / (1 - average),
    }


def push_up(i: Inputs) -> Outputs:
    """Buy until the price has multiplied; what is lost when arbitrage brings it back."""
    market = _market(ProductImpact(reserve=i["quote_depth"], fee_bps=0), i["price"])
    units = room(market, 0, 0.0, -math.log(i["price_multiple"]), 1.0)
    spent = -units * i["price"] * sell(market, 0, 0.0, units, 1.0)[0]
    return {"quote_spent": spent, "unrecovered_after_arbitrage": spent + units * i["price"]}


def _market(setting: Impact, price: float = 1.0) -> ImpactColumns:
    return impact_columns({"x": setting}, ["x"], [price])


def _bisect(holds: Callable[[float], bool], low: float, high: float) -> float:
    # Where `holds` ends, between a place where it does and one where it does not.
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


SERVED: tuple[tuple[str, Callable[[Inputs], Outputs]], ...] = (
    ("x y bonus fee", largest_profit),
    ("max_slip impact_per_unit intervals interval_over_halflife", budget_with_recovery),
    ("bonus collateral pool_quote_depth", toxic_thresholds),
    ("debt collateral bonus close_factor", spiral),
    ("C D LT bonus close_factor", two_steps),
    ("Y sigma Q V", square_root),
    ("quote_depth price price_multiple", push_up),
)
