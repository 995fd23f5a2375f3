"""One entry, every rule: sums, order of rows, lots, ties, and what each rule says in small cases."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.allocate import RULES, Allocation, allocate, allocation_rules
from seawall.allocation.min_max import allocate_min_max, water_level
from seawall.allocation.proportional import tie_keys
from seawall.allocation.scores import SCORES, Winner, queue_order
from seawall.allocation.sharing import Answer, RuleOfAllocation
from seawall.core.layers import AdlTerms
from seawall.errors import InputError, InvariantError
from tests.models import allocation as twin
from tests.models.claims import AWARDS

NAMES = [f"account-{number}" for number in range(8)]
LOSS_RULES = {
    "adjusted_proportional": "APRO",
    "average": "AV",
    "cea": "CEA",
    "cel": "CEL",
    "minimal_overlap": "MO",
    "piniles": "Piniles",
    "random_arrival": "RA",
    "reverse_talmud": "RTalmud",
    "talmud": "Talmud",
}


@st.composite
def questions(draw: st.DrawFn, top: int = 60) -> dict[str, Any]:
    """Arguments of `allocate` for up to six accounts, with and without caps, in lots of 1 to 9."""
    size = draw(st.integers(1, 6))
    numbers = st.lists(st.integers(0, top), min_size=size, max_size=size)
    weights = draw(numbers)
    return {
        "budget": draw(st.integers(0, 2 * sum(weights) + 5)),
        "weights": weights,
        "caps": draw(st.none() | numbers),
        "ids": draw(st.permutations(NAMES))[:size],
        "event": draw(st.sampled_from(["storm", "flood"])),
        "lot": draw(st.sampled_from([1, 1, 2, 9])),
        "order": draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size)),
        "contracts": [draw(st.integers(1, 30)) if weight else 0 for weight in weights],
        "leverages_ppm": draw(st.lists(st.integers(0, 5 * 10**6), min_size=size, max_size=size)),
        "seed": draw(st.integers(0, 3)),
    }


def bounds_of(question: dict[str, Any]) -> list[int]:
    caps = question["weights"] if question["caps"] is None else question["caps"]
    return [cap if weight else 0 for cap, weight in zip(caps, question["weights"], strict=True)]


@pytest.mark.parametrize("rule", sorted(RULES))
@given(question=questions())
def test_shares_and_what_is_left_are_the_budget_to_the_unit(rule: str, question: dict[str, Any]) -> None:
    found = allocate(rule=rule, **question)
    spent = question["budget"] + found.overshoot + found.value_overshoot
    assert sum(found.shares) + found.left == spent
    assert min(found.left, found.overshoot + found.value_overshoot) == 0
    assert 0 <= found.overshoot < question["lot"]
    is_free = question["caps"] is None and rule in ("pro_rata", "per_unit")
    for share, weight, bound in zip(found.shares, question["weights"], bounds_of(question), strict=True):
        assert share >= 0
        assert is_free or share <= bound
        assert weight or not share
        assert rule == "contract_pro_rata" or share % question["lot"] == 0


# These leave something although somebody could bear it; each says so.
LEAVES = {"contract_pro_rata", "leverage_pro_rata", "pro_rata", "risk_aware"}


@pytest.mark.parametrize("rule", sorted(set(RULES) - LEAVES))
@given(question=questions())
def test_nothing_is_left_that_whole_lots_within_the_bounds_could_bear(
    rule: str, question: dict[str, Any]
) -> None:
    found = allocate(rule=rule, **question)
    lot = question["lot"]
    if question["caps"] is None and rule == "per_unit":
        bearable = question["budget"] + lot if any(question["weights"]) else 0
    else:
        bearable = sum(bound - bound % lot for bound in bounds_of(question))
    assert found.left == max(0, question["budget"] - bearable)


@pytest.mark.parametrize("rule", sorted(RULES))
@given(question=questions(), data=st.data())
def test_the_order_of_the_rows_changes_nothing(rule: str, question: dict[str, Any], data: Any) -> None:
    places = data.draw(st.permutations(range(len(question["ids"]))))
    moved = {
        name: [value[place] for place in places] if isinstance(value, list) else value
        for name, value in question.items()
    }
    first, second = allocate(rule=rule, **question), allocate(rule=rule, **moved)
    assert dict(zip(first.ids, first.shares, strict=True)) == dict(
        zip(second.ids, second.shares, strict=True)
    )
    assert (first.left, first.overshoot, first.value_overshoot) == (
        second.left,
        second.overshoot,
        second.value_overshoot,
    )


@pytest.mark.parametrize(("rule", "name"), LOSS_RULES.items())
@given(question=questions(12))
def test_a_claims_rule_takes_the_claim_less_its_award_within_a_unit(
    rule: str, name: str, question: dict[str, Any]
) -> None:
    claims = bounds_of(question)
    loss = min(question["budget"], sum(claims))
    found = allocate(**{**question, "lot": 1}, rule=rule)
    awards = AWARDS[name](sum(claims) - loss, claims)
    for share, claim, award in zip(found.shares, claims, awards, strict=True):
        assert abs(share - (claim - award)) < 1
    assert sum(found.shares) == loss


@given(question=questions())
def test_capped_and_pro_rata_are_their_slow_twins(question: dict[str, Any]) -> None:
    question["lot"] = 1
    ties, weights, bounds = (
        tie_keys(question["event"], question["ids"]),
        question["weights"],
        bounds_of(question),
    )
    total = min(question["budget"], sum(bounds))
    assert list(allocate(**question, rule="capped").shares) == twin.capped(total, weights, bounds, ties)
    if any(weights):
        expected = twin.pro_rata(question["budget"], weights, ties)
        if question["caps"] is not None:
            expected = [min(pair) for pair in zip(expected, question["caps"], strict=True)]
        assert list(allocate(**question, rule="pro_rata").shares) == expected


def of(rule: str, budget: int = 60, **more: Any) -> Allocation:
    """The four winners of the paper's shape: profit 100, 50, 30, 20 at leverage 2, 10, 5, 1."""
    given = {
        "order": [100 * 2, 50 * 10, 30 * 5, 20],
        "leverages_ppm": [2_000_000, 10_000_000, 5_000_000, 1_000_000],
        "contracts": [10, 10, 10, 10],
    }
    return allocate(budget, [100, 50, 30, 20], rule=rule, ids=["a", "b", "c", "d"], **{**given, **more})


