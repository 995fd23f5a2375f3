"""The claims rules as allocations of a loss: a share is the claim less what the rule awards of the rest.

A loss l over claims d leaves the endowment E = sum d - l; `claims.award` splits that endowment, exactly,
and claim - award is what is lost. A claim is the account's bound: its weight, or its cap where that is
given. So CEA leaves everyone the same and the large lose most; CEL takes the same from everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from seawall.allocation.arrival import ARRIVAL_EXACT_MAX, orders_drawn, sampled_arrival
from seawall.allocation.claims import award
from seawall.allocation.sharing import Answer, RuleOfAllocation, Sharing, in_whole_units

__all__ = ["CLAIMS_RULES"]

EXACT_TOLD_BELOW = 10**38  # a denominator with more digits tells nobody anything
WHOLE = "exact fractions, then whole units by largest remainder, ties by hash"
THOMSON = "Thomson, How to Divide When There Isn't Enough (2019)"


def _shared(rule: str, asked: Sharing) -> Answer:
    claims, loss = asked.bounds, asked.payable
    awards = award(rule, sum(claims) - loss, claims)
    losses = [claim - got for claim, got in zip(claims, awards, strict=True)]
    working: dict[str, object] = {"endowment": sum(claims) - loss}
    if all(part.denominator < EXACT_TOLD_BELOW for part in losses):
        working["exact"] = [str(part) for part in losses]
    return Answer(in_whole_units(losses, tie_key=asked.tie_key), working)


def _random_arrival(asked: Sharing) -> Answer:
    if len(asked.bounds) <= ARRIVAL_EXACT_MAX:
        return _shared("RA", asked)
    # The rule is its own dual: who arrives bears what is left of the loss, up to the claim.
    drawn = sampled_arrival(
        asked.payable,
        asked.bounds,
        ids=asked.ids,
        event=asked.event,
        seed=asked.seed,
        samples=asked.samples or orders_drawn(len(asked.bounds)),
    )
    shares = in_whole_units(drawn.awards, tie_key=asked.tie_key)
    working = {
        "samples": drawn.samples,
        "seed": drawn.seed,
        "standard_errors_ppm": list(drawn.standard_errors_ppm),
    }
    return Answer(shares, working, drawn.interval())


def _rule(
    name: str,
    says: str,
    formula: str,
    source: str,
    share: Callable[[Sharing], Answer],
    breaks: Mapping[str, str],
    *,
    has_chance: bool = False,
    cost_us: int = 60,  # exact fractions
) -> RuleOfAllocation:
    return RuleOfAllocation(
        name, says, formula, WHOLE, source, breaks, share, has_chance=has_chance, cost_us=cost_us
    )


# Laws of sharing that a rule of claims does not keep: it looks at the sum of all claims, and rounds.
_S2 = "a share is by the rule, not in proportion: it may lie far from its quota"
_S5 = "two halves of a claim are awarded otherwise than the whole"
_S7 = "one more unit of loss may lower a share by one unit: shares are rounded by largest remainder"
_S8 = "a loss split in two and shared out twice moves shares: the second time the claims are others"

CLAIMS_RULES = (
    _rule(
        "adjusted_proportional",
        "what the others concede is awarded first, the rest in proportion to what is still claimed",
        "award = max(0, E - sum of other claims), then pro rata of min(claim left, E left)",
        "Curiel, Maschler and Tijs (1987): the tau value",
        partial(_shared, "APRO"),
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
    ),
    _rule(
        "average",
        "halfway between equal awards and equal losses",
        "award = (CEA + CEL) / 2",
        THOMSON,
        partial(_shared, "AV"),
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
    ),
    _rule(
        "cea",
        "constrained equal awards: everybody keeps the same, or the whole claim where that is less",
        "award = min(claim, e)",
        f"Maimonides; {THOMSON}",
        partial(_shared, "CEA"),
        {"S2": _S2, "S5": _S5},
    ),
    _rule(
        "cel",
        "constrained equal losses: everybody loses the same, or the whole claim where that is less",
        "loss = min(claim, e)",
        f"Maimonides; {THOMSON}",
        partial(_shared, "CEL"),
        {"S2": _S2, "S5": _S5},
    ),
    _rule(
        "minimal_overlap",
        "claims are laid on what is left so that they overlap the least; who covers a part shares it",
        "award = sum over stretches of stretch / claims on it",
        "O'Neill (1982)",
        partial(_shared, "MO"),
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
    ),
    _rule(
        "piniles",
        "equal awards of the half-claims, and again of the other halves",
        "award = CEA(min(E, D/2), claim / 2) + CEA(max(0, E - D/2), claim / 2)",
        "Piniles (1861)",
        partial(_shared, "Piniles"),
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
    ),
    _rule(
        "random_arrival",
        f"first come, first served, the mean of all orders; sampled beyond {ARRIVAL_EXACT_MAX} accounts",
        "award = mean over orders of min(claim, what is left of E)",
        "O'Neill (1982); Shapley (1953)",
        _random_arrival,
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
        has_chance=True,
        cost_us=200,
    ),
    _rule(
        "reverse_talmud",
        "equal losses up to half of all claims, equal awards beyond",
        "award = CEL(E, claim / 2) while E <= D/2, else claim / 2 + CEA(E - D/2, claim / 2)",
        "Chun, Schummer and Thomson (2001)",
        partial(_shared, "RTalmud"),
        {"S2": _S2, "S5": _S5, "S8": _S8},
    ),
    _rule(
        "talmud",
        "equal awards up to half of all claims, equal losses beyond",
        "award = CEA(E, claim / 2) while E <= D/2, else claim / 2 + CEL(E - D/2, claim / 2)",
        "Mishnah, Ketubot 93a; Aumann and Maschler (1985)",
        partial(_shared, "Talmud"),
        {"S2": _S2, "S5": _S5, "S7": _S7, "S8": _S8},
    ),
)
