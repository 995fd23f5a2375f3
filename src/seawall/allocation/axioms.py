"""Ask a rule for its axioms: search for a counterexample, shrink it, or say that none was found.

A search can falsify and never prove: a verdict without a counterexample says "none in N".
The statements themselves are data: `claims_axioms.CLAIMS_AXIOMS` for exact awards of an
endowment, `loss_laws.LOSS_LAWS` for losses borne in whole units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seawall.allocation.cases import Case, Judged, simpler
from seawall.errors import InputError

__all__ = ["Axiom", "Breach", "Counterexample", "Verdict", "check", "falsify", "matrix"]


@dataclass(frozen=True)
class Breach:
    """How a rule broke a statement on one case: one plain sentence, and the numbers in it."""

    sentence: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Axiom:
    """A statement about a rule that a case can refute.

    Attributes:
        name: Its name in the literature.
        sentence: What it says, in plain words.
        breaches: Every way in which a rule breaks it on a case, lazily.
        cases: Draws cases as cases(trials, seed).
    """

    name: str
    sentence: str
    breaches: Callable[[Judged, Case], Iterator[Breach]]
    cases: Callable[[int, int], Iterator[Case]]


@dataclass(frozen=True)
class Counterexample:
    """The smallest case found on which a rule breaks a statement."""

    case: Case
    breach: Breach

    def __str__(self) -> str:
        return f"{self.case}: {self.breach.sentence}"


@dataclass(frozen=True)
class Verdict:
    """What the search came to.

    Attributes:
        axiom, rule: Their names.
        counterexample: Shrunk; None when no case refuted the statement.
        trials: Cases tried, up to and with the first that did.
    """

    axiom: str
    rule: str
    counterexample: Counterexample | None
    trials: int

    @property
    def holds(self) -> bool:
        """Whether nothing was found; no proof."""
        return self.counterexample is None

    def __str__(self) -> str:
        found = f"none in {self.trials:,}" if self.counterexample is None else str(self.counterexample)
        return f"{self.rule}, {self.axiom.replace('_', ' ')}: {found}"


def check(axiom: Axiom, rule: Judged, *, name: str = "", trials: int = 300, seed: int = 0) -> Verdict:
    """Search drawn cases for one that refutes `axiom`, and shrink it.

    Args:
        axiom: The statement.
        rule: Maps a case to awards or charges, shape (n_receivers,).
        name: What the verdict calls the rule.
        trials: Cases to draw [1], >= 1.
        seed: The same seed draws the same cases, on any machine.

    Raises:
        InputError: `trials` is below 1.
    """
    if trials < 1:
        raise InputError(f"a search over {trials} cases finds nothing: give at least 1", code="out_of_range")
    return falsify(axiom, rule, axiom.cases(trials, seed), name=name)


def falsify(axiom: Axiom, rule: Judged, cases: Iterable[Case], *, name: str = "") -> Verdict:
    """Try the given cases in order, all of them or up to the first that refutes `axiom`."""
    tried = 0
    for tried, case in enumerate(cases, 1):
        if next(axiom.breaches(rule, case), None) is not None:
            return Verdict(axiom.name, name, _shrunk(axiom, rule, case), tried)
    return Verdict(axiom.name, name, None, tried)


def matrix(
    rules: Mapping[str, Judged], axioms: Sequence[Axiom], *, trials: int = 300, seed: int = 0
) -> dict[str, dict[str, Verdict]]:
    """Return the verdict of every rule on every axiom: rule name, then axiom name."""
    return {
        name: {axiom.name: check(axiom, rule, name=name, trials=trials, seed=seed) for axiom in axioms}
        for name, rule in rules.items()
    }


def _shrunk(axiom: Axiom, rule: Judged, case: Case) -> Counterexample:
    # Greedy descent: every step takes a receiver away or lowers a number, so it ends.
    while True:
        for smaller in simpler(case):
            if next(axiom.breaches(rule, smaller), None) is not None:
                case = smaller
                break
        else:
            return Counterexample(case, next(axiom.breaches(rule, case)))
