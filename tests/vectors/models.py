"""Serve the model cases: by rules, allocations and waterfalls, closed forms and markets.

Rules answer repayment to a target health and the two-slope rate.

Numbers become whole multiples of 1e-18 and back; the case's own tolerance decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from seawall.rules import aave_v2, generic_lending
from seawall.rules.aave_v3 import BPS, RAY, WAD
from tests.vectors import claims, closed_forms, fairness, market_models, shared_out
from tests.vectors.outcome import Outcome

LAYERS = "waits for the issue 'layers and allocation'"
STORM = "waits for the issue 'storm'"
CONTAGION = "waits for contagion: clearing and cross-holdings of several venues"
ADVERSARY = "waits for the search for attacks"
CONTROL = "waits for the setting of parameters"
RATES = "is exact to 1e-10, where the contract's own exponential and average, which the rule keeps, are not"
LATER = {
    "clearing": CONTAGION,
    "contagion": CONTAGION,
    "adversarial": ADVERSARY,
    "parameter": CONTROL,
    "rates": RATES,
}
LAYER_TOPICS = {"claims", "fairness", "tranches"}


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one model case."""
    name, inputs = str(case["id"]), case["inputs"]
    if fairness.serves(inputs):
        return fairness.check(case)
    if claims.serves(inputs):
        return claims.check(case)
    if (served := shared_out.serve_model(case)) is not None:
        return served
    if (answered := closed_forms.serve(case)) is not None:
        return answered
    if (traded := market_models.serve(case)) is not None:
        return traded
    for needed, compute in SERVED:
        if set(inputs) == needed:
            return _held(name, case, compute({key: Fraction(str(inputs[key])) for key in needed}))
    allocates = case.get("topic") in LAYER_TOPICS or "waterfall" in name
    return Outcome("unserved", name, LAYERS if allocates else LATER.get(str(case.get("topic")), STORM))


def _held(name: str, case: Mapping[str, Any], got: Mapping[str, Fraction]) -> Outcome:
    tolerance = Fraction(str(case["tolerance"]))
    wrong = [
        f"{key}: expected {value}, got {float(got[key]) if key in got else 'nothing computed'}"
        for key, value in case["expected"].items()
        if key not in got or abs(got[key] - Fraction(str(value))) > tolerance
    ]
    keys = ", ".join(case["expected"])
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, keys)


def repay_to_target(inputs: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Repayment that reaches a target health; the debt is a token of price 1 with 18 decimals."""
    collateral, debt = int(inputs["C"] * WAD), int(inputs["D"] * WAD)
    threshold_bps, bonus_bps = int(inputs["LT"] * BPS), int((1 + inputs["bonus"]) * BPS)
    value = generic_lending.collateral_value(collateral, 1, WAD)
    owed = generic_lending.debt_value(debt, 1, WAD)
    target = int(inputs["target"] * WAD)
    repay = generic_lending.target_repay(
        debt, owed, value * threshold_bps, target, bonus_bps, threshold_bps, 1, WAD
    )
    return {"repay": Fraction(repay, WAD)}


def two_slope_rate(inputs: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Borrow rate beyond or below the kink."""
    curve = [int(inputs[key] * RAY) for key in ("u", "u_opt", "base", "slope1", "slope2")]
    return {"rate": Fraction(aave_v2.variable_rate(*curve), RAY)}


SERVED = (
    ({"C", "D", "LT", "bonus", "target"}, repay_to_target),
    ({"u", "u_opt", "base", "slope1", "slope2"}, two_slope_rate),
)
