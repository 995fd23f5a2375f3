"""Slashed stake: offset, floor, fee, price, latency, notice, and a deficit that others paid meanwhile."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account
from seawall.core.event import Event, Withdrawal
from seawall.core.loss import Posting
from seawall.resolution import share_out
from seawall.waterfall.waterfall import WaterfallResult
from tests.waterfall.books import lots, lots_default, run, terms_of
from tests.waterfall.reserves import amounts, holder, loss, met, owing, priced, settled_at, sums

STAKE = {"kind": "staked_backstop", "account": "fund:stake"}
IN_COIN = {**STAKE, "stake_asset": "COIN"}
LATE = {**STAKE, "latency_s": 100}


def staker(name: str, **cash: int) -> Account:
    return holder(f"stake/{name}", parent="fund:stake", **cash)


def charges(result: WaterfallResult) -> dict[str, int]:
    return {item.account.removeprefix("stake/"): item.amount for item in result.charges}


def taken(result: WaterfallResult) -> int:
    return sum(item.taken for item in result.absorptions)


def test_a_deficit_beyond_the_offset_is_slashed_for_down_to_the_floor() -> None:
    """Aave Umbrella: deficit 150,000, offset 100,000, stake 30,000 of which one always stays."""
    layer = {**STAKE, "offset": "100000", "floor": "1"}
    book = owing(15_000_000, staker("a", USD=3_000_000))
    result, draft = met(book, layer, loss(15_000_000))
    assert taken(result) == 2_999_900
    assert draft.cash("stake/a", "USD") == 100
    assert sum(item.amount for item in result.residuals) == 12_000_100
    inputs = result.absorptions[0].working["inputs"]
    assert isinstance(inputs, dict)
    assert (inputs["new_deficit"], inputs["offset_due"]) == (5_000_000, 10_000_000)


@pytest.mark.parametrize(("cents", "slashed"), [(99, 0), (100, 0), (101, 1), (400, 300)])
def test_the_first_offset_of_a_deficit_goes_to_the_next_layer(cents: int, slashed: int) -> None:
    rows = [staker("a", USD=1_000), holder("fund:treasury", USD=1_000)]
    terms = terms_of({**STAKE, "offset": "1"}, {"kind": "fee_pool", "account": "fund:treasury"})
    result, _ = met(owing(cents, *rows), terms, loss(cents))
    found = {item.layer: item.taken for item in result.absorptions}
    assert found == {
        key: value for key, value in (("stake", slashed), ("treasury", cents - slashed)) if value
    }


def test_the_offset_is_borne_once_by_all_losses_of_an_asset() -> None:
    rows = [staker("a", USD=1_000)]
    result, _ = met(owing(150, *rows), {**STAKE, "offset": "1"}, loss(80, "x"), loss(70, "y"))
    assert taken(result) == 50


def test_what_already_stood_uncovered_counts_against_the_offset() -> None:
    result, _ = met(owing(150, staker("a", USD=1_000)), {**STAKE, "offset": "1"}, loss(50))
    assert taken(result) == 50


@pytest.mark.parametrize(
    ("stake", "covered"), [(99, 0), (100, 0), (101, 1), (199, 99), (200, 100), (201, 100)]
)
def test_stake_is_never_slashed_below_its_floor(stake: int, covered: int) -> None:
    result, _ = met(owing(100, staker("a", USD=stake)), {**STAKE, "floor": "1"}, loss(100))
    assert taken(result) == covered


def test_stakers_are_slashed_in_proportion_to_the_unit() -> None:
    rows = [staker("a", USD=300), staker("b", USD=100), staker("c", USD=100)]
    result, _ = met(owing(101, *rows), STAKE, loss(101))
    paid = charges(result)
    assert (sum(paid.values()), paid["a"]) == (101, 61)
    assert {paid["b"], paid["c"]} == {20}


# Fee and price. A milli-coin at 2.00 a coin is worth 0.2 cents.


@pytest.mark.parametrize(
    ("fee_bps", "slashed", "fee"), [(0, 1_000, 0), (100, 1_010, 10), (10_000, 2_000, 1_000)]
)
def test_the_fee_is_slashed_beyond_the_deficit_and_paid_out(fee_bps: int, slashed: int, fee: int) -> None:
    book = owing(1_000, staker("a", USD=5_000))
    result, draft = met(book, {**STAKE, "slash_fee_bps": fee_bps}, loss(1_000))
    assert (taken(result), charges(result)) == (1_000, {"a": slashed})
    assert draft.cash("fund:slash_fees", "USD") == fee
    assert result.absorptions[0].avoided == -fee


def test_with_too_little_stake_the_fee_shrinks_with_the_cover() -> None:
    """Covered is the deficit's part of the slash, rounded down: 1000 * 550 / 1100."""
    book = owing(1_000, staker("a", USD=550))
    result, draft = met(book, {**STAKE, "slash_fee_bps": 1_000}, loss(1_000))
    assert (taken(result), draft.cash("fund:slash_fees", "USD"), draft.cash("stake/a", "USD")) == (500, 50, 0)


