"""One liquidation call on a lending account: repay a debt, seize a collateral, book what is left.

The same call serves the resolve pipeline and the replay of a recorded contract call.
All arithmetic is the venue's (`terms.rules`); this file orders the steps and turns
them into balanced postings. Both sides of a rounding are posted; the dust between them
goes to the dust account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from seawall.core.book import RAY, Account, Balance
from seawall.core.draft import Draft
from seawall.core.loss import Posting, Working
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.risk.health import Health, Line
from seawall.risk.lending import lending_health
from seawall.rules import LendingRules, lending_rules

RefusalCode = Literal["healthy", "unpriced", "no_collateral", "no_debt", "leaves_dust", "nothing_repaid", "zero_price"]


@dataclass(frozen=True, slots=True)
class Call:
    """What a liquidator asks for; `debt_to_cover` None asks for the most that is allowed."""

    account: str
    collateral: str
    debt: str
    debt_to_cover: int | None = None
    liquidator: str = "external:liquidator"
    receive: Literal["underlying", "supply"] = "underlying"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call does nothing. An outcome, not an error."""

    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class Seizure:
    """What one call did [minor units of the debt, or of the collateral].

    Attributes:
        repaid: Debt paid by the liquidator.
        seized: Collateral taken, `fee` included; the liquidator gets the difference.
        debt_scaled_burned, collateral_scaled_removed: Of these two reserves, in scaled units, a
            write-off included.
        deficit: Debt per asset written off to the deficit by this call.
    """

    account: str
    collateral: str
    debt: str
    repaid: int
    seized: int
    fee: int
    debt_scaled_burned: int
    collateral_scaled_removed: int
    deficit: dict[str, int] = field(default_factory=dict)
    health_before: int | None = None
    health_after: int | None = None
    working: Working = field(default_factory=dict)

    @property
    def to_liquidator(self) -> int:
        return self.seized - self.fee


@dataclass(frozen=True, slots=True)
class Quote:
    """What a call would do before anything is written."""

    repaid: int
    seized: int
    fee: int
    max_repay: int
    leaves_dust: bool


@dataclass(frozen=True, slots=True)
class Legs:
    """The two legs of a call, looked up once."""

    health: Health
    collateral: Line
    collateral_balance: Balance
    collateral_unit: int
    collateral_index: int
    debt: Line
    debt_scaled: int
    debt_unit: int
    debt_index: int


def find_legs(
    draft: Draft, account: Account, market: Market, terms: Terms, collateral: str, debt: str
) -> Legs | Refusal:
    """Value the account and look up both legs, or say why there is nothing to call."""
    health = lending_health(account, draft.pools, draft.book, market, terms)
    if health.status == "unpriced":
        return Refusal("unpriced", f"no oracle price of {', '.join(health.unpriced)}: nothing is decided without one")
    if not health.is_liquidatable:
        return Refusal("healthy", "health is at or above 1: the account may not be liquidated")
    seizable = [line for line in health.lines if line.kind == "collateral" and line.commodity == collateral]
    owed = [line for line in health.lines if line.kind == "debt" and line.commodity == debt]
    if not seizable:
        return Refusal("no_collateral", f"{collateral} does not secure this account")
    if not owed:
        return Refusal("no_debt", f"the account owes no {debt}")
    if not seizable[0].price:
        return Refusal("zero_price", f"the price of {collateral} is 0: no amount of it pays for anything")
    held = next(item for item in account.balances if item.asset == collateral and item.side != "debt")
    pool = draft.pools.get(collateral)
    debt_pool = draft.pools.get(debt)
    return Legs(
        health=health,
        collateral=seizable[0],
        collateral_balance=held,
        collateral_unit=draft.book.asset(collateral).unit,
        collateral_index=pool.supply_index if pool and held.side == "supply" else RAY,
        debt=owed[0],
        debt_scaled=-next(b.scaled for b in account.balances if b.asset == debt and b.side == "debt"),
        debt_unit=draft.book.asset(debt).unit,
        debt_index=debt_pool.debt_index if debt_pool else RAY,
    )


