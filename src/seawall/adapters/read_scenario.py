"""Read a scenario from its file, with the histories of prices that it names by path."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.adapters.price_history_file import read_price_paths
from seawall.errors import InputError, MissingData, Problem

__all__ = ["read_raw_scenario"]

_BYTES_MAX = 1 << 22


def read_raw_scenario(path: Path) -> tuple[dict[str, Any], str]:
    """Return the tables of a scenario file, histories read in, and its text.

    In `[prices]` (or its `base`), `history = "FILE"` and `paths = "FILE"` name files of prices beside
    the scenario.

    Raises:
        InputError: The file cannot be read, or is no TOML; or histories cannot be read, with all of those.
    """
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8").removeprefix("\ufeff") if size <= _BYTES_MAX else ""
        raw = tomllib.loads(text)
    except FileNotFoundError as error:
        raise MissingData(f"{path} does not exist: expected a scenario file", code="missing_file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the scenario {path}: {error}", code="unreadable") from error
    except (ValueError, RecursionError) as error:
        raise InputError.of([Problem("toml_invalid", str(error)[:200], path.name)]) from error
    if size > _BYTES_MAX:
        message = f"{path} has {size:,} bytes, expected a scenario of at most {_BYTES_MAX:,}"
        raise InputError(message, code="too_large")
    problems: list[Problem] = []
    whole = _with_histories(raw, path, problems, "")
    if problems:
        raise InputError.of(problems)
    return whole, text


def _with_histories(
    table: Mapping[str, Any], file: Path, problems: list[Problem], place: str
) -> dict[str, Any]:
    whole = dict(table)
    for key in ("prices", "base"):
        if isinstance(table.get(key), Mapping):
            whole[key] = _with_histories(table[key], file, problems, f"{place}{key}.")
    for key in ("history", "paths"):
        name = table.get(key)
        if not isinstance(name, str):
            continue
        try:
            found = read_price_paths(file.parent / name)
        except InputError as error:
            told = error.problems or (Problem(error.code, str(error)),)
            where = f"{file.name}:{place}{key}"
            problems += [Problem(item.code, f"{name}: {item.message}", where) for item in told]
            continue
        whole[key] = found[0] if key == "history" else found
    return whole