@pytest.mark.parametrize(
    ("rule", "shares"),
    [
        ("pro_rata", (30, 15, 9, 6)),
        ("capped", (30, 15, 9, 6)),
        ("min_max", (30, 15, 9, 6)),
        ("queue", (10, 50, 0, 0)),  # scores 200, 500, 150, 20
        ("fifo", (10, 0, 30, 20)),  # the lowest of those as a time
        ("withdrawal_order", (10, 50, 0, 0)),  # the last to withdraw bears first
        ("leverage_pro_rata", (14, 35, 10, 1)),  # 200, 500, 150, 20 of 870: 13.79 34.48 10.34 1.38
        ("risk_aware", (4, 49, 7, 0)),  # 400, 5000, 750, 20 of 6170: 3.89 48.62 7.29 0.19
        ("contract_pro_rata", (30, 15, 9, 6)),  # 12 of 40 contracts, 3 each: three tenths of each gain
        ("cea", (55, 5, 0, 0)),  # keep 45, 45, 30, 20
        ("cel", (15, 15, 15, 15)),
        ("talmud", (18, 17, 15, 10)),  # halves 50 25 15 10 bound: 17.5 17.5 15 10, the tie by hash
    ],
)
def test_each_rule_on_four_winners(rule: str, shares: tuple[int, ...]) -> None:
    assert of(rule).shares == shares


def test_leverage_pro_rata_raises_the_budget_where_the_printed_formula_does_not() -> None:
    """w = 8, 4 at leverage 1, 2: without its normalisation the formula raises 2.25 of 6."""
    found = allocate(6, [8, 4], rule="leverage_pro_rata", ids=["a", "b"], leverages_ppm=[10**6, 2 * 10**6])
    assert found.shares == (3, 3)


@pytest.mark.parametrize(
    ("curve", "shares"),
    [
        ("constant", (10, 20)),  # leverage 1 and 2
        ("linear", (6, 24)),  # 1 and 4
        ("quadratic", (3, 27)),  # 1 and 8: 3.33 26.67
        ("excess", (0, 30)),  # nothing above 1x, and 2
    ],
)
def test_the_risk_curve_weighs_leverage(curve: str, shares: tuple[int, int]) -> None:
    leverages = [10**6, 2 * 10**6]
    found = allocate(
        30, [90, 90], rule="risk_aware", ids=["a", "b"], leverages_ppm=leverages, risk_curve=curve
    )
    assert found.shares == shares


