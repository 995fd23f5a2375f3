"""The tables of a run: accounts, defaults, events, waterfall, charges, drops; flat rows from a resolution."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction

from seawall.core.book import KINDS, Book
from seawall.core.loss import Absorption, Default, Settlement
from seawall.core.money import format_decimal
from seawall.ledger.canonical import plain
from seawall.resolution import Resolution
from seawall.risk.detect import LIQUIDATABLE, UNSURE
from seawall.runs.drops import Drops
from seawall.runs.table_file import Column, Kind, Row, Table
from seawall.runs.value import money, value_of


def _columns(**kinds: Kind) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


ACCOUNTS = _columns(
    account="text",
    owner="text",
    status="text",
    health="number",
    equity_value="number",
    margin_equity_value="number",
    requirement_value="number",
    debt_value="number",
    collateral_value="number",
    outcome="text",
    charged_value="amount",
)
DEFAULTS = _columns(
    account="text",
    asset="text",
    pool="text",
    loss="amount",
    cash_shortfall="amount",
    lots="text",
    value="amount",
)
EVENTS = _columns(
    seq="whole",
    kind="text",
    account="text",
    commodity="text",
    bucket="text",
    leg="text",
    instrument="text",
    amount="amount",
    amount_raw="raw",
    reason="text",
)
WATERFALL = _columns(
    step="whole",
    default_account="text",
    pool="text",
    layer="text",
    kind="text",
    asset="text",
    taken="amount",
    held="amount",
    left="amount",
    dust="amount",
    avoided="amount",
    lots="text",
    charged_accounts="whole",
    working="text",
)
CHARGES = _columns(
    account="text",
    asset="text",
    amount="amount",
    amount_raw="raw",
    layer="text",
    default_account="text",
    reason="text",
)
DROPS = _columns(
    drop="amount",
    failing="whole",
    at_risk="amount",
    loss="amount",
    covered="amount",
    to_users="amount",
    dry="text",
)


def run_tables(resolution: Resolution, drops: Drops) -> list[Table]:
    """Return the tables of a run that are small enough for CSV everywhere."""
    return [
        Table("defaults", DEFAULTS, default_rows(resolution)),
        Table("waterfall", WATERFALL, waterfall_rows(resolution)),
        Table("charges", CHARGES, charge_rows(resolution)),
        Table("drops", DROPS, drop_rows(drops)),
    ]


def large_tables(resolution: Resolution) -> list[Table]:
    """Return the tables that go to Parquet where it can be written."""
    return [
        Table("accounts", ACCOUNTS, account_rows(resolution)),
        Table("events", EVENTS, event_rows(resolution)),
    ]


def account_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per user account: where it stood at oracle prices, what was done, what it was charged."""
    book, scan = resolution.before, resolution.scan
    outcome = {item.account: item.outcome for item in resolution.liquidations}
    charged: dict[str, Fraction] = {}
    for charge in resolution.charges:
        worth = value_of(book, resolution.market, charge.asset, charge.amount)
        charged[charge.account] = charged.get(charge.account, Fraction(0)) + worth
    status = {LIQUIDATABLE: "liquidatable", UNSURE: "unpriced"}
    health = scan.health
    for row in range(len(book)):
        if KINDS[book.accounts.kind[row]] != "user":
            continue
        name = str(book.accounts.id[row])
        yield {
            "account": name,
            "owner": str(book.accounts.owner[row]),
            "status": "insolvent" if scan.is_insolvent[row] else status.get(int(scan.flag[row]), "safe"),
            "health": None if health[row] == float("inf") else float(health[row]),
            "equity_value": float(scan.equity[row]),
            "margin_equity_value": float(scan.margin_equity[row]),
            "requirement_value": float(scan.requirement[row]),
            "debt_value": float(scan.debt[row]),
            "collateral_value": float(scan.collateral[row]),
            "outcome": outcome.get(name, ""),
            "charged_value": money(charged.get(name, Fraction(0))),
        }


