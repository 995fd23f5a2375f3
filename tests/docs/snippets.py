"""Run what a page shows: Python, and commands of ours with what they print.

* a block `python` is executed, with the names of the blocks before it; a block `text` right after
  it is what it prints;
* a block `console` holds lines `$ seawall ...`, each followed by what it prints (nothing shown,
  nothing compared; a line `...` stands for any lines left out);
* all blocks of a page run in order in one folder, in which `examples` stands.

Hashes are compared by their shape only. `python -m tests.docs.snippets PAGE...` writes the
outputs of a page again.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cli.command import ROOT, seawall

BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
HASH = re.compile(r"\b[0-9a-f]{12,64}\b")


@dataclass(frozen=True)
class Shown:
    """Something a page shows as the output of something else: where it stands, and what is true."""

    start: int
    end: int
    said: str
    is_true: str

    @property
    def agrees(self) -> bool:
        """Whether the page tells the truth, lines left out and hashes aside."""
        parts = [re.escape(part) for part in HASH.sub("#", self.said).split("...\n")]
        return re.fullmatch("(?:.*\n)*".join(parts), HASH.sub("#", self.is_true)) is not None


def pages() -> list[Path]:
    """Return every page whose blocks are run."""
    return [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").glob("*/README.md")),
    ]


def outputs(text: str, folder: Path) -> Iterator[Shown]:
    """Run the blocks of a page in a folder and yield what it shows beside what is true."""
    names: dict[str, object] = {"__name__": "snippet"}
    with contextlib.chdir(folder):
        for block in BLOCK.finditer(text):
            if block[1] == "python":
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(block[2], "snippet", "exec"), names)
                if block[3] is not None:
                    yield Shown(block.start(3), block.end(3), block[3], printed.getvalue())
            else:
                yield from _commands(block.start(2), block[2])


def _commands(start: int, text: str) -> Iterator[Shown]:
    for found in re.finditer(r"^\$ seawall (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        done = seawall(*shlex.split(found[1], comments=True))
        said = found[2]
        if said or done.returncode not in (0, 1):
            yield Shown(start + found.start(2), start + found.end(2), said, done.stdout + done.stderr)


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder in which a page's blocks can run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        yield folder


def main(names: list[str]) -> None:
    """Write the outputs of pages again."""
    for name in names:
        page = Path(name).resolve()
        text = page.read_text(encoding="utf-8")
        with workplace() as folder:
            found = list(outputs(text, folder))
        for item in reversed(found):
            if not item.agrees:
                text = text[: item.start] + item.is_true + text[item.end :]
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
