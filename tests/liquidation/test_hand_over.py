"""Accounts handed over whole: what is seized, who is spared, and how the system stands for the next."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Collateral
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.errors import InvalidTerms
from seawall.ledger.audit import audit
from seawall.liquidation.hand_over import HandedOver, hand_over
from seawall.liquidation.liquidate import liquidate
from seawall.liquidation.quote import Refusal
from seawall.liquidation.sale import Desk
from seawall.liquidation.system import System
from seawall.resolution import Resolution, resolve
from seawall.risk.detect import scan
from seawall.venues import load_rulebook

ASSETS = (Asset("ETH", 3), Asset("ART", 3), Asset("COIN", 2), Asset("NOTE", 2))
LIMITS = {name: {"threshold_bps": 8000} for name in ("ETH", "ART")}


def terms(**changes: Any) -> Terms:
    return Terms.build({**tomllib.loads(load_rulebook("liquity_v1")), "assets": LIMITS, **changes})


def trove(name: str, coins: int, **collateral: int) -> Account:
    """So many cents of COIN owed against thousandths of ETH and ART."""
    held = [Balance(asset, "cash", amount) for asset, amount in collateral.items()]
    return Account(name, balances=(*held, Balance("COIN", "debt", -coins)))


def fund(name: str, parent: str = "", **cash: int) -> Account:
    held = tuple(Balance(asset, "cash", amount) for asset, amount in cash.items())
    return Account(name, kind="fund", parent=parent, balances=held)


def depositor(coins: int) -> Account:
    return fund("dee", "fund:stability_pool", COIN=coins)


def book(*rows: Account, pools: tuple[Pool, ...] = ()) -> Book:
    return Book.of(rows, assets=ASSETS, pools=pools, venue="test")


def market(eth: int = 10) -> Market:
    """One ETH at so many dollars, one ART and one NOTE at 5."""
    usd = {"ETH": eth, "ART": 5, "COIN": 1, "NOTE": 5}
    return Market(prices={name: Price(amount * 10**8) for name, amount in usd.items()})


def handed(given: Book, name: str = "ann", eth: int = 10) -> tuple[HandedOver | Refusal, Draft, System]:
    draft, system = Draft(given), System.of(given, market(eth), terms())
    return hand_over(draft, market(eth), terms(), system, name), draft, system


def seized(given: Book, name: str = "ann", eth: int = 10) -> HandedOver:
    found = handed(given, name, eth)[0]
    assert isinstance(found, HandedOver)
    return found


def resolved(given: Book, eth: int = 10, **changes: Any) -> Resolution:
    return resolve(given, market(eth), terms(**changes), Event("e"))


WHALE = trove("whale", 10_000, ETH=100_000)  # 100 dollars on 1000
ANN = trove("ann", 1_000, ETH=1_099)  # 10 dollars at 109.9 %


def test_all_of_a_trove_below_the_minimum_goes_and_the_liquidator_keeps_the_gas() -> None:
    found, draft, _ = handed(book(WHALE, ANN, fund("fund:gas_pool", COIN=30_000)))
    assert isinstance(found, HandedOver)
    assert (found.debts, found.coins) == ({"COIN": 1_000}, {"COIN": 20_000})
    assert (found.seized, found.gas) == ((Collateral("ETH", "cash", 1_099),), (Collateral("ETH", "cash", 5),))
    (default,) = found.defaults
    assert (default.loss, default.collateral) == (1_000, (Collateral("ETH", "cash", 1_094),))
    assert [draft.cash(name, "ETH") for name in ("ann", "engine", "external:liquidator")] == [0, 1_094, 5]
    assert (draft.cash("external:liquidator", "COIN"), draft.cash("deficit:COIN", "COIN")) == (20_000, -1_000)


@pytest.mark.parametrize("reserved", [None, 0, 150])
def test_no_more_coins_are_paid_than_are_reserved(reserved: int | None) -> None:
    rows = [] if reserved is None else [fund("fund:gas_pool", COIN=reserved)]
    assert seized(book(WHALE, ANN, *rows)).coins == {"COIN": reserved or 0}


def test_at_the_minimum_ratio_nothing_is_taken() -> None:
    found, draft, _ = handed(book(WHALE, trove("ann", 1_000, ETH=1_100)))
    assert isinstance(found, Refusal)
    assert (found.code, draft.moves) == ("healthy", [])


def test_the_last_account_that_owes_is_spared() -> None:
    found, draft, _ = handed(book(ANN, Account("lender", balances=(Balance("ETH", "cash", 5),))))
    assert isinstance(found, Refusal)
    assert (found.code, draft.moves) == ("last_account", [])


# Recovery mode: Bob's 100 dollars on 137, Ann's 10 on 12: the system at 135.45 %.
BOB = trove("bob", 10_000, ETH=13_700)


def test_in_recovery_mode_the_owner_keeps_what_is_above_the_minimum_ratio() -> None:
    given = book(BOB, trove("ann", 1_000, ETH=1_200), depositor(1_000))
    found, draft, _ = handed(given)
    assert isinstance(found, HandedOver)
    assert found.seized == (Collateral("ETH", "cash", 1_100),)
    assert found.defaults[0].collateral == (Collateral("ETH", "cash", 1_095),)
    assert draft.cash("ann", "ETH") == 100
    after = resolved(given).after
    rows = {row.id: {item.asset: item.scaled for item in row.balances} for row in after.rows()}
    assert (rows["ann"], rows["dee"]) == ({"ETH": 100}, {"ETH": 1_095})


def test_a_pool_that_cannot_take_all_of_it_spares_a_trove_above_the_minimum() -> None:
    found, _, _ = handed(book(BOB, trove("ann", 1_000, ETH=1_200), depositor(999)))
    assert isinstance(found, Refusal)


def test_a_trove_worth_no_more_than_its_debt_is_redistributed_in_recovery_mode() -> None:
    low = trove("ann", 1_000, ETH=1_000)
    found = resolved(book(BOB, low, depositor(5_000)))
    assert [(item.layer, item.taken) for item in found.absorptions] == [("other_troves", 1_000)]
    assert found.defaults[0].after_layer == "stability_pool"
    calm = resolved(book(WHALE, low, depositor(5_000)))
    assert [(item.layer, item.taken) for item in calm.absorptions] == [("stability_pool", 1_000)]


@pytest.mark.parametrize(("eth", "taken"), [(10_100, {"ann"}), (9_900, {"ann", "cat"})])
def test_recovery_mode_ends_when_what_was_taken_has_lifted_the_system(eth: int, taken: set[str]) -> None:
    """Once the pool has Ann's debt Cat is safe; where it is redistributed, the system stays as it was."""
    rows = (
        trove("ann", 10_000, ETH=eth),
        trove("bob", 10_000, ETH=17_000),
        trove("cat", 1_000, ETH=1_300),
    )
    found = resolved(book(*rows, depositor(11_000)))
    assert {item.account for item in found.liquidations} == {"ann", "cat"}
    assert {item.account for item in found.liquidations if item.outcome == "handed_over"} == taken


