"""Hold the rules of Aave v3 to recorded contract state, to the wei: accounts, calls and refusals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.rules import LENDING, LendingRules, lending_rules
from tests.vectors.contracts import Account, Liquidation, Step, View, steps
from tests.vectors.outcome import Outcome

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Totals:
    """What an account is worth and how healthy it is."""

    collateral_value: int
    weighted_value: int
    debt_value: int
    health: int


@dataclass(frozen=True, slots=True)
class Call:
    """What a liquidation call does, in the contract's own terms."""

    before: Totals
    repaid: int
    seized: int
    fee: int
    debt_burned: int
    supply_removed: int
    deficits: dict[str, int]
    after: Account
    leaves_dust: bool


@dataclass(slots=True)
class Tally:
    """Numbers held to the contract so far, by kind, and those that differed."""

    checked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def hold(self, kind: str, where: str, expected: Any, got: Any) -> None:
        """Count one comparison."""
        self.checked[kind] += 1
        if expected != got:
            self.wrong.append(f"{where}: expected {expected}, got {got}")

    def outcome(self, name: str) -> Outcome:
        """Return the one line that this tally comes to."""
        if not self.checked:
            return Outcome("fail", name, "holds nothing that could be checked")
        if self.wrong:
            more = f"; and {len(self.wrong) - SHOWN} more" if len(self.wrong) > SHOWN else ""
            return Outcome("fail", name, "; ".join(self.wrong[:SHOWN]) + more)
        return Outcome("pass", name, ", ".join(f"{n} {kind}" for kind, n in sorted(self.checked.items())))


def check(version: str, scenario: View, name: str) -> Outcome:
    """Return whether every account, call and refusal of a scenario follows from the rules."""
    if f"aave_v3@{version}" not in LENDING:
        return Outcome("unserved", name, f"no rules for aave_v3@{version}")
    rules = lending_rules(f"aave_v3@{version}")
    profile = scenario["genesis"].get("profile", "plain")
    tally = Tally()
    for step in steps(scenario):
        for user, account in step.accounts.items():
            _hold_account(tally, rules, f"{step.place} {user}", account, step.views[user])
        if step.liquidation is not None:
            _hold_call(tally, rules, step, step.liquidation)
    return tally.outcome(f"{name}-{profile}")


def _hold_account(tally: Tally, rules: LendingRules, where: str, account: Account, view: View) -> None:
    for symbol, held in view["positions"].items():
        leg = account[symbol]
        supply = rules.supply_balance(leg.a_scaled, leg.supply_index)
        debt = rules.debt_balance(leg.v_scaled, leg.debt_index)
        tally.hold("balances", f"{where} {symbol} a_balance", int(held["a_balance"]), supply)
        tally.hold("balances", f"{where} {symbol} v_balance", int(held["v_balance"]), debt)
    totals = measure(rules, account)
    tally.hold(
        "account figures", f"{where} collateral_base", int(view["collateral_base"]), totals.collateral_value
    )
    tally.hold("account figures", f"{where} debt_base", int(view["debt_base"]), totals.debt_value)
    tally.hold("account figures", f"{where} health_factor", int(view["health_factor"]), totals.health)


def _hold_call(tally: Tally, rules: LendingRules, step: Step, call: Liquidation) -> None:
    _hold_account(tally, rules, f"{step.place} before", call.account, step.view_before)
    if not step.ok:
        tally.hold("refusals", f"{step.place} refused", step.refusal, _why_refused(rules, call, step.refusal))
        return
    done, out = liquidate(rules, call), step.out
    got = {
        "hf_before": done.before.health,
        "debt_repaid": done.repaid,
        "collateral_to_liquidator": done.seized - done.fee,
        "protocol_fee": done.fee,
        "user_v_scaled_burned": done.debt_burned,
        "user_a_scaled_removed": done.supply_removed,
        "hf_after": measure(rules, done.after).health,
    }
    for key, value in got.items():
        tally.hold("liquidation figures", f"{step.place} {key}", int(out[key]), value)
    if "deficit_created" in out:
        tally.hold("bad debt figures", f"{step.place} deficit", _ints(out["deficit_created"]), done.deficits)
    tally.hold(
        "bad debt figures", f"{step.place} stranded", _ints(out["stranded_debt"]), stranded(rules, done.after)
    )
    tally.hold(
        "liquidation figures",
        f"{step.place} allowed",
        (False, False),
        (is_safe(rules, call), done.leaves_dust),
    )


def measure(rules: LendingRules, account: Account) -> Totals:
    """Return the totals of an account: values per reserve, then their sums."""
    collateral = weighted = debt = 0
    for leg in account.values():
        if leg.secures:
            balance = rules.supply_balance(leg.a_scaled, leg.supply_index)
            value = rules.collateral_value(balance, leg.price, leg.unit)
            collateral, weighted = collateral + value, weighted + value * leg.threshold_bps
        if leg.v_scaled:
            debt += rules.debt_value(rules.debt_balance(leg.v_scaled, leg.debt_index), leg.price, leg.unit)
    return Totals(collateral, weighted, debt, rules.health_factor(collateral, weighted, debt))


