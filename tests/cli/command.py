"""The command, as a real process or within this one: the same answer, a second apart."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from seawall.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SEAWALL = [sys.executable, "-m", "seawall"]


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def seawall(*arguments: object) -> Done:
    """Run the command within this process."""
    out, err = io.StringIO(), io.StringIO()
    words = ["seawall", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", words),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


def process(*arguments: object, cwd: Path | None = None, **environment: str) -> Done:
    """Run the command as a process without input; the environment is laid over ours."""
    done = subprocess.run(
        [*SEAWALL, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "80", **environment},
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
