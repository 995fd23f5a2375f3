"""Imports point down only, and the front door opens without the heavy furniture."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

HEAVY = ("jinja2", "numba", "numpy", "plotly", "pyarrow")


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    script = f"""
import sys
from seawall.cli import main
sys.argv = ["seawall", *{arguments!r}]
code = 0
try:
    code = main()
except SystemExit as stop:
    code = stop.code
print("heavy:", *(name for name in {HEAVY!r} if name in sys.modules))
sys.exit(code)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].split() == ["heavy:"], "imported before it is needed"
