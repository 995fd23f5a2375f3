"""Audit a journal from its figures alone: no book, no rules, no trust in what wrote it.

Every violated law is listed, each with its id as the code and the entry it was found at:

* A1 per asset nothing appears or vanishes, by the postings and by opening against closing;
* A2 each entry balances per commodity and moves whole, non-zero amounts;
* A3 an account with a declared sign never stands below zero (cash and supply) or holds a debt
  above zero; kinds without a declared sign are named by the journal;
* A5 the rounding dust of an entry stays below the number of accounts it touched, each rounded
  by less than one unit (of the scaled balance, where that is the coarser one);
* E1 the closing is the opening plus the postings, per account and holding;
* E5 numbers without gap, each entry chained to the one before and carrying its own hash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from seawall.core.rounding import mul_div_down
from seawall.errors import Problem
from seawall.ledger.holdings import by_commodity, commodity_of, holding_of
from seawall.ledger.journal import Buckets, Entry, Journal, entry_hash, faults_of, genesis_hash


def audit(
    journal: Journal,
    opening: Buckets | None = None,
    closing: Buckets | None = None,
    *,
    head: str | None = None,
) -> list[Problem]:
    """Replay a journal and list every violated law, the first bad entry first.

    Args:
        journal: What is audited.
        opening, closing: Holdings before and after as another source has them, by account and
            `bucket:commodity`; those the journal carries by default.
        head: Last hash as someone else holds it. Only this shows that a journal was cut or
            rewritten as a whole, its hashes and its closing included.

    Returns:
        Problems, empty when all laws hold.
    """
    before = journal.opening if opening is None else opening
    after = journal.closing if closing is None else closing
    held = {name: dict(buckets) for name, buckets in before.items()}
    problems: list[Problem] = []
    previous = genesis_hash(journal, before)
    for seq, entry in enumerate(journal.entries, start=1):
        problems += _placed(_check_chain(entry, seq, previous), seq)
        problems += _placed(_check_balance(entry), seq)
        problems += _placed(_check_signs(entry, held, journal.may_be_negative), seq)
        problems += _placed(_check_dust(entry, journal.dust_account), seq)
        previous = entry.hash
    if head is not None and previous != head:
        message = f"the last hash is {previous[:16]}, expected {head[:16]}: entries are missing or changed"
        problems.append(Problem("E5", message, f"entry {len(journal.entries) + 1}"))
    problems += _check_conserved(journal)
    return [*problems, *_check_totals(before, after), *_check_closing(held, after)]


_Finding = tuple[str, str]  # law, message


def _placed(found: Iterator[_Finding], seq: int) -> Iterator[Problem]:
    return (Problem(law, message, f"entry {seq}") for law, message in found)


def _check_chain(entry: Entry, seq: int, previous: str) -> Iterator[_Finding]:
    if entry.seq != seq:
        yield "E5", f"expected number {seq}, got {entry.seq}: an entry is missing, doubled or out of order"
    if entry.previous_hash != previous:
        yield "E5", f"follows {entry.previous_hash[:16]}, expected {previous[:16]}: the chain is broken"
    if entry.hash != entry_hash(entry):
        yield "E5", f"carries {entry.hash[:16]}, its content gives {entry_hash(entry)[:16]}: it was changed"


def _check_balance(entry: Entry) -> Iterator[_Finding]:
    for fault in faults_of(entry.postings):
        yield "A2", fault


def _check_signs(entry: Entry, held: dict[str, dict[str, int]], free: Collection[str]) -> Iterator[_Finding]:
    # Applies the entry to `held`. A wrong sign counts where an entry makes it or makes it worse.
    before: dict[tuple[str, str], int] = {}
    for posting in entry.postings:
        account, key = held.setdefault(posting.account, {}), holding_of(posting)
        before.setdefault((posting.account, key), account.get(key, 0))
        account[key] = account.get(key, 0) + posting.amount
    for (name, key), old in before.items():
        new = held[name][key]
        if name in free:
            continue
        if key.startswith(("cash:", "supply:")) and new < min(0, old):
            yield "A3", f"{name} is left with {new} of {key}, expected at least 0"
        if key.startswith("debt:") and new > max(0, old):
            yield "A3", f"{name} is left with a debt of {-new} of {key}: more was repaid than owed"


def _check_dust(entry: Entry, dust_account: str) -> Iterator[_Finding]:
    dust: dict[str, int] = {}
    for posting in entry.postings:
        if posting.account == dust_account:
            commodity = commodity_of(holding_of(posting))
            dust[commodity] = dust.get(commodity, 0) + posting.amount
    for commodity, amount in dust.items():
        touched = len({posting.account for posting in entry.postings})
        if abs(amount) >= touched * _unit(entry, commodity):
            yield (
                "A5",
                f"{amount} units of {commodity} go to {dust_account!r}, expected fewer than "
                f"the {touched} accounts touched: that is no rounding",
            )


def _unit(entry: Entry, commodity: str) -> int:
    # What one scaled unit is worth in whole units of the asset: more than 1 only where an index passed 2.
    ratios = [
        mul_div_down(abs(item.amount), 1, abs(item.scaled))
        for item in entry.postings
        if item.scaled and item.commodity == commodity
    ]
    return max(1, *ratios) if ratios else 1


def _check_conserved(journal: Journal) -> Iterator[Problem]:
    totals: dict[tuple[str, str], int] = {}
    for entry in journal.entries:
        for posting in entry.postings:
            key = (entry.event_id, commodity_of(holding_of(posting)))
            totals[key] = totals.get(key, 0) + posting.amount
    for (event_id, commodity), total in totals.items():
        if total:
            message = f"{commodity} sums to {total} over the event, expected 0"
            yield Problem("A1", message, f"event {event_id}")


def _check_totals(opening: Buckets, closing: Buckets) -> Iterator[Problem]:
    before, after = _totals(opening), _totals(closing)
    for commodity in sorted(before.keys() | after.keys()):
        old, new = before.get(commodity, 0), after.get(commodity, 0)
        if old != new:
            yield Problem(
                "A1", f"{commodity} totals {old} in the opening and {new} in the closing", "closing"
            )


def _check_closing(held: Buckets, closing: Buckets) -> Iterator[Problem]:
    nothing: Mapping[str, int] = {}
    for name in sorted(held.keys() | closing.keys()):
        expected, found = held.get(name, nothing), closing.get(name, nothing)
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key, 0) != found.get(key, 0):
                yield Problem(
                    "E1",
                    f"{name} holds {found.get(key, 0)} of {key} in the closing, "
                    f"opening and postings give {expected.get(key, 0)}",
                    "closing",
                )


def _totals(buckets: Buckets) -> dict[str, int]:
    totals: dict[str, int] = {}
    for held in buckets.values():
        for commodity, amount in by_commodity(held).items():
            totals[commodity] = totals.get(commodity, 0) + amount
    return totals
