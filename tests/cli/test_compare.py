"""`seawall resolve FOLDER --venue A --venue B`: what it prints, writes and refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.command import EXAMPLES, seawall

LENDING = EXAMPLES / "snapshot-lending"
BOTH = ("--venue", "generic_lending", "--venue", "aave_v3_7")


def test_two_venues_are_laid_side_by_side(tmp_path: Path) -> None:
    done = seawall("resolve", LENDING, *BOTH, "-o", tmp_path / "both")
    assert done.returncode == 0, done.stderr
    assert "left in the book under aave_v3_7: nobody has paid it yet" in done.stdout
    names = {path.name for path in (tmp_path / "both").iterdir()}
    assert names == {"accounts.csv", "comparison.json", "comparison.html", "generic_lending", "aave_v3_7"}
    lines = (tmp_path / "both" / "accounts.csv").read_text().splitlines()
    assert lines[0] == "account,generic_lending,aave_v3_7"
    checked = seawall("ledger", "verify", tmp_path / "both" / "aave_v3_7")
    assert checked.returncode == 0, checked.stderr


def test_one_document_holds_the_comparison() -> None:
    done = seawall("resolve", LENDING, *BOTH, "--drop", "0.1", "--json")
    found = json.loads(done.stdout)
    assert [row["venue"] for row in found["venues"]] == ["generic_lending", "aave_v3_7"]
    assert found["shocks"]["drop"] == "0.1"
    for row in found["venues"]:
        filled = sum(float(value) for value in row["lost"].values()) + float(row["hole_left"])
        assert filled == pytest.approx(float(row["hole_before"]), abs=0.05)


def test_one_venue_resolves_under_its_rulebook() -> None:
    done = seawall("resolve", LENDING, "--venue", "aave_v3_7", "--json")
    assert json.loads(done.stdout)["terms"] == "aave_v3_7"


def test_a_comparison_is_replaced_only_when_told_and_only_a_comparison(tmp_path: Path) -> None:
    out = tmp_path / "both"
    assert seawall("resolve", LENDING, *BOTH, "-o", out).returncode == 0
    again = seawall("resolve", LENDING, *BOTH, "-o", out)
    assert (again.returncode, "give --force" in again.stderr) == (2, True)
    assert seawall("resolve", LENDING, *BOTH, "-o", out, "--force").returncode == 0
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("keep me")
    refused = seawall("resolve", LENDING, *BOTH, "-o", other, "--force")
    assert refused.returncode == 2
    assert (other / "letter.txt").read_text() == "keep me"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--venue", "aave_v37"), 3, "closest: aave_v3_7"),
        ((*BOTH, "--venue", "generic_lending"), 2, "given twice"),
        ((*BOTH, "--limit-usd", "5"), 2, "one --venue"),
        (("--venue", "aave_v3_7", "--terms", "mine.toml"), 2, "both name a rulebook"),
        (("--venue", "generic_lending", "--venue", "linear_perp"), 3, "linear_perp"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: tuple[str, ...], code: int, says: str) -> None:
    done = seawall("resolve", LENDING, *arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr


def test_all_wrong_venues_are_told_and_rules_alone_are_no_rulebook() -> None:
    done = seawall("resolve", LENDING, "--venue", "nope", "--venue", "euler_evk", "--venue", "")
    assert done.returncode == 3
    assert "'nope'" in done.stderr
    assert "venue euler_evk has no rulebook to resolve a book with, only rules" in done.stderr
    assert "no venue is called ''" in done.stderr


def test_a_stablecoin_under_liquity_and_maker(tmp_path: Path) -> None:
    """Of 23000 owed the pool has 9000; the whale takes over the rest, and 199 of 200 parts of its ETH."""
    out = tmp_path / "both"
    venues = ("--venue", "liquity_v1", "--venue", "maker_dss")
    done = seawall("resolve", EXAMPLES / "snapshot-cdp", *venues, "--drop", "0.3", "-o", out)
    assert done.returncode == 0, done.stderr
    for name in ("liquity_v1", "maker_dss"):
        assert seawall("ledger", "verify", out / name).returncode == 0
    told = seawall("explain", out / "liquity_v1", "whale").stdout
    assert "receives 8.70625 ETH from engine" in told
    assert "14000 USDX by other_troves" in told


def test_what_the_snapshot_warns_of_is_told_once_for_all_venues(tmp_path: Path) -> None:
    folder = tmp_path / "thin"
    shutil.copytree(LENDING, folder)
    terms = folder / "asset_terms.csv"
    terms.write_text(terms.read_text().replace("8000,10500", "9600,10500"))  # seizing takes all there is
    done = seawall("resolve", folder, *BOTH)
    warned = [line for line in done.stderr.splitlines() if line.startswith("warning")]
    assert sum("threshold 9600 bps" in line for line in warned) == 1, done.stderr
    assert len(warned) == len(set(warned)) > 1
    assert not seawall("resolve", folder, *BOTH, "-q").stderr