@pytest.mark.parametrize(
    ("coin_cents", "covered", "coins"),
    [(200, 100, 500), (100, 100, 1_000), (50, 100, 2_000), (25, 75, 3_000)],
)
def test_stake_that_falls_with_the_event_covers_less(coin_cents: int, covered: int, coins: int) -> None:
    book = owing(100, staker("a", COIN=3_000))
    result, draft = met(book, IN_COIN, loss(100), market=priced(coin_cents))
    assert (taken(result), 3_000 - draft.cash("stake/a", "COIN")) == (covered, coins)


def test_a_slash_brings_what_it_covers_even_where_the_contract_rounds_down() -> None:
    """Seven cents at three cents a unit: the contract slashes two and counts seven as covered."""
    book = owing(7, staker("a", COIN=100))
    result, draft = met(book, IN_COIN, loss(7), market=priced(3_000))
    assert (taken(result), draft.cash("stake/a", "COIN")) == (7, 97)
    assert (draft.cash("dust", "USD"), draft.cash("surplus:USD", "USD")) == (1, 1)


@pytest.mark.parametrize("coin_cents", [None, 0])
def test_stake_without_a_price_is_not_slashed(coin_cents: int | None) -> None:
    result, _ = met(owing(7, staker("a", COIN=100)), IN_COIN, loss(7), market=priced(coin_cents))
    assert (result.absorptions, [item.amount for item in result.residuals]) == ((), [7])


# Latency: the deficit stays booked until the cover.


def test_with_latency_stakers_are_slashed_now_and_the_deficit_is_covered_later() -> None:
    book = owing(100, staker("a", USD=300))
    result, draft = met(book, LATE, loss(100), event=Event("now", 1_000))
    assert (taken(result), amounts(result.pending), result.residuals) == (0, [100], ())
    assert charges(result) == {"a": 100}
    assert (draft.cash("stake/a", "USD"), draft.cash("deficit:USD", "USD")) == (200, -100)
    assert draft.cash("clearing:slashed:USD", "USD") == 100
    assert result.pending[0].due == 1_100


@pytest.mark.parametrize(("at", "covered"), [(1_099, 0), (1_100, 100), (1_101, 100)])
def test_the_cover_comes_when_it_is_due(at: int, covered: int) -> None:
    terms = terms_of(LATE)
    _, draft = met(owing(100, staker("a", USD=300)), terms, loss(100), event=Event("now", 1_000))
    result, later = settled_at(draft.book_after(), terms, at)
    assert sum(item.received for item in result.settlements) == covered
    assert later.cash("deficit:USD", "USD") == covered - 100
    assert later.cash("clearing:slashed:USD", "USD") == 100 - covered
    assert amounts(result.pending) == ([] if covered else [100])


def test_what_is_pending_is_not_slashed_for_again() -> None:
    terms = terms_of({**LATE, "offset": "1"})
    book = owing(150, staker("a", USD=300))
    _, draft = met(book, terms, loss(150), event=Event("now", 1_000))
    draft.post("more", (Posting("deficit:USD", "USD", -30), Posting("external:x", "USD", 30)))
    result, later = met(draft.book_after(), terms, loss(30, "next"), event=Event("next", 1_050))
    # 180 stand uncovered, 100 of it is the offset and 50 is pending.
    assert sorted(amounts(result.pending)) == [30, 50]
    assert later.cash("stake/a", "USD") == 220


@pytest.mark.parametrize(("paid", "back"), [(0, 0), (40, 40), (100, 100)])
def test_a_deficit_that_others_paid_meanwhile_is_not_paid_twice(paid: int, back: int) -> None:
    terms = terms_of(LATE)
    _, draft = met(owing(100, staker("a", USD=300)), terms, loss(100), event=Event("now", 1_000))
    draft.post("gift", (Posting("deficit:USD", "USD", paid), Posting("external:x", "USD", -paid)))
    _, later = settled_at(draft.book_after(), terms, 1_100)
    assert later.cash("deficit:USD", "USD") == 0
    assert later.cash("fund:stake", "USD") == back
    assert later.cash("clearing:slashed:USD", "USD") == 0


def test_a_deficit_below_offset_and_pending_slashes_nothing_more() -> None:
    """The pool's deficit was lowered behind the backstop's back: max(0, 60 - (100 + 50))."""
    terms = terms_of({**LATE, "offset": "1"})
    _, draft = met(owing(150, staker("a", USD=300)), terms, loss(150), event=Event("now", 1_000))
    draft.post("gift", (Posting("deficit:USD", "USD", 120), Posting("external:x", "USD", -120)))
    draft.post("more", (Posting("deficit:USD", "USD", -30), Posting("external:x", "USD", 30)))
    result, later = met(draft.book_after(), terms, loss(30, "next"), event=Event("next", 1_050))
    assert later.cash("stake/a", "USD") == 250
    assert [item.amount for item in result.residuals] == [30]


