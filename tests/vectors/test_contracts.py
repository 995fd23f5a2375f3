"""Walking a scenario: parameters change where a step says so, and an e-mode category overrides them."""

from typing import Any

import pytest

from tests.vectors.contracts import Leg, steps


def reserve(symbol: str, category: str, threshold: str) -> dict[str, str]:
    return {
        "symbol": symbol,
        "decimals": "6",
        "liquidation_threshold": threshold,
        "liquidation_bonus": "10500",
        "liquidation_protocol_fee": "1000",
        "emode_category": category,
    }


def category(source: str | None) -> dict[str, Any]:
    return {
        "id": "1",
        "liquidation_threshold": "9500",
        "liquidation_bonus": "10100",
        "price_source": source,
        "price": "77",
    }


def step(action: str, args: dict[str, Any], *, ok: bool = True, emode: str = "1") -> dict[str, Any]:
    market = {"normalized_income": "1", "normalized_debt": "1"}
    held = {"a_scaled": "5", "v_scaled": "0", "is_collateral": True}
    return {
        "i": "0",
        "action": action,
        "args": args,
        "pre": None,
        "ok": ok,
        "revert": None if ok else "Error:1",
        "post": {
            "reserves": {"IN": {**market, "price": "100"}, "OUT": {**market, "price": "200"}},
            "users": {"u": {"emode": emode, "positions": {"IN": held}}},
        },
    }


def walk(source: str | None, *taken: dict[str, Any], threshold: str = "8000") -> list[dict[str, Leg]]:
    genesis = {
        "reserves": [reserve("IN", "1", threshold), reserve("OUT", "0", "7000")],
        "emodes": [category(source)],
    }
    return [dict(each.accounts["u"]) for each in steps({"genesis": genesis, "steps": list(taken)})]


IDLE = step("supply", {})


def test_a_category_overrides_threshold_and_bonus_of_its_members_only() -> None:
    (account,) = walk(None, IDLE)
    assert (account["IN"].threshold_bps, account["IN"].bonus_bps, account["IN"].price) == (9500, 10100, 100)
    assert (account["OUT"].threshold_bps, account["OUT"].bonus_bps, account["OUT"].price) == (
        7000,
        10500,
        200,
    )
    assert account["OUT"].a_scaled == 0


def test_who_is_in_no_category_keeps_the_reserves_parameters() -> None:
    (account,) = walk("oracle", step("supply", {}, emode="0"))
    assert (account["IN"].threshold_bps, account["IN"].bonus_bps, account["IN"].price) == (8000, 10500, 100)


@pytest.mark.parametrize(("threshold", "secures"), [("0", False), ("1", True)])
def test_a_reserve_without_threshold_secures_nothing_in_a_category_either(
    threshold: str, secures: bool
) -> None:
    (account,) = walk(None, IDLE, threshold=threshold)
    assert account["IN"].secures is secures


@pytest.mark.parametrize(("source", "price"), [(None, 100), ("", 100), ("oracle", 77), ("OUT", 200)])
def test_a_price_source_of_the_category_overrides_the_prices_of_its_members(
    source: str | None, price: int
) -> None:
    (account,) = walk(source, IDLE)
    assert account["IN"].price == price
    assert account["OUT"].price == 200


def test_the_source_of_a_category_moves_by_its_own_name() -> None:
    moved = step("set_price", {"asset": "oracle", "price": "50"})
    prices = [account["IN"].price for account in walk("oracle", IDLE, moved, IDLE)]
    assert prices == [77, 50, 50]
    assert walk("another", moved)[0]["IN"].price == 77


def test_parameters_change_with_a_step_that_succeeded() -> None:
    args = {"asset": "OUT", "ltv": "1", "liquidation_threshold": "3000", "liquidation_bonus": "12000"}
    done = walk(
        None, IDLE, step("configure_collateral", args, ok=False), step("configure_collateral", args), IDLE
    )
    assert [account["OUT"].threshold_bps for account in done] == [7000, 7000, 3000, 3000]
    assert [account["OUT"].bonus_bps for account in done] == [10500, 10500, 12000, 12000]
