"""The rules by name, as functions of a case: what axioms, comparison and command try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.allocation.cases import Case, Judged, Number
from seawall.allocation.claims import AWARD_RULES, award
from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.allocation.queue import allocate_queue
from seawall.errors import InputError

__all__ = ["AWARDS_BY_NAME", "RULES_BY_NAME", "rules_named"]


def _pro_rata(case: Case) -> list[int]:
    bearable = sum(cap for cap, size in zip(case.bounds, case.sizes, strict=True) if size)
    return allocate_capped(
        min(int(case.amount), bearable),
        [int(size) for size in case.sizes],
        case.bounds,
        tie_key=tie_keys(case.event, case.names),
    )


def _queue(case: Case) -> list[int]:
    if len(case.scores) != len(case.sizes):
        raise InputError("a queue needs a score for every account: give a column `score`", code="no_scores")
    keys = tie_keys(case.event, case.names)
    order = sorted(range(len(keys)), key=lambda place: (-case.scores[place], keys[place]))
    paid = dict(
        allocate_queue(int(case.amount), ((at, case.bounds[at] if case.sizes[at] else 0) for at in order))
    )
    return [paid.get(place, 0) for place in range(len(keys))]


RULES_BY_NAME: Mapping[str, Judged] = {"pro_rata": _pro_rata, "queue": _queue}


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
