"""Explanations: the working of a number, and the story of an account, as readable lines.

Nothing is computed again here: what a rule was given and what it rounded stands in the
working, and is only laid out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from seawall.core.loss import Charge
from seawall.core.money import format_decimal
from seawall.ledger.journal import Entry, Journal
from seawall.ledger.statement import StatementLine, statement
from seawall.ledger.whole_units import WholeUnits

_FIRST = ("layer", "kind", "rule", "reason", "formula", "inputs", "steps", "outputs", "rounding")
_SHOWN = 12  # of a long list; the journal has them all
_INDENT = "  "
_RATIO = re.compile(r"(-?\d{20,400})/([1-9]\d{0,400})")  # too long to read


def explain_working(working: Mapping[str, object], units: WholeUnits | None = None) -> list[str]:
    """Return a working as indented lines: layer, rule and formula first, then inputs and roundings.

    Args:
        working: As a rule left it, in smallest units.
        units: What its numbers are counted in; those known are told in whole units beside.
    """
    return list(_mapping_lines(working, units or WholeUnits()))


def explain_account(
    journal: Journal, charges: Iterable[Charge], account: str, *, decimals: Mapping[str, int] | None = None
) -> list[str]:
    """Tell the story of one account: what it had, what happened and why, what it was charged, what is left.

    Args:
        journal: Where it happened.
        charges: All charges of the resolution; those of the account are told.
        account: Whose story.
        decimals: Decimals by commodity (`lots:<instrument>` for contracts); without them an
            amount is told in smallest units.
    """
    story, places = statement(journal, account), decimals or {}
    entries = {entry.seq: entry for entry in journal.entries}
    lines = [f"account {account}", *_holds("had", story.opening, places), "what happened"]
    for seq in dict.fromkeys(line.seq for line in story.lines):
        told = [line for line in story.lines if line.seq == seq]
        lines += [_INDENT + text for text in _entry_lines(entries[seq], account, told, places)]
    if not story.lines:
        lines.append(_INDENT + "nothing")
    own = [charge for charge in charges if charge.account == account]
    lines.append("was charged")
    lines += [_INDENT + _charge_line(charge, places) for charge in own] or [_INDENT + "nothing"]
    return [*lines, *_holds("has", story.closing, places)]


def _holds(word: str, held: Mapping[str, int], places: Mapping[str, int]) -> list[str]:
    amounts = [_amount(amount, name, places) for name, amount in held.items()]
    return [word, *(_INDENT + text for text in amounts or ["nothing"])]


def _entry_lines(
    entry: Entry, account: str, told: Sequence[StatementLine], places: Mapping[str, int]
) -> list[str]:
    because = f": {entry.reason}" if entry.reason != entry.kind else ""
    details = [
        *(_move_line(line, account, places) for line in told),
        *explain_working(entry.working, WholeUnits.of(entry, places)),
    ]
    return [f"{entry.seq} {entry.kind}{because}", *(_INDENT + text for text in details)]


def _move_line(line: StatementLine, account: str, places: Mapping[str, int]) -> str:
    verb, toward = ("receives", "from") if line.amount > 0 else ("gives", "to")
    if not line.amount:
        return f"{line.bucket} of {line.commodity} is rescaled, its amount unchanged"
    where = f" ({line.bucket})" if line.bucket not in ("cash", "lots") else ""
    moved = _amount(abs(line.amount), line.commodity, places)
    left = _amount(line.balance, line.commodity, places)
    return f"{verb} {moved}{where} {toward} {_names(line, account)}; then has {left}"


def _names(line: StatementLine, account: str) -> str:
    if line.counter_accounts == (account,):
        return "its own holdings"
    shown = ", ".join(line.counter_accounts[:3])
    more = len(line.counter_accounts) - 3
    return f"{shown} and {more} more" if more > 0 else shown


def _charge_line(charge: Charge, places: Mapping[str, int]) -> str:
    amount = _amount(charge.amount, charge.asset, places)
    return f"{amount} by {charge.layer}, for the loss of {charge.default_account}: {charge.reason}"


def _amount(amount: int, commodity: str, places: Mapping[str, int]) -> str:
    name = commodity.removeprefix("lots:")
    if commodity in places:
        return f"{format_decimal(amount, places[commodity])} {name}"
    return f"{amount} units of {name}"


def _mapping_lines(mapping: Mapping[str, object], units: WholeUnits, under: str = "") -> Iterable[str]:
    ranked = sorted(mapping, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    for name in ranked:
        yield from _named_lines(str(name), mapping[name], units, under)


def _named_lines(name: str, value: object, units: WholeUnits, under: str) -> Iterable[str]:
    if isinstance(value, Mapping) and value:
        yield f"{name}:"
        yield from (_INDENT + line for line in _mapping_lines(value, units, name))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        yield f"{name}:"
        for number, item in enumerate(value[:_SHOWN], start=1):
            yield from (_INDENT + line for line in _named_lines(str(number), item, units, name))
        if len(value) > _SHOWN:
            yield f"{_INDENT}and {len(value) - _SHOWN} more"
    else:
        yield f"{name}: {_scalar(value)}{units.told(name, value, under=under)}"


def _scalar(value: object) -> str:
    if isinstance(value, (list, tuple)):
        shown = ", ".join(_scalar(item) for item in value[:_SHOWN])
        return f"{shown} and {len(value) - _SHOWN} more" if len(value) > _SHOWN else shown or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and (ratio := _RATIO.fullmatch(value)):
        return f"{float(Fraction(int(ratio[1]), int(ratio[2]))):.6g}, a ratio told in full in the journal"
    return "none" if value is None or value == {} else str(value)
