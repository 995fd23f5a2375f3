"""The rules by name, as functions of a case: what axioms, comparison and command try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.allocation.allocate import RULES, RuleOfAllocation, allocate
from seawall.allocation.cases import Case, Judged, Number
from seawall.allocation.claims import AWARD_RULES, award
from seawall.errors import InputError

__all__ = ["AWARDS_BY_NAME", "RULES_BY_NAME", "judged", "rules_named"]


_BY_TIME = ("fifo", "withdrawal_order")


def judged(rule: RuleOfAllocation) -> Judged:
    """Return a rule as a function of a case, to be compared and held to laws.

    A case knows sizes, caps, scores and times: a rule that needs contracts or leverages cannot be judged.
    """

    def shared(case: Case) -> Sequence[Number]:
        order = case.times if rule.name in _BY_TIME else case.scores
        sizes = [int(size) for size in case.sizes]
        found = allocate(
            int(case.amount),
            sizes,
            case.bounds,
            rule=rule,
            ids=case.names,
            event=case.event,
            order=order if rule.needs and order else None,
        )
        return found.shares

    return shared


RULES_BY_NAME: Mapping[str, Judged] = {
    name: judged(rule) for name, rule in RULES.items() if set(rule.needs) <= {"order"}
}


def _awards(rule: str) -> Judged:
    def awarded(case: Case) -> Sequence[Number]:
        return award(rule, case.amount, case.sizes)

    return awarded


AWARDS_BY_NAME: Mapping[str, Judged] = {name: _awards(name) for name in AWARD_RULES}


def rules_named(names: Sequence[str], known: Mapping[str, Judged] = RULES_BY_NAME) -> dict[str, Judged]:
    """Return the rules of these names among those known, in this order; all of them for no name.

    Raises:
        InputError: Names that are no rule, all told at once (`unknown_rule`).
    """
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"no allocation rule {', '.join(unknown)}: choose from {', '.join(sorted(known))}",
            code="unknown_rule",
        )
    return {name: known[name] for name in names or sorted(known)}
