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


def test_samples_of_arrivals_keep_the_endowment_and_state_their_error() -> None:
    drawn = sampled_arrival(10, [4, 8, 9], ids=["a", "b", "c"], event="e", seed=2, samples=3000)
    assert sum(drawn.awards) == 10
    exact = award("RA", 10, [4, 8, 9])
    for (low, high), truth in zip(drawn.interval(), exact, strict=True):
        assert low <= truth <= high
    moved = sampled_arrival(10, [9, 4, 8], ids=["c", "a", "b"], event="e", seed=2, samples=3000)
    assert [moved.awards[place] for place in (1, 2, 0)] == list(drawn.awards)
