"""The panel says what lies on whom; each figure against a slow twin or a case done by hand."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.aftermath import markout, next_deficit
from seawall.allocation.cases import Case
from seawall.allocation.fairness import METRICS, Facts, fairness
from seawall.allocation.inequality import gini, haircuts, inversions, jain, max_haircut
from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.allocation.queue import allocate_queue
from seawall.allocation.sybil import sybil_gain
from seawall.errors import InputError

PNL, QUEUE, PRO_RATA = [100, 50, 30, 20], [10, 50, 0, 0], [30, 15, 9, 6]
WIDE = st.integers(0, 2**130)
PAIRS = st.lists(st.tuples(WIDE | st.integers(0, 5), WIDE | st.integers(0, 5)), max_size=12)


def capped(case: Case) -> list[int]:
    keys = tie_keys(case.event, case.names)
    return allocate_capped(int(case.amount), [int(size) for size in case.sizes], case.bounds, tie_key=keys)


def by_score(case: Case) -> list[int]:
    keys = tie_keys(case.event, case.names)
    order = sorted(range(len(case.sizes)), key=lambda at: (-case.scores[at], keys[at]))
    paid = dict(allocate_queue(int(case.amount), [(at, case.bounds[at]) for at in order]))
    return [paid.get(at, 0) for at in range(len(case.sizes))]


def test_the_published_pro_rata_and_queue_figures() -> None:
    even, queued = fairness(PRO_RATA, PNL), fairness(QUEUE, PNL)
    assert (even.max_haircut, queued.max_haircut) == (Fraction(3, 10), 1)
    assert even.gini == pytest.approx(0, abs=1e-12)
    assert queued.gini == pytest.approx(0.7045454545454545, abs=1e-12)
    assert (float(even.hhi), float(queued.hhi)) == (0.345, pytest.approx(0.7222222222222222))


def test_a_queue_turns_the_pair_round_in_which_the_larger_winner_pays_less() -> None:
    assert fairness(QUEUE, PNL).inversions == 1
    assert fairness(PRO_RATA, PNL).inversions == 0


@given(PAIRS, st.integers(0, 3))
def test_inversions_are_the_pairs_a_double_loop_counts(pairs: list[tuple[int, int]], within: int) -> None:
    weights, shares = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    slow = sum(large[0] > small[0] and large[1] + within < small[1] for large in pairs for small in pairs)
    assert inversions(weights, shares, within=within) == slow


def test_a_pair_turned_round_by_the_unit_of_rounding_does_not_count() -> None:
    assert fairness([4, 3], [8, 9]).inversions == 0
    assert fairness([5, 3], [8, 9]).inversions == 1


@given(st.lists(st.tuples(WIDE, st.integers(1, 2**130)), min_size=1, max_size=12))
def test_the_largest_haircut_is_exact(pairs: list[tuple[int, int]]) -> None:
    shares, weights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert max_haircut(shares, weights) == max(Fraction(*pair) for pair in pairs)


def test_haircuts_that_floats_cannot_tell_apart_are_told_apart() -> None:
    whole = 10**30
    assert max_haircut([whole, whole + 1], [3 * whole, 3 * whole]) == Fraction(whole + 1, 3 * whole)


def test_haircuts_that_floats_put_in_the_wrong_order_are_put_right() -> None:
    larger = (55901073041838416, 172088815355876595)
    smaller = (55901073041838413, 172088815355876591)
    assert Fraction(*larger) > Fraction(*smaller)
    assert float(larger[0]) / float(larger[1]) < float(smaller[0]) / float(smaller[1])
    assert max_haircut([larger[0], smaller[0]], [larger[1], smaller[1]]) == Fraction(*larger)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=10))
def test_gini_and_jain_are_what_their_definitions_say(values: list[int]) -> None:
    whole, count = sum(values), len(values)
    columns = np.array(values, dtype=float)
    if whole:
        gaps = sum(abs(one - other) for one in values for other in values)
        assert gini(columns) == pytest.approx(gaps / (2 * count * whole))
        assert jain(columns) == pytest.approx(whole**2 / (count * sum(value**2 for value in values)))
    else:
        assert (gini(columns), jain(columns)) == (0, 1)


def test_weightless_accounts_have_no_haircut_and_do_not_count() -> None:
    panel = fairness([0, 5], [0, 10])
    assert (panel.receivers, panel.hit, panel.hit_share) == (1, 1, 1)
    assert list(haircuts([0, 5], [0, 10])) == [0.5]


def test_overshoot_by_lots_and_in_value_stand_apart() -> None:
    """12 are borne against a deficit of 8 with a budget of 10: 2 because of lots, 2 by the budget."""
    panel = fairness([12], [20], budget=10, lot_overshoot=2, facts=Facts(deficits=[5, 3]))
    assert (panel.lot_overshoot, panel.value_overshoot, panel.left) == (2, 2, 0)


def test_what_nobody_bears_is_left() -> None:
    panel = fairness([3, 4], [3, 4], budget=10)
    assert (panel.left, panel.value_overshoot) == (3, -3)


def test_those_who_caused_the_loss_are_known_by_owner() -> None:
    facts = Facts(owners=["ann", "ben", "ann"], caused_by={"ann"})
    panel = fairness([6, 3, 1], [9, 9, 9], ids=["a", "b", "c"], facts=facts)
    assert panel.non_causers == Fraction(3, 10)


def test_covers_and_survivors_are_measured_against_deficits() -> None:
    facts = Facts(deficits=[30, 10], pnl=[100, -40, 20], equities=[10, 0, -5])
    panel = fairness([20, 0, 20], [100, 50, 20], facts=facts)
    assert (panel.profit_cover, panel.equity_cover) == (3, Fraction(1, 4))
    assert (panel.ptsr, panel.pmr) == (2, Fraction(80, 30))


def test_the_survivor_ratio_alone_prefers_the_rule_that_empties_the_small() -> None:
    """Which is why it never stands alone: the same deficit, and every other figure the other way."""
    facts = Facts(deficits=[60])
    fair, on_small = fairness(PRO_RATA, PNL, facts=facts), fairness([0, 10, 30, 20], PNL, facts=facts)
    assert fair.ptsr is not None
    assert on_small.ptsr is not None
    assert fair.ptsr < on_small.ptsr
    assert fair.max_haircut < on_small.max_haircut
    assert fair.gini < on_small.gini
    assert "misleads alone" in next(metric.note for metric in METRICS if metric.name == "ptsr")


def test_markout_has_the_sign_of_the_position() -> None:
    assert markout([3, -2, 0], 100, 90) == [-30, 20, 0]
    assert fairness([1], [2], facts=Facts(closed=[3], price=100, later_price=90)).markout == -30
    assert fairness([1], [2]).markout is None


def test_the_next_move_hits_what_the_allocation_has_left() -> None:
    """Equity 10 less 5, long 100: a fall of 10 % takes 10 and leaves 5 owed; a rise nothing."""
    facts = Facts(equities=[10], exposures=[100], moves_ppm=[-100_000, 100_000])
    assert fairness([5], [10], facts=facts).next_deficit == Fraction(5, 2)
    assert next_deficit([10], [0], [100], [-100_000]) == 0


def test_who_was_insured_had_paid_for_it() -> None:
    panel = fairness([0, 0], [1, 1], facts=Facts(payouts=[8, 2], fees=[0, 1]))
    assert panel.moral_hazard is not None
    assert panel.moral_hazard.fee_payers_share == Fraction(1, 5)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        fairness([1, -1], [1], facts=Facts(pnl=[1, 2, 3], moves_ppm=[5]))
    assert {problem.where for problem in caught.value.problems} == {
        "weights",
        "pnl",
        "equities",
        "exposures",
        "shares:row 1",
    }


def test_pro_rata_leaves_nothing_to_gain_but_rounding() -> None:
    found = sybil_gain(capped, Case(60, (100, 50, 30, 20)), trials=300)
    assert found.is_rounding
    assert found.gain <= 1


def test_the_search_finds_that_an_equal_split_of_the_loss_is_paid_per_head() -> None:
    """Everybody pays the same: two who become one save one of their two shares."""

    def per_head(case: Case) -> list[Fraction]:
        return [Fraction(case.amount, len(case.sizes))] * len(case.sizes)

    found = sybil_gain(per_head, Case(60, (100, 50, 30, 20)), trials=100)
    assert (found.gain, found.is_rounding) == (30 - 20, False)
    assert found.how.endswith("as one account")


def test_the_search_finds_what_a_floor_of_its_own_gives_each_half() -> None:
    """Ten with a floor of five can give 5; two halves with a floor of five each give nothing."""

    def floored(case: Case) -> list[int]:
        caps = [max(0, int(size) - 5) for size in case.sizes]
        sizes = [int(size) for size in case.sizes]
        amount = min(int(case.amount), sum(caps))
        return allocate_capped(amount, sizes, caps, tie_key=tie_keys("", case.names))

    found = sybil_gain(floored, Case(5, (10,)), trials=5)
    assert (found.gain, found.before, found.after) == (5, 5, 0)
    assert found.how == "a as 2 equal accounts"


def test_a_merge_falls_back_in_a_queue_to_the_mean_of_the_scores() -> None:
    """The first and the last become one with a score of 5, behind the second with its 8."""
    case = Case(10, (10, 10, 10), (), (10, 10, 10), (9, 8, 1), "e")
    found = sybil_gain(by_score, case, trials=200)
    assert (found.gain, found.how) == (10, "a and c as one account")


def test_a_search_says_how_often_it_tried() -> None:
    found = sybil_gain(capped, Case(0, (5, 5)), trials=17)
    assert (found.gain, found.how, found.trials) == (0, "none in 17", 17)


@pytest.mark.parametrize("unit", [1, 10**15])
def test_a_book_of_437_723_accounts_takes_about_a_second(unit: int) -> None:
    generator = np.random.default_rng(1)
    weights = [int(weight) * unit for weight in generator.pareto(1.2, 437_723) * 1e6]
    shares = [weight // 7 for weight in weights]
    start = time.process_time()
    panel = fairness(shares, weights)
    assert time.process_time() - start < 3  # about 0.7 s alone; the machine of a test may be busy
    assert panel.inversions == 0
