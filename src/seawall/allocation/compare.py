"""Lay rules side by side on one event: the panel of each, and what each account would have paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seawall.allocation.cases import Case, Judged, Shares
from seawall.allocation.fairness import Facts, Fairness, fairness
from seawall.allocation.sybil import sybil_gain
from seawall.errors import InputError

__all__ = ["Comparison", "Outcome", "compare"]


@dataclass(frozen=True)
class Outcome:
    """What one rule would have done.

    Attributes:
        rule: Its name.
        shares: What each account would have borne, shape (n_accounts,) [units].
        fairness: The panel of these shares.
        seed: What chance was drawn from; None where none was.
    """

    rule: str
    shares: Sequence[int]
    fairness: Fairness
    seed: int | None = None


@dataclass(frozen=True)
class Comparison:
    """Several rules on one event, as plain data.

    Attributes:
        case: The event: what was to be raised, from whom.
        outcomes: One for each rule, in the order given.
        refused: Why a rule could not be applied to this event, by rule.
    """

    case: Case
    outcomes: tuple[Outcome, ...]
    refused: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each rule: its name and the figures of its panel."""
        return [{"rule": item.rule, **item.fairness.figures()} for item in self.outcomes]

    def accounts(self) -> list[dict[str, Any]]:
        """Return one row for each account: its id, its weight, and its share under each rule."""
        columns = {item.rule: item.shares for item in self.outcomes}
        return [
            {"id": name, "weight": size, **{rule: shares[place] for rule, shares in columns.items()}}
            for place, (name, size) in enumerate(zip(self.case.names, self.case.sizes, strict=True))
        ]

    def outcome(self, rule: str) -> Outcome:
        """Return the outcome of one rule.

        Raises:
            InputError: The rule was not compared, or refused the event.
        """
        for item in self.outcomes:
            if item.rule == rule:
                return item
        names = ", ".join(item.rule for item in self.outcomes) or "none"
        why = self.refused.get(rule, f"it was not compared; these were: {names}")
        raise InputError(f"no outcome of {rule!r}: {why}", code="unknown_rule")

    def differences(self, actual: str, other: str) -> list[int]:
        """Return what each account would have paid more under `other` than under `actual` [units].

        Returns:
            Shape (n_accounts,) [units]; below zero: it would have paid less.

        Raises:
            InputError: One of the two has no outcome.
        """
        pairs = zip(self.outcome(actual).shares, self.outcome(other).shares, strict=True)
        return [would - did for did, would in pairs]


def compare(
    rules: Mapping[str, Judged],
    case: Case,
    *,
    facts: Facts | None = None,
    sybil_trials: int | Mapping[str, int] = 100,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Apply every rule to one event and measure each outcome.

    A rule that cannot be applied to the event, such as a queue without scores, is told with its
    reason and does not stop the others. What a rule raises because lots are whole is told apart
    (`Shares`); bare shares have no lots, and all they raise too much is overshoot in value.

    Args:
        rules: Maps from a case to charges in whole units, by name.
        case: What is to be raised and from whom [units].
        facts: What else is known of the event.
        sybil_trials: Books to try in the search for a split or merge that pays, by rule or the same for
            all; 0 for none.
        seed: Draws what the search tries.
        progress: Called as progress("compare", rules done, rules).

    >>> half = lambda case: [size >> 1 for size in case.sizes]
    >>> compare({"half": half}, Case(3, (4, 2))).rows()[0]["max_haircut"]
    Fraction(1, 2)
    """
    outcomes: list[Outcome] = []
    refused: dict[str, str] = {}
    sizes = [int(size) for size in case.sizes]
    for number, (name, rule) in enumerate(rules.items()):
        if progress:
            progress("compare", number, len(rules))
        trials = sybil_trials if isinstance(sybil_trials, int) else sybil_trials.get(name, 0)
        try:
            answer = rule(case)
            found = sybil_gain(rule, case, trials=trials, seed=seed) if trials else None
        except InputError as error:
            refused[name] = str(error)
            continue
        shares = [int(share) for share in answer]
        told = answer if isinstance(answer, Shares) else Shares.of(shares)
        panel = fairness(
            shares,
            sizes,
            ids=case.names,
            budget=int(case.amount),
            lot_overshoot=told.lot_overshoot,
            facts=facts,
            sybil=found,
        )
        outcomes.append(Outcome(name, shares, panel, told.seed))
    return Comparison(case, tuple(outcomes), refused)
