"""Venus's machine: entering and leaving markets, and what governance sets: stories by hand, every refusal."""

from __future__ import annotations

import pytest

from seawall.core.units import WAD
from seawall.errors import InputError
from seawall.venues.machines.machine import UINT256_MAX, Action
from seawall.venues.machines.venus_isolated import (
    CODES,
    auction,
    codes,
    governance,
    lending,
    liquidation,
    market,
    membership,
    pool,
)
from tests.venues.recorded import required_words
from tests.venues.test_venus_isolated import (
    FALL,
    HEALED,
    LENT,
    MACHINE,
    MARKET,
    OWED,
    REFUSED,
    SMALL,
    SUNK,
    Step,
    call,
    heal,
    on,
    orders,
    play,
    price,
)

PERCENT = WAD // 100


def out(user: str, symbol: str) -> Step:
    return ("exit_market", 0, {"user": user, "market": symbol})


def back(user: str, symbol: str) -> Step:
    return ("enter_market", 0, {"user": user, "market": symbol})


def factors(borrows: int, liquidated: int, symbol: str = "IN") -> Step:
    parts = {"collateral_factor": borrows * PERCENT, "liquidation_threshold": liquidated * PERCENT}
    return ("set_collateral_factor", 0, {"market": symbol, **parts})


def cap(side: str, most: int) -> Step:
    return (f"set_{side}_cap", 0, {"market": "OUT", "cap": most})


def pause(action: str, symbol: str, *, paused: bool = True) -> Step:
    return ("set_pause", 0, {"market": symbol, "action": action, "paused": paused})


def close_factor(percent: int) -> Step:
    return ("set_close_factor", 0, {"factor": percent * PERCENT})


def incentive(percent: int) -> Step:
    return ("set_liquidation_incentive", 0, {"incentive": percent * PERCENT})


def small(value: int) -> Step:
    return ("set_min_liquidatable_collateral", 0, {"value": value})


def test_what_is_left_out_secures_nothing() -> None:
    state, _ = play(on("mint", "sue", "OUT", 100), out("sue", "OUT"))
    shown = MACHINE.view(state, 0)["users"]["sue"]
    assert (shown["positions"]["OUT"]["v_tokens"], shown["liquidity"]) == (100, 0)


def test_the_last_market_entered_takes_the_place_of_the_one_left() -> None:
    names = ("A", "B", "C")
    markets = [{**MARKET, "symbol": symbol} for symbol in names]
    state, _ = play(out("sue", "A"), markets=markets)
    assert state.entered_by("sue") == ("C", "B")
    state, _ = play(out("sue", "A"), back("sue", "A"), out("sue", "B"), out("sue", "B"), markets=markets)
    assert state.entered_by("sue") == ("C", "A")
    assert state.entered_by("bob") == names


def test_who_borrows_enters_the_market() -> None:
    state, _ = play(*LENT, out("bob", "OUT"), on("borrow", "bob", "OUT", 1))
    assert state.entered_by("bob") == ("IN", "OUT")


def test_a_healed_account_keeps_what_it_had_left_out() -> None:
    # 70 supplied of a third market that bob has left: neither collateral nor seized.
    markets = [{**MARKET, "symbol": symbol} for symbol in ("IN", "OUT", "OFF")]
    state, receipts = play(*SUNK, on("mint", "bob", "OFF", 70), markets=markets)
    shown = MACHINE.view(state, 0)["users"]["bob"]
    state, receipts = play(
        *OWED, on("mint", "bob", "OFF", 70), out("bob", "OFF"), SUNK[-1], heal(), markets=markets
    )
    assert receipts[-1].ok
    assert state.markets["OFF"].held_by("bob") == 70
    assert state.markets["OUT"].bad_debt == 128
    assert shown["shortfall"] == 200 - 64 - 56


def test_a_paused_action_goes_on_when_it_may() -> None:
    state, receipts = play(pause("mint", "OUT"), LENT[0], pause("mint", "OUT", paused=False), LENT[0])
    assert [receipt.ok for receipt in receipts] == [True, False, True, True]
    assert state.market("OUT").supply == 1000


def test_healing_that_repays_nothing_is_no_repayment() -> None:
    state, receipts = play(*OWED, price("IN", 1), pause("repay", "OUT"), heal())
    assert receipts[-1].ok
    assert state.market("OUT").bad_debt == 200


