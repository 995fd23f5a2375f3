"""The arithmetic of every venue, one small scalar function at a time, and the names it goes by.

A rule uses `+ - *`, comparisons, `min`, `max` and the leaves of `seawall.core.rounding`: no
division, no Enum, no dict. Modules that serve one purpose export the same names with the same
arguments, so that an engine takes a whole module as its rule set. Terms name it `rule@version`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol, cast

from seawall.errors import InvalidTerms, Problem

__all__ = [
    "LENDING",
    "PERPETUAL",
    "HandOverRules",
    "LendingRules",
    "PerpetualRules",
    "hand_over_rules",
    "lending_rules",
    "perpetual_rules",
]

LENDING: Mapping[str, str] = {
    "aave_v3@3.0.2": "seawall.rules.aave_v3_0_2",
    "aave_v3@3.3": "seawall.rules.aave_v3_3",
    "aave_v3@3.7": "seawall.rules.aave_v3_7",
    "compound_v3@1": "seawall.rules.compound_v3_book",
    "generic_lending@1": "seawall.rules.generic_lending",
    "liquity_v1@1": "seawall.rules.liquity_v1_book",
    "maker_dss@1": "seawall.rules.maker_dss_book",
    "morpho_blue@1": "seawall.rules.morpho_blue_book",
    "venus_isolated@1": "seawall.rules.venus_isolated_book",
}
PERPETUAL: Mapping[str, str] = {
    "linear_perp@1": "seawall.rules.linear_perp",
}


class LendingRules(Protocol):
    """What every lending module exports; each module says how it rounds.

    Units are told in `seawall.rules.aave_v3`.
    """

    @property
    def VALUE_UNIT(self) -> int:
        """Value units in one unit of price."""

    @property
    def THRESHOLD_SLACK_BPS(self) -> int:
        """How much of the collateral the rounding of an average threshold may lose [bps]."""

    @property
    def HEALTH_INFINITE(self) -> int:
        """Health of an account without debt."""

    @property
    def BONUS_UNIT(self) -> int:
        """Bonus factor of 1, which pays nothing beyond the debt."""

    def supply_balance(self, scaled: int, index: int) -> int:
        """Return a supplier's balance."""

    def debt_balance(self, scaled: int, index: int) -> int:
        """Return a borrower's debt."""

    def supply_scaled_burn(self, amount: int, index: int) -> int:
        """Return the scaled supply that an amount taken out burns."""

    def supply_scaled_mint(self, amount: int, index: int) -> int:
        """Return the scaled supply that an amount put in mints."""

    def debt_scaled_burn(self, amount: int, index: int) -> int:
        """Return the scaled debt that a repayment burns."""

    def collateral_value(self, amount: int, price: int, unit: int) -> int:
        """Return the value of collateral."""

    def debt_value(self, amount: int, price: int, unit: int) -> int:
        """Return the value of a debt."""

    def health_factor(self, collateral_value: int, weighted_value: int, debt_value: int) -> int:
        """Return the health of an account; the weighted value is the sum of value x threshold."""

    def is_safe(self, collateral_value: int, weighted_value: int, debt_value: int) -> bool:
        """Return whether an account may not be liquidated."""

    def max_repay(
        self,
        debt: int,
        debt_value: int,
        collateral_value: int,
        total_debt_value: int,
        health: int,
        debt_price: int,
        debt_unit: int,
    ) -> int:
        """Return how much of a reserve's debt may be repaid now."""

    def bonus_factor(self, threshold_bps: int, bonus_bps: int) -> int:
        """Return the value seized per value repaid [1 / BONUS_UNIT], from the terms of the collateral."""

    def seize(
        self,
        debt_to_cover: int,
        collateral_balance: int,
        debt_price: int,
        debt_unit: int,
        collateral_price: int,
        collateral_unit: int,
        factor: int,
        fee_bps: int,
    ) -> tuple[int, int, int]:
        """Return what is repaid, what is seized (the fee included), and the fee."""

    def fee_capped(self, collateral_scaled: int, seized: int, fee: int, index: int) -> int:
        """Return the fee, cut to what is left once the liquidator has its part."""

    def leaves_dust(
        self, debt_left: int, collateral_left: int, debt_left_value: int, collateral_left_value: int
    ) -> bool:
        """Return whether a call is refused for what it leaves."""

    def recognises(self, collateral_value_left: int, total_debt_left: int) -> bool:
        """Return whether what is still owed is booked as a deficit."""


