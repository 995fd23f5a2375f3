"""`seawall simulate` and `seawall stress` as their users meet them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.cli.command import EXAMPLES, SEAWALL, process, seawall

STORMS = EXAMPLES / "storm"
LENDING, EXCHANGE = "synthetic:lending:300", "synthetic:exchange:300"
BOOKS = {
    "borrowers-act": LENDING,
    "calm": LENDING,
    "depeg": LENDING,
    "fund-size": "synthetic:market:300",
    "jumps": LENDING,
    "liquidator-outage": LENDING,
    "makers-leave": EXCHANGE,
    "october-2025": EXCHANGE,
    "options": "synthetic:options:300",
    "oracle-outage": LENDING,
    "pool-runs-dry": "synthetic:troves:300",
    "withdrawal-run": LENDING,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storms") / "jumps"
    done = seawall("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "--paths", 40, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_scenario_of_the_library_is_tried_here() -> None:
    assert sorted(BOOKS) == sorted(path.stem for path in STORMS.glob("*.toml"))


@pytest.mark.parametrize("name", BOOKS)
def test_every_scenario_of_the_library_runs(name: str) -> None:
    paths = 9_000 if name == "fund-size" else 3  # of the screened one, a hundred are walked
    done = seawall("simulate", BOOKS[name], "--scenario", STORMS / f"{name}.toml", "--paths", paths, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["paths"] == paths
    assert 0 < found["walked"] <= max(3, 200)
    assert float(found["at_risk"]["liquidated"]["max"]) > 0


def test_a_screen_that_walks_fewer_paths_than_asked_says_so(tmp_path: Path) -> None:
    screened = STORMS / "fund-size.toml"
    small = ("simulate", "synthetic:market:8", "--scenario", screened, "--paths", 9_000)
    done = seawall(*small, "-o", tmp_path / "run")
    assert "108 were asked for, but the screen cannot tell most paths apart" in " ".join(done.stdout.split())
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["walks_asked"] == 108
    assert "108 were asked for" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_is_one_folder_with_every_path(run: Path) -> None:
    names = {path.name for path in run.iterdir()}
    assert names == {"manifest.json", "summary.json", "paths.parquet", "scenario.toml", "report.html"}
    assert not list(run.parent.glob("*.unfinished"))
    assert parquet.read_table(run / "paths.parquet")["path"].to_pylist() == list(range(40))
    assert (run / "scenario.toml").read_bytes() == (STORMS / "jumps.toml").read_bytes()


@pytest.mark.slow  # processes that start
@pytest.mark.parametrize("options", [(), ("--jobs", 2)])
def test_who_simulates_changes_no_byte(run: Path, tmp_path: Path, options: tuple[object, ...]) -> None:
    words = (
        "simulate",
        LENDING,
        "--scenario",
        STORMS / "jumps.toml",
        "--paths",
        40,
        "-o",
        tmp_path / "again",
    )
    done = process(*words, *options, PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    for path in run.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.slow  # processes that start
def test_who_walks_aimed_paths_changes_no_byte(tmp_path: Path) -> None:
    aimed = tmp_path / "aimed.toml"
    wanted = '\n[sampling]\nkind = "importance"\npilot_paths = 20\npilot_rounds = 2\n'
    aimed.write_text((STORMS / "jumps.toml").read_text() + wanted)
    words = ("simulate", LENDING, "--scenario", aimed, "--paths", 40, "-o")
    one, other = tmp_path / "one", tmp_path / "other"
    assert seawall(*words, one).returncode == 0
    done = process(*words, other, "--jobs", 2, PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name


def test_paths_of_a_longer_run_begin_with_those_of_a_shorter_one(run: Path, tmp_path: Path) -> None:
    words = ("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "--paths", 50, "-o", tmp_path / "long")
    assert seawall(*words).returncode == 0
    longer, shorter = (parquet.read_table(each / "paths.parquet") for each in (tmp_path / "long", run))
    assert longer.slice(0, 40).equals(shorter)


def test_another_seed_is_another_storm(run: Path) -> None:
    words = ("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "--paths", 40, "--seed", 1, "--json")
    other = json.loads(seawall(*words).stdout)
    assert other["at_risk"] != json.loads((run / "summary.json").read_text())["at_risk"]


@pytest.mark.slow
def test_a_stopped_run_keeps_its_chunks_and_goes_on(run: Path, tmp_path: Path) -> None:
    target, kept = tmp_path / "run", tmp_path / "run.unfinished"
    words = ("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "-q", "-o", target)
    started = subprocess.Popen(
        [*SEAWALL, *map(str, words), "--paths", "200000"], stderr=subprocess.PIPE, text=True
    )
    patience = time.monotonic() + 120
    while not list(kept.glob("*.chunk")) and time.monotonic() < patience:
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=120)
    assert started.returncode == 130
    assert "finished chunks are in" in said
    assert not target.exists()
    done = seawall(*words, "--paths", 40, "--resume")
    assert done.returncode == 0, done.stderr
    assert not kept.exists()
    for path in run.iterdir():
        assert path.read_bytes() == (target / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--resume",), 2, "--resume goes on with a run to a folder: give --out"),
        (("--jobs", 2, "--cluster", "tcp://x:1"), 2, "both say who works"),
        (("--cluster", "foo"), 2, "expected a scheduler's address, tcp://HOST:PORT, got 'foo'"),
        (("--quantile", 99), 2, "a level lies between 0 and 1"),
        (("--limit-usd", "-1"), 2, "a limit is at least 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(words: tuple[object, ...], code: int, said: str) -> None:
    done = seawall("simulate", LENDING, "--scenario", STORMS / "calm.toml", *words)
    assert done.returncode == code
    assert said in done.stderr


@pytest.mark.parametrize(
    ("book", "code", "said"),
    [
        ("synthetic:bank", 2, "no synthetic venue 'bank'"),
        ("synthetic:lending:0", 2, "expected a number of accounts"),
        ("synthetic:exchange:24", 2, "expected 25 accounts or more, 24 are market makers, got 24"),
        ("synthetic:options:3", 2, "expected 13 accounts or more"),
        ("nowhere", 3, "does not exist"),
        (EXCHANGE, 3, "no price above 0 of any of WBTC"),
    ],
)
def test_books_that_are_not_there_or_do_not_fit_are_refused(book: str, code: int, said: str) -> None:
    done = seawall("simulate", book, "--scenario", STORMS / "calm.toml", "--paths", 2)
    assert done.returncode == code
    assert said in done.stderr


def test_a_scenario_with_faults_is_told_whole_in_json_too(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[run]\nn_path = 3\n[prices]\nkind = 'gmb'\n")
    done = seawall("simulate", LENDING, "--scenario", tmp_path / "s.toml", "--json")
    assert done.returncode == 3
    problems = json.loads(done.stdout)["error"]["problems"]
    assert [item["where"] for item in problems] == [
        "s.toml:run.n_path",
        "s.toml:prices.kind",
        "s.toml:markets",
    ]


def test_the_limit_is_on_what_a_fund_is_asked_for() -> None:
    words = (
        "simulate",
        EXCHANGE,
        "--scenario",
        STORMS / "october-2025.toml",
        "--paths",
        200,
        "--quantile",
        0.5,
    )
    needed = json.loads(seawall(*words, "--json").stdout)["fund_needed"]["var"]["0.5"]["value"]
    assert float(needed) > 0
    assert seawall(*words, "--limit-usd", needed).returncode == 0
    assert seawall(*words, "--limit-usd", f"{float(needed) - 0.01:.2f}").returncode == 1


def test_stress_leaves_more_behind_the_further_prices_fall(tmp_path: Path) -> None:
    words = ("stress", LENDING, "--scenario", STORMS / "calm.toml", "-o", tmp_path / "stress", "--json")
    done = seawall(*words, "--drop", 0.1, "--drop", 0.6, "--drop", 0.3)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    together = [row for row in rows if row["market"] == "all"]
    assert [row["drop"] for row in together] == [0.1, 0.3, 0.6]
    assert [float(row["end_drop"]) >= row["drop"] - 1e-9 for row in together] == [True] * 3
    left = [float(row["recognised"]) + float(row["mark_gap_oracle"]) for row in together]
    assert left == sorted(left)
    assert left[-1] > left[0]
    assert {row["market"] for row in rows} == {"all", "WBTC", "WETH", "LINK", "AAVE", "UNI", "CRV"}
    names = {path.name for path in (tmp_path / "stress").iterdir()}
    assert names == {"manifest.json", "summary.json", "drops.csv", "scenario.toml", "report.html"}


def test_stress_is_without_chance_and_says_so_twice_alike(tmp_path: Path) -> None:
    words = (
        "stress",
        EXCHANGE,
        "--scenario",
        STORMS / "makers-leave.toml",
        "--drop",
        0.2,
        "--together",
        "--json",
    )
    assert seawall(*words).stdout == seawall(*words).stdout


def test_a_drop_that_is_no_fraction_is_refused() -> None:
    done = seawall("stress", LENDING, "--scenario", STORMS / "calm.toml", "--drop", 30)
    assert done.returncode == 2
    assert "0.3 is 30 %" in done.stderr


@pytest.mark.parametrize(
    ("sampling", "told"),
    [('kind = "importance"', "of a pilot found"), ('kind = "sobol"', "sobol, 64 paths walked")],
)
def test_paths_may_be_aimed_or_spread_and_it_says_so(tmp_path: Path, sampling: str, told: str) -> None:
    if "importance" in sampling:
        sampling += "\npilot_paths = 20\npilot_rounds = 2"
    aimed = tmp_path / "aimed.toml"
    aimed.write_text((STORMS / "jumps.toml").read_text() + f"\n[sampling]\n{sampling}\n")
    folder = tmp_path / "run"
    done = seawall("simulate", LENDING, "--scenario", aimed, "--paths", 64, "-o", folder)
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    assert told in shown
    assert ("one that nobody met may happen on 18.7 % of paths" in shown) == ("importance" in sampling)
    aim = json.loads((folder / "manifest.json").read_text())["aim"]
    assert bool(aim["lobes"]) == ("importance" in sampling)
    assert "Sampling is" in (folder / "report.html").read_text()


def test_a_scenario_is_compared_with_another_on_the_same_paths(tmp_path: Path) -> None:
    other = tmp_path / "slow.toml"
    text = (STORMS / "jumps.toml").read_text()
    other.write_text(
        text.replace("A day with jumps", "Nobody calls for less than 100").replace(
            "gas = 20.0", "gas = 100.0"
        )
    )
    words = ("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "--paths", 100)
    done = seawall(*words, "--versus", other, "--control", "WETH:0.95", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["versus"]["scenario"] == "Nobody calls for less than 100"
    assert float(summary["versus"]["differences"]["liquidated"]["value"]) < 0
    assert summary["versus"]["differences"]["liquidated"]["variance_ratio"] > 2
    assert 0 < summary["control"]["mean"] < 0.05
    shown = seawall(*words, "--versus", other, "--control", "WETH:0.95").stdout
    assert "what it costs more on average" in " ".join(shown.split())
    assert "a put on WETH at 0.95" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("WETH", "expected MARKET:STRIKE"),
        ("DOGE:0.9", "no market 'DOGE'"),
        ("wstETH:0.9", "not known in closed form"),
    ],
)
def test_a_control_whose_mean_is_not_known_is_refused_before_anything_runs(told: str, message: str) -> None:
    done = seawall("simulate", LENDING, "--scenario", STORMS / "jumps.toml", "--control", told)
    assert done.returncode in (2, 3)
    assert message in " ".join(done.stderr.split())


def test_what_the_command_line_says_is_checked_as_the_file_is() -> None:
    done = seawall("simulate", LENDING, "--scenario", STORMS / "calm.toml", "--seed", 2**64)
    assert done.returncode == 3
    assert "run.seed" in done.stderr


def test_a_limit_that_too_few_paths_test_does_not_hold() -> None:
    storm = STORMS / "oracle-outage.toml"
    done = seawall("simulate", LENDING, "--scenario", storm, "--paths", 20, "--limit-usd", 1)
    assert done.returncode == 1
    assert "not shown to hold" in done.stderr


def test_pairs_of_too_few_paths_are_refused_before_any_is_walked() -> None:
    storm = STORMS / "calm.toml"
    done = seawall("simulate", LENDING, "--scenario", storm, "--versus", storm, "--paths", 50)
    assert done.returncode == 3
    assert "at least 100 paths" in done.stderr