def test_governance_moves_what_liquidation_takes() -> None:
    state, _ = play(*OWED, price("IN", WAD // 2), incentive(100), close_factor(90), call(180))
    assert state.market("IN").held_by("bob") == 400 - 360
    state, receipts = play(*FALL, small(240), orders(200))
    assert receipts[-1].ok
    assert state.market("OUT").owed_by("bob") == 0


GOVERNED: list[tuple[list[Step], str]] = [
    ([pause("enter_market", "IN"), back("sue", "IN")], "E:ActionPaused"),
    ([pause("exit_market", "IN"), out("sue", "IN")], "E:ActionPaused"),
    ([pause("mint", "OUT"), LENT[0]], "E:ActionPaused"),
    ([*LENT, pause("redeem", "OUT"), on("redeem", "sue", "OUT", 1)], "E:ActionPaused"),
    ([*LENT, pause("borrow", "OUT"), on("borrow", "bob", "OUT", 1)], "E:ActionPaused"),
    (
        [*LENT, out("bob", "OUT"), pause("enter_market", "OUT"), on("borrow", "bob", "OUT", 1)],
        "E:ActionPaused",
    ),
    ([*OWED, pause("repay", "OUT"), on("repay", "bob", "OUT", 1)], "E:ActionPaused"),
    ([*FALL, pause("liquidate", "OUT"), call(1)], "E:ActionPaused"),
    ([*FALL, pause("repay", "OUT"), call(1)], "E:ActionPaused"),
    ([*FALL, pause("seize", "IN"), call(1)], "E:ActionPaused"),
    ([*SMALL, pause("liquidate", "OUT"), orders(50)], "E:ActionPaused"),
    ([*SUNK, pause("seize", "IN"), heal()], "E:ActionPaused"),
    ([*SUNK, pause("repay", "OUT"), heal()], "E:ActionPaused"),
    ([cap("supply", 999), LENT[0]], "E:SupplyCapExceeded"),
    ([*LENT, cap("supply", 1000), on("mint", "sue", "OUT", 1)], "E:SupplyCapExceeded"),
    ([*LENT, cap("borrow", 199), on("borrow", "bob", "OUT", 200)], "E:BorrowCapExceeded"),
    # 128 are lost: they count.
    (
        [*HEALED, on("mint", "ann", "IN", 10_000), cap("borrow", 128), on("borrow", "ann", "OUT", 1)],
        "E:BorrowCapExceeded",
    ),
    ([*LENT, cap("supply", 2000), on("mint", "sue", "OUT", UINT256_MAX)], "Panic:0x11"),
    ([*OWED, cap("borrow", 2000), on("borrow", "bob", "OUT", UINT256_MAX)], "Panic:0x11"),
    ([*OWED, out("bob", "OUT")], "E:NonzeroBorrowBalance"),
    ([*OWED, out("bob", "IN")], "E:InsufficientLiquidity"),
    ([*FALL, out("bob", "IN")], "E:InsufficientLiquidity"),
    ([*OWED, on("mint", "bob", "OUT", 1), price("IN", 0), out("ann", "IN")], "E:PriceError"),
    (
        [
            LENT[0],
            on("mint", "bob", "IN", 1000),
            out("bob", "IN"),
            on("mint", "bob", "OUT", 1000),
            on("borrow", "bob", "OUT", 400),
            factors(10, 10, "OUT"),
            call(1),
        ],
        "E:MarketNotCollateral",
    ),
    (
        [
            LENT[0],
            on("mint", "bob", "IN", 1000),
            out("bob", "IN"),
            on("mint", "bob", "OUT", 1000),
            on("borrow", "bob", "OUT", 400),
            factors(10, 10, "OUT"),
            price("IN", 0),
            call(1),
        ],
        "E:PriceError",
    ),
    ([factors(96, 100)], "E:InvalidCollateralFactor"),
    ([factors(50, 49)], "E:InvalidLiquidationThreshold"),
    ([factors(50, 101)], "E:InvalidLiquidationThreshold"),
    ([price("IN", 0), factors(1, 50)], "E:PriceError"),
    ([close_factor(91)], "Error:Close factor greater than maximum close factor"),
    ([close_factor(4)], "Error:Close factor smaller than minimum close factor"),
    ([incentive(99)], "Error:liquidation incentive should be greater than 1e18"),
]


@pytest.mark.parametrize(("story", "word"), GOVERNED)
def test_the_contracts_words_of_refusal(story: list[Step], word: str) -> None:
    before, earlier = play(*story[:-1])
    assert [receipt.refused for receipt in earlier if not receipt.ok] == []
    what, at, args = story[-1]
    after, receipt = MACHINE.step(before, Action(what, at, args))
    assert receipt.refused is not None
    assert (receipt.refused.revert, receipt.refused.code) == (word, CODES[word])
    assert after is before


# The last thing that is asked for above, one unit or step the other way, goes through.
@pytest.mark.parametrize(
    "story",
    [
        [cap("supply", 1000), LENT[0]],
        [*LENT, cap("borrow", 200), on("borrow", "bob", "OUT", 200)],
        [*HEALED, on("mint", "ann", "IN", 10_000), cap("borrow", 129), on("borrow", "ann", "OUT", 1)],
        [*LENT, out("bob", "OUT")],
        [*LENT, out("bob", "IN")],
        [factors(95, 95)],
        [factors(0, 100)],
        [price("IN", 0), factors(0, 50)],
        [close_factor(90)],
        [close_factor(5)],
        [incentive(100)],
        [pause("enter_market", "OUT"), *OWED],
    ],
)
def test_what_just_meets_a_condition_goes_through(story: list[Step]) -> None:
    _, receipts = play(*story)
    assert [receipt.refused for receipt in receipts if not receipt.ok] == []


def test_every_word_has_a_code_and_every_code_a_word() -> None:
    modules = (auction, codes, governance, lending, liquidation, market, membership, pool)
    words = {*required_words(*modules), codes.PANIC_RANGE, codes.PANIC_ZERO}
    assert words == set(CODES)
    assert words == {word for *_, word in (*REFUSED, *GOVERNED)}


def test_only_what_can_be_paused_is() -> None:
    state, _ = play()
    with pytest.raises(InputError, match="expected one of mint, redeem"):
        MACHINE.step(state, Action("set_pause", 0, {"market": "IN", "action": "flash", "paused": True}))
