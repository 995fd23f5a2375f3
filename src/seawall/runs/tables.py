"""The tables of a run: accounts, events, waterfall, charges; each a list of flat rows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from seawall.core.money import format_decimal
from seawall.resolution import Resolution
from seawall.runs.summary import money, value_of

STATUS = ("safe", "liquidatable", "unpriced")
Row = dict[str, Any]


def account_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per user account: where it stood, what was done to it, what it was charged."""
    book, scan = resolution.before, resolution.scan
    outcome = {item.account: item.outcome for item in resolution.liquidations}
    charged: dict[str, Fraction] = {}
    for charge in resolution.charges:
        worth = value_of(book, resolution.market, charge.asset, charge.amount)
        charged[charge.account] = charged.get(charge.account, Fraction(0)) + worth
    health = scan.health
    for row in range(len(book)):
        if book.accounts.kind[row] != 0:
            continue
        name = str(book.accounts.id[row])
        yield {
            "account": name,
            "owner": str(book.accounts.owner[row]),
            "status": "insolvent" if scan.is_insolvent[row] else STATUS[scan.flag[row]],
            "health": None if health[row] == float("inf") else float(health[row]),
            "equity_value": float(scan.equity[row]),
            "margin_equity_value": float(scan.margin_equity[row]),
            "requirement_value": float(scan.requirement[row]),
            "debt_value": float(scan.debt[row]),
            "outcome": outcome.get(name, ""),
            "charged_value": money(charged.get(name, Fraction(0))),
        }


def event_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per posting of the journal, in order."""
    book = resolution.before
    for entry in resolution.journal.entries:
        for posting in entry.postings:
            is_lots = posting.bucket == "lots"
            decimals = (
                book.instrument(posting.commodity).quantity_decimals
                if is_lots
                else book.asset(posting.commodity).decimals
            )
            yield {
                "seq": entry.seq,
                "kind": entry.kind,
                "account": posting.account,
                "commodity": posting.commodity,
                "bucket": posting.bucket,
                "amount": format_decimal(posting.amount, decimals),
                "amount_raw": str(posting.amount),
            }


def waterfall_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per answer of a layer, then one per residual."""
    book = resolution.before
    for number, item in enumerate(resolution.absorptions, start=1):
        decimals = book.asset(item.rest.asset).decimals
        yield {
            "step": number,
            "default_account": item.rest.account,
            "layer": item.layer,
            "kind": item.kind,
            "asset": item.rest.asset,
            "taken": format_decimal(item.taken, decimals),
            "left": format_decimal(item.rest.loss, decimals),
            "lots": "; ".join(
                f"{name} {format_decimal(units, book.instrument(name).quantity_decimals)}"
                for name, units in sorted(item.lots_closed.items())
            ),
            "charged_accounts": len(item.charges),
        }
    for left in resolution.residuals:
        yield {
            "step": "",
            "default_account": left.default_account,
            "layer": left.bearer,
            "kind": "residual",
            "asset": left.asset,
            "taken": format_decimal(left.amount, book.asset(left.asset).decimals),
            "left": "0",
            "lots": "",
            "charged_accounts": 0,
        }


def charge_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per charge, in order."""
    book = resolution.before
    for charge in resolution.charges:
        yield {
            "account": charge.account,
            "asset": charge.asset,
            "amount": format_decimal(charge.amount, book.asset(charge.asset).decimals),
            "amount_raw": str(charge.amount),
            "layer": charge.layer,
            "default_account": charge.default_account,
            "reason": charge.reason,
        }
