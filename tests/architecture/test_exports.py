"""Exports and errors are a contract: what is promised at the top of a file is what is there."""

import importlib

import seawall
from seawall import errors
from tests.architecture.tree import modules


def test_every_module_imports() -> None:
    for name in modules():
        if not name.endswith("__main__"):
            importlib.import_module(name)


def test_public_names_are_sorted_and_without_repeats() -> None:
    assert list(seawall.__all__) == sorted(set(seawall.__all__))


def test_every_public_name_resolves() -> None:
    missing = [name for name in seawall.__all__ if not hasattr(seawall, name)]
    assert missing == []


def test_dir_shows_every_public_name() -> None:
    assert set(seawall.__all__) <= set(dir(seawall))


def test_the_names_that_modules_promise_exist() -> None:
    for name in modules():
        if not name.endswith("__main__"):
            module = importlib.import_module(name)
            missing = [export for export in getattr(module, "__all__", ()) if not hasattr(module, export)]
            assert missing == [], name


def drawn_tree(docstring: str, root: str) -> list[tuple[int, str]]:
    """Read the indented tree that starts at the line `root`: (depth, class), up to the next empty line."""
    lines = docstring.splitlines()
    rows = []
    for line in lines[lines.index(root) :]:
        if not line.strip():
            break
        indent = len(line) - len(line.lstrip())
        assert indent % 2 == 0, f"two spaces a level: {line!r}"
        rows.append((indent // 2, line.split()[0]))
    return rows


def class_tree(root: type, depth: int = 0) -> list[tuple[int, str]]:
    """Return (depth, class) of `root` and all below it, in order of definition."""
    rows = [(depth, root.__name__)]
    for child in root.__subclasses__():
        rows += class_tree(child, depth + 1)
    return rows


def test_exception_tree_in_the_docstring_is_the_class_tree() -> None:
    test_every_module_imports()  # a subclass anywhere in the house belongs in the tree
    assert drawn_tree(errors.__doc__ or "", "SeawallError") == class_tree(errors.SeawallError)
