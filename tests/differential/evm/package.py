"""Published packages of contracts: fetched with the registry's own client into a cache folder.

They are no part of this repository. Only the files asked for, and what was made of them, are kept.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path


class Unavailable(Exception):
    """The real contracts cannot be run here; the message says what is missing."""


def fetched(package: str, is_wanted: Callable[[str], bool]) -> Path:
    """Return the folder with the wanted files of a package, fetched at the first call.

    Args:
        package: As `npm pack` names it: `@scope/name@version`.
        is_wanted: Of a path in the package.

    Raises:
        Unavailable: There is no npm, or it cannot fetch the package.
    """
    root = _cache() / "npm"
    folder = root / package.replace("/", "-").removeprefix("@")
    if folder.exists():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    # Made aside and renamed: two that start at once must not read half of it.
    with tempfile.TemporaryDirectory(dir=root) as aside:
        command = ["npm", "pack", "--silent", "--pack-destination", aside, package]
        try:
            packed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=180)
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"cannot fetch {package} with npm: {error}") from error
        made = Path(aside) / "made"
        with tarfile.open(Path(aside) / packed.stdout.split()[-1]) as tar:
            wanted = (member for member in tar if is_wanted(member.name.removeprefix("package/")))
            tar.extractall(made, members=wanted, filter="data")
        try:
            (made / "package").rename(folder)
        except OSError:
            if not folder.exists():
                raise
    return folder


def cached(path: str, make: Callable[[], str]) -> str:
    """Return a text kept in the cache folder under a path, made at the first call."""
    file = _cache() / path
    if not file.exists():
        made = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as aside:
            aside.write(made)
        Path(aside.name).rename(file)
    return file.read_text(encoding="utf-8")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seawall"
