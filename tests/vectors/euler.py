"""Serve Euler's vectors: a full liquidation, and the debt that the depositors bear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.units import WAD
from seawall.rules import euler_evk, euler_linear_kink
from tests.vectors.outcome import whole

_NUMBERS = (
    "collateral",
    "collateral_price",
    "liq_ltv_bps",
    "debt",
    "debt_price",
    "max_discount_bps",
    "other_borrows",
    "other_collateral",
)


def socialisation(_: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Liquidate as much as the collateral pays for; what is left is socialised, or stays."""
    collateral, collateral_price, ltv_bps, debt, debt_price, discount_bps, others, other_collateral = (
        whole(inputs[name]) for name in _NUMBERS
    )
    if whole(inputs["min_socialization_liability_value"]) != euler_evk.SOCIALISATION_MIN:
        raise ValueError(f"the rules know a least value of {euler_evk.SOCIALISATION_MIN} only")
    value = euler_evk.part_of(collateral, collateral_price, WAD)
    liability = euler_evk.part_of(debt, debt_price, WAD)
    adjusted = euler_evk.adjusted_value(value, ltv_bps)
    found = {"collateralValue": value, "collateralAdjustedValue": adjusted, "liabilityValue": liability}
    repaid = seized = borne = 0
    if euler_evk.is_liquidatable(adjusted, liability):
        factor = euler_evk.discount_factor(adjusted, liability, discount_bps)
        repaid_value, seized_value = euler_evk.liquidation_values(value, liability, factor)
        repaid = euler_evk.part_of(debt, repaid_value, liability)
        seized = euler_evk.part_of(collateral, seized_value, value) if value else collateral
        left = collateral - seized + other_collateral
        borne = euler_evk.socialised(debt, repaid, liability, left, is_enabled=bool(inputs["socialize_debt"]))
        found["discountFactor"] = factor
    return {
        **found,
        "maxRepay": repaid,
        "maxYield": seized,
        "socialised": borne,
        "borrower_debt_after": debt - repaid - borne,
        # The liquidator takes over what it repays; only what is socialised leaves the vault's borrows.
        "totalBorrows_after": others + debt - borne,
    }


def linear_kink(_: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The borrow rate of a vault, in the units that the protocol's own test compares."""
    cash, borrows, unit = (whole(inputs[key]) for key in ("cash", "borrows", "unit"))
    curve = (whole(inputs[key]) for key in ("base", "slope1", "slope2", "kink"))
    rate = euler_linear_kink.borrow_rate(euler_linear_kink.utilisation(cash, borrows), *curve)
    return {"rate_in_units": rate // unit}


SERVED = (
    ("Euler v2 (EVK)", set(_NUMBERS) | {"socialize_debt"}, socialisation),
    ("Euler v2 (EVK)", {"slope1", "slope2", "kink", "cash", "borrows"}, linear_kink),
)
