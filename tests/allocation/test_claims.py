"""The claims rules: published tables, and each against its slow twin."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.arrival import sampled_arrival
from seawall.allocation.claims import AWARD_RULES, award
from seawall.errors import InputError
from tests.models.claims import AWARDS


@st.composite
def problems(draw: st.DrawFn) -> tuple[Fraction, list[Fraction]]:
    claims = draw(st.lists(st.fractions(0, 20, max_denominator=4), min_size=1, max_size=5))
    part = draw(st.fractions(0, 1, max_denominator=12))
    return sum(claims, Fraction(0)) * part, claims


@pytest.mark.parametrize("rule", sorted(AWARD_RULES))
@given(problem=problems())
def test_a_rule_is_its_slow_twin(rule: str, problem: tuple[Fraction, list[Fraction]]) -> None:
    endowment, claims = problem
    awards = award(rule, endowment, claims)
    assert awards == AWARDS[rule](endowment, claims)
    assert sum(awards) == endowment
    assert all(0 <= got <= claim for got, claim in zip(awards, claims, strict=True))


@pytest.mark.parametrize(
    ("endowment", "awards"),
    [
        (100, ["100/3", "100/3", "100/3"]),
        (200, ["50", "75", "75"]),
        (300, ["50", "100", "150"]),
    ],
)
def test_the_talmud_awards_its_three_published_estates(endowment: int, awards: list[str]) -> None:
    assert [str(got) for got in award("Talmud", endowment, [100, 200, 300])] == awards


def test_merging_pays_under_equal_losses() -> None:
    apart = award("CEL", 8, [5, 6, 6, 3])
    together = award("CEL", 8, [5, 6, 9])
    assert (apart[2] + apart[3], together[2]) == (3, 5)


def test_all_that_is_wrong_with_a_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        award("half", 9, [3, -1])
    assert [problem.code for problem in caught.value.problems] == [
        "unknown_rule",
        "negative_amount",
        "out_of_range",
    ]


@pytest.mark.parametrize(("claimants", "is_refused"), [(10, False), (11, True)])
def test_random_arrival_is_exact_up_to_ten(claimants: int, is_refused: bool) -> None:
    claims = [Fraction(2)] * claimants
    if is_refused:
        with pytest.raises(InputError, match="sampled_arrival"):
            award("RA", 7, claims)
    else:
        assert award("RA", 7, claims) == [Fraction(7, 10)] * 10


def test_sampled_arrivals_are_means_of_whole_orders_whatever_the_size_of_the_numbers() -> None:
    """Claims beyond 63 bits are summed as Python ints: the same orders, the same means."""
    ids, claims = [f"c{number}" for number in range(30)], [3 * number for number in range(30)]
    small = sampled_arrival(400, claims, ids=ids, event="e", seed=2, samples=50)
    large = sampled_arrival(
        400 << 70, [claim << 70 for claim in claims], ids=ids, event="e", seed=2, samples=50
    )
    assert [mean * (1 << 70) for mean in small.awards] == list(large.awards)
    assert sum(small.awards) == 400
    assert all(
        50 % mean.denominator == 0 and mean <= claim for mean, claim in zip(small.awards, claims, strict=True)
    )
    assert large.standard_errors_ppm != (1,) * 30


def test_nobody_comes_first_more_often_than_another() -> None:
    """A unit for whoever comes first: 6,000 orders of 3, each share a third within four standard errors."""
    drawn = sampled_arrival(1, [1, 1, 1], ids=["a", "b", "c"], event="e", seed=5, samples=6000)
    assert all(abs(mean * 6000 - 2000) < 4 * 37 for mean in drawn.awards)
    second = sampled_arrival(2, [1, 2, 2], ids=["a", "b", "c"], event="e", seed=5, samples=6000)
    for mean, truth in zip(second.awards, award("RA", 2, [1, 2, 2]), strict=True):
        assert abs(mean - truth) < Fraction(4 * 2, 77)  # 4 standard errors of at most 2 / sqrt(6000)


def test_whoever_comes_first_and_claims_more_than_all_gets_all() -> None:
    drawn = sampled_arrival(7, [8, 9], ids=["a", "b"], event="e", seed=5, samples=1000)
    assert sum(drawn.awards) == 7
    assert all(abs(mean - Fraction(7, 2)) < Fraction(1, 2) for mean in drawn.awards)  # 4 errors of 0.11


def test_samples_of_arrivals_keep_the_endowment_and_state_their_error() -> None:
    drawn = sampled_arrival(10, [4, 8, 9], ids=["a", "b", "c"], event="e", seed=2, samples=3000)
    assert sum(drawn.awards) == 10
    exact = award("RA", 10, [4, 8, 9])
    for (low, high), truth in zip(drawn.interval(), exact, strict=True):
        assert low <= truth <= high
    moved = sampled_arrival(10, [9, 4, 8], ids=["c", "a", "b"], event="e", seed=2, samples=3000)
    assert [moved.awards[place] for place in (1, 2, 0)] == list(drawn.awards)