def quote(legs: Legs, debt_to_cover: int | None, terms: Terms, rules: LendingRules) -> Quote:
    """Return what covering `debt_to_cover` would repay, seize and leave."""
    debt, collateral = -legs.debt.amount, legs.collateral.amount
    allowed = rules.max_repay(
        debt,
        -legs.debt.value,
        legs.collateral.value,
        legs.health.debt_value,
        legs.health.health_wad or 0,
        legs.debt.price,
        legs.debt_unit,
    )
    fee_bps = 0 if terms.split.kind == "none" else terms.asset_terms(legs.collateral.commodity).protocol_fee_bps
    repaid, seized, fee = rules.seize(
        allowed if debt_to_cover is None else min(debt_to_cover, allowed),
        collateral,
        legs.debt.price,
        legs.debt_unit,
        legs.collateral.price,
        legs.collateral_unit,
        legs.collateral.bonus_bps,
        fee_bps,
    )
    dust = rules.leaves_dust(
        debt - repaid,
        collateral - seized,
        rules.debt_value(debt - repaid, legs.debt.price, legs.debt_unit),
        rules.collateral_value(collateral - seized, legs.collateral.price, legs.collateral_unit),
    )
    return Quote(repaid, seized, fee, allowed, dust)


def max_valid_repay(draft: Draft, market: Market, terms: Terms, account: str, collateral: str, debt: str) -> int:
    """Return the largest amount a call may cover without being refused, 0 if none.

    The feasible set is not an interval where a dust rule holds: closing a leg may be
    allowed while just short of it is not. Below the closing amount, leaving more on both
    legs only helps, so the largest feasible partial amount is found by bisection.
    """
    legs = find_legs(draft, draft.account(account), market, terms, collateral, debt)
    if isinstance(legs, Refusal):
        return 0
    rules = lending_rules(terms.rules)
    whole = quote(legs, None, terms, rules)
    if not whole.leaves_dust:
        return whole.max_repay
    low, high = 0, whole.max_repay
    while low < high:
        middle = (low + high + 1) // 2
        if quote(legs, middle, terms, rules).leaves_dust:
            high = middle - 1
        else:
            low = middle
    return low


def seize(draft: Draft, market: Market, terms: Terms, call: Call) -> Seizure | Refusal:
    """Carry out one liquidation call on a draft, or refuse it and change nothing.

    Returns:
        What was repaid, seized and written off; or the reason why nothing was.

    Source: Aave v3.0.2 and v3.7, LiquidationLogic `executeLiquidationCall`.
    """
    rules = lending_rules(terms.rules)
    account = draft.account(call.account)
    legs = find_legs(draft, account, market, terms, call.collateral, call.debt)
    if isinstance(legs, Refusal):
        return legs
    offer = quote(legs, call.debt_to_cover, terms, rules)
    if offer.leaves_dust:
        return Refusal("leaves_dust", "the call would leave too little on a leg: close it, or take less")
    burned = _debt_burned(legs, offer.repaid, rules)
    fee = offer.fee
    if fee:
        fee = rules.fee_capped(legs.collateral_balance.scaled, offer.seized, fee, legs.collateral_index)
    to_liquidator = offer.seized - offer.fee
    removed = _collateral_removed(legs, to_liquidator, fee, offer.seized, rules)
    working = {
        "rule": f"{terms.rules} seize",
        "inputs": {
            "debt": -legs.debt.amount,
            "debt_price": legs.debt.price,
            "collateral": legs.collateral.amount,
            "collateral_price": legs.collateral.price,
            "bonus_bps": legs.collateral.bonus_bps,
            "max_repay": offer.max_repay,
            "health_wad": legs.health.health_wad,
        },
        "outputs": {"repaid": offer.repaid, "seized": to_liquidator + fee, "fee": fee},
    }
    taken = rules.collateral_value(to_liquidator + offer.fee, legs.collateral.price, legs.collateral_unit)
    left_value = legs.health.collateral_value - taken
    write_off = 0
    if terms.recognition.kind == "zero_collateral_value" and rules.recognises(left_value, legs.debt_scaled - burned):
        write_off, burned = -legs.debt.amount - offer.repaid, legs.debt_scaled
    if not burned or (call.receive == "underlying" and not removed[0]):
        return Refusal("nothing_repaid", "the repayment or the seizure rounds to nothing")
    draft.post(
        "liquidate",
        [
            *_repay_postings(legs, call, offer.repaid, write_off, burned, terms, rules),
            *_seize_postings(draft, legs, call, to_liquidator, fee, removed, terms, rules),
        ],
        working,
    )
    if to_liquidator + offer.fee == legs.collateral.amount:
        draft.stop_securing(call.account, call.collateral, legs.collateral_balance.side)
    deficit = {call.debt: write_off} if write_off else {}
    if terms.recognition.kind == "zero_collateral_value":
        deficit |= recognise(draft, call.account, left_value, terms, rules)
    after = lending_health(draft.account(call.account), draft.pools, draft.book, market, terms)
    return Seizure(
        account=call.account,
        collateral=call.collateral,
        debt=call.debt,
        repaid=offer.repaid,
        seized=to_liquidator + fee,
        fee=fee,
        debt_scaled_burned=burned,
        collateral_scaled_removed=sum(removed),
        deficit=deficit,
        health_before=legs.health.health_wad,
        health_after=after.health_wad,
        working=working,
    )


