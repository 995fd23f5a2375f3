"""Rules that charge everybody at once: in proportion to capacity, contracts, leverage or risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seawall.allocation import proportional
from seawall.allocation.min_max import allocate_min_max, water_level
from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata
from seawall.allocation.sharing import Answer, RuleOfAllocation, Sharing
from seawall.core.rounding import mul_div_down, mul_div_up

__all__ = ["PROPORTIONAL_RULES", "RISK_CURVES"]

PPM = 10**6
CHITRA = "Chitra, Autodeleveraging: Impossibilities and Optimization, arXiv 2512.01112"
LARGEST_REMAINDER = "down, then one unit each to the largest remainders, ties by hash"
RISK_CURVES: Mapping[str, Callable[[int], int]] = {
    "constant": lambda leverage_ppm: PPM,
    "excess": lambda leverage_ppm: max(0, leverage_ppm - PPM),
    "linear": lambda leverage_ppm: leverage_ppm,
    "quadratic": lambda leverage_ppm: leverage_ppm * leverage_ppm,
}


def _pro_rata(asked: Sharing) -> Answer:
    if not any(asked.weights):
        return Answer([0] * len(asked.weights), {"weight_total": 0})
    shares = allocate_pro_rata(asked.budget, asked.weights, tie_key=asked.tie_key)
    if asked.has_caps:
        shares = [min(share, bound) for share, bound in zip(shares, asked.bounds, strict=True)]
    return Answer(shares, {"weight_total": sum(asked.weights)})


def _capped(asked: Sharing) -> Answer:
    return _filled(asked, asked.weights)


def _leverage(asked: Sharing) -> Answer:
    return _filled(asked, _levered(asked, "constant"))


def _risk_aware(asked: Sharing) -> Answer:
    answer = _filled(asked, _levered(asked, asked.risk_curve))
    return Answer(answer.shares, {**answer.working, "risk_curve": asked.risk_curve})


def _levered(asked: Sharing, curve: str) -> list[int]:
    growth = RISK_CURVES[curve]
    return [
        weight * leverage_ppm * growth(leverage_ppm)
        for weight, leverage_ppm in zip(asked.weights, asked.leverages_ppm, strict=True)
    ]


def _filled(asked: Sharing, weights: Sequence[int]) -> Answer:
    # What these weights cannot bear (a weight of zero pays nothing) is left, by `allocate`.
    total = min(asked.budget, _bearable(weights, asked.bounds))
    shares = allocate_capped(total, weights, asked.bounds, tie_key=asked.tie_key)
    at_cap = sum(0 < share == bound for share, bound in zip(shares, asked.bounds, strict=True))
    return Answer(shares, {"level": water_level(total, weights, asked.bounds), "at_cap": at_cap})


def _bearable(weights: Sequence[int], bounds: Sequence[int]) -> int:
    return sum(bound for weight, bound in zip(weights, bounds, strict=True) if weight)


def _min_max(asked: Sharing) -> Answer:
    shares = allocate_min_max(asked.payable, asked.weights, asked.bounds, tie_key=asked.tie_key)
    return Answer(shares, {"level": water_level(asked.payable, asked.weights, asked.bounds)})


def _per_unit(asked: Sharing) -> Answer:
    # Without caps the size is no amount: the charge of all of it is then the only bound.
    bounds = asked.bounds if asked.has_caps else [asked.budget] * len(asked.weights)
    total = min(asked.budget, _bearable(asked.weights, bounds))
    shares = allocate_per_unit(total, asked.weights, bounds)
    return Answer(shares, {"size_total": sum(asked.weights)})


def _contract_pro_rata(asked: Sharing) -> Answer:
    # Whole lots of contracts, shared by how many each holds; what they then raise is measured.
    contracts, weights, lot = asked.contracts, asked.weights, asked.lot
    held = [mul_div_down(count, 1, lot) for count in contracts]
    gain, lots = sum(weights), 0
    if gain:
        lots = min(mul_div_up(asked.budget * sum(contracts), 1, gain * lot), sum(held))
    room = [
        min(owned, mul_div_down(bound * count, 1, weight * lot)) if weight and asked.has_caps else owned
        for owned, bound, count, weight in zip(held, asked.bounds, contracts, weights, strict=True)
    ]
    closed = allocate_capped(min(lots, sum(room)), held, room, tie_key=asked.tie_key)
    shares = [
        mul_div_down(weight, part * lot, count) if count else 0
        for weight, part, count in zip(weights, closed, contracts, strict=True)
    ]
    return Answer(shares, {"contracts": lots * lot, "closed": [part * lot for part in closed]})


CONTRACTS_BREAK = {
    "S1": "contracts raise what they happen to have gained: less than the budget, or more",
    "S2": "gains per contract differ: a share need not be near its quota",
    "S4": "of two equal gains, the one held in more contracts pays more",
    "S7": "one more unit of loss may lower a share, as in pro rata",
}
LEVERED_BREAK = {
    "S2": "shares follow leverage, not weight alone",
    "S4": "the larger balance with less leverage may pay less",
    "S7": "one more unit of loss may lower a share by one unit, as in pro rata",
    "S8": "what was paid first changes the weights of the second part",
}

PROPORTIONAL_RULES = (
    RuleOfAllocation(
        "capped",
        "in proportion to weight, none above its cap: water-filling",
        "share = min(cap, e * weight), the level e such that the shares sum to the budget",
        LARGEST_REMAINDER,
        f"Capped pro rata, {CHITRA}",
        proportional.BREAKS["capped"],
        _capped,
    ),
    RuleOfAllocation(
        "contract_pro_rata",
        "in proportion to contracts held, whatever they have gained; what that raises is measured",
        "k = Q * contracts / sum, Q = budget * sum contracts / sum weights; share = weight * k / contracts",
        f"contracts {LARGEST_REMAINDER}; Q up to a whole lot, shares down",
        f"Contract pro rata, {CHITRA}",
        CONTRACTS_BREAK,
        _contract_pro_rata,
        needs=("contracts",),
        lot_of="contracts",
    ),
    RuleOfAllocation(
        "leverage_pro_rata",
        "in proportion to weight times leverage, none above its cap",
        "share = min(cap, t * leverage * weight), t such that the shares sum to the budget",
        LARGEST_REMAINDER,
        f"Leverage pro rata, {CHITRA}; its printed formula does not sum to the budget, this one does",
        LEVERED_BREAK,
        _leverage,
        needs=("leverages_ppm",),
    ),
    RuleOfAllocation(
        "min_max",
        "the largest haircut is as small as whole lots allow",
        "unit after unit to the smallest (share + 1) / weight",
        "none: whole units are given out; ties by hash",
        f"D'Hondt; min-max program of {CHITRA}",
        {
            "S2": "the smallest largest haircut in whole units may lie a unit or more from the quota",
            "scale": "ten times all numbers is not ten times the shares: units stay whole",
            "S8": "two parts, each as level as can be, are not as level together",
        },
        _min_max,
    ),
    RuleOfAllocation(
        "per_unit",
        "every unit of size is charged the same, rounded up",
        "share = min(cap, ceil(rate * size))",
        "up, for the fund: what that raises beyond the budget is value overshoot, less than a unit each",
        "Drift v2 and Mango v4, social loss per base unit",
        {
            **proportional.BREAKS["per_unit"],
            "S9": "every charge is rounded up to a lot: together they exceed the loss by more than one",
        },
        _per_unit,
    ),
    RuleOfAllocation(
        "pro_rata",
        "in proportion to weight; what a cap cuts off is left and falls on nobody else",
        "share = budget * weight / sum",
        LARGEST_REMAINDER,
        "Hamilton; Balinski and Young, Fair Representation",
        {
            **proportional.BREAKS["pro_rata"],
            "S1": "what a cap cuts off is left unborne, though others could bear it: see capped",
        },
        _pro_rata,
    ),
    RuleOfAllocation(
        "risk_aware",
        "in proportion to weight times leverage times a growth of leverage, none above its cap",
        "share = weight * min(cap / weight, t * leverage * g(leverage)), g the named risk curve",
        LARGEST_REMAINDER,
        f"Risk-aware policy, {CHITRA}",
        LEVERED_BREAK,
        _risk_aware,
        needs=("leverages_ppm",),
    ),
)
