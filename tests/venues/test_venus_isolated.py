"""Venus's machine: laws over all recorded scenarios, stories by hand, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.core.units import WAD
from seawall.errors import InputError
from seawall.rules import compound_v2
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.machine import UINT256_MAX, Action, Receipt
from seawall.venues.machines.venus_isolated import (
    CODES,
    State,
    VenusIsolated,
    codes,
)
from tests.rules.test_venus_isolated import ROUNDED
from tests.venues.mutate import Mutant, mutants, survives
from tests.venues.recorded import passes, scenarios, walk

FILE = "venus_shortfall.json.gz"
MACHINE = VenusIsolated()
EVERY = range(len(scenarios(FILE)))
YEAR = 365 * 86_400
Step = tuple[str, int, dict[str, Any]]

# Two markets at a price of one and a token for each unit: half of a supply may be borrowed, at four fifths
# it is liquidated. A tenth more is seized than is repaid; up to 100 an account is small.
MARKET: dict[str, Any] = {
    "price": WAD,
    "collateral_factor": WAD // 2,
    "liquidation_threshold": WAD * 8 // 10,
    "initial_exchange_rate": WAD,
    **dict.fromkeys(("reserve_factor", "base", "multiplier", "jump", "kink"), 0),
}
TERMS: dict[str, Any] = {
    "t0": 0,
    "close_factor": WAD // 2,
    "liquidation_incentive": WAD * 11 // 10,
    "min_liquidatable_collateral": 100,
    "minimum_pool_bad_debt": 10,
    "incentive_bps": 1000,
    "next_bidder_limit": 300,
    "wait_for_first_bidder": 200,
    "protocol_seize_share": WAD // 20,
    "users": ["sue", "bob", "liq"],
}


def on(what: str, user: str, market: str, amount: int, at: int = 0) -> Step:
    return (what, at, {"user": user, "market": market, "amount": amount})


def price(market: str, value: int) -> Step:
    return ("set_price", 0, {"market": market, "price": value})


def call(repay: int, collateral: str = "IN", user: str = "bob") -> Step:
    return (
        "liquidate_borrow",
        0,
        {"borrower": user, "market": "OUT", "collateral": collateral, "repay": repay},
    )


def orders(*repaid: int, user: str = "bob") -> Step:
    each = [{"market": "OUT", "collateral": "IN", "repay": repay} for repay in repaid]
    return ("liquidate_account", 0, {"borrower": user, "orders": each})


def heal(user: str = "bob") -> Step:
    return ("heal_account", 0, {"borrower": user})


def fund(amount: int) -> Step:
    return ("set_risk_fund", 0, {"amount": amount})


def bid(bps: int, at: int = 0, user: str = "ann") -> Step:
    return ("place_bid", at, {"user": user, "bid_bps": bps})


START: Step = ("start_auction", 0, {})
LENT: list[Step] = [on("mint", "sue", "OUT", 1000), on("mint", "bob", "IN", 400)]
OWED: list[Step] = [*LENT, on("borrow", "bob", "OUT", 200)]
# 400 x 0.6 x 0.8 = 192, below the 200 owed.
FALL: list[Step] = [*OWED, price("IN", WAD * 6 // 10)]
# 400 x 0.2 = 80: a small account, worth far less than it owes.
SUNK: list[Step] = [*OWED, price("IN", WAD * 2 // 10)]
# 100 x 0.61 = 61 against 50 owed: small, in shortfall, and able to pay 55.
SMALL: list[Step] = [
    LENT[0],
    on("mint", "bob", "IN", 100),
    on("borrow", "bob", "OUT", 50),
    price("IN", WAD * 61 // 100),
]
HEALED: list[Step] = [*SUNK, heal()]
POOL_LARGER: list[Step] = [*HEALED, fund(70), START]
FUND_LARGER: list[Step] = [*HEALED, fund(200), START]


def play(*story: Step, market: dict[str, Any] | None = None, **terms: Any) -> tuple[State, list[Receipt]]:
    markets = [{**MARKET, **(market or {}), "symbol": symbol} for symbol in ("IN", "OUT")]
    state, receipts = MACHINE.genesis({**TERMS, "markets": markets, **terms}), []
    for what, at, args in story:
        state, receipt = MACHINE.step(state, Action(what, at, args))
        receipts.append(receipt)
    return state, receipts


def test_a_part_is_liquidated_and_the_protocol_takes_its_share() -> None:
    """100 x 1.1 / 0.6 = 183.3 tokens; 5 % of the 183 is 9, and 9 / 1.1 = 8 are paid out at once."""
    state, receipts = play(*FALL, call(100))
    told = {name: fields for name, _, fields in receipts[-1].events}
    assert told == {
        "ProtocolSeize": {"amount": 8},
        "LiquidateBorrow": {"repayAmount": 100, "seizeTokens": 183},
    }
    against, market = state.markets["IN"], state.markets["OUT"]
    assert against.tokens == {"bob": 217, "liq": 175}
    assert (against.supply, against.cash) == (392, 392)
    assert (market.cash, market.borrows, market.owed_by("bob"), market.bad_debt) == (900, 100, 100, 0)


def test_a_sunken_account_is_healed_and_the_loss_stays_within_the_suppliers_claims() -> None:
    """80 / (200 x 1.1) = 0.3636 of 200: 72 repaid and 128 lost; 400 x 5 % / 1.1 = 18 tokens paid out."""
    state, receipts = play(*HEALED)
    assert all(receipt.ok for receipt in receipts)
    against, market = state.markets["IN"], state.markets["OUT"]
    assert (market.cash, market.borrows, market.bad_debt) == (872, 0, 128)
    assert (market.owed_by("bob"), market.exchange_rate) == (0, WAD)
    assert (against.tokens, against.cash) == ({"bob": 0, "liq": 382}, 382)
    assert [name for name, _, _ in receipts[-1].events] == [
        "ProtocolSeize",
        "BadDebtIncreased",
        "HealBorrow",
    ]


def test_a_small_account_that_can_pay_is_liquidated_whole() -> None:
    """50 x 1.1 / 0.61 = 90.1 tokens of 100: the debt is gone, 10 are left."""
    state, receipts = play(*SMALL, orders(50))
    assert receipts[-1].ok
    assert (state.markets["OUT"].owed_by("bob"), state.markets["IN"].held_by("bob")) == (0, 10)
    in_two, receipts = play(*SMALL, orders(20, 30))
    assert receipts[-1].ok
    assert in_two.markets["OUT"].owed_by("bob") == 0


def test_a_fund_smaller_than_the_debt_goes_whole_to_who_repays_most() -> None:
    """70 of 128 x 1.1: from 49.71 %. At 60 %, 76 of the 128 are repaid for all 70."""
    state, receipts = play(*POOL_LARGER, bid(4971), bid(6000, at=10, user="ben"), ("close_auction", 311, {}))
    assert all(receipt.ok for receipt in receipts)
    assert receipts[-4].events[-1][2]["startBidBps"] == 4971
    market = state.markets["OUT"]
    assert (market.bad_debt, market.cash, state.risk_fund) == (128 - 76, 872 + 76, 0)
    assert (state.auction.bidder, state.auction.status) == ("ben", 2)


def test_a_larger_fund_pays_who_takes_the_least_of_it_for_the_whole_debt() -> None:
    """128 and a tenth: 140 of 200 are put up. At 90 %, 126 of them pay for all 128."""
    state, receipts = play(*FUND_LARGER, bid(10_000), bid(9000, user="ben"), ("close_auction", 301, {}))
    assert all(receipt.ok for receipt in receipts)
    market = state.markets["OUT"]
    assert (market.bad_debt, market.cash, state.risk_fund) == (0, 1000, 200 - 126)


def test_an_auction_nobody_bid_in_starts_again_with_what_there_is_then() -> None:
    state, receipts = play(*POOL_LARGER, fund(140), price("OUT", 2 * WAD), ("restart_auction", 201, {}))
    assert receipts[-1].ok
    # 256 and a tenth are 281: half of it is in the fund.
    assert (state.auction.start, state.auction.seized, state.auction.start_bps) == (201, 140, 4971)


def test_interest_is_simple_between_accruals_and_the_protocols_part_leaves_at_once() -> None:
    """A tenth a year on 500 of 1000: 50, a fifth of it to the protocol."""
    unit = 10**15
    story = [
        on("mint", "sue", "OUT", 1000 * unit),
        on("mint", "bob", "IN", 1000 * unit),
        on("borrow", "bob", "OUT", 500 * unit),
        ("accrue", YEAR, {"market": "OUT"}),
    ]
    state, _ = play(*story, market={"base": WAD // 10, "reserve_factor": WAD // 5})
    market = state.markets["OUT"]
    interest = market.borrows - 500 * unit
    assert 0 <= 50 * unit - interest <= unit // 10**6
    assert market.cash == 500 * unit - interest // 5
    assert (market.reserves, market.owed_by("bob") - market.borrows in (0, -1)) == (0, True)


def test_reserves_wait_where_there_is_no_cash_and_are_not_lent_out() -> None:
    state, _ = play(*NO_CASH, **EARNS)
    assert (state.markets["OUT"].cash, state.markets["OUT"].reserves) == (0, 249)
    _, receipts = play(*NO_CASH, on("redeem", "sue", "OUT", 10, at=YEAR), **EARNS)
    assert receipts[-1].refused is not None
    assert receipts[-1].refused.revert == codes.PANIC_RANGE


MOST = UINT256_MAX // WAD
EARNS = {"market": {"base": WAD // 2, "reserve_factor": WAD // 2}}
# All cash is lent; half of a year's interest of 499 belongs to the protocol and cannot be paid out.
NO_CASH: list[Step] = [
    on("mint", "sue", "OUT", 1000),
    on("mint", "bob", "IN", 4000),
    on("borrow", "bob", "OUT", 1000),
    ("accrue", YEAR, {"market": "OUT"}),
]
# 400 and 200 owed double in a year; what is held of the other market lost all value.
CHEAP = {"market": {"base": WAD, "initial_exchange_rate": WAD // 10}}
NEAR_NOTHING: list[Step] = [
    on("mint", "sue", "OUT", 1000),
    on("mint", "bob", "OUT", 400),
    on("mint", "bob", "IN", 10),
    on("borrow", "bob", "OUT", 200),
    price("IN", 1),
]
# 200 wad owed, at the highest price their value can be told at.
LARGE = {"min_liquidatable_collateral": 100 * WAD}
HUGE_DEBT: list[Step] = [
    on("mint", "sue", "OUT", 1000 * WAD),
    on("mint", "bob", "IN", 400 * WAD),
    on("borrow", "bob", "OUT", 200 * WAD),
    price("IN", WAD * 2 // 10),
    price("OUT", UINT256_MAX // (200 * WAD)),
]
CLOSE: Step = ("close_auction", 300, {})
REFUSED: list[tuple[list[Step], dict[str, Any], str]] = [
    ([*OWED, price("OUT", 0), on("borrow", "bob", "OUT", 1)], {}, "E:PriceError"),
    ([*OWED, price("IN", 0), on("borrow", "bob", "OUT", 1)], {}, "E:PriceError"),
    ([*OWED, price("IN", 0), heal()], {}, "E:PriceError"),
    ([*LENT, on("borrow", "bob", "OUT", 201)], {}, "E:InsufficientLiquidity"),
    ([*OWED, on("redeem", "bob", "IN", 2)], {}, "E:InsufficientLiquidity"),
    ([*LENT, price("IN", 9 * WAD), on("borrow", "bob", "OUT", 1001)], {}, "E:BorrowCashNotAvailable"),
    ([*OWED, on("redeem", "sue", "OUT", 801)], {}, "E:RedeemTransferOutNotPossible"),
    ([*LENT, on("redeem", "sue", "OUT", 0)], {}, "Error:redeemAmount is zero"),
    ([*OWED, price("IN", WAD // 4), call(1)], {}, "E:MinimalCollateralViolated"),
    ([*OWED, call(1)], {}, "E:InsufficientShortfall"),
    ([*OWED, price("IN", WAD * 625 // 1000), call(1)], {}, "E:InsufficientShortfall"),
    ([on("mint", "bob", "IN", 100), heal()], {}, "E:InsufficientShortfall"),
    ([*SMALL, price("IN", WAD), orders(50)], {}, "E:InsufficientShortfall"),
    ([*FALL, call(101)], {}, "E:TooMuchRepay"),
    ([*SMALL, orders(51)], {}, "E:TooMuchRepay"),
    ([*SMALL, orders(50, 1)], {}, "E:TooMuchRepay"),
    ([*FALL, call(0)], {}, "E:LiquidateCloseAmountIsZero"),
    ([*SMALL, orders(0)], {}, "E:LiquidateCloseAmountIsZero"),
    ([*FALL, call(1, collateral="OUT")], {}, "Error:LIQUIDATE_SEIZE_TOO_MUCH"),
    ([*SMALL, price("IN", WAD * 55 // 100), orders(50)], {}, "E:InsufficientCollateral"),
    ([*FALL, orders(200)], {}, "E:CollateralExceedsThreshold"),
    ([*FALL, heal()], {}, "E:CollateralExceedsThreshold"),
    ([*SMALL, heal()], {}, "E:CollateralExceedsThreshold"),
    ([*SMALL, orders(49)], {}, "Error:Nonzero borrow balance after liquidation"),
    ([*SMALL, orders()], {}, "Error:Nonzero borrow balance after liquidation"),
    ([bid(1)], {}, "Error:no on-going auction"),
    ([("close_auction", 0, {})], {}, "Error:no on-going auction"),
    ([("restart_auction", 0, {})], {}, "Error:no on-going auction"),
    ([*FUND_LARGER, bid(9000), ("close_auction", 301, {}), bid(1)], {}, "Error:no on-going auction"),
    ([*POOL_LARGER, START], {}, "Error:auction is on-going"),
    ([*POOL_LARGER, bid(5000, at=201)], {}, "Error:auction is stale, restart it"),
    (
        [*POOL_LARGER, ("restart_auction", 200, {})],
        {},
        "Error:you need to wait for more time for first bidder",
    ),
    (
        [*POOL_LARGER, bid(5000), ("restart_auction", 201, {})],
        {},
        "Error:you need to wait for more time for first bidder",
    ),
    ([*POOL_LARGER, bid(0)], {}, "Error:basis points cannot be zero"),
    ([*POOL_LARGER, bid(10_001)], {}, "Error:basis points cannot be more than 10000"),
    ([*POOL_LARGER, bid(4970)], {}, "Error:your bid is not the highest"),
    ([*POOL_LARGER, bid(4971), bid(4971)], {}, "Error:your bid is not the highest"),
    ([*FUND_LARGER, bid(9000), bid(9000)], {}, "Error:your bid is not the highest"),
    ([*POOL_LARGER, bid(5000), CLOSE], {}, "Error:waiting for next bidder. cannot close auction"),
    ([*POOL_LARGER, ("close_auction", 999, {})], {}, "Error:waiting for next bidder. cannot close auction"),
    ([*OWED, START], {}, "Error:pool bad debt is too low"),
    ([*HEALED, START], {"minimum_pool_bad_debt": 129}, "Error:pool bad debt is too low"),
    ([*HEALED, fund(UINT256_MAX), START], {}, "Panic:0x11"),
    ([*LENT, on("redeem", "sue", "OUT", UINT256_MAX)], {}, "Panic:0x11"),
    ([*LENT, on("mint", "ann", "OUT", 1), on("redeem", "sue", "OUT", 1001)], {}, "Panic:0x11"),
    ([*LENT, on("borrow", "bob", "OUT", UINT256_MAX)], {}, "Panic:0x11"),
    ([*OWED, price("IN", UINT256_MAX), on("borrow", "bob", "OUT", 1)], {}, "Panic:0x11"),
    ([("accrue", 5, {"market": "IN"}), ("accrue", 4, {"market": "IN"})], {}, "Panic:0x11"),
    # The collateral of another is lent out: the protocol's part cannot be paid.
    (
        [
            *FALL,
            on("mint", "ann", "OUT", 10_000),
            on("borrow", "ann", "IN", 400),
            call(100),
        ],
        {},
        "Panic:0x11",
    ),
    ([START], {"minimum_pool_bad_debt": 0}, "Panic:0x12"),
    # What the protocol is still to be paid is not lent out.
    (
        [*NO_CASH, on("mint", "ann", "OUT", 300, at=YEAR), on("borrow", "bob", "OUT", 52, at=YEAR)],
        EARNS,
        "E:BorrowCashNotAvailable",
    ),
    ([*OWED, price("IN", WAD * 274 // 1000), call(100)], {}, "Error:LIQUIDATE_SEIZE_TOO_MUCH"),
    # A token of a tenth at a price of one unit is worth nothing: what is seized for it has no number.
    (
        [
            *NEAR_NOTHING,
            ("liquidate_borrow", YEAR, {"borrower": "bob", "market": "OUT", "collateral": "IN", "repay": 1}),
        ],
        CHEAP,
        "Panic:0x12",
    ),
    # Products of 256 bits.
    ([*LENT, price("IN", UINT256_MAX), on("redeem", "sue", "OUT", 1)], {}, "Panic:0x11"),
    ([*HEALED, price("OUT", UINT256_MAX), START], {}, "Panic:0x11"),
    ([*HUGE_DEBT, orders(1)], LARGE, "Panic:0x11"),
    ([*HUGE_DEBT, heal()], LARGE, "Panic:0x11"),
    (
        [*OWED, price("IN", 1000 * WAD), price("OUT", UINT256_MAX // WAD * 100 // 105), call(1)],
        {"market": {"initial_exchange_rate": WAD // 10}},
        "Panic:0x11",
    ),
    (
        [
            LENT[0],
            on("mint", "bob", "IN", 1000 * WAD),
            on("borrow", "bob", "OUT", 200),
            price("IN", 1),
            price("OUT", UINT256_MAX // (2 * WAD)),
            call(2),
        ],
        {},
        "Panic:0x11",
    ),
    ([on("mint", "sue", "OUT", MOST + 1)], {}, "Panic:0x11"),
    ([*[on("mint", "sue", "OUT", MOST)] * 2, on("mint", "sue", "OUT", 1)], {}, "Panic:0x11"),
    ([*LENT, on("redeem", "sue", "OUT", 2**200)], {"market": {"collateral_factor": 0}}, "Panic:0x11"),
    ([("accrue", 2**200, {"market": "OUT"})], EARNS, "Panic:0x11"),
]
# `liq` liquidates, and cannot be liquidated by itself.
SELF = [
    (what, at, {key: "liq" if value == "bob" else value for key, value in args.items()})
    for what, at, args in FALL
]
SELF_SMALL = [
    (what, at, {key: "liq" if value == "bob" else value for key, value in args.items()})
    for what, at, args in SUNK
]
REFUSED += [
    ([*SELF, call(1, user="liq")], {}, "E:LiquidateLiquidatorIsBorrower"),
    ([*SELF_SMALL, heal("liq")], {}, "E:LiquidateSeizeLiquidatorIsBorrower"),
]


@pytest.mark.parametrize(("story", "terms", "word"), REFUSED)
def test_the_contracts_words_of_refusal(story: list[Step], terms: dict[str, Any], word: str) -> None:
    before, earlier = play(*story[:-1], **terms)
    assert [receipt.refused for receipt in earlier if not receipt.ok] == []
    what, at, args = story[-1]
    after, receipt = MACHINE.step(before, Action(what, at, args))
    assert receipt.refused is not None
    assert (receipt.refused.revert, receipt.refused.code) == (word, CODES[word])
    assert after is before


# The last thing a refusal story asks for, one unit, second or step the other way, goes through.
ACCEPTED: list[tuple[list[Step], dict[str, Any]]] = [
    ([*LENT, on("borrow", "bob", "OUT", 200)], {}),
    ([*OWED, on("redeem", "bob", "IN", 1)], {}),
    ([*LENT, price("IN", 9 * WAD), on("borrow", "bob", "OUT", 1000)], {}),
    ([*OWED, on("redeem", "sue", "OUT", 800)], {}),
    ([*LENT, on("redeem", "sue", "OUT", 1000)], {}),
    ([*OWED, price("IN", WAD * 62 // 100), call(1)], {}),
    ([*OWED, price("IN", WAD // 4), heal()], {}),
    ([*OWED, price("IN", WAD * 253 // 1000), call(1)], {}),
    ([*FALL, call(100)], {}),
    ([*SMALL, price("IN", WAD * 56 // 100), orders(50)], {}),
    ([*SMALL, price("IN", WAD * 55 // 100), heal()], {}),
    ([*POOL_LARGER, bid(4971, at=200)], {}),
    ([*POOL_LARGER, ("restart_auction", 201, {})], {}),
    ([*POOL_LARGER, bid(4971), bid(4972)], {}),
    ([*POOL_LARGER, bid(10_000)], {}),
    ([*FUND_LARGER, bid(10_000), bid(9999)], {}),
    ([*POOL_LARGER, bid(5000), ("close_auction", 301, {})], {}),
    ([*FUND_LARGER, bid(9000), ("close_auction", 301, {}), on("borrow", "liq", "OUT", 1)], {}),
    ([*HEALED, START], {"minimum_pool_bad_debt": 128}),
    (
        [*NO_CASH, on("mint", "ann", "OUT", 300, at=YEAR), on("borrow", "bob", "OUT", 51, at=YEAR)],
        EARNS,
    ),
    ([*OWED, price("IN", WAD * 275 // 1000), call(100)], {}),
    ([*LENT, price("IN", MOST), on("redeem", "sue", "OUT", 1)], {}),
    ([on("mint", "sue", "OUT", MOST)], {}),
    ([*LENT, on("redeem", "sue", "OUT", 1)], {"market": {"liquidation_threshold": WAD}}),
    ([*HEALED, fund(70), START, bid(5000), ("close_auction", 301, {}), ("start_auction", 302, {})], {}),
]


@pytest.mark.parametrize(("story", "terms"), ACCEPTED)
def test_what_just_meets_a_condition_goes_through(story: list[Step], terms: dict[str, Any]) -> None:
    _, receipts = play(*story, **terms)
    assert [receipt.refused for receipt in receipts if not receipt.ok] == []


def test_a_market_too_large_for_its_numbers_tells_no_exchange_rate() -> None:
    state, _ = play(*[on("mint", "sue", "OUT", MOST)] * 2)
    assert MACHINE.view(state, 0)["markets"]["OUT"]["exchange_rate_stored"] is None


def test_without_a_price_nothing_is_said_of_an_accounts_health() -> None:
    state, _ = play(*OWED, price("IN", 0))
    shown = MACHINE.view(state, 0)["users"]["bob"]
    assert (shown["liquidity"], shown["shortfall"]) == (None, None)


@pytest.mark.parametrize("number", EVERY)
def test_a_refused_action_leaves_the_state_and_others_take_it_as_it_was(number: int) -> None:
    """Stepping again from a state that was stepped from gives the same: nothing in it was touched."""
    for taken in walk(MACHINE, FILE, number):
        if not taken.receipt.ok:
            assert taken.after is taken.before
        assert MACHINE.step(taken.before, taken.action) == (taken.after, taken.receipt)


@pytest.mark.parametrize("number", EVERY)
def test_tokens_add_up_debts_nearly_and_no_loss_lowers_what_a_token_is_worth(number: int) -> None:
    """The index of debts has 18 digits: at each accrual all of them part by that much from their sum."""
    most = 0
    for count, taken in enumerate(walk(MACHINE, FILE, number), 1):
        for symbol, market in taken.after.markets.items():
            assert sum(market.tokens.values()) == market.supply
            most = max(most, market.borrows)
            owed = sum(market.owed_by(user) for user in market.loans)
            assert abs(owed - market.borrows) <= count * (most // WAD + 2)
            earlier = taken.before.markets[symbol]
            if earlier.supply and market.supply:
                assert market.exchange_rate >= earlier.exchange_rate


@pytest.mark.parametrize("number", EVERY)
def test_bad_debt_comes_by_healing_and_goes_by_an_auction(number: int) -> None:
    for taken in walk(MACHINE, FILE, number):
        before = sum(each.bad_debt for each in taken.before.markets.values())
        after = sum(each.bad_debt for each in taken.after.markets.values())
        assert after <= before or taken.action.name == "heal_account"
        assert after >= before or taken.action.name == "close_auction"


def test_what_would_have_been_is_asked_from_any_state() -> None:
    """Called in time nothing is lost; left to sink, 128 are; the state between saw neither."""
    early, _ = play(*FALL)
    called, _ = MACHINE.step(early, Action(*call(100)))
    late, _ = MACHINE.step(early, Action(*price("IN", WAD * 2 // 10)))
    lost, _ = MACHINE.step(late, Action(*heal()))
    assert (called.markets["OUT"].bad_debt, lost.markets["OUT"].bad_debt) == (0, 128)
    assert early.markets["OUT"].owed_by("bob") == 200


SITES = [
    *mutants(rules),
    *(
        each
        for each in mutants(compound_v2)
        if each.function in ("accrued_debt", "max_repay", "seize_ratio", "seize_tokens", "borrow_rate")
    ),
]
# Roundings of the shared rules, by hand.
SHARED: list[tuple[Any, tuple[int, ...], int]] = [
    (compound_v2.accrued_debt, (17, WAD // 10, 1), 18),
    (compound_v2.max_repay, (17, WAD // 10), 1),
    (compound_v2.borrow_rate, (17, 0, WAD // 10, 0, 20), 1),
    (compound_v2.borrow_rate, (17, 0, WAD // 10, 0, 17), 1),
    (compound_v2.borrow_rate, (27, 0, WAD // 10, WAD // 10, 17), 2),
    (compound_v2.borrow_rate, (34, 0, WAD // 10, WAD // 10, 17), 2),
    # 1.7 over 1; 4 over 1.7; a ratio of 1.67; and a tenth of 17.
    (compound_v2.seize_tokens, (1, 17, WAD // 10, 1, WAD), 1),
    (compound_v2.seize_tokens, (1, 4, WAD, 17, WAD // 10), 4),
    (compound_v2.seize_tokens, (WAD, 5, WAD, 3 * WAD, WAD), 1),
    (compound_v2.seize_tokens, (17, 1, WAD, 10, WAD), 1),
]


@pytest.mark.parametrize("mutant", SITES, ids=lambda mutant: mutant.name)
def test_every_rounding_is_held_by_a_case_or_a_recording(mutant: Mutant) -> None:
    def all_pass() -> bool:
        rows = (*ROUNDED, *SHARED)
        return all(rule(*args) == expected for rule, args, expected in rows) and passes(MACHINE, FILE)

    assert not survives(mutant, all_pass)


def test_roundings_are_put_back_after_a_mutant() -> None:
    assert all(rule(*args) == expected for rule, args, expected in (*ROUNDED, *SHARED))
    assert passes(MACHINE, FILE)


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        (Action("transfer", 0, {}), ["action_unknown"]),
        (Action("mint", 0, {"user": "", "market": 1}), ["argument_invalid"] * 2 + ["argument_missing"]),
        (Action("mint", 0, {"user": "ann", "market": "SIDE", "amount": 1}), ["argument_invalid"]),
        (Action("accrue", 0, {"market": "SIDE"}), ["argument_invalid"]),
        (Action("liquidate_account", 0, {"borrower": "bob", "orders": "all"}), ["argument_invalid"]),
        (
            Action("liquidate_account", 0, {"borrower": "bob", "orders": [{"repay": -1}]}),
            ["argument_missing", "argument_missing", "argument_invalid"],
        ),
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
        ({"close_factor": "half", "liquidation_incentive": 0}, ["close_factor", "liquidation_incentive"]),
        ({"markets": []}, ["markets"]),
        ({"markets": [{**MARKET, "symbol": "IN", "reserve_factor": WAD + 1}]}, ["markets.IN.reserve_factor"]),
        (
            {"markets": [{**MARKET, "symbol": "IN", "initial_exchange_rate": 0}]},
            ["markets.IN.initial_exchange_rate"],
        ),
    ],
)
def test_bad_parameters_are_told_with_their_place(change: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        play(**change)
    assert sorted(problem.where for problem in caught.value.problems) == [f"genesis.{each}" for each in wrong]
