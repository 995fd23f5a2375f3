"""The rulebook of Liquity, and its stability pool alone, beside the contract at every recorded call.

The state before becomes a small book: deposits as they have compounded, the trove with its collateral
less the gas. How much the pool bears and how much collateral it takes over are the same to the wei. Who
bears it differs by the contract's own roundings: its product and sum have 18 digits, the layer splits
to the unit. What those roundings had left in the pool stands in the book as one more depositor; where
they had made the pool owe more than it held, there is no book that says so, and it is left out.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.core.units import WAD
from seawall.liquidation.liquidate import Liquidation, liquidate
from seawall.liquidation.sale import Desk
from seawall.venues import load_rulebook
from seawall.venues.machines.liquity_v1 import LiquityV1
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.venues.recorded import Taken, scenarios, walk
from tests.waterfall.books import EVENT
from tests.waterfall.reserves import holder, loss, met, owing

FILE = "liquity.json.gz"
MACHINE = LiquityV1()
POOL = {"kind": "stability_pool", "account": "fund:pool"}
EVERY = range(len(scenarios(FILE)))


def offsets(number: int) -> Iterator[tuple[Taken, str]]:
    """Yield each liquidation of one trove that the pool took part in and no cap cut short, and its owner."""
    for taken in walk(MACHINE, FILE, number):
        closed = [fields for name, fields in taken.receipt.events if name == "TroveLiquidated"]
        if len(closed) == 1 and taken.after.pool.lusd < taken.before.pool.lusd:
            owner = str(closed[0]["_borrower"])
            if owner not in taken.after.surplus and min(deposited(taken).values()) >= 0:
                yield taken, owner


def deposited(taken: Taken) -> dict[str, int]:
    """Return what every deposit had compounded to, and what roundings had left in the pool."""
    pool = taken.before.pool
    left = {owner: pool.compounded(deposit) for owner, deposit in taken.before.deposits.items()}
    return {**left, "left by roundings": pool.lusd - sum(left.values())}


@pytest.mark.parametrize("number", EVERY)
def test_the_layer_bears_what_the_contract_offsets(number: int) -> None:
    for taken, owner in offsets(number):
        before, after, deposits = taken.before, taken.after, deposited(taken)
        eth, lusd = before.entire_trove(owner)
        rows: list[Account] = [
            holder(f"pool/{name}", parent="fund:pool", USD=amount) for name, amount in deposits.items()
        ]
        trove = holder("failed", kind="user", COIN=eth - eth // 200)
        result, draft = met(owing(lusd, trove, *rows), POOL, loss(lusd))
        assert sum(charge.amount for charge in result.charges) == before.pool.lusd - after.pool.lusd
        moved = eth - eth // 200 - draft.cash("failed", "COIN")
        assert moved == after.pool.eth - before.pool.eth
        for name, deposit in before.deposits.items():
            # The loss per unit of deposit has 18 digits, the product as many as P.
            slack = 2 + 4 * (before.pool.lusd // before.pool.P)
            lost = deposits[name] - after.pool.compounded(deposit)
            gained = after.pool.gain(deposit) - before.pool.gain(deposit)
            assert abs(lost - (deposits[name] - draft.cash(f"pool/{name}", "USD"))) <= slack
            assert abs(gained - draft.cash(f"pool/{name}", "COIN")) <= slack


class Answer(NamedTuple):
    """What the rulebook did with a recorded call, and how the book stands then."""

    done: list[Liquidation]
    result: WaterfallResult
    draft: Draft
    deposits: dict[str, int]


@cache
def calls(number: int) -> tuple[Taken, ...]:
    """Return every call to liquidate, let through or refused."""
    return tuple(taken for taken in walk(MACHINE, FILE, number) if "liquidate" in taken.action.name)


@cache
def rulebook() -> Terms:
    """Return the rulebook, with a threshold that it does not look at."""
    limits = {"ETH": {"threshold_bps": 9000}, "LUSD": {}}
    return Terms.build({**tomllib.loads(load_rulebook("liquity_v1")), "assets": limits})


def answered(taken: Taken) -> Answer:
    """Return what the rulebook does with the troves of a call, in the order they are named."""
    state, deposits = taken.before, deposited(taken)
    rows = [
        holder(f"pool/{name}", parent="fund:stability_pool", LUSD=left) for name, left in deposits.items()
    ]
    for owner in state.order:
        eth, lusd = state.entire_trove(owner)
        rows.append(Account(owner, balances=(Balance("ETH", "cash", eth), Balance("LUSD", "debt", -lusd))))
    rows.append(holder("fund:gas_pool", LUSD=200 * WAD * len(state.order)))
    book = Book.of(
        [
            row
            for row in rows
            if min((item.scaled for item in row.balances if item.side == "cash"), default=0) >= 0
        ],
        assets=[Asset("ETH", 18), Asset("LUSD", 18)],
        venue="liquity_v1",
    )
    market = Market(price_decimals=18, prices={"ETH": Price(state.price), "LUSD": Price(WAD)})
    draft, desk, done = Draft(book), Desk(book, market, rulebook()), list[Liquidation]()
    args = taken.action.args
    for owner in args.get("troves") or (args["trove"],):
        if draft.scaled(owner, "LUSD", "debt"):
            done.append(liquidate(draft, market, rulebook(), desk, owner, "liquidatable"))
    done = [item for item in done if item.outcome == "handed_over"]
    defaults = [default for item in done for default in item.defaults]
    return Answer(done, run_waterfall(draft, market, rulebook(), defaults, event=EVENT), draft, deposits)


def told(taken: Taken) -> list[Mapping[str, Any]]:
    return [fields for name, fields in taken.receipt.events if name == "TroveLiquidated"]


@pytest.mark.parametrize("number", EVERY)
def test_the_rulebook_takes_and_spares_the_troves_that_the_contract_does(number: int) -> None:
    for taken in calls(number):
        assert [item.account for item in answered(taken).done] == [each["_borrower"] for each in told(taken)]


@pytest.mark.parametrize("number", EVERY)
def test_the_rulebook_divides_a_trove_as_the_contract_does(number: int) -> None:
    """To the wei, but for what the pool lacks of what it owes."""
    for taken in (taken for taken in calls(number) if taken.receipt.ok):
        (done, result, draft, deposits), before, after = answered(taken), taken.before, taken.after
        handed = [item.handed_over for item in done if item.handed_over]
        for item, fields in zip(handed, told(taken), strict=True):
            assert item.debts == {"LUSD": fields["_debt"]}
        liquidator = {asset: draft.cash("external:liquidator", asset) for asset in ("ETH", "LUSD")}
        assert liquidator["ETH"] == taken.receipt.out["_collGasCompensation"]
        assert liquidator["LUSD"] == taken.receipt.out["_LUSDGasCompensation"]
        for owner, surplus in after.surplus.items():
            if owner in {item.account for item in done}:
                assert draft.cash(owner, "ETH") == surplus - before.surplus.get(owner, 0)
        offset = sum(left - draft.cash(f"pool/{name}", "LUSD") for name, left in deposits.items() if left > 0)
        gained = sum(draft.cash(f"pool/{name}", "ETH") for name in deposits)
        missing = max(0, -min(deposits.values()))
        assert 0 <= offset - (before.pool.lusd - after.pool.lusd) <= missing
        assert 0 <= gained - (after.pool.eth - before.pool.eth) <= missing
        redistributed = sum(item.taken for item in result.absorptions if item.layer == "other_troves")
        assert offset + redistributed == taken.receipt.out["_liquidatedDebt"]
        assert [draft.cash(name, "ETH") for name in ("engine", "surplus:ETH", "residual:unassigned")] == [
            0
        ] * 3


@pytest.mark.parametrize("number", EVERY)
def test_other_troves_get_what_the_contract_gives_them_but_for_its_digits(number: int) -> None:
    """Sums per stake have 18 digits, stakes too: a wei for each stake, a 1e-18th of what is shared."""
    for taken in (taken for taken in calls(number) if taken.receipt.ok):
        draft, before, after = answered(taken).draft, taken.before, taken.after
        missing = max(0, -min(deposited(taken).values()))
        shared = {"ETH": 0, "LUSD": 0}
        for owner in after.order:
            (eth, lusd), (eth_then, lusd_then) = after.entire_trove(owner), before.entire_trove(owner)
            shared["ETH"] += eth - eth_then
            shared["LUSD"] += lusd - lusd_then
        for owner in after.order:
            eth, lusd = after.entire_trove(owner)
            digits = 2 + 2 * before.trove(owner).stake // WAD + missing
            assert abs(draft.cash(owner, "ETH") - eth) <= digits + shared["ETH"] // WAD
            assert abs(-draft.scaled(owner, "LUSD", "debt") - lusd) <= digits + shared["LUSD"] // WAD


def test_the_rulebook_is_held_to_calls_of_every_kind() -> None:
    kinds: Counter[str] = Counter()
    for taken in (taken for number in EVERY for taken in calls(number)):
        kinds["taken" if taken.receipt.ok else "refused"] += 1
        kinds["recovery mode"] += taken.before.in_recovery and taken.receipt.ok
        kinds["capped"] += any(owner not in taken.before.surplus for owner in taken.after.surplus)
        kinds["batch"] += len(told(taken)) > 1
        result = answered(taken).result
        layers = {item.layer for item in result.absorptions}
        kinds["both"] += len(layers) > 1
        kinds["redistributed"] += "other_troves" in layers
        kinds["spared the pool"] += any(item.after_layer for item in result.defaults)
    assert kinds["taken"] == 41
    assert kinds["refused"] == 39
    assert min(kinds[name] for name in ("recovery mode", "batch", "both", "spared the pool")) >= 3
    assert kinds["redistributed"] >= 20
    assert kinds["capped"] >= 1


def test_recordings_reach_the_pool_often_enough_to_say_something() -> None:
    assert sum(1 for number in EVERY for _ in offsets(number)) >= 10
