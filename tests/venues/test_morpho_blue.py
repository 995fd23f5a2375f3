"""Morpho Blue's machine: laws over all recorded scenarios, a story by hand, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.core.units import WAD
from seawall.errors import InputError
from seawall.rules import morpho_blue as rules
from seawall.venues.machines import morpho_blue as package
from seawall.venues.machines.machine import Action, Receipt
from seawall.venues.machines.morpho_blue import CODES, MorphoBlue, State, codes
from tests.rules.test_morpho_blue import ROUNDED
from tests.venues.mutate import Mutant, mutants, survives
from tests.venues.recorded import passes, required_words, scenarios, walk

FILE = "morpho_blue.json.gz"
MACHINE = MorphoBlue()
EVERY = range(len(scenarios(FILE)))
PRICE = rules.PRICE_SCALE
YEAR = 365 * 86_400
Step = tuple[str, int, dict[str, Any]]

# A market at a price of 1 that lends 80 % of the collateral; 1 / (1 - 0.3 x 0.2) is seized for each repaid.
TERMS: dict[str, Any] = {"t0": 0, "lltv": WAD * 8 // 10, "fee": 0, "irm": None, "price": PRICE}
RATE = {"irm": "utilization_per_year"}


def on(what: str, user: str, assets: int = 0, shares: int = 0, at: int = 0) -> Step:
    return (what, at, {"user": user, "assets": assets, "shares": shares})


def price(value: int) -> Step:
    return ("set_price", 0, {"price": value})


def call(seized: int = 0, shares: int = 0, at: int = 0) -> Step:
    return ("liquidate", at, {"user": "bob", "seized_assets": seized, "repaid_shares": shares})


def fee(percent: int, at: int = 0) -> Step:
    return ("set_fee", at, {"fee": WAD * percent // 100})


LENT: list[Step] = [on("supply", "sue", 1000), on("supply_collateral", "bob", 100)]
OPEN: list[Step] = [*LENT, on("borrow", "bob", 80)]
FALL: list[Step] = [*OPEN, price(PRICE * 8 // 10)]


def play(*story: Step, **terms: Any) -> tuple[State, list[Receipt]]:
    state, receipts = MACHINE.genesis({**TERMS, **terms}), []
    for what, at, args in story:
        state, receipt = MACHINE.step(state, Action(what, at, args))
        receipts.append(receipt)
    return state, receipts


def test_a_position_is_seized_whole_and_suppliers_lose_the_rest_in_the_same_call() -> None:
    """100 x 0.8 = 80 x 0.94 = 75.2: 76 repaid of 80, and 4 of the 1000 supplied are gone."""
    state, receipts = play(*FALL, call(seized=100))
    assert all(receipt.ok for receipt in receipts)
    assert receipts[-1].out == {
        "repaidAssets": 76,
        "repaidShares": 76 * 10**6,
        "seizedAssets": 100,
        "badDebtAssets": 4,
        "badDebtShares": 4 * 10**6,
    }
    assert (state.supply.assets, state.debt, state.position("bob")) == (996, (0, 0), (0, 0, 0))


def test_one_unit_of_collateral_left_puts_the_loss_off() -> None:
    """99 x 0.8 = 79.2, rounded up to 80: they cost as much as all 100."""
    state, receipts = play(*FALL, call(seized=99))
    assert receipts[-1].out["badDebtAssets"] == 0
    assert (state.supply.assets, state.debt.assets, state.position("bob").collateral) == (1000, 4, 1)


def test_asked_for_by_shares_the_collateral_is_rounded_down() -> None:
    """10 x 1.0638 / 0.8 = 13.3: 13, once more rounded down on the way: 10.6 is 10, and 12 are seized."""
    _, receipts = play(*FALL, call(shares=10 * 10**6))
    assert (receipts[-1].out["repaidAssets"], receipts[-1].out["seizedAssets"]) == (10, 12)


def test_interest_and_its_fee_are_what_utilisation_says() -> None:
    """500 of 1000 for a year at 50 %: 1/2 + 1/8 + 1/48 on 500, a fifth of it to the fee in shares."""
    unit = 10**12
    state, _ = play(
        on("supply", "sue", 1000 * unit),
        on("supply_collateral", "bob", 1000 * unit),
        on("borrow", "bob", 500 * unit),
        ("accrue", YEAR, {}),
        fee=WAD // 5,
        **RATE,
    )
    interest = state.debt.assets - 500 * unit
    assert abs(interest - 500 * unit * 31 // 48) <= unit // 10**6
    assert state.supply.assets == 1000 * unit + interest
    fee = state.position("fee").supply_shares
    assert fee == state.supply.shares - 1000 * unit * 10**6
    assert abs(fee * state.supply.assets // state.supply.shares - interest // 5) <= 1


def test_without_a_rate_time_passes_and_nothing_grows() -> None:
    state, receipts = play(*OPEN, ("accrue", YEAR, {}))
    assert (state.debt.assets, state.last_update, receipts[-1].events) == (80, YEAR, ())


def test_at_the_same_second_interest_is_accrued_once() -> None:
    story = [*OPEN, ("accrue", YEAR, {}), ("accrue", YEAR, {})]
    _, receipts = play(*story, **RATE)
    assert [len(receipt.events) for receipt in receipts[-2:]] == [1, 0]


def test_bringing_collateral_in_leaves_interest_for_later() -> None:
    state, _ = play(*OPEN, on("supply_collateral", "bob", 1, at=YEAR), **RATE)
    assert (state.last_update, state.debt.assets) == (0, 80)


def test_a_fee_is_taken_of_the_interest_from_then_on() -> None:
    """Of the 6 of the first year nothing; a quarter of what comes in the second."""
    state, receipts = play(*OPEN, fee(25, at=YEAR), ("accrue", 2 * YEAR, {}), **RATE)
    first, second = (receipt.events[0][1] for receipt in receipts[-2:])
    assert receipts[-2].events[1] == ("SetFee", {"newFee": WAD // 4})
    assert (first["interest"], first["feeShares"]) == (6, 0)
    assert second["feeShares"] == state.position("fee").supply_shares > 0


HUGE = 2**256 - 1
REFUSED: list[tuple[list[Step], dict[str, Any], str]] = [
    ([on("supply", "sue")], {}, "Error:inconsistent input"),
    ([on("supply", "sue", 1, 1)], {}, "Error:inconsistent input"),
    ([*LENT, on("withdraw", "sue")], {}, "Error:inconsistent input"),
    ([*LENT, on("borrow", "bob", 1, 1)], {}, "Error:inconsistent input"),
    ([*OPEN, on("repay", "bob", 1, 1)], {}, "Error:inconsistent input"),
    ([*FALL, call()], {}, "Error:inconsistent input"),
    ([*FALL, call(1, 1)], {}, "Error:inconsistent input"),
    ([on("supply_collateral", "bob")], {}, "Error:zero assets"),
    ([on("withdraw_collateral", "bob")], {}, "Error:zero assets"),
    ([*LENT, on("borrow", "bob", 81)], {}, "Error:insufficient collateral"),
    ([*OPEN, on("borrow", "bob", 0, 1)], {}, "Error:insufficient collateral"),
    ([*OPEN, on("withdraw_collateral", "bob", 1)], {}, "Error:insufficient collateral"),
    ([*OPEN, on("borrow", "bob", 0, 1, at=YEAR)], RATE, "Error:insufficient collateral"),
    ([*OPEN, on("withdraw", "sue", 921)], {}, "Error:insufficient liquidity"),
    ([*LENT, price(PRICE * 20), on("borrow", "bob", 1001)], {}, "Error:insufficient liquidity"),
    ([*OPEN, call(1)], {}, "Error:position is healthy"),
    ([call(1)], {}, "Error:position is healthy"),
    ([on("supply", "sue", 2**128)], {}, "Error:max uint128 exceeded"),
    ([on("supply_collateral", "bob", 2**128)], {}, "Error:max uint128 exceeded"),
    ([*LENT, on("supply", "sue", 2**121)], {}, "Error:max uint128 exceeded"),
    ([*FALL, call(shares=2**128)], {}, "Error:max uint128 exceeded"),
    ([on("supply", "sue", HUGE)], {}, "Panic:0x11"),
    ([*OPEN, on("repay", "bob", 0, HUGE)], {}, "Panic:0x11"),
    ([*LENT, on("withdraw", "sue", 1001)], {}, "Panic:0x11"),
    ([*OPEN, on("repay", "bob", 81)], {}, "Panic:0x11"),
    ([*OPEN, on("withdraw_collateral", "bob", 101)], {}, "Panic:0x11"),
    ([*FALL, call(101)], {}, "Panic:0x11"),
    ([*OPEN, price(PRICE * 9 // 10 - 1), call(100)], {}, "Panic:0x11"),
    ([*FALL, call(shares=80 * 10**6)], {}, "Panic:0x11"),
    ([*OPEN, price(HUGE), call(1)], {}, "Panic:0x11"),
    ([*FALL, call(HUGE)], {}, "Panic:0x11"),
    ([*FALL, call(shares=2**230)], {}, "Panic:0x11"),
    ([on("supply_collateral", "bob", 2**128 - 1), on("supply_collateral", "bob", 1)], {}, "Panic:0x11"),
    ([("accrue", 5, {}), ("accrue", 4, {})], {}, "Panic:0x11"),
    ([*OPEN, price(0), call(shares=1)], {}, "Panic:0x12"),
    ([fee(0)], {}, "Error:already set"),
    ([fee(10), fee(10, at=YEAR)], {}, "Error:already set"),
    ([("set_fee", 0, {"fee": WAD // 4 + 1})], {}, "Error:max fee exceeded"),
    # Products of 256 bits, at their last number and beyond; within it the next width refuses, in words.
    ([on("supply", "sue", 2**100), on("supply", "sue", 2**135)], {}, "Error:max uint128 exceeded"),
    ([on("supply", "sue", 2**100), on("supply", "sue", 2**150)], {}, "Panic:0x11"),
    ([on("supply", "sue", 0, 2**256 - 10**6)], {}, "Error:max uint128 exceeded"),
    ([on("supply", "sue", 0, 2**256 - 10**6 + 1)], {}, "Panic:0x11"),
    ([on("supply", "sue", 1), on("supply", "sue", 0, 2**255)], {}, "Panic:0x11"),
    ([*OPEN, price(1), call(2**256 - 10**36)], {}, "Error:max uint128 exceeded"),
    ([*OPEN, price(1), call(2**256 - 10**36 + 1)], {}, "Panic:0x11"),
]


@pytest.mark.parametrize(("story", "terms", "word"), REFUSED)
def test_the_contracts_words_of_refusal(story: list[Step], terms: dict[str, Any], word: str) -> None:
    before, earlier = play(*story[:-1], **terms)
    assert all(receipt.ok for receipt in earlier)
    what, at, args = story[-1]
    after, receipt = MACHINE.step(before, Action(what, at, args))
    assert receipt.refused is not None
    assert (receipt.refused.revert, receipt.refused.code) == (word, CODES[word])
    assert after is before


# The last thing a refusal story asks for, one unit the other way, goes through.
ACCEPTED: list[tuple[list[Step], dict[str, Any]]] = [
    ([fee(25), fee(0)], {}),
    ([*LENT, on("borrow", "bob", 80)], {}),
    ([*OPEN, on("withdraw", "sue", 920)], {}),
    ([*LENT, price(PRICE * 20), on("borrow", "bob", 1000)], {}),
    ([*LENT, on("withdraw", "sue", 1000)], {}),
    ([*OPEN, on("repay", "bob", 80), on("withdraw_collateral", "bob", 100)], {}),
    ([*OPEN, price(PRICE - 1), call(1)], {}),
    ([*FALL, call(100)], {}),
    ([*FALL, call(shares=76 * 10**6 - 10**6)], {}),
    ([*OPEN, price(0), call(100)], {}),
    ([on("supply_collateral", "bob", 2**128 - 1)], {}),
    # Without debt nobody asks for the price.
    ([*LENT, price(HUGE), on("withdraw_collateral", "bob", 100)], {}),
]


@pytest.mark.parametrize(("story", "terms"), ACCEPTED)
def test_what_just_meets_a_condition_goes_through(story: list[Step], terms: dict[str, Any]) -> None:
    _, receipts = play(*story, **terms)
    assert all(receipt.ok for receipt in receipts)


@pytest.mark.parametrize("number", EVERY)
def test_a_refused_action_leaves_the_state_and_others_take_it_as_it_was(number: int) -> None:
    """Stepping again from a state that was stepped from gives the same: nothing in it was touched."""
    for taken in walk(MACHINE, FILE, number):
        if not taken.receipt.ok:
            assert taken.after is taken.before
        assert MACHINE.step(taken.before, taken.action) == (taken.after, taken.receipt)


@pytest.mark.parametrize("number", EVERY)
def test_shares_add_up_and_only_a_loss_lowers_what_a_share_is_worth(number: int) -> None:
    for taken in walk(MACHINE, FILE, number):
        before, after = taken.before, taken.after
        held = after.positions.values()
        assert sum(each.supply_shares for each in held) == after.supply.shares
        assert sum(each.borrow_shares for each in held) == after.debt.shares
        assert after.debt.assets <= after.supply.assets
        lost = taken.receipt.out.get("badDebtAssets", 0)
        worth = (before.supply.assets + 1) * (after.supply.shares + rules.VIRTUAL_SHARES)
        later = (after.supply.assets + 1) * (before.supply.shares + rules.VIRTUAL_SHARES)
        assert (later < worth) <= (lost > 0)


@pytest.mark.parametrize("number", EVERY)
def test_no_debt_is_left_where_a_liquidation_left_no_collateral(number: int) -> None:
    for taken in walk(MACHINE, FILE, number):
        if taken.action.name == "liquidate" and taken.receipt.ok:
            held = taken.after.position(taken.action.args["user"])
            assert held.collateral > 0 or held.borrow_shares == 0


def test_what_would_have_been_is_asked_from_any_state() -> None:
    """Liquidated before the price fell further, nobody loses; after it, suppliers do.

    100 x 0.5 x 0.94 = 47 and a hair, for the factor is rounded down: 48 are repaid of 80.
    """
    early, _ = play(*OPEN, price(PRICE * 95 // 100))
    saved, _ = MACHINE.step(early, Action("liquidate", 0, call(shares=80 * 10**6)[2]))
    late, _ = MACHINE.step(early, Action("set_price", 0, {"price": PRICE // 2}))
    lost, _ = MACHINE.step(late, Action("liquidate", 0, call(seized=100)[2]))
    assert saved.supply.assets == 1000
    assert lost.supply.assets == 1000 - (80 - 48)
    assert early.position("bob") == (0, 80 * 10**6, 100)


@pytest.mark.parametrize("mutant", mutants(rules), ids=lambda mutant: mutant.name)
def test_every_rounding_is_held_by_a_case_or_a_recording(mutant: Mutant) -> None:
    def all_pass() -> bool:
        return all(rule(*args) == expected for rule, args, expected in ROUNDED) and passes(MACHINE, FILE)

    assert not survives(mutant, all_pass)


def test_roundings_are_put_back_after_a_mutant() -> None:
    assert all(rule(*args) == expected for rule, args, expected in ROUNDED)
    assert passes(MACHINE, FILE)


def test_every_word_has_a_code_and_every_code_a_word() -> None:
    words = {*required_words(package, codes), codes.PANIC_RANGE, codes.PANIC_ZERO}
    assert words == set(CODES)
    assert words == {word for _, _, word in REFUSED}


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        (Action("flash", 0, {}), ["action_unknown"]),
        (Action("supply", 0, {"user": "", "assets": "x"}), ["argument_invalid"] * 2 + ["argument_missing"]),
        (Action("set_price", 0, {"price": -1}), ["argument_invalid"]),
    ],
)
def test_bad_calls_are_told_with_all_that_is_wrong(action: Action, wrong: list[str]) -> None:
    state, _ = play()
    with pytest.raises(InputError) as caught:
        MACHINE.step(state, action)
    assert [problem.code for problem in caught.value.problems] == wrong


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"lltv": WAD, "fee": WAD // 4 + 1}, ["genesis.fee", "genesis.lltv"]),
        ({"irm": "flat"}, ["genesis.irm"]),
        ({"price": "much"}, ["genesis.price"]),
    ],
)
def test_bad_parameters_are_told_with_their_place(change: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        MACHINE.genesis({**TERMS, **change})
    assert sorted(problem.where for problem in caught.value.problems) == wrong
