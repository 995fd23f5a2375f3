"""Walk the recorded scenarios of Aave v3: JSON in, plain accounts and calls out; no arithmetic.

A scenario is a genesis and steps. Parameters change along the way (`configure_collateral`), and an
e-mode category overrides threshold, bonus and, in 3.0.2, the prices of its members; here all of it
is resolved, so that whoever checks the numbers sees one account with one leg per reserve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leg:
    """One reserve as one account holds it, with the parameters that apply to this account."""

    symbol: str
    a_scaled: int
    v_scaled: int
    is_collateral: bool
    supply_index: int
    debt_index: int
    price: int
    unit: int
    threshold_bps: int
    bonus_bps: int
    fee_bps: int

    @property
    def secures(self) -> bool:
        """Whether this leg counts as collateral: flagged, and the reserve has a threshold."""
        return self.is_collateral and self.threshold_bps > 0


Account = Mapping[str, Leg]


@dataclass(frozen=True, slots=True)
class Liquidation:
    """One liquidation call: the account before it, and what was asked."""

    account: Account
    collateral: str
    debt: str
    debt_to_cover: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the accounts after it, what the contract said of them, and the call if it was one."""

    place: str
    ok: bool
    refusal: str
    accounts: Mapping[str, Account]
    views: Mapping[str, View]
    liquidation: Liquidation | None
    view_before: View
    out: View


@dataclass(frozen=True, slots=True)
class _Reserve:
    unit: int
    threshold_bps: int
    bonus_bps: int
    fee_bps: int
    category: str


@dataclass(frozen=True, slots=True)
class _Category:
    threshold_bps: int
    bonus_bps: int
    source: str
    price: int


@dataclass(frozen=True, slots=True)
class _Parameters:
    reserves: Mapping[str, _Reserve]
    categories: Mapping[str, _Category]

    @classmethod
    def of(cls, genesis: View) -> _Parameters:
        reserves = {
            each["symbol"]: _Reserve(
                10 ** int(each["decimals"]),
                int(each["liquidation_threshold"]),
                int(each["liquidation_bonus"]),
                int(each["liquidation_protocol_fee"]),
                str(each["emode_category"]),
            )
            for each in genesis["reserves"]
        }
        categories = {
            str(each["id"]): _Category(
                int(each["liquidation_threshold"]),
                int(each["liquidation_bonus"]),
                each.get("price_source") or "",
                int(each.get("price") or 0),
            )
            for each in genesis["emodes"]
        }
        return cls(reserves, categories)

    def after(self, action: str, args: View) -> _Parameters:
        if action == "configure_collateral":
            symbol = args["asset"]
            changed = replace(
                self.reserves[symbol],
                threshold_bps=int(args["liquidation_threshold"]),
                bonus_bps=int(args["liquidation_bonus"]),
            )
            return replace(self, reserves={**self.reserves, symbol: changed})
        if action == "set_price" and args["asset"] not in self.reserves:
            moved = {
                name: replace(each, price=int(args["price"])) if each.source == args["asset"] else each
                for name, each in self.categories.items()
            }
            return replace(self, categories=moved)
        return self


def steps(scenario: View) -> Iterator[Step]:
    """Yield the steps of a scenario in order, parameters applied."""
    parameters = _Parameters.of(scenario["genesis"])
    for step in scenario["steps"]:
        before = parameters
        if step["ok"]:
            parameters = parameters.after(step["action"], step["args"])
        post = step["post"]
        accounts = {
            name: _account(parameters, post["reserves"], view) for name, view in post["users"].items()
        }
        is_call = step["action"] == "liquidation_call" and step["pre"] is not None
        yield Step(
            place=f"step {step['i']}",
            ok=step["ok"],
            refusal=step["revert"] or "",
            accounts=accounts,
            views=post["users"],
            liquidation=_liquidation(before, step) if is_call else None,
            view_before=step["pre"]["user"] if is_call else {},
            out=step.get("out") or {},
        )


def _liquidation(parameters: _Parameters, step: View) -> Liquidation:
    pre, args = step["pre"], step["args"]
    account = _account(parameters, pre["reserves"], pre["user"])
    return Liquidation(account, args["collateral"], args["debt"], int(args["debt_to_cover"]))


def _account(parameters: _Parameters, reserves: View, user: View) -> Account:
    return {
        symbol: _leg(
            parameters, symbol, reserves, user["positions"].get(symbol, _NOTHING), str(user["emode"])
        )
        for symbol in parameters.reserves
    }


_NOTHING: View = {"a_scaled": 0, "v_scaled": 0, "is_collateral": False}


def _leg(parameters: _Parameters, symbol: str, reserves: View, held: View, emode: str) -> Leg:
    reserve, market = parameters.reserves[symbol], reserves[symbol]
    threshold_bps, bonus_bps, price = reserve.threshold_bps, reserve.bonus_bps, int(market["price"])
    category = parameters.categories.get(emode)
    if category is not None and reserve.category == emode:
        # A reserve whose own threshold is zero secures nothing, in a category or not.
        threshold_bps = category.threshold_bps if threshold_bps else 0
        bonus_bps = category.bonus_bps
        if category.source:
            price = int(reserves[category.source]["price"]) if category.source in reserves else category.price
    return Leg(
        symbol=symbol,
        a_scaled=int(held["a_scaled"]),
        v_scaled=int(held["v_scaled"]),
        is_collateral=bool(held["is_collateral"]),
        supply_index=int(market["normalized_income"]),
        debt_index=int(market["normalized_debt"]),
        price=price,
        unit=reserve.unit,
        threshold_bps=threshold_bps,
        bonus_bps=bonus_bps,
        fee_bps=reserve.fee_bps,
    )
