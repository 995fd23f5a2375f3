"""What every rule of allocation is given, and what it answers: one shape for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

from seawall.allocation.proportional import tie_keys

__all__ = ["Answer", "RuleOfAllocation", "Sharing", "in_whole_units"]

Need = Literal["contracts", "leverages_ppm", "order"]


@dataclass(frozen=True)
class Sharing:
    """A checked question to a rule: who bears this amount?

    Attributes:
        budget: Amount to be borne [units], >= 0; a unit is one lot where lots are of the amount.
        weights: Claim or capacity of each, shape (n_accounts,) [any one unit], >= 0.
        bounds: Most that each can bear, shape (n_accounts,) [units]: its cap, or its whole weight
            where no caps are given; nothing at a weight of zero.
        has_caps: Whether caps were given.
        ids: Shape (n_accounts,), each once.
        event, seed: Ties, and all chance, hang on them.
        order: Scores or times as (numerator, denominator > 0), shape (n_accounts,).
        contracts: Contracts that each holds, shape (n_accounts,) [contracts].
        leverages_ppm: Leverage of each, shape (n_accounts,) [1e-6].
        risk_curve: Name of the growth in `risk_aware`.
        samples: Orders to draw where a rule samples; 0: as many as suit the number of accounts.
        lot: Smallest part that can be closed: of `contracts` [contracts]; 1 once amounts are in lots.
    """

    budget: int
    weights: Sequence[int]
    bounds: Sequence[int]
    has_caps: bool
    ids: Sequence[str]
    event: str = ""
    seed: int = 0
    order: Sequence[tuple[int, int]] = ()
    contracts: Sequence[int] = ()
    leverages_ppm: Sequence[int] = ()
    risk_curve: str = "linear"
    samples: int = 0
    lot: int = 1

    @cached_property
    def tie_key(self) -> list[bytes]:
        """Order among equals: sha256 of event and id."""
        return tie_keys(self.event, self.ids)

    @cached_property
    def payable(self) -> int:
        """What the bounds let be borne of the budget [units]."""
        return min(self.budget, sum(self.bounds))


@dataclass(frozen=True)
class Answer:
    """What a rule says.

    Attributes:
        shares: Shape (n_accounts,) [units].
        working: What led to them beyond the inputs, as data.
        interval: For sampled rules (low, high) of each share, shape (n_accounts, 2) [units].
    """

    shares: Sequence[int]
    working: Mapping[str, object] = field(default_factory=dict)
    interval: Sequence[tuple[int, int]] | None = None


@dataclass(frozen=True)
class RuleOfAllocation:
    """A rule as data: what it is called, says, needs and breaks, and the function that applies it.

    Attributes:
        name: What `allocate` calls it.
        says: Who bears what, in one plain line.
        formula, rounding: How a share comes about and becomes whole units.
        source: Where it is from.
        needs: What must be given besides budget, weights and ids.
        breaks: Laws that it does not keep (reliability, section 2), and why, in plain words.
        share: Applies it.
        lot_of: Whether `lot` counts units of the amount or contracts.
        has_chance: Whether the outcome hangs on `seed`.
        cost_us: About what one account takes on one core, to bound a search by its work [microseconds].
    """

    name: str
    says: str
    formula: str
    rounding: str
    source: str
    breaks: Mapping[str, str]
    share: Callable[[Sharing], Answer]
    needs: tuple[Need, ...] = ()
    lot_of: Literal["amount", "contracts"] = "amount"
    has_chance: bool = False
    cost_us: int = 10


def in_whole_units(shares: Sequence[Fraction], *, tie_key: Sequence[bytes]) -> list[int]:
    """Round exact shares to whole units by largest remainder; their sum must be whole, and is kept.

    Args:
        shares: Shape (n_accounts,) [units], >= 0.
        tie_key: Order among equal remainders, shape (n_accounts,).

    >>> in_whole_units([Fraction(1, 2), Fraction(3, 2)], tie_key=[b"b", b"a"])
    [0, 2]
    """
    floors = [int(share) for share in shares]
    left = int(sum(shares, Fraction(0))) - sum(floors)
    if left:
        order = sorted(range(len(shares)), key=lambda place: (floors[place] - shares[place], tie_key[place]))
        for place in order[:left]:
            floors[place] += 1
    return floors
