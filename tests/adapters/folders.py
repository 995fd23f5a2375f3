"""Good snapshot folders held as text, and the ways the tests break them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
Files = Mapping[str, bytes]
Break = Callable[[Files], Files]


def example(name: str) -> Files:
    """The files of examples/snapshot-NAME."""
    folder = ROOT / "examples" / f"snapshot-{name}"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".md"}


def put(folder: Path, files: Files) -> Path:
    """Write files into a folder made for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def edit(file: str, old: str, new: str) -> Break:
    """Replace a text that stands in a file exactly once."""

    def broken(files: Files) -> Files:
        assert files[file].count(old.encode()) == 1, f"{old!r} stands {files[file].count(old.encode())} times"
        return {**files, file: files[file].replace(old.encode(), new.encode())}

    return broken


def add(file: str, *lines: str) -> Break:
    """Put lines at the end of a file, which may be a new one."""

    def broken(files: Files) -> Files:
        return {**files, file: files.get(file, b"") + "".join(f"{line}\n" for line in lines).encode()}

    return broken


def whole(file: str, data: str | bytes) -> Break:
    """Replace a whole file."""

    def broken(files: Files) -> Files:
        return {**files, file: data if isinstance(data, bytes) else data.encode()}

    return broken


def drop(*names: str) -> Break:
    """Take files away."""
    return lambda files: {name: data for name, data in files.items() if name not in names}


def rename(old: str, new: str) -> Break:
    """Give a file another name."""
    return lambda files: {new if name == old else name: data for name, data in files.items()}


def both(*breaks: Break) -> Break:
    """Do one after the other."""

    def broken(files: Files) -> Files:
        for step in breaks:
            files = step(files)
        return files

    return broken
