"""What layers held and hold: in the summary, the verdict, the tables and on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seawall.adapters import load_snapshot, read_snapshot
from seawall.adapters.snapshot import Snapshot
from seawall.core.event import Event
from seawall.resolution import Resolution, resolve
from seawall.runs.summary import summarise
from seawall.runs.tables import charge_rows, waterfall_rows
from tests.adapters.folders import ROOT, put
from tests.adapters.test_pending import GOOD


def settled(snapshot: Snapshot) -> Resolution:
    book, market, terms = snapshot.parts()
    event = Event("e2", book.as_of, bids=snapshot.bids, withdrawals=snapshot.withdrawals)
    return resolve(book, market, terms, event)


def test_settlements_and_what_is_still_held_stand_in_the_summary(tmp_path: Path) -> None:
    summary = summarise(settled(read_snapshot(put(tmp_path / "in", GOOD))))
    assert [
        (row["layer"], row["received"]["amount"], row["held"]["amount"]) for row in summary["settlements"]
    ] == [
        ("sale", "100", "0"),
        ("leavers", "5", "2"),
    ]
    assert [(row["id"], row["amount"]["amount"]) for row in summary["pending"]] == [("e1:tax", "2")]


def test_charges_of_a_settlement_are_rows_that_sum_to_what_was_received(tmp_path: Path) -> None:
    done = settled(read_snapshot(put(tmp_path / "in", GOOD)))
    taken = {str(row["layer"]): row["taken"] for row in waterfall_rows(done)}
    charged = {str(row["layer"]): row["amount"] for row in charge_rows(done)}
    assert taken == charged == {"sale": "100", "leavers": "5"}


def halted(tmp_path: Path, layer: str) -> dict[str, Any]:
    """The Nasdaq case under another waterfall."""
    source = ROOT / "examples" / "nasdaq-clearing-2018"
    files = {path.name: path.read_bytes() for path in source.iterdir() if path.suffix != ".md"}
    files |= {"assets.csv": b"asset,decimals\nEUR,2\nEUR_CLAIM,2\n", "terms.toml": layer.encode()}
    folder = put(tmp_path / "in", files)
    return summarise(resolve(*load_snapshot(folder), Event("e")))


HALT = """[[waterfall]]
name = "halt"
kind = "halt"
resume_after_s = 3600
cap_per_event = "100000000"
"""
CLAIMS = """[[waterfall]]
name = "haircut"
kind = "recovery_claims"
claim_asset = "EUR_CLAIM"
"""


def test_a_loss_that_waits_is_not_called_covered(tmp_path: Path) -> None:
    whole = halted(tmp_path, HALT.replace("100000000", "200000000"))
    assert whole["verdict"].startswith("114 M of 114 M USD waits in layers")
    assert (whole["totals"]["held"], whole["checks"]["loss_minus_borne_units"]) == ("114000000.00", "0")


def test_what_is_left_beside_a_held_loss_still_reaches_users(tmp_path: Path) -> None:
    part = halted(tmp_path, HALT)
    assert (part["totals"]["held"], part["totals"]["uncovered"]) == ("100000000.00", "14000000.00")
    assert part["verdict"] == "The loss reaches users: 14.0 M of 114 M USD, as debt left uncovered."


def test_any_kind_that_charges_users_is_named_in_the_verdict(tmp_path: Path) -> None:
    assert halted(tmp_path, CLAIMS)["verdict"] == "The loss reaches users: 114 M of 114 M USD, by haircut."