def default_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per default, in the order liquidation handed them over."""
    book = resolution.before
    for item in resolution.defaults:
        decimals = book.asset(item.asset).decimals
        yield {
            "account": item.account,
            "asset": item.asset,
            "pool": item.pool,
            "loss": format_decimal(item.loss, decimals),
            "cash_shortfall": format_decimal(item.cash_shortfall, decimals),
            "lots": _lots(book, lots_of(item)),
            "value": money(value_of(book, resolution.market, item.asset, item.loss)),
        }


def lots_of(default: Default) -> dict[str, int]:
    """Return the signed lots of a default by instrument [quantity units]."""
    lots: dict[str, int] = {}
    for lot in default.lots:
        lots[lot.instrument] = lots.get(lot.instrument, 0) + lot.quantity
    return lots


def event_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per posting of the journal, in order."""
    book = resolution.before
    for entry in resolution.journal.entries:
        reason = entry.reason
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
                "leg": posting.leg if is_lots or posting.bucket == "cost" else "",
                "instrument": posting.instrument,
                "amount": format_decimal(posting.amount, decimals),
                "amount_raw": str(posting.amount),
                "reason": reason,
            }


def waterfall_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield what was settled, the answers of the layers, then the residuals; the working is JSON."""
    book = resolution.before
    for settled in resolution.settlements:
        yield _settlement_row(book, settled)
    for number, item in enumerate(resolution.absorptions, start=1):
        yield _absorption_row(book, number, item)
    for left in resolution.residuals:
        yield {
            "step": None,
            "default_account": left.default_account,
            "pool": left.pool,
            "layer": left.bearer,
            "kind": "residual",
            "asset": left.asset,
            "taken": format_decimal(left.amount, book.asset(left.asset).decimals),
            "held": "0",
            "left": "0",
            "dust": "0",
            "avoided": "0",
            "lots": "",
            "charged_accounts": 0,
            "working": _json(left.working),
        }


def _absorption_row(book: Book, number: int, item: Absorption) -> Row:
    decimals = book.asset(item.rest.asset).decimals
    return {
        "step": number,
        "default_account": item.rest.account,
        "pool": item.rest.pool,
        "layer": item.layer,
        "kind": item.kind,
        "asset": item.rest.asset,
        "taken": format_decimal(item.taken, decimals),
        "held": format_decimal(item.held, decimals),
        "left": format_decimal(item.rest.loss, decimals),
        "dust": format_decimal(item.dust, decimals),
        "avoided": format_decimal(item.avoided, decimals),
        "lots": _lots(book, item.lots_closed),
        "charged_accounts": len(item.charges),
        "working": _json(item.working),
    }


def _settlement_row(book: Book, item: Settlement) -> Row:
    # `left` goes on to the layers below, as a default of its own.
    held, decimals = item.pending, book.asset(item.pending.asset).decimals
    return {
        "step": None,
        "default_account": held.account,
        "pool": held.pool,
        "layer": held.layer,
        "kind": held.kind,
        "asset": held.asset,
        "taken": format_decimal(item.received, decimals),
        "held": format_decimal(item.left.amount if item.left else 0, decimals),
        "left": format_decimal(item.failed, decimals),
        "dust": format_decimal(item.dust, decimals),
        "avoided": format_decimal(item.avoided, decimals),
        "lots": "",
        "charged_accounts": len(item.charges),
        "working": _json(item.working),
    }


def charge_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per charge, in order: of what was settled, then of the layers."""
    book = resolution.before
    settled = (charge for item in resolution.settlements for charge in item.charges)
    for charge in (*settled, *resolution.charges):
        yield {
            "account": charge.account,
            "asset": charge.asset,
            "amount": format_decimal(charge.amount, book.asset(charge.asset).decimals),
            "amount_raw": str(charge.amount),
            "layer": charge.layer,
            "default_account": charge.default_account,
            "reason": charge.reason,
        }


def drop_rows(drops: Drops) -> Iterator[Row]:
    """Yield one row per move of all prices."""
    for item in drops.rows:
        yield {
            "drop": format_decimal(round(item.drop * 10**6), 6),
            "failing": item.failing,
            "at_risk": money(item.at_risk),
            "loss": money(item.loss),
            "covered": money(item.covered),
            "to_users": money(item.to_users),
            "dry": ", ".join(item.dry),
        }


def _lots(book: Book, lots: Mapping[str, int]) -> str:
    return "; ".join(
        f"{format_decimal(units, book.instrument(name).quantity_decimals)} {name}"
        for name, units in sorted(lots.items())
    )


def _json(working: object) -> str:
    return json.dumps(plain(working), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