def is_safe(rules: LendingRules, call: Liquidation) -> bool:
    """Return whether the account of a call may not be liquidated."""
    totals = measure(rules, call.account)
    return rules.is_safe(totals.collateral_value, totals.weighted_value, totals.debt_value)


def stranded(rules: LendingRules, account: Account) -> dict[str, int]:
    """Return the debts of an account that has no collateral value left."""
    return {} if measure(rules, account).collateral_value else _debts(rules, account)


def liquidate(rules: LendingRules, call: Liquidation) -> Call:
    """Return what one liquidation call does to an account."""
    before = measure(rules, call.account)
    c, d = call.account[call.collateral], call.account[call.debt]
    collateral = rules.supply_balance(c.a_scaled, c.supply_index)
    debt = rules.debt_balance(d.v_scaled, d.debt_index)
    offered = min(
        call.debt_to_cover,
        rules.max_repay(
            debt,
            rules.debt_value(debt, d.price, d.unit),
            rules.collateral_value(collateral, c.price, c.unit),
            before.debt_value,
            before.health,
            d.price,
            d.unit,
        ),
    )
    repaid, seized, fee = rules.seize(
        offered, collateral, d.price, d.unit, c.price, c.unit, c.bonus_bps, c.fee_bps
    )
    # The dust rule and the flag look at the fee before its cut, as the contract does.
    dusty = rules.leaves_dust(
        debt - repaid,
        collateral - seized,
        rules.debt_value(debt - repaid, d.price, d.unit),
        rules.collateral_value(collateral - seized, c.price, c.unit),
    )
    paid_out = rules.supply_scaled_burn(seized - fee, c.supply_index)
    fee_paid = rules.fee_capped(c.a_scaled, seized, fee, c.supply_index)
    removed = paid_out + min(rules.supply_scaled_burn(fee_paid, c.supply_index), c.a_scaled - paid_out)
    value_left = before.collateral_value - rules.collateral_value(seized, c.price, c.unit)
    others = {name: owed for name, owed in _debts(rules, call.account).items() if name != call.debt}
    still_owed = {**({call.debt: debt - repaid} if debt > repaid else {}), **others}
    deficits = still_owed if rules.recognises(value_left, sum(still_owed.values())) else {}
    # Where the collateral is gone the contract burns the whole debt in one go.
    burned = rules.debt_scaled_burn(debt if deficits else repaid, d.debt_index)
    after = _after(call, removed, burned, gone=seized == collateral)
    if deficits:
        after = {name: replace(leg, v_scaled=0) for name, leg in after.items()}
    return Call(before, repaid, seized - fee + fee_paid, fee_paid, burned, removed, deficits, after, dusty)


def _after(call: Liquidation, removed: int, burned: int, *, gone: bool) -> Account:
    after = dict(call.account)
    c = after[call.collateral]
    after[call.collateral] = replace(
        c, a_scaled=c.a_scaled - removed, is_collateral=c.is_collateral and not gone
    )
    d = after[call.debt]
    after[call.debt] = replace(d, v_scaled=d.v_scaled - burned)
    return after


def _why_refused(rules: LendingRules, call: Liquidation, refusal: str) -> str:
    # Returns `refusal` where the rules agree with it, and what they would say otherwise.
    if is_safe(rules, call):
        reasons = {"Error:45", "E:HealthFactorNotBelowThreshold"}
    elif not call.account[call.collateral].secures or not call.account[call.debt].v_scaled:
        reasons = {
            "Error:46",
            "E:CollateralCannotBeLiquidated",
            "Error:47",
            "E:SpecifiedCurrencyNotBorrowedByUser",
        }
    elif call.account[call.collateral].price == 0 or call.account[call.debt].price == 0:
        reasons = {"Panic:0x12"}
    else:
        reasons = _refused_amounts(rules, liquidate(rules, call))
    return refusal if refusal in reasons else f"none of {sorted(reasons)}"


def _refused_amounts(rules: LendingRules, done: Call) -> set[str]:
    if done.leaves_dust:
        return {"E:MustNotLeaveDust"}
    nothing = done.debt_burned == 0 or done.supply_removed == 0
    return {"Error:25", "E:InvalidBurnAmount"} if nothing else set()


def _debts(rules: LendingRules, account: Account) -> dict[str, int]:
    return {
        name: rules.debt_balance(leg.v_scaled, leg.debt_index)
        for name, leg in account.items()
        if leg.v_scaled
    }


def _ints(amounts: View) -> dict[str, int]:
    return {name: int(amount) for name, amount in amounts.items()}
