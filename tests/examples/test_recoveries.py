"""History of what came back and what was auctioned: no input holds its answer, others give theirs."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from seawall.core.event import Bid, Event
from seawall.ledger.audit import audit
from seawall.resolution import SharedBack, resolve, share_back
from seawall.waterfall.recover import Recovery
from tests.examples.test_history import EXAMPLES, changed, resolved

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/data/derivatives.json").read_text())
HOUR = 3600


def cash(done: SharedBack, account: str, asset: str) -> int:
    return sum(item.scaled for item in done.after.account(account).balances if item.asset == asset)


def test_everybody_loses_the_same_part_and_holds_a_token_for_each_cent() -> None:
    done = resolved(EXAMPLES / "bitfinex-2016")
    paid = {charge.account: charge.amount for charge in done.charges}
    assert len(paid) == 5
    for name, amount in paid.items():
        had = done.before.account(name).balances[0].scaled
        held = {item.asset: item.scaled for item in done.after.account(name).balances}
        assert abs(amount - Fraction(36_067, 100_000) * had) < 1
        assert held == {"USD": had - amount, "BFX": amount}
    assert sum(paid.values()) == 72_134_000 * 100
    assert done.residuals == ()


@pytest.mark.parametrize(("loss", "left"), [("100000000", 0), ("200000000", 0), ("200000001", 100)])
def test_another_theft_takes_another_part(loss: str, left: int, tmp_path: Path) -> None:
    done = resolved(changed("bitfinex-2016", tmp_path, "balances.csv", "-72134000", f"-{loss}"))
    paid = {charge.account: charge.amount for charge in done.charges}
    part = min(Fraction(1), Fraction(int(loss), 200_000_000))
    assert abs(paid["customer:c"] - part * 19_000_000 * 100) < 1
    assert sum(item.amount for item in done.residuals) == left


def test_the_published_redemptions_repay_the_published_parts() -> None:
    """Inputs and published parts stand in the vector; each redemption is a part of what is open."""
    (case,) = [item for item in VECTORS["vectors"] if item["id"] == "bitfinex-bfx-redemption"]
    done = resolved(EXAMPLES / "bitfinex-2016")
    face = sum(charge.amount for charge in done.charges)
    mine = next(charge.amount for charge in done.charges if charge.account == "customer:a")
    book, repaid = done.after, 0
    steps = zip(case["inputs"]["redeemed_pct"], case["expected"]["cumulative_pct"], strict=True)
    for number, (percent, cumulative) in enumerate(steps):
        amount = int((face - repaid) * Fraction(str(percent)) / 100)
        back = share_back(
            book,
            done.terms,
            Recovery("external:venue", "USD", amount),
            Event(f"redemption-{number}"),
            charges=done.charges,
        )
        assert audit(back.journal) == []
        book, repaid = back.after, repaid + amount
        assert cash(back, "customer:a", "BFX") == mine - (
            cash(back, "customer:a", "USD") - (12 * 10**9 - mine)
        )
        so_far = Fraction(100 * (mine - cash(back, "customer:a", "BFX")), mine)
        assert abs(so_far - Fraction(str(cumulative))) < Fraction(5, 10**5)
    assert cash(back, "claims:BFX", "BFX") == 0
    assert back.recovered.surplus == 0


@pytest.mark.parametrize(
    ("dai", "auctions", "left"), [("5300000", 106, 0), ("5349999", 106, 49_999), ("49999", 0, 49_999)]
)
def test_the_unbacked_debt_opens_an_auction_for_each_fifty_thousand(
    dai: str, auctions: int, left: int, tmp_path: Path
) -> None:
    done = resolved(changed("maker-black-thursday", tmp_path, "balances.csv", "-5300000", f"-{dai}"))
    assert len(done.pending) == auctions
    assert {item.amount for item in done.pending} <= {50_000 * 100}
    assert sum(item.amount for item in done.residuals) == left * 100
    assert done.charges == ()


@pytest.mark.parametrize(("price", "minted"), [("296.35", 17_884), ("252.62", 20_980)])
def test_either_published_price_mints_what_follows_from_it_and_not_the_other_figure(
    price: str, minted: int
) -> None:
    opened = resolved(EXAMPLES / "maker-black-thursday")
    lot = int(50_000 * 10**6 / Fraction(price))
    at = opened.after.as_of + HOUR
    bids = tuple(Bid(item.id, "keeper", item.amount, lot, at) for item in opened.pending)
    bid = resolve(opened.after, opened.market, opened.terms, Event("bids", at, bids=bids))
    assert bid.charges == ()
    done = resolve(bid.after, opened.market, opened.terms, Event("deal", at + 6 * HOUR + 1))
    assert done.pending == ()
    assert sum(item.received for item in done.settlements) == 5_300_000 * 100
    given = next(
        item.scaled for item in done.after.account("external:keeper").balances if item.asset == "MKR"
    )
    assert given == 106 * lot
    assert abs(Fraction(given, 10**6) - minted) < 1
    assert {charge.account for item in done.settlements for charge in item.charges} == {"external:MKR minter"}


@pytest.mark.parametrize(
    ("millions", "members", "house", "surplus"),
    [(10, 10, 0, 0), (107, 107, 0, 0), (110, 107, 3, 0), (114, 107, 7, 0), (120, 107, 7, 6)],
)
def test_what_came_back_at_nasdaq_goes_to_the_members_first_in_proportion(
    millions: int, members: int, house: int, surplus: int
) -> None:
    """Recoveries were shared among the contributors of the day of the default, pro rata."""
    done = resolved(EXAMPLES / "nasdaq-clearing-2018")
    recovery = Recovery("external:estate", "EUR", millions * 10**8)
    back = share_back(
        done.after, done.terms, recovery, Event("recovery"), charges=done.charges, residuals=done.residuals
    )
    assert audit(back.journal) == []
    got = {item.account: item.amount for item in back.recovered.refunds}
    assert (got.pop("fund:own_capital", 0), back.recovered.surplus) == (house * 10**8, surplus * 10**8)
    assert sum(got.values()) == members * 10**8
    for name, amount in got.items():
        paid_in = done.before.account(name).balances[0].scaled
        assert abs(amount - Fraction(members, 166) * paid_in) <= 1


@pytest.mark.parametrize("name", ["bitfinex-2016", "maker-black-thursday"])
def test_the_inputs_hold_no_expected_output(name: str) -> None:
    text = "".join(path.read_text() for path in (EXAMPLES / name).iterdir() if path.suffix != ".md")
    for answer in ("36.067", "36067", "11.76", "17884", "20980", "296.35", "252.6", "106"):
        assert answer not in text
