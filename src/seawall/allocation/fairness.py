"""The fairness panel: how a burden lies on those who bear it, and on whom it should not lie.

Each figure alone can be gamed: a rule that charges one large account has a small sybil gain and a
large Gini, a rule that empties the small ones has a good survivor ratio. So they stand together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from seawall.allocation.aftermath import MoralHazard, markout, moral_hazard, next_deficit, survivor_ratio
from seawall.allocation.inequality import gini, haircuts, hhi, inversions, jain, max_haircut, top_share
from seawall.allocation.sybil import SybilGain
from seawall.core.rounding import mul_div_toward_zero
from seawall.errors import InputError, Problem

__all__ = ["METRICS", "Facts", "Fairness", "Metric", "fairness"]

TOP, PPM = 10, 10**6


@dataclass(frozen=True, eq=False)
class Facts:
    """What else is known of an event; whatever is left empty is not reported.

    Attributes:
        owners: Who stands behind each account, shape (n_accounts,); the account itself by default.
        caused_by: Ids or owners of those whose defaults made the loss.
        deficits: What each default left [units], any length; by account and counted once.
        pnl, equities: Of the accounts that bear, shape (n_accounts,) [units].
        exposures: Signed value that each still holds, shape (n_accounts,) [units].
        moves_ppm: Equally likely next moves of the price [1e-6].
        closed: Signed quantity closed of each, shape (n_accounts,) [quantity units].
        price, later_price: At which they were closed, and later [price units].
        move_since_ppm: Return of the price since [1e-6]; with `exposures`, what a share closes is the part
            of the exposure that the share is of the weight.
        payouts, fees: What a fund bore for each account, and what each had paid in [units].
    """

    owners: Sequence[str] = ()
    caused_by: Collection[str] = ()
    deficits: Sequence[int] = ()
    pnl: Sequence[int] = ()
    equities: Sequence[int] = ()
    exposures: Sequence[int] = ()
    moves_ppm: Sequence[int] = ()
    closed: Sequence[int] = ()
    price: int | None = None
    later_price: int | None = None
    move_since_ppm: int | None = None
    payouts: Sequence[int] = ()
    fees: Sequence[int] = ()


@dataclass(frozen=True)
class Fairness:
    """The figures of one allocation; None for what the facts did not allow to say.

    Attributes:
        receivers, hit: Accounts with a weight, and those of them that bear something.
        total: What is borne [units]; `left` of the budget is borne by nobody.
        lot_overshoot: Borne beyond the budget because lots are whole [units].
        value_overshoot: Borne beyond the deficit, lots aside [units]; below zero: not enough.
        max_haircut: Largest share of a weight [1].
        gini, jain: Inequality and Jain's index of the haircuts [1].
        hhi, top_share: Concentration of the loss: squared parts, and the part of the ten largest [1].
        inversions: Pairs in which the larger weight bears less, by more than the unit of rounding.
        sybil: Best split or merge found.
        non_causers: Part borne by those who did not cause the loss [1].
        profit_cover, equity_cover: Sum of profits, and of equities, above zero, over the deficit [1].
        ptsr, pmr: Largest survivor over all deficits, and over the largest one [1].
        markout: Profit that closed positions would have made since [quantity x price units], or [units] where
            it is told from exposures.
        next_deficit: Mean deficit after the next move [units].
        moral_hazard: Who was insured and who had paid for it.
    """

    receivers: int
    hit: int
    total: int
    left: int
    lot_overshoot: int
    value_overshoot: int
    max_haircut: Fraction
    gini: float
    jain: float
    hhi: Fraction
    top_share: Fraction
    inversions: int
    sybil: SybilGain | None = None
    non_causers: Fraction | None = None
    profit_cover: Fraction | None = None
    equity_cover: Fraction | None = None
    ptsr: Fraction | None = None
    pmr: Fraction | None = None
    markout: int | None = None
    next_deficit: Fraction | None = None
    moral_hazard: MoralHazard | None = None

    @property
    def hit_share(self) -> Fraction:
        """Part of the accounts with a weight that bear something [1]."""
        return Fraction(self.hit, self.receivers) if self.receivers else Fraction(0)

    @property
    def paid_for_top(self) -> Fraction | None:
        """Part of a fund's payouts that its ten largest receivers got [1]."""
        return None if self.moral_hazard is None else self.moral_hazard.top_share

    @property
    def paid_for_payers(self) -> Fraction | None:
        """Part of a fund's payouts that went to accounts which had paid into it [1]."""
        return None if self.moral_hazard is None else self.moral_hazard.fee_payers_share

    @property
    def sybil_gain(self) -> Fraction | None:
        """Best gain found by splitting or merging, over what is borne [1]."""
        if self.sybil is None:
            return None
        return Fraction(self.sybil.gain) * Fraction(1, self.total) if self.total else Fraction(0)

    def figures(self) -> dict[str, int | float | Fraction | None]:
        """Return the figures of `METRICS` by name."""
        return {metric.name: getattr(self, metric.name) for metric in METRICS}


