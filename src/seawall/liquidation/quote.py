"""What a liquidation call would do, before anything is written: its legs, amounts and refusals.

All arithmetic is the venue's (`terms.rules`); this file orders the steps as the contracts do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from seawall.core.book import RAY, Account, Balance, Side
from seawall.core.draft import Draft
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InvariantError
from seawall.risk.health import Health, Line
from seawall.risk.lending import lending_health
from seawall.rules import LendingRules, lending_rules

Receive = Literal["underlying", "supply"]
RefusalCode = Literal[
    "healthy",
    "unpriced",
    "no_collateral",
    "no_debt",
    "leaves_dust",
    "nothing_repaid",
    "zero_price",
    "last_account",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call does nothing. An outcome, not an error."""

    code: RefusalCode
    message: str


class Legs(NamedTuple):
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
    return legs_of(draft, account, health, collateral, debt)


def legs_of(draft: Draft, account: Account, health: Health, collateral: str, debt: str) -> Legs | Refusal:
    """As `find_legs`, for an account already valued."""
    if health.status == "unpriced":
        return Refusal(
            "unpriced", f"no oracle price of {', '.join(health.unpriced)}: nothing is decided without one"
        )
    if not health.is_liquidatable:
        return Refusal("healthy", "health is at or above 1: the account may not be liquidated")
    seizable, owed = _line_of(health, "collateral", collateral), _line_of(health, "debt", debt)
    if seizable is None:
        return Refusal("no_collateral", f"{collateral} does not secure this account")
    if owed is None:
        return Refusal("no_debt", f"the account owes no {debt}")
    if not seizable.price or not owed.price:
        return Refusal("zero_price", f"a price of 0 ({collateral} or {debt}): no amount pays for anything")
    held, debt_held = _held(account, collateral, ("cash", "supply")), _held(account, debt, ("debt",))
    pool, debt_pool = draft.pools.get(collateral), draft.pools.get(debt)
    return Legs(
        health=health,
        collateral=seizable,
        collateral_balance=held,
        collateral_unit=draft.book.asset(collateral).unit,
        collateral_index=pool.supply_index if pool and held.side == "supply" else RAY,
        debt=owed,
        debt_scaled=-debt_held.scaled,
        debt_unit=draft.book.asset(debt).unit,
        debt_index=debt_pool.debt_index if debt_pool else RAY,
    )


def _line_of(health: Health, kind: Literal["collateral", "debt"], commodity: str) -> Line | None:
    for line in health.lines:
        if line.commodity == commodity and line.kind == kind:
            return line
    return None


def _held(account: Account, asset: str, sides: tuple[Side, ...]) -> Balance:
    # A balance that has a line, so that it is there.
    for item in account.balances:
        if item.asset == asset and item.side in sides:
            return item
    raise InvariantError(f"{account.id} has a line of {asset} without a balance", code="line_unheld")


class Quote(NamedTuple):
    """What a call would do [minor units of the debt, or of the collateral].

    Attributes:
        repaid, max_repay: What it would repay, and the most the close factor allows.
        to_liquidator, fee: What the liquidator and the protocol would get of the collateral.
        fee_uncapped: The fee before it is cut to what is left.
        debt_burned: Scaled debt burned, a write-off included.
        removed: Scaled collateral leaving for the liquidator, and for the fee.
        collateral_value_left: Collateral value of the account after the call [value units].
        write_off: Debt of this reserve that becomes a deficit with the call.
    """

    repaid: int
    max_repay: int
    to_liquidator: int
    fee: int
    fee_uncapped: int
    debt_burned: int
    removed: tuple[int, int]
    collateral_value_left: int
    write_off: int

    @property
    def collateral_offered(self) -> int:
        """Collateral the call lays claim to, before the fee is cut to what is left."""
        return self.to_liquidator + self.fee_uncapped


