"""The summary adds up: every total follows from its parts, in words as in numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.core.event import Event
from seawall.resolution import resolve
from seawall.runs.summary import summarise
from seawall.runs.value import money, short
from tests.worlds import (
    alice_long_1_btc_bob_short,
    borrower,
    exchange_terms,
    lending_book,
    lending_market,
    lending_terms,
)


def exchange(btc: int, fund_usdt: int) -> dict[str, object]:
    book, market = alice_long_1_btc_bob_short(btc, fund_usdt=fund_usdt)
    return summarise(resolve(book, market, exchange_terms(), Event("e")))


def lending(venue: str = "generic_lending") -> dict[str, object]:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=2000 * 10**6))
    return summarise(resolve(book, lending_market(1500), lending_terms(venue), Event("e")))


@pytest.mark.parametrize(
    "summary", [exchange(46_000, 100), exchange(46_000, 5000), lending(), lending("aave_v3_7")]
)
def test_the_loss_is_covered_borne_spared_or_left(summary: dict[str, dict[str, str]]) -> None:
    totals = {name: Decimal(value) for name, value in summary["totals"].items()}
    borne = totals["covered"] + totals["to_users"] + totals["spared"]
    assert abs(borne - totals["loss"]) <= Decimal("0.02")  # each is rounded to the cent
    layers = sum(Decimal(row["taken_value"]) for row in summary["layers"])
    assert abs(layers - totals["loss"]) <= Decimal("0.02")


def test_the_checks_are_zero_units() -> None:
    checks = exchange(46_000, 100)["checks"]
    assert isinstance(checks, dict)
    assert (checks["loss_minus_borne_units"], checks["charges_minus_taken_units"]) == ("0", "0")
    assert checks["journal_problems"] == 0


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        (exchange(50_000, 0), "No account is under water."),
        (exchange(46_000, 5000), "The loss of 1.05 k USD is covered: no user was charged."),
        (exchange(46_000, 0), "The loss reaches users: 1.00 k of 1.05 k USD, by deleveraging."),
        (lending(), "The loss reaches users: 571 of 571 USD, by a share of all holders."),
        (lending("aave_v3_7"), "The loss reaches users: 571 of 571 USD, as debt left uncovered."),
    ],
)
def test_the_verdict_names_who_bears_the_loss(summary: dict[str, object], says: str) -> None:
    assert summary["verdict"] == says


def test_charges_of_users_are_shown_before_those_of_funds() -> None:
    def accounts(fund_usdt: int) -> set[str]:
        charges = exchange(46_000, fund_usdt)["top_charges"]
        assert isinstance(charges, list)
        return {charge["account"] for charge in charges}

    assert accounts(100) == {"bob"}
    assert accounts(5000) == {"fund:insurance"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("0.004", "0.004"),
        ("99.5", "99.5"),
        ("999.4", "999"),
        ("1000", "1.00 k"),
        ("61313.5", "61.3 k"),
        ("985102", "985 k"),
        ("2607818", "2.61 M"),
        ("-4250", "-4.25 k"),
        ("1500000000", "1.50 B"),
    ],
)
def test_values_are_shortened_to_three_digits(value: str, shown: str) -> None:
    assert short(value) == shown


def test_money_has_cents_and_no_minus_before_zero() -> None:
    from fractions import Fraction

    assert [money(Fraction(text)) for text in ("0.005", "-0.001", "-1.5", "1/3")] == [
        "0.01",
        "0.00",
        "-1.50",
        "0.33",
    ]
