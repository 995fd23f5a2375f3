"""From the command line to (book, market, terms): read a snapshot, apply shocks and another rulebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seawall.cli.common import numeraires, shocked, warn
from seawall.errors import InputError, MissingData

if TYPE_CHECKING:
    from seawall.core.book import Book
    from seawall.core.market import Market
    from seawall.core.terms import Terms


def read_inputs(
    folder: Path,
    *,
    drop: float | None = None,
    prices: list[str] | None = None,
    marks: list[str] | None = None,
    terms_file: Path | None = None,
    quiet: bool = False,
) -> tuple[Book, Market, Terms]:
    """Read a snapshot with the shocks and the rulebook of the command line; warnings go to stderr.

    Raises:
        InputError: With every problem found.
    """
    from seawall.adapters.snapshot import read_snapshot
    from seawall.core.terms import Terms

    if not folder.is_dir():
        raise MissingData(f"no snapshot folder {folder}: see docs/reference/snapshot-format.md", code="missing_file")
    snapshot = read_snapshot(folder)
    warn(snapshot.problems, quiet=quiet)
    book, market, terms = snapshot.parts()
    if terms_file is not None:
        try:
            text = terms_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"cannot read the rulebook {terms_file}: {error}", code="terms_unreadable"
            ) from error
        terms = Terms.parse(text, source=terms_file.name)
    return book, shocked(market, drop, prices or [], marks or [], numeraires(book, market)), terms


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a snapshot, by name."""
    import hashlib

    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_file():
            with path.open("rb") as handle:
                found[path.name] = hashlib.file_digest(handle, "sha256").hexdigest()
    return found