def quote(
    legs: Legs, debt_to_cover: int | None, terms: Terms, rules: LendingRules, receive: Receive = "underlying"
) -> Quote | Refusal:
    """Return what covering `debt_to_cover` (None: all that is allowed) would do, or why it is refused.

    Source: Aave v3.0.2 and v3.7, LiquidationLogic `executeLiquidationCall`.
    """
    debt, collateral = -legs.debt.amount, legs.collateral.amount
    allowed = debt
    if terms.size.kind == "close_factor":
        allowed = rules.max_repay(
            debt,
            -legs.debt.value,
            legs.collateral.value,
            legs.health.debt_value,
            legs.health.health_wad or 0,
            legs.debt.price,
            legs.debt_unit,
        )
    fee_bps = (
        0 if terms.split.kind == "none" else terms.asset_terms(legs.collateral.commodity).protocol_fee_bps
    )
    repaid, seized, fee_uncapped = rules.seize(
        allowed if debt_to_cover is None else min(debt_to_cover, allowed),
        collateral,
        legs.debt.price,
        legs.debt_unit,
        legs.collateral.price,
        legs.collateral_unit,
        rules.bonus_factor(legs.collateral.threshold_bps, legs.collateral.bonus_bps),
        fee_bps,
    )
    if rules.leaves_dust(
        debt - repaid,
        collateral - seized,
        rules.debt_value(debt - repaid, legs.debt.price, legs.debt_unit),
        rules.collateral_value(collateral - seized, legs.collateral.price, legs.collateral_unit),
    ):
        return Refusal("leaves_dust", "the call would leave too little on a leg: close it, or take less")
    fee = fee_uncapped
    if fee:
        fee = rules.fee_capped(legs.collateral_balance.scaled, seized, fee, legs.collateral_index)
    taken = rules.collateral_value(seized, legs.collateral.price, legs.collateral_unit)
    left_value = legs.health.collateral_value - taken
    burned = _debt_burned(legs, repaid, rules)
    write_off = 0
    if terms.recognition.kind == "zero_collateral_value" and rules.recognises(
        left_value, legs.debt_scaled - burned
    ):
        write_off, burned = debt - repaid, legs.debt_scaled
    removed = _collateral_removed(legs, seized - fee_uncapped, fee, rules)
    if not burned or (receive == "underlying" and not removed[0]):
        return Refusal("nothing_repaid", "the repayment or the seizure rounds to nothing")
    return Quote(
        repaid, allowed, seized - fee_uncapped, fee, fee_uncapped, burned, removed, left_value, write_off
    )


def max_valid_repay(
    draft: Draft, market: Market, terms: Terms, account: str, collateral: str, debt: str
) -> int:
    """Return the largest amount a call may cover without being refused, 0 if none.

    The feasible set is not an interval where a dust rule holds: closing a leg may be
    allowed while just short of it is not. Below the closing amount, leaving more on both
    legs only helps, so the largest feasible partial amount is found by bisection.
    """
    legs = find_legs(draft, draft.account(account), market, terms, collateral, debt)
    return 0 if isinstance(legs, Refusal) else largest_repay(legs, terms)


def largest_repay(legs: Legs, terms: Terms) -> int:
    """As `max_valid_repay`, for legs already looked up."""
    rules = lending_rules(terms.rules)
    whole = quote(legs, None, terms, rules)
    if isinstance(whole, Quote):
        return whole.max_repay
    if whole.code != "leaves_dust":
        return 0
    low, high = 0, -legs.debt.amount
    while low < high:
        middle = (low + high + 1) // 2
        answer = quote(legs, middle, terms, rules)
        if isinstance(answer, Refusal) and answer.code == "leaves_dust":
            high = middle - 1
        else:
            low = middle
    return low if isinstance(quote(legs, low, terms, rules), Quote) else 0


def _debt_burned(legs: Legs, repaid: int, rules: LendingRules) -> int:
    if repaid == -legs.debt.amount:
        return legs.debt_scaled
    return min(legs.debt_scaled, rules.debt_scaled_burn(repaid, legs.debt_index))


def _collateral_removed(legs: Legs, to_liquidator: int, fee: int, rules: LendingRules) -> tuple[int, int]:
    # Scaled units that leave the account: the liquidator's part, then the fee's, never more than it has.
    held = legs.collateral_balance.scaled
    first = min(held, rules.supply_scaled_burn(to_liquidator, legs.collateral_index))
    return first, min(held - first, rules.supply_scaled_burn(fee, legs.collateral_index))
