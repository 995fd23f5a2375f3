"""The command as its users meet it: a real process, its output, its exit code."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NASDAQ = ROOT / "examples" / "nasdaq-clearing-2018"
CRV = ROOT / "examples" / "aave-crv-2022"
SEAWALL = [sys.executable, "-m", "seawall"]


def seawall(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SEAWALL, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "nasdaq"
    done = seawall("resolve", NASDAQ, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_is_one_folder_with_all_its_files(run: Path) -> None:
    names = {path.name.split(".")[0] for path in run.iterdir()}
    tables = {"accounts", "charges", "defaults", "drops", "events", "waterfall"}
    assert names == tables | {"manifest", "summary", "journal", "report"}
    assert not list(run.parent.glob(".*"))


def test_the_same_input_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    assert seawall("resolve", NASDAQ, "-o", tmp_path / "again").returncode == 0
    for path in run.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_scan_shows_both_price_bases() -> None:
    done = seawall("scan", CRV, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["bases"]["oracle"]["liquidatable"] == found["bases"]["market"]["liquidatable"] == 1
    assert (
        float(found["bases"]["oracle"]["mark_gap"]) == 0 < float(found["bases"]["oracle"]["liquidation_gap"])
    )


def test_a_shock_of_the_command_line_changes_the_answer() -> None:
    calm = json.loads(seawall("scan", CRV, "--price", "CRV=0.5", "--json").stdout)
    assert calm["bases"]["oracle"]["liquidatable"] == 0
    fallen = json.loads(seawall("resolve", NASDAQ, "--price", "EUR=2", "--json").stdout)
    assert fallen["layers"][1]["taken_value"] == "214000000.00"


def test_json_is_one_document_and_nothing_else() -> None:
    done = seawall("resolve", NASDAQ, "--json")
    found = json.loads(done.stdout)
    assert found["layers"][0]["taken"] == [{"asset": "EUR", "amount": "7000000"}]
    assert found["checks"]["loss_minus_borne_units"] == "0"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["scan", "nowhere"], 3, "nowhere"),
        (["scan"], 2, "Missing argument"),
        (["scan", NASDAQ, "--basis", "spot"], 2, "spot"),
        (["resolve", NASDAQ, "--price", "XYZ=1"], 2, "XYZ=1"),
        (["resolve", NASDAQ, "--price", "EUR=nan"], 2, "finite"),
        (["resolve", NASDAQ, "--drop", "1.5"], 2, "drop"),
        (["resolve", NASDAQ, "--terms", "nowhere.toml"], 3, "nowhere.toml"),
        (["resolve", CRV, "--limit-usd", "1000"], 1, ""),
        (["resolve", CRV, "--limit-usd", "10000000"], 0, ""),
        (["scan", CRV, "--price", "CRV=2", "--limit-usd", "1000"], 1, ""),
        (["explain", NASDAQ], 3, "not a run"),
        (["ledger", "verify", NASDAQ], 3, "not a run"),
        (["ledger", "verify", NASDAQ, "--head", "88a3c3345e51"], 2, "64 hex digits"),
        (["schema", "nothing"], 3, "nothing"),
        (["frobnicate"], 2, "frobnicate"),
    ],
    ids=lambda part: (
        " ".join(str(word).rsplit("/", 1)[-1] for word in part) if isinstance(part, list) else None
    ),
)
def test_every_kind_of_failure_has_its_exit_code(arguments: list[object], code: int, says: str) -> None:
    done = seawall(*arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_an_error_is_a_json_document_too() -> None:
    done = seawall("scan", "nowhere", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"]


def test_an_existing_run_is_replaced_only_when_forced_and_anything_else_never(
    run: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    assert seawall("resolve", NASDAQ, "-o", copy).returncode == 2
    assert seawall("resolve", NASDAQ, "-o", copy, "--force").returncode == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    assert seawall("resolve", NASDAQ, "-o", tmp_path / "mine", "--force").returncode == 2
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"


def test_ledger_verify_finds_a_changed_amount_and_exits_4(run: Path, tmp_path: Path) -> None:
    assert seawall("ledger", "verify", run).returncode == 0
    shutil.copytree(run, tmp_path / "forged")
    journal = tmp_path / "forged" / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"700000000"', '"700000001"'))
    done = seawall("ledger", "verify", tmp_path / "forged")
    assert done.returncode == 4
    assert "FAILED" in done.stdout


def test_explain_tells_why_a_member_was_charged(run: Path) -> None:
    story = seawall("explain", run, "member:01").stdout
    assert "default_fund" in story
    assert "26750000" in story.replace(",", "")
    assert seawall("explain", run, "nobody").returncode == 3
    assert "own_capital (first_loss): 7000000 EUR" in seawall("explain", run).stdout


def test_control_characters_of_an_input_do_not_reach_the_terminal(tmp_path: Path) -> None:
    shutil.copytree(NASDAQ, tmp_path / "odd")
    header = tmp_path / "odd" / "snapshot.toml"
    header.write_text(header.read_text().replace('rulebook = "linear_perp"', 'rulebook = "\\u001b[31mred"'))
    done = seawall("scan", tmp_path / "odd")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr + done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [*SEAWALL, "resolve", str(NASDAQ), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 120)


def test_an_interrupted_demo_says_so_and_leaves_no_half_run(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*SEAWALL, "demo", "-o", str(tmp_path / "demo")], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    runs = [path for path in (tmp_path / "demo").glob("*") if path.is_dir()]
    assert all((path / "report.html").exists() for path in runs)


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = seawall("resolve", NASDAQ, "-o", tmp_path / "file" / "run")
    assert done.returncode == 3
    assert "cannot write" in done.stderr
