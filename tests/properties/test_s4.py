"""S4: who holds more pays no less, within a unit; one more unit of loss lowers no share by more than one."""

from __future__ import annotations

from hypothesis import given

from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata
from tests.allocation.test_proportional import claims


@given(claims())
def test_s4_a_larger_claim_pays_no_less(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, _, ties = case
    shares = allocate_pro_rata(total, weights, tie_key=ties)
    for share, weight in zip(shares, weights, strict=True):
        for other, other_weight in zip(shares, weights, strict=True):
            assert weight <= other_weight or share >= other - 1


@given(claims())
def test_s4_among_those_below_their_caps_a_larger_claim_pays_no_less(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, caps, ties = case
    for shares in (
        allocate_capped(total, weights, caps, tie_key=ties),
        allocate_per_unit(total, weights, caps),
    ):
        free = [(s, w) for s, w, cap in zip(shares, weights, caps, strict=True) if s < cap]
        for share, weight in free:
            assert all(weight <= other_weight or share >= other - 1 for other, other_weight in free)


@given(claims())
def test_s4_one_more_unit_of_loss_lowers_no_share_by_more_than_one(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, caps, ties = case
    for rule in (
        lambda amount: allocate_pro_rata(amount, weights, tie_key=ties),
        lambda amount: allocate_capped(amount, weights, caps, tie_key=ties),
    ):
        if total:
            less, more = rule(total - 1), rule(total)
            assert all(after >= before - 1 for before, after in zip(less, more, strict=True))
