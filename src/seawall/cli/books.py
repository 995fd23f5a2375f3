"""From the command line to a book: a snapshot folder, or a synthetic venue by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seawall.cli.inputs import Inputs, hashes, read_inputs
from seawall.errors import InputError

__all__ = ["read_book"]

_SYNTHETIC = "synthetic:"
_ACCOUNTS_MAX = 10_000_000


def read_book(
    name: str, *, terms_file: Path | None = None, venue: str = "", quiet: bool = False
) -> tuple[Inputs, dict[str, Any]]:
    """Return the inputs of a verb, and what its manifest tells of where they came from.

    Args:
        name: A snapshot folder; or synthetic:lending, synthetic:market, synthetic:troves, synthetic:exchange,
            synthetic:options, with :ACCOUNTS behind it.

    Raises:
        InputError: With every problem found.
    """
    if not name.startswith(_SYNTHETIC):
        folder = Path(name)
        inputs = read_inputs(folder, terms_file=terms_file, venue=venue, quiet=quiet)
        return inputs, {"inputs": hashes(folder)}
    if venue:
        raise InputError("--venue needs a snapshot: a synthetic venue has its own rulebook", code="usage")
    from seawall.adapters.plan_file import read_rulebook
    from seawall.adapters.synthetic import (
        EXCHANGE_MAKERS,
        OPTIONS_MAKERS,
        synthetic_exchange,
        synthetic_lending,
        synthetic_market,
        synthetic_options,
        synthetic_troves,
    )
    from seawall.runs.shock import Shock

    family, _, count = name.removeprefix(_SYNTHETIC).partition(":")
    makers = {"exchange": EXCHANGE_MAKERS, "options": OPTIONS_MAKERS}
    made_by = {
        "lending": synthetic_lending,
        "market": synthetic_market,
        "troves": synthetic_troves,
        "exchange": synthetic_exchange,
        "options": synthetic_options,
    }
    make = made_by.get(family)
    if make is None:
        *others, last = (f"{_SYNTHETIC}{name}" for name in made_by)
        known = f"{', '.join(others)} and {last}"
        raise InputError(f"no synthetic venue {family!r}: there are {known}", code="usage")
    if count and not (count.isascii() and count.isdigit() and 0 < int(count) <= _ACCOUNTS_MAX):
        message = f"{name}: expected a number of accounts from 1 to {_ACCOUNTS_MAX:,}, got {count!r}"
        raise InputError(message, code="usage")
    least = makers.get(family, 0) + 1
    if count and int(count) < least:
        message = f"{name}: expected {least} accounts or more, {least - 1} are market makers, got {count}"
        raise InputError(message, code="usage")
    book, market, terms = make(int(count)) if count else make()
    if terms_file is not None:
        terms = read_rulebook(terms_file, terms)
    generator = f"seawall.adapters.synthetic.{make.__name__}({count})"
    return Inputs(book, market, terms, Shock()), {"inputs": {"generator": generator}}
