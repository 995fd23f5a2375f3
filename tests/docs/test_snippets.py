"""What README and docs show is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.snippets import BLOCK, ROOT, Shown, outputs, pages, workplace

NAMES = [path.relative_to(ROOT).as_posix() for path in pages()]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", [name for name in NAMES if BLOCK.search((ROOT / name).read_text())])
def test_every_snippet_runs_and_prints_what_the_page_says(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    with workplace() as folder:
        for shown in outputs(text, folder):
            assert shown.agrees, (
                f"{name} says\n{shown.said}\nand the truth is\n{shown.is_true}\n"
                f"write it again: python -m tests.docs.snippets {name}"
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    missing = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert missing == []


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_main_job_and_its_output_stand_before_line_30() -> None:
    lines = readme().splitlines()
    assert any("make demo" in line for line in lines[:12])
    assert lines.index("$ seawall demo") < 15
    assert " reaches users" in "\n".join(lines[:29])


def test_the_first_screen_fits_80_by_24() -> None:
    screen = readme().split("$ seawall demo\n")[1].split("```")[0].splitlines()
    assert len(screen) < 24
    assert max(map(len, screen)) <= 80


def test_the_python_example_has_at_most_15_lines() -> None:
    (program,) = (block[2] for block in BLOCK.finditer(readme()) if block[1] == "python")
    assert program.count("\n") <= 15


def test_the_readme_names_every_verb_and_every_exit_code() -> None:
    from seawall.cli import app

    verbs = [command.name for command in app.registered_commands] + [
        group.name for group in app.registered_groups
    ]
    assert [verb for verb in verbs if f"`seawall {verb}" not in readme()] == []
    for code in range(6):
        assert re.search(rf"\b{code} (?:\w+ ){{0,4}}\w+", readme().split("Exit codes:")[1])


@pytest.mark.parametrize(
    ("said", "is_true", "agrees"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("head 5a364d090dbf\n", "head 1e254f53a21b\n", True),
        ("took 5\n", "took 6\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_a_page_that_says_something_else_is_found(said: str, is_true: str, agrees: bool) -> None:
    assert Shown(0, 0, said, is_true).agrees == agrees


def test_every_page_is_known(tmp_path: Path) -> None:
    assert {"README.md", "docs/reference/snapshot-format.md", "docs/tutorials/first-run.md"} <= set(NAMES)
