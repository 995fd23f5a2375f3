"""A storm under several rules: what each takes wave by wave, from whom, and what it does to hedges.

Two questions are kept apart. *How much*: a venue that closes every bankrupt lot at the previous
mark takes lots * (previous - mark), whatever the deficit is; a venue that closes only what covers
the deficit closes the fewest whole lots. *Who*: the first in the queue, all in proportion, or so that
the largest haircut is smallest.

    queue_all        all lots, by the queue                        (what venues do today)
    queue_budget     only the lots needed, by the queue
    contract_floor   only the lots needed, in proportion to lots, each share rounded down
    contract_shares  the same by largest remainder: no lot is lost
    min_max          only the lots needed, the largest haircut as small as whole lots allow
    profit_shares    no lot at all: the deficit in cash, in proportion to open profit

Everything counts in whole lots and micro-USD; sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.allocation.min_max import allocate_min_max
from seawall.allocation.proportional import allocate_capped, allocate_pro_rata, tie_keys
from seawall.allocation.queue import score_key
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.storm import AdlStorm, Ints, Wave
from seawall.errors import InputError
from seawall.rules.deleverage_scores import hyperliquid_score

STORM_RULES = ("queue_all", "queue_budget", "contract_floor", "contract_shares", "min_max", "profit_shares")
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class WaveOutcome:
    """What one rule did in one wave; amounts in micro-USD.

    Attributes:
        needed: Deficit of the wave.
        removed: What was taken from the winners.
        closed_value: Notional closed at the previous mark.
        hit, hedged_hit: Positions touched, and those among them that hedge something else.
        hedged_removed: Of `removed`, what hedges paid.
        naked_value: Notional of hedges closed: what they hedged stands open now.
        markout: What the closed shorts would have gained (below zero: lost) by staying until later.
    """

    number: int
    needed: int = 0
    removed: int = 0
    closed_value: int = 0
    hit: int = 0
    hedged_hit: int = 0
    hedged_removed: int = 0
    naked_value: int = 0
    markout: int = 0

    @property
    def overshoot(self) -> int:
        """Taken beyond what was needed; below zero where less was taken."""
        return self.removed - self.needed


@dataclass(frozen=True, eq=False)
class StormOutcome:
    """One rule over a whole storm.

    Attributes:
        waves: One for each wave, in order.
        removed_by_account: Shape (n_accounts,) [micro-USD].
        profit_by_account: Largest open profit of the positions that stood in a wave, same shape.
    """

    rule: str
    waves: tuple[WaveOutcome, ...]
    removed_by_account: Ints
    profit_by_account: Ints

    def total(self, name: str) -> int:
        """Return the sum of a figure over the waves."""
        return sum(int(getattr(wave, name)) for wave in self.waves)

    @property
    def users_hit(self) -> int:
        """Accounts that lost anything."""
        return int(np.count_nonzero(self.removed_by_account))

    def top_share(self, count: int) -> float:
        """Return the part of all that the `count` accounts hit hardest bore [1]."""
        removed = np.sort(self.removed_by_account)[::-1]
        whole = removed.sum()
        return float(removed[:count].sum() / whole) if whole else 0.0

    @property
    def largest_haircut(self) -> float:
        """Largest part of its open profit that an account lost [1]."""
        asked = self.profit_by_account > 0
        if not asked.any():
            return 0.0
        return float((self.removed_by_account[asked] / self.profit_by_account[asked]).max())


@dataclass(frozen=True, slots=True)
class Field:
    """The winners of one market in one wave, as the rule finds them.

    Attributes:
        rows: Rows of the storm's shorts, shape (n_winners,).
        lots: Lots they still hold, same shape.
        profit: Open profit at the mark now, before anything is taken [micro-USD], same shape.
    """

    rows: Ints
    lots: Ints
    profit: Ints


@dataclass(slots=True)
class _Run:
    storm: AdlStorm
    event: str
    left: Ints = field(init=False)
    removed: Ints = field(init=False)
    profit: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.storm.lots.copy()
        self.removed = np.zeros(self.storm.accounts, dtype=np.int64)
        self.profit = np.zeros(len(self.storm.lots), dtype=np.int64)

    def winners(self, wave: Wave) -> Field:
        part = self.storm.shorts_of(wave.market)
        rows = np.arange(part.start, part.stop)
        lots, entry = self.left[part], self.storm.entry[part]
        wins = (lots > 0) & (entry > wave.previous)
        found = Field(rows[wins], lots[wins], (lots * (entry - wave.mark))[wins])
        self.profit[found.rows] = np.maximum(self.profit[found.rows], found.profit)
        return found


def run_storm(
    storm: AdlStorm, rule: str, *, event: str = "storm", progress: Progress | None = None
) -> StormOutcome:
    """Run one rule over every wave of a storm.

    Args:
        storm: Who is short and what is to be closed.
        rule: One of `STORM_RULES`.
        event: Ties between equals hang on it.
        progress: Called as progress(rule, done, markets and waves in all).

    Raises:
        InputError: There is no such rule.
    """
    if rule not in _RULES:
        raise InputError(
            f"no rule of a storm is called {rule!r}: choose from {', '.join(_RULES)}", code="rule_unknown"
        )
    choose = _RULES[rule]
    run = _Run(storm, event)
    found: dict[int, WaveOutcome] = {}
    for number, wave in enumerate(storm.waves):
        if progress:
            progress(rule, number, len(storm.waves))
        told = found.setdefault(wave.number, WaveOutcome(wave.number))
        winners = run.winners(wave)
        closed, paid = choose(run, wave, winners)
        _note(told, run, wave, winners, closed, paid)
    profit = np.zeros(storm.accounts, dtype=np.int64)
    np.add.at(profit, storm.account, run.profit)
    return StormOutcome(rule, tuple(found[number] for number in sorted(found)), run.removed, profit)


def _note(told: WaveOutcome, run: _Run, wave: Wave, winners: Field, closed: Ints, paid: Ints) -> None:
    storm, touched = run.storm, (closed > 0) | (paid > 0)
    hedged = storm.is_hedged[winners.rows]
    run.left[winners.rows] -= closed
    np.add.at(run.removed, storm.account[winners.rows], paid)
    told.needed += wave.deficit
    told.removed += int(paid.sum())
    told.closed_value += int(closed.sum()) * wave.previous
    told.hit += int(touched.sum())
    told.hedged_hit += int((touched & hedged).sum())
    told.hedged_removed += int(paid[hedged].sum())
    told.naked_value += int(closed[hedged].sum()) * wave.previous
    told.markout += int(closed.sum()) * (wave.mark - wave.later)


def lots_needed(wave: Wave) -> int:
    """Return the fewest whole lots that cover the deficit when closed at the previous mark."""
    step = wave.previous - wave.mark
    return min(wave.lots, mul_div_up(wave.deficit, 1, step)) if step > 0 else 0


def _queue_all(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    return _at_previous(wave, _first_in_line(run, wave, winners, wave.lots))


def _queue_budget(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    return _at_previous(wave, _first_in_line(run, wave, winners, lots_needed(wave)))


def _contract_floor(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    lots = winners.lots.tolist()
    wanted, held = min(lots_needed(wave), sum(lots)), sum(lots)
    shares = [mul_div_down(wanted, each, held) for each in lots]
    return _at_previous(wave, np.array(shares, dtype=np.int64))


def _contract_shares(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    lots = winners.lots.tolist()
    wanted = min(lots_needed(wave), sum(lots))
    if not wanted:
        return _nothing(winners)
    shares = allocate_capped(wanted, lots, lots, tie_key=_ties(run, winners))
    return _at_previous(wave, np.array(shares, dtype=np.int64))


def _min_max(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    lots, profit = winners.lots.tolist(), winners.profit.tolist()
    wanted = min(lots_needed(wave), sum(lots))
    shares = allocate_min_max(wanted, profit, lots, tie_key=_ties(run, winners))
    return _at_previous(wave, np.array(shares, dtype=np.int64))


def _profit_shares(run: _Run, wave: Wave, winners: Field) -> tuple[Ints, Ints]:
    profit = winners.profit.tolist()
    wanted = min(wave.deficit, sum(profit))
    if not wanted:
        return _nothing(winners)
    paid = allocate_pro_rata(wanted, profit, tie_key=_ties(run, winners))
    return np.zeros(len(profit), dtype=np.int64), np.array(paid, dtype=np.int64)


def _first_in_line(run: _Run, wave: Wave, winners: Field, lots: int) -> Ints:
    # Score (mark / entry) * (notional / account value), highest first, exact; see `hyperliquid_score`.
    storm, rows = run.storm, winners.rows
    keys = [
        score_key(*hyperliquid_score(held * wave.previous, held * entry, 0, equity, 0, 0))
        for held, entry, equity in zip(
            winners.lots.tolist(),
            storm.entry[rows].tolist(),
            storm.equity[storm.account[rows]].tolist(),
            strict=True,
        )
    ]
    ties = _ties(run, winners)
    order = sorted(range(len(keys)), key=lambda place: (keys[place], ties[place]))
    held = winners.lots[order]
    before = np.concatenate([[0], np.cumsum(held)[:-1]]) if len(held) else held
    closed = np.zeros(len(held), dtype=np.int64)
    closed[order] = np.clip(lots - before, 0, held)
    return closed


def _at_previous(wave: Wave, closed: Ints) -> tuple[Ints, Ints]:
    return closed, closed * (wave.previous - wave.mark)


def _nothing(winners: Field) -> tuple[Ints, Ints]:
    zero = np.zeros(len(winners.rows), dtype=np.int64)
    return zero, zero


def _ties(run: _Run, winners: Field) -> list[bytes]:
    return tie_keys(run.event, (f"trader-{name}" for name in run.storm.account[winners.rows].tolist()))


_RULES: Mapping[str, Callable[[_Run, Wave, Field], tuple[Ints, Ints]]] = {
    "queue_all": _queue_all,
    "queue_budget": _queue_budget,
    "contract_floor": _contract_floor,
    "contract_shares": _contract_shares,
    "min_max": _min_max,
    "profit_shares": _profit_shares,
}
