"""A market of Morpho Blue: totals and positions, the interest that runs up, and what shares stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from seawall.core.units import WAD
from seawall.rules import morpho_blue as rules
from seawall.venues.machines.inputs import amount, read
from seawall.venues.machines.morpho_blue.codes import cast128, uint128, uint256

FEE_RECIPIENT = "fee"
FEE_MAX = WAD // 4
RATE = "utilization_per_year"

Events = tuple[tuple[str, Mapping[str, int]], ...]


class Side(NamedTuple):
    """Supply or debt of the whole market: assets and shares as stored."""

    assets: int
    shares: int

    def raised(self, assets: int, shares: int) -> Side:
        """Return the side with more of both."""
        more_shares = uint128(self.shares + cast128(shares))
        return Side(uint128(self.assets + cast128(assets)), more_shares)

    def lowered(self, assets: int, shares: int) -> Side:
        """Return the side with less of both."""
        fewer_shares = uint128(self.shares - cast128(shares))
        return Side(uint128(self.assets - cast128(assets)), fewer_shares)

    def to_shares(self, assets: int, *, up: bool) -> int:
        """Return what assets are in shares."""
        uint256(assets * (self.shares + rules.VIRTUAL_SHARES) + (self.assets if up else 0))
        convert = rules.to_shares_up if up else rules.to_shares_down
        return convert(assets, self.assets, self.shares)

    def to_assets(self, shares: int, *, up: bool) -> int:
        """Return what shares are in assets."""
        rounding = self.shares + rules.VIRTUAL_SHARES - 1
        uint256(shares * (self.assets + rules.VIRTUAL_ASSETS) + (rounding if up else 0))
        convert = rules.to_assets_up if up else rules.to_assets_down
        return convert(shares, self.assets, self.shares)


class Position(NamedTuple):
    """What one account holds: supply shares, debt shares, collateral."""

    supply_shares: int = 0
    borrow_shares: int = 0
    collateral: int = 0


NO_POSITION = Position()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is fixed when a market is made, but for the fee.

    Attributes:
        lltv: Loan-to-value limit [wad].
        fee: Part of the interest that goes to the fee recipient [wad].
        has_rate: Whether debt bears interest: its utilisation in a year.
        incentive: What is seized for each unit repaid [wad].
    """

    lltv: int
    fee: int
    has_rate: bool
    incentive: int


@dataclass(frozen=True, slots=True)
class State:
    """A market at one instant.

    Attributes:
        price: Of one unit of collateral in units of the loan [1e36].
        supply, debt: Totals as stored: interest is in them up to the last accrual.
        last_update: When that was [unix s].
        positions: By owner.
    """

    parameters: Parameters
    price: int
    supply: Side
    debt: Side
    last_update: int
    positions: Mapping[str, Position]

    def position(self, owner: str) -> Position:
        """Return what someone holds, nothing at first."""
        return self.positions.get(owner, NO_POSITION)

    def with_position(self, owner: str, position: Position) -> State:
        """Return the market with one position changed."""
        return replace(self, positions={**self.positions, owner: position})

    def is_healthy(self, owner: str) -> bool:
        """Return whether a position owes no more than its collateral lets it."""
        held = self.position(owner)
        borrowed = self.debt.to_assets(held.borrow_shares, up=True)
        uint256(held.collateral * self.price)
        return rules.is_healthy(rules.max_borrow(held.collateral, self.price, self.parameters.lltv), borrowed)

    def owes_nothing_or_is_healthy(self, owner: str) -> bool:
        """Return whether a position may stay as it is; without debt the price is not asked."""
        return self.position(owner).borrow_shares == 0 or self.is_healthy(owner)

    def accrued(self, at: int) -> tuple[State, Events]:
        """Let interest run up to a unix time [s]: debt and supply grow alike, the fee is paid in shares."""
        elapsed = uint256(at - self.last_update)
        if elapsed == 0:
            return self, ()
        if not self.parameters.has_rate:
            return replace(self, last_update=at), ()
        rate = rules.utilisation_rate(self.debt.assets, self.supply.assets)
        # A rate of at most 1 a year: the series fits 256 bits for any time that is one.
        growth = rules.compounded(rate, elapsed)
        interest = rules.interest(self.debt.assets, growth)
        debt, supply = self.debt.raised(interest, 0), self.supply.raised(interest, 0)
        paid = rules.fee_shares(interest, self.parameters.fee, supply.assets, supply.shares)
        told = {"prevBorrowRate": rate, "interest": interest, "feeShares": paid}
        state = replace(self, debt=debt, supply=supply.raised(0, paid), last_update=at)
        if self.parameters.fee:
            held = self.position(FEE_RECIPIENT)
            more = held._replace(supply_shares=held.supply_shares + paid)
            state = state.with_position(FEE_RECIPIENT, more)
        return state, (("AccrueInterest", told),)


def genesis(raw: Mapping[str, Any]) -> State:
    """Return a market just made; see `MorphoBlue.genesis`."""
    found = read("genesis", raw, {"t0": amount, "lltv": _limit, "fee": _fee, "irm": _rate, "price": amount})
    incentive = rules.incentive_factor(found["lltv"], rules.INCENTIVE_CURSOR, rules.INCENTIVE_MAX)
    parameters = Parameters(found["lltv"], found["fee"], found["irm"] is not None, incentive)
    return State(parameters, found["price"], Side(0, 0), Side(0, 0), found["t0"], {})


def _limit(value: Any) -> int:
    if (limit := amount(value)) >= WAD:
        raise ValueError(f"expected less than {WAD}, got {limit}")
    return limit


def _fee(value: Any) -> int:
    if (fee := amount(value)) > FEE_MAX:
        raise ValueError(f"expected at most {FEE_MAX}, got {fee}")
    return fee


def _rate(value: Any) -> str | None:
    if value not in (None, RATE):
        raise ValueError(f"expected nothing or {RATE!r}, got {value!r}")
    return RATE if value else None