def recognise(
    draft: Draft, name: str, collateral_value_left: int, terms: Terms, rules: LendingRules
) -> dict[str, int]:
    """Write an account's remaining debts off to the deficit, if the venue's rule says so.

    Returns:
        Amount written off per asset [minor units], empty if nothing is recognised.
    """
    debts = [item for item in draft.account(name).balances if item.side == "debt"]
    if not rules.recognises(collateral_value_left, sum(-item.scaled for item in debts)):
        return {}
    written = {}
    for item in debts:
        pool = draft.pools.get(item.asset)
        amount = rules.debt_balance(-item.scaled, pool.debt_index if pool else RAY)
        written[item.asset] = amount
        draft.post(
            "recognise",
            [
                Posting(name, item.asset, amount, "debt", scaled=-item.scaled),
                Posting(f"deficit:{item.asset}", item.asset, -amount),
            ],
            {
                "rule": f"{terms.rules} recognises",
                "inputs": {"collateral_value_left": collateral_value_left, "debt": amount},
            },
        )
    return written


def _debt_burned(legs: Legs, repaid: int, rules: LendingRules) -> int:
    if repaid == -legs.debt.amount:
        return legs.debt_scaled
    return min(legs.debt_scaled, rules.debt_scaled_burn(repaid, legs.debt_index))


def _collateral_removed(
    legs: Legs, to_liquidator: int, fee: int, seized: int, rules: LendingRules
) -> tuple[int, int]:
    # Scaled units that leave the account: the liquidator's part, then the fee's, never more than it has.
    held = legs.collateral_balance.scaled
    first = min(held, rules.supply_scaled_burn(to_liquidator, legs.collateral_index))
    return first, min(held - first, rules.supply_scaled_burn(fee, legs.collateral_index))


def _repay_postings(
    legs: Legs, call: Call, repaid: int, write_off: int, burned: int, terms: Terms, rules: LendingRules
) -> Iterator[Posting]:
    relief = -legs.debt.amount - rules.debt_balance(legs.debt_scaled - burned, legs.debt_index)
    yield Posting(call.liquidator, call.debt, -repaid)
    yield Posting(f"deficit:{call.debt}", call.debt, -write_off)
    yield Posting(call.account, call.debt, relief, "debt", scaled=burned)
    yield Posting(terms.dust_account, call.debt, repaid + write_off - relief)


def _seize_postings(
    draft: Draft,
    legs: Legs,
    call: Call,
    to_liquidator: int,
    fee: int,
    removed: tuple[int, int],
    terms: Terms,
    rules: LendingRules,
) -> Iterator[Posting]:
    asset, side, index = call.collateral, legs.collateral_balance.side, legs.collateral_index

    def change(name: str, scaled: int) -> Posting:
        before = draft.scaled(name, asset, side)
        amount = rules.supply_balance(before + scaled, index) - rules.supply_balance(before, index)
        return Posting(name, asset, amount, side, scaled=scaled)

    lines = [change(call.account, -sum(removed))]
    if fee:
        lines.append(change(terms.split.fee_account, removed[1]))
    cash = draft.pool_cash(asset)
    if side == "supply" and (call.receive == "supply" or (cash is not None and cash < to_liquidator)):
        lines.append(change(call.liquidator, removed[0]))  # an empty pool pays in claims
    else:
        lines.append(Posting(call.liquidator, asset, to_liquidator))
    yield from lines
    yield Posting(terms.dust_account, asset, -sum(line.amount for line in lines))
