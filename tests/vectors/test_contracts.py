"""Walking a scenario: parameters change where a step says so, and an e-mode category overrides them."""

from typing import Any

import pytest

from seawall.risk.assess import assess
from tests.vectors.contracts import Step, steps


def reserve(symbol: str, category: str, threshold: str) -> dict[str, str]:
    return {
        "symbol": symbol,
        "decimals": "6",
        "liquidation_threshold": threshold,
        "liquidation_bonus": "10500",
        "liquidation_protocol_fee": "1000",
        "ltv": "0",
        "emode_category": category,
    }


def category(source: str | None) -> dict[str, Any]:
    return {
        "id": "1",
        "ltv": "9000",
        "liquidation_threshold": "9500",
        "liquidation_bonus": "10100",
        "price_source": source,
        "price": "77",
    }


def step(action: str, args: dict[str, Any], *, ok: bool = True, emode: str = "1") -> dict[str, Any]:
    market = {"normalized_income": "1", "normalized_debt": "1", "variable_borrow_index": "1", "cash": "0"}
    held = {"a_scaled": "5", "v_scaled": "0", "is_collateral": True}
    return {
        "i": "0",
        "t": "0",
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


def walk(source: str | None, *taken: dict[str, Any], threshold: str = "8000") -> list[Step]:
    genesis = {
        "version": "3.0.2",
        "reserves": [reserve("IN", "1", threshold), reserve("OUT", "0", "7000")],
        "emodes": [category(source)],
    }
    return list(steps({"genesis": genesis, "steps": list(taken)}))


def bps(done: Step, symbol: str) -> tuple[int, int]:
    chosen = done.terms.asset_terms(symbol, done.book.account("u").collateral_set)
    return chosen.threshold_bps, chosen.bonus_bps


def price_used(done: Step) -> int:
    health = assess(done.book.account("u"), done.book, done.market, done.terms)
    return next(line.price for line in health.lines if line.commodity == "IN")


IDLE = step("supply", {})


def test_a_category_overrides_threshold_and_bonus_of_its_members_only() -> None:
    (done,) = walk(None, IDLE)
    assert (bps(done, "IN"), bps(done, "OUT")) == ((9500, 10100), (7000, 10500))


def test_who_is_in_no_category_keeps_the_reserves_parameters() -> None:
    (done,) = walk("oracle", step("supply", {}, emode="0"))
    assert (bps(done, "IN"), price_used(done)) == ((8000, 10500), 100)


@pytest.mark.parametrize(("threshold", "kind"), [("0", "idle"), ("1", "collateral")])
def test_a_reserve_without_threshold_secures_nothing_in_a_category_either(threshold: str, kind: str) -> None:
    (done,) = walk(None, IDLE, threshold=threshold)
    assert assess(done.book.account("u"), done.book, done.market, done.terms).lines[0].kind == kind


@pytest.mark.parametrize(("source", "price"), [(None, 100), ("", 100), ("oracle", 77), ("OUT", 200)])
def test_a_price_source_of_the_category_overrides_the_prices_of_its_members(
    source: str | None, price: int
) -> None:
    (done,) = walk(source, IDLE)
    assert price_used(done) == price


def test_the_source_of_a_category_moves_by_its_own_name() -> None:
    moved = step("set_price", {"asset": "oracle", "price": "50"})
    assert [price_used(done) for done in walk("oracle", IDLE, moved, IDLE)] == [77, 50, 50]
    assert price_used(walk("another", moved)[0]) == 77


def test_parameters_change_with_a_step_that_succeeded() -> None:
    args = {"asset": "OUT", "ltv": "1", "liquidation_threshold": "3000", "liquidation_bonus": "12000"}
    done = walk(
        None, IDLE, step("configure_collateral", args, ok=False), step("configure_collateral", args), IDLE
    )
    assert [bps(each, "OUT") for each in done] == [(7000, 10500), (7000, 10500), (3000, 12000), (3000, 12000)]
