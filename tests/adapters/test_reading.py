"""What a sound snapshot becomes: cost from an entry price, scaled from an amount, who is a fund."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from seawall.adapters import Snapshot, load_snapshot, read_snapshot
from seawall.adapters.problem_log import KEPT_PER_CODE
from seawall.core.book import Balance, Position
from seawall.errors import InputError
from tests.adapters.folders import Files, add, both, drop, edit, example, put, whole

HEADER = 'format_version = 1\nvenue = "x"\nas_of = "2025-10-10T21:00:00Z"\nrulebook = "{}"\n'


def read(tmp_path: Path, files: Files) -> Snapshot:
    return read_snapshot(put(tmp_path / "s", files))


def lending(tmp_path: Path, balances: str, pool: str) -> Snapshot:
    return read(
        tmp_path,
        {
            "snapshot.toml": HEADER.format("generic_lending").encode(),
            "assets.csv": b"asset,decimals\nETH,3\n",
            "pools.csv": f"asset,supply_index,debt_index,cash\n{pool}\n".encode(),
            "balances.csv": f"account,asset,side,{balances}\n".encode(),
        },
    )


@pytest.mark.parametrize(
    ("side", "scaled"),
    # 10.000 at an index of 3: 3333.33 units; a supply gets 3333, a debt 3334, so that the pool never loses.
    [("supply", 3333), ("debt", -3334)],
)
def test_an_amount_is_scaled_in_favour_of_the_pool(tmp_path: Path, side: str, scaled: int) -> None:
    book, _, _ = lending(tmp_path, f"amount\na,ETH,{side},10", "ETH,3,3,0").parts()
    assert book.account("a").balances == (Balance("ETH", side, scaled),)  # type: ignore[arg-type]  # a side


def test_a_scaled_balance_is_taken_as_it_is(tmp_path: Path) -> None:
    book, _, _ = lending(tmp_path, "scaled\na,ETH,debt,10", "ETH,3,3,0").parts()
    assert book.account("a").balances == (Balance("ETH", "debt", -10_000),)


def test_cash_has_no_index_and_may_be_negative(tmp_path: Path) -> None:
    book, _, _ = lending(tmp_path, "amount\na,ETH,cash,-0.5", "ETH,3,3,0").parts()
    assert book.account("a").balances == (Balance("ETH", "cash", -500),)


@pytest.mark.parametrize(
    ("kind", "quantity", "entry", "cost"),
    [
        ("linear", "2", "50000.5", -100_001_000_000),
        ("linear", "-2", "50000.5", 100_001_000_000),
        # 1 contract at 0.0000005: half a unit, rounded down: against the account on both sides.
        ("linear", "1", "0.0000005", -1),
        ("linear", "-1", "0.0000005", 0),
        ("inverse", "30000", "60000", 500_000),
        ("inverse", "-30000", "60000", -500_000),
        ("inverse", "1", "3", 333_333),
        ("inverse", "-1", "3", -333_334),
    ],
)
def test_a_cost_follows_from_the_entry_price(
    tmp_path: Path, kind: str, quantity: str, entry: str, cost: int
) -> None:
    files = {
        "snapshot.toml": HEADER.format("linear_perp").encode(),
        "assets.csv": b"asset,decimals\nC,6\n",
        "instruments.csv": f"instrument,settle_asset,kind\nX,C,{kind}\n".encode(),
        "positions.csv": f"account,instrument,quantity,entry_price\na,X,{quantity},{entry}\n".encode(),
    }
    book, _, _ = read(tmp_path, files).parts()
    assert book.account("a").positions == (Position("X", "net", int(quantity), cost),)


def test_an_inverse_contract_cannot_be_entered_at_zero(tmp_path: Path) -> None:
    files = {
        "snapshot.toml": HEADER.format("linear_perp").encode(),
        "assets.csv": b"asset,decimals\nC,6\n",
        "instruments.csv": b"instrument,settle_asset,kind\nX,C,inverse\n",
        "positions.csv": b"account,instrument,quantity,entry_price\na,X,1,0\n",
    }
    problems = [(item.code, item.where) for item in read(tmp_path, files).problems]
    assert ("out_of_range", "positions.csv:row 2:entry_price") in problems


def test_without_accounts_everyone_named_is_one(tmp_path: Path) -> None:
    files = both(drop("accounts.csv"), add("balances.csv", "external:x,USDT,cash,1"))(example("exchange"))
    book, _, _ = read(tmp_path, files).parts()
    kinds = {row.id: row.kind for row in book.rows()}
    assert kinds == {
        "alice": "user",
        "alice:eth": "user",
        "bob": "user",
        "carol": "user",
        "external:x": "external",
        "fund:insurance": "fund",
    }


def test_a_fund_is_a_fund_by_any_name_and_binds_its_layer(tmp_path: Path) -> None:
    files = both(
        edit("funds.csv", "fund:insurance", "rainy-day"),
        whole("terms.toml", 'waterfall = [{name = "f", kind = "insurance_fund", account = "rainy-day"}]'),
    )(example("exchange"))
    book, _, terms = read(tmp_path, files).parts()
    assert book.account("rainy-day").kind == "fund"
    assert terms.waterfall[0].pools == ("btc",)


def test_tiers_replace_the_curve_of_the_rulebook_and_keep_its_slippage(tmp_path: Path) -> None:
    _, _, terms = read(tmp_path, example("exchange")).parts()
    assert terms.instruments["ETH-PERP"].close_out_slippage_bps == 10
    assert [tier.floor for tier in terms.instruments["ETH-PERP"].maintenance.tiers] == [0, 250_000]  # type: ignore[union-attr]  # brackets
    assert len(terms.instruments["*"].maintenance.tiers) == 5  # type: ignore[union-attr]  # brackets


def test_terms_are_laid_over_the_rulebook(tmp_path: Path) -> None:
    over = (
        '[assets.ETH]\nhaircut_bps = 5\nltv_bps = 1\n[size]\nkind = "full"\n[split]\nfee_account = "fees"\n'
    )
    _, _, terms = read(tmp_path, whole("terms.toml", over)(example("lending"))).parts()
    assert (terms.assets["ETH"].haircut_bps, terms.assets["ETH"].ltv_bps) == (
        5,
        7500,
    )  # the table is laid over both
    assert (terms.split.fee_account, terms.split.kind) == ("fees", "fee_on_bonus")
    assert terms.waterfall[-1].bearer == "residual:unassigned"


@pytest.mark.parametrize("change", [b"\xef\xbb\xbf", b"crlf"])
def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path, change: bytes) -> None:
    files = dict(example("exchange"))
    for name, data in files.items():
        files[name] = data.replace(b"\n", b"\r\n") if change == b"crlf" else change + data
    plain = load_snapshot(put(tmp_path / "plain", example("exchange")))
    snapshot = read(tmp_path, files)
    assert snapshot.problems == ()
    assert list(snapshot.parts()[0].rows()) == list(plain[0].rows())
    assert snapshot.parts()[2] == plain[2]


@pytest.mark.parametrize("data", ["", "account,asset,side,amount\n"])
def test_an_empty_file_is_an_empty_table(tmp_path: Path, data: str) -> None:
    files = both(whole("balances.csv", data), drop("positions.csv", "orders.csv", "funds.csv"))(
        example("exchange")
    )
    snapshot = read(tmp_path, files)
    assert snapshot.problems == ()
    assert len(snapshot.parts()[0].balances.asset) == 0


def test_a_venue_without_anything_is_an_empty_book(tmp_path: Path) -> None:
    snapshot = read(tmp_path, {"snapshot.toml": HEADER.format("linear_perp").encode()})
    assert snapshot.problems == ()
    assert len(snapshot.parts()[0]) == 0


def test_debt_without_collateral_is_accepted(tmp_path: Path) -> None:
    snapshot = read(tmp_path, edit("balances.csv", "ann,ETH,supply,10,true\n", "")(example("lending")))
    assert snapshot.problems == ()
    assert [balance.side for balance in snapshot.parts()[0].account("ann").balances] == ["debt"]


def test_a_jump_that_the_market_confirms_is_no_problem(tmp_path: Path) -> None:
    crash = edit("prices.csv", "stETH,1990,1975,2040", "stETH,990,985,2040")(example("lending"))
    assert read(tmp_path, crash).problems == ()


def test_a_field_of_two_possible_types_is_complained_of_once(tmp_path: Path) -> None:
    files = edit("snapshot.toml", '"2025-10-10T21:00:00Z"', "1760130000")(example("exchange"))
    assert [problem.code for problem in read(tmp_path, files).problems] == ["timestamp_invalid"]


def test_fractions_of_a_second_are_dropped(tmp_path: Path) -> None:
    files = edit("snapshot.toml", "21:00:00Z", "21:00:00.999Z")(example("exchange"))
    assert read(tmp_path, files).parts()[0].as_of == 1_760_130_000


def test_all_problems_are_in_the_error_and_errors_come_first(tmp_path: Path) -> None:
    files = both(edit("marks.csv", "2850,", "0,"), edit("balances.csv", "12000", "x"))(example("exchange"))
    with pytest.raises(InputError) as caught:
        load_snapshot(put(tmp_path / "s", files))
    assert [problem.code for problem in caught.value.problems] == ["not_a_number", "price_zero"]
    assert caught.value.exit_code == 3


def test_a_million_bad_rows_give_a_short_report_in_little_memory(tmp_path: Path) -> None:
    rows = 200_000  # the report does not depend on it; a million take five times as long
    files = dict(example("exchange"))
    files["balances.csv"] += b"nobody,EUR,cash,-x\n" * rows
    folder = put(tmp_path / "s", files)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()

    problems = read_snapshot(folder).problems

    assert len(problems) <= 3 * (KEPT_PER_CODE + 1)
    rest = [problem for problem in problems if "more of these" in problem.message]
    assert {problem.code for problem in rest} == {"unknown_account", "unknown_asset"}
    assert all(str(rows - KEPT_PER_CODE) in problem.message for problem in rest)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100  # MiB
    assert time.process_time() - started < 30


def test_a_csv_beyond_the_bound_is_refused_at_the_row(tmp_path: Path) -> None:
    folder = put(tmp_path / "s", example("exchange"))
    problems = read_snapshot(folder, cells_max=20).problems  # six rows of five cells
    found = [(problem.code, problem.where) for problem in problems]
    assert ("too_large", "positions.csv:row 6") in found


def test_one_long_line_takes_no_memory(tmp_path: Path) -> None:
    folder = put(tmp_path / "s", example("exchange"))
    with (folder / "balances.csv").open("ab") as handle:
        for _ in range(64):
            handle.write(b"x" * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problems = read_snapshot(folder).problems
    assert [(problem.code, problem.where) for problem in problems] == [
        ("line_too_long", "balances.csv:row 6")
    ]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 32  # MiB


def test_terms_that_cannot_be_opened_are_said(tmp_path: Path) -> None:
    folder = put(tmp_path / "s", example("exchange"))
    (folder / "terms.toml").mkdir()
    problems = read_snapshot(folder).problems
    assert [(problem.code, problem.where) for problem in problems] == [("unreadable", "terms.toml")]


def test_a_pipe_in_the_folder_does_not_hang(tmp_path: Path) -> None:
    import os

    folder = put(tmp_path / "s", drop("orders.csv")(example("exchange")))
    os.mkfifo(folder / "orders.csv")
    problems = read_snapshot(folder).problems
    assert [(problem.code, problem.where) for problem in problems] == [("unreadable", "orders.csv")]
