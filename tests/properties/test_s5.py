"""S5: splitting an account into m parts changes what its owner pays by at most m units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata, tie_keys
from tests.allocation.test_proportional import claims


@given(claims(), st.data())
def test_s5_parts_together_pay_what_the_whole_did(case, data) -> None:  # type: ignore[no-untyped-def]
    total, weights, _, ties = case
    cuts = sorted(data.draw(st.lists(st.integers(0, weights[0]), max_size=4)))
    parts = [after - before for before, after in zip([0, *cuts], [*cuts, weights[0]], strict=True)]
    part_ties = tie_keys("parts", [str(number) for number in range(len(parts))])
    whole = allocate_pro_rata(total, weights, tie_key=ties)[0]
    split = allocate_pro_rata(total, [*parts, *weights[1:]], tie_key=[*part_ties, *ties[1:]])
    assert abs(sum(split[: len(parts)]) - whole) <= len(parts)


@given(claims(), st.integers(2, 5))
def test_s5_caps_that_are_split_along_keep_it(case, count: int) -> None:  # type: ignore[no-untyped-def]
    """Fractional caps are sybil-proof; absolute floors are not: see the frozen counterexample."""
    total, weights, caps, ties = case
    part_ties = tie_keys("parts", [str(number) for number in range(count)])
    all_weights = [weights[0]] * count + [weight * count for weight in weights[1:]]
    all_caps = [caps[0]] * count + [cap * count for cap in caps[1:]]
    whole = allocate_capped(
        total * count, [weight * count for weight in weights], [cap * count for cap in caps], tie_key=ties
    )
    split = allocate_capped(total * count, all_weights, all_caps, tie_key=[*part_ties, *ties[1:]])
    assert abs(sum(split[:count]) - whole[0]) <= count


@given(claims(), st.integers(2, 5))
def test_s5_a_charge_per_unit_cannot_be_lowered_by_splitting(case, count: int) -> None:  # type: ignore[no-untyped-def]
    total, sizes, caps, _ = case
    whole = allocate_per_unit(total * count, [size * count for size in sizes], [cap * count for cap in caps])
    split = allocate_per_unit(
        total * count,
        [sizes[0]] * count + [size * count for size in sizes[1:]],
        [caps[0]] * count + [cap * count for cap in caps[1:]],
    )
    assert 0 <= sum(split[:count]) - whole[0] <= count
