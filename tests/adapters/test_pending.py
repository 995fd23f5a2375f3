"""What layers hold between events, and what others did since: read with every problem at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.adapters import load_snapshot, read_snapshot, write_snapshot
from seawall.core.event import Bid, Event, Withdrawal
from seawall.core.loss import Pending
from seawall.resolution import resolve
from tests.adapters.folders import Break, Files, add, edit, put

PENDING = "pending,layer,kind,account,asset,amount,opened,due,pool\n"
MEMORY = "pending,name,value\n"
BIDS = "auction,bidder,pay,lot,at\n"
LEAVING = "account,asset,amount,at\n"
TERMS = """
[[waterfall]]
name = "sale"
kind = "debt_auction"
lot_asset = "GOV"
lot_size = "10"
bid_ttl_s = 60

[[waterfall]]
name = "leavers"
kind = "withdrawal_tax"
rate_bps = 1000
window_s = 86400
"""
GOOD: Files = {
    "snapshot.toml": b"""format_version = 1
venue = "test"
as_of = 2025-10-10T21:00:00Z
rulebook = "linear_perp"
""",
    "terms.toml": TERMS.encode(),
    "assets.csv": b"asset,decimals\nUSDT,6\nGOV,3\n",
    "prices.csv": b"asset,oracle_price,market_price\nUSDT,1,1\nGOV,5,5\n",
    "balances.csv": b"account,asset,side,amount\nann,USDT,cash,500\ndeficit:USDT,USDT,cash,-107\n",
    "pending.csv": (
        f"{PENDING}e1:sale,sale,debt_auction,x,USDT,100,2025-10-10T20:00:00Z,2025-10-12T20:00:00Z,\n"
        "e1:tax,leavers,withdrawal_tax,y,USDT,7,2025-10-10T20:00:00Z,2025-10-11T20:00:00Z,main\n"
    ).encode(),
    "pending_memory.csv": (
        MEMORY
        + "".join(
            f"e1:sale,{name},{value}\n"
            for name, value in {
                "pay": 0,
                "lot": 10_000,
                "tic": 0,
                "end": 1760299200,
                "last": 1760126399,
                "top": 0,
                "restarts": 0,
            }.items()
        )
    ).encode(),
    "bids.csv": f"{BIDS}e1:sale,bob,100,9.5,2025-10-10T20:30:00Z\n".encode(),
    "withdrawals.csv": f"{LEAVING}ann,USDT,50,2025-10-10T20:45:00Z\n".encode(),
}


def test_pending_losses_bids_and_withdrawals_are_read_in_smallest_units(tmp_path: Path) -> None:
    snapshot = read_snapshot(put(tmp_path / "in", GOOD))
    assert [str(item) for item in snapshot.problems if item.severity == "error"] == []
    book, _, _ = snapshot.parts()
    sale, tax = book.pending
    assert (sale.amount, sale.opened, sale.memory["lot"]) == (100_000_000, 1760126400, 10_000)
    assert tax == Pending(
        "e1:tax", "leavers", "withdrawal_tax", "y", "USDT", 7_000_000, 1760126400, 1760212800, "main"
    )
    assert snapshot.bids == (Bid("e1:sale", "bob", 100_000_000, 9500, 1760128200),)
    assert snapshot.withdrawals == (Withdrawal("ann", "USDT", 50_000_000, 1760129100),)


def test_what_was_held_is_settled_by_the_next_resolve_and_the_rest_is_written_again(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", GOOD)
    snapshot = read_snapshot(folder)
    book, market, terms = snapshot.parts()
    event = Event("e2", book.as_of, bids=snapshot.bids, withdrawals=snapshot.withdrawals)
    done = resolve(book, market, terms, event)
    assert [(item.pending.id, item.received) for item in done.settlements] == [
        ("e1:sale", 100_000_000),
        ("e1:tax", 5_000_000),
    ]
    again, _, _ = load_snapshot(write_snapshot(tmp_path / "out", done.after, market, terms))
    assert again.pending == done.after.pending
    assert [item.amount for item in again.pending] == [2_000_000]


CASES: list[tuple[str, Break, str, str]] = [
    ("twice", add("pending.csv", "e1:tax,a,b,c,USDT,1,2025-10-10T20:00:00Z,2025-10-10T20:00:00Z,"), "duplicate_pending", "pending.csv:row 4:pending"),
    ("unknown asset", edit("pending.csv", "y,USDT", "y,USDX"), "unknown_asset", "pending.csv:row 3:asset"),
    ("nothing held", edit("pending.csv", "USDT,7,", "USDT,0,"), "out_of_range", "pending.csv:row 3:amount"),
    ("negative", edit("pending.csv", "USDT,7,", "USDT,-7,"), "negative_amount", "pending.csv:row 3:amount"),
    ("too fine", edit("pending.csv", "USDT,7,", "USDT,0.0000001,"), "precision_loss", "pending.csv:row 3:amount"),
    ("due before opened", edit("pending.csv", "2025-10-11T20", "2025-10-09T20"), "out_of_range", "pending.csv:row 3:due"),
    ("bare seconds", edit("pending.csv", "2025-10-11T20:00:00Z", "1760212800"), "timestamp_unit_suspect", "pending.csv:row 3:due"),
    ("no time", edit("pending.csv", "2025-10-11T20:00:00Z", ""), "missing_value", "pending.csv:row 3:due"),
    ("no layer", edit("pending.csv", "leavers,", ","), "missing_value", "pending.csv:row 3:layer"),
    ("memory of nothing", add("pending_memory.csv", "e9,pay,1"), "unknown_pending", "pending_memory.csv:row 9:pending"),
    ("memory twice", add("pending_memory.csv", "e1:sale,pay,1"), "duplicate_memory", "pending_memory.csv:row 9:pending"),
    ("no number", add("pending_memory.csv", "e1:sale,other,"), "missing_value", "pending_memory.csv:row 9:value"),
    ("bid for nothing", edit("bids.csv", "e1:sale", "e1:sal"), "unknown_pending", "bids.csv:row 2:auction"),
    ("bid for a tax", edit("bids.csv", "e1:sale", "e1:tax"), "not_an_auction", "bids.csv:row 2:auction"),
    ("bid of nothing", edit("bids.csv", "bob,100", "bob,0"), "out_of_range", "bids.csv:row 2:pay"),
    ("lot too fine", edit("bids.csv", "9.5,", "9.5001,"), "precision_loss", "bids.csv:row 2:lot"),
    ("unknown account", edit("withdrawals.csv", "ann,", "zed,"), "unknown_account", "withdrawals.csv:row 2:account"),
    ("withdrawal twice", add("withdrawals.csv", "ann,USDT,50,2025-10-10T20:45:00Z"), "duplicate_withdrawal", "withdrawals.csv:row 3:account"),
    ("negative withdrawal", edit("withdrawals.csv", "USDT,50", "USDT,-50"), "negative_amount", "withdrawals.csv:row 2:amount"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_problem_is_told_at_its_place(broken: Break, code: str, place: str, tmp_path: Path) -> None:
    accounts = {"accounts.csv": b"account\nann\ndeficit:USDT\n"}
    snapshot = read_snapshot(put(tmp_path / "in", broken({**GOOD, **accounts})))
    assert snapshot.book is None
    assert (code, place) in [(item.code, item.where) for item in snapshot.problems]


def test_a_layer_that_the_terms_no_longer_have_is_a_warning(tmp_path: Path) -> None:
    files = edit("terms.toml", 'name = "leavers"', 'name = "leaver"')(GOOD)
    found = [
        item for item in read_snapshot(put(tmp_path / "in", files)).problems if item.code == "pending_layer"
    ]
    assert [(item.severity, item.where) for item in found] == [("warning", "pending.csv")]
    assert "'leavers', which the terms do not have; closest: leaver" in found[0].message
