"""The journal of an event: balanced entries in order, each chained to the one before by its hash.

A journal is a value: it leads from an opening to a closing (what every touched account held
before and after), and a longer one is made by `append`. Entries follow `move -> entry`: what cannot be posted
(unbalanced, empty, not an integer) stops the program, because it is a bug of ours.

The chain shows every change to someone who holds a later hash. It does not stop whoever
rewrites the whole of it: for that the head must be held by others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from seawall.core.loss import Bucket, Leg, Move, Posting
from seawall.errors import InvariantError, require
from seawall.ledger.canonical import Plain, check_name, digest, encode, plain, quote
from seawall.ledger.holdings import BUCKETS, holding_of

Buckets = Mapping[str, Mapping[str, int]]
AMOUNT_LIMIT = 1 << 255  # amounts of the ledger fill at most 32 bytes

_BUCKETS, _LEGS = frozenset(get_args(Bucket)), frozenset(get_args(Leg))
_SCALED = ("supply", "debt")


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced movement with its reason, and its place in the chain.

    Attributes:
        seq: Number in the journal, from 1 without gaps.
        event_id, as_of: The event it belongs to, and its Unix time [s].
        kind: What happened: the kind of the move.
        postings: Signed changes; they sum to zero per commodity.
        working: Rule, inputs and roundings, in plain form (numbers are decimal text).
        previous_hash, hash: SHA-256 in hex; the first entry follows the genesis hash.
    """

    seq: int
    event_id: str
    as_of: int
    kind: str
    postings: tuple[Posting, ...]
    working: Mapping[str, Plain]
    previous_hash: str
    hash: str

    @property
    def reason(self) -> str:
        """Why, in a few words: the working's reason, or its layer and rule, or the kind."""
        given = [self.working.get("reason")] if "reason" in self.working else []
        named = given or [self.working.get("layer"), self.working.get("rule")]
        return ", ".join(word for word in named if isinstance(word, str) and word) or self.kind


@dataclass(frozen=True)
class Journal:
    """Entries in order, from an opening to a closing. Build one with `Journal.of`.

    Attributes:
        venue, event_id, as_of: What the journal was opened for; the genesis hash names them.
        opening, closing: What each account held before and holds after, by account and
            `bucket:commodity` (see `ledger.holdings`). The closing is what the book says, not what
            the postings give: `ledger.audit` compares the two.
        may_be_negative: Accounts without a declared sign (dust, deficits, outside parties).
        dust_account: Where rounding dust goes.
    """

    venue: str
    event_id: str
    as_of: int
    opening: Buckets
    closing: Buckets
    may_be_negative: frozenset[str] = frozenset()
    dust_account: str = "dust"
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        moves: Iterable[Move],
        *,
        event_id: str,
        as_of: int,
        opening: Buckets,
        closing: Buckets | None = None,
        may_be_negative: frozenset[str] = frozenset(),
        dust_account: str = "dust",
        venue: str = "",
    ) -> Journal:
        """Turn the moves of an event into a journal; without a closing it is what the moves give.

        Raises:
            InvariantError: A move cannot be posted, or holdings are not keyed by `bucket:commodity`.
            InputError: A name that could not be written back as it stands.
        """
        for name, what in ((venue, "venue"), (dust_account, "dust account")):
            check_name(name, what)
        for held in (opening, closing or {}):
            _check_holdings(held)
        start = _kept(opening)
        empty = cls(venue, event_id, as_of, start, start, may_be_negative, dust_account)
        return empty.append(moves, event_id=event_id, as_of=as_of, closing=closing)

    def append(
        self, moves: Iterable[Move], *, event_id: str, as_of: int, closing: Buckets | None = None
    ) -> Journal:
        """Return a journal with the moves of an event added; this one stays as it is."""
        check_name(event_id, "event id")
        entries, head = list(self.entries), self.head
        for move in moves:
            entries.append(_entry_of(move, len(entries) + 1, event_id, as_of, head))
            head = entries[-1].hash
        after = replay(self.closing, entries[len(self.entries) :]) if closing is None else closing
        return replace(self, entries=tuple(entries), closing=_kept(after))

    @property
    def head(self) -> str:
        """The hash that stands for everything so far: of the last entry, or of the genesis."""
        return self.entries[-1].hash if self.entries else genesis_hash(self, self.opening)


def replay(opening: Buckets, entries: Iterable[Entry]) -> dict[str, dict[str, int]]:
    """Return what every account holds after the entries: the opening plus their postings."""
    held = {name: dict(buckets) for name, buckets in opening.items()}
    for entry in entries:
        for posting in entry.postings:
            account, key = held.setdefault(posting.account, {}), holding_of(posting)
            account[key] = account.get(key, 0) + posting.amount
    return held


def faults_of(postings: Iterable[Posting]) -> list[str]:
    """Return why these postings cannot be an entry; empty when they can.

    Each posting moves something, in whole units; per commodity they sum to zero; and a
    commodity that moves does so between at least two places (an account may move it between
    its own buckets or positions).
    """
    faults: list[str] = []
    totals: dict[str, int] = {}
    home: dict[str, tuple[str, str, str, str]] = {}  # the first place where a commodity moves
    spread: set[str] = set()  # what moves elsewhere too
    for item in postings:
        fault = _fault_of(item)
        if fault:
            faults.append(f"{item.account}, {item.commodity}: {fault}")
            continue
        account, commodity, amount, bucket, leg, instrument, _ = item
        if bucket == "lots":
            commodity = f"lots:{commodity}"
        totals[commodity] = totals.get(commodity, 0) + amount
        place = (account, bucket, instrument, leg)
        if amount and home.setdefault(commodity, place) != place:
            spread.add(commodity)
    faults += [f"{commodity} sums to {total}, expected 0" for commodity, total in totals.items() if total]
    faults += [f"{commodity} moves within one place only" for commodity in home if commodity not in spread]
    return faults if totals or faults else ["no postings"]


