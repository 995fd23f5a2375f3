"""Laws L1-L9: what a liquidation may do. Exact, for the generic lending terms."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.core.book import Account, Balance, Book
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.core.terms import BPS, Terms
from seawall.liquidation.liquidate import liquidate
from seawall.liquidation.quote import Refusal, max_valid_repay
from seawall.liquidation.sale import Desk
from seawall.liquidation.seize import Call, Seizure, seize
from seawall.risk.assess import assess
from seawall.risk.health import Health
from seawall.risk.toxic import toxicity
from tests.worlds import USD, borrower, lending_book, lending_market, lending_terms

TERMS = lending_terms()
AAVE_37 = lending_terms("aave_v3_7")
AAVE_302 = lending_terms("aave_v3_0_2")

Loan = tuple[int, int, int]

eth_amounts = st.integers(1, 10**21)
debts = st.integers(1, 10**13)
eth_prices = st.integers(1, 10**13)


@st.composite
def loans(draw: st.DrawFn, ltv_bps_min: int = 1, ltv_bps_max: int = 20_000) -> Loan:
    """(ETH collateral, USDC debt, ETH price) at a drawn loan-to-value."""
    eth, price = draw(st.integers(10**12, 10**21)), draw(st.integers(10**6, 10**13))
    ltv_bps = draw(st.integers(ltv_bps_min, ltv_bps_max))
    return eth, max(1, eth * price * ltv_bps // 10**24), price


def market_at(eth: int, usdc: int = USD) -> Market:
    return Market(prices={"ETH": Price(eth), "BTC": Price(5 * 10**12), "USDC": Price(usdc)})


def health_of(draft: Draft, market: Market, terms: Terms = TERMS, name: str = "x") -> Health:
    book = replace(draft.book_after())
    return assess(draft.account(name), book, market, terms)


def called(
    account: Account, market: Market, terms: Terms = TERMS, cover: int | None = None
) -> tuple[Draft, Seizure | Refusal]:
    draft = Draft(lending_book(account))
    return draft, seize(draft, market, terms, Call("x", "ETH", "USDC", cover))


@given(loans(ltv_bps_max=7900), st.integers(1, 10**13))
def test_l1_a_healthy_account_is_refused_and_nothing_changes(loan: Loan, cover: int) -> None:
    eth, debt, price = loan
    market = market_at(price)
    account = borrower("x", eth=eth, usdc_debt=debt)
    book = lending_book(account)
    assume(not assess(book.account("x"), book, market, TERMS).is_liquidatable)
    draft, answer = called(account, market, cover=cover)
    assert isinstance(answer, Refusal)
    assert answer.code == "healthy"
    assert not draft.moves


@pytest.mark.parametrize(
    ("debt", "status"),
    [(1600 * 10**6 - 1, "safe"), (1600 * 10**6, "safe"), (1600 * 10**6 + 1, "liquidatable")],
)
def test_l1_health_of_exactly_one_is_safe(debt: int, status: str) -> None:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=debt))
    assert assess(book.account("x"), book, lending_market(2000), TERMS).status == status


@given(loans(ltv_bps_min=7900), st.integers(1, 10**13))
def test_l2_repaid_and_seized_stay_within_their_bounds(loan: Loan, cover: int) -> None:
    eth, debt, price = loan
    draft, answer = called(borrower("x", eth=eth, usdc_debt=debt), market_at(price), cover=cover)
    if isinstance(answer, Refusal):
        return
    assert 0 <= answer.repaid <= min(debt, cover)
    assert 0 <= answer.fee <= answer.seized <= eth
    # seized value <= repaid value x LB: in exact integers, with one unit of the debt for a capped call.
    seized_value = answer.seized * price * 10**6 * BPS
    assert seized_value <= answer.repaid * USD * 10**18 * 10500
    held = {balance.side: balance.scaled for balance in draft.account("x").balances}
    assert held.get("supply", 0) == eth - answer.seized


@given(loans(ltv_bps_min=8001, ltv_bps_max=12_000), st.integers(1, 10**13))
def test_l3_a_partial_liquidation_that_is_not_toxic_does_not_lower_health(loan: Loan, cover: int) -> None:
    eth, debt, price = loan
    market = market_at(price)
    account = borrower("x", eth=eth, usdc_debt=debt)
    book = lending_book(account)
    before = assess(book.account("x"), book, market, TERMS)
    assume(before.is_liquidatable)
    flags = toxicity(before)[0]
    draft, answer = called(account, market, cover=cover)
    assume(isinstance(answer, Seizure) and answer.repaid < debt and answer.seized < eth)
    after = health_of(draft, market)
    lowered = after.weighted_value * before.debt_value < before.weighted_value * after.debt_value
    assert not lowered or flags.lowers_health


@pytest.mark.parametrize(
    ("price", "lowers"), [(100 * USD, True), (119 * USD, True), (121 * USD, False), (124 * USD, False)]
)
def test_l3_the_toxic_flag_tells_the_future(price: int, lowers: bool) -> None:
    """HF < LT * LB = 0.84 is where repaying lowers health; D/C > 1/1.05 is HF < 0.84 here too."""
    account = borrower("x", eth=10**18, usdc_debt=10**8)
    market = market_at(price)
    draft, answer = called(account, market, cover=10**6)
    if isinstance(answer, Refusal):
        assert not lowers
        return
    book = lending_book(account)
    before = assess(book.account("x"), book, market, TERMS)
    after = health_of(draft, market)
    assert toxicity(before)[0].lowers_health == lowers or price > 105 * USD
    if lowers and toxicity(before)[0].lowers_health:
        assert after.weighted_value * before.debt_value < before.weighted_value * after.debt_value


def test_l3_policy_halt_refuses_a_toxic_liquidation() -> None:
    terms = lending_terms(size={"kind": "full", "toxic": "halt"})
    draft = Draft(lending_book(borrower("x", eth=10**18, usdc_debt=2100 * 10**6)))
    market = lending_market(2000)
    done = liquidate(draft, market, terms, Desk(draft.book, market, terms), "x", "insolvent")
    assert done.outcome == "halted_toxic"
    assert not done.seizures
    assert not draft.moves


@given(loans(ltv_bps_min=8001, ltv_bps_max=9500), st.integers(1, 10**13))
def test_l4_shortfall_does_not_rise_by_a_liquidation_that_is_not_toxic(loan: Loan, cover: int) -> None:
    eth, debt, price = loan
    market = market_at(price)
    account = borrower("x", eth=eth, usdc_debt=debt)
    book = lending_book(account)
    before = assess(book.account("x"), book, market, TERMS)
    assume(before.is_liquidatable and before.equity >= 0 and not toxicity(before)[0].raises_leverage)
    draft, answer = called(account, market, cover=cover)
    after = health_of(draft, market)
    assert max(0, -after.equity) == 0
    assert not isinstance(answer, Seizure) or not answer.deficit


@given(loans(ltv_bps_min=8001))
def test_l5_liquidating_oneself_gains_at_most_the_bonus_that_the_borrower_pays(loan: Loan) -> None:
    """Borrower and liquidator of one owner: what they gain together is the debt written off, nothing else."""
    eth, debt, price = loan
    market = market_at(price)
    draft, answer = called(borrower("x", eth=eth, usdc_debt=debt), market)
    assume(isinstance(answer, Seizure))
    totals: dict[str, int] = {}
    for move in draft.moves:
        for posting in move.postings:
            if posting.account in ("x", "external:liquidator"):
                totals[posting.commodity] = totals.get(posting.commodity, 0) + posting.amount
    assert totals.get("ETH", 0) == -answer.fee + totals_of_dust(draft, "ETH")
    assert totals.get("USDC", 0) == sum(answer.deficit.values()) + totals_of_dust(draft, "USDC")


def totals_of_dust(draft: Draft, asset: str) -> int:
    return -sum(
        p.amount for m in draft.moves for p in m.postings if p.account == "dust" and p.commodity == asset
    )


@given(eth_amounts, debts, st.integers(1, 10**12), st.integers(1, 10**13))
def test_l6_no_zombie_dust_is_left_where_the_venue_forbids_it(
    eth: int, debt: int, price: int, cover: int
) -> None:
    market = market_at(price)
    draft, answer = called(borrower("x", eth=eth, usdc_debt=debt), market, AAVE_37, cover)
    if isinstance(answer, Refusal):
        return
    left = {line.kind: abs(line.value) for line in health_of(draft, market, AAVE_37).lines}
    assert not left.get("debt") or not left.get("collateral") or min(left.values()) >= 1000 * USD


@given(st.integers(1, 10**19), st.integers(1, 10**11), st.integers(10**8, 10**12))
def test_l6_the_largest_valid_repayment_is_valid_and_the_largest(eth: int, debt: int, price: int) -> None:
    market = market_at(price)
    account = borrower("x", eth=eth, usdc_debt=debt)
    book = lending_book(account)
    assume(assess(book.account("x"), book, market, AAVE_37).is_liquidatable)
    best = max_valid_repay(Draft(book), market, AAVE_37, "x", "ETH", "USDC")
    assert best == 0 or isinstance(called(account, market, AAVE_37, best)[1], Seizure)
    beyond = called(account, market, AAVE_37, best + 1)[1]
    assert isinstance(beyond, Refusal) or beyond.repaid <= max(best, 1) or beyond.seized == eth


@given(st.lists(st.tuples(eth_amounts, debts), min_size=1, max_size=4), eth_prices)
def test_l7_a_deficit_is_booked_iff_no_collateral_value_is_left_and_debt_is(
    rows: list[tuple[int, int]], price: int
) -> None:
    market = market_at(price)
    names = [f"x{number}" for number in range(len(rows))]
    book = lending_book(
        *(borrower(name, eth=eth, usdc_debt=debt) for name, (eth, debt) in zip(names, rows, strict=True))
    )
    draft, desk = Draft(book), Desk(book, market, TERMS)
    for name, (_, debt) in zip(names, rows, strict=True):
        health = assess(book.account(name), book, market, TERMS)
        if not health.is_liquidatable:
            continue
        done = liquidate(draft, market, TERMS, desk, name, health.status)
        after = assess(draft.account(name), draft.book_after(), market, TERMS)
        booked = sum(default.cash_shortfall for default in done.defaults)
        assert booked <= debt
        assert (booked > 0) == (after.collateral_value == 0 and bool(done.defaults))
        assert not booked or not any(balance.side == "debt" for balance in draft.account(name).balances)
    after_book = draft.book_after()
    deficit = -draft.cash("deficit:USDC", "USDC")
    assert after_book.pool_of["USDC"].deficit == deficit


@given(st.integers(10**17, 10**20), st.integers(90, 99), st.integers(2, 6))
def test_l8_k_steps_or_one_differ_by_at_most_k_units(eth: int, percent: int, steps: int) -> None:
    """Within one kind of step: partial calls on an account with enough collateral."""
    market = market_at(2000 * USD)
    debt = eth * 2000 * percent // 10**14
    whole = called(borrower("x", eth=eth, usdc_debt=debt), market, cover=steps * 1000)[1]
    assume(isinstance(whole, Seizure))
    draft = Draft(lending_book(borrower("x", eth=eth, usdc_debt=debt)))
    parts = [seize(draft, market, TERMS, Call("x", "ETH", "USDC", 1000)) for _ in range(steps)]
    done = [part for part in parts if isinstance(part, Seizure)]
    assume(len(done) == steps)
    assert abs(sum(part.repaid for part in done) - whole.repaid) <= steps  # type: ignore[union-attr]
    assert abs(sum(part.seized for part in done) - whole.seized) <= steps  # type: ignore[union-attr]


@given(eth_amounts, st.integers(0, 10**12), debts, eth_prices, st.sampled_from([TERMS, AAVE_37, AAVE_302]))
def test_l9_liquidation_ends_within_the_rounds_of_the_terms(
    eth: int, btc: int, debt: int, price: int, terms: Terms
) -> None:
    book: Book = lending_book(borrower("x", eth=eth, btc=btc, usdc_debt=debt))
    market = market_at(price)
    health = assess(book.account("x"), book, market, terms)
    assume(health.is_liquidatable)
    draft = Draft(book)
    done = liquidate(draft, market, terms, Desk(book, market, terms), "x", health.status)
    assert len(done.seizures) <= terms.rounds_max
    if done.outcome == "restored":
        assert not assess(draft.account("x"), draft.book_after(), market, terms).is_liquidatable


def test_l7_breaks_for_aave_3_0_2_worthless_debt_stays() -> None:
    """Frozen counterexample: one wei of value repays nothing, so the debt stays and is never recognised."""
    draft = Draft(lending_book(borrower("x", eth=1, usdc_debt=10**9)))
    market = market_at(1)
    done = liquidate(draft, market, AAVE_302, Desk(draft.book, market, AAVE_302), "x", "insolvent")
    assert not done.defaults
    assert [b for b in draft.account("x").balances if b.side == "debt"] == [Balance("USDC", "debt", -(10**9))]


def test_h2_breaks_for_aave_3_0_2_more_collateral_lowers_health() -> None:
    """Frozen counterexample: averaging the threshold floors a whole basis point away."""
    terms = AAVE_302
    before = Account("x", balances=(Balance("ETH", "supply", 10**18), Balance("USDC", "debt", -(10**6))))
    after = replace(before, balances=(*before.balances, Balance("BTC", "supply", 1)))
    market = lending_market()
    book = lending_book(before)
    first = assess(before, book, market, terms).health_wad
    second = assess(after, book, market, terms).health_wad
    assert first is not None
    assert second is not None
    assert second < first
