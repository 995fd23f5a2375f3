"""Statements: the journal as one party sees it, from opening to closing, for users and funds alike.

The roll-forward is the statement of a loss: how the bad debt of an asset opened, grew and
fell. Bad debt stands in the account `deficit:<asset>`, below zero; it is told as a positive
number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.loss import Posting
from seawall.core.parties import deficit_of
from seawall.ledger.holdings import by_commodity, commodity_of, holding_of
from seawall.ledger.journal import Entry, Journal

_CLOSING_LOTS = (
    "close_out",
    "deleverage",
    "surplus",
)  # what lots bring changes the loss, and pays none of it


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as its account sees it.

    Attributes:
        seq, kind, reason: The entry, what happened and why.
        commodity, bucket: What moved, and in which of its holdings.
        amount: Signed change [minor units; quantity units for lots].
        counter_accounts: Who gave or received the other side, sorted; itself when it moved
            between its own holdings.
        balance: What the account has of the commodity after this line, all buckets together.
    """

    seq: int
    kind: str
    commodity: str
    bucket: str
    amount: int
    counter_accounts: tuple[str, ...]
    balance: int
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over one journal: opening plus the amounts of the lines is closing, per commodity."""

    account: str
    opening: Mapping[str, int]
    lines: tuple[StatementLine, ...]
    closing: Mapping[str, int]

    def rows(self) -> list[dict[str, object]]:
        """Return the statement as rows of a table: openings, lines in order, closings."""
        return [
            *(_edge_row("opening", commodity, amount) for commodity, amount in self.opening.items()),
            *(_line_row(line) for line in self.lines),
            *(_edge_row("closing", commodity, amount) for commodity, amount in self.closing.items()),
        ]


def statement(journal: Journal, account: str) -> Statement:
    """Return the statement of an account; one that the journal does not know is empty."""
    opening = by_commodity(journal.opening.get(account, {}))
    balances = dict(opening)
    lines: list[StatementLine] = []
    for entry in journal.entries:
        for posting in entry.postings:
            if posting.account == account:
                commodity = commodity_of(holding_of(posting))
                balances[commodity] = balances.get(commodity, 0) + posting.amount
                lines.append(_line(entry, posting, balances[commodity]))
    closing = {commodity: amount for commodity, amount in sorted(balances.items()) if amount}
    return Statement(account, opening, tuple(lines), closing)


@dataclass(frozen=True, slots=True)
class RollForward:
    """The bad debt of an asset over a journal [minor units].

    opening + recognised + accrued - recovered - covered = closing.

    Attributes:
        recognised: What was added, net of what closing lots brought; negative where that was more.
        accrued: Interest on it (entries `accrue...`).
        recovered, covered: What was taken off: paid by the debtor (`recover...`), or by anyone else.
    """

    asset: str
    opening: int
    recognised: int
    accrued: int
    recovered: int
    covered: int
    closing: int


def roll_forward(journal: Journal, asset: str) -> RollForward:
    """Return how the bad debt of an asset moved from opening to closing."""
    account = deficit_of(asset)
    parts = {"recognised": 0, "accrued": 0, "recovered": 0, "covered": 0}
    for entry in journal.entries:
        for posting in entry.postings:
            if posting.account == account and commodity_of(holding_of(posting)) == asset:
                part = _part(entry.kind, posting.amount)
                parts[part] += posting.amount if part in ("recovered", "covered") else -posting.amount
    return RollForward(
        asset,
        opening=-by_commodity(journal.opening.get(account, {})).get(asset, 0),
        closing=-by_commodity(journal.closing.get(account, {})).get(asset, 0),
        **parts,
    )


def _part(kind: str, amount: int) -> str:
    if kind.startswith("accrue"):
        return "accrued"
    if amount < 0 or kind in _CLOSING_LOTS:
        return "recognised"
    return "recovered" if kind.startswith("recover") else "covered"


def _line(entry: Entry, posting: Posting, balance: int) -> StatementLine:
    return StatementLine(
        entry.seq,
        entry.kind,
        commodity_of(holding_of(posting)),
        posting.bucket,
        posting.amount,
        _counter_accounts(entry, posting),
        balance,
        entry.reason,
    )


def _counter_accounts(entry: Entry, posting: Posting) -> tuple[str, ...]:
    commodity = commodity_of(holding_of(posting))
    opposite = {
        other.account
        for other in entry.postings
        if other.amount * posting.amount < 0 and commodity_of(holding_of(other)) == commodity
    }
    return tuple(sorted(opposite - {posting.account} or opposite))


def _line_row(line: StatementLine) -> dict[str, object]:
    return {
        "seq": line.seq,
        "kind": line.kind,
        "commodity": line.commodity,
        "bucket": line.bucket,
        "amount": line.amount,
        "counter_accounts": ", ".join(line.counter_accounts),
        "balance": line.balance,
        "reason": line.reason,
    }


def _edge_row(kind: str, commodity: str, balance: int) -> dict[str, object]:
    return {
        "seq": None,
        "kind": kind,
        "commodity": commodity,
        "bucket": "",
        "amount": None,
        "counter_accounts": "",
        "balance": balance,
        "reason": "",
    }
