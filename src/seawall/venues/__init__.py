"""Rulebooks by name, and the importers that read a venue's own state."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files

from seawall.core.terms import Terms
from seawall.errors import InvalidTerms, Problem

__all__ = ["VENUES", "load_rulebook", "load_terms"]

VENUES: tuple[str, ...] = (
    "aave_v3_0_2",
    "aave_v3_7",
    "compound_v3",
    "generic_lending",
    "linear_perp",
    "liquity_v1",
    "maker_dss",
    "morpho_blue",
    "venus_isolated",
)


def load_rulebook(name: str) -> str:
    """Return the TOML text of a venue's rulebook.

    Raises:
        InvalidTerms: No venue of that name (`venue_unknown`), with the closest ones.
    """
    if name not in VENUES:
        known = get_close_matches(name, VENUES, cutoff=0.3) or VENUES
        raise InvalidTerms.of(
            [Problem("venue_unknown", f"no venue is called {name!r}; closest: {', '.join(known)}")]
        )
    return files("seawall.venues").joinpath("rulebooks", f"{name}.toml").read_text(encoding="utf-8")


def load_terms(name: str) -> Terms:
    """Return a venue's rulebook as validated terms."""
    return Terms.parse(load_rulebook(name), source=name)
