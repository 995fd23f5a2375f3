"""Redistribution: who owes more, by what, and what the rounding of scaled debts adds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default
from seawall.core.market import Market, Price
from seawall.ledger.audit import audit
from seawall.resolution import share_out
from seawall.rules import lending_rules
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import account, cash_default, run, terms_of

USD, COL = Asset("USD", 2), Asset("COL", 0)
ASSETS = {name: {"ltv_bps": 7000, "threshold_bps": 8000, "bonus_bps": 10500} for name in ("USD", "COL")}


def borrower(name: str, debt: int, collateral: int = 0, kind: str = "user") -> Account:
    """Scaled debt in USD, collateral in whole COL."""
    balances = [Balance("USD", "debt", -debt)] if debt else []
    balances += [Balance("COL", "supply", collateral)] if collateral else []
    return Account(name, kind=kind, balances=tuple(balances))  # type: ignore[arg-type]


def spread(
    *borrowers: Account, loss: int = 100, by: str = "debt", index: int = RAY, rules: str = "generic_lending@1"
) -> tuple[WaterfallResult, Draft]:
    """A deficit of USD cents spread over borrowers; one COL is worth one USD."""
    default = Default("failed", "USD", loss, pool="USD", bucket="debt")
    deficit = account("deficit:USD", -loss, kind="venue")
    pools = [Pool("USD", debt_index=index, deficit=loss), Pool("COL")]
    book = Book.of([*borrowers, deficit], assets=[USD, COL], pools=pools, venue="test")
    terms = terms_of({"kind": "redistribution", "by": by}, family="lending", rules=rules, assets=ASSETS)
    market = Market(prices={name: Price(10**8, 10**8) for name in ("USD", "COL")})
    draft = Draft(book)
    result = run_waterfall(draft, market, terms, [default], event=Event("e"))
    alone = share_out(book, market, terms, [default], Event("e"))
    assert audit(alone.journal) == []
    return result, draft


def charges(result: WaterfallResult) -> Mapping[str, int]:
    return {item.account: item.amount for item in result.charges}


def test_debts_grow_in_proportion_to_debt_or_to_collateral() -> None:
    people = borrower("ann", 3000, 100), borrower("bob", 1000, 300), borrower("lender", 0, 500)
    result, draft = spread(*people, by="debt")
    assert charges(result) == {"ann": 75, "bob": 25}
    assert [draft.scaled(name, "USD", "debt") for name in ("ann", "bob")] == [-3075, -1025]
    assert charges(spread(*people, by="collateral")[0]) == {"ann": 25, "bob": 75}
    assert draft.cash("deficit:USD", "USD") == 0
    assert draft.book_after().pool_of["USD"].deficit == 0


def test_the_failing_account_funds_and_debtors_in_other_assets_bear_nothing() -> None:
    other = Account("other", balances=(Balance("COL", "debt", -500),))
    people = borrower("ann", 10), borrower("failed", 900, 50), borrower("fund:x", 90, kind="fund"), other
    assert charges(spread(*people)[0]) == {"ann": 100}


@pytest.mark.parametrize("by", ["debt", "collateral"])
def test_without_anybody_to_owe_it_the_loss_goes_on(by: str) -> None:
    result, _ = spread(borrower("lender", 0, 500), by=by)
    assert (result.charges, result.residuals[0].amount) == ((), 100)


def test_a_borrower_without_collateral_bears_nothing_by_collateral() -> None:
    assert charges(spread(borrower("ann", 10, 5), borrower("bob", 10), by="collateral")[0]) == {"ann": 100}


def test_there_are_no_borrowers_on_an_exchange() -> None:
    result, _ = run([account("ann", 500)], terms_of({"kind": "redistribution"}), cash_default(100))
    assert result.residuals[0].amount == 100


@pytest.mark.parametrize(
    ("index", "share", "scaled", "grown"),
    [
        (RAY, 7, 7, 7),
        (3 * RAY, 7, 3, 9),
        (3 * RAY // 2, 7, 5, 7),
        (RAY + 1, 7, 7, 7),
        (7 * RAY, 7, 1, 7),
        (7 * RAY, 8, 2, 14),
    ],
)
def test_the_new_debt_covers_the_share_with_the_fewest_scaled_units(
    index: int, share: int, scaled: int, grown: int
) -> None:
    """From one scaled unit, rounded up: at 1.5 it is 2, five are 8 and six are 9."""
    result, draft = spread(borrower("ann", 1), loss=share, index=index)
    assert (-1 - draft.scaled("ann", "USD", "debt"), charges(result)["ann"]) == (scaled, grown)


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.tuples(st.integers(1, 10**6), st.integers(0, 10**4)), min_size=1
    ),
    st.integers(1, 10**6),
    st.integers(RAY, 5 * RAY),
    st.sampled_from(["debt", "collateral"]),
    st.sampled_from(["generic_lending@1", "aave_v3@3.0.2"]),
)
def test_the_loss_is_borne_to_the_unit_and_the_excess_is_dust(
    people: dict[str, tuple[int, int]], loss: int, index: int, by: str, rules: str
) -> None:
    rows = [borrower(name, debt, collateral) for name, (debt, collateral) in people.items()]
    result, draft = spread(*rows, loss=loss, by=by, index=index, rules=rules)
    weights = {
        name: lending_rules(rules).debt_balance(debt, index) if by == "debt" else collateral
        for name, (debt, collateral) in people.items()
    }
    total = sum(weights.values())
    if not total:
        assert result.residuals[0].amount == loss
        return
    paid = charges(result)
    (answer,) = result.absorptions
    assert (answer.taken, answer.dust) == (loss, sum(paid.values()) - loss)
    for name, weight in weights.items():
        excess = paid.get(name, 0) - Fraction(loss * weight, total)
        assert -1 < excess < 2 + Fraction(index, RAY)
    assert sum(draft.cash(name, "USD") for name in ("deficit:USD", "dust", "surplus:USD")) == answer.dust