def test_the_system_forgets_what_the_pool_offsets_and_keeps_what_is_redistributed() -> None:
    given = book(WHALE, trove("ann", 1_000, ETH=1_000), depositor(400))
    before, (_, _, system) = System.of(given, market(), terms()).totals, handed(given)
    cent = 10**6 * 10**36
    assert before.debt - system.totals.debt == 400 * cent
    # Of 1000 cents of collateral 5 are gas; of the other 995 six tenths stay.
    assert before.collateral - system.totals.collateral == (1_000 - 597) * cent
    assert (system.totals.accounts, system.rooms["COIN"]) == (1, 0)


def test_worthless_collateral_goes_with_the_debt() -> None:
    given = book(trove("whale", 100, ART=1_000), ANN)
    found = seized(given, eth=0)
    assert found.defaults[0].collateral == (Collateral("ETH", "cash", 1_094),)


def test_several_debts_take_collateral_by_their_value() -> None:
    """Five dollars of COIN and two NOTE, ten dollars, on 15: a third of it for the COIN."""
    both = trove("ann", 500, ETH=1_501)
    both = Account("ann", balances=(*both.balances, Balance("NOTE", "debt", -200)))
    found = seized(book(WHALE, both))
    parts = [(item.asset, item.loss, item.collateral) for item in found.defaults]
    assert parts == [
        ("COIN", 500, (Collateral("ETH", "cash", 498),)),
        ("NOTE", 200, (Collateral("ETH", "cash", 996),)),
    ]


