"""The command as its users meet it: its output, its exit code, and what it leaves behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from seawall.venues import load_rulebook
from tests.cli.command import EXAMPLES, SEAWALL, process, seawall

NASDAQ = EXAMPLES / "nasdaq-clearing-2018"
CRV = EXAMPLES / "aave-crv-2022"
LENDING = EXAMPLES / "snapshot-lending"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "nasdaq"
    done = seawall("resolve", NASDAQ, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_is_one_folder_with_all_its_files(run: Path) -> None:
    names = {path.name.split(".")[0] for path in run.iterdir()}
    assert names == {
        *("manifest", "summary", "accounts", "events", "defaults", "waterfall"),
        *("charges", "drops", "journal", "report"),
    }
    assert not list(run.parent.glob(".*"))


def test_the_same_input_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    done = process("resolve", NASDAQ, "-o", tmp_path / "again", PYTHONHASHSEED="77")
    assert done.returncode == 0
    for path in run.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_the_manifest_names_the_inputs_by_hash_and_holds_no_path(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["inputs"]) == {path.name for path in NASDAQ.iterdir()}
    assert manifest["event"] == "nasdaq-clearing-2018"
    for path in run.iterdir():
        if path.suffix in (".json", ".csv", ".jsonl"):
            assert str(run.parent) not in path.read_text()


def test_scan_shows_both_price_bases() -> None:
    done = seawall("scan", CRV, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["bases"]["oracle"]["liquidatable"] == found["bases"]["market"]["liquidatable"] == 1
    oracle = found["bases"]["oracle"]
    assert float(oracle["mark_gap"]) == 0 < float(oracle["liquidation_gap"])


def test_the_basis_decides_which_accounts_are_listed() -> None:
    for basis in ("oracle", "market"):
        found = json.loads(seawall("scan", LENDING, "--drop", "0.3", "--basis", basis, "--json").stdout)
        assert found["basis"] == basis
        assert len(found["worst"]) == found["bases"][basis]["liquidatable"]


def test_a_shock_of_the_command_line_changes_the_answer() -> None:
    calm = json.loads(seawall("scan", CRV, "--price", "CRV=0.5", "--json").stdout)
    assert calm["bases"]["oracle"]["liquidatable"] == 0
    fallen = json.loads(seawall("resolve", NASDAQ, "--price", "EUR=2", "--json").stdout)
    assert fallen["layers"][1]["taken_value"] == "214000000.00"


def test_a_layer_that_closes_lots_and_charges_nobody_says_so() -> None:
    done = seawall("resolve", EXAMPLES / "dydx-offsets")
    assert done.returncode == 0, done.stderr
    assert "at no charge, closing BTC-USD and 1 more contract" in done.stdout


def test_another_rulebook_changes_who_pays(tmp_path: Path) -> None:
    rulebook = load_rulebook("generic_lending").replace("fund:insurance", "fund:nobody_filled")
    (tmp_path / "mine.toml").write_text(
        rulebook
        + "[assets.ETH]\nthreshold_bps = 8000\nbonus_bps = 10500\n[assets.stETH]\nthreshold_bps = 8000\n"
    )
    words = ("resolve", LENDING, "--drop", "0.3", "--json")
    usual = json.loads(seawall(*words).stdout)
    mine = json.loads(seawall(*words, "--terms", tmp_path / "mine.toml").stdout)
    assert (usual["totals"]["covered"], mine["totals"]["covered"]) == ("250.00", "0.00")


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", LENDING, "--drop", "0.3"],
        ["resolve", NASDAQ],
        ["schema"],
        ["schema", "accounts"],
        ["scan", "nowhere"],
        ["scan"],
        ["scan", NASDAQ, "--basis", "spot"],
        ["resolve", LENDING, "--drop", "2"],
        ["explain", "nowhere"],
        ["ledger", "verify", "nowhere"],
        ["ledger", "show", "nowhere"],
    ],
    ids=lambda words: " ".join(str(word).rsplit("/", 1)[-1] for word in words),
)
def test_json_is_one_document_and_nothing_else(arguments: list[object]) -> None:
    done = seawall(*arguments, "--json")
    found = json.loads(done.stdout)
    assert ("error" in found) == (done.returncode != 0)
    assert done.stderr == ""
    if "error" in found:
        assert found["error"]["code"]
        assert found["error"]["message"]


@pytest.mark.parametrize("arguments", [[], ["fund:default"], ["--layer", "default_fund"], ["--entry", "1"]])
def test_every_explanation_has_a_json_form(run: Path, arguments: list[str]) -> None:
    done = seawall("explain", run, *arguments, "--json")
    if done.returncode == 0:
        assert json.loads(done.stdout)["lines"]
    else:
        assert json.loads(done.stdout)["error"]["code"] == "unknown_account"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["scan", "nowhere"], 3, "nowhere does not exist"),
        (["scan", CRV / "README.md"], 3, "is a file"),
        (["scan"], 2, "Missing argument"),
        (["scan", NASDAQ, "--basis", "spot"], 2, "spot"),
        (["scan", NASDAQ, "--limit-usd", "much"], 2, "--limit-usd"),
        (["scan", NASDAQ, "--limit-usd", "-1"], 2, "at least 0"),
        (["resolve", NASDAQ, "--price", "XYZ=1"], 2, "XYZ=1"),
        (["resolve", NASDAQ, "--price", "EUR=nan"], 2, "finite"),
        (["resolve", NASDAQ, "--mark", "BTC"], 2, "NAME=VALUE"),
        (["resolve", NASDAQ, "--drop", "1.5"], 2, "drop"),
        (["resolve", NASDAQ, "--seed", "x"], 2, "seed"),
        (["resolve", NASDAQ, "--terms", "nowhere.toml"], 3, "nowhere.toml"),
        (["resolve", NASDAQ, "--terms", CRV / "README.md"], 3, "README.md"),
        (["resolve", CRV, "--limit-usd", "1000"], 1, ""),
        (["resolve", CRV, "--limit-usd", "10000000"], 0, ""),
        (["scan", CRV, "--price", "CRV=2", "--limit-usd", "1000"], 1, ""),
        (["scan", CRV, "--price", "CRV=2", "--limit-usd", "1e9"], 0, ""),
        (["explain", NASDAQ], 3, "not a run"),
        (["ledger", "verify", NASDAQ], 3, "not a run"),
        (["ledger", "show", "nowhere"], 3, "not a run"),
        (["schema", "nothing"], 3, "nothing"),
        (["demo", "--drop", "2"], 2, "drop"),
        (["frobnicate"], 2, "frobnicate"),
        ([], 2, "Usage"),
    ],
    ids=lambda part: (
        " ".join(str(word).rsplit("/", 1)[-1] for word in part) or "nothing"
        if isinstance(part, list)
        else None
    ),
)
def test_every_kind_of_failure_has_its_exit_code(arguments: list[object], code: int, says: str) -> None:
    done = seawall(*arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["scan", CRV, "--limit-usd", "1", "--price", "CRV=2", "--json"], 1),
        (["scan", "--json"], 2),
        (["scan", "nowhere", "--json"], 3),
        (["ledger", "verify", "{run}", "--head", "0" * 64, "--json"], 4),
    ],
)
def test_a_real_process_exits_with_its_code_and_one_document(
    run: Path, arguments: list[object], code: int
) -> None:
    done = process(*(str(word).replace("{run}", str(run)) for word in arguments))
    assert done.returncode == code
    assert isinstance(json.loads(done.stdout), dict)
    assert done.stderr == ""


def test_a_file_full_of_faults_yields_twenty_lines_and_a_count(tmp_path: Path) -> None:
    shutil.copytree(LENDING, tmp_path / "bad")
    balances = tmp_path / "bad" / "balances.csv"
    header = balances.read_text().splitlines()[0]
    row = ",".join("\x1b[31mnonsense" for _ in header.split(","))
    balances.write_text("\n".join([header, *[row] * 500]) + "\n")
    done = seawall("scan", tmp_path / "bad")
    lines = done.stderr.splitlines()
    assert done.returncode == 3
    assert len(lines) == 21
    assert all(line.startswith("error: balances.csv:row ") for line in lines[:20])
    assert "more" in lines[-1]
    assert "\x1b" not in done.stderr


def test_an_existing_run_is_replaced_only_when_forced_and_anything_else_never(
    run: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "note").write_text("of the former run")
    refused = seawall("resolve", NASDAQ, "-o", copy)
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (copy / "note").exists()
    assert seawall("resolve", NASDAQ, "-o", copy, "--force").returncode == 0
    assert not (copy / "note").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    assert seawall("resolve", NASDAQ, "-o", tmp_path / "mine", "--force").returncode == 2
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = seawall("resolve", NASDAQ, "-o", tmp_path / "file" / "run")
    assert done.returncode == 3
    assert "cannot write" in done.stderr


def test_ledger_verify_finds_a_changed_amount_and_exits_4(run: Path, tmp_path: Path) -> None:
    assert seawall("ledger", "verify", run).returncode == 0
    shutil.copytree(run, tmp_path / "forged")
    journal = tmp_path / "forged" / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"700000000"', '"700000001"'))
    done = seawall("ledger", "verify", tmp_path / "forged")
    assert done.returncode == 4
    assert "FAILED" in done.stdout
    found = json.loads(seawall("ledger", "verify", tmp_path / "forged", "--json").stdout)
    assert {"E5", "file_changed"} <= {problem["law"] for problem in found["problems"]}


def test_ledger_verify_holds_a_run_to_a_head_kept_elsewhere(run: Path) -> None:
    head = json.loads(seawall("ledger", "verify", run, "--json").stdout)["head"]
    assert seawall("ledger", "verify", run, "--head", head).returncode == 0
    assert seawall("ledger", "verify", run, "--head", "0" * 64).returncode == 4


def test_ledger_show_tells_whole_units(run: Path) -> None:
    shown = seawall("ledger", "show", run).stdout
    assert "own_capital" in shown
    assert " -7000000 EUR" in shown
    statement = seawall("ledger", "show", run, "--account", "member:01").stdout
    assert "-26750000 EUR" in statement
    assert seawall("ledger", "show", run, "--account", "nobody").stdout == "nothing happened\n"


def test_explain_tells_why_a_member_was_charged(run: Path) -> None:
    story = seawall("explain", run, "member:01").stdout
    assert "26750000 EUR by default_fund, for the loss of defaulter" in story
    assert "own_capital (first_loss): 7000000 EUR" in seawall("explain", run).stdout


def test_explain_tells_the_working_of_a_layer_and_of_an_entry(run: Path) -> None:
    layer = seawall("explain", run, "--layer", "own_capital").stdout
    assert "took 7000000 EUR" in layer
    assert "formula: min(balance - floor" in layer
    assert "hash: " in seawall("explain", run, "--entry", "1").stdout


def test_explain_tells_how_an_account_stood_that_nothing_happened_to(tmp_path: Path) -> None:
    assert seawall("resolve", LENDING, "--price", "ETH=9000", "-o", tmp_path / "calm").returncode == 0
    story = seawall("explain", tmp_path / "calm", "ann").stdout
    assert story.startswith("stood at oracle prices: safe, health ")
    assert "not liquidated" in story


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nobody"], 3, "no account 'nobody'"),
        (["--layer", "nothing"], 3, "own_capital, default_fund"),
        (["--entry", "999"], 3, "the journal has 3"),
        (["member:01", "--layer", "own_capital"], 2, "one thing at a time"),
    ],
)
def test_explain_says_what_it_does_not_know(run: Path, arguments: list[str], code: int, says: str) -> None:
    done = seawall("explain", run, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_control_characters_of_an_input_do_not_reach_the_terminal(run: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    shutil.copytree(NASDAQ, odd)
    header = odd / "snapshot.toml"
    header.write_text(header.read_text().replace("linear_perp", "\\u001b[31mred"))
    told = seawall("scan", odd)
    assert told.returncode == 3
    assert "\x1b" not in told.stderr + told.stdout
    shutil.copytree(run, tmp_path / "run")
    summary = tmp_path / "run" / "summary.json"
    summary.write_text(summary.read_text().replace("Nasdaq Clearing", "\\u001b[31m\\u202eNasdaq"))
    story = seawall("explain", tmp_path / "run").stdout
    assert story.startswith("?[31m?Nasdaq")


def test_what_looks_like_markup_is_text(tmp_path: Path) -> None:
    shutil.copytree(LENDING, tmp_path / "odd")
    header = tmp_path / "odd" / "snapshot.toml"
    header.write_text(header.read_text().replace('venue = "', 'venue = "[bold][/nothing]'))
    assert seawall("scan", tmp_path / "odd").stdout.startswith("[bold][/nothing]example")


def test_colour_comes_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("resolve", NASDAQ)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" not in seawall(*words).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in seawall(*words).stdout
    assert "\x1b" not in seawall(*words, "--no-color").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in seawall(*words).stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [*SEAWALL, "resolve", str(NASDAQ), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)], ids=["ctrl-c", "killed"]
)
def test_a_run_that_is_stopped_leaves_nothing_under_its_name(
    how: signal.Signals, code: int, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*SEAWALL, "demo", "-o", str(tmp_path / "demo")], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    waited = time.monotonic()
    while not list(tmp_path.glob(".demo-*")) and time.monotonic() - waited < 60:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert b"Traceback" not in errors
    assert not (tmp_path / "demo").exists()
    if how is signal.SIGINT:
        assert errors == b"interrupted: nothing was written\n"
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["resolve", "-h"], ["ledger", "verify", "--help"]])
def test_help_is_plain_and_fits_eighty_columns(words: list[str]) -> None:
    done = seawall(*words)
    assert done.returncode == 0
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_the_version_is_one_line() -> None:
    import seawall as package

    assert seawall("--version").stdout == f"seawall {package.__version__}\n"


def test_the_nearest_move_that_dries_a_fund_is_told_up_or_down(tmp_path: Path) -> None:
    snapshot = tmp_path / "s"
    shutil.copytree(EXAMPLES / "snapshot-exchange", snapshot)
    positions = (snapshot / "positions.csv").read_text()
    assert "alice,BTC-PERP" in positions
    told = {}
    for name, text in {"long": positions, "short": _other_way(positions)}.items():
        (snapshot / "positions.csv").write_text(text)
        done = seawall("resolve", snapshot, "-o", tmp_path / name, "-q")
        told[name] = next(line for line in done.stdout.splitlines() if "reaches users" in line)
    assert "dry at a fall of" in told["long"]
    assert "dry at a rise of" in told["short"]


def _other_way(positions: str) -> str:
    # Every position the other way round: who lost on a fall loses on a rise.
    swapped = {"long": "short", "short": "long"}
    lines = positions.splitlines()
    place = {name: lines[0].split(",").index(name) for name in ("leg", "quantity")}
    turned = [lines[0]]
    for line in lines[1:]:
        cells = line.split(",")
        if cells[place["leg"]] in swapped:
            cells[place["leg"]] = swapped[cells[place["leg"]]]
        else:
            quantity = cells[place["quantity"]]
            cells[place["quantity"]] = (
                quantity.removeprefix("-") if quantity.startswith("-") else f"-{quantity}"
            )
        turned.append(",".join(cells))
    return "\n".join(turned) + "\n"


def stale(folder: Path) -> Path:
    """The lending example under terms that allow ten minutes: USDC was seen a quarter of an hour before."""
    shutil.copytree(LENDING, folder)
    (folder / "terms.toml").write_text("price_max_age_s = 600\n")
    return folder


@pytest.mark.parametrize(
    "verb", [("scan",), ("resolve",), ("resolve", "--venue", "aave_v3_7", "--venue", "generic_lending")]
)
def test_an_answer_on_stale_prices_is_given_and_is_exit_code_5(verb: tuple[str, ...], tmp_path: Path) -> None:
    folder = stale(tmp_path / "s")
    done = seawall(verb[0], folder, *verb[1:], "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["stale_prices"] == ["USDC"]
    assert "USDC: older than the terms allow" in seawall(verb[0], folder, *verb[1:]).stdout


def test_stale_prices_outweigh_a_breached_limit_and_a_price_given_by_hand_is_fresh(tmp_path: Path) -> None:
    folder = stale(tmp_path / "s")
    assert seawall("scan", folder, "--limit-usd", "1").returncode == 5
    assert seawall("scan", folder, "--limit-usd", "1", "--price", "USDC=1").returncode == 1
    assert seawall("scan", folder, "--price", "USDC=1").returncode == 0
    (folder / "terms.toml").write_text("price_max_age_s = 900\n")  # exactly that old
    assert seawall("scan", folder).returncode == 0


def test_all_prices_are_stale_where_the_snapshot_has_older_ones(tmp_path: Path) -> None:
    folder = stale(tmp_path / "s")
    header = (folder / "snapshot.toml").read_text()
    (folder / "snapshot.toml").write_text(f'{header}prices_as_of = "2025-10-10T20:30:00Z"\n')
    (folder / "prices.csv").write_text("asset,oracle_price\nETH,2000\nstETH,1990\nUSDC,1\n")
    found = seawall("scan", folder, "--json")
    assert (found.returncode, json.loads(found.stdout)["stale_prices"]) == (5, ["ETH", "USDC", "stETH"])


@pytest.mark.parametrize("name", ["balances.csv", "snapshot.toml", "terms.toml"])
def test_a_file_that_is_there_and_does_not_answer_is_exit_code_5(name: str, tmp_path: Path) -> None:
    dead = Path("/proc/self/mem")  # a regular file whose first byte cannot be read
    folder = stale(tmp_path / "s")
    (folder / name).unlink()
    (folder / name).symlink_to(dead)
    done = seawall("resolve", folder, "-o", tmp_path / "run", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 5
    assert (error["code"], error["problems"][0]["where"]) == ("source_unreachable", name)
    assert not (tmp_path / "run").exists()


def test_an_account_without_a_price_is_explained_with_what_is_known(tmp_path: Path) -> None:
    """Its figures stood as NaN in the table of accounts."""
    folder = tmp_path / "s"
    shutil.copytree(LENDING, folder)
    prices = (folder / "prices.csv").read_text()
    (folder / "prices.csv").write_text(
        "\n".join(line for line in prices.splitlines() if not line.startswith("USDC")) + "\n"
    )
    assert seawall("resolve", folder, "-q", "-o", tmp_path / "run").returncode == 0
    done = seawall("explain", tmp_path / "run", "ann")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "stood at oracle prices: unpriced",
        "  collateral 20,000.00 USD",
        "  outcome: not liquidated",
        "account ann",
        "nothing happened to it in this run: the journal tells of holdings that moved",
    ]
    assert "nan" not in done.stdout.lower()


def test_workings_are_told_in_whole_units_too(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert (
        seawall("resolve", EXAMPLES / "snapshot-exchange", "--drop", "0.15", "-q", "-o", run).returncode == 0
    )
    assert "BTC-PERP: 850 (0.85 BTC-PERP)" in seawall("explain", run, "--layer", "adl").stdout
    assert "alice -1 BTC-PERP (lots)" in seawall("explain", run, "--entry", "1").stdout
    assert "quantity: 1000 (1 BTC-PERP)" in seawall("explain", run, "alice").stdout


BALANCES = "account,asset,side,amount\n"
# What looks odd and is an answer, not an error: name, changed files, what the summary must tell.
ODD: list[tuple[str, dict[str, str | None], dict[str, object]]] = [
    (
        "empty book",
        {"accounts.csv": "account,owner,collateral_set\n", "balances.csv": BALANCES, "funds.csv": None},
        {
            "accounts": 0,
            "liquidatable": 0,
            "defaults": 0,
            "loss": [],
            "verdict": "No account is under water.",
        },
    ),
    (
        "debt without collateral, and nobody to pay",
        {
            "accounts.csv": "account,owner,collateral_set\nben,ben,\n",
            "balances.csv": f"{BALANCES}ben,USDC,debt,70\n",
            "funds.csv": None,
        },
        {"insolvent": 1, "defaults": 1, "charged_accounts": 0, "loss": [{"asset": "USDC", "amount": "70"}]},
    ),
    (
        "loss beyond all balances",
        {
            "accounts.csv": "account,owner,collateral_set\nben,ben,\nlp,lp,\n",
            "balances.csv": f"{BALANCES}ben,USDC,debt,70\nlp,USDC,supply,40\n",
            "funds.csv": None,
        },
        {"insolvent": 1, "charged_accounts": 1},
    ),
]


@pytest.mark.parametrize(("name", "changed", "told"), ODD, ids=[row[0] for row in ODD])
def test_what_is_odd_and_no_error_is_answered(
    name: str, changed: dict[str, str | None], told: dict[str, object], tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    shutil.copytree(LENDING, folder)
    for file, text in changed.items():
        (folder / file).unlink()
        if text is not None:
            (folder / file).write_text(text)
    # One unit of a pool is one of its token: indices of 1.
    pools = (folder / "pools.csv").read_text().splitlines()
    head = pools[0].split(",")
    rows = [dict(zip(head, line.split(","), strict=True)) for line in pools[1:]]
    rows = [{key: "1" if "index" in key else cell for key, cell in row.items()} for row in rows]
    (folder / "pools.csv").write_text("\n".join([pools[0], *(",".join(row.values()) for row in rows)]) + "\n")
    done = seawall("resolve", folder, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {key: summary[key] for key in told} == told
    checks = summary["checks"]
    assert (checks["loss_minus_borne_units"], checks["journal_problems"]) == ("0", 0)
    uncovered = {row["asset"]: row["amount"] for row in summary["bad_debt"]["uncovered"]}
    assert uncovered.get("USDC", "0") == {"empty book": "0", "loss beyond all balances": "30"}.get(name, "70")


@pytest.mark.parametrize(
    ("assets", "code", "word"),
    [('assets = ["USDC"]', 3, "error: "), ("", 0, "warning: ")],
    ids=["named", "any"],
)
def test_a_rulebook_given_apart_is_held_to_the_assets_of_the_book(
    assets: str, code: int, word: str, tmp_path: Path
) -> None:
    """Its warnings were dropped, and a cap finer than its asset was found only when it was used."""
    layer = f'name = "f"\nkind = "insurance_fund"\naccount = "fund:f"\n{assets}\n'
    cap = 'cap_per_event = "0.0000001"\n'
    rulebook = load_rulebook("generic_lending").partition("[[waterfall]]")[0]
    (tmp_path / "mine.toml").write_text(f"{rulebook}[[waterfall]]\n{layer}{cap}")
    done = seawall("scan", LENDING, "--terms", tmp_path / "mine.toml")
    assert done.returncode == code, done.stderr
    line = next(line for line in done.stderr.splitlines() if "cap_per_event" in line)
    assert line.startswith(f"{word}mine.toml:waterfall.f.cap_per_event")
    assert "USDC has 6 decimals" in line
