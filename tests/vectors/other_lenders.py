"""Serve the vectors of lenders that have rules and no machine: liquidations, rates and ceilings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seawall.core.units import WAD
from seawall.rules import (
    compound_v2,
    compound_v3,
    crvusd,
    dss_auto_line,
    euler_v1,
    fraxlend,
    liquity_v2,
    morpho_adaptive_curve,
    silo_v2,
)
from tests.vectors.outcome import whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


def _ints(inputs: Inputs, *keys: str) -> list[int]:
    return [whole(inputs[key]) for key in keys]


def _rows(inputs: Inputs) -> list[dict[str, Any]]:
    return [dict(zip(inputs["columns"], row, strict=True)) for row in inputs["rows"]]


def compound_v2_seize(_: str, inputs: Inputs) -> Outputs:
    """CTokens seized, and the number a real-valued formula gives."""
    tokens, reference = [], []
    for row in _rows(inputs):
        rate, borrowed, collateral, incentive, repaid = _ints(
            row,
            "exchangeRate",
            "priceBorrowed",
            "priceCollateral",
            "liquidationIncentive",
            "repayAmount",
        )
        tokens.append(compound_v2.seize_tokens(repaid, incentive, borrowed, collateral, rate))
        reference.append(repaid * incentive * borrowed // (collateral * rate))
    return {"seizeTokens_contract_math": tokens, "real_valued_reference": reference}


def compound_v2_drift(_: str, inputs: Inputs) -> Outputs:
    """A borrower who is the only supplier, after some blocks of interest."""
    supply, borrow, factor, rate, price, reserves = _ints(
        inputs, "supply", "borrow", "collateralFactor", "rate_per_block", "price", "total_reserves"
    )
    debts = [compound_v2.accrued_debt(borrow, rate, whole(blocks)) for blocks in inputs["blocks"]]
    supplies = [compound_v2.supplied(supply - borrow, debt, reserves) for debt in debts]
    values = [compound_v2.collateral_value(amount, factor, price) for amount in supplies]
    owed = [compound_v2.collateral_value(debt, WAD, price) for debt in debts]
    return {
        "borrowBalance": debts,
        "supplyBalance": supplies,
        "liquidity": [value - debt for value, debt in zip(values, owed, strict=True)],
        "liquidatable": [
            compound_v2.is_liquidatable(value, debt) for value, debt in zip(values, owed, strict=True)
        ],
    }


def compound_v3_quote(_: str, inputs: Inputs) -> Outputs:
    """Collateral that the store front gives."""
    return {
        "collateral": compound_v3.quote_collateral(
            *_ints(inputs, "base", "basePrice", "baseScale", "price", "assetScale"),
            *_ints(inputs, "liquidationFactor", "storeFrontPriceFactor"),
        )
    }


def compound_v3_reserves(_: str, inputs: Inputs) -> Outputs:
    """Reserves of a pool, of either sign."""
    if whole(inputs["index_scale"]) != compound_v3.INDEX:
        raise ValueError(f"indexes of Compound v3 stand on {compound_v3.INDEX}")
    keys = ("balance", "supply", "supplyIdx", "borrow", "borrowIdx")
    return {"reserves": compound_v3.reserves(*_ints(inputs, *keys))}


def compound_v3_absorb(_: str, inputs: Inputs) -> Outputs:
    """Accounts absorbed one after another, each with what collateral it has; indexes are 1."""
    supply, borrow, balance = _ints(inputs, "totalSupply", "totalBorrow", "balance")
    base_price, base_unit = (
        whole(inputs.get(key, default)) for key, default in (("basePrice", 10**8), ("baseScale", 10**6))
    )
    one, before = compound_v3.INDEX, whole(inputs["totalBorrow"])
    left, paid = [], []
    for number, debt in enumerate(inputs["debts"]):
        credits = sum(
            compound_v3.credit(*_ints(held, "amount", "price", "scale", "liquidationFactor"))
            for held in inputs.get("collateral", [[]] * len(inputs["debts"]))[number]
        )
        after = compound_v3.absorbed_balance(-whole(debt), credits, base_price, base_unit)
        left.append(0)
        paid.append(after + whole(debt))
        borrow -= whole(debt)
        supply += after
    return {
        "totalBorrow": borrow,
        "totalSupply": supply,
        "reserves_before": compound_v3.reserves(balance, whole(inputs["totalSupply"]), one, before, one),
        "reserves_after": compound_v3.reserves(balance, supply, one, borrow, one),
        "debts": left,
        "basePaidOut": paid,
    }


def compound_v3_rates(_: str, inputs: Inputs) -> Outputs:
    """Rates of both sides from yearly parameters."""
    year = whole(inputs["seconds_per_year"])

    def rates(side: str) -> list[int]:
        base, low, high = (value // year for value in _ints(inputs[side], "base", "low", "high"))
        kink = whole(inputs[side]["kink"])
        return [compound_v3.rate(whole(u), base, low, high, kink) for u in inputs["u"]]

    return {"supply_per_s": rates("supply"), "borrow_per_s": rates("borrow")}


def liquity_v2_split(_: str, inputs: Inputs) -> Outputs:
    """One trove between the stability pool and redistribution."""
    keys = ("debt", "coll", "spBold", "price", "penaltySP", "penaltyRedist")
    names = (
        *("collSPPortion", "debtToOffset", "collToSP", "gasComp"),
        *("debtRedistributed", "collRedistributed", "collSurplus"),
    )
    return dict(zip(names, liquity_v2.liquidation_split(*_ints(inputs, *keys)), strict=True))


def euler_v1_liquidation(_: str, inputs: Inputs) -> Outputs:
    """A liquidation to the target health, and the health after it."""
    collateral, collateral_price, collateral_factor = _ints(inputs, "collateral", "coll_price", "CF")
    debt, debt_price, borrow_factor = _ints(inputs, "debt", "debt_price", "BF")
    fee, *caps = _ints(inputs, "reserves_fee", "booster", "max_booster_discount", "max_discount")
    if whole(inputs["config_scale"]) != euler_v1.FACTOR:
        raise ValueError(f"factors of Euler v1 stand on {euler_v1.FACTOR}")
    held = euler_v1.collateral_value(collateral, collateral_price, collateral_factor)
    owed = euler_v1.liability_value(debt, debt_price, borrow_factor)
    health = euler_v1.health_score(held, owed)
    discount = euler_v1.discount(health, fee, *caps)
    rate = euler_v1.conversion_rate(debt_price, collateral_price, discount)
    target = whole(inputs["target_health"])
    most = euler_v1.repay_to_target(
        held, owed, collateral_factor, borrow_factor, discount, target, debt_price, debt
    )
    repaid, seized = euler_v1.liquidation_amounts(most, rate, collateral)
    after = (
        euler_v1.collateral_value(collateral - seized, collateral_price, collateral_factor),
        euler_v1.liability_value(debt - repaid, debt_price, borrow_factor),
    )
    return {
        "collateralValue": held,
        "liabilityValue": owed,
        "healthScore": health,
        "discount": discount,
        "conversionRate": rate,
        "repayPreFees": repaid,
        "repayWithFee": euler_v1.repaid_with_fee(repaid, fee),
        "seized": seized,
        "health_after_wad": euler_v1.health_score(*after) if after[1] else None,
    }


def silo_v2_max(_: str, inputs: Inputs) -> Outputs:
    """The most one call liquidates, in values."""
    found = []
    for row in _rows(inputs):
        debt, collateral, target, fee = _ints(row, "debtValue", "collateralValue", "targetLtv", "fee")
        repaid = silo_v2.max_repay_value(debt, collateral, target, fee)
        found.append([silo_v2.collateral_for(repaid, collateral, fee), repaid])
    return {"collateralValue_and_repayValue": found}


def silo_v2_either(protocol: str, inputs: Inputs) -> Outputs:
    """In values alone, or with the assets they stand for."""
    return (silo_v2_preview if "maxDebtToCover" in inputs["columns"] else silo_v2_max)(protocol, inputs)


def silo_v2_preview(_: str, inputs: Inputs) -> Outputs:
    """Calls with what they repay and seize, in assets and in values, and why."""
    found: Outputs = {
        name: []
        for name in (
            *("collateralAssets_and_debtAssets", "ltvAfter", "branch", "maxRepayValue"),
            *("debtValueToRepay", "collateralValueToLiquidate"),
        )
    }
    for row in _rows(inputs):
        ltv, collateral, value = _ints(row, "ltvBefore", "collAssets", "collValue")
        debt, owed, target, fee, offered = _ints(
            row, "debtAssets", "debtValue", "targetLtv", "fee", "maxDebtToCover"
        )
        seized, repaid, seized_value, repaid_value = silo_v2.liquidation_preview(
            ltv, collateral, value, debt, owed, target, fee, offered
        )
        most = silo_v2.max_repay_value(owed, value, target, fee)
        is_bad = ltv >= WAD
        found["collateralAssets_and_debtAssets"].append([seized, repaid])
        found["ltvAfter"].append(silo_v2.ltv_after(owed, value, repaid_value, seized_value))
        found["branch"].append("bad_debt" if is_bad else "full" if most == owed else "partial")
        found["maxRepayValue"].append(None if is_bad else most)
        found["debtValueToRepay"].append(repaid_value)
        found["collateralValueToLiquidate"].append(seized_value)
    return found


def crvusd_rate(_: str, inputs: Inputs) -> Outputs:
    """The factor of a ceiling on the rate, and the rate."""
    debt, ceiling, remainder = _ints(inputs, "debt", "ceiling", "target_remainder")
    multiplier = crvusd.ceiling_multiplier(debt, ceiling, remainder)
    rate, rate_max = _ints(inputs, "rate", "max_rate")
    return {
        "multiplier": multiplier,
        "new_rate": crvusd.rate_near_ceiling(rate, multiplier, rate_max),
    }


def fraxlend_full_rate(_: str, inputs: Inputs) -> Outputs:
    """Rates at full utilisation after some time."""
    if whole(inputs["util_prec"]) != fraxlend.UTILISATION:
        raise ValueError(f"utilisation of Fraxlend stands on {fraxlend.UTILISATION}")
    fixed = _ints(inputs, "min_target", "max_target", "half_life_s", "min_full_rate", "max_full_rate")
    return {
        "new_full_rate": [
            fraxlend.full_utilisation_rate(*_ints(row, "util", "dt_s", "old_full_rate"), *fixed)
            for row in _rows(inputs)
        ]
    }


def auto_line(_: str, inputs: Inputs) -> Outputs:
    """A ceiling step by step, each in a block of its own, and the global one beside it."""
    line, total, raised = _ints(inputs, "line0", "Line0", "last_inc0_s")
    gap, line_max, ttl, rate = _ints(inputs, "gap", "max_line", "ttl_s", "rate")
    lines, totals = [], []
    for step in inputs["steps"]:
        now = whole(step["t_s"])
        wanted = dss_auto_line.ceiling(whole(step["Art"]), rate, gap, line_max)
        if dss_auto_line.may_change(now, raised, ttl, line, wanted):
            total += wanted - line
            raised = now if wanted > line else raised
            line = wanted
        lines.append(line)
        totals.append(total)
    return {"line": lines, "Line": totals}


def adaptive_rate(_: str, inputs: Inputs) -> Outputs:
    """Borrow rates of Morpho's adaptive curve: one utilisation, or several from the same start."""
    start = whole(inputs.get("storedRateAtTarget", inputs.get("startRateAtTarget", 0)))
    curve = _ints(inputs, "target_utilization", "curve_steepness", "adjustment_speed")
    bounds = _ints(inputs, "initial_rate_at_target", "min_rate_at_target", "max_rate_at_target")
    elapsed = whole(inputs.get("elapsed_s", 0))

    def found(utilisation: Any) -> tuple[int, int]:
        return morpho_adaptive_curve.borrow_rate(whole(utilisation), start, elapsed, *curve, *bounds)

    if not isinstance(inputs["utilization"], list):
        rate, kept = found(inputs["utilization"])
        return {"avg_borrow_rate_per_s": rate, "rateAtTarget_per_s": kept, "rateAtTarget": kept}
    rates, kept_by_all = zip(*map(found, inputs["utilization"]), strict=True)
    return {
        "rate_per_s": list(rates),
        "rateAtTarget": kept_by_all[0] if len(set(kept_by_all)) == 1 else kept_by_all,
    }


