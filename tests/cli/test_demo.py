"""The demo: two synthetic venues, labelled so everywhere, written whole; here in small."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from seawall.adapters import synthetic
from tests.cli.command import seawall


@pytest.fixture(autouse=True)
def small_venues(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, lending = synthetic.synthetic_exchange, synthetic.synthetic_lending

    def synthetic_exchange(seed: int) -> object:
        return exchange(600, seed)

    def synthetic_lending(seed: int) -> object:
        return lending(600, seed)

    monkeypatch.setattr(synthetic, "synthetic_exchange", synthetic_exchange)
    monkeypatch.setattr(synthetic, "synthetic_lending", synthetic_lending)


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
