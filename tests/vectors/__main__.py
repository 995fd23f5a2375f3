"""`python -m tests.vectors FILE...`: one line per case, a count, and exit 1 if any failed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.vectors.runner import run


def main(arguments: list[str]) -> int:
    """Print every outcome and the totals; return the exit code."""
    if not arguments:
        print("usage: python -m tests.vectors FILE...   (JSON or .json.gz vector files)", file=sys.stderr)
        return 2
    counts: Counter[str] = Counter()
    for outcome in run(Path(argument) for argument in arguments):
        counts[outcome.status] += 1
        print(outcome)
    print(f"{counts['pass']} passed, {counts['fail']} failed, {counts['unserved']} unserved")
    return 1 if counts["fail"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