@dataclass(frozen=True)
class Metric:
    """How a figure is told: its words, its unit, and whether less of it is fairer."""

    name: str
    words: str
    kind: str = "part"
    less_is_fairer: bool = True
    note: str = ""


_ALONE = "misleads alone: it is best where small accounts are emptied"
METRICS = (
    Metric("max_haircut", "largest haircut"),
    Metric("hit_share", "accounts hit"),
    Metric("gini", "Gini of haircuts", "index"),
    Metric("jain", "Jain of haircuts", "index", less_is_fairer=False),
    Metric("hhi", "concentration (HHI)", "index"),
    Metric("top_share", "ten largest bear"),
    Metric("inversions", "rank inversions", "count"),
    Metric("lot_overshoot", "overshoot by lots", "units"),
    Metric("value_overshoot", "overshoot in value", "units"),
    Metric("left", "left unborne", "units"),
    Metric("sybil_gain", "sybil gain found"),
    Metric("non_causers", "borne by non-causers"),
    Metric("profit_cover", "profits over deficit", "ratio", less_is_fairer=False),
    Metric("equity_cover", "equity over deficit", "ratio", less_is_fairer=False),
    Metric("ptsr", "largest survivor over deficits", "ratio", less_is_fairer=False, note=_ALONE),
    Metric("pmr", "largest survivor over largest deficit", "ratio", less_is_fairer=False, note=_ALONE),
    Metric("paid_for_top", "fund paid for ten largest"),
    Metric("paid_for_payers", "fund paid for those who had paid in", less_is_fairer=False),
    Metric("markout", "profit forgone since", "units"),
    Metric("next_deficit", "deficit at the next move", "units"),
)