class HandOverRules(LendingRules, Protocol):
    """What a lending module exports whose accounts are handed over whole, with what secures them.

    Whether one may be seized depends on all together. Units are told in `seawall.rules.liquity_v1_book`.
    """

    def trigger_ratio(self, total_collateral: int, total_debt: int) -> int:
        """Return the ratio of collateral to debt below which an account may be seized."""

    def may_seize(
        self, collateral: int, debt: int, total_collateral: int, total_debt: int, owed: int, room: int
    ) -> bool:
        """Return whether an account may be seized, given what the stability pool can still take."""

    def spares_pool(self, collateral: int, debt: int, total_collateral: int, total_debt: int) -> bool:
        """Return whether the stability pool bears nothing of an account."""

    def seized_value(self, collateral: int, debt: int) -> int:
        """Return how much of the value of the collateral is seized."""

    def gas_compensation(self, collateral: int) -> int:
        """Return the liquidator's part of a collateral seized."""

    def gas_coins(self, unit: int, reserved: int) -> int:
        """Return the liquidator's part of the coins reserved."""


class PerpetualRules(Protocol):
    """What every module of perpetual contracts exports; each module says how it rounds.

    Units are told in `seawall.rules.linear_perp`.
    """

    def position_value(self, quantity: int, mark: int, multiplier: int) -> int:
        """Return the signed value of a position at a price."""

    def is_safe(self, margin_equity: int, requirement: int) -> bool:
        """Return whether an account may not be liquidated."""

    def takeover_value(
        self, position_value: int, equity: int, requirement: int, requirement_total: int
    ) -> int:
        """Return the signed value at which the engine takes a position over."""

    def liquidation_price(
        self,
        equity: int,
        quantity: int,
        mark: int,
        multiplier: int,
        requirement_other: int,
        floors: Sequence[int],
        rates_ppm: Sequence[int],
        cums: Sequence[int],
    ) -> tuple[bool, int]:
        """Return (found, price) at which equity meets the requirement, one market moving."""

    def zero_equity_price(self, equity: int, quantity: int, mark: int, multiplier: int) -> tuple[bool, int]:
        """Return (found, price) at which equity is zero, one market moving."""

    def lots_to_restore(
        self, shortage: int, price: int, multiplier: int, rate_ppm: int, fee_ppm: int
    ) -> tuple[bool, int]:
        """Return (feasible, lots) to close at a price so that a shortage is made up."""

    def closed_cost(self, cost: int, quantity: int, closed: int) -> int:
        """Return the part of a position's cost that goes with the lots closed."""


@cache
def lending_rules(name: str) -> LendingRules:
    """Return the lending rule set called `name`, imported when first asked for.

    Raises:
        InvalidTerms: No lending rule set has that name; the closest ones are named.
    """
    return cast(LendingRules, _load(name, LENDING, "lending"))


def hand_over_rules(name: str) -> HandOverRules | None:
    """Return the lending rule set called `name` if it hands accounts over whole, else None.

    Raises:
        InvalidTerms: No lending rule set has that name; the closest ones are named.
    """
    found = lending_rules(name)
    return cast(HandOverRules, found) if hasattr(found, "trigger_ratio") else None


@cache
def perpetual_rules(name: str) -> PerpetualRules:
    """Return the rule set for perpetual contracts called `name`, imported when first asked for.

    Raises:
        InvalidTerms: No such rule set has that name; the closest ones are named.
    """
    return cast(PerpetualRules, _load(name, PERPETUAL, "perpetual"))


def _load(name: str, registry: Mapping[str, str], family: str) -> ModuleType:
    if name not in registry:
        known = get_close_matches(name, registry, cutoff=0.3) or sorted(registry)
        message = f"no {family} rules are called {name!r}; closest: {', '.join(known)}"
        raise InvalidTerms.of([Problem("rules_unknown", message, "rules")])
    return import_module(registry[name])
