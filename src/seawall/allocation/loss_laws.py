"""The laws of rules that share a loss in whole units: S1 to S9 but S6, within the unit each allows.

A law that a rule breaks is no defect as long as it is declared: a queue is a queue. What a
rule may not do is break a law in silence.

Source:
    Largest remainder and its paradoxes: Balinski and Young, Fair Representation.
    Monotonicity and sybil resistance of deleveraging: Chitra, arXiv 2512.01112.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from seawall.allocation.axioms import Axiom, Breach
from seawall.allocation.cases import Case, Judged, Number, drawn_losses, drawn_lots
from seawall.core.rounding import mul_div_down

__all__ = ["LOSS_LAWS"]

SCALES = (2, 10)


def _exact(rule: Judged, case: Case) -> Iterator[Breach]:
    shares, caps = rule(case), case.bounds
    bearable = sum(cap for cap, size in zip(caps, case.sizes, strict=True) if size)
    expected = min(case.amount, bearable)
    if sum(shares) != expected:
        yield Breach(
            f"the shares sum to {sum(shares)}, expected {expected}",
            {"sum": sum(shares), "expected": expected},
        )
    for place, share in enumerate(shares):
        size = case.sizes[place]
        most = caps[place] if size else 0
        if not 0 <= share <= most:
            yield Breach(f"the share of {size} is {share}, expected 0 to {most}", {"place": place})


def _quota(rule: Judged, case: Case) -> Iterator[Breach]:
    whole, caps = sum(case.sizes), case.bounds
    if any(cap * whole < case.amount * size for cap, size in zip(caps, case.sizes, strict=True)):
        return  # a cap binds: the shares of the others rise above their quota, as they must
    for place, share in enumerate(rule(case)):
        size = case.sizes[place]
        if _gap(share * whole, case.amount * size) >= max(whole, 1):
            yield Breach(
                f"the weight {size} bears {share}, a unit or more away from its quota"
                f" {case.amount}*{size}/{whole}",
                {"place": place, "share": share},
            )


def _permutation(rule: Judged, case: Case) -> Iterator[Breach]:
    shares, count = rule(case), len(case.sizes)
    for turned in (list(reversed(range(count))), [*range(1, count), 0]):
        again = rule(case.rearranged(turned))
        for place, share in zip(turned, again, strict=True):
            if share != shares[place]:
                yield Breach(
                    f"{case.names[place]} bears {shares[place]}, and {share} when the rows stand in another"
                    " order",
                    {"place": place, "before": shares[place], "after": share},
                )


def _equal_treatment(rule: Judged, case: Case) -> Iterator[Breach]:
    shares, caps = rule(case), case.bounds
    for one in range(len(shares)):
        for other in range(one):
            alike = case.sizes[one] == case.sizes[other] and caps[one] == caps[other]
            if alike and _gap(shares[one], shares[other]) > 1:
                yield Breach(
                    f"two of weight {case.sizes[one]} bear {shares[other]} and {shares[one]}",
                    {"places": (other, one), "shares": (shares[other], shares[one])},
                )


def _monotone(rule: Judged, case: Case) -> Iterator[Breach]:
    shares, caps = rule(case), case.bounds
    for one, size in enumerate(case.sizes):
        for other, less in enumerate(case.sizes):
            if size > less and caps[one] >= caps[other] and shares[one] < shares[other] - 1:
                yield Breach(
                    f"the weight {size} bears {shares[one]}, the smaller weight {less} bears {shares[other]}",
                    {"places": (one, other), "shares": (shares[one], shares[other])},
                )


def _loss_monotone(rule: Judged, case: Case, *, units: int) -> Iterator[Breach]:
    if case.amount + 1 > sum(case.bounds):
        return
    more = rule(replace(case, amount=case.amount + 1))
    for place, (one, other) in enumerate(zip(rule(case), more, strict=True)):
        if other < one - units:
            yield Breach(
                f"one unit more of loss lowers the share of {case.sizes[place]} from {one} to {other}",
                {"place": place, "before": one, "after": other},
            )


def _scale(rule: Judged, case: Case) -> Iterator[Breach]:
    shares = rule(case)
    for factor in SCALES:
        sizes = tuple(size * factor for size in case.sizes)
        caps = tuple(cap * factor for cap in case.bounds)
        larger = rule(replace(case, amount=case.amount * factor, sizes=sizes, caps=caps))
        for place, (one, other) in enumerate(zip(shares, larger, strict=True)):
            if _gap(other, one * factor) > factor:
                yield Breach(
                    f"all numbers times {factor}: the share of {case.sizes[place]} is {other},"
                    f" more than {factor} units away from {factor}*{one}",
                    {"place": place, "factor": factor, "before": one, "after": other},
                )


def _split_proof(rule: Judged, case: Case) -> Iterator[Breach]:
    before = rule(case)
    for place, size in enumerate(case.sizes):
        for part in sorted({1, int(size) >> 1}):
            if not 0 < part < size:
                continue
            halves = case.split(place, (part, int(size) - part))
            after = sum(rule(halves)[-2:])
            if _gap(after, before[place]) > 2:
                yield Breach(
                    f"splitting {size} into {part} and {size - part} moves what its owner bears"
                    f" from {before[place]} to {after}",
                    {"place": place, "parts": (part, size - part), "before": before[place], "after": after},
                )


def _composed(rule: Judged, case: Case) -> Iterator[Breach]:
    at_once = rule(case)
    for first in sorted({1, int(case.amount) >> 1}):
        if not 0 < first < case.amount:
            continue
        early = rule(replace(case, amount=first))
        room = tuple(int(cap - paid) for cap, paid in zip(case.bounds, early, strict=True))
        left = tuple(size - paid for size, paid in zip(case.sizes, early, strict=True))
        late = rule(replace(case, amount=case.amount - first, sizes=left, caps=room))
        for place, (whole, one, two) in enumerate(zip(at_once, early, late, strict=True)):
            if _gap(whole, one + two) > 1:
                yield Breach(
                    f"a loss found as {first} and then the rest charges {case.sizes[place]} {one}+{two},"
                    f" and {whole} at once",
                    {"place": place, "at_once": whole, "in_stages": one + two},
                )


def _whole_lots(rule: Judged, case: Case) -> Iterator[Breach]:
    shares, lot = rule(case), case.lot
    for place, share in enumerate(shares):
        if share != mul_div_down(int(share), 1, lot) * lot:
            yield Breach(f"{case.names[place]} bears {share}, no whole lots of {lot}", {"place": place})
    over = sum(shares) - case.amount
    if over >= lot:
        yield Breach(f"the shares exceed the loss by {over}, a lot of {lot} or more", {"over": over})


def _gap(one: Number, other: Number) -> Number:
    return max(one, other) - min(one, other)


_IN_UNITS = tuple(
    Axiom(name, sentence, breaches, drawn_losses)
    for name, sentence, breaches in (
        ("S1_exact", "the shares sum to the loss, none below zero or above its cap", _exact),
        ("S2_quota", "where no cap binds, a share is less than a unit from proportional", _quota),
        ("S3_permutation", "the order of the rows changes nothing", _permutation),
        ("equal_treatment", "equals bear the same, within a unit", _equal_treatment),
        ("S4_monotone", "the larger balance bears no less, within a unit", _monotone),
        (
            "S4_loss_monotone",
            "a larger loss lowers no share by more than a unit",
            partial(_loss_monotone, units=1),
        ),
        (
            "S7_loss_monotone",
            "a larger loss lowers no share at all",
            partial(_loss_monotone, units=0),
        ),
        ("scale", "all numbers in another unit give the same shares, within a unit", _scale),
        (
            "S5_split_proof",
            "splitting an account in two moves its owner's total by at most two",
            _split_proof,
        ),
        ("S8_composed", "a loss found in two parts charges as one, within a unit", _composed),
    )
)
LOSS_LAWS = (
    *_IN_UNITS,
    Axiom("S9_lots", "shares are whole lots, and exceed the loss by less than one", _whole_lots, drawn_lots),
)
