"""Read a rulebook from a file of its own, or a plan: a rulebook of which only the waterfall matters."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seawall.core.denomination import check_amounts
from seawall.core.rows import Asset
from seawall.core.terms import Terms
from seawall.errors import InputError, InvalidTerms, MissingData, Problem

__all__ = ["check_on", "read_plan", "read_rulebook"]

# What a plan does not say; the waterfall reads none of it but the rules that scale balances.
_ALONE: Mapping[str, Mapping[str, Any]] = {
    "lending": {"rules": "generic_lending@1"},
    "exchange": {
        "rules": "linear_perp@1",
        "size": {"kind": "full"},
        "sale": {"kind": "takeover"},
        "recognition": {"kind": "at_close_out"},
    },
}


def read_rulebook(path: Path) -> Terms:
    """Read a whole rulebook.

    Raises:
        InvalidTerms: With every problem found.
        InputError: The file cannot be read (`terms_unreadable`).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the rulebook {path}: {error}"
        raise InputError(message, code="terms_unreadable") from error
    return Terms.parse(text, source=path.name)


def check_on(terms: Terms, assets: Iterable[Asset], source: str) -> tuple[Problem, ...]:
    """Return the warnings of a rulebook that is to be used on a book with these assets.

    Raises:
        InvalidTerms: An amount is finer than an asset that its layer names; with all of them.
    """
    found = [*terms.check(source), *check_amounts(terms, assets, source)]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise InvalidTerms.of(errors)
    return tuple(found)


def read_plan(path: Path) -> Terms:
    """Read a rulebook or a plan; a plan needs no more than its `[[waterfall]]`.

    Raises:
        InvalidTerms: With every problem found.
        InputError: The file cannot be read, or has no waterfall.
    """
    try:
        text = path.read_text(encoding="utf-8").removeprefix("\ufeff")
        raw = tomllib.loads(text)
    except FileNotFoundError as error:
        raise MissingData(f"{path} does not exist: expected a plan", code="missing_file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the plan {path}: {error}", code="unreadable") from error
    except (ValueError, RecursionError) as error:
        raise InputError.of([Problem("toml_invalid", str(error)[:200], path.name)]) from error
    if not raw.get("waterfall"):
        message = "has no [[waterfall]]: a plan is at least one layer"
        raise InputError.of([Problem("missing_waterfall", message, path.name)])
    family = raw.get("family", "exchange")
    alone = _ALONE.get(family, {}) if isinstance(family, str) else {}
    return Terms.build({"venue": path.stem, "family": family, **alone, **raw}, source=path.name)
