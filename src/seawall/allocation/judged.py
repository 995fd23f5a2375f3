"""The rules by name, as functions of a case: what axioms, comparison and command try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from seawall.allocation.allocate import RULES, RuleOfAllocation, allocate
from seawall.allocation.cases import Case, Judged, Number, Shares
from seawall.allocation.claims import AWARD_RULES, award
from seawall.errors import InputError

__all__ = ["AWARDS_BY_NAME", "COMPARED_BY_NAME", "RULES_BY_NAME", "judged", "rules_named"]


_BY_TIME = ("fifo", "withdrawal_order")


def judged(rule: RuleOfAllocation) -> Judged:
    """Return a rule as a function of a case, to be compared and held to laws.

    The function raises InputError (`missing`) for a case without a column that the rule needs.
    """

    def shared(case: Case) -> Shares:
        columns: dict[str, tuple[str, tuple[int, ...]]] = {
            "order": ("time", case.times) if rule.name in _BY_TIME else ("score", case.scores),
            "contracts": ("contracts", case.contracts),
            "leverages_ppm": ("leverage", case.leverages_ppm),
        }
        for need in rule.needs:
            word, column = columns[need]
            if len(column) != len(case.sizes):
                raise InputError(f"needs the {word} of every account", code="missing")
        found = allocate(
            int(case.amount),
            [int(size) for size in case.sizes],
            case.bounds,
            rule=rule,
            ids=case.names,
            event=case.event,
            lot=case.lot if rule.lot_of == "amount" else 1,
            seed=case.seed,
            order=columns["order"][1] if "order" in rule.needs else None,
            contracts=columns["contracts"][1] if "contracts" in rule.needs else None,
            leverages_ppm=columns["leverages_ppm"][1] if "leverages_ppm" in rule.needs else None,
        )
        seed = case.seed if rule.has_chance else None
        return Shares.of(found.shares, lot_overshoot=found.overshoot, seed=seed)

    return shared


COMPARED_BY_NAME: Mapping[str, Judged] = {name: judged(rule) for name, rule in RULES.items()}
# A drawn case has no contracts and no leverages: rules that need them are compared, not held to laws.
RULES_BY_NAME: Mapping[str, Judged] = {
    name: COMPARED_BY_NAME[name] for name, rule in RULES.items() if set(rule.needs) <= {"order"}
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
        close = [match for name in unknown for match in get_close_matches(name, known, n=1)]
        hint = f"did you mean {', '.join(close)}? Else " if close else ""
        message = f"no allocation rule {', '.join(unknown)}: {hint}choose from {', '.join(sorted(known))}"
        raise InputError(message, code="unknown_rule")
    return {name: known[name] for name in names or sorted(known)}
