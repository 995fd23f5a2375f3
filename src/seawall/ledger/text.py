"""A journal as text, one JSON object a line: written to be checked by a stranger with a JSON reader.

Lines, in order: a head (`{"journal": ...}`), what each account held before (`{"opening": ...}`),
the entries (`{"entry": ..., "hash": ...}`), what each account holds after (`{"closing": ...}`),
and a seal (`{"seal": ...}`) that counts the entries and repeats the last hash, so that a file
cut short is noticed. The text of an entry between `{"entry":` and `,"hash":` is exactly what
was hashed.

Reading never fails: a damaged line is a problem with its line number, and the rest is
read. Whether what was read is sound is a question for `ledger.audit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.core.loss import Posting
from seawall.errors import Problem
from seawall.ledger.canonical import VERSION, encode, plain
from seawall.ledger.journal import Entry, Journal, digest_of, entry_text

_AMOUNT = re.compile(r"-?[1-9][0-9]{0,77}|0")
_JUNK = (ValueError, TypeError, KeyError, AttributeError, RecursionError)  # what damaged JSON can raise


def to_lines(journal: Journal) -> Iterator[str]:
    """Yield the lines of a journal, without line ends."""
    yield _head_line(journal)
    for name, held in sorted(journal.opening.items()):
        yield _holdings_line("opening", name, held)
    for entry in journal.entries:
        yield _entry_line(entry)
    for name, held in sorted(journal.closing.items()):
        yield _holdings_line("closing", name, held)
    yield _seal_line(journal)


def from_lines(lines: Iterable[str]) -> tuple[Journal, list[Problem]]:
    """Read a journal and say what is wrong with its text.

    Returns:
        The journal as far as it could be read, and the problems found, each with its line.
    """
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n").removeprefix("\ufeff" if number == 1 else "")
        if text:
            reader.read(number, text)
    return reader.finish()


@dataclass
class _Reader:
    # What was read so far; the journal without entries stands for the head.
    start: Journal | None = None
    digest: str = ""
    opening: dict[str, dict[str, int]] = field(default_factory=dict)
    closing: dict[str, dict[str, int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    seal: tuple[int, str] | None = None
    problems: list[Problem] = field(default_factory=list)

    def read(self, number: int, text: str) -> None:
        if self.seal is not None:
            self.problems.append(Problem("line_after_seal", "nothing may follow the seal", f"line {number}"))
        try:
            written = self._take(number, text)
        except _JUNK as error:
            self.problems.append(
                Problem("line_damaged", f"expected a line of a journal: {_short(error)}", f"line {number}")
            )
            return
        if written != text:
            self.problems.append(
                Problem("line_not_canonical", "the same content is written in another way", f"line {number}")
            )

    def _take(self, number: int, text: str) -> str:
        # Take the content of one line and return how Seawall would have written it.
        raw = json.loads(text)
        if "journal" in raw:
            return self._take_head(number, raw["journal"])
        if "opening" in raw:
            return _take_holdings("opening", raw["opening"], self.opening)
        if "entry" in raw:
            self.entries.append(_entry_of(raw))
            return _entry_line(self.entries[-1])
        if "closing" in raw:
            return _take_holdings("closing", raw["closing"], self.closing)
        if "seal" in raw:
            self.seal = (number, text)
            return encode(raw)
        raise ValueError(f"unknown line {sorted(raw)[:3]}")

    def _take_head(self, number: int, head: Mapping[str, Any]) -> str:
        if number != 1:
            raise ValueError("a head stands on the first line only")
        if head["version"] != VERSION:
            raise ValueError(f"version {head['version']!r}, this Seawall reads version {VERSION}")
        names = frozenset(_text(name) for name in head["may_be_negative"])
        self.start = Journal(
            _text(head["venue"]),
            _text(head["event_id"]),
            _whole(head["as_of"]),
            {},
            {},
            names,
            _text(head["dust_account"]),
        )
        self.digest = _text(head["opening"])
        return _head_line(self.start, self.digest)

    def finish(self) -> tuple[Journal, list[Problem]]:
        start = self.start or Journal("", "", 0, {}, {})
        journal = replace(start, opening=self.opening, closing=self.closing, entries=tuple(self.entries))
        if self.start is None:
            self.problems.append(Problem("head_missing", "expected the head of a journal", "line 1"))
        elif self.digest != digest_of(journal.opening):
            message = "the opening lines do not give the digest in the head"
            self.problems.append(Problem("opening_changed", message, "line 1"))
        return journal, [*self.problems, *_check_seal(journal, self.seal)]


def _take_holdings(what: str, row: Mapping[str, Any], into: dict[str, dict[str, int]]) -> str:
    name, held = _text(row["account"]), {_text(key): _amount(text) for key, text in row["holds"].items()}
    if name in into:
        raise ValueError(f"account {name!r} has two {what} lines")
    into[name] = held
    return _holdings_line(what, name, held)


def _check_seal(journal: Journal, seal: tuple[int, str] | None) -> Iterator[Problem]:
    if seal is None:
        yield Problem("seal_missing", f"the text ends after entry {len(journal.entries)} without a seal")
    elif seal[1] != _seal_line(journal):
        raw = json.loads(seal[1])["seal"]
        told = raw.get("entries") if isinstance(raw, dict) else None
        yield Problem(
            "seal_broken",
            f"the seal tells of {told!r} entries and other hashes; found {len(journal.entries)} entries",
            f"line {seal[0]}",
        )


def _head_line(journal: Journal, opening_digest: str | None = None) -> str:
    head = {
        "as_of": journal.as_of,
        "dust_account": journal.dust_account,
        "event_id": journal.event_id,
        "may_be_negative": sorted(journal.may_be_negative),
        "opening": digest_of(journal.opening) if opening_digest is None else opening_digest,
        "venue": journal.venue,
        "version": VERSION,
    }
    return encode({"journal": head})


def _holdings_line(what: str, name: str, held: Mapping[str, int]) -> str:
    holds = {key: str(amount) for key, amount in held.items()}
    return encode({what: {"account": name, "holds": holds}})


def _entry_line(entry: Entry) -> str:
    return f'{{"entry":{entry_text(entry)},"hash":{encode(entry.hash)}}}'


def _seal_line(journal: Journal) -> str:
    return encode(
        {
            "seal": {
                "closing": digest_of(journal.closing),
                "entries": len(journal.entries),
                "head": journal.head,
            }
        }
    )


def _entry_of(raw: Mapping[str, Any]) -> Entry:
    body = raw["entry"]
    working = body["working"]
    if not isinstance(working, dict) or plain(working) != working:
        raise ValueError("a working holds text, lists and mappings only")
    return Entry(
        _whole(body["seq"]),
        _text(body["event_id"]),
        _whole(body["as_of"]),
        _text(body["kind"]),
        tuple(_posting_of(item) for item in body["postings"]),
        working,
        _text(body["previous_hash"]),
        _text(raw["hash"]),
    )


def _posting_of(raw: Mapping[str, Any]) -> Posting:
    return Posting(
        account=_text(raw["account"]),
        commodity=_text(raw["commodity"]),
        amount=_amount(raw["amount"]),
        bucket=_text(raw["bucket"]),  # type: ignore[arg-type]  # audit judges it
        leg=_text(raw["leg"]),  # type: ignore[arg-type]  # audit judges it
        instrument=_text(raw["instrument"]),
        scaled=_amount(raw["scaled"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {_short(value)}")
    value.encode()  # half a surrogate pair has no bytes, and so no hash
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"expected a whole number, got {_short(value)}")
    return value


def _amount(value: object) -> int:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError(f"expected an amount as decimal text, got {_short(value)}")
    return int(value)


def _short(value: object) -> str:
    if isinstance(value, KeyError):
        return f"{value} is missing"
    text = str(value) if isinstance(value, Exception) else repr(value)
    return text[:80]
