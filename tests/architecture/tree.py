"""Where the source lies, and the one way the tests here read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"


def sources(under: str = "seawall") -> list[Path]:
    """Return every Python file of the package below `under`, sorted; there is at least one."""
    found = sorted((SRC / under).rglob("*.py"))
    assert found, f"no source below {SRC / under}"
    return found


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Return `path:line` as an editor reads it."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{node.lineno}" if node is not None and hasattr(node, "lineno") else name


def modules() -> Iterator[str]:
    """Yield the dotted name of every module, packages included."""
    for path in sources():
        parts = path.relative_to(SRC).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
