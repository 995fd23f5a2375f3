"""Pools in a storm: rates that follow their use, cash that runs out, suppliers who run for the exit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seawall.core.units import RAY
from seawall.errors import InputError
from seawall.rules.aave_v2 import variable_rate
from tests.simulation.dollar_pools import HOUR_S, fall, leaving, venue, walked

YEAR_S = 365 * 86_400

KINK = {
    "kind": "kink",
    "base_per_year": 0.1,
    "slope1_per_year": 1.0,
    "slope2_per_year": 30.0,
    "optimal": 0.8,
}


def repaid_by_hand(owed: Mapping[str, float], coins: float, cash: float, steps: int) -> list[int]:
    """Accounts called until each step: debt grows by the use of the pool, which falls with what is repaid."""
    growth, left, called, found = 1.0, dict(owed), 0, []
    for _ in range(steps):
        lent = sum(left.values()) * growth
        use = lent / (cash + lent) if lent else 0.0
        rates = [round(KINK[f"{name}_per_year"] * RAY) for name in ("base", "slope1", "slope2")]  # type: ignore[operator]
        rate = variable_rate(round(use * RAY), round(0.8 * RAY), *rates) / RAY
        growth *= 1 + rate * HOUR_S / YEAR_S
        for name in [name for name, debt in left.items() if debt * growth > 0.8 * coins]:
            cash += left.pop(name) * growth
            called += 1
        found.append(called)
    return found


@pytest.mark.parametrize("cash", [5.0, 4000.0])
def test_debt_grows_with_the_use_of_its_pool_and_slower_as_loans_are_repaid(cash: float) -> None:
    owed = {f"x{number:03d}": 800.0 / (1.0 + 0.0011 * number) for number in range(1, 12)}
    steps = 60
    by_hand = repaid_by_hand(owed, 1000.0, cash, steps)
    assert by_hand[-1] == (7 if cash < 100 else 4)  # beyond the kink sooner, and slower as loans are repaid
    for step in (0, 4, 9, 19, 39, steps - 1):
        storm = venue(
            [(1000.0, debt) for debt in owed.values()], cash=cash, steps=step + 1, rates={"DOLLAR": KINK}
        )
        assert walked(storm).count("accounts_liquidated").tolist() == [by_hand[step]]


@pytest.mark.parametrize("reserve", [0.0, 0.25])
def test_suppliers_earn_the_use_of_the_pool_less_its_reserve(reserve: float) -> None:
    """They leave in the last of twenty hours, with what their claims have grown to."""
    steps, cash, owed, claims = 20, 1000.0, 800.0, 100.0
    growth, debt = 1.0, owed
    for _ in range(steps):
        use = debt / (cash + debt)
        rate = 0.1 + 1.0 * use / 0.8
        debt *= 1 + rate * HOUR_S / YEAR_S
        growth *= 1 + rate * use * (1 - reserve) * HOUR_S / YEAR_S
    storm = venue(
        [(5000.0, owed)], cash=cash, suppliers=[claims], steps=steps,
        rates={"DOLLAR": {**KINK, "reserve_factor": reserve}}, exits=leaving(from_s=HOUR_S * (steps - 1)),
    )  # fmt: skip
    assert walked(storm).value("withdrawn")[0] == pytest.approx(claims * growth, abs=2e-6)
    assert claims * growth > claims + 0.02


def test_a_call_waits_for_the_cash_of_the_pool_that_holds_the_collateral() -> None:
    loans, drop = [(1000.0, 780.0)], fall(0, 0.1)
    free = walked(venue(loans, cash=0, coins_cash=0, steps=2, shocks=drop))
    assert free.value("repaid").tolist() == pytest.approx([780.0])
    dry = walked(venue(loans, cash=0, coins_cash=0, steps=2, shocks=drop, pools={"limited": True}))
    assert dry.count("liquidations").tolist() == [0]
    assert dry.count("failing_at_end").tolist() == [1]
    assert [run.count("calls_short_of_cash").tolist() for run in (free, dry)] == [[0], [2]]  # once a step
    half = walked(venue(loans, cash=0, coins_cash=455.0, steps=1, shocks=drop, pools={"limited": True}))
    assert half.count("liquidations").tolist() == [1]
    assert half.value("repaid")[0] == pytest.approx(390.0, abs=1e-5)  # 455 coins at 0.9, less 5 %
    assert half.value("seized")[0] == pytest.approx(455 * 0.9, abs=1e-5)
    assert half.value("seized")[0] <= 455 * 0.9
    assert half.count("calls_short_of_cash").tolist() == [1]


def test_whoever_takes_claims_calls_without_cash_and_has_nothing_to_sell() -> None:
    loans, drop = [(1000.0, 780.0)], fall(0, 0.1)
    taken = walked(
        venue(
            loans, cash=0, coins_cash=100.0, steps=1, shocks=drop, pools={"limited": True},
            liquidators={"asks": False, "takes_claims": True},
        )
    )  # fmt: skip
    assert taken.value("repaid").tolist() == pytest.approx([780.0])
    assert taken.sold[0, 0] / 10**6 == pytest.approx(90.0)  # the hundred coins that were there


def failing_one_by_one(count: int) -> tuple[list[tuple[float, float]], dict[str, Any]]:
    """Loans of a hundred that fail one in each step, from the second, as interest takes them over."""
    rate = 8.76  # a thousandth an hour
    return [(100 * 1.001 ** (number + 1.5) / 0.8, 100.0) for number in range(count)], {
        "rates": {"DOLLAR": {"borrow_per_year": rate}}
    }


@pytest.mark.parametrize(("demand", "steps_to_exit"), [(50.0, 2), (150.0, 3), (450.0, 6), (950.0, 11)])
def test_time_to_exit_is_demand_over_inflow(demand: float, steps_to_exit: int) -> None:
    """A hundred a step comes in from the second on, and is paid at the next: n hundreds take n + 1 steps."""
    loans, rates = failing_one_by_one(14)
    storm = venue(loans, cash=0, suppliers=[demand], steps=14, exits=leaving(), **rates)
    totals = walked(storm)
    assert totals.value("withdrawn").tolist() == pytest.approx([demand])
    assert totals.value("exit_blocked").tolist() == [0]
    assert totals.count("longest_exit_steps").tolist() == [steps_to_exit]
    assert totals.count("exits_short_of_cash").tolist() == [steps_to_exit]  # all but the last, from the first


def test_cash_is_never_paid_out_twice_nor_held_back() -> None:
    """At the end of every step: what was paid is what there was and came in before, or all that was asked."""
    loans, rates = failing_one_by_one(12)
    before = 0.0
    for steps in range(1, 13):
        totals = walked(
            venue(loans, cash=70, suppliers=[300.0, 500.0], steps=steps, exits=leaving(), **rates)
        )
        paid, blocked = float(totals.value("withdrawn")[0]), float(totals.value("exit_blocked")[0])
        assert paid == pytest.approx(min(800.0, 70.0 + before), abs=1e-4)
        assert paid <= 70.0 + before + 1e-9
        assert paid + blocked == pytest.approx(800.0, abs=1e-4)
        before = float(totals.value("repaid")[0])


def test_who_waits_longest_depends_on_the_order_and_what_is_paid_does_not() -> None:
    loans, rates = failing_one_by_one(14)
    found = {}
    for order in ("first_come", "pro_rata"):
        runs = leaving(share_per_hour=0.1, order=order)
        found[order] = walked(venue(loans, cash=0, suppliers=[1300.0], steps=14, exits=runs, **rates))
    assert found["first_come"].value("withdrawn") == found["pro_rata"].value("withdrawn")
    # 130 are asked for in each of ten steps, 100 are paid in each from the third: in proportion, who asked
    # first still waits at the end; in order, the last to be paid at the end asked in the tenth step.
    assert found["pro_rata"].count("longest_exit_steps").tolist() == [14]
    assert found["first_come"].count("longest_exit_steps").tolist() == [14 - 9]


def test_a_loss_falls_on_those_who_stayed() -> None:
    """Three suppliers of a hundred, one leaves in time: a loss of sixty costs the others thirty each."""
    loans = [(100.0, 80.0), (1000.0, 200.0)]
    storm = venue(
        loans, cash=100, suppliers=[100.0] * 3, steps=4, shocks=fall(2, 0.79), exits=leaving(share=1 / 3)
    )
    totals = walked(storm)
    assert totals.value("withdrawn").tolist() == pytest.approx([100.0], abs=1e-5)
    loss = 80.0 - 100 * 0.21 / 1.05
    assert loss == pytest.approx(60.0)
    assert totals.value("uncovered")[0] == pytest.approx(loss, abs=1e-5)
    stayed = totals.value("uncovered")[0] / 2
    in_proportion = totals.value("uncovered")[0] / 3
    assert totals.value("exit_loss_shifted")[0] == pytest.approx(2 * (stayed - in_proportion), abs=1e-5)


def test_a_loss_that_lowers_what_claims_are_worth_falls_on_those_who_stayed_too() -> None:
    shares = {"name": "suppliers", "kind": "mutualise", "over": "supply_index"}
    storm = venue(
        [(100.0, 80.0), (1000.0, 200.0)], cash=100, suppliers=[100.0] * 3, steps=4, shocks=fall(2, 0.79),
        exits=leaving(share=1 / 3), layers=[shares],
    )  # fmt: skip
    totals = walked(storm)
    assert totals.value("uncovered").tolist() == [0]
    assert totals.layers[0, 0] / 10**6 == pytest.approx(60.0, abs=1e-5)
    assert totals.value("exit_loss_shifted")[0] == pytest.approx(20.0, abs=1e-4)


def test_nobody_bears_the_loss_of_others_if_nobody_left_before_it() -> None:
    loans = [(100.0, 80.0), (1000.0, 200.0)]
    late = leaving(from_s=3 * HOUR_S)
    totals = walked(venue(loans, cash=100, suppliers=[100.0] * 3, steps=5, shocks=fall(2, 0.79), exits=late))
    assert totals.value("withdrawn")[0] > 0
    assert totals.value("exit_loss_shifted").tolist() == [0]


@pytest.mark.parametrize(
    ("trigger", "leaves"),
    [
        ({"kind": "utilisation", "above": 0.8}, True),
        ({"kind": "utilisation", "above": 0.801}, False),
        ({"kind": "fall", "market": "COIN", "by": 0.0999}, True),
        ({"kind": "fall", "market": "COIN", "by": 0.1001}, False),
    ],
)
def test_a_run_begins_where_its_trigger_is_met(trigger: dict[str, Any], leaves: bool) -> None:
    storm = venue(
        [(2000.0, 800.0)], cash=200, suppliers=[500.0], steps=3, shocks=fall(1, 0.1),
        exits=leaving(trigger=trigger),
    )  # fmt: skip
    assert walked(storm).value("withdrawn").tolist() == pytest.approx([200.0 if leaves else 0.0])


def test_a_run_goes_on_once_it_began() -> None:
    """Prices come back an hour later; suppliers still leave."""
    back = [
        {"at_s": HOUR_S + 60, "hold_s": HOUR_S, "recovery_s": 0, "recovered": 1.0, "moves": {"COIN": -0.2}}
    ]
    runs = leaving(share_per_hour=0.1, trigger={"kind": "fall", "market": "COIN", "by": 0.1})
    storm = venue([(2000.0, 800.0)], cash=500, suppliers=[500.0], steps=6, shocks=back, exits=runs)
    assert walked(storm).value("withdrawn").tolist() == pytest.approx([250.0])


def test_what_pools_cannot_be_is_told_with_its_place() -> None:
    with pytest.raises(InputError) as caught:
        venue(
            [(2000.0, 800.0)], cash=1, steps=3, rates={"XRP": {}, "COIN": KINK},
            exits=[{"asset": "SOL", "share_per_hour": 1.0}],
        )  # fmt: skip
    assert [(each.code, each.where) for each in caught.value.problems] == [
        ("unknown_asset", "rates.XRP"),
        ("unknown_pool", "exits.0.asset"),
    ]
    trigger = {"kind": "fall", "market": "SOL", "by": 0.1}
    with pytest.raises(InputError) as caught:
        venue(
            [(2000.0, 800.0)], cash=1, steps=3,
            exits=[*leaving(from_s=4 * HOUR_S), *leaving(trigger=trigger)],
        )  # fmt: skip
    assert [(each.code, each.where) for each in caught.value.problems] == [
        ("exit_too_late", "scenario:exits.0.from_s"),
        ("runs_twice", "scenario:exits.1.asset"),
        ("unknown_market", "scenario:exits.1.trigger.market"),
    ]
    with pytest.raises(InputError) as caught:
        venue(
            [(2000.0, 800.0)], cash=1, steps=3, rates={"DOLLAR": {"kind": "kinky"}, "COIN": {"kind": "kink"}}
        )
    places = [each.where for each in caught.value.problems]
    assert places == [
        "scenario:rates.DOLLAR.kind",
        "scenario:rates.COIN.slope1_per_year",
        "scenario:rates.COIN.slope2_per_year",
        "scenario:rates.COIN.optimal",
    ]
