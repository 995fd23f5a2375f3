"""The house rules that a machine can see."""

import ast
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, SRC, place, sources, syntax

LINES_MAX = 420
BROAD = {"Exception", "BaseException"}
# An absolute path below somebody's home or work folder; a path inside a longer one does not count.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w")


def tree_files() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every text file that is in the repository or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: nothing says which files belong to it")
    for name in sorted(filter(None, listing.stdout.split("\0"))):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # binary, or deleted and not yet staged
            continue


def prints(module: ast.Module) -> list[ast.AST]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def broad_handlers(module: ast.Module) -> list[ast.AST]:
    """Return the handlers that would swallow a bug of our own."""
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or any(isinstance(part, ast.Name) and part.id in BROAD for part in ast.walk(node.type))
        )
    ]


def test_a_file_fits_in_the_head() -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LINES_MAX} == {}


def test_only_the_command_line_prints() -> None:
    found = [
        place(path, node)
        for path in sources()
        if path.relative_to(SRC / "seawall").parts[0] not in ("cli", "cli.py")
        for node in prints(syntax(path))
    ]
    assert found == []


def test_nothing_catches_everything() -> None:
    assert [place(path, node) for path in sources() for node in broad_handlers(syntax(path))] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{name}:{text[: match.start()].count(chr(10)) + 1} {match.group()}"
        for name, text in tree_files()
        for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


def test_locks_hold_names_versions_and_hashes_only() -> None:
    line_shape = re.compile(
        r"[a-z0-9-]+==[\w.+!-]+(?: ; [\w .'\"<>=!]+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    )
    for lock in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        assert lines
        assert [line for line in lines if not line_shape.fullmatch(line)] == [], lock


def test_the_dev_lock_holds_the_demo_lock() -> None:
    pins = [
        {line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if "==" in line}
        for lock in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] - pins[1] == set()


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    f()\nexcept:\n    pass",
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept (KeyError, BaseException) as error:\n    pass",
    ],
)
def test_a_broad_handler_is_found(source: str) -> None:
    assert broad_handlers(ast.parse(source))


def test_a_narrow_handler_passes() -> None:
    assert not broad_handlers(ast.parse("try:\n    f()\nexcept (KeyError, ValueError):\n    pass"))


def test_a_print_is_found() -> None:
    assert prints(ast.parse("print(1)"))


@pytest.mark.parametrize("folder", ["work", "root", "home", "Users"])
def test_a_path_of_one_machine_is_found(folder: str) -> None:
    assert MACHINE_PATH.search(f"open('/{folder}/name/file.csv')")
    assert not MACHINE_PATH.search(f"api.example/{folder}/name")
