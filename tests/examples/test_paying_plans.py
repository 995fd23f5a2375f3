"""Plans of layers that pay cash: each is run on a loss that goes through it, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.loss_file import losses_of
from seawall.adapters.plan_file import read_plan
from seawall.resolution import SharedOut, share_out
from seawall.waterfall.plan import warnings

PLANS = Path(__file__).parents[2] / "examples" / "plans"


def run(plan: str, loss: str, accounts: list[dict[str, Any]], price: str = "1") -> SharedOut:
    """Run a loss of whole USDC through a plan; BTC is worth `price`."""
    found = losses_of(
        {
            "event": "test",
            "assets": {"USDC": {"decimals": 2, "price": "1"}, "BTC": {"decimals": 4, "price": price}},
            "losses": [{"account": "failed", "asset": "USDC", "amount": loss}],
            "accounts": accounts,
        }
    )
    terms = read_plan(PLANS / f"{plan}.toml")
    return share_out(found.book, found.market, terms, found.defaults, found.event)


def holder(name: str, amount: str, *, asset: str = "USDC", **more: str) -> dict[str, Any]:
    return {"id": name, "cash": {asset: amount}, **more}


def borne(done: SharedOut) -> dict[str, int]:
    """Whole USDC each layer took or holds, and what is left."""
    found: dict[str, int] = {}
    for item in done.waterfall.absorptions:
        found[item.layer] = found.get(item.layer, 0) + (item.taken + item.held) // 100
    return found | {"left": sum(item.amount for item in done.waterfall.residuals) // 100}


def test_fees_pay_first_up_to_their_cap() -> None:
    rows = [holder("fund:fees", "90000"), holder("fund:insurance", "30000")]
    assert borne(run("fee_pool", "24999", rows)) == {"fees": 24_999, "left": 0}
    assert borne(run("fee_pool", "26000", rows)) == {"fees": 25_000, "insurance": 1_000, "left": 0}
    assert borne(run("fee_pool", "50000", rows)) == {"fees": 25_000, "insurance": 20_000, "left": 5_000}


@pytest.mark.parametrize(
    ("price", "bitcoin", "left"), [("60000", 50_000, 0), ("50000", 47_500, 2_500), ("10000", 9_500, 40_500)]
)
def test_bitcoin_covers_less_when_it_falls(price: str, bitcoin: int, left: int) -> None:
    rows = [holder("fund:dollars", "10000"), holder("fund:bitcoin", "2", asset="BTC")]
    expected = {"dollars_first": 10_000, "bitcoin_next": bitcoin, "left": left}
    assert borne(run("insurance_fund", "60000", rows, price)) == expected


def clearing(own_cash: str = "500") -> list[dict[str, Any]]:
    return [
        holder("fund:own_capital", "70"),
        holder("fund:second_capital", "30"),
        *(
            holder(f"fund:default/{name}", amount, parent="fund:default", owner=name)
            for name, amount in (("ann", "300"), ("ben", "100"))
        ),
        holder("ann", own_cash, owner="ann"),
        holder("ben", "500", owner="ben"),
        {"id": "fund:default"},
    ]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("70", {"own_capital": 70, "left": 0}),
        ("470", {"own_capital": 70, "default_fund": 400, "left": 0}),
        ("471", {"own_capital": 70, "default_fund": 400, "left": 1}),
    ],
)
def test_members_stand_behind_the_houses_own_capital(loss: str, expected: dict[str, int]) -> None:
    assert borne(run("mutual_fund", loss, clearing())) == expected


@pytest.mark.parametrize(
    ("loss", "cash", "expected"),
    [
        ("500", "500", {"own_capital": 70, "default_fund": 400, "second_own_capital": 30, "left": 0}),
        (
            "900",
            "500",
            {"own_capital": 70, "default_fund": 400, "second_own_capital": 30, "call": 400, "left": 0},
        ),
        (
            "901",
            "500",
            {"own_capital": 70, "default_fund": 400, "second_own_capital": 30, "call": 400, "left": 1},
        ),
        (
            "900",
            "50",
            {"own_capital": 70, "default_fund": 400, "second_own_capital": 30, "call": 150, "left": 250},
        ),
    ],
)
def test_after_the_fund_members_are_called(loss: str, cash: str, expected: dict[str, int]) -> None:
    assert borne(run("assessment", loss, clearing(cash))) == expected


def test_slices_lose_from_the_bottom() -> None:
    rows = [
        holder(f"fund:{slice_}/{name}", amount, parent=f"fund:{slice_}")
        for slice_, amount in (("junior", "50"), ("mezzanine", "100"), ("senior", "1000"))
        for name in ("a", "b")
    ]
    rows += [{"id": f"fund:{slice_}"} for slice_ in ("junior", "mezzanine", "senior")]
    assert borne(run("tranche", "350", rows)) == {"junior": 100, "mezzanine": 200, "senior": 50, "left": 0}


def test_the_house_bears_the_offset_and_stake_the_rest() -> None:
    rows = [
        holder("fund:stake/a", "80000", parent="fund:stake"),
        holder("fund:house", "90000"),
        {"id": "fund:stake"},
    ]
    done = run("staked_backstop", "150000", rows)
    assert borne(done) == {"umbrella": 50_000, "house": 90_000, "left": 10_000}


def test_depositors_bear_the_debt_down_to_one_unit() -> None:
    rows = [holder("fund:pool/a", "1000", parent="fund:pool"), {"id": "fund:pool"}]
    assert borne(run("stability_pool", "1500", rows))["pool"] == 999


@pytest.mark.parametrize(
    ("plan", "codes"),
    [
        ("fee_pool", set()),
        ("insurance_fund", {"wrong_way"}),
        ("mutual_fund", {"capacity_may_leave"}),
        ("assessment", {"capacity_may_leave"}),
        ("tranche", {"capacity_may_leave"}),
        ("staked_backstop", set()),
        ("stability_pool", {"capacity_may_leave"}),
    ],
)
def test_each_plan_warns_of_no_more_than_its_nature(plan: str, codes: set[str]) -> None:
    assert {item.code for item in warnings(read_plan(PLANS / f"{plan}.toml"))} == codes
