"""`python -m benchmarks [NAME...] [--json] [--rounds N]`: claims, measured; exit 1 only if answers differ.

`python -m benchmarks scaling --out DIR` measures how speed changes with the book, and draws it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.measure import ROUNDS, Row, surroundings

CLAIMS = (
    *("scan", "memory", "evm", "machines", "resolve", "allocation"),
    *("revaluation", "monitor", "storm_memory", "cascade", "agents"),
)
Rows = Callable[[int], Iterable[Row]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named claims (all by default) and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"claims: {', '.join(CLAIMS)}; all by default"
    )
    parser.add_argument("--json", action="store_true", help="one document instead of the table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="interleaved rounds, at least 5 to quote")
    parser.add_argument("--out", type=Path, help="folder for the document and the pictures of `scaling`")
    given = parser.parse_args(arguments)
    if given.names == ["scaling"] and given.out is not None:
        import_module("benchmarks.scaling").write(given.out)
        return 0
    unknown = sorted(set(given.names) - set(CLAIMS))
    if unknown:
        parser.error(f"no claim is called {', '.join(unknown)}; there are {', '.join(CLAIMS)}")
    before = surroundings()
    rows: list[Row] = []
    if not given.json:
        print(_heading(before))
    for name in given.names or CLAIMS:
        measure: Rows = import_module(f"benchmarks.{name}").rows
        for row in measure(given.rounds):
            rows.append(row)
            if not given.json:
                print(_line(row), flush=True)
    if given.json:
        after = {"load_average_after": surroundings()["load_average"]}
        print(json.dumps({**before, **after, "claims": [asdict(row) for row in rows]}, indent=1))
    return 1 if any(row.differences for row in rows) else 0


def _heading(found: dict[str, object]) -> str:
    packages = found["packages"]
    assert isinstance(packages, dict)  # for the type checker
    words = ", ".join(f"{name} {number}" for name, number in packages.items())
    return (
        f"{found['date']}, {found['processor']}, {found['cores']} cores, load {found['load_average']}\n"
        f"Python {found['python']}, {words}\n\n"
        "ratio = peer / ours, the median over rounds [least..most]; (-) marks a case chosen against us\n\n"
        f"{'claim':<24}{'ours':>9}{'peer':>9}{'ratio':>8}  {'[range]':<16}{'target':<10}what"
    )


def _line(row: Row) -> str:
    if row.ours is None:
        return f"{row.name:<24}not measured: {row.note}"
    spread = "" if row.low is None or row.high is None else f"[{_short(row.low)}..{_short(row.high)}]"
    ratio = "" if row.ratio is None else f"{_short(row.ratio)}x"
    peer = "" if row.peer is None else _amount(row.peer, row.unit)
    met = row.target is None or row.ratio is None or row.ratio >= row.target
    target = "" if row.target is None else f">={_short(row.target)}x{'' if met else ' no'}"
    name = row.name if row.is_favourable else f"{row.name} (-)"
    notes = [row.note] if row.note else []
    notes += [f"DIFFERS: {difference}" for difference in row.differences]
    line = (
        f"{name:<24}{_amount(row.ours, row.unit):>9}{peer:>9}{ratio:>8}  {spread:<16}{target:<10}{row.says}"
    )
    return "\n".join([line.rstrip(), *(f"{'':<26}{note}" for note in notes)])


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 20 else f"{number:.2g}" if number < 1 else f"{number:.1f}"


def _amount(number: float, unit: str) -> str:
    if unit != "s":
        return f"{number:.3g} {unit}"
    for factor, name in ((1.0, "s"), (1e3, "ms")):
        if number * factor >= 1:
            return f"{number * factor:.3g} {name}"
    return f"{number * 1e6:.3g} us"


if __name__ == "__main__":
    sys.exit(main())
