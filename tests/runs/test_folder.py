"""A run folder appears whole or not at all, and tells again what the run was."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from seawall.core.event import Event
from seawall.errors import InputError, MissingData
from seawall.ledger.audit import audit
from seawall.report.save import save_run
from seawall.resolution import Resolution, resolve
from seawall.runs.folder import RunFolder, check_target, is_run, new_folder
from seawall.runs.shock import Shock
from tests.worlds import alice_long_1_btc_bob_short, exchange_terms

EVENT = Event("drill", as_of=1_700_000_000, seed=7)
SHOCK = Shock(Fraction(8, 100))


def alice_falls() -> Resolution:
    book, market = alice_long_1_btc_bob_short(50_000)
    return resolve(book, SHOCK.apply(book, market), exchange_terms(), EVENT)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    book, market = alice_long_1_btc_bob_short(50_000)
    path = tmp_path_factory.mktemp("runs") / "alice"
    save_run(path, book, market, exchange_terms(), EVENT, shock=SHOCK)
    return RunFolder(path)


def test_what_is_read_back_is_what_was_resolved(run: RunFolder) -> None:
    done = alice_falls()
    journal, problems = run.journal()
    assert problems == []
    assert journal == done.journal
    assert tuple(run.charges()) == done.charges
    assert audit(journal, head=run.manifest()["journal_head"]) == []
    assert run.check_files() == []
    alice = run.account_row("alice")
    assert alice is not None
    assert (alice["status"], alice["outcome"]) == ("insolvent", "taken_over")
    assert run.account_row("nobody") is None


def test_the_waterfall_table_bears_the_loss_to_the_unit_and_keeps_its_workings(run: RunFolder) -> None:
    done = alice_falls()
    rows = run.waterfall()
    taken = sum(round(float(row["taken"]) * 10**6) for row in rows)
    assert taken == sum(default.loss for default in done.defaults)
    assert [row["layer"] for row in rows] == [item.layer for item in done.absorptions]
    assert all(row["working"]["rule"] for row in rows)


def test_a_second_run_has_the_same_bytes(run: RunFolder, tmp_path: Path) -> None:
    book, market = alice_long_1_btc_bob_short(50_000)
    save_run(tmp_path / "again", book, market, exchange_terms(), EVENT, shock=SHOCK)
    names = sorted(path.name for path in run.path.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    assert [(run.path / name).read_bytes() for name in names] == [
        (tmp_path / "again" / name).read_bytes() for name in names
    ]


def test_a_calm_book_has_a_run_too(tmp_path: Path) -> None:
    book, market = alice_long_1_btc_bob_short(50_000)
    summary = save_run(tmp_path / "calm", book, market, exchange_terms(), EVENT)
    assert summary["verdict"] == "No account is under water."
    assert RunFolder(tmp_path / "calm").charges() == []
    assert RunFolder(tmp_path / "calm").check_files() == []


@pytest.mark.parametrize("name", ["charges.csv", "report.html", "summary.json", "events.parquet"])
def test_a_changed_or_missing_file_is_found(name: str, run: RunFolder, tmp_path: Path) -> None:
    import shutil

    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(run.path, copy.path)
    (copy.path / name).write_bytes((copy.path / name).read_bytes() + b" ")
    assert [(problem.code, problem.where) for problem in copy.check_files()] == [("file_changed", name)]
    (copy.path / name).unlink()
    assert [problem.code for problem in copy.check_files()] == ["file_missing"]


def test_a_manifest_cannot_point_outside_its_folder(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    copy = tmp_path / "copy"
    copy.mkdir()
    manifest = run.manifest() | {"files": {"../secret": "0" * 64}}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert [problem.code for problem in RunFolder(copy).check_files()] == ["file_missing"]


class Stop(Exception):
    """What goes wrong in the middle."""


def test_a_folder_that_is_not_finished_never_appears(tmp_path: Path) -> None:
    def half() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("written")
            raise Stop

    with pytest.raises(Stop):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_former_folder_stays_when_its_successor_fails(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("kept")
    with pytest.raises(Stop), new_folder(tmp_path / "out", replaces=lambda _: True):
        raise Stop
    assert (tmp_path / "out" / "old").read_text() == "kept"


def test_a_former_folder_is_put_back_when_the_last_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("kept")
    rename = Path.rename

    def fails_on_new(self: Path, target: Any) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_on_new)
    with (
        pytest.raises(InputError, match="No space left"),
        new_folder(tmp_path / "out", replaces=lambda _: True) as folder,
    ):
        (folder / "young").write_text("lost")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_what_may_be_replaced_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    (tmp_path / "file").write_text("")
    for name in ("out", "link", "file"):
        with pytest.raises(InputError, match="exists") as raised:
            check_target(tmp_path / name, replaces=is_run)
        assert raised.value.code == "output_exists"
    check_target(tmp_path / "nothing", replaces=is_run)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", InputError),
        ("[]", InputError),
        ("{", InputError),
        ("[" * 100_000, InputError),
        ("{}", MissingData),
        ('{"name": "an extension of a browser"}', MissingData),
    ],
)
def test_another_manifest_is_no_run(content: str, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert not is_run(tmp_path)
    with pytest.raises(error):
        RunFolder(tmp_path).manifest()


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        assert not is_run(path)
        with pytest.raises(MissingData, match="not a run folder"):
            RunFolder(path).manifest()