def test_claims_on_a_pool_are_handed_over_as_claims_and_the_rest_is_dust() -> None:
    held = (Balance("ETH", "supply", 701), Balance("COIN", "debt", -1_000))
    pool = Pool("ETH", supply_index=3 * RAY // 2, cash=0)
    given = book(WHALE, Account("ann", balances=held), depositor(1_000), pools=(pool,))
    found = resolved(given)
    assert found.liquidations[0].outcome == "handed_over"
    after = {row.id: {item.side: item.scaled for item in row.balances} for row in found.after.rows()}
    assert (after["dee"], after["external:liquidator"]) == ({"supply": 698}, {"supply": 3})
    assert after["ann"] == {}
    assert audit(found.journal) == []


def test_what_secures_nothing_stays_with_the_owner() -> None:
    held = (*ANN.balances, Balance("NOTE", "cash", 700), Balance("ART", "cash", 3, False))
    found, draft, _ = handed(book(WHALE, Account("ann", balances=held)))
    assert isinstance(found, HandedOver)
    assert (draft.cash("ann", "NOTE"), draft.cash("ann", "ART"), draft.cash("ann", "ETH")) == (700, 3, 0)


def test_without_a_price_nothing_is_decided() -> None:
    given = book(WHALE, ANN)
    blind = Market(prices={"COIN": Price(10**8)})
    found = hand_over(Draft(given), blind, terms(), System.of(given, blind, terms()), "ann")
    assert isinstance(found, Refusal)
    assert found.code == "unpriced"


def test_a_refused_account_keeps_its_debt_and_tells_why() -> None:
    given = book(ANN)
    done = liquidate(Draft(given), market(), terms(), Desk(given, market(), terms()), "ann", "liquidatable")
    assert (done.outcome, done.refusals[0].code, done.defaults) == ("not_callable", "last_account", ())


def test_the_scan_flags_by_the_ratio_of_all_whatever_the_thresholds() -> None:
    rows = [trove(f"u{number}", 1_000, ETH=1_050 + 10 * number) for number in range(60)]
    given = book(*rows)
    total = sum(1_050 + 10 * number for number in range(60))
    failing = {health.account for health in scan(given, market(), terms()).failing(given, market(), terms())}
    assert failing == {
        f"u{number}" for number in range(60) if (1_050 + 10 * number) * 60 < max(total, 1_100 * 60)
    }
    rich = book(*rows, trove("whale", 1_000, ETH=10**6))
    found = scan(rich, market(), terms())
    assert {health.account for health in found.failing(rich, market(), terms())} == {
        f"u{n}" for n in range(5)
    }
    assert found.unsure_count <= 1  # only who stands at the minimum


def test_rules_that_hand_nothing_over_are_refused() -> None:
    other = terms(rules="generic_lending@1")
    with pytest.raises(InvalidTerms, match="has no rules to hand an account over"):
        resolve(book(WHALE, ANN), market(5), other, Event("e"))


@pytest.mark.parametrize(
    "changed",
    [{"sale": {"kind": "fixed_bonus"}}, {"split": {"kind": "none"}}, {"recognition": {"kind": "never"}}],
)
def test_collateral_that_nobody_buys_is_given_away_in_the_call_that_books_the_debt(
    changed: dict[str, Any],
) -> None:
    with pytest.raises(InvalidTerms, match="go together or not at all"):
        terms(**changed)
