"""One run, one folder: written whole under a temporary name, then renamed.

    manifest.json    version, event, seed, hashes of the inputs and of every file here
    summary.json     what it came to
    accounts.*       one row per account (Parquet with the extra `data`, else CSV)
    events.*         one row per posting
    defaults.csv     what liquidation handed to the waterfall
    waterfall.csv    one row per answer of a layer, with its working
    charges.csv      one row per charge
    drops.csv        what other moves of all prices would do
    journal.jsonl    the hash-chained journal, with opening and closing
    report.html      the page to open

Nothing in it depends on the clock: the same inputs and seed give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seawall.core.loss import Charge
from seawall.errors import InputError, MissingData, Problem
from seawall.ledger.journal import Journal
from seawall.ledger.text import from_lines, to_lines
from seawall.resolution import Resolution
from seawall.runs.drops import Drops
from seawall.runs.run_tables import ACCOUNTS, CHARGES, WATERFALL
from seawall.runs.table_file import Row, find_row, read_csv, write_best, write_csv
from seawall.runs.tables import large_tables, run_tables

FORMAT_VERSION = 1
MANIFEST, SUMMARY, JOURNAL, REPORT = "manifest.json", "summary.json", "journal.jsonl", "report.html"
COMPARISON = "comparison.json"
_FORMAT = "seawall_run"


def write_run(
    target: Path,
    resolution: Resolution,
    summary: Mapping[str, Any],
    drops: Drops,
    *,
    manifest: Mapping[str, Any],
    page: str = "",
    force: bool = False,
) -> Path:
    """Write a run folder, whole or not at all.

    Args:
        manifest: What the caller knows of the inputs; decimals, hashes and the journal's head are added.
        page: The report as HTML; none is written when empty.
        force: Replace a folder that is a run already; anything else is never replaced.

    Raises:
        InputError: The target exists (`output_exists`) or cannot be written (`output_unwritable`).
    """
    with new_folder(target, replaces=is_run if force else None) as folder:
        book = resolution.before
        decimals = {asset.id: asset.decimals for asset in book.assets}
        decimals |= {f"lots:{item.id}": item.quantity_decimals for item in book.instruments}
        names = _write_files(folder, resolution, summary, drops, page)
        whole = {
            **manifest,
            _FORMAT: FORMAT_VERSION,
            "decimals": decimals,
            "journal_head": resolution.journal.head,
            "files": {name: sha256_of(folder / name) for name in sorted(names)},
        }
        _write_json(folder / MANIFEST, whole)
    return target


@contextmanager
def new_folder(target: Path, *, replaces: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """Give a scratch folder that takes the place of `target` when all went well, and else vanishes.

    Args:
        replaces: Says whether what stands at the target may be replaced; None replaces nothing.

    Raises:
        InputError: The target exists (`output_exists`) or cannot be written (`output_unwritable`).
    """
    check_target(target, replaces=replaces)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error
    fresh = scratch / "new"
    try:
        fresh.mkdir()
        yield fresh
        _put_in_place(fresh, target, aside=scratch / "old")
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_target(target: Path, *, replaces: Callable[[Path], bool] | None = None) -> None:
    """Refuse an output folder that exists, unless it may be replaced."""
    if not target.exists() and not target.is_symlink():
        return
    if replaces is not None and not target.is_symlink() and replaces(target):
        return
    if replaces is None and (is_run(target) or is_comparison(target)):
        raise InputError(f"{target} exists: give --force to replace it, or another -o", code="output_exists")
    raise InputError(
        f"{target} exists and is nothing that may be replaced: choose another folder with -o",
        code="output_exists",
    )


def is_comparison(folder: Path) -> bool:
    """Return whether a folder holds a comparison of venues."""
    try:
        return "venues" in read_json(folder, COMPARISON)
    except InputError:
        return False


def is_run(folder: Path) -> bool:
    """Return whether a folder was written by `write_run`."""
    try:
        return _FORMAT in read_json(folder, MANIFEST)
    except InputError:
        return False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run as its files tell it; only files of known names are opened."""

    path: Path

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            MissingData: This is not a run folder (`not_a_run`).
        """
        found = read_json(self.path, MANIFEST)
        if _FORMAT not in found:
            raise MissingData(f"{self.path} is not a run folder: another {MANIFEST}", code="not_a_run")
        return found

    def decimals(self) -> dict[str, int]:
        """Return the decimals of every asset, and of every instrument as `lots:<instrument>`."""
        found = self.manifest().get("decimals")
        if not isinstance(found, dict) or not all(type(value) is int for value in found.values()):
            raise InputError(f"{self.path / MANIFEST} holds no decimals", code="run_unreadable")
        return found

    def summary(self) -> dict[str, Any]:
        """Return the summary."""
        return read_json(self.path, SUMMARY)

    def journal(self) -> tuple[Journal, list[Problem]]:
        """Return the journal as far as it can be read, with what is wrong with its text."""
        path = self.path / JOURNAL
        try:
            with path.open(encoding="utf-8", errors="replace", newline="\n") as handle:
                return from_lines(handle)
        except FileNotFoundError as error:
            raise _not_a_run(self.path, JOURNAL) from error
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", code="run_unreadable") from error

    def charges(self) -> list[Charge]:
        """Return all charges of the run."""
        rows = self._rows("charges.csv", CHARGES)
        return [
            Charge(
                row["account"],
                row["asset"],
                _whole(row["amount_raw"], "charges.csv"),
                row["layer"],
                row["default_account"],
                row["reason"],
            )
            for row in rows
        ]

    def account_row(self, account: str) -> Row | None:
        """Return the row of a user account, or None where there is none."""
        return find_row(self.path, "accounts", ACCOUNTS, "account", account)

    def waterfall(self) -> list[Row]:
        """Return the answers of the layers, each working as data."""
        rows = self._rows("waterfall.csv", WATERFALL)
        for row in rows:
            try:
                row["working"] = json.loads(row["working"])
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"waterfall.csv: a working is damaged: {error}", code="run_unreadable"
                ) from error
        return rows

    def check_files(self) -> list[Problem]:
        """Return which files differ from the manifest: changed, missing."""
        problems = []
        listed = self.manifest().get("files")
        for name, known in sorted(listed.items()) if isinstance(listed, dict) else ():
            path = self.path / Path(str(name)).name
            if not path.is_file():
                problems.append(Problem("file_missing", "listed in the manifest and not there", path.name))
            elif sha256_of(path) != known:
                problems.append(
                    Problem("file_changed", "has another SHA-256 than the manifest says", path.name)
                )
        return problems

    def _rows(self, name: str, columns: Any) -> list[Row]:
        if not (self.path / name).is_file():
            raise _not_a_run(self.path, name)
        return read_csv(self.path / name, columns)


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Read one of a folder's JSON files.

    Raises:
        MissingData: There is no such file: not a run folder (`not_a_run`).
        InputError: It is not what a run holds (`run_unreadable`).
    """
    path = folder / name
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _not_a_run(folder, name) from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {str(error)[:200]}", code="run_unreadable") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no object", code="run_unreadable")
    return found