SERVED: Iterable[tuple[str, set[str], Callable[[str, Inputs], Outputs]]] = (
    ("Compound v2", {"columns", "rows"}, compound_v2_seize),
    ("Compound v2", {"rate_per_block", "blocks", "collateralFactor"}, compound_v2_drift),
    ("Compound v3", {"storeFrontPriceFactor", "base", "price"}, compound_v3_quote),
    ("Compound v3", {"supplyIdx", "borrowIdx", "index_scale"}, compound_v3_reserves),
    ("Compound v3", {"debts", "totalBorrow"}, compound_v3_absorb),
    ("Compound v3", {"seconds_per_year", "supply", "borrow", "u"}, compound_v3_rates),
    ("Liquity v2", {"spBold", "penaltySP", "penaltyRedist"}, liquity_v2_split),
    ("Euler v1", {"CF", "BF", "target_health"}, euler_v1_liquidation),
    ("Silo v2", {"columns", "rows"}, silo_v2_either),
    ("crvUSD", {"target_remainder", "rate", "debt", "ceiling"}, crvusd_rate),
    ("Fraxlend", {"half_life_s", "min_target"}, fraxlend_full_rate),
    ("DssAutoLine", {"gap", "max_line", "steps"}, auto_line),
    ("Morpho AdaptiveCurve", {"utilization", "curve_steepness"}, adaptive_rate),
)
