"""The one entry: allocate an amount over accounts by a named rule, exactly, and say how.

How much is to be raised is another question: see `severity` and `capacity`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.allocation.by_claims import CLAIMS_RULES
from seawall.allocation.by_order import ORDER_RULES
from seawall.allocation.by_proportion import PROPORTIONAL_RULES
from seawall.allocation.questions import checked
from seawall.allocation.sharing import RuleOfAllocation
from seawall.errors import require

__all__ = ["RULES", "Allocation", "RuleOfAllocation", "allocate", "allocation_rules"]

RULES: Mapping[str, RuleOfAllocation] = {
    rule.name: rule
    for rule in sorted((*PROPORTIONAL_RULES, *ORDER_RULES, *CLAIMS_RULES), key=lambda rule: rule.name)
}


@dataclass(frozen=True)
class Allocation:
    """Who bears what: sum(shares) + left == budget + overshoot + value_overshoot, to the unit.

    Attributes:
        rule: Name of the rule, or one of your own.
        ids: Accounts, in the order given, shape (n_accounts,).
        shares: What each bears, shape (n_accounts,) [units], >= 0.
        left: What nobody bears, because of caps, lots or weights of zero [units].
        overshoot: Raised beyond the budget because lots are whole; less than one lot [units].
        value_overshoot: Raised beyond the budget for any other reason: rounding up, or contracts closed
            without a look at what they gained [units].
        working: Rule, inputs, formula and rounding as data.
        interval: For a sampled rule, 95 % intervals (low, high) of each share,
            shape (n_accounts, 2) [units]; None where shares are exact.
    """

    rule: str
    ids: tuple[str, ...]
    shares: tuple[int, ...]
    left: int
    overshoot: int
    value_overshoot: int
    working: Mapping[str, object]
    interval: tuple[tuple[int, int], ...] | None = None

    def share_of(self, account: str) -> int:
        """Return what one account bears [units]."""
        return self.shares[self.ids.index(account)]


def allocate(
    budget: int,
    weights: Sequence[int],
    caps: Sequence[int] | None = None,
    *,
    rule: str | RuleOfAllocation = "pro_rata",
    ids: Sequence[str],
    event: str = "",
    lot: int = 1,
    order: Sequence[int] | Sequence[tuple[int, int]] | None = None,
    seed: int = 0,
    contracts: Sequence[int] | None = None,
    leverages_ppm: Sequence[int] | None = None,
    risk_curve: str = "linear",
    samples: int | None = None,
) -> Allocation:
    """Allocate `budget` over accounts by a rule of `RULES`.

    The order of the rows changes no share: ties go by sha256 of event and id, and chance is drawn from
    event, seed and id. Lots are of the amount (contracts in `contract_pro_rata`): the budget counts up to
    whole lots, caps count down.

    Args:
        budget: Amount to be borne [units], >= 0.
        weights: Claim or capacity of each, shape (n_accounts,) [units], >= 0.
        caps: Most that each can bear, shape (n_accounts,) [units], >= 0. None: no cap for `pro_rata` and
            `per_unit`, whose weights may be of any one unit; the weight itself for all others.
        rule: Name of the rule.
        ids: Ids of the accounts, shape (n_accounts,), each once.
        event: Id of the event.
        lot: Smallest part that can be charged or closed, >= 1.
        order: Score (higher first) or time (lower first) of each, shape (n_accounts,), whole or as
            (numerator, denominator); `scores.queue_order` gives those of the venues.
        seed: What chance is drawn from, besides event and ids.
        contracts: Contracts that each holds, shape (n_accounts,), > 0 where a weight is.
        leverages_ppm: Leverage of each, shape (n_accounts,) [1e-6], >= 0.
        risk_curve: Growth in `risk_aware`: constant, excess (above 1x), linear or quadratic.
        samples: Orders that `random_arrival` draws beyond ten accounts, >= 2. None: a thousand, fewer of many
            accounts, a hundred at least.

    Returns:
        The shares, what is left, and how they came about.

    Raises:
        InputError: All problems at once: numbers that are negative or not whole, lengths that differ, ids
            that repeat, an unknown rule or curve, a lot below 1, something the rule needs and has not.

    >>> allocate(10, [1, 1, 2], ids=["a", "b", "c"]).shares
    (3, 2, 5)
    """
    rules = {rule.name: rule} if isinstance(rule, RuleOfAllocation) else RULES
    name = rule.name if isinstance(rule, RuleOfAllocation) else rule
    chosen, asked = checked(
        rules,
        name,
        budget=budget,
        weights=weights,
        caps=caps,
        ids=ids,
        event=event,
        lot=lot,
        order=order,
        seed=seed,
        contracts=contracts,
        leverages_ppm=leverages_ppm,
        risk_curve=risk_curve,
        samples=samples,
    )
    step = lot if chosen.lot_of == "amount" else 1
    answer = chosen.share(asked)
    _hold(name, answer.shares, len(ids), caps, step)
    raised, wanted = sum(answer.shares), asked.budget
    left = max(0, budget - raised * step)
    overshoot = max(0, min(raised, wanted) * step - budget)
    value_overshoot = max(0, raised - wanted) * step
    require(
        raised * step + left == budget + overshoot + value_overshoot and overshoot < step,
        f"rule {name} shares out {raised * step} of {budget}",
    )
    inputs = {
        "budget": budget,
        "accounts": len(ids),
        "weight_total": sum(weights),
        "event": event,
        "lot": lot,
        **answer.working,
    }
    interval = answer.interval
    return Allocation(
        name,
        tuple(ids),
        tuple(share * step for share in answer.shares),
        left,
        overshoot,
        value_overshoot,
        {"rule": chosen.says, "inputs": inputs, "formula": chosen.formula, "rounding": chosen.rounding},
        None if interval is None else tuple((low * step, high * step) for low, high in interval),
    )


def _hold(name: str, shares: Sequence[int], count: int, caps: Sequence[int] | None, step: int) -> None:
    # A rule of one's own may answer anything; what cannot be an answer is not passed on.
    require(len(shares) == count, f"rule {name} gives {len(shares)} shares for {count} accounts")
    for place, share in enumerate(shares):
        require(
            type(share) is int, f"rule {name} gives {share!r} to account {place}, expected a whole number"
        )
        require(share >= 0, f"rule {name} gives account {place} a negative share, {share}")
        require(
            caps is None or share * step <= caps[place],
            f"rule {name} gives account {place} {share * step}, more than its cap of {caps and caps[place]}",
        )


def allocation_rules() -> list[dict[str, object]]:
    """Return what each rule is, sorted by name: name, plain words, source, needs and laws it breaks."""
    return [
        {
            "name": rule.name,
            "says": rule.says,
            "source": rule.source,
            "needs": [*rule.needs, *(["seed"] if rule.has_chance else [])],
            "breaks": dict(rule.breaks),
        }
        for rule in RULES.values()
    ]