def _write_files(
    folder: Path, resolution: Resolution, summary: Mapping[str, Any], drops: Drops, page: str
) -> list[str]:
    names = [write_csv(folder, table) for table in run_tables(resolution, drops)]
    names += [write_best(folder, table) for table in large_tables(resolution)]
    _write_json(folder / SUMMARY, summary)
    with (folder / JOURNAL).open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(f"{line}\n" for line in to_lines(resolution.journal))
    names += [SUMMARY, JOURNAL]
    if page:
        (folder / REPORT).write_text(page, encoding="utf-8", newline="\n")
        names.append(REPORT)
    return names


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _put_in_place(fresh: Path, target: Path, *, aside: Path) -> None:
    # What stood there is put back if the last step fails.
    if target.exists():
        target.rename(aside)
    try:
        fresh.rename(target)
    finally:
        if aside.exists() and not target.exists():
            aside.rename(target)


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(f"cannot write {target}: {error.strerror or error}", code="output_unwritable")


def _not_a_run(folder: Path, name: str) -> MissingData:
    return MissingData(f"{folder} is not a run folder: it has no {name}", code="not_a_run")


def _whole(text: str, name: str) -> int:
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 80:
        raise InputError(f"{name}: expected a whole number, got {text[:40]!r}", code="run_unreadable")
    return int(text)
