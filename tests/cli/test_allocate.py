"""`seawall allocate`: what it shares out, what it compares, what it refuses, and with which exit code."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from seawall.adapters.payers import read_payers
from seawall.errors import InputError
from tests.cli.command import process, seawall

WINNERS = """account,weight,score,owner,caused
ann,100,200,,
ben,50,500,,true
cat,30,150,,
dan,20,20,,
"""


@pytest.fixture
def winners(tmp_path: Path) -> Path:
    path = tmp_path / "winners.csv"
    path.write_text(WINNERS, encoding="utf-8")
    return path


def shares(document: dict[str, object], rule: str) -> dict[str, str]:
    return {row["account"]: row["shares"][rule] for row in document["accounts"]}  # type: ignore[attr-defined]  # parsed JSON


def test_the_published_shares_of_pro_rata_and_the_queue(winners: Path) -> None:
    done = seawall("allocate", winners, "--budget", "60", "--compare", "all", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert shares(found, "pro_rata") == {"ann": "30", "ben": "15", "cat": "9", "dan": "6"}
    assert shares(found, "queue") == {"ann": "10", "ben": "50", "cat": "0", "dan": "0"}
    queue = next(row for row in found["rules"] if row["rule"] == "queue")
    assert (queue["max_haircut"], queue["inversions"], queue["left"]) == (1, 1, "0")
    assert queue["non_causers"] == pytest.approx(10 / 60)


def test_one_rule_is_told_with_its_panel(winners: Path) -> None:
    done = seawall("allocate", winners, "--budget", "60", "--rule", "queue", "--no-color")
    assert done.returncode == 0
    assert "queue  60 borne by 2 of 4 accounts" in done.stdout
    assert "ben          50     50    100 %" in done.stdout
    assert "17 % borne by those who did not cause it" in done.stdout


def test_a_loss_nobody_can_bear_exits_1_and_says_what_is_left(winners: Path) -> None:
    done = seawall("allocate", winners, "--budget", "250.5", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["rules"][0]["left"] == "50.5"


def test_fractions_go_to_the_last_decimal_and_sum_exactly(winners: Path) -> None:
    done = seawall("allocate", winners, "--budget", "0.11", "--decimals", "2", "--json")
    found = shares(json.loads(done.stdout), "capped")
    assert sum(round(float(share) * 100) for share in found.values()) == 11


def test_the_folder_holds_shares_figures_and_picture(winners: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = seawall("allocate", winners, "--budget", "60", "--compare", "queue,pro_rata", "-o", out)
    assert done.returncode == 0
    assert {path.name for path in out.iterdir()} == {"accounts.csv", "comparison.json", "comparison.html"}
    rows = list(csv.DictReader((out / "accounts.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == {"account": "ann", "weight": "100", "queue": "10", "pro_rata": "30"}
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert "<b>pro rata</b>" in page or "\\u003cb\\u003epro rata" in page
    assert 'src="http' not in page


def test_a_folder_with_something_in_it_is_not_touched(winners: Path, tmp_path: Path) -> None:
    done = seawall("allocate", winners, "--budget", "60", "-o", tmp_path)
    assert done.returncode == 2
    assert {path.name for path in tmp_path.iterdir()} == {"winners.csv"}


def test_a_queue_without_scores_is_refused_alone_and_left_out_of_a_comparison(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("account,weight\nann,1\n", encoding="utf-8")
    alone = seawall("allocate", path, "--budget", "1", "--rule", "queue")
    assert (alone.returncode, "queue: needs the score of every account" in alone.stderr) == (3, True)
    both = seawall("allocate", path, "--budget", "1", "--compare", "all")
    assert (both.returncode, "queue left out" in both.stdout) == (0, True)


def test_every_problem_of_a_file_is_told_with_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "account,weight,cap,score\nann,x,1,1\nben,-5,,2\nben,5,,3\n,5,,4\ncat,1,-1,\nann,1,1,1\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_payers(path)
    assert [(problem.where, problem.code) for problem in caught.value.problems] == [
        ("bad.csv:row 2:weight", "not_a_number"),
        ("bad.csv:row 3:weight", "negative_amount"),
        ("bad.csv:row 4:account", "duplicate_payer"),
        ("bad.csv:row 5:account", "missing_value"),
        ("bad.csv:row 6:cap", "negative_amount"),
        ("bad.csv:row 7:account", "duplicate_payer"),
    ]
    assert seawall("allocate", path, "--budget", "1").returncode == 3


def test_half_a_column_of_scores_is_no_queue(tmp_path: Path) -> None:
    path = tmp_path / "half.csv"
    path.write_text("account,weight,score\nann,1,5\nben,1,\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 3:score: is empty"):
        read_payers(path)


def test_a_file_without_rows_or_no_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    assert seawall("allocate", path, "--budget", "1").returncode == 3
    path.write_text("account,weight\n", encoding="utf-8")
    done = seawall("allocate", path, "--budget", "1")
    assert (done.returncode, "holds no account" in done.stderr) == (3, True)


def test_parquet_reads_like_csv(winners: Path, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="needs the extra data")
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    texts = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(WINNERS.split("\n")[0].split(","), arrow.string())
    )
    parquet.write_table(arrow_csv.read_csv(winners, convert_options=texts), tmp_path / "winners.parquet")
    one, other = read_payers(winners), read_payers(tmp_path / "winners.parquet")
    assert vars(one) == vars(other)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give a file of accounts, or ask for --axioms"),
        (("FILE",), "give the loss to share out: --budget AMOUNT"),
        (("FILE", "--budget", "many"), "--budget: expected a decimal number"),
        (("FILE", "--budget", "-1"), "--budget: a loss is at least 0"),
        (("FILE", "--budget", "nan"), "--budget: expected a finite number"),
        (("FILE", "--budget", "1e40"), "--budget: number 1e40 is 10^38 units or more"),
        (("FILE", "--budget", "0.0000001"), "--budget: 0.0000001 has more than 6 decimals"),
        (("FILE", "--budget", "1", "--lot", "0"), "--lot: a lot is above 0"),
        (("FILE", "--budget", "1", "--lot", "one"), "--lot: expected a decimal number"),
        (("FILE", "--budget", "1", "--move", "5"), "--move: needs the column exposure"),
        (("FILE", "--budget", "1", "--move", "-100.0001"), "--move: a price falls by 100 % at most"),
        (("FILE", "--budget", "1", "--compare", " , "), "--compare: expected names of rules"),
        (
            ("FILE", "--budget", "1", "--compare", "all", "--rule", "cea"),
            "--rule: of no effect with --compare",
        ),
        (("FILE", "--budget", "1", "--trials", "5"), "--trials: of no effect without --axioms"),
        (("--axioms", "--rule", "cea", "--lot", "1"), "--rule, --lot: of no effect with --axioms"),
        (("FILE", "--axioms", "-o", "x", "--event", "e"), "FILE, --event, --out: of no effect with --axioms"),
        (("FILE", "--budget", "1", "--decimals", "40"), "--decimals"),
    ],
)
def test_usage_errors_exit_2(winners: Path, words: tuple[str, ...], said: str) -> None:
    done = seawall("allocate", *(winners if word == "FILE" else word for word in words))
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "holds no account"),
        (b"account\na\n", "row 1:weight: payers needs a column weight"),
        (b"account,weight,frob\na,1,1\n", "payers has no column 'frob'"),
        (b"account,weight\na,nan\n", "row 2:weight: expected a finite number"),
        (b"account,weight\na,-1\n", "row 2:weight: is '-1', expected a positive number"),
        (b"account,weight\na,1.0000001\n", "row 2:weight: 1.0000001 has more than 6 decimals"),
        (b"account,weight\na,1\na,2\n", "row 3:account: a stands in row 2 already"),
        (b"account,weight\na,1e40\n", "row 2:weight: number 1e40 is 10^38 units or more"),
        (b"account,weight\n" + b"a" * 10**7 + b",1\n", "row 2: longer than 65536 bytes"),
        (b"\xff\xfe\x00\n", "row 1: "),
        (b"account,weight,contracts\na,1,1.5\n", "row 2:contracts: expected a whole number"),
        (b"account,weight,contracts\na,1,1\nb,1,\n", "row 3:contracts: is empty"),
        (b"account,weight,leverage\na,1,-2\n", "row 2:leverage: is '-2', expected a positive number"),
        (b"account,weight,payout\na,1,1\n", "payout: is filled and fee is not"),
        (b"account,weight,fee\na,1,1\n", "fee: is filled and payout is not"),
        (b"account,weight,exposure\na,1,x\n", "row 2:exposure: expected a decimal number"),
    ],
    ids=lambda value: "file" if isinstance(value, bytes) else value,
)
def test_a_file_that_cannot_be_used_exits_3_and_says_where(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "payers.csv"
    path.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_payers(path)
    assert said in str(caught.value)


FOUR = "account,weight,contracts,exposure\na,1,1,5\nb,2,2,5\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--rule", "talmut"), 3, "did you mean talmud?"),
        (("--rule", "contract_pro_rata", "--lot", "1"), 2, "closes whole contracts, not lots of the amount"),
        (("--rule", "contract_pro_rata"), 0, ""),
        (
            ("--compare", "queue,leverage_pro_rata"),
            3,
            "leverage_pro_rata: needs the leverage of every account",
        ),
        (("--compare", "queue,cea"), 0, ""),
        (("--move", "-100"), 0, ""),
    ],
)
def test_what_no_rule_can_do_is_told_with_the_reason(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "four.csv").write_text(FOUR, encoding="utf-8")
    done = seawall("allocate", tmp_path / "four.csv", "--budget", "1", *words)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_a_holder_without_contracts_cannot_close_any(tmp_path: Path) -> None:
    path = tmp_path / "payers.csv"
    path.write_text("account,weight,contracts\na,1,1\nb,1,0\n", encoding="utf-8")
    done = seawall("allocate", path, "--budget", "1", "--rule", "contract_pro_rata")
    assert (done.returncode, "no contracts to close" in done.stderr) == (3, True)


FULL = """account,weight,score,caused,contracts,leverage,payout,fee,exposure
ann,100,200,,10,2,3,1,-1000
ben,50,500,true,5,3.5,1,0,-200
cat,30,150,,3,10,0,0,-300
dan,20,20,,2,1,6,0,-50
"""


def test_every_figure_of_the_panel_is_on_the_screen_and_in_the_document(tmp_path: Path) -> None:
    """60.5 in lots of 7 are nine lots; a move of +10 % on shorts: 63 of 200 closed would have lost."""
    path = tmp_path / "payers.csv"
    path.write_text(FULL, encoding="utf-8")
    words = ("allocate", path, "--budget", "60.5", "--lot", "7", "--move", "10", "--seed", "3")
    row = {
        rule["rule"]: rule
        for rule in json.loads(seawall(*words, "--compare", "all", "--json").stdout)["rules"]
    }
    assert (row["queue"]["lot_overshoot"], row["queue"]["value_overshoot"]) == ("2.5", "0")
    assert (row["random"]["seed"], row["queue"]["seed"]) == (3, None)
    # ben pays 49 of 50, ann 14 of 100: 0.98 * -20 + 0.14 * -100.
    assert row["queue"]["markout"] == "-33.6"
    assert (row["queue"]["paid_for_top"], row["queue"]["paid_for_payers"]) == (1.0, 0.3)
    assert {"contract_pro_rata", "leverage_pro_rata", "risk_aware"} <= set(row)
    alone = seawall(*words, "--rule", "random").stdout
    for said in (
        "overshoot       2.5 by lots, 0 in value",
        "fund paid       100 % of its payouts for the ten largest, 30 % for those who had paid in",
        "forgone since",
        "drawn from      seed 3",
    ):
        assert said in alone
    both = seawall(*words, "--compare", "random,per_unit,fifo").stdout
    for said in (
        "over by lots",
        "over in value",
        "forgone",
        "drawn from seed 3: random",
        "fifo left out: needs the time",
    ):
        assert said in both


def test_an_unknown_rule_is_told_with_those_there_are(winners: Path) -> None:
    done = seawall("allocate", winners, "--budget", "1", "--compare", "queue,luck,chance")
    assert done.returncode == 3
    assert "no allocation rule luck, chance: choose from" in done.stderr


def test_axioms_name_what_a_queue_breaks_with_the_smallest_example() -> None:
    done = seawall("allocate", "--axioms", "--compare", "queue,capped,CEL", "--trials", "300", "--json")
    found = json.loads(done.stdout)["rules"]
    assert done.returncode == 0
    assert {law for law, row in found["queue"].items() if not row["holds"]} == {
        "S2_quota",
        "equal_treatment",
        "S4_monotone",
        "S5_split_proof",
    }
    assert "bears" in found["queue"]["S4_monotone"]["counterexample"]
    assert not found["CEL"]["no_adv_merging"]["holds"]
    assert found["capped"]["S1_exact"] == {"holds": True, "trials": 300, "counterexample": None}


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from seawall.cli import app; app(['allocate', '--help'], standalone_mode=False)"
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('numpy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("False\n")


def test_it_runs_as_a_command(winners: Path) -> None:
    assert process("allocate", winners, "--budget", "1").returncode == 0


def test_the_first_and_the_last_pay_by_their_times(tmp_path: Path) -> None:
    path = tmp_path / "timed.csv"
    path.write_text(
        "account,weight,score,time\nlate,5,9,2025-10-10T21:15:01Z\nearly,5,1,2025-10-10T21:15:00Z\n",
        encoding="utf-8",
    )
    done = seawall("allocate", path, "--budget", "5", "--compare", "fifo,withdrawal_order,queue", "--json")
    found = json.loads(done.stdout)
    assert shares(found, "fifo") == {"early": "5", "late": "0"}
    assert shares(found, "withdrawal_order") == shares(found, "queue") == {"early": "0", "late": "5"}
