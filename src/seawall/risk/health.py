"""The health of one account, exactly: what it owns, owes and needs, on a stated price basis."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from seawall.core.market import Basis
from seawall.risk.portfolio import GroupNeed

Status = Literal["safe", "liquidatable", "insolvent", "unpriced"]


class Line(NamedTuple):
    """One balance or position of an account, valued.

    A named tuple, as `Health` is: every call makes several, and a frozen dataclass takes three times as long.

    Attributes:
        kind: "collateral", "debt", "idle" (owned, not securing anything), "cash" or "position".
        commodity: Asset or instrument id.
        amount: Signed amount [minor units, or quantity units].
        value: Signed value; a position's value is its profit or loss [value units].
        weighted: What it adds to the trigger [value units x bps for lending, value units otherwise].
        requirement: What it needs [value units].
        price: Price used [10**-price_decimals, or 10**-mark_decimals for a position].
        threshold_bps, bonus_bps: Parameters of a collateral line, e-mode included.
        accrued: Of a debt, the part added by interest since the stored index [minor units].
        notional: Size of a position at the mark, unsigned [value units].
        signed_value: Signed value of a position without its cost, at the mark [value units].
        leg: The position's leg.
    """

    kind: Literal["collateral", "debt", "idle", "cash", "position"]
    commodity: str
    amount: int
    value: int
    weighted: int = 0
    requirement: int = 0
    price: int = 0
    threshold_bps: int = 0
    bonus_bps: int = 0
    accrued: int = 0
    notional: int = 0
    signed_value: int = 0
    leg: str = ""


class Health(NamedTuple):
    """The state of one account; values in units of 10**-price_decimals / value_unit.

    Attributes:
        collateral_value: What secures the debt (lending), or cash and profit (exchange).
        debt_value: What is owed; for an exchange, losses and negative cash.
        equity: Value of everything inside the ring-fence, no haircut, may be negative.
        margin_equity, requirement: What the trigger compares.
        weighted_value: Sum of value x threshold [value units x bps], lending only.
        health_wad: Health as the venue shows it [1e18 is 1]; None is infinite (nothing owed or required).
        status: insolvent means equity below zero; it is liquidatable as well.
        unpriced: Assets or instruments without a price; then no number is to be trusted.
        groups: Of an account margined as a portfolio, what each group of offsetting positions needs; the
            requirement is their sum.
    """

    account: str
    basis: Basis
    collateral_value: int
    debt_value: int
    equity: int
    margin_equity: int
    requirement: int
    weighted_value: int
    health_wad: int | None
    status: Status
    value_unit: int
    lines: tuple[Line, ...]
    unpriced: tuple[str, ...] = ()
    groups: tuple[GroupNeed, ...] = ()

    @property
    def is_liquidatable(self) -> bool:
        """Whether the venue may liquidate the account."""
        return self.status in ("liquidatable", "insolvent")

    @property
    def worst_scenarios(self) -> str:
        """The scenario that each group of a portfolio answers for, in words; empty for other accounts."""
        return "; ".join(f"{' in '.join(filter(None, group[:2]))}: {group.scenario}" for group in self.groups)

    def in_base(self, value: int, price_decimals: int) -> Fraction:
        """Return a value in whole base currency, exactly."""
        return Fraction(value, self.value_unit * 10**price_decimals)
