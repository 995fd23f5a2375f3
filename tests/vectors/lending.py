"""Serve the lending vectors: each is computed from its inputs by the rules, then compared.

What a vector asks is told by its protocol and the names of its inputs, not by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from seawall.rules import aave_v2, aave_v3, aave_v3_0_2, aave_v3_3, aave_v3_7, aave_v4
from tests.vectors import euler, maker, maker_sales, morpho, other_lenders, shared_out
from tests.vectors.outcome import Outcome, held, whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

LAYERS = "waits for the issue 'layers and allocation'"
CONTRACTS = "waits for the issue 'contracts to the wei'"
LAYER_WORDS = ("umbrella", "stability", "flop", "global settlement", "waterfall", "socialis", "recovery")


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one lending vector."""
    name, protocol = str(case["id"]), str(case["protocol"])
    inputs = case["inputs"]
    fields = set(inputs) | {key for each in inputs.get("cases", ()) for key in each}
    for version, needed, compute in (
        *SERVED,
        *other_lenders.SERVED,
        *maker.SERVED,
        *maker_sales.SERVED,
        *morpho.SERVED,
        *euler.SERVED,
        *shared_out.LENDING,
    ):
        if protocol.startswith(version) and needed <= fields:
            return held(name, case["expected"], _compute(compute, protocol, inputs))
    if not protocol.startswith("Aave v"):
        asks = f"{protocol} {case.get('function', '')}".lower()
        return Outcome("unserved", name, LAYERS if any(w in asks for w in LAYER_WORDS) else CONTRACTS)
    return Outcome("unserved", name, f"no rule of {protocol} takes {sorted(fields)}")


def _compute(compute: Callable[[str, Inputs], Outputs], protocol: str, inputs: Inputs) -> Outputs:
    # A vector with `cases` shares the other inputs among them; its outputs are lists.
    if "cases" not in inputs:
        return compute(protocol, inputs)
    each = [compute(protocol, {**inputs, **case}) for case in inputs["cases"]]
    return {key: [outputs[key] for outputs in each] for key in each[0]}


def _ints(inputs: Inputs, *keys: str) -> list[int]:
    return [whole(inputs[key]) for key in keys]


def _v3_rules(protocol: str) -> ModuleType:
    if protocol.startswith(("Aave v3.3", "Aave v3.4")):
        return aave_v3_3
    return aave_v3_0_2 if protocol.startswith(("Aave v3.0", "Aave v3.1", "Aave v3.2")) else aave_v3_7


def rates(_: str, inputs: Inputs) -> Outputs:
    """Utilisation and variable rate of Aave v2."""
    u = aave_v2.utilisation(*_ints(inputs, "variableDebt", "liquidity"))
    curve = _ints(inputs, "optimal_ray", "base_ray", "slope1_ray", "slope2_ray")
    return {"utilization_ray": u, "variableRate_ray": aave_v2.variable_rate(u, *curve)}


def close_factor(_: str, inputs: Inputs) -> Outputs:
    """Close factor and repayment limit since 3.3 and before, in base currency: unit and price are 1."""
    health, value_min = _ints(inputs, "health_factor", "threshold_base")
    collateral = whole(inputs["collateral_base"])
    if "liquidated_reserve" in inputs:
        debts = {asset: whole(value) for asset, value in inputs["debt_base"].items()}
        debt, total = debts[inputs["liquidated_reserve"]], sum(debts.values())
    else:
        debt, total = _ints(inputs, "debt_base", "total_debt_base")
    if whole(inputs.get("close_factor_bps", aave_v3.CLOSE_FACTOR_BPS)) != aave_v3.CLOSE_FACTOR_BPS:
        raise ValueError(f"the rules know a close factor of {aave_v3.CLOSE_FACTOR_BPS} bps only")
    return {
        "close_factor_bps": aave_v3.close_factor_bps(debt, collateral, health, value_min),
        "max_repay_base": aave_v3.position_wide_repay(debt, debt, collateral, total, health, 1, 1, value_min),
        "v3_2_max_repay_base": aave_v3_0_2.max_repay(debt, debt, collateral, total, health, 1, 1),
    }


