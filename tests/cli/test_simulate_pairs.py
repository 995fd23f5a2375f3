"""`seawall simulate --versus`: a stop or a failure loses neither run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seawall.cli import main
from seawall.errors import InputError
from seawall.runs.chunks import ChunkStore
from tests.cli.command import EXAMPLES

STORMS = EXAMPLES / "storm"
LENDING = "synthetic:lending:60"


def words(tmp_path: Path, *more: str) -> list[str]:
    """A pair: the same day with dearer calls."""
    other = tmp_path / "dear.toml"
    other.write_text((STORMS / "jumps.toml").read_text().replace("gas = 20.0", "gas = 100.0"))
    scenario = str(STORMS / "jumps.toml")
    pair = ["simulate", LENDING, "--scenario", scenario, "--versus", str(other), "--paths", "100", "-q"]
    return [*pair, *more]


def exit_of(arguments: list[str]) -> int:
    """The exit code of the command, within this process."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", ["seawall", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


def test_a_pair_that_was_stopped_goes_on_with_both_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved: list[str] = []
    save = ChunkStore.save

    def stopping(store: ChunkStore, totals: Any) -> None:
        save(store, totals)
        saved.append(store.folder.name)
        if saved.count("versus") == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(ChunkStore, "save", stopping)
    target, kept = tmp_path / "run", tmp_path / "run.unfinished"
    assert exit_of(words(tmp_path, "-o", str(target))) == 130
    every = len(list(kept.glob("*.chunk")))
    assert every > 3
    assert len(list((kept / "versus").glob("*.chunk"))) == 3
    assert f"{every + 3} finished chunks are in" in capsys.readouterr().err
    saved.clear()
    monkeypatch.setattr(ChunkStore, "save", lambda store, totals: saved.append(store.folder.name))
    assert exit_of(words(tmp_path, "-o", str(target), "--resume")) == 0
    assert saved == ["versus"] * (every - 3)  # nothing that was there is walked again
    assert not kept.exists()
    monkeypatch.undo()
    assert exit_of(words(tmp_path, "-o", str(tmp_path / "whole"))) == 0
    for path in target.iterdir():
        assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes(), path.name


def test_chunks_of_another_pair_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopping(store: ChunkStore, totals: Any) -> None:
        if store.folder.name == "versus":
            raise KeyboardInterrupt
        kept(store, totals)

    kept = ChunkStore.save
    target = tmp_path / "run"
    monkeypatch.setattr(ChunkStore, "save", stopping)
    assert exit_of(words(tmp_path, "-o", str(target))) == 130
    walked: list[str] = []
    monkeypatch.setattr(ChunkStore, "save", lambda store, totals: walked.append(store.folder.name))
    assert exit_of(words(tmp_path, "-o", str(target), "--resume", "--seed", "5")) == 0
    assert set(walked) == {"run.unfinished", "versus"}


def test_a_run_whose_pair_fails_late_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*given: object, **more: object) -> NoReturn:
        raise InputError("no pair after all", code="not_paired")

    monkeypatch.setattr("seawall.runs.versus.versus_summary", failing)
    target = tmp_path / "run"
    assert exit_of(words(tmp_path, "-o", str(target))) == 3
    assert "no pair after all" in capsys.readouterr().err
    summary = json.loads((target / "summary.json").read_text())
    assert summary["walked"] == 100
    assert "versus" not in summary


def test_a_pair_that_cannot_be_is_refused_before_any_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChunkStore, "save", lambda *given: pytest.fail("a path was walked"))
    arguments = words(tmp_path, "-o", str(tmp_path / "run"))
    other = tmp_path / "dear.toml"
    other.write_text(other.read_text() + "\n[markets.DOGE]\n")
    assert exit_of(arguments) == 3