def test_contracts_shared_blind_to_gains_raise_too_little_or_too_much() -> None:
    """Two of four contracts are closed, one each; caps and gains decide what that raises."""
    short = allocate(9, [9, 9], [2, 9], rule="contract_pro_rata", ids=["a", "b"], contracts=[2, 2])
    assert (short.shares, short.left, short.value_overshoot) == ((0, 9), 0, 0)
    dear = allocate(5, [9, 1], rule="contract_pro_rata", ids=["a", "b"], contracts=[1, 1])
    assert (sum(dear.shares), dear.left + dear.value_overshoot) in ((9, 4), (1, 4))
    lots = allocate(5, [60, 40], rule="contract_pro_rata", ids=["a", "b"], contracts=[6, 4], lot=5)
    assert (lots.shares, lots.value_overshoot) == ((50, 0), 45)  # only a holds a whole lot of five


@pytest.mark.parametrize(
    ("budget", "lots", "overshoot"), [(0, 0, 0), (1, 1, 3), (4, 1, 0), (5, 2, 3), (8, 2, 0), (9, 3, 3)]
)
def test_a_budget_counts_up_to_whole_lots(budget: int, lots: int, overshoot: int) -> None:
    found = allocate(budget, [100, 60], ids=["a", "b"], rule="queue", order=[1, 2], lot=4)
    assert (found.shares, found.overshoot, found.left) == ((0, 4 * lots), overshoot, 0)


@pytest.mark.parametrize(("cap", "share"), [(7, 4), (8, 8), (9, 8)])
def test_a_cap_counts_down_to_whole_lots(cap: int, share: int) -> None:
    found = allocate(100, [100], [cap], ids=["a"], rule="capped", lot=4)
    assert (found.shares, found.left) == ((share,), 100 - share)


def test_equals_are_told_apart_by_the_event_and_not_by_their_row() -> None:
    events = [f"event-{number}" for number in range(40)]
    winners = {allocate(1, [1, 1], ids=["a", "b"], event=event).shares for event in events}
    assert winners == {(1, 0), (0, 1)}


def test_chance_hangs_on_the_seed_and_is_recorded() -> None:
    drawn = {of("random", 10, seed=seed).shares for seed in range(60)}
    assert len(drawn) == 4  # each of the four is hit first by some seed
    assert of("random", seed=7).shares == of("random", seed=7).shares
    assert of("random", seed=7).working["inputs"]["seed"] == 7  # type: ignore[index]


def test_every_order_is_as_likely() -> None:
    """6,000 seeds, six orders of three: each near 1,000 (five sigmas are 144)."""
    orders: dict[tuple[int, ...], int] = {}
    for seed in range(6000):
        found = allocate(3, [2, 2, 2], ids=["a", "b", "c"], rule="random", seed=seed).shares
        orders[found] = orders.get(found, 0) + 1
    assert len(orders) == 6
    assert all(abs(count - 1000) < 144 for count in orders.values())


def test_sampled_arrival_states_intervals_that_hold_the_exact_mean() -> None:
    """Twelve claimants beyond the exact limit; the truth by counting how many of each size come before."""
    claims = [3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5]
    ids = [f"c{number}" for number in range(12)]
    found = allocate(20, claims, ids=ids, rule="random_arrival", samples=4000, seed=1)
    small, large = _arrival_of_two_sizes(20, (3, 8), (5, 4))
    assert found.interval is not None
    for (low, high), claim in zip(found.interval, claims, strict=True):
        assert low <= (small if claim == 3 else large) <= high
        assert high - low <= 2
    assert sum(found.shares) == 20


def _arrival_of_two_sizes(loss: int, one: tuple[int, int], two: tuple[int, int]) -> tuple[Fraction, Fraction]:
    def mean(size: int, ones: int, twos: int) -> Fraction:
        others = ones + twos
        return sum(
            (
                Fraction(comb(ones, a) * comb(twos, b), comb(others, a + b) * (others + 1))
                * min(size, max(0, loss - a * one[0] - b * two[0]))
                for a, b in product(range(ones + 1), range(twos + 1))
            ),
            Fraction(0),
        )

    return mean(one[0], one[1] - 1, two[1]), mean(two[0], one[1], two[1] - 1)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=3), st.integers(0, 9))
def test_min_max_is_the_least_largest_fraction_of_all_splits(
    pairs: list[tuple[int, int]], total: int
) -> None:
    weights, caps = [list(column) for column in zip(*pairs, strict=True)]
    rooms = [cap if weight else 0 for weight, cap in pairs]
    total = min(total, sum(rooms))
    shares = allocate_min_max(total, weights, caps, tie_key=tie_keys("e", NAMES[: len(pairs)]))

    def fractions(split: tuple[int, ...]) -> list[Fraction]:
        parts = [Fraction(part, weight) for part, weight in zip(split, weights, strict=True) if weight]
        return sorted(parts, reverse=True)

    splits = [split for split in product(*(range(room + 1) for room in rooms)) if sum(split) == total]
    assert tuple(shares) in splits
    largest = min(fractions(split)[:1] for split in splits)
    assert fractions(tuple(shares))[:1] == largest


