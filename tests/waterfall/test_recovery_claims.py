"""Recovery claims: one unit of claim for each unit paid, to the unit; units, caps, maturity."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InconsistentBook, MissingData
from tests.waterfall.books import account, cash_default, fund, lots, lots_default, position, terms_of
from tests.waterfall.over_time import Story, book_with, holder

CLAIMS = {"kind": "recovery_claims", "claim_asset": "CLAIM"}


def claimed(*losses: int, layer: dict[str, Any] | None = None, **cash: int) -> Story:
    """Losses borne at time 0 by accounts holding cents, against claims."""
    defaults = [cash_default(loss, f"d{number}") for number, loss in enumerate(losses)]
    accounts = [holder(name, usd=cents) for name, cents in cash.items()]
    return Story(book_with(accounts, *defaults), terms_of({**CLAIMS, **(layer or {})})).then(0, *defaults)


def test_everybody_pays_the_same_part_and_holds_a_claim_for_it() -> None:
    story = claimed(300, ann=600, bob=300)
    assert {name: (story.cash(name), story.cash(name, "CLAIM")) for name in ("ann", "bob")} == {
        "ann": (400, 200),
        "bob": (200, 100),
    }
    assert story.cash("claims:CLAIM", "CLAIM") == -300
    assert story.cash("deficit:USD") == 0


@pytest.mark.parametrize(("loss", "taken"), [(899, 899), (900, 900), (901, 900)])
def test_holders_bear_what_they_have(loss: int, taken: int) -> None:
    story = claimed(loss, ann=600, bob=300)
    assert sum(charge.amount for charge in story.result.charges) == taken
    assert sum(item.amount for item in story.result.residuals) == loss - taken


def test_funds_debtors_and_the_empty_pay_nothing() -> None:
    rows = [fund("f", 500), account("owes", -50), account("none"), account("ann", 500)]
    default = cash_default(100)
    story = Story(book_with(rows, default), terms_of(CLAIMS)).then(0, default)
    assert {charge.account for charge in story.result.charges} == {"ann"}


def test_several_losses_are_one_charge_and_one_claim_for_each_holder() -> None:
    story = claimed(100, 200, ann=600, bob=300)
    assert [(item.account, item.amount) for item in story.result.charges] == [("ann", 200), ("bob", 100)]
    assert dict(story.result.absorptions[0].parts) == {"d0": 100, "d1": 200}


def test_lots_are_closed_and_their_cost_is_charged() -> None:
    default = lots_default(lots(100, 10_000, 9_000), cents=50)
    rows = [account("ann", 5000), account("other", 0, position(-100, 9000))]
    story = Story(book_with(rows, default), terms_of(CLAIMS)).then(0, default)
    assert (story.cash("ann"), story.cash("ann", "CLAIM")) == (5000 - 1050, 1050)


@pytest.mark.parametrize(("at", "end"), [(0, 100), (60, 100), (99, 100), (100, 200), (150, 250)])
def test_claims_given_out_while_others_run_share_their_end(at: int, end: int) -> None:
    layer = {"maturity_s": 100}
    first, second = cash_default(10), cash_default(20, "late")
    story = Story(book_with([holder("ann", usd=500)], first, second), terms_of({**CLAIMS, **layer}))
    story = story.then(0, first).then(at, second)
    assert story.book.state["matures:CLAIM"] == end


def test_a_claim_the_book_does_not_know_or_counts_otherwise_is_refused() -> None:
    with pytest.raises(MissingData, match="names asset 'NOPE'"):
        claimed(10, layer={"claim_asset": "NOPE"}, ann=10)
    with pytest.raises(InconsistentBook, match=r"gives GOV \(3 decimals\) for USD \(2 decimals\)"):
        claimed(10, layer={"claim_asset": "GOV"}, ann=10)
    with pytest.raises(InconsistentBook, match="expected another asset"):
        claimed(10, layer={"claim_asset": "USD"}, ann=10)


@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2000), min_size=1),
)
def test_charges_are_exact_within_a_unit_of_the_share_and_equal_the_claims(
    losses: list[int], cash: dict[str, int]
) -> None:
    story = claimed(*losses, **cash)
    total = sum(cash.values())
    taken = min(sum(losses), total)
    charges = {charge.account: charge.amount for charge in story.result.charges}
    assert sum(charges.values()) == taken
    for name, cents in cash.items():
        charge = charges.get(name, 0)
        assert story.cash(name) == cents - charge >= 0
        assert story.cash(name, "CLAIM") == charge
        assert not total or abs(charge - Fraction(taken * cents, total)) < 1
