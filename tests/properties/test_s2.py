"""S2: a share is within a unit of its quota; with caps, the uncapped keep one ratio within a unit."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given

from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata
from tests.allocation.test_proportional import claims


@given(claims())
def test_s2_every_share_is_less_than_a_unit_from_its_quota(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, _, ties = case
    shares = allocate_pro_rata(total, weights, tie_key=ties)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(claims())
def test_s2_below_their_caps_all_pay_one_ratio_within_a_unit(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, caps, ties = case
    shares = allocate_capped(total, weights, caps, tie_key=ties)
    free = [(s, w) for s, w, cap in zip(shares, weights, caps, strict=True) if w and s < cap]
    for share, weight in free:
        for other, other_weight in free:
            # share / weight and other / other_weight lie within a unit of one level each.
            assert abs(share * other_weight - other * weight) < weight + other_weight
    for share, weight, cap in zip(shares, weights, caps, strict=True):
        if weight and share == cap:  # a capped one pays no more than the level
            assert all((share - 1) * w <= (s + 1) * weight for s, w in free)


@given(claims())
def test_s2_per_unit_charges_are_the_exact_ones_rounded_up(case) -> None:  # type: ignore[no-untyped-def]
    total, sizes, caps, _ = case
    charges = allocate_per_unit(total, sizes, caps)
    free = [(c, q) for c, q, cap in zip(charges, sizes, caps, strict=True) if q and c < cap]
    for charge, size in free:
        for other, other_size in free:
            assert charge * other_size < (other + 1) * size + size * other_size
            assert abs(charge * other_size - other * size) < size + other_size
