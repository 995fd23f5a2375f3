"""Recoveries: who is paid first, how far, and that every unit goes somewhere that it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Charge, Posting, Residual
from seawall.errors import InputError
from seawall.ledger.audit import audit
from seawall.resolution import SharedBack, share_back
from seawall.waterfall.claims import convert
from seawall.waterfall.layer import payment
from seawall.waterfall.recover import BREAKS, Recovered, Recovery
from tests.waterfall.books import cash_default, terms_of
from tests.waterfall.over_time import Story, book_with, holder

OWN = {"kind": "first_loss", "account": "fund:own", "rank": 0}
FUND = {"kind": "insurance_fund", "account": "fund:insurance", "rank": 1, "surplus": True}
HOLDERS = {"kind": "mutualise", "over": "cash", "rank": 2}
CLAIMS = {"kind": "recovery_claims", "claim_asset": "CLAIM", "rank": 3}
BANK = {"kind": "residual", "bearer": "bank"}
EURO = Charge("x", "EUR", 5, "insurance", "failed", "")


def borne(loss: int, *layers: dict[str, Any], own: int = 100, insurance: int = 200, **cash: int) -> Story:
    """A loss at time 0 down the layers: own capital, a fund, and holders with cents."""
    default = cash_default(loss)
    rows = [
        holder("fund:own", usd=own, kind="fund"),
        holder("fund:insurance", usd=insurance, kind="fund"),
        *(holder(name, usd=cents) for name, cents in cash.items()),
    ]
    return Story(book_with(rows, default), terms_of(*layers)).then(0, default)


def back(
    story: Story,
    amount: int,
    *,
    at: int = 10,
    open_: Recovered | None = None,
    payer: str = "external:court",
) -> SharedBack:
    """Money back after the story; `open_` is the answer to the instalment before."""
    charges: Iterable[Charge] = open_.charges if open_ else story.result.charges
    residuals: Iterable[Residual] = open_.residuals if open_ else story.result.residuals
    found = share_back(
        story.book,
        story.terms,
        Recovery(payer, "USD", amount, "main"),
        Event(f"back-{at}", at),
        charges=charges,
        residuals=residuals,
    )
    assert audit(found.journal) == []
    return found


def got(found: SharedBack) -> dict[str, int]:
    paid = {item.account: item.amount for item in found.recovered.refunds}
    return paid | ({"surplus": found.recovered.surplus} if found.recovered.surplus else {})


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (1, {"bank": 1}),
        (50, {"bank": 50}),
        (51, {"bank": 50, "ann": 1}),
        (350, {"bank": 50, "ann": 200, "bob": 100}),
        (351, {"bank": 50, "ann": 200, "bob": 100, "fund:insurance": 1}),
        (550, {"bank": 50, "ann": 200, "bob": 100, "fund:insurance": 200}),
        (551, {"bank": 50, "ann": 200, "bob": 100, "fund:insurance": 200, "fund:own": 1}),
        (650, {"bank": 50, "ann": 200, "bob": 100, "fund:insurance": 200, "fund:own": 100}),
        (651, {"bank": 50, "ann": 200, "bob": 100, "fund:insurance": 200, "fund:own": 100, "surplus": 1}),
    ],
)
def test_the_last_payer_is_paid_first_and_nobody_more_than_it_bore(
    amount: int, expected: dict[str, int]
) -> None:
    story = borne(650, OWN, FUND, HOLDERS, BANK, ann=200, bob=100)
    found = back(story, amount)
    assert got(found) == expected
    assert sum(got(found).values()) == amount
    left = sum(item.amount for item in (*found.recovered.charges, *found.recovered.residuals))
    assert left == max(0, 650 - amount)


def test_those_of_one_rank_are_paid_together_in_proportion() -> None:
    story = borne(240, {**OWN, "rank": 1}, FUND)
    assert got(back(story, 60)) == {"fund:own": 20, "fund:insurance": 40}


def test_a_deficit_that_is_still_booked_is_paid_off() -> None:
    story = borne(650, OWN, FUND)
    found = back(story, 350)
    assert got(found) == {"deficit:USD": 350}
    assert Draft(found.after).cash("deficit:USD", "USD") == 0
    assert story.cash("deficit:USD") == -350


def test_a_surplus_goes_to_the_first_fund_that_takes_it_or_stays_with_the_venue() -> None:
    assert back(borne(100, OWN, FUND), 130).recovered.surplus_account == "fund:insurance"
    assert back(borne(100, OWN, {**FUND, "surplus": False}), 130).recovered.surplus_account == "surplus:USD"
    bound = {**FUND, "pools": ["other"]}
    assert back(borne(100, OWN, bound), 130).recovered.surplus_account == "surplus:USD"


def test_claims_are_repaid_before_everybody_else_and_given_back() -> None:
    story = borne(550, OWN, FUND, CLAIMS, ann=200, bob=100)
    found = back(story, 120)
    assert got(found) == {"ann": 80, "bob": 40}
    after = Draft(found.after)
    claims = [after.cash(name, "CLAIM") for name in ("ann", "bob", "claims:CLAIM")]
    assert claims == [167 - 80, 83 - 40, -250 + 120]
    assert got(back(story, 300)) == {"ann": 167, "bob": 83, "fund:insurance": 50}


def test_whoever_holds_a_claim_is_repaid() -> None:
    story = borne(250, CLAIMS, ann=300)
    draft = Draft(story.book)
    draft.post("sale", [Posting("ann", "CLAIM", -100), Posting("buyer", "CLAIM", 100)])
    found = back(replace(story, book=draft.book_after()), 50)
    assert got(found) == {"ann": 30, "buyer": 20}


def test_a_class_of_a_lower_number_is_repaid_whole_before_the_next() -> None:
    rows = [holder("ann", usd=100), holder("bob", usd=100)]
    default = cash_default(150)
    layers = [
        {**CLAIMS, "name": "junior", "priority": 2, "rank": 1, "cap_per_event": "1"},
        {**CLAIMS, "name": "senior", "priority": 1, "rank": 2, "claim_asset": "SHARE"},
    ]
    story = Story(book_with(rows, default), terms_of(*layers)).then(0, default)
    for amount, senior, junior in [(49, 49, 0), (50, 50, 0), (51, 50, 1), (150, 50, 100)]:
        found = back(story, amount).recovered
        by_layer = {
            name: sum(item.amount for item in found.refunds if item.layer == name)
            for name in ("senior", "junior")
        }
        assert by_layer == {"senior": senior, "junior": junior}


@pytest.mark.parametrize(("at", "expected"), [(99, {"ann": 50}), (100, {"fund:insurance": 50})])
def test_claims_that_matured_are_no_longer_repaid(at: int, expected: dict[str, int]) -> None:
    layer = {**CLAIMS, "maturity_s": 100, "converts_into": "SHARE", "conversion_bps": 5000}
    story = borne(250, FUND, layer, ann=300)
    found = back(story, 50, at=at)
    assert got(found) == expected
    after = Draft(found.after)
    assert (after.cash("ann", "SHARE"), after.cash("external:issuer", "SHARE")) == (
        (0, 0) if at < 100 else (25, -25)
    )
    assert after.cash("ann", "CLAIM") == 0


def test_claims_without_equity_lapse_at_maturity() -> None:
    found = back(borne(250, FUND, {**CLAIMS, "maturity_s": 100}, ann=300), 500, at=100)
    assert got(found) == {"fund:insurance": 200, "surplus": 300}
    assert Draft(found.after).cash("claims:CLAIM", "CLAIM") == 0


def test_holders_may_convert_before_maturity_rounded_down() -> None:
    layer = {**CLAIMS, "converts_into": "SHARE", "conversion_bps": 3333}
    story = borne(250, FUND, layer, ann=300)
    draft = Draft(story.book)
    draft.carry_out(convert(draft, story.terms, "recovery_claims", {"ann": 10}))
    assert (draft.cash("ann", "CLAIM"), draft.cash("ann", "SHARE")) == (40, 3)
    with pytest.raises(InputError, match="ann converts 41 of CLAIM, expected 1 to 40"):
        convert(draft, story.terms, "recovery_claims", {"ann": 41})
    with pytest.raises(InputError, match="expected one of: recovery_claims"):
        convert(draft, story.terms, "insurance", {"ann": 1})


def test_a_debtor_that_repays_after_the_write_off_makes_the_payers_whole() -> None:
    story = borne(250, FUND, HOLDERS, ann=300)
    draft = Draft(story.book)
    draft.post("deposit", payment("external:bank", "USD", 60, "failed"))
    story = replace(story, book=draft.book_after())
    found = back(story, 60, payer="failed")
    assert got(found) == {"ann": 50, "fund:insurance": 10}
    assert Draft(found.after).cash("failed", "USD") == 0


def test_every_problem_of_a_recovery_is_told_at_once() -> None:
    story = borne(250, FUND, HOLDERS, ann=300)
    bad = [Charge("x", "USD", 5, "nowhere", "failed", ""), Charge("y", "USD", 0, "insurance", "failed", "")]
    with pytest.raises(InputError) as caught:
        share_back(story.book, story.terms, Recovery("ann", "USD", 9999), Event("e"), charges=bad)
    assert [item.code for item in caught.value.problems] == [
        "payer_without_cash",
        "unknown_layer",
        "negative_amount",
    ]
    with pytest.raises(InputError, match=r"a recovery of 0.*"):
        share_back(story.book, story.terms, Recovery("external:x", "NOPE", 0), Event("e"))


@pytest.mark.parametrize(
    "payer", ["", "deficit:USD", "claims:CLM", "residual:x", "clearing:auction:a", "engine", "dust"]
)
def test_a_payer_without_money_of_its_own_is_refused(payer: str) -> None:
    story = borne(100, FUND)
    with pytest.raises(InputError) as caught:
        share_back(story.book, story.terms, Recovery(payer, "USD", 5), Event("e"))
    assert [item.code for item in caught.value.problems] == ["payer_reserved"]


def test_charges_in_another_asset_stay_open() -> None:
    story = borne(100, FUND)
    charges = [*story.result.charges, EURO]
    recovery = Recovery("external:court", "USD", 100)
    found = share_back(story.book, story.terms, recovery, Event("e"), charges=charges).recovered
    assert [item.asset for item in found.charges] == ["EUR"]


def test_recover_breaks_s8() -> None:
    """Three who bore 1 each: 2 at once, and 1 and then 1, may reach different pairs; nobody beyond its 1."""
    assert BREAKS["recover"].keys() == {"S8"}
    found = set()
    for number in range(20):
        story = borne(3, HOLDERS, **{f"{who}{number}": 1 for who in "abc"})
        once = back(story, 2)
        first = back(story, 1, at=11)
        second = back(replace(story, book=first.after), 1, at=12, open_=first.recovered)
        found.add((got(once).keys()) == (got(first).keys() | got(second).keys()))
    assert found == {True, False}


worlds = st.tuples(
    st.integers(1, 3000),
    st.dictionaries(st.sampled_from("abcde"), st.integers(1, 500), min_size=1),
    st.lists(st.integers(1, 800), min_size=1, max_size=4),
    st.sampled_from([(OWN, FUND, HOLDERS), (OWN, FUND, CLAIMS), (FUND, HOLDERS, BANK), (HOLDERS,)]),
)


@given(worlds, st.randoms())
def test_recoveries_are_shared_to_the_unit_and_the_order_of_charges_decides_nothing(
    world: tuple[int, dict[str, int], list[int], tuple[dict[str, Any], ...]], random: Any
) -> None:
    loss, cash, instalments, layers = world
    story = borne(loss, *layers, **cash)
    bore: dict[str, int] = {}
    for item in story.result.charges:
        bore[item.account] = bore.get(item.account, 0) + item.amount
    for residual in story.result.residuals:
        name = "bank" if residual.bearer == "bank" else "deficit:USD"
        bore[name] = bore.get(name, 0) + residual.amount
    received: dict[str, int] = {}
    open_: Recovered | None = None
    chapter = story
    for number, amount in enumerate(instalments):
        found = back(chapter, amount, at=10 + number, open_=open_)
        charges = list(open_.charges if open_ else story.result.charges)
        random.shuffle(charges)
        turned = share_back(
            chapter.book,
            story.terms,
            found.recovered.recovery,
            found.event,
            charges=charges,
            residuals=open_.residuals if open_ else story.result.residuals,
        )
        assert got(turned) == got(found)
        assert sum(got(found).values()) == amount
        for account, paid in got(found).items():
            received[account] = received.get(account, 0) + paid
        chapter, open_ = replace(chapter, book=found.after), found.recovered
    total = sum(instalments)
    assert received.pop("surplus", 0) == max(0, total - loss)
    assert all(received[name] <= bore[name] for name in received)
    once = got(back(story, total))
    for name in bore:
        assert abs(received.get(name, 0) - once.get(name, 0)) <= len(instalments)
    assert sum(chapter.cents().values()) == sum(story.cents().values())
