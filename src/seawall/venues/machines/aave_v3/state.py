"""What a market of Aave v3 holds: reserves with their parameters, categories, accounts, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seawall.core.units import RAY


@dataclass(frozen=True, slots=True)
class Curve:
    """A borrow rate of two slopes.

    Attributes:
        optimal: Utilisation at which the second slope begins [ray].
        base, slope1, slope2: [ray per year].
    """

    optimal: int
    base: int
    slope1: int
    slope2: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an administrator sets of a reserve.

    Attributes:
        unit: 10 ** decimals.
        ltv, threshold, bonus, reserve_factor, protocol_fee: [bps]; a bonus of 10500 pays 5 % beyond the debt.
        supply_cap, borrow_cap: [whole tokens], 0 for none.
        debt_ceiling: Of those who borrow against this reserve alone [1/100 of the base currency], 0 for none.
        is_borrowable_in_isolation: Whether they may borrow it.
        is_siloed: Whether whoever borrows it may borrow nothing else.
        ltv_pending: The loan-to-value set aside while the reserve has none (3.7) [bps].
    """

    decimals: int
    unit: int
    ltv: int
    threshold: int
    bonus: int
    reserve_factor: int
    protocol_fee: int
    curve: Curve
    supply_cap: int = 0
    borrow_cap: int = 0
    debt_ceiling: int = 0
    is_borrowable_in_isolation: bool = False
    is_siloed: bool = False
    is_borrowable: bool = True
    is_active: bool = True
    is_paused: bool = False
    is_frozen: bool = False
    ltv_pending: int = 0


@dataclass(frozen=True, slots=True)
class Reserve:
    """A reserve as stored: indexes and rates are those of its last update.

    Attributes:
        supply_index, debt_index: [ray].
        supply_rate, debt_rate: [ray per year].
        last_update: [unix s], 0 before the first.
        accrued_scaled: Supply that the treasury may mint [scaled].
        supply_scaled, debt_scaled: Totals.
        cash: Tokens held [minor units].
        cash_expected: Tokens by the pool's own count (3.7) [minor units].
        isolated_debt: What stands against the debt ceiling [1/100 of a token].
        deficit: Debt written off and not covered (3.7) [minor units].
        grace_until: No liquidation up to this time (3.7) [unix s].
    """

    parameters: Parameters
    supply_index: int = RAY
    debt_index: int = RAY
    supply_rate: int = 0
    debt_rate: int = 0
    last_update: int = 0
    accrued_scaled: int = 0
    supply_scaled: int = 0
    debt_scaled: int = 0
    cash: int = 0
    cash_expected: int = 0
    isolated_debt: int = 0
    deficit: int = 0
    grace_until: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """An e-mode category: parameters for reserves that move together.

    Attributes:
        ltv, threshold, bonus: Of its collateral [bps].
        price_source: The feed that stands for the prices of all its reserves (3.0.2); empty for none.
        collateral, borrowable: Its reserves, one and the same set in 3.0.2.
        ltv_zero: Its collateral without loan-to-value (3.7).
        is_isolated: Whether other collateral has no loan-to-value (3.7).
    """

    ltv: int
    threshold: int
    bonus: int
    price_source: str = ""
    collateral: frozenset[str] = frozenset()
    borrowable: frozenset[str] = frozenset()
    ltv_zero: frozenset[str] = frozenset()
    is_isolated: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What one address holds and owes.

    Attributes:
        supply, debt: By reserve [scaled]; a reserve may be there with zero.
        collateral, borrowing: Reserves that are flagged so.
        category: Its e-mode category, 0 for none.
    """

    supply: Mapping[str, int] = field(default_factory=dict)
    debt: Mapping[str, int] = field(default_factory=dict)
    collateral: frozenset[str] = frozenset()
    borrowing: frozenset[str] = frozenset()
    category: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no flag is set: then nothing is calculated for it."""
        return not self.collateral and not self.borrowing


NOBODY = Account()


@dataclass(frozen=True, slots=True)
class Sequencer:
    """The feed that tells whether a second-layer chain is up (3.0.2).

    Attributes:
        is_down: What it says.
        since: When it said so [unix s].
        grace_s: How long after coming up borrowing and most liquidations wait.
    """

    is_down: bool
    since: int
    grace_s: int


@dataclass(frozen=True, slots=True)
class State:
    """A market at one instant.

    Attributes:
        reserves: By symbol, in the order of listing.
        categories: By number.
        prices: Of reserves and other feeds [8 decimals].
        accounts: By name; `treasury` receives fees.
        sequencer: None where there is no such feed.
    """

    reserves: Mapping[str, Reserve]
    categories: Mapping[int, Category]
    prices: Mapping[str, int]
    accounts: Mapping[str, Account]
    sequencer: Sequencer | None = None