def amounts(protocol: str, inputs: Inputs) -> Outputs:
    """Amounts of one liquidation call, and the deficit if its collateral was the last."""
    rules = _v3_rules(protocol)
    cover, balance = _ints(inputs, "debtToCover", "collateralBalance")
    prices = _ints(inputs, "debtPrice", "debtUnit", "collateralPrice", "collateralUnit")
    bonus_bps, fee_bps = _ints(inputs, "bonus_bps", "protocolFee_bps")
    repaid, seized, fee = rules.seize(cover, balance, *prices, bonus_bps, fee_bps)
    _, base, _ = rules.seize(cover, 2**256, *prices, aave_v3.BPS, 0)
    _, _, bonus = rules.seize(cover, balance, *prices, bonus_bps, aave_v3.BPS)
    value = [rules.collateral_value(amount, prices[2], prices[3]) for amount in (balance, seized)]
    left = whole(inputs.get("borrowerDebt", cover)) - repaid
    return {
        "baseCollateral": base,
        "collateralSeized": seized,
        "bonusCollateral": bonus,
        "protocolFee": fee,
        "collateralToLiquidator": seized - fee,
        "debtNeeded": repaid,
        "debtRepaid": repaid,
        "reserveDeficitCreated": left if rules.recognises(value[0] - value[1], left) else 0,
    }


def bonus_v4(_: str, inputs: Inputs) -> Outputs:
    """Bonus of Aave v4 at a health below 1."""
    keys = (
        "healthFactor",
        "healthFactorForMaxBonus",
        "liquidationBonusFactor_bps",
        "maxLiquidationBonus_bps",
    )
    return {"bonus_bps": aave_v4.liquidation_bonus(*_ints(inputs, *keys))}


def debt_to_target_v4(_: str, inputs: Inputs) -> Outputs:
    """Repayment to the target health of Aave v4, scaled by a ray like the debt value."""
    keys = ("totalDebtValueRay", "debtAssetPrice_1e8", "debtAssetUnit", "liquidationBonus_bps")
    rest = ("collateralFactor_bps", "healthFactor", "targetHealthFactor")
    return {"debtRay": aave_v4.debt_to_target(*_ints(inputs, *keys, *rest))}


def amounts_v4(protocol: str, inputs: Inputs) -> Outputs:
    """Bonus, repayment to target and amounts of one call of Aave v4."""
    bonus_bps = bonus_v4(protocol, inputs)["bonus_bps"]
    debt_market = _ints(inputs, "debtAssetPrice_1e8", "debtAssetUnit")
    health = _ints(inputs, "collateralFactor_bps", "healthFactor", "targetHealthFactor")
    value = whole(inputs["totalDebtValue_1e26usd"])
    to_target = aave_v4.debt_to_target(value, *debt_market, bonus_bps, *health)
    repaid, seized, kept = aave_v4.liquidation_amounts(
        *_ints(inputs, "debtReserveBalance", "collateralReserveBalance", "debtToCover"),
        to_target,
        *debt_market,
        *_ints(inputs, "collateralAssetPrice_1e8", "collateralAssetUnit"),
        bonus_bps,
        *_ints(inputs, "liquidationFee_bps", "dustThreshold_1e26usd"),
    )
    return {
        "bonus_bps": bonus_bps,
        "debtToTarget": to_target,
        "debtToLiquidate": repaid,
        "collateralToLiquidate": seized,
        "collateralToLiquidator": kept,
    }


# Protocol, inputs it must have, how it is computed; the first that fits serves.
SERVED: tuple[tuple[str, set[str], Callable[[str, Inputs], Outputs]], ...] = (
    ("Aave v2", {"optimal_ray", "base_ray", "variableDebt", "liquidity"}, rates),
    ("Aave v3", {"debt_base", "collateral_base", "health_factor", "threshold_base"}, close_factor),
    ("Aave v3", {"debtToCover", "collateralBalance", "collateralPrice", "bonus_bps"}, amounts),
    ("Aave v4", {"totalDebtValueRay", "targetHealthFactor", "liquidationBonus_bps"}, debt_to_target_v4),
    ("Aave v4", {"totalDebtValue_1e26usd", "debtToCover", "collateralReserveBalance"}, amounts_v4),
    ("Aave v4", {"healthFactorForMaxBonus", "liquidationBonusFactor_bps", "healthFactor"}, bonus_v4),
)