def fairness(
    shares: Sequence[int],
    weights: Sequence[int],
    *,
    ids: Sequence[str] = (),
    budget: int | None = None,
    lot_overshoot: int = 0,
    facts: Facts | None = None,
    sybil: SybilGain | None = None,
) -> Fairness:
    """Measure how fairly an allocation lies on those who bear it.

    Args:
        shares: What each bears, shape (n_accounts,) [units], >= 0.
        weights: Capacity of each, such as profit or balance, shape (n_accounts,) [units], >= 0.
        ids: Id of each account, shape (n_accounts,); needed only for `facts.caused_by`.
        budget: What was to be raised [units]; what is borne by default.
        lot_overshoot: Borne beyond the budget because lots are whole [units].
        facts: What else is known of the event.
        sybil: From `sybil_gain`, where a search was made.

    Returns:
        The panel. Counts and ratios of units are exact, Gini and Jain float64.

    Raises:
        InputError: Columns differ in length, or a share or weight is negative; all problems at once.

    Source:
        arXiv 2512.01112 for haircut metrics; Jain, Chiu and Hawe (1984) for Jain's index.

    >>> fairness([10, 50, 0, 0], [100, 50, 30, 20]).inversions
    1
    """
    known = facts or Facts()
    _check(shares, weights, ids, known)
    fractions, total = haircuts(shares, weights), sum(shares)
    deficit = sum(known.deficits) or (total if budget is None else budget)
    return Fairness(
        receivers=len(fractions),
        hit=int((fractions > 0).sum()),
        total=total,
        left=max(0, (total if budget is None else budget) - total),
        lot_overshoot=lot_overshoot,
        value_overshoot=total - lot_overshoot - deficit,
        max_haircut=max_haircut(shares, weights),
        gini=gini(fractions),
        jain=jain(fractions),
        hhi=hhi(shares),
        top_share=top_share(shares, TOP),
        inversions=inversions(weights, shares, within=1),
        sybil=sybil,
        non_causers=_non_causers(shares, ids, known),
        profit_cover=_cover(known.pnl, deficit),
        equity_cover=_cover(known.equities, deficit),
        ptsr=survivor_ratio(weights, shares, sum(known.deficits)),
        pmr=survivor_ratio(weights, shares, max(known.deficits, default=0)),
        markout=_markout(shares, weights, known),
        next_deficit=(
            next_deficit(known.equities, shares, known.exposures, known.moves_ppm)
            if len(known.moves_ppm)
            else None
        ),
        moral_hazard=moral_hazard(known.payouts, known.fees, top=TOP) if len(known.payouts) else None,
    )


def _non_causers(shares: Sequence[int], ids: Sequence[str], known: Facts) -> Fraction | None:
    total = sum(shares)
    if not len(known.caused_by) or not total:
        return None
    guilty = frozenset(known.caused_by)
    owners = known.owners or ids
    innocent = sum(
        share
        for share, name, owner in zip(shares, ids, owners, strict=True)
        if name not in guilty and owner not in guilty
    )
    return Fraction(innocent, total)


def _cover(amounts: Sequence[int], deficit: int) -> Fraction | None:
    if not len(amounts) or not deficit:
        return None
    return Fraction(sum(amount for amount in amounts if amount > 0), deficit)


def _markout(shares: Sequence[int], weights: Sequence[int], known: Facts) -> int | None:
    if len(known.closed) and known.price is not None and known.later_price is not None:
        return sum(markout(known.closed, known.price, known.later_price))
    if len(known.exposures) and known.move_since_ppm is not None:
        return sum(
            mul_div_toward_zero(exposure * share * known.move_since_ppm, 1, weight * PPM)
            for exposure, share, weight in zip(known.exposures, shares, weights, strict=True)
            if weight
        )
    return None


def _check(shares: Sequence[int], weights: Sequence[int], ids: Sequence[str], known: Facts) -> None:
    columns: Mapping[str, Sequence[object]] = {
        "weights": weights,
        "ids": ids if len(ids) or known.caused_by else shares,
        **{name: getattr(known, name) or shares for name in _COLUMNS},
    }
    if len(known.moves_ppm):
        columns = {**columns, "equities": known.equities, "exposures": known.exposures}
    if len(known.payouts) or len(known.fees):
        columns = {**columns, "payouts": known.payouts, "fees": known.fees}
    problems = [
        Problem("length", f"has {len(column)} rows, expected one for each of {len(shares)} shares", name)
        for name, column in columns.items()
        if len(column) != len(shares)
    ]
    for name, numbers in (("shares", shares), ("weights", weights)):
        if len(numbers) and min(numbers) < 0:
            row = next(place for place, number in enumerate(numbers) if number < 0)
            problems.append(
                Problem("negative_amount", f"is {numbers[row]}, expected >= 0", f"{name}:row {row}")
            )
    if problems:
        raise InputError.of(problems)


_COLUMNS = ("owners", "pnl", "equities", "exposures", "closed", "payouts", "fees")
