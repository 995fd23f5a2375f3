"""What simulated losses say of the tail: expected loss, P(any), VaR and ES, each with its interval.

* Plain paths: VaR by ranks of order statistics (no assumption), P(any) by Clopper-Pearson, expected loss
  and ES as means. The ES is VaR + E max(0, L - VaR) / (1 - q), whose first-order error is that of this
  mean at a fixed VaR.
* Weighted or batched paths (importance sampling, scrambled Sobol): means over batches, and VaR by
  inverting the interval of the tail probability.

An answer that fewer than `BACKING` paths back is refused, with how many paths it would take. Paths that
were aimed say little of where nobody aimed: a part of the law as likely as the tail asked for must have
been met by chance, or the answer is refused too.
Deterministic; a loss is positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.order_statistics import proportion_interval, var_ranks
from seawall.analysis.sample import Estimate, Mean, Method, Sample, effective
from seawall.errors import InputError

__all__ = ["BACKING", "Estimate", "Refused", "TailEstimates", "estimate_tail", "surely_met"]

BACKING = 100

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refused:
    """No number: too few paths decide it.

    Attributes:
        reason: What was found, what is needed, what to do.
        backed_by: Effective number of paths that would have decided it [paths].
        paths_needed: Plain paths that would, as far as these can tell; more paths like these, where it is
            for what aimed ones may have missed [paths].
    """

    reason: str
    backed_by: float
    paths_needed: int


@dataclass(frozen=True, slots=True)
class TailEstimates:
    """What `estimate_tail` found.

    Attributes:
        n: Paths.
        effective_n: (sum w)^2 / sum w^2 [paths]; n where there are no weights.
        unseen: What is as likely as this was met by one path at least, at `confidence`, wherever paths were
            aimed [1]; None where nothing bounds their weights.
        confidence: Of every interval [1].
        prob_any: Probability of any loss [1].
        expected_loss: Mean loss [money].
        var, es: By level [money].
    """

    n: int
    effective_n: float
    unseen: float | None
    confidence: float
    prob_any: Estimate
    expected_loss: Estimate | Refused
    var: dict[float, Estimate | Refused]
    es: dict[float, Estimate | Refused]


def estimate_tail(
    losses: Floats,
    *,
    weights: Floats | None = None,
    batches: Ints | None = None,
    numbers: Ints | None = None,
    drawn: int | None = None,
    weight_max: float | None = None,
    levels: Sequence[float] = (0.99, 0.999),
    confidence: float = 0.95,
) -> TailEstimates:
    """Return P(any), expected loss, VaR and ES of losses, each with its interval or refused.

    VaR is the smallest loss that is exceeded with probability at most 1 - q, ES the mean of the worst
    1 - q. Zeros are ordinary losses: a VaR of zero is an answer.

    Args:
        losses: Of each path, shape (n_paths,), >= 0 [money].
        weights: Likelihood ratio of each path, mean one, >= 0, shape (n_paths,) [1]; None where paths are
            drawn as they are.
        batches: Number of the batch of each path, shape (n_paths,): batches are independent of each other,
            paths within one need not be (one scramble of a Sobol net), and hold equally many. Where there
            are weights and no batches, 50 runs of consecutive paths.
        numbers: Number of each path among those drawn, shape (n_paths,), where paths of weight zero have no
            row here; batches are then 50 runs of consecutive numbers.
        drawn: How many were drawn, with `numbers`.
        weight_max: What no path of the law can weigh more than, met or not, >= 1 [1]: all that happens is
            drawn at least 1 / `weight_max` times as often.
        levels: Each above 0 and below 1 [1].
        confidence: Of the intervals, above 0 and below 1 [1].

    Raises:
        InputError: Shapes do not fit, a loss or weight is negative or not finite, weights do not average
            one, or there are fewer than 20 batches or unequal ones.

    Source:
        Serfling, Approximation Theorems (1980), 2.3; Hall, On the removal of skewness by transformation
        (1992); Manistre and Hancock (2005); Glynn, Importance
        sampling for Monte Carlo estimation of quantiles (1996); Schmeiser, Batch size effects (1982).

    >>> found = estimate_tail(np.arange(20_000.0), levels=[0.99, 0.999])
    >>> found.var[0.99].value, found.es[0.999].paths_needed
    (19799.0, 100000)
    """
    sample = Sample.of(losses, weights, batches, confidence, numbers, drawn)
    wrong = [level for level in levels if not 0 < level < 1]
    if wrong or not 0 < confidence < 1:
        raise InputError(
            f"levels and confidence: expected above 0 and below 1, got {[*levels]} and {confidence}"
        )
    unseen = None if weight_max is None else surely_met(sample.n, weight_max, confidence=confidence)
    return TailEstimates(
        n=sample.n,
        effective_n=effective(sample.weights),
        unseen=unseen,
        confidence=confidence,
        prob_any=_prob_any(sample),
        expected_loss=_expected(sample),
        var={level: _if_met("VaR", _value_at_risk(sample, level), sample, level, unseen) for level in levels},
        es={
            level: _if_met("ES", _expected_shortfall(sample, level), sample, level, unseen)
            for level in levels
        },
    )


def _prob_any(sample: Sample) -> Estimate:
    losing = sample.losses > 0
    backed_by = effective(sample.weights[losing])
    count, n = int(losing.sum()), sample.n
    if sample.labels is not None and not count:
        # Every state that loses is looked at with at least its chance over the largest weight.
        _, high = proportion_interval(0, n, confidence=sample.confidence)
        most = min(1.0, high * float(sample.weights.max()))
        return Estimate(0.0, 0.0, most, "clopper-pearson", backed_by)
    if sample.labels is not None:
        return sample.mean(losing.astype(np.float64)).at("batch means", backed_by, most=1.0)
    low, high = proportion_interval(count, n, confidence=sample.confidence)
    return Estimate(count / n, low, high, "clopper-pearson", backed_by)


def _expected(sample: Sample) -> Estimate | Refused:
    backed_by = effective(sample.weights[sample.losses > 0])
    if backed_by < BACKING:
        return _refused("the expected loss", sample, backed_by)
    return sample.mean(sample.losses).at(_method(sample), backed_by)


def _value_at_risk(sample: Sample, q: float) -> Estimate | Refused:
    value = _quantile(sample, q)
    backed_by = _backing(sample, q, value)
    if backed_by < BACKING:
        return _too_deep("VaR", sample, q, backed_by)
    if sample.labels is None:
        ranks, n = var_ranks(len(sample.ranked), q, confidence=sample.confidence), len(sample.ranked)
        low, high = float(sample.ranked[n - ranks.low]), float(sample.ranked[n - ranks.high])
        return Estimate(value, low, high, "ranks", backed_by)
    low, high = _inverted(sample, q)
    above = sample.mean((sample.losses > value).astype(np.float64))
    return Estimate(value, low, high, "batch means", backed_by, above.variance_ratio)


def _expected_shortfall(sample: Sample, q: float) -> Estimate | Refused:
    value = _quantile(sample, q)
    if (deep := _backing(sample, q, value)) < BACKING:
        return _too_deep("ES", sample, q, deep)
    backed_by = effective(sample.weights[(sample.losses > 0) & (sample.losses >= value)])
    if backed_by < BACKING:
        return _refused(f"ES at {q:.4g}", sample, backed_by)
    excess = sample.mean(np.maximum(0.0, sample.losses - value) / (1 - q))
    return excess.at(_method(sample), backed_by, origin=value)


def surely_met(n: int, weight_max: float, *, confidence: float = 0.95) -> float:
    """Return from which chance on at least one of n paths met what happens, wherever they were aimed [1].

    None meets it with a chance below exp(-n chance / weight_max), which is what the confidence leaves.

    >>> round(surely_met(4000, 1 / 0.25), 5), round(surely_met(100_000, 1.0), 5)
    (0.003, 3e-05)
    """
    return min(1.0, weight_max * -log(1 - confidence) / n)


def _if_met(
    name: str, found: Estimate | Refused, sample: Sample, q: float, unseen: float | None
) -> Estimate | Refused:
    # No estimate where something as likely as the whole tail may have been met by no path.
    if unseen is None or unseen <= (1 - q) * (1 + 1e-9) or isinstance(found, Refused):
        return found
    needed = ceil(round(sample.n * unseen / (1 - q), 6))
    return Refused(
        f"{name} at {q:.4g}: what happens on {unseen:.2g} of paths may have been missed where nobody aimed,"
        f" expected at most {1 - q:.2g}: run {needed:,} such paths (now {sample.n:,})",
        found.backed_by,
        needed,
    )


def _method(sample: Sample) -> Method:
    return "skew-corrected normal" if sample.labels is None else "batch means"


def _quantile(sample: Sample, q: float) -> float:
    # The smallest loss exceeded with probability at most 1 - q: weights of what lies above, from the top.
    allowed = (1 - q) * sample.n * (1 + 1e-12)
    place = int(np.searchsorted(sample.above, allowed, side="right"))
    return float(sample.ranked[place]) if place < len(sample.ranked) else 0.0


def _inverted(sample: Sample, q: float) -> tuple[float, float]:
    # All x whose tail probability, at its own interval, may be 1 - q.
    ranked = sample.ranked

    def reaches(place: int, end: Callable[[Mean], float]) -> bool:
        return end(sample.mean((sample.losses > ranked[place]).astype(np.float64))) > 1 - q

    def first(holds: Callable[[int], bool]) -> int:
        low, high = -1, len(ranked)
        while high - low > 1:
            middle = (low + high) // 2
            if holds(middle):
                high = middle
            else:
                low = middle
        return high

    highest = first(
        lambda place: reaches(place, lambda mean: mean.high)
    )  # the first loss that may be too low
    lowest = first(
        lambda place: reaches(place, lambda mean: mean.low)
    )  # the first that is too low for certain
    high = float(ranked[max(0, highest - 1)])
    low = float(ranked[lowest - 1]) if lowest else high
    return low, high


def _backing(sample: Sample, q: float, value: float) -> float:
    if sample.labels is None or not value:
        return round(effective(sample.weights) * (1 - q), 6)
    return effective(sample.weights[sample.losses >= value])


def _too_deep(name: str, sample: Sample, q: float, backed_by: float) -> Refused:
    needed, advice = _more(sample, backed_by, ceil(round(BACKING / (1 - q), 6)))
    return Refused(
        f"{name} at {q:.4g}: {backed_by:.4g} paths lie in the tail, expected {BACKING}: {advice}",
        backed_by,
        needed,
    )


def _refused(name: str, sample: Sample, backed_by: float) -> Refused:
    n = sample.n
    most = proportion_interval(int(backed_by), n, confidence=sample.confidence)[1]
    share = float(((sample.losses > 0) * sample.weights).sum() / n) or most
    needed, advice = _more(sample, backed_by, ceil(BACKING / share), about="about ")
    return Refused(
        f"{name}: {backed_by:.4g} of {n:,} paths lose anything, expected {BACKING}: {advice}",
        backed_by,
        needed,
    )


def _more(sample: Sample, backed_by: float, plain: int, *, about: str = "") -> tuple[int, str]:
    # How many paths would back a figure: of weighted ones so many more as these are short of it.
    if sample.labels is None or not backed_by:
        return plain, f"run {about}{plain:,} plain paths (now {sample.n:,}) or sample the tail"
    such = ceil(sample.n * BACKING / backed_by)
    return such, f"run about {such:,} paths like these (now {sample.n:,}), or {about}{plain:,} plain ones"
