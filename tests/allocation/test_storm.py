"""A storm under several rules: who is closed, what is taken, and what the synthetic one adds up to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.adapters.synthetic_storm import NEEDED_USD, NOTIONAL_USD, REMOVED_USD, synthetic_storm
from seawall.allocation.storm import STORM_RULES, StormOutcome, lots_needed, run_storm
from seawall.core.storm import AdlStorm, Wave

MICRO = 10**6


def small(*waves: Wave, equity: tuple[int, ...] = (100, 50, 400)) -> AdlStorm:
    """Three shorts of one market, entered at 20: 10, 6 and 4 lots; the second is a hedge."""
    return AdlStorm(
        accounts=3,
        markets=("M",),
        waves=waves,
        account=np.array([0, 1, 2]),
        market=np.zeros(3, dtype=np.int64),
        lots=np.array([10, 6, 4]),
        entry=np.array([20, 20, 20]),
        equity=np.array(equity),
        is_hedged=np.array([False, True, False]),
    )


FALL = Wave(0, 0, previous=12, mark=10, later=11, lots=12, deficit=7)


@pytest.mark.parametrize(
    ("rule", "removed", "hit", "naked"),
    [
        # notional / equity at 12: 1.2, 1.44, 0.12: the second stands first, then the first.
        ("queue_all", [12, 12, 0], 2, 72),  # 6 lots of the second, 6 of the first, 2 taken for each
        ("queue_budget", [0, 8, 0], 1, 48),  # ceil(7 / 2) = 4 lots
        ("contract_floor", [4, 2, 0], 2, 12),  # 4 * 10, 6, 4 / 20 = 2, 1.2, 0.8
        ("contract_shares", [4, 2, 2], 3, 12),  # the largest remainder is that of the third
        ("min_max", [4, 2, 2], 3, 12),  # of profits 100, 60, 40 in steps of 2: level 8 / 200, then the rest
        ("profit_shares", None, 3, 0),  # 7 * 100, 60, 40 / 200 = 3.5, 2.1, 1.4: the half to the first
    ],
)
def test_each_rule_closes_whom_it_says(rule: str, removed: list[int] | None, hit: int, naked: int) -> None:
    found = run_storm(small(FALL), rule)
    assert found.removed_by_account.tolist() == (removed or [4, 2, 1])
    assert (found.users_hit, found.total("naked_value")) == (hit, naked)
    assert found.total("overshoot") == sum(found.removed_by_account) - 7


def test_what_one_wave_closed_is_not_there_for_the_next() -> None:
    again = replace(FALL, number=1)
    found = run_storm(small(FALL, again), "queue_all")
    assert [wave.closed_value for wave in found.waves] == [12 * 12, 8 * 12]


def test_losers_on_the_same_side_are_not_asked() -> None:
    storm = replace(small(FALL), entry=np.array([20, 12, 11]))
    assert run_storm(storm, "contract_shares").removed_by_account.tolist() == [8, 0, 0]


@pytest.mark.parametrize(("deficit", "lots"), [(0, 0), (1, 1), (2, 1), (3, 2), (24, 12), (25, 12)])
def test_lots_needed_are_the_fewest_that_cover(deficit: int, lots: int) -> None:
    assert lots_needed(replace(FALL, deficit=deficit)) == lots


def test_a_price_that_did_not_fall_needs_no_lots() -> None:
    assert lots_needed(replace(FALL, previous=10)) == 0


@pytest.fixture(scope="module")
def storm() -> AdlStorm:
    return synthetic_storm(3, accounts=20_000)


@pytest.fixture(scope="module")
def outcomes(storm: AdlStorm) -> dict[str, StormOutcome]:
    return {rule: run_storm(storm, rule) for rule in STORM_RULES}


def test_the_synthetic_storm_has_the_totals_it_was_scaled_to(storm: AdlStorm) -> None:
    part = storm.accounts / 437_723
    closed = sum(wave.lots * wave.previous for wave in storm.waves) / MICRO
    moved = sum(wave.lots * (wave.previous - wave.mark) for wave in storm.waves) / MICRO
    needed = sum(wave.deficit for wave in storm.waves) / MICRO
    assert closed == pytest.approx(NOTIONAL_USD * part, rel=0.25)
    assert moved == pytest.approx(REMOVED_USD * part, rel=0.02)
    assert needed == pytest.approx(NEEDED_USD * part, rel=0.05)
    assert len({wave.number for wave in storm.waves}) == 16


def test_the_same_seed_gives_the_same_storm(storm: AdlStorm) -> None:
    again = synthetic_storm(3, accounts=20_000)
    assert again.waves == storm.waves
    assert np.array_equal(again.lots, storm.lots)
    assert synthetic_storm(4, accounts=20_000).waves != storm.waves


def test_rules_that_close_what_is_needed_overshoot_by_less_than_a_lot_a_market(
    storm: AdlStorm, outcomes: dict[str, StormOutcome]
) -> None:
    step = sum(wave.previous - wave.mark for wave in storm.waves)
    for rule in ("queue_budget", "contract_shares", "min_max"):
        assert 0 <= outcomes[rule].total("overshoot") < step
    assert outcomes["profit_shares"].total("overshoot") == 0
    assert outcomes["contract_floor"].total("overshoot") < 0
    assert outcomes["queue_all"].total("overshoot") > 0


def test_no_lot_is_closed_twice_and_the_whole_adds_up(
    storm: AdlStorm, outcomes: dict[str, StormOutcome]
) -> None:
    for found in outcomes.values():
        assert int(found.removed_by_account.sum()) == found.total("removed")
        assert found.largest_haircut <= 1
        assert found.total("closed_value") <= sum(wave.lots * wave.previous for wave in storm.waves)


def test_shares_in_proportion_hurt_the_worst_off_less_than_the_queue(
    outcomes: dict[str, StormOutcome],
) -> None:
    assert outcomes["contract_shares"].largest_haircut < outcomes["queue_budget"].largest_haircut
    assert outcomes["contract_shares"].users_hit > outcomes["queue_budget"].users_hit
    assert outcomes["min_max"].largest_haircut < outcomes["contract_shares"].largest_haircut


def test_the_order_of_accounts_changes_nothing() -> None:
    mixed = replace(
        small(FALL),
        account=np.array([2, 0, 1]),
        lots=np.array([4, 10, 6]),
        is_hedged=np.array([False, False, True]),
    )
    for rule in STORM_RULES:
        one, other = run_storm(small(FALL), rule), run_storm(mixed, rule)
        assert one.removed_by_account.tolist() == other.removed_by_account.tolist()
