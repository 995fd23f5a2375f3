"""The demo: two synthetic venues, labelled so everywhere, written whole; here in small."""

from __future__ import annotations

import json
import os
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.command import seawall

demo = import_module("seawall.cli.demo")  # the package has a function of that name


@pytest.fixture(autouse=True)
def small_venues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "ACCOUNTS", dict.fromkeys(demo.ACCOUNTS, 600))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


def test_two_processes_write_what_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seawall("demo", "-o", tmp_path / "one").returncode == 0
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert seawall("demo", "-o", tmp_path / "two").returncode == 0
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*"))
    assert files == sorted(path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*"))
    for name in files:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert one.is_dir() or one.read_bytes() == two.read_bytes(), name


def test_the_demo_writes_two_runs_and_a_page_that_leads_to_them(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = seawall("demo", "-o", out)
    assert done.returncode == 0, done.stderr
    index = (out / "index.html").read_text()
    for target in re.findall(r'href="([^"]+)"', index):
        assert (out / target).is_file()
    for name in ("exchange", "lending"):
        assert seawall("ledger", "verify", out / name).returncode == 0
        assert json.loads((out / name / "manifest.json").read_text())["synthetic"] is True
        assert "synthetic data" in (out / name / "report.html").read_text()
    assert "synthetic" in done.stdout.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_the_command_the_demo_ends_with_explains_the_charge(tmp_path: Path) -> None:
    done = seawall("demo", "-o", tmp_path / "demo", "--drop", "0.2")
    (words,) = re.findall(r"seawall (explain .*)", done.stdout)
    story = seawall(*words.split())
    assert story.returncode == 0
    assert "was charged\n  nothing" not in story.stdout


def test_a_former_demo_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    assert seawall("demo", "-o", out, "--quiet").returncode == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "note").write_text("of the former demo")
    assert seawall("demo", "-o", out, "--quiet").returncode == 0
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    (tmp_path / "mine").mkdir()
    refused = seawall("demo", "-o", tmp_path / "mine")
    assert refused.returncode == 2
    assert "exists" in refused.stderr
    assert list((tmp_path / "mine").iterdir()) == []


def test_another_seed_is_another_demo(tmp_path: Path) -> None:
    heads = set()
    for seed in (7, 8):
        done = seawall("demo", "-o", tmp_path / str(seed), "--seed", seed, "--json")
        heads.add(json.loads(done.stdout)["exchange"]["checks"]["journal_head"])
    assert len(heads) == 2


def test_without_the_extra_plots_a_demo_has_no_page_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    done = seawall("demo", "-o", tmp_path / "demo")
    assert done.returncode == 0
    assert "pip install 'seawall[plots]'" in done.stdout
    assert not list(tmp_path.rglob("*.html"))
    assert seawall("ledger", "verify", tmp_path / "demo" / "lending").returncode == 0
