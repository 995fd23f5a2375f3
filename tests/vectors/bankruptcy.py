"""Serve bankruptcies: of a perp or a borrow at Drift and Mango, with Vega's network, and Percolator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from seawall.rules import drift_v2, mango_v4, vega
from tests.vectors.outcome import whole
from tests.waterfall.books import account, cash_default, fund, run, terms_of

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

INDEX = 10**10  # of Drift's deposit index
REFUSED = {"error": "CantResolvePerpBankruptcy"}
FINE = 10**9
ONE = mango_v4.ONE


# --- Drift ---


def liability_size(inputs: Inputs) -> Outputs:
    """Borrow to transfer for a margin shortage."""
    asset, liability = (
        [whole(inputs[f"{side}_{what}"]) for what in ("weight_bps", "multiplier_1e6")]
        for side in ("asset", "liability")
    )
    transfer = drift_v2.liability_to_cover(
        whole(inputs["margin_shortage"]),
        asset[0],
        asset[1],
        liability[0],
        liability[1],
        10 ** whole(inputs["liability_decimals"]),
        whole(inputs["liability_price_1e6"]),
        whole(inputs["if_fee_1e6"]),
    )
    return {"liability_transfer": transfer}


def funding_charge(inputs: Inputs) -> Outputs:
    """Rise of both funding indices for a loss; refused where nobody holds a contract."""
    base = whole(inputs["base_long"]), whole(inputs["base_short"])
    if base == (0, 0):
        return dict(REFUSED)
    return {"cumulative_funding_delta": drift_v2.funding_to_socialise(-whole(inputs["loss"]), *base)}


def perp_bankruptcy(inputs: Inputs) -> Outputs:
    """Insurance, then the fee pool, then both sides by base."""
    loss, base = (
        -whole(inputs["bad_pnl"]),
        {side: whole(inputs[f"base_{side}"]) for side in ("long", "short")},
    )
    if not any(base.values()):
        return dict(REFUSED)
    insurance = drift_v2.fund_payment(loss, whole(inputs.get("insurance", 0)))
    fees = min(loss - insurance, whole(inputs.get("fee_pool", 0)))
    social = loss - insurance - fees
    rise = drift_v2.funding_to_socialise(social, base["long"], base["short"])
    outputs: Outputs = {
        "insurance_used": insurance,
        "fee_pool_used": fees,
        "insurance_after": whole(inputs.get("insurance", 0)) - insurance,
        "fee_pool_after": whole(inputs.get("fee_pool", 0)) - fees,
        "funding_delta_long": rise,
        "funding_delta_short": -rise,
        "total_social_loss": social,
    }
    for side, held in base.items():
        for size in range(1, abs(held) // drift_v2.BASE + 1):
            paid = drift_v2.funding_payment(size * drift_v2.BASE, rise)
            outputs[f"loss_of_{size}_base_{side}"] = paid
    return outputs


def deposit_index(inputs: Inputs) -> Outputs:
    """Insurance, then the deposit index: a whole number is raw, a decimal one in whole units."""
    given = inputs.get("index", INDEX)
    index = int(Fraction(str(given)) * INDEX) if isinstance(given, float) else whole(given)
    borrow, deposits = whole(inputs["borrow"]), whole(inputs["deposits"])
    paid = drift_v2.fund_payment(borrow, whole(inputs.get("insurance", 0)))
    fall = drift_v2.deposit_index_fall(borrow - paid, deposits, index)
    unit = INDEX if isinstance(given, float) else 1
    return {
        "insurance_used": paid,
        "index_delta": Fraction(fall, unit),
        "index_after": Fraction(index - fall, unit),
        "deposits_after": deposits * (index - fall) // index,
    }


# --- Mango ---


def negative_pnl(inputs: Inputs) -> Outputs:
    """Settled against the token, then bought out by insurance, then per contract: down to health 0."""
    price, insurance_price = _fixed(inputs["settle_price"]), _fixed(inputs["insurance_token_price"])
    weighted = [
        price * _fixed(inputs[f"settle_{side}_weight"]) // ONE for side in ("asset", "liab")
    ]  # of the settle token; the other token counts as it stands
    balance, pnl, other = (_fixed(inputs[key]) for key in ("settle_balance", "perp_pnl", "other_token"))
    liqor_max, fee = _fixed(inputs["max_liab_transfer"]), _fixed(inputs["liquidation_fee"])

    spot_health = mango_v4.balance_health(balance, *weighted) + other
    settled = min(
        max(-pnl, 0),
        mango_v4.settleable(spot_health, balance, *weighted),
        _fixed(inputs["settle_limit"]),
        liqor_max,
    )
    balance, pnl = balance - settled, pnl + settled

    health = mango_v4.balance_health(balance + pnl, *weighted) + other
    missing = min(max(-pnl, 0), mango_v4.amount_to_health_zero(health, balance + pnl, *weighted))
    asked, vault = min(missing, liqor_max - settled), whole(inputs["insurance_vault"])
    payment = mango_v4.insurance_payment(asked, price, fee, insurance_price, vault)
    bought = mango_v4.liability_bought(payment, asked, price, fee, insurance_price)
    shared = missing - bought if payment == vault else 0
    each = mango_v4.charge_per_contract(shared, whole(inputs["open_interest"]))
    return {
        "liqee_settle": Fraction(balance, ONE),
        "liqee_perp": Fraction(pnl + bought + shared, ONE),
        "liqor_settle": Fraction(settled, ONE),
        "liqor_perp": Fraction(-settled - bought, ONE),
        "insurance": payment,
        "socialized": Fraction(each * whole(inputs["open_interest"]), ONE),
    }


def token_bankruptcy(inputs: Inputs) -> Outputs:
    """What is left of a borrow after each collateral in turn was seized, to the nearest unit."""
    prices = _fixed(inputs["collateral_price"]), _fixed(inputs["liab_price"])
    factor, borrow = _fixed(inputs["fee_factor"]), _fixed(inputs["borrow"])
    outputs = {}
    for word, collateral in zip(("first", "second", "third"), inputs["collateral"], strict=False):
        borrow -= mango_v4.liability_repaid(_fixed(collateral), prices[0], borrow, prices[1], factor)
        outputs[f"liab_after_{word}"] = -((borrow + ONE // 2) // ONE)
    return outputs


def _fixed(number: Any) -> int:
    return round(Fraction(str(number)) * ONE)


# --- Vega ---


def network_position(inputs: Inputs) -> Outputs:
    """Size, average entry and pnl of the network; it takes each position over at the mark of its time."""
    left = [(_fine(price), whole(size)) for price, size in inputs["takeovers"]]
    size = cost = realised = 0
    outputs: Outputs = {}
    for mark in inputs["mark_path"]:
        while left and left[0][0] == _fine(mark):
            price, traded = left.pop(0)
            closed = vega.cost_closed(size, cost, traded)
            lots = min(abs(size), abs(traded)) if size * traded < 0 else 0
            realised += (lots if size > 0 else -lots) * price - closed
            opened = traded + (lots if size > 0 else -lots)
            cost, size = cost - closed + opened * price, size + traded
        outputs[f"unrealised_at_{mark}"] = Fraction(size * _fine(mark) - cost, FINE)
    if left:
        raise ValueError(f"{len(left)} takeovers at no mark of the path")
    average = Fraction(cost, size * FINE) if size else 0
    return outputs | {"position": size, "average_entry": average, "realised": Fraction(realised, FINE)}


def _fine(number: Any) -> int:
    return int(Fraction(str(number)) * FINE)


# --- Percolator ---


def loss_engine(inputs: Inputs) -> Outputs:
    """A loss borne by unvested profit, insurance and equity: as the engine does it, and conserving cash.

    The engine counts insurance as an asset in the deficit and then draws it all the same: what was drawn is
    gone without lowering the loss. Ours counts it once, as the layer that pays.
    """
    principal, realised, warming, collateral, insurance = (
        whole(inputs[key]) for key in ("principal", "realized", "warming", "collateral", "insurance")
    )
    equity = principal + realised
    deficit = max(0, equity + warming - collateral - insurance)
    burned = min(warming, deficit)
    drawn = min(insurance, deficit - burned)
    after = max(0, equity + warming - burned - collateral - (insurance - drawn))
    as_coded = {
        "initial_deficit": deficit,
        "burned_warming": burned,
        "insurance_draw": drawn,
        "equity_haircut": min(Fraction(1), Fraction(after, equity)),
    }
    loss = equity + warming - collateral
    terms = terms_of(
        {"kind": "first_loss", "account": "fund:warming"},
        {"kind": "insurance_fund", "account": "fund:insurance"},
        {"kind": "mutualise", "over": "cash", "members": ["users"]},
    )
    rows = [fund("warming", warming), fund("insurance", insurance), account("users", equity)]
    result, draft = run(rows, terms, cash_default(max(0, loss)))
    paid = {charge.account: charge.amount for charge in result.charges}
    ours = {
        "burned_warming": paid.get("fund:warming", 0),
        "equity_haircut": Fraction(paid.get("users", 0), equity),
        "paid_to_users": draft.cash("users", "USD"),
    }
    return {"as_coded": as_coded, "conserving_answer_ours": ours}


SERVED: tuple[tuple[str, set[str], Callable[[Inputs], Outputs]], ...] = (
    ("lending_liquidation_size", {"margin_shortage", "liability_multiplier_1e6"}, liability_size),
    ("socialized_loss_per_unit", {"loss", "base_long", "base_short"}, funding_charge),
    ("socialized_loss_per_unit", {"borrow", "deposits"}, deposit_index),
    ("waterfall", {"bad_pnl", "base_long", "base_short"}, perp_bankruptcy),
    ("waterfall", {"borrow", "deposits"}, deposit_index),
    ("waterfall", {"settle_balance", "perp_pnl", "insurance_vault"}, negative_pnl),
    ("waterfall", {"borrow", "collateral", "fee_factor"}, token_bankruptcy),
    ("liquidation_engine_pnl", {"takeovers", "mark_path"}, network_position),
    ("waterfall_defect_case", {"principal", "warming", "collateral", "insurance"}, loss_engine),
)
