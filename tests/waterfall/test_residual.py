"""What is left is booked to a named bearer, whatever the terms say or forget."""

from __future__ import annotations

import pytest

from seawall.errors import InvalidTerms
from seawall.waterfall.residual import stays_booked
from tests.waterfall.books import account, cash_default, fund, lots, lots_default, run, terms_of, totals

INSURANCE = {"kind": "insurance_fund", "account": "fund:insurance"}


@pytest.mark.parametrize(
    ("bearer", "stays"),
    [
        ("unassigned", True),
        ("suppliers", True),
        ("suppliers of the reserve, until the deficit is eliminated", True),
        ("residual:unassigned", False),
        ("treasury", False),
    ],
)
def test_suppliers_and_nobody_are_no_accounts(bearer: str, stays: bool) -> None:
    assert stays_booked(bearer) == stays


@pytest.mark.parametrize(
    ("bearer", "deficit", "charged"),
    [("treasury", 0, -60), ("suppliers", -60, 0), ("unassigned", -60, 0)],
)
def test_the_loss_stands_with_the_bearer_or_in_the_deficit(bearer: str, deficit: int, charged: int) -> None:
    terms = terms_of(INSURANCE, {"kind": "residual", "bearer": bearer})
    result, draft = run([fund("insurance", 40)], terms, cash_default(100))
    (residual,) = result.residuals
    assert (residual.amount, residual.bearer) == (60, bearer)
    assert draft.cash("deficit:USD", "USD") == deficit
    assert draft.cash(bearer, "USD") == charged


@pytest.mark.parametrize(
    ("family", "kind", "code"),
    [
        ("lending", "user", "bearer_is_user"),
        ("lending", "fund", "bearer_is_fund"),
        ("lending", "venue", ""),
        ("exchange", "user", ""),
        ("exchange", "fund", "bearer_is_fund"),
    ],
)
def test_a_bearer_that_may_not_go_below_zero_is_refused(family: str, kind: str, code: str) -> None:
    terms = terms_of({"kind": "residual", "name": "rest", "bearer": "vault"}, family=family)
    rows = [account("vault", 5, kind=kind)]
    if code:
        with pytest.raises(InvalidTerms) as caught:
            run(rows, terms, cash_default(100))
        assert [(item.code, item.where) for item in caught.value.problems] == [(code, "test:waterfall.rest")]
    else:
        _, draft = run(rows, terms, cash_default(100))
        assert draft.cash("vault", "USD") == -95


def test_without_a_residual_layer_the_loss_is_booked_as_unassigned() -> None:
    result, draft = run([], terms_of(INSURANCE), cash_default(100))
    (residual,) = result.residuals
    assert (residual.bearer, residual.amount) == ("unassigned", 100)
    assert draft.cash("deficit:USD", "USD") == -100


def test_a_residual_carries_an_id_and_its_working() -> None:
    result, _ = run([], terms_of(INSURANCE), cash_default(1, "x"), cash_default(2, "y"))
    assert {item.id for item in result.residuals} == {"event-1:x:USD:main", "event-1:y:USD:main"}
    assert result.residuals[0].working["kind"] == "residual"


def test_the_first_residual_layer_that_covers_the_pool_names_the_bearer() -> None:
    terms = terms_of(
        {"kind": "residual", "name": "a", "rank": 8, "bearer": "desk", "pools": ["other"]},
        {"kind": "residual", "name": "b", "rank": 9, "bearer": "treasury"},
    )
    result, _ = run([], terms, cash_default(1, "x", pool="other"), cash_default(2, "y"))
    assert {item.default_account: item.bearer for item in result.residuals} == {"x": "desk", "y": "treasury"}


def test_lots_nobody_closed_are_sold_and_their_cost_is_the_residual() -> None:
    terms = terms_of({"kind": "residual", "bearer": "treasury"})
    result, draft = run([], terms, lots_default(lots(100, 10_000, 9_000), cents=5))
    assert [item.amount for item in result.residuals] == [1005]
    assert draft.account("engine").positions == ()
    assert (draft.cash("treasury", "USD"), draft.cash("deficit:USD", "USD")) == (-1005, 0)
    assert totals(draft.book_after()) == totals(draft.book)
