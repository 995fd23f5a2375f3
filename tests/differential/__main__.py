"""`python -m tests.differential [--steps N] [--seed N] [--venue NAME]`: machines beside living contracts.

Prints what was done and refused, how often, and how many numbers were compared; 1 where any two part, and
what parted them is written to build/parted, to be kept in tests/differential/frozen once it is understood.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.differential.beside import Parted, Tally, Venue, kept, walk
from tests.differential.venues import VENUES


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, and print what happened."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--steps", type=int, default=5000, help="for each venue")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="fresh by default")
    parser.add_argument("--venue", choices=sorted(VENUES), action="append", help="all by default")
    parser.add_argument("--out", type=Path, default=Path("build/parted"), help="where a case is written")
    given = parser.parse_args(arguments)
    found = [_walked(VENUES[name], given) for name in given.venue or sorted(VENUES)]
    return 0 if all(found) else 1


def _walked(venue: Venue, given: argparse.Namespace) -> bool:
    began = time.monotonic()
    try:
        tally = walk(venue, given.seed, given.steps)
    except Parted as parted:
        print(f"{parted}\nwritten to {kept(parted, given.out)}")
        return False
    _print(venue, tally)
    print(
        f"seed {given.seed}: {given.steps:,} steps in {-(-given.steps // venue.market_steps)} markets, "
        f"{tally.numbers:,} numbers compared, no difference; {time.monotonic() - began:.0f} s\n"
    )
    return True


def _print(venue: Venue, tally: Tally) -> None:
    table = Table("action", "through", "refused", "words", title=venue.machine.name)
    names = Counter(name for name, _ in tally.answers.elements())
    for name, times in names.most_common():
        words = Counter({word: each for (of, word), each in tally.answers.items() if of == name and word})
        told = ", ".join(f"{word} {each}" for word, each in words.most_common())
        table.add_row(name, str(times - words.total()), str(words.total()), told)
    table.add_row("all", str(tally.through), str(tally.answers.total() - tally.through), "", style="bold")
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