@given(questions())
def test_the_water_level_fills_the_budget_exactly(question: dict[str, Any]) -> None:
    weights, bounds = question["weights"], bounds_of(question)
    total = min(question["budget"], sum(bounds))
    level = Fraction(*water_level(total, weights, bounds))
    assert (
        sum(min(Fraction(cap), level * weight) for cap, weight in zip(bounds, weights, strict=True)) == total
    )


@pytest.mark.parametrize("score", sorted(SCORES))
def test_queues_of_the_venues_go_by_their_exact_scores(score: str) -> None:
    """Profit 50 on 100 with equity 10 comes before profit 5 on 100 with equity 1,000, by every score."""
    eager = Winner(200, 150, 60, 10, 8, 10)
    calm = Winner(100, 95, 5, 1000, 4, 900)
    found = allocate(
        30, [50, 5], rule="queue", ids=["calm", "eager"][::-1], order=queue_order(score, [eager, calm])
    )
    assert found.shares == (30, 0)


def test_terms_of_a_layer_may_name_every_score_and_no_other() -> None:
    assert set(get_args(AdlTerms.model_fields["score"].annotation)) == set(SCORES)


def test_scores_may_be_exact_fractions() -> None:
    third, less = (1, 3), (333_333_333_333_333_333, 10**18)
    assert allocate(1, [1, 1], ids=["a", "b"], rule="queue", order=[less, third]).shares == (0, 1)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        allocate(
            -1,
            [1, -2, 3.5],  # type: ignore[list-item]
            [1],
            rule="quue",
            ids=["a", "a"],
            lot=0,
            order=[(1, 0), "x"],  # type: ignore[list-item]
            risk_curve="steep",
            samples=1,
        )
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("unknown_rule", "rule"),
        ("unknown_curve", "risk_curve"),
        ("negative_amount", "budget"),
        ("out_of_range", "lot"),
        ("out_of_range", "samples"),
        ("length", "weights"),
        ("negative_amount", "weights[1]"),
        ("not_whole", "weights[2]"),
        ("length", "caps"),
        ("out_of_range", "order[0]"),
        ("not_whole", "order[1]"),
        ("duplicate_id", "ids[1]"),
    ]
    assert "did you mean queue?" in str(caught.value)


HUGE = 10**5000


@pytest.mark.parametrize("rule", sorted(RULES))
def test_numbers_beyond_256_bits_are_refused_by_every_rule(rule: str) -> None:
    needs: dict[str, Any] = {"order": [1, 2], "contracts": [1, 1], "leverages_ppm": [1, 1]}
    found = allocate(10, [2**256 - 1, 1], rule=rule, ids=["a", "b"], **needs)
    assert sum(found.shares) + found.left == 10 + found.value_overshoot
    for number in (2**256, HUGE):
        with pytest.raises(InputError) as caught:
            allocate(10, [number, 1], rule=rule, ids=["a", "b"], **needs)
        assert [(item.code, item.where) for item in caught.value.problems] == [("amount_range", "weights[0]")]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"weights": None}, "weights"),
        ({"weights": (number for number in (1, 2))}, "weights"),
        ({"weights": {0: 1, 1: 2}}, "weights"),
        ({"ids": "ab"}, "ids"),
        ({"ids": ["a", 2]}, "ids[1]"),
        ({"ids": ["a", None]}, "ids[1]"),
        ({"ids": ["a", "\ud800"]}, "ids[1]"),
        ({"event": "\udfff"}, "event"),
        ({"event": None}, "event"),
        ({"budget": -HUGE}, "budget"),
        ({"weights": [1, -HUGE]}, "weights[1]"),
        ({"order": [1, (1, HUGE)]}, "order[1]"),
        ({"order": [1, HUGE]}, "order[1]"),
    ],
)
def test_what_is_no_list_no_text_or_no_number_is_refused_with_its_place(
    changes: dict[str, Any], where: str
) -> None:
    question: dict[str, Any] = {"budget": 2, "weights": [1, 2], "ids": ["a", "b"], **changes}
    with pytest.raises(InputError) as caught:
        allocate(**question)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_minimal_overlap_of_too_many_different_claims_is_refused_at_once() -> None:
    many = list(range(1, 2002))
    ids = [str(number) for number in many]
    with pytest.raises(InputError, match="up to 2,000 different claims, got 2,001"):
        allocate(5_000, many, rule="minimal_overlap", ids=ids)
    twice = [min(number, 2000) for number in many]
    assert sum(allocate(5_000, twice, rule="minimal_overlap", ids=ids).shares) == 5_000


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule.needs])
def test_a_rule_without_what_it_needs_says_what_to_give(rule: str) -> None:
    with pytest.raises(InputError, match=f"give {RULES[rule].needs[0]}"):
        allocate(1, [1], ids=["a"], rule=rule)


