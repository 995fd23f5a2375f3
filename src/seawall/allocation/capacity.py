"""What can be raised against what is missing, and what is missing counted once.

A venue whose equity is positive in sum need not be able to cover a deficit from profits: both
capacities are told. Deficits stand by account and time; one that turns up again is no second one.

Source:
    Chitra, arXiv 2512.01112, on capacity; the replay of 10 October 2025 published with it counts one
    account's deficit in nine waves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from seawall.errors import InputError, Problem

__all__ = ["Capacity", "DeficitRow", "Deficits", "Duplicate", "capacity", "deficits"]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What could be raised, from profits and from equity, against a deficit [units].

    Attributes:
        deficit: D, what is missing.
        profit: U, sum of the profits of those who have any.
        equity: W, sum of the equity of those who have any.
    """

    deficit: int
    profit: int
    equity: int

    @property
    def covered_by_profit(self) -> bool:
        """Whether profits alone could bear the deficit."""
        return self.deficit <= self.profit

    @property
    def covered_by_equity(self) -> bool:
        """Whether all equity together could: the venue as a whole is solvent."""
        return self.deficit <= self.equity

    @property
    def profit_coverage(self) -> Fraction | None:
        """U / D [1], None without a deficit."""
        return Fraction(self.profit, self.deficit) if self.deficit else None

    @property
    def equity_coverage(self) -> Fraction | None:
        """W / D [1], None without a deficit."""
        return Fraction(self.equity, self.deficit) if self.deficit else None


def capacity(profits: Iterable[int], equities: Iterable[int], deficit: int) -> Capacity:
    """Set what profits and equity could bear against a deficit.

    Args:
        profits: Unrealised profit of each account, signed, shape (n_accounts,) [units].
        equities: Equity of each account, signed, shape (n_accounts,) [units].
        deficit: What is missing [units], >= 0.

    Raises:
        InputError: The deficit is negative.

    >>> found = capacity([8, 4, -3, -12], [10, 5, -3, -12], 15)
    >>> found.covered_by_profit, found.covered_by_equity
    (False, True)
    """
    if deficit < 0:
        raise InputError(f"a deficit is a positive number, got {deficit}", code="negative_amount")
    profit = sum(max(0, amount) for amount in profits)
    return Capacity(deficit, profit, sum(max(0, amount) for amount in equities))


class DeficitRow(NamedTuple):
    """One row of a list of deficits.

    Attributes:
        account: Whose it is; empty where the list does not say.
        time: When, or in which wave.
        amount: What it owed beyond its equity [units], >= 0.
    """

    account: str
    time: int
    amount: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that tells a deficit again.

    Attributes:
        row: Its place in the list.
        first: The place of the row that counts.
        amount: What it would have added [units].
        why: How it is known, in plain words.
    """

    row: int
    first: int
    amount: int
    why: str


@dataclass(frozen=True, slots=True)
class Deficits:
    """What is missing, counted once; total + repeated == sum of all rows.

    Attributes:
        total: Sum of the rows that count [units].
        duplicates: Those that do not, in order of row.
        worst_of_each: Sum over accounts of the largest single row: what is missing if all rows of an account
            tell one and the same debt, as it grows [units].
    """

    total: int
    duplicates: tuple[Duplicate, ...]
    worst_of_each: int

    @property
    def repeated(self) -> int:
        """What the duplicates would have added [units]."""
        return sum(item.amount for item in self.duplicates)


def deficits(rows: Sequence[DeficitRow]) -> Deficits:
    """Add up deficits by account and time, each counted once.

    A row tells a deficit again if its account has a row at the same time (the larger amount counts), or
    had the very same amount before: a debt that does not move by a unit is an equity that was not
    brought up to date. Rows without an account are told apart by their amount.

    Args:
        rows: (account, time, amount), shape (n_rows,).

    Raises:
        InputError: Amounts below zero, all told at once.

    >>> found = deficits([DeficitRow("a", 1, 70), DeficitRow("a", 2, 70), DeficitRow("b", 2, 5)])
    >>> found.total, found.duplicates[0].why
    (75, 'same account, same amount at another time')
    """
    problems = [
        Problem("negative_amount", f"a deficit is a positive number, got {row.amount}", f"row {place}")
        for place, row in enumerate(rows)
        if row.amount < 0
    ]
    if problems:
        raise InputError.of(problems)
    found: list[Duplicate] = []
    by_amount: dict[tuple[str, int], int] = {}
    by_time: dict[tuple[str, int], int] = {}
    worst: dict[tuple[str, int], int] = {}
    # Larger amounts first, so that the one that counts is met before those that repeat it.
    for place in sorted(range(len(rows)), key=lambda at: (-rows[at].amount, rows[at].time, at)):
        account, time, amount = rows[place]
        if not amount:
            continue
        owner = (account, 0) if account else ("", amount)
        worst.setdefault(owner, amount)
        if (account, amount) in by_amount:
            why = "same account, same amount at another time" if account else "no account, same amount"
            found.append(Duplicate(place, by_amount[account, amount], amount, why))
            by_time.setdefault((account, time), by_amount[account, amount])
        elif account and (account, time) in by_time:
            found.append(Duplicate(place, by_time[account, time], amount, "same account, same time"))
        else:
            by_amount[account, amount] = place
            by_time[account, time] = place
    found.sort(key=lambda item: item.row)
    total = sum(row.amount for row in rows) - sum(item.amount for item in found)
    return Deficits(total, tuple(found), sum(worst.values()))