# Notice.


@pytest.mark.parametrize(("at", "slashed"), [(899, {"b": 100}), (900, {"b": 100}), (901, {"a": 50, "b": 50})])
def test_stake_that_gave_notice_is_slashed_until_the_notice_is_over(at: int, slashed: dict[str, int]) -> None:
    layer = {**STAKE, "cooldown_s": 100}
    book = owing(100, staker("a", USD=200), staker("b", USD=200))
    event = Event("now", 1_000, withdrawals=(Withdrawal("stake/a", "USD", 200, at),))
    assert charges(met(book, layer, loss(100), event=event)[0]) == slashed


@pytest.mark.parametrize(("at", "slashed"), [(900, {"b": 100}), (901, {"a": 50, "b": 50})])
def test_a_notice_may_stand_in_the_book(at: int, slashed: dict[str, int]) -> None:
    state = {f"notice:stake/a:USD:{at}": 200, "notice:stake/ab:USD:1": 200}
    book = owing(100, staker("a", USD=200), staker("b", USD=200), state=state)
    layer = {**STAKE, "cooldown_s": 100}
    assert charges(met(book, layer, loss(100), event=Event("now", 1_000))[0]) == slashed


def test_part_of_a_stake_may_leave() -> None:
    book = owing(100, staker("a", USD=200), staker("b", USD=100))
    event = Event("now", 1_000, withdrawals=(Withdrawal("stake/a", "USD", 100, 1_000),))
    assert charges(met(book, STAKE, loss(100), event=event)[0]) == {"a": 50, "b": 50}


def test_stake_pays_for_whole_lots() -> None:
    rows = [holder("stake/a", parent="fund:stake", USD=995)]
    result, _ = run(rows, terms_of(STAKE), lots_default(lots(100, 10_000, 9_000)))
    assert (taken(result), result.absorptions[0].lots_closed) == (990, {"PERP": 99})


@pytest.mark.parametrize("latency", [0, 100])
def test_the_journal_of_a_slash_balances(latency: int) -> None:
    layer = {**IN_COIN, "slash_fee_bps": 250, "latency_s": latency}
    book = owing(1_000, staker("a", COIN=3_000), staker("b", COIN=9_999))
    done = share_out(book, priced(150), terms_of(layer), [loss(1_000)], Event("e", 5))
    assert sums(done.after) == sums(book)


@given(
    stake=st.lists(st.integers(0, 10**6), min_size=1, max_size=5),
    cents=st.integers(1, 10**6),
    offset=st.integers(0, 10**5),
    floor=st.integers(0, 10**4),
    fee=st.integers(0, 10_000),
    price=st.integers(1, 10**11),
    latency=st.sampled_from([0, 9]),
    cap=st.none() | st.integers(0, 10**5),
    seed=st.randoms(use_true_random=False),
)
def test_a_slash_is_exact_within_capacity_and_blind_to_order(
    stake: list[int],
    cents: int,
    offset: int,
    floor: int,
    fee: int,
    price: int,
    latency: int,
    cap: int | None,
    seed: Any,
) -> None:
    layer: dict[str, Any] = {
        **IN_COIN,
        "offset": f"{offset // 100}.{offset % 100:02d}",
        "floor": f"{floor // 1000}.{floor % 1000:03d}",
        "slash_fee_bps": fee,
        "latency_s": latency,
    }
    if cap is not None and cap * 10 >= floor:
        layer["cap_per_event"] = f"{cap // 100}.{cap % 100:02d}"
    rows = [staker(f"s{number}", COIN=coins) for number, coins in enumerate(stake)]
    market = priced(None).moved(assets={"COIN": price})
    book = owing(cents, *rows)
    result, draft = met(book, layer, loss(cents), market=market)
    borne = taken(result) + sum(amounts(result.pending))
    slashed = sum(stake) - sum(draft.cash(row.id, "COIN") for row in rows)
    worth = Fraction(price, 10**9)  # cents for a milli-coin
    assert borne + sum(item.amount for item in result.residuals) == cents
    assert borne <= max(0, cents - offset)
    assert 0 <= slashed <= max(0, sum(stake) - floor)
    assert slashed * worth >= borne
    # No more than deficit and fee are worth, and the rounding of one unit of stake.
    assert slashed <= borne * Fraction(10_000 + fee, 10_000) / worth + 1 or slashed == sum(stake) - floor
    assert sums(draft.book_after()) == sums(book)
    seed.shuffle(rows)
    assert charges(met(owing(cents, *rows), layer, loss(cents), market=market)[0]) == charges(result)
    if latency:
        terms = terms_of(layer)
        _, later = settled_at(draft.book_after(), terms, latency)
        assert later.cash("deficit:USD", "USD") == borne - cents