def test_a_weight_without_contracts_cannot_be_closed() -> None:
    with pytest.raises(InputError, match="no contracts to close"):
        allocate(1, [1, 2], ids=["a", "b"], rule="contract_pro_rata", contracts=[1, 0])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_nothing_to_share_or_nobody_to_bear_it_is_an_answer(rule: str) -> None:
    needs: dict[str, Any] = {"order": [1, 2], "contracts": [0, 0], "leverages_ppm": [0, 0]}
    empty: dict[str, Any] = {name: [] for name in needs}
    assert allocate(7, [], rule=rule, ids=[], **empty).left == 7
    found = allocate(7, [0, 0], rule=rule, ids=["a", "b"], **needs)
    assert (found.shares, found.left) == ((0, 0), 7)


def test_the_register_is_sorted_and_says_everything() -> None:
    listed = allocation_rules()
    names = [str(rule["name"]) for rule in listed]
    assert names == sorted(names) == list(RULES)
    assert all(rule["says"] and rule["source"] for rule in listed)
    assert {name for name, rule in RULES.items() if rule.has_chance} == {"random", "random_arrival"}
    assert next(rule for rule in listed if rule["name"] == "random")["needs"] == ["seed"]


# --- laws declared broken by the rules that need more than a case knows: frozen counterexamples ---


def test_contract_pro_rata_breaks_s1_s2_and_s4() -> None:
    """The gain of 9 stands on one contract, the gain of 8 on nine: the one to be closed is among the nine."""
    found = allocate(2, [9, 9], rule="contract_pro_rata", ids=["a", "b"], contracts=[1, 9])
    assert (found.shares, found.left) == ((0, 2), 0)  # quotas 1 and 1
    short = allocate(1, [9, 9], rule="contract_pro_rata", ids=["a", "b"], contracts=[1, 19])
    assert (short.shares, short.left) == ((0, 0), 1)  # floor(9 / 19): nothing
    larger = allocate(2, [9, 8], rule="contract_pro_rata", ids=["a", "b"], contracts=[1, 4])
    assert larger.shares[0] < larger.shares[1] - 1


def test_contract_pro_rata_breaks_s7() -> None:
    """The Alabama paradox of the contracts: 10 and 11 of 14, at a gain of one each."""
    shares = [
        allocate(budget, [6, 6, 2], rule="contract_pro_rata", ids=["a", "b", "c"], contracts=[6, 6, 2]).shares
        for budget in (10, 11)
    ]
    assert shares == [(4, 4, 2), (5, 5, 1)]


@pytest.mark.parametrize("rule", ["leverage_pro_rata", "risk_aware"])
def test_levered_rules_break_s2_s4_w5_and_w6(rule: str) -> None:
    def share(budget: int, weights: list[int], leverages: list[int]) -> tuple[int, ...]:
        leverages_ppm = [10**6 * each for each in leverages]
        return allocate(
            budget, weights, rule=rule, ids=NAMES[: len(weights)], leverages_ppm=leverages_ppm
        ).shares

    low, high = share(30, [40, 30], [1, 9])
    assert low < high - 1  # S4: the larger pays less; S2: its quota is 17
    assert (share(10, [6, 6, 2], [1, 1, 1]), share(11, [6, 6, 2], [1, 1, 1])) == ((4, 4, 2), (5, 5, 1))
    first = share(30, [60, 60], [2, 1])
    second = share(30, [60 - first[0], 60 - first[1]], [2, 1])
    assert share(60, [60, 60], [2, 1])[0] - first[0] - second[0] > 1


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ((100,), "1 shares for 3 accounts"),
        ((50.0, 25, 25), "gives 50.0 to account 0"),
        ((-10, 90, 20), "negative share, -10"),
        ((100, 0, 0), "gives account 0 100, more than its cap of 90"),
    ],
)
def test_what_is_no_answer_never_leaves(shares: tuple[Any, ...], says: str) -> None:
    rule = RuleOfAllocation("mine", "whatever", "", "", "none", {}, lambda asked: Answer(shares, {}))
    with pytest.raises(InvariantError, match=says):
        allocate(100, [90, 90, 90], [90, 90, 90], ids=["a", "b", "c"], rule=rule)
