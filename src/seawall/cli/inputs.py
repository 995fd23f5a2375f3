"""From the command line to a book, a market and terms: read a snapshot, apply shocks and another rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.cli.common import code_version, warn
from seawall.errors import EXIT_BREACH, EXIT_OK, EXIT_SOURCE, InputError

if TYPE_CHECKING:
    from seawall.core.book import Book
    from seawall.core.event import Bid, Event, Withdrawal
    from seawall.core.market import Market
    from seawall.core.terms import Terms
    from seawall.runs.shock import Shock
    from seawall.runs.summary import About


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a verb works on.

    Attributes:
        market: Prices as the snapshot has them; `shocked` is after the shock.
        shock: What the command line does to them.
        bids, withdrawals: What others did since the last event.
        stale: Assets and instruments whose price is older than the terms allow; a price that the
            command line sets is not.
    """

    book: Book
    market: Market
    terms: Terms
    shock: Shock
    base_currency: str = "USD"
    bids: tuple[Bid, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def shocked(self) -> Market:
        """The market after the shock."""
        return self.shock.apply(self.book, self.market)

    def event(self, name: str, seed: int) -> Event:
        """Return the event of this run: its time is the book's."""
        from seawall.core.event import Event

        return Event(name, as_of=self.book.as_of, seed=seed, bids=self.bids, withdrawals=self.withdrawals)

    @property
    def is_synthetic(self) -> bool:
        """Whether the venue says that it is made up."""
        return self.terms.grade == "synthetic" or "synthetic" in self.book.venue.lower()


def read_inputs(
    folder: Path,
    *,
    drop: str = "",
    prices: list[str] | None = None,
    marks: list[str] | None = None,
    terms_file: Path | None = None,
    venue: str = "",
    quiet: bool = False,
    told: set[str] | None = None,
) -> Inputs:
    """Read a snapshot with the shocks and the rulebook of the command line; warnings go to stderr.

    Args:
        terms_file: A whole rulebook instead of the snapshot's, or a plan: layers in the place of its own.
        venue: A venue whose policies to use instead; parameters of markets stay the snapshot's.
        told: Warnings that were shown before, which are not shown again; new ones are added.

    Raises:
        InputError: With every problem found.
        SourceError: A file that is there did not answer.
    """
    from seawall.adapters.plan_file import check_on, read_rulebook
    from seawall.adapters.snapshot import read_snapshot
    from seawall.runs.shock import read_shock
    from seawall.venues import load_rulebook
    from seawall.waterfall.unbacked import unbacked

    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}: expected a snapshot folder", code="missing_file")
    if venue:
        load_rulebook(venue)  # before anything long: a name that is unknown is told at once
    snapshot = read_snapshot(folder, rulebook=venue)
    warn(snapshot.problems, quiet=quiet, told=told)
    book, market, terms = snapshot.parts()
    if terms_file is not None:
        terms = read_rulebook(terms_file, terms)
        warn(check_on(terms, book.assets, terms_file.name), quiet=quiet, told=told)
    if venue or terms_file is not None:
        warn(unbacked(terms, book, market), quiet=quiet, told=told)
    shock = read_shock(drop, prices or [], marks or [], market)
    bound, set_here = terms.price_max_age_s, shock.prices.keys() | shock.marks.keys()
    seen = snapshot.seen if bound is not None else {}
    stale = {name for name, at in seen.items() if book.as_of - at > (bound or 0)} - set_here
    return Inputs(
        book,
        market,
        terms,
        shock,
        snapshot.base_currency,
        snapshot.bids,
        snapshot.withdrawals,
        tuple(sorted(stale)),
    )


def about_run(inputs: Inputs) -> About:
    """Return what the pages of a run tell of its inputs."""
    from seawall.runs.summary import About

    return About(
        inputs.base_currency,
        code_version(),
        is_synthetic=inputs.is_synthetic,
        drop=inputs.shock.drop,
        stale_prices=inputs.stale,
    )


def exit_code(inputs: Inputs, *, is_breached: bool) -> int:
    """Return the exit code of an answer: what stands on stale prices is neither fine nor a breach."""
    if inputs.stale:
        return EXIT_SOURCE
    return EXIT_BREACH if is_breached else EXIT_OK


def read_limit(text: str) -> str:
    """Return a limit as it was written, or "" for none.

    Raises:
        InputError: It is no amount of at least 0 (`usage`).
    """
    from seawall.core.money import parse_decimal

    if text:
        try:
            value = parse_decimal(text, 6)
        except InputError as error:
            raise InputError(f"--limit-usd: {error}", code="usage") from error
        if value < 0:
            raise InputError(f"--limit-usd: a limit is at least 0, got {text}", code="usage")
    return text


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a snapshot, by name."""
    from seawall.runs.folder import sha256_of

    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}
