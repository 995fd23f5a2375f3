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

_BYTES_MAX = 1 << 20
_OF_PLANS = frozenset({"title", "family", "waterfall"})


def read_rulebook(path: Path, over: Terms | None = None) -> Terms:
    """Read a whole rulebook, or a plan whose layers are to stand in another rulebook.

    Args:
        over: The rulebook that a plan is laid over: all of it stays but its waterfall.

    Raises:
        InvalidTerms: With every problem found; a plan for another family of venues is one.
        InputError: The file cannot be read (`terms_unreadable`).
    """
    try:
        text = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the rulebook {path}: {error}"
        raise InputError(message, code="terms_unreadable") from error
    plan = _plan_of(text)
    if over is None or plan is None:
        return Terms.parse(text, source=path.name)
    if plan.get("family", over.family) != over.family:
        message = f"is {plan['family']!r}, and the rulebook of the snapshot is {over.family!r}"
        raise InvalidTerms.of([Problem("family_mismatch", message, f"{path.name}:family")])
    alone = {"venue": over.venue, "family": over.family, **_ALONE[over.family], **plan}
    return over.model_copy(update={"waterfall": Terms.build(alone, source=path.name).waterfall})


def _plan_of(text: str) -> Mapping[str, Any] | None:
    # A file that names a waterfall and no policy; one that is no TOML is told of by `Terms.parse`.
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    return raw if raw.get("waterfall") and raw.keys() <= _OF_PLANS else None


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
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8").removeprefix("\ufeff") if size <= _BYTES_MAX else ""
        raw = tomllib.loads(text)
    except FileNotFoundError as error:
        raise MissingData(f"{path} does not exist: expected a plan", code="missing_file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the plan {path}: {error}", code="unreadable") from error
    except (ValueError, RecursionError) as error:
        raise InputError.of([Problem("toml_invalid", str(error)[:200], path.name)]) from error
    if size > _BYTES_MAX:
        message = f"{path} has {size:,} bytes, expected a plan of at most {_BYTES_MAX:,}"
        raise InputError(message, code="too_large")
    if not raw.get("waterfall"):
        message = "has no [[waterfall]]: a plan is at least one layer"
        raise InputError.of([Problem("missing_waterfall", message, path.name)])
    family = raw.get("family", "exchange")
    alone = _ALONE.get(family, {}) if isinstance(family, str) else {}
    return Terms.build({"venue": path.stem, "family": family, **alone, **raw}, source=path.name)