def entry_text(entry: Entry) -> str:
    """Return the canonical text of an entry, without its own hash."""
    return _text_of(
        entry.seq,
        entry.event_id,
        entry.as_of,
        entry.kind,
        entry.postings,
        entry.working,
        entry.previous_hash,
    )


def _text_of(
    seq: int,
    event_id: str,
    as_of: int,
    kind: str,
    postings: tuple[Posting, ...],
    working: Mapping[str, Plain],
    previous_hash: str,
) -> str:
    # Laid out by hand, keys in order: half the time of the general encoder, to which a test holds it.
    lines = ",".join([_posting_text(item) for item in postings])
    return (
        f'{{"as_of":{as_of},"event_id":{quote(event_id)},"kind":{quote(kind)},"postings":[{lines}],'
        f'"previous_hash":{quote(previous_hash)},"seq":{seq},"working":{encode(working)}}}'
    )


def _posting_text(item: Posting) -> str:
    account, commodity, amount, bucket, leg, instrument, scaled = item
    return (
        f'{{"account":{quote(account)},"amount":"{amount}","bucket":{quote(bucket)},'
        f'"commodity":{quote(commodity)},"instrument":{quote(instrument)},'
        f'"leg":{quote(leg)},"scaled":"{scaled}"}}'
    )


def entry_hash(entry: Entry) -> str:
    """Return the hash that an entry must carry, computed from its fields."""
    return digest("entry", entry_text(entry))


def digest_of(holdings: Buckets) -> str:
    """Return the hash of what every account holds."""
    rows = {
        name: {key: str(amount) for key, amount in held.items()} for name, held in _kept(holdings).items()
    }
    return digest("holdings", encode(rows))


def genesis_hash(journal: Journal, opening: Buckets) -> str:
    """Return the hash that the first entry follows: it names the whole start of the journal."""
    start = {
        "as_of": journal.as_of,
        "dust_account": journal.dust_account,
        "event_id": journal.event_id,
        "may_be_negative": sorted(journal.may_be_negative),
        "opening": digest_of(opening),
        "venue": journal.venue,
    }
    return digest("genesis", encode(start))


def _entry_of(move: Move, seq: int, event_id: str, as_of: int, previous_hash: str) -> Entry:
    faults = faults_of(move.postings)
    if faults:
        raise InvariantError(f"entry {seq} ({move.kind}) cannot stand: {'; '.join(faults[:5])}", code="A2")
    working = plain(move.working)
    assert isinstance(working, dict)  # for the type checker: a mapping stays one
    text = _text_of(seq, event_id, as_of, move.kind, move.postings, working, previous_hash)
    if not text.isascii():  # ASCII is written back as it stands
        _check_names(move)
    own_hash = digest("entry", text)
    return Entry(seq, event_id, as_of, move.kind, move.postings, working, previous_hash, own_hash)


def _check_names(move: Move) -> None:
    check_name(move.kind, "kind")
    for item in move.postings:
        check_name(item.account, "account")
        check_name(item.commodity, "commodity")
        check_name(item.instrument, "instrument")


def _fault_of(item: Posting) -> str:
    _, _, amount, bucket, leg, _, scaled = item
    if type(amount) is not int or type(scaled) is not int:
        return f"expected Python ints, got {type(amount).__name__} and {type(scaled).__name__}"
    if not amount and not scaled:
        return "moves nothing"
    if not (-AMOUNT_LIMIT < amount < AMOUNT_LIMIT and -AMOUNT_LIMIT < scaled < AMOUNT_LIMIT):
        return "is beyond 32 bytes"
    if bucket not in _BUCKETS or leg not in _LEGS:
        return f"unknown bucket {bucket!r} or leg {leg!r}"
    if scaled and bucket not in _SCALED:
        return f"a scaled change belongs to supply or debt, not to {bucket}"
    return ""


def _kept(holdings: Buckets) -> dict[str, dict[str, int]]:
    # One form for equal holdings: sorted, without zeros, without accounts that hold nothing.
    kept: dict[str, dict[str, int]] = {}
    for name in sorted(holdings):
        held = {key: amount for key, amount in sorted(holdings[name].items()) if amount}
        if held:
            kept[name] = held
    return kept


def _check_holdings(holdings: Buckets) -> None:
    for name in holdings:
        check_name(name, "account")
    keys = {key for held in holdings.values() for key in held}
    for key in keys:
        check_name(key, "holding")
    sound = {key for key in keys if key.partition(":")[0] in BUCKETS}
    wrong = [
        f"{name} holds {amount!r} of {key!r}"
        for name, held in holdings.items()
        for key, amount in held.items()
        if key not in sound or type(amount) is not int
    ]
    require(not wrong, f"expected whole amounts under bucket:commodity: {'; '.join(wrong[:5])}")
