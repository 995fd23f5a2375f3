"""Liquidate what a venue's rules say must be liquidated, account by account.

A lending account is called until it is safe, exhausted or beyond help, or handed over whole
where nobody buys its collateral; an exchange account is taken over by the engine. Either way
the answer is a `Liquidation`: what was done, and the defaults handed to the waterfall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from seawall.core.book import RAY
from seawall.core.draft import Draft
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.core.rounding import mul_div_up
from seawall.core.terms import Terms
from seawall.errors import InvalidTerms, Problem
from seawall.liquidation.hand_over import HandedOver, hand_over
from seawall.liquidation.quote import Legs, Refusal, largest_repay, legs_of
from seawall.liquidation.sale import Desk
from seawall.liquidation.seize import Call, Seizure, recognise, seize_legs
from seawall.liquidation.takeover import Takeover, take_over
from seawall.risk.health import Health, Status
from seawall.risk.lending import lending_health
from seawall.risk.toxic import leg_toxicity
from seawall.rules import lending_rules

Outcome = Literal[
    "restored",
    "exhausted",
    "taken_over",
    "handed_over",
    "halted_toxic",
    "not_callable",
    "rounds_exceeded",
]


@dataclass(frozen=True, slots=True)
class Liquidation:
    """What happened to one account.

    Attributes:
        status_before: Why it was touched.
        outcome: restored (safe again), exhausted (nothing left to seize), taken_over, handed_over
            (the debt, with what secures it), halted_toxic (policy forbids a liquidation that lowers
            health), not_callable (the venue refuses every call: the debt stays), rounds_exceeded.
        toxic_calls: Calls made although they lowered health.
        defaults: What is handed to the waterfall.
        refusals: Why the last calls were refused.
    """

    account: str
    status_before: Status
    outcome: Outcome
    seizures: tuple[Seizure, ...] = ()
    takeover: Takeover | None = None
    handed_over: HandedOver | None = None
    toxic_calls: int = 0
    defaults: tuple[Default, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def liquidate(
    draft: Draft, market: Market, terms: Terms, desk: Desk, name: str, status: Status
) -> Liquidation:
    """Liquidate one account on a draft, by the venue's rules."""
    if terms.family == "exchange":
        taken = take_over(draft, market, terms, desk, name)
        outcome: Outcome = "restored" if taken.is_restored else "taken_over"
        return Liquidation(name, status, outcome, takeover=taken, defaults=taken.defaults)
    if terms.sale.kind == "hand_over":
        handed = hand_over(draft, market, terms, desk.system, name)
        if isinstance(handed, Refusal):
            return Liquidation(name, status, "not_callable", refusals=(handed,))
        return Liquidation(name, status, "handed_over", handed_over=handed, defaults=handed.defaults)
    return _liquidate_lending(draft, market, terms, name, status)


def _liquidate_lending(draft: Draft, market: Market, terms: Terms, name: str, status: Status) -> Liquidation:
    seizures: list[Seizure] = []
    refusals: tuple[Refusal, ...] = ()
    toxic_calls = 0
    outcome: Outcome = "rounds_exceeded"
    health = lending_health(draft.account(name), draft.pools, draft.book, market, terms)
    for _ in range(terms.rounds_max):
        if not health.is_liquidatable:
            break
        done, refusals, halted = _call_once(draft, market, terms, health)
        if done is None:
            outcome = "halted_toxic" if halted else "not_callable"
            break
        toxic_calls += done.toxicity.lowers_health
        seizures.append(done)
        health = done.after
    if not health.is_liquidatable:
        outcome = "restored" if health.debt_value else "exhausted"
    deficit = _merged(seizure.deficit for seizure in seizures)
    if outcome == "not_callable" and not terms.recognition.needs_call:
        deficit = _merged([deficit, _recognise_leftover(draft, health, refusals, terms)])
        outcome = "exhausted" if deficit else outcome
    return Liquidation(
        account=name,
        status_before=status,
        outcome=outcome,
        seizures=tuple(seizures),
        toxic_calls=toxic_calls,
        defaults=tuple(
            Default(name, asset, amount, as_of=market.as_of, pool=asset, bucket="debt")
            for asset, amount in sorted(deficit.items())
        ),
        refusals=refusals if outcome in ("not_callable", "halted_toxic") else (),
    )


