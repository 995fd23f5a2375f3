"""A book with published totals meets them, and debt is in reach as its law says."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.adapters.synthetic_aave import GROUPS, synthetic_aave
from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.reach import DebtInReach, MarketTotals
from seawall.core.terms import Terms
from seawall.errors import InputError

TOTALS = MarketTotals(supplied_usd=10e9, borrowed_usd=4e9)
LAWS = {
    "ETH": DebtInReach(0.03, 0.2, 2.0),
    "BTC": DebtInReach(0.01, 0.15, 1.0),
    "OTHER": DebtInReach(0.002, 0.3, 3.0),
}
REACH = {"ETH": 0.4, "BTC": 0.3, "OTHER": 0.5}
CENT = 0.01


def made(seed: int | None = 7) -> tuple[Book, Market, Terms]:
    return synthetic_aave(TOTALS, LAWS, REACH, seed)


def owed_and_falls(seed: int | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Debt of each account laid out [USD], and the fall that takes it to its trigger, by group."""
    book, market, terms = made(seed)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in GROUPS}
    for account in book.rows():
        held = {item.asset: item for item in account.balances if item.side == "supply"}
        owed = sum(-item.scaled for item in account.balances if item.side == "debt") / 10**6
        for group in GROUPS:
            if group in held:
                price = (market.price(group) or 0) / 10**market.price_decimals
                value = held[group].scaled / 10**8 * price
                threshold = terms.assets[group].threshold_bps / 10_000
                found[group].append((owed, 1 - owed / value / threshold))
    return {name: tuple(np.array(pairs).T) for name, pairs in found.items()}  # type: ignore[misc]


@pytest.mark.parametrize("seed", [7, 8, None])
def test_the_book_has_the_published_totals_to_its_rounding(seed: int | None) -> None:
    book, market, _ = made(seed)
    supplied = borrowed = 0.0
    for account in book.rows():
        for item in account.balances:
            unit = 10 ** book.asset(item.asset).decimals
            worth = item.scaled / unit * (market.price(item.asset) or 0) / 10**market.price_decimals
            supplied += worth if item.side == "supply" else 0.0
            borrowed -= worth if item.side == "debt" else 0.0
    assert borrowed == pytest.approx(TOTALS.borrowed_usd, abs=100 * CENT)
    assert supplied == pytest.approx(TOTALS.supplied_usd, abs=100 * CENT)


@pytest.mark.parametrize("seed", [7, None])
def test_debt_laid_out_is_what_the_law_says_of_the_whole_reach(seed: int | None) -> None:
    for group, (owed, falls) in owed_and_falls(seed).items():
        expected = LAWS[group].within(REACH[group]) * TOTALS.borrowed_usd
        assert owed.sum() == pytest.approx(expected, rel=1e-6)
        assert -1e-6 < falls.min() <= falls.max() < REACH[group] + 1e-6


@pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
def test_without_chance_debt_follows_the_law_at_every_fall(part: float) -> None:
    for group, (owed, falls) in owed_and_falls(None).items():
        deep = part * REACH[group]
        within = owed[falls <= deep].sum() / TOTALS.borrowed_usd
        assert within == pytest.approx(LAWS[group].within(deep), abs=1.5 * owed.max() / TOTALS.borrowed_usd)


def test_sizes_have_a_heavy_tail_and_seeds_differ() -> None:
    owed, _ = owed_and_falls(7)["ETH"]
    other, _ = owed_and_falls(8)["ETH"]
    assert owed.max() > 20 * owed.mean()
    assert np.median(owed) < owed.mean() / 3
    assert not np.array_equal(np.sort(owed), np.sort(other))


def test_the_same_seed_gives_the_same_book() -> None:
    first, second = made(7), made(7)
    assert list(first[0].rows()) == list(second[0].rows())
    assert first[1:] == second[1:]


def test_it_says_that_it_is_synthetic() -> None:
    assert "synthetic" in made()[0].venue


def test_more_debt_in_reach_than_there_is_is_refused() -> None:
    much = {**LAWS, "ETH": DebtInReach(0.5, 0.2, 2.0)}
    with pytest.raises(InputError, match="lower shares or reach"):
        synthetic_aave(TOTALS, much, REACH)
