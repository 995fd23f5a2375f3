"""The screen: lines for people, in 80 columns, coloured where a terminal wants it.

Text from an input is never read as markup, and loses its control characters on the way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seawall.cli.common import plain

if TYPE_CHECKING:
    from rich.console import Console

Part = str | tuple[str, str]
LABEL = 16
GOOD, BAD, SOFT, STRONG = "cyan", "red", "dim", "bold"


class Screen:
    """Prints lines made of parts, each a text or (text, style)."""

    def __init__(self, *, no_color: bool = False) -> None:
        from rich.console import Console

        self._is_plain = no_color or bool(os.environ.get("NO_COLOR"))
        self._console: Console = Console(
            no_color=self._is_plain, highlight=False, soft_wrap=True, markup=False
        )

    def line(self, *parts: Part) -> None:
        """Print one line."""
        from rich.text import Text

        text = Text()
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            text.append(plain(words), style=None if self._is_plain or not style else style)
        self._console.print(text)

    def fact(self, label: str, *parts: Part) -> None:
        """Print a label and what there is to say about it."""
        self.line((f" {label:<{LABEL}}", SOFT), *parts)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """Print columns under their heads, those of `right` flush right."""
        cells = [list(head), *([plain(cell) for cell in row] for row in rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
        for number, row in enumerate(cells):
            told = (
                cell.rjust(width) if place in right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.line(("  ".join(told).rstrip(), SOFT if number == 0 else ""))


def show_run(screen: Screen, summary: Mapping[str, Any], *, title: str = "") -> None:
    """Tell what a resolution came to in about nine lines."""
    from seawall.runs.drops import USERS_BEAR
    from seawall.runs.value import short

    fall = f", all prices down {float(summary['drop']) * 100:.3g} %" if float(summary["drop"]) else ""
    name = title or summary["venue"]
    screen.line(
        (name, STRONG), f"  {count(summary['accounts'], 'account')}{fall}, rulebook {summary['terms']}"
    )
    show_stale(screen, summary)
    outcomes = ", ".join(f"{each:,} {word.replace('_', ' ')}" for word, each in summary["outcomes"].items())
    under = f"{count(summary['liquidatable'], 'account')}, {summary['insolvent']:,} insolvent"
    screen.fact("under water", f"{under}: {outcomes}" if outcomes else under)
    gaps = summary["bad_debt"]["do_nothing"]
    oracle, market = (short(gaps[basis]["mark_gap"]) for basis in ("oracle", "market"))
    screen.fact(
        "mark gap", f"{oracle} {summary['base_currency']} at oracle prices, {market} at market prices"
    )
    totals = summary["totals"]
    screen.fact("recognised", f"{short(totals['loss'])} in {count(summary['defaults'], 'default')}")
    _largest(screen, summary)
    for row in summary["layers"]:
        if float(row["taken_value"]) and row["kind"] != "residual":
            style = BAD if row["kind"] in USERS_BEAR else GOOD
            borne = short(row["charged_value"])
            screen.fact(row["layer"].replace("_", " "), (borne, style), _how(row))
    _waiting(screen, summary)
    for row in summary["residual"][:1]:
        more = f" and {len(summary['residual']) - 1:,} more" if len(summary["residual"]) > 1 else ""
        screen.fact("left uncovered", (short(totals["uncovered"]), BAD), f", with {row['bearer']}{more}")
    _verdict(screen, summary)
    checks = summary["checks"]
    screen.fact(
        "checks",
        f"{checks['loss_minus_borne_units']} units missing | {checks['journal_entries']:,} entries, "
        f"{checks['journal_problems']} problems | head {checks['journal_head'][:12]}",
    )


def show_stale(screen: Screen, found: Mapping[str, Any]) -> None:
    """Say which prices are older than the terms allow, if any are."""
    names = found["stale_prices"]
    if names:
        more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        screen.fact("stale prices", (f"{', '.join(names[:3])}{more}", BAD), ": older than the terms allow")


def _waiting(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.value import short

    for row in summary["settlements"][:3]:
        received, back = row["received"], row["given_back"]
        on = f", {short(back['amount'])} goes on" if float(back["amount"]) else ""
        screen.fact(
            "settled", f"{row['layer']}: {short(received['amount'])} {received['asset']} received{on}"
        )
    if len(summary["settlements"]) > 3:
        screen.fact("settled", f"{len(summary['settlements']) - 3:,} more")
    if summary["pending"]:
        layers = sorted({row["layer"].replace("_", " ") for row in summary["pending"]})
        screen.fact("still held", f"{count(len(summary['pending']), 'part')} by {', '.join(layers)}")


def _largest(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.value import short

    for row in summary["top_defaults"][:1]:
        lots = [f"{float(units):,.4g} {name}" for name, units in row["lots"].items()]
        more = f", {lots[0]}{' and more' if len(lots) > 1 else ''} taken over" if lots else ""
        screen.fact("largest default", f"{row['account']}: {short(row['amount'])} {row['asset']}{more}")


def _how(row: Mapping[str, Any]) -> str:
    from seawall.runs.drops import USERS_BEAR
    from seawall.runs.value import short

    names = list(row["lots"])
    lots = f", closing {names[0]}" if names else ""
    if len(names) > 1:
        lots += f" and {count(len(names) - 1, 'more contract')}"
    if row["kind"] not in USERS_BEAR:
        return f" in cash{lots}"
    if not row["charged_accounts"]:
        return f" at no charge{lots}"
    who = "winner" if row["kind"] == "adl" else "holder"
    most = row["top_payer"]
    largest = f"{short(most['amount'])} {most['asset']}"
    return f" from {count(row['charged_accounts'], who)}, most from {most['account']}: {largest}"


def count(number: int, what: str) -> str:
    """Write a number of things.

    >>> count(1, "account"), count(1200, "account")
    ('1 account', '1,200 accounts')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _verdict(screen: Screen, summary: Mapping[str, Any]) -> None:
    from seawall.runs.value import short

    reached, totals = float(summary["totals"]["to_users"]), summary["totals"]
    said: Part = (
        (f"{short(totals['to_users'])} of {short(totals['loss'])}", BAD) if reached else ("nothing", GOOD)
    )
    edges = [
        (float(summary[f"{kind}break_point"]), f"a {word}", summary[f"{kind}break_asset"])
        for kind, word in (("", "fall"), ("rise_", "rise"))
        if summary.get(f"{kind}break_point") is not None
    ]
    dry = ""
    if edges:
        broken, move, asset = min(edges)
        dry = f"; first fund dry at {move} of {broken * 100:.3g} % ({asset})"
    screen.fact("reaches users", said, dry)
