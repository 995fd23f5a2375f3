"""`seawall waterfall`: a plan used alone, as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import seawall

LOSS = """
event = "storm"
[assets.EUR]
decimals = 2
[[losses]]
account = "trader"
asset = "EUR"
amount = "{amount}"
[[accounts]]
id = "fund:own"
cash = {{ EUR = "7" }}
[[accounts]]
id = "one"
cash = {{ EUR = "100" }}
[[accounts]]
id = "two"
cash = {{ EUR = "66" }}
"""
PLAN = """
[[waterfall]]
name = "own"
kind = "first_loss"
account = "fund:own"
[[waterfall]]
name = "members"
kind = "mutualise"
over = "cash"
[[waterfall]]
name = "rest"
kind = "residual"
bearer = "residual:rest"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path / "plan.toml"


def loss(folder: Path, amount: str) -> Path:
    (folder / "loss.toml").write_text(LOSS.format(amount=amount))
    return folder / "loss.toml"


@pytest.mark.parametrize(
    ("amount", "taken", "left", "code"),
    [
        ("6.99", ["6.99", "0.00"], [], 0),
        ("114", ["7.00", "107.00"], [], 0),
        ("173", ["7.00", "166.00"], [], 0),
        ("173.01", ["7.00", "166.00"], ["0.01"], 1),
        ("180", ["7.00", "166.00"], ["7.00"], 1),
    ],
)
def test_a_plan_runs_alone(
    tmp_path: Path, plan: Path, amount: str, taken: list[str], left: list[str], code: int
) -> None:
    done = seawall("waterfall", loss(tmp_path, amount), "--terms", plan, "--json")
    found = json.loads(done.stdout)
    assert [f"{float(row['taken']):.2f}" for row in found["layers"]] == taken
    assert [f"{float(row['amount']):.2f}" for row in found["residual"]] == left
    assert found["checks"]["loss_minus_borne_units"] == "0"
    assert done.returncode == code


def test_the_run_can_be_named_and_is_told_to_people(tmp_path: Path, plan: Path) -> None:
    named = seawall("waterfall", "run", loss(tmp_path, "114000"), "-t", plan)
    assert named.stdout == seawall("waterfall", loss(tmp_path, "114000"), "-t", plan).stdout
    assert "113,827" in named.stdout
    assert "left uncovered" in named.stdout


def test_problems_of_loss_and_plan_are_told_together(tmp_path: Path, plan: Path) -> None:
    plan.write_text(PLAN.replace("first_loss", "frist_loss"))
    done = seawall("waterfall", loss(tmp_path, "x"), "--terms", plan)
    assert done.returncode == 3
    assert "loss.toml:losses.0.amount" in done.stderr
    assert "did you mean 'first_loss'" in done.stderr


def test_a_layer_without_its_account_is_warned_of(tmp_path: Path, plan: Path) -> None:
    plan.write_text(PLAN.replace("fund:own", "fund:nobody"))
    done = seawall("waterfall", loss(tmp_path, "1"), "--terms", plan)
    assert "draws on fund:nobody, which is not among the accounts" in done.stderr


def test_a_missing_file_is_bad_input(tmp_path: Path, plan: Path) -> None:
    assert seawall("waterfall", tmp_path / "no.toml", "--terms", plan).returncode == 3
    assert seawall("waterfall", "check", tmp_path / "no.toml").returncode == 3


def test_check_tells_the_layers_in_the_order_they_are_asked(plan: Path) -> None:
    plan.write_text(PLAN.replace('kind = "first_loss"', 'kind = "first_loss"\nafter = ["members"]'))
    found = json.loads(seawall("waterfall", "check", plan, "--json").stdout)
    assert [(row["turn"], row["layer"]) for row in found["layers"]] == [
        (1, "members"),
        (2, "own"),
        (3, "rest"),
    ]
    assert "members" in seawall("waterfall", "check", plan).stdout


@pytest.mark.parametrize("first", ["loss", "terms", "flag"])
def test_options_may_stand_before_the_loss(tmp_path: Path, plan: Path, first: str) -> None:
    file = loss(tmp_path, "6.99")
    words = {
        "loss": (file, "-t", plan),
        "terms": ("-t", plan, file),
        "flag": ("--json", "--terms", plan, file),
    }[first]
    done = seawall("waterfall", *words)
    assert (done.returncode, "6.99" in done.stdout) == (0, True)


def test_the_group_still_tells_its_commands() -> None:
    for word in ("--help", "-h"):
        assert "check" in seawall("waterfall", word).stdout


def test_what_is_left_uncovered_is_not_told_as_unborne(tmp_path: Path, plan: Path) -> None:
    done = seawall("waterfall", loss(tmp_path, "1000"), "-t", plan)
    assert "left uncovered  827" in done.stdout
    assert "0 units missing | " in done.stdout


WARNED = {
    "fund_counted_twice": 'kind = "insurance_fund"\naccount = "fund:own"\n',
    "circular_cover": 'kind = "debt_auction"\nlot_asset = "GOV"\nissuer = "fund:own"\n',
    "wrong_way": 'kind = "insurance_fund"\naccount = "fund:b"\nreserve_asset = "GOV"\n',
    "capacity_may_leave": 'kind = "staked_backstop"\naccount = "fund:b"\nlatency_s = 9\n',
    "sells_nothing": 'kind = "debt_auction"\nlot_asset = "GOV"\n',
    "never_reached": 'kind = "halt"\nresume_after_s = 60\n',
}


@pytest.mark.parametrize("code", WARNED)
def test_check_warns_of_what_will_disappoint(plan: Path, code: str) -> None:
    def codes() -> set[str]:
        found = json.loads(seawall("waterfall", "check", plan, "--json").stdout)
        return {item["code"] for item in found["warnings"]}

    before = codes()
    plan.write_text(f'[[waterfall]]\nname = "b"\n{WARNED[code]}{PLAN}')
    assert (code in before, code in codes()) == (False, True)


def test_a_plan_without_a_residual_is_warned_of(plan: Path) -> None:
    plan.write_text(PLAN.split('[[waterfall]]\nname = "rest"')[0])
    assert "no_residual" in seawall("waterfall", "check", plan).stdout


UNBACKED = {
    "unbacked_layer": 'kind = "insurance_fund"\naccount = "fund:b"\n',
    "unknown_asset": 'kind = "insurance_fund"\naccount = "fund:own"\nassets = ["EURO"]\n',
    "missing_price": 'kind = "insurance_fund"\naccount = "fund:own"\nassets = ["EUR"]\n'
    'reserve_asset = "EUR"\n',
}


@pytest.mark.parametrize("code", UNBACKED)
def test_a_run_warns_of_what_the_loss_file_has_not(tmp_path: Path, plan: Path, code: str) -> None:
    plan.write_text(f'[[waterfall]]\nname = "b"\n{UNBACKED[code]}{PLAN}')
    done = seawall("waterfall", loss(tmp_path, "1"), "--terms", plan)
    assert done.stderr.count(f"[{code}]") == 1
    assert seawall("waterfall", loss(tmp_path, "1"), "--terms", plan, "--json").stderr == ""