def _call_once(
    draft: Draft, market: Market, terms: Terms, health: Health
) -> tuple[Seizure | None, tuple[Refusal, ...], bool]:
    # The largest debt through the largest collateral; the next pair where a call is refused.
    refusals: list[Refusal] = []
    halted = False
    account = draft.account(health.account)
    for collateral, debt in _pairs(health):
        legs = legs_of(draft, account, health, collateral, debt)
        if isinstance(legs, Refusal):
            refusals.append(legs)
            continue
        if terms.size.toxic == "halt" and leg_toxicity(health, legs.collateral).lowers_health:
            halted = True
            continue
        call = Call(health.account, collateral, debt, _amount(legs, terms), terms.split.liquidator)
        answer = seize_legs(draft, market, terms, call, legs)
        if isinstance(answer, Seizure):
            return answer, (), False
        refusals.append(answer)
    return None, tuple(refusals), halted


def _amount(legs: Legs, terms: Terms) -> int:
    most = largest_repay(legs, terms)
    if terms.size.kind != "target_health":
        return most
    owed_more, held_less = _token_rounding(legs, terms)
    wanted = target_rule(terms)(
        -legs.debt.amount,
        legs.health.debt_value + owed_more,
        legs.health.weighted_value - held_less,
        terms.size.target_health_bps * 10**14,
        legs.collateral.bonus_bps,
        legs.collateral.threshold_bps,
        legs.debt.price,
        legs.debt_unit,
    )
    return min(most, wanted)


def _token_rounding(legs: Legs, terms: Terms) -> tuple[int, int]:
    # What scaled tokens may round away from an account in one call: value owed, weighted value held.
    # Without it a call ends just short of the target, and the next ones creep after a few units each.
    # Debt: burned is floored and the balance left is ceiled, less than index + 1 in all; collateral:
    # the liquidator's part and the fee are ceiled each and the balance left is floored.
    rules = lending_rules(terms.rules)
    debt = mul_div_up(1, legs.debt_index, RAY) if legs.debt_index != RAY else 0
    collateral = mul_div_up(2, legs.collateral_index, RAY) if legs.collateral_index != RAY else 0
    held_less = rules.collateral_value(collateral, legs.collateral.price, legs.collateral_unit)
    return (
        rules.debt_value(debt, legs.debt.price, legs.debt_unit),
        held_less * legs.collateral.threshold_bps,
    )


def target_rule(terms: Terms) -> Callable[..., int]:
    """Return the rule that sizes a repayment for a target health.

    Raises:
        InvalidTerms: The rule set has none (`policy_mismatch`).
    """
    found: Callable[..., int] | None = getattr(lending_rules(terms.rules), "target_repay", None)
    if found is None:
        message = f"{terms.rules} has no rule for a target health: choose close_factor or full"
        raise InvalidTerms.of([Problem("policy_mismatch", message, f"{terms.venue}:size.kind")])
    return found


def _pairs(health: Health) -> Iterator[tuple[str, str]]:
    collaterals = sorted(
        (line for line in health.lines if line.kind == "collateral"),
        key=lambda line: (-line.value, line.commodity),
    )
    debts = sorted(
        (line for line in health.lines if line.kind == "debt"), key=lambda line: (line.value, line.commodity)
    )
    for debt in debts:
        for collateral in collaterals:
            yield collateral.commodity, debt.commodity


def _merged(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for asset, amount in part.items():
            total[asset] = total.get(asset, 0) + amount
    return total


def _recognise_leftover(
    draft: Draft, health: Health, refusals: tuple[Refusal, ...], terms: Terms
) -> dict[str, int]:
    # An account with debt and no collateral value: no call can reach it, the loss is a fact. So it is
    # where each collateral left is worth less than the smallest repayment: crumbs are no collateral.
    if terms.recognition.kind != "zero_collateral_value":
        return {}
    only_crumbs = health.equity < 0 and all(refusal.code == "nothing_repaid" for refusal in refusals)
    value_left = 0 if only_crumbs else health.collateral_value
    return recognise(draft, health.account, value_left, terms, lending_rules(terms.rules))
