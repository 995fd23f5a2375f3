"""What is written reads back as the same book, market and terms; and it appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters import load_snapshot, read_snapshot, write_snapshot
from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending
from seawall.core.book import Account, Asset, Balance, Book, Instrument, Pool, Position
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InputError
from tests.adapters.folders import example, put
from tests.adapters.strategies import venues
from tests.worlds import alice_long_1_btc_bob_short, exchange_terms

FORMATS = ("csv", "parquet")
Venue = tuple[Book, Market, Terms]


def assert_same(one: Venue, other: Venue) -> None:
    """Both books hold the same rows, and both markets and terms are equal."""
    book, again = one[0], other[0]
    assert list(again.rows()) == list(book.rows())
    for name in ("venue", "as_of", "assets", "instruments", "pools", "collateral_sets", "state", "pending"):
        assert getattr(again, name) == getattr(book, name), name
    assert again.accounts.id.tolist() == book.accounts.id.tolist()
    assert other[1] == one[1]
    assert other[2] == one[2]


@given(venues(), st.sampled_from(FORMATS))
@settings(max_examples=120)
def test_read_of_write_is_the_same_venue(venue: Venue, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = write_snapshot(Path(folder) / "s", *venue, format=form)  # type: ignore[arg-type]  # one of FORMATS
        snapshot = read_snapshot(target)
        assert [problem for problem in snapshot.problems if problem.severity == "error"] == []
        assert_same(venue, snapshot.parts())


@given(venues())
@settings(max_examples=30)
def test_csv_and_parquet_say_the_same(venue: Venue) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read = [
            load_snapshot(write_snapshot(Path(folder) / form, *venue, format=form))  # type: ignore[arg-type]  # as above
            for form in FORMATS
        ]
        assert_same(read[0], read[1])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", [synthetic_exchange, synthetic_lending])
def test_a_synthetic_venue_survives_the_round_trip(tmp_path: Path, make, form) -> None:  # type: ignore[no-untyped-def]
    venue = make(400)
    assert_same(venue, load_snapshot(write_snapshot(tmp_path / "s", *venue, format=form)))


@pytest.mark.parametrize("name", ["exchange", "lending", "options"])
@pytest.mark.parametrize("form", FORMATS)
def test_an_example_survives_the_round_trip(tmp_path: Path, name: str, form) -> None:  # type: ignore[no-untyped-def]
    venue = load_snapshot(put(tmp_path / "in", example(name)))
    assert_same(venue, load_snapshot(write_snapshot(tmp_path / "out", *venue, format=form)))


def test_an_empty_book_survives_the_round_trip(tmp_path: Path) -> None:
    venue = (Book.of([], assets=[Asset("USDT", 6)], venue="empty"), Market(), exchange_terms())
    assert_same(venue, load_snapshot(write_snapshot(tmp_path / "s", *venue)))


def test_the_same_venue_gives_the_same_bytes(tmp_path: Path) -> None:
    venue = synthetic_exchange(200)
    one, other = (write_snapshot(tmp_path / name, *venue, format="csv") for name in ("a", "b"))
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in other.iterdir()
    }


def story() -> Venue:
    book, market = alice_long_1_btc_bob_short(45_000)
    return book, market, exchange_terms()


def test_what_stands_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "thesis.txt").write_text("ten years of work")
    for overwrite in (False, True):  # a folder that is no snapshot is never replaced
        with pytest.raises(InputError) as caught:
            write_snapshot(tmp_path / "s", *story(), overwrite=overwrite)
        assert caught.value.code == "target_exists"
    assert [path.name for path in tmp_path.rglob("*")] == ["s", "thesis.txt"]


def test_a_snapshot_is_replaced_when_asked(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "s", *synthetic_lending(50))
    with pytest.raises(InputError):
        write_snapshot(tmp_path / "s", *story())
    write_snapshot(tmp_path / "s", *story(), overwrite=True)
    assert_same(story(), load_snapshot(tmp_path / "s"))
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "s", *synthetic_lending(50))
    before = {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()}

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seawall.adapters.write_table._write_csv", disk_full)
    with pytest.raises(InputError) as caught:
        write_snapshot(tmp_path / "s", *story(), overwrite=True)
    assert caught.value.code == "cannot_write"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()} == before


def test_a_failed_rename_puts_the_old_snapshot_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "s", *synthetic_lending(50))
    rename = Path.rename

    def no_new_name(self: Path, target: Path) -> Path:
        if ".part-" in self.name:
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", no_new_name)
    with pytest.raises(InputError):
        write_snapshot(tmp_path / "s", *story(), overwrite=True)
    monkeypatch.undo()
    assert len(load_snapshot(tmp_path / "s")[0]) == len(synthetic_lending(50)[0])
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_missing_parent_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_snapshot(tmp_path / "no" / "where", *story())
    assert caught.value.code == "cannot_write"


USDT = Asset("USDT", 6)


@pytest.mark.parametrize(
    ("book", "code"),
    [
        (Book.of([Account(" a")], assets=[]), "id_not_canonical"),
        (Book.of([Account("a\nb")], assets=[]), "control_character"),
        (Book.of([Account("cafe\u0301")], assets=[]), "id_not_canonical"),
        (Book.of([Account("0x" + "A" * 40)], assets=[]), "id_not_canonical"),
        (Book.of([Account("a", owner="b\0")], assets=[]), "control_character"),
        (Book.of([Account("a", balances=(Balance("USDT", "debt", 5),))], assets=[USDT]), "negative_amount"),
        (
            Book.of([Account("a", balances=(Balance("USDT", "supply", -5),))], assets=[USDT]),
            "negative_amount",
        ),
        (Book.of([], assets=[USDT], pools=[Pool("USDT", cash=-1)]), "negative_amount"),
        (
            Book.of(
                [Account("a", positions=(Position("X", "short", 5, 0),))],
                assets=[USDT],
                instruments=[Instrument("X", "USDT")],
            ),
            "negative_amount",
        ),
        (Book.of([], assets=[], as_of=10**12), "timestamp_invalid"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, book: Book, code: str) -> None:
    with pytest.raises(InputError) as caught:
        write_snapshot(tmp_path / "s", book, Market(), exchange_terms())
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_text_that_a_spreadsheet_would_compute_is_quoted(tmp_path: Path) -> None:
    book = Book.of([Account("=cmd|' /C calc'!A0"), Account("@x"), Account("'")], assets=[])
    folder = write_snapshot(tmp_path / "s", book, Market(), exchange_terms())
    cells = [line.split(",")[0] for line in (folder / "accounts.csv").read_text().splitlines()[1:]]
    assert cells == ["'", "'=cmd|' /C calc'!A0", "'@x"]
    assert load_snapshot(folder)[0].accounts.id.tolist() == ["'", "=cmd|' /C calc'!A0", "@x"]


def test_columns_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    files = dict(example("exchange"))
    whole = load_snapshot(put(tmp_path / "a", files))
    rng = np.random.default_rng(1)
    for name, data in files.items():
        if name.endswith(".csv"):
            head, *rows = data.decode().splitlines()
            files[name] = "\n".join([head, *rng.permutation(rows).tolist(), ""]).encode()
    tiers = example("exchange")["tiers.csv"]  # brackets are told in order
    assert_same(whole, load_snapshot(put(tmp_path / "b", {**files, "tiers.csv": tiers})))
    shutil.rmtree(tmp_path / "a")
