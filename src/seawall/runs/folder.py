"""One run, one folder: written whole under a temporary name, then renamed.

    manifest.json    version, event, seed, hashes of the inputs, decimals
    summary.json     what it came to
    accounts.*       one row per account (Parquet with the extra `data`, else CSV)
    events.*         one row per posting
    waterfall.csv    one row per answer of a layer
    charges.csv      one row per charge
    journal.jsonl    the hash-chained journal, with opening and closing
    report.html      the page to open

Nothing in it depends on the clock: the same inputs and seed give the same bytes.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seawall.errors import InputError, MissingData, Problem
from seawall.ledger.journal import Journal
from seawall.ledger.text import from_lines, to_lines
from seawall.resolution import Resolution
from seawall.runs.tables import Row, account_rows, charge_rows, event_rows, waterfall_rows

MANIFEST = "manifest.json"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_run(
    target: Path,
    resolution: Resolution,
    summary: Mapping[str, Any],
    *,
    manifest: Mapping[str, Any],
    pages: Mapping[str, str] | None = None,
    force: bool = False,
) -> Path:
    """Write a run folder, whole or not at all.

    Args:
        manifest: What the caller knows of the inputs; decimals and the journal's head are added.
        pages: Other text files, by name (the report).
        force: Replace a folder that is a run already; anything else is never replaced.

    Raises:
        InputError: The target exists (`output_exists`) or cannot be written (`output_unwritable`).
    """
    check_target(target, force=force)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}", code="output_unwritable") from error
    try:
        scratch.chmod(0o755)
        _write_files(scratch, resolution, summary, manifest, pages or {})
        if target.exists():
            shutil.rmtree(target)
        scratch.rename(target)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}", code="output_unwritable") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def check_target(target: Path, *, force: bool) -> None:
    """Refuse an output folder that exists, unless it is a run and `force` is given."""
    if not target.exists():
        return
    if not (target / MANIFEST).is_file():
        raise InputError(
            f"{target} exists and is not a run folder: it is never replaced, choose another with -o",
            code="output_exists",
        )
    if not force:
        raise InputError(f"{target} exists: give --force to replace it, or another -o", code="output_exists")


def _write_files(
    folder: Path,
    resolution: Resolution,
    summary: Mapping[str, Any],
    manifest: Mapping[str, Any],
    pages: Mapping[str, str],
) -> None:
    book = resolution.before
    decimals = {asset.id: asset.decimals for asset in book.assets}
    decimals |= {f"lots:{item.id}": item.quantity_decimals for item in book.instruments}
    whole = {**manifest, "decimals": decimals, "journal_head": resolution.journal.head}
    write_json(folder / MANIFEST, whole)
    write_json(folder / "summary.json", summary)
    write_table(folder, "accounts", account_rows(resolution))
    write_table(folder, "events", event_rows(resolution))
    write_csv(folder / "waterfall.csv", waterfall_rows(resolution))
    write_csv(folder / "charges.csv", charge_rows(resolution))
    with (folder / "journal.jsonl").open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(f"{line}\n" for line in to_lines(resolution.journal))
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON with sorted keys and a final newline."""
    path.write_text(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def write_table(folder: Path, name: str, rows: Iterable[Row]) -> None:
    """Write a table as Parquet where pyarrow is installed, as CSV else."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        write_csv(folder / f"{name}.csv", rows)
        return
    parquet.write_table(pa.Table.from_pylist(list(rows)), folder / f"{name}.parquet")


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write a CSV; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(handle, fieldnames=list(row))
                writer.writeheader()
            writer.writerow({key: _defused(value) for key, value in row.items()})


def _defused(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS):
        return value
    number = value.removeprefix("-").replace(".", "", 1)
    return value if number.isascii() and number.isdigit() else f"'{value}"


def read_json(run: Path, name: str) -> dict[str, Any]:
    """Read one of a run's JSON files.

    Raises:
        MissingData: There is no such file: not a run folder.
        InputError: It is not what a run holds.
    """
    path = run / name
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingData(f"{run} is not a run folder: it has no {name}", code="not_a_run") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {str(error)[:200]}", code="run_unreadable") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no object", code="run_unreadable")
    return found


def read_journal(run: Path) -> tuple[Journal, list[Problem]]:
    """Read a run's journal with whatever is wrong with its text."""
    path = run / "journal.jsonl"
    try:
        with path.open(encoding="utf-8", errors="replace") as handle:
            return from_lines(line.rstrip("\n") for line in handle)
    except FileNotFoundError as error:
        raise MissingData(f"{run} is not a run folder: it has no journal.jsonl", code="not_a_run") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", code="run_unreadable") from error


def read_charges(run: Path) -> list[dict[str, str]]:
    """Read a run's charges as rows of text."""
    try:
        with (run / "charges.csv").open(encoding="utf-8", newline="") as handle:
            return [
                {key: value.removeprefix("'") for key, value in row.items()} for row in csv.DictReader(handle)
            ]
    except FileNotFoundError as error:
        raise MissingData(f"{run} is not a run folder: it has no charges.csv", code="not_a_run") from error
