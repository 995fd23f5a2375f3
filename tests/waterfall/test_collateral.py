"""Collateral that nobody bought: who gets it, in which parts, and what becomes of what nobody takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import RAY, Account, Asset, Balance, Book, Pool
from seawall.core.event import Bid, Event
from seawall.core.loss import Collateral, Default
from seawall.core.market import Market, Price
from seawall.ledger.audit import audit
from seawall.resolution import SharedOut, share_out
from tests.waterfall.books import EVENT, terms_of

POOL = {"kind": "stability_pool", "account": "fund:pool"}
OTHERS = {"kind": "redistribution", "by": "debt"}
ASSETS = (Asset("USD", 2), Asset("COL", 0), Asset("GOLD", 0))
LIMITS = {name: {"threshold_bps": 8000} for name in ("COL", "GOLD")}
MARKET = Market(prices={name: Price(10**8, 10**8) for name in ("USD", "COL", "GOLD")})


def depositor(name: str, cents: int) -> Account:
    return Account(f"pool/{name}", parent="fund:pool", kind="fund", balances=(Balance("USD", "cash", cents),))


def borrower(name: str, cents: int) -> Account:
    return Account(name, balances=(Balance("USD", "debt", -cents),))


def default(cents: int, name: str = "failed", **held: int) -> Default:
    """A debt of cents, handed over with cash of other assets."""
    parts = tuple(Collateral(asset, "cash", amount) for asset, amount in held.items())
    return Default(name, "USD", cents, pool="USD", bucket="debt", collateral=parts)


def book_of(*rows: Account, defaults: tuple[Default, ...], index: int = RAY) -> Book:
    """The rows, what is owed as a deficit, and what was seized with the engine."""
    held: dict[tuple[str, Any], int] = {}
    for item in (part for each in defaults for part in each.collateral or ()):
        held[item.asset, item.side] = held.get((item.asset, item.side), 0) + item.scaled
    short = sum(item.cash_shortfall for item in defaults)
    engine = tuple(Balance(asset, side, amount) for (asset, side), amount in held.items())
    deficit = Account("deficit:USD", kind="venue", balances=(Balance("USD", "cash", -short),))
    pools = [Pool("USD", deficit=short), Pool("COL", supply_index=index)]
    return Book.of(
        [*rows, deficit, Account("engine", kind="venue", balances=engine)],
        assets=ASSETS,
        pools=pools,
        venue="test",
    )


def shared(
    layers: list[Mapping[str, Any]], *defaults: Default, rows: list[Account], **more: Any
) -> SharedOut:
    terms = terms_of(*layers, family="lending", assets=LIMITS)
    found = share_out(book_of(*rows, defaults=defaults, **more), MARKET, terms, defaults, EVENT)
    assert audit(found.journal) == []
    return found


def of(found: SharedOut, asset: str = "COL", side: str = "cash") -> dict[str, int]:
    return {
        row.id: item.scaled
        for row in found.after.rows()
        for item in row.balances
        if (item.asset, item.side) == (asset, side)
    }


def test_the_pool_gets_its_part_and_the_borrowers_all_that_is_left() -> None:
    rows = [depositor("a", 30), depositor("b", 10), borrower("ann", 600), borrower("bob", 200)]
    found = shared([POOL, OTHERS], default(100, COL=1_001), rows=rows)
    # 40 of 100: 400 of 1001, down; then 601 by three to one.
    assert of(found) == {"pool/a": 300, "pool/b": 100, "ann": 451, "bob": 150}
    assert [charge.amount for charge in found.waterfall.charges] == [30, 10, 45, 15]


def test_each_collateral_goes_by_the_same_shares() -> None:
    rows = [depositor("a", 75), depositor("b", 25)]
    found = shared([POOL], default(100, COL=40, GOLD=8), rows=rows)
    assert of(found) == {"pool/a": 30, "pool/b": 10}
    assert of(found, "GOLD") == {"pool/a": 6, "pool/b": 2}


def test_losses_spread_at_once_bring_their_own_collateral() -> None:
    rows = [borrower("ann", 400), borrower("bob", 200)]
    capped = {**OTHERS, "cap_per_event": "1.50"}
    defaults = default(100, "x", COL=300), default(100, "y", COL=3_000)
    found = shared([capped], *defaults, rows=rows)
    # The cap takes all of one loss and half of the other; the rest of the collateral is the venue's.
    taken = found.waterfall.absorptions[0].parts
    given_out = 3 * taken["x"] + 30 * taken["y"]
    assert given_out in (1_800, 3_150)  # a hash decides whose loss comes first
    assert of(found) == {
        "ann": given_out * 2 // 3,
        "bob": given_out // 3,
        "surplus:COL": 3_300 - given_out,
    }


def test_a_working_says_how_much_of_what_goes_where() -> None:
    found = shared([POOL], default(100, COL=50), rows=[depositor("a", 40)])
    (move,) = [entry for entry in found.journal.entries if entry.kind == "collateral:stability_pool"]
    told = {"asset": "COL", "side": "cash", "balance": "50", "borne": "40", "debt": "100"}
    assert move.working["inputs"] == {**told, "handed_over": "20"}


def test_a_fund_that_pays_leaves_the_collateral_to_the_next() -> None:
    fund = {"kind": "insurance_fund", "account": "fund:f"}
    rows = [Account("fund:f", kind="fund", balances=(Balance("USD", "cash", 60),)), depositor("a", 100)]
    found = shared([fund, POOL], default(100, COL=50), rows=rows)
    assert of(found) == {"pool/a": 50}


@pytest.mark.parametrize(
    ("layers", "receiver"),
    [
        ([{"kind": "insurance_fund", "account": "fund:f"}], "surplus:COL"),  # paid, and nobody takes it
        ([], "surplus:COL"),
        ([{"kind": "residual", "bearer": "residual:treasury"}], "residual:treasury"),
        ([{"kind": "residual", "bearer": "suppliers of the pool"}], "surplus:COL"),
    ],
)
def test_what_no_layer_takes_goes_to_the_bearer_or_the_venue(
    layers: list[Mapping[str, Any]], receiver: str
) -> None:
    rows = [Account("fund:f", kind="fund", balances=(Balance("USD", "cash", 100),))]
    assert of(shared(layers, default(100, COL=50), rows=rows)) == {receiver: 50}


def test_a_depositor_whose_debt_it_was_gets_its_share_too() -> None:
    rows = [depositor("a", 30), Account("failed", parent="fund:pool", balances=(Balance("USD", "cash", 10),))]
    assert of(shared([POOL], default(40, COL=100), rows=rows)) == {"pool/a": 75, "failed": 25}


def test_nothing_more_is_taken_from_an_account_of_which_something_was_seized() -> None:
    """What the venue left to its owner, and what the pool has already, is not taken again."""
    owner = Account("failed", balances=(Balance("COL", "cash", 7),))
    found = shared([POOL], default(100), rows=[depositor("a", 100), owner])
    assert of(found) == {"failed": 7}


FLOP = {"kind": "debt_auction", "style": "flop", "lot_asset": "GOLD", "lot_size": "100", "beg_bps": 500}
FLOP |= {"pad_bps": 5000, "bid_ttl_s": 100, "duration_s": 100}
HOLDING: Mapping[str, Mapping[str, Any]] = {
    "halt": {"kind": "halt", "resume_after_s": 100},
    "flop": FLOP,
    "english": FLOP | {"style": "english"},
    "dutch": FLOP | {"style": "dutch", "start_price": "0.3", "step_bps": 1000, "step_s": 60},
}


@pytest.mark.parametrize("kind", HOLDING)
@pytest.mark.parametrize(("seized", "kept"), [({"COL": 50}, 7), ({}, 7), (None, 0)])
def test_nor_is_it_once_a_layer_that_held_the_loss_has_failed(
    kind: str, seized: Mapping[str, int] | None, kept: int
) -> None:
    """What was seized has left with the event; where nothing was, the account's cash still secures the debt.

    A bid that takes a part of the falling lot on the way changes nothing of it.
    """
    layers = [HOLDING[kind], POOL]
    owner = Account("failed", balances=(Balance("COL", "cash", 7),))
    failed = default(100, **(seized or {}))
    failed = replace(failed, collateral=None) if seized is None else failed
    found = shared(layers, failed, rows=[depositor("a", 100), owner])
    terms = terms_of(*layers, family="lending", assets=LIMITS)
    buys = Bid("event-1:debt_auction:failed:USD:USD", "buyer", 30, 1, 40)
    for event in (Event("later", as_of=50, bids=(buys,)), Event("last", as_of=10**6)):
        found = share_out(found.after, MARKET, terms, (), event)
        assert audit(found.journal) == []
    expected = {"failed": kept, "pool/a": 7 - kept, "surplus:COL": (seized or {}).get("COL", 0)}
    assert of(found) == {name: amount for name, amount in expected.items() if amount}
    assert of(found, "USD") == ({"pool/a": 30, "external:buyer": -30} if kind == "dutch" else {})


def test_of_an_account_in_a_lending_book_only_what_secures_is_taken() -> None:
    held = (
        Balance("COL", "cash", 10),
        Balance("COL", "supply", 20, False),
        Balance("GOLD", "supply", 30),
        Balance("USD", "cash", 5),
    )
    loss = Default("failed", "USD", 100, pool="USD", bucket="debt")
    found = shared([OTHERS], loss, rows=[borrower("ann", 600), Account("failed", balances=held)])
    assert (of(found), of(found, "GOLD", "supply")) == ({"ann": 10}, {"ann": 30})
    assert of(found, "COL", "supply") == {"failed": 20}


def seized(gold: int, claims: int) -> tuple[Collateral, ...]:
    parts = Collateral("GOLD", "cash", gold), Collateral("COL", "supply", claims)
    return tuple(part for part in parts if part.scaled)


amounts = st.integers(0, 10**6)


@given(
    deposits=st.lists(amounts, min_size=1, max_size=4),
    debts=st.lists(amounts, max_size=4),
    losses=st.lists(st.tuples(st.integers(1, 10**6), amounts, amounts), min_size=1, max_size=3),
    index=st.sampled_from([RAY, RAY + 7, 3 * RAY // 2]),
)
def test_every_unit_of_collateral_reaches_somebody_once(
    deposits: list[int], debts: list[int], losses: list[tuple[int, int, int]], index: int
) -> None:
    rows = [depositor(f"d{number}", cents) for number, cents in enumerate(deposits)]
    rows += [borrower(f"u{number}", cents) for number, cents in enumerate(debts) if cents]
    defaults = tuple(
        Default(f"f{number}", "USD", cents, pool="USD", bucket="debt", collateral=seized(gold, claims))
        for number, (cents, gold, claims) in enumerate(losses)
    )
    found = shared([POOL, OTHERS], *defaults, rows=rows, index=index)
    for asset, side, place in (("GOLD", "cash", 1), ("COL", "supply", 2)):
        holders = of(found, asset, side)
        assert sum(holders.values()) == sum(loss[place] for loss in losses)
        assert holders.get("engine", 0) == 0
        assert all(amount > 0 for amount in holders.values())
    # In proportion: with one loss, each has of the collateral what it bears of the debt.
    if len(losses) == 1:
        loss, gold, _ = losses[0]
        got = of(found, "GOLD")
        for charge in found.waterfall.charges:
            assert abs(got.get(charge.account, 0) * loss - gold * charge.amount) <= 3 * loss
