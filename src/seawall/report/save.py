"""From a book to a run folder with its report: resolve, try the other falls, write all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.core.book import Book
from seawall.core.event import Event
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.report.html import can_render, render
from seawall.resolution import Progress, Resolution, resolve
from seawall.runs.drops import drop_table
from seawall.runs.folder import write_run
from seawall.runs.shock import Shock
from seawall.runs.summary import About, summarise


def save_run(
    folder: Path | str,
    book: Book,
    market: Market,
    terms: Terms,
    event: Event,
    *,
    shock: Shock | None = None,
    about: About | None = None,
    source: Mapping[str, Any] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Resolve a book after a shock and write the run folder, whole or not at all.

    The report is in it where the extra `plots` is installed.

    Args:
        folder: Where to write; must not exist, or be a run and `force` given.
        market: Prices before the shock.
        shock: What happens to prices first; nothing when None.
        about: What the pages say of the run (version, base currency, synthetic or not).
        source: What the manifest says of the inputs, such as hashes of their files.
        force: Replace a former run.
        progress: Called as progress(stage, done, total).

    Returns:
        The summary, as it stands in summary.json.

    Raises:
        InputError: The folder exists or cannot be written.
    """
    hit = shock or Shock()
    resolution = resolve(book, hit.apply(book, market), terms, event, progress=progress)
    return save_resolution(
        folder, resolution, market, shock=hit, about=about, source=source, force=force, progress=progress
    )


def save_resolution(
    folder: Path | str,
    resolution: Resolution,
    market: Market,
    *,
    shock: Shock | None = None,
    about: About | None = None,
    source: Mapping[str, Any] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the run folder of a book resolved after a shock; arguments and errors as in `save_run`."""
    book, terms, event = resolution.before, resolution.terms, resolution.event
    hit = shock or Shock()
    told = about or About(drop=hit.drop)
    calm = hit.settings_only().apply(book, market)
    drops = drop_table(book, calm, terms, event, chosen=hit.drop, progress=progress)
    summary = summarise(resolution, drops, about=told)
    manifest = {
        "seawall": told.version,
        "event": event.id,
        "as_of": event.as_of,
        "seed": event.seed,
        "venue": book.venue,
        "synthetic": told.is_synthetic,
        "terms_sha256": hashlib.sha256(terms.model_dump_json().encode()).hexdigest(),
        **(source or {}),
    }
    page = render(summary, drops) if can_render() else ""
    write_run(Path(folder), resolution, summary, drops, manifest=manifest, page=page, force=force)
    return summary
