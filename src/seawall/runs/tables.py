"""The tables of a run: accounts, defaults, events, waterfall, charges, drops; flat rows from a resolution."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import isfinite

from seawall.core.book import KINDS, MODES, Book
from seawall.core.loss import Default, Pending, Residual
from seawall.core.money import format_decimal
from seawall.ledger.canonical import plain
from seawall.resolution import Resolution
from seawall.risk.assess import assess
from seawall.risk.detect import LIQUIDATABLE, UNSURE
from seawall.risk.exposures import exposures
from seawall.runs.drops import Drops
from seawall.runs.run_tables import ACCOUNTS, CHARGES, DEFAULTS, DROPS, EVENTS, EXPOSURES, WATERFALL
from seawall.runs.table_file import Row, Table
from seawall.runs.value import money, value_of


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
    found = [
        Table("accounts", ACCOUNTS, account_rows(resolution)),
        Table("events", EVENTS, event_rows(resolution)),
    ]
    if any(item.option for item in resolution.before.instruments):
        found.append(Table("exposures", EXPOSURES, exposure_rows(resolution)))
    return found


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
            "health": _figure(health[row]),
            "equity_value": _figure(scan.equity[row]),
            "margin_equity_value": _figure(scan.margin_equity[row]),
            "requirement_value": _figure(scan.requirement[row]),
            "debt_value": _figure(scan.debt[row]),
            "collateral_value": _figure(scan.collateral[row]),
            "outcome": outcome.get(name, ""),
            "charged_value": money(charged.get(name, Fraction(0))),
            "worst_scenario": _worst_scenario(resolution, row),
        }


def _worst_scenario(resolution: Resolution, row: int) -> str:
    # Words are for the few that fail: whoever is safe is never assessed one by one.
    book, scan = resolution.before, resolution.scan
    if MODES[book.accounts.margin_mode[row]] != "portfolio" or scan.flag[row] != LIQUIDATABLE:
        return ""
    known = scan.exact.get(row)
    health = known or assess(book.account(row), book, resolution.market, resolution.terms)
    return health.worst_scenarios


def exposure_rows(resolution: Resolution) -> Iterator[Row]:
    """Yield one row per user account and underlying: what its positions were exposed to, at oracle prices."""
    book = resolution.before
    found = exposures(book, resolution.market)
    columns = (found.account, found.underlying, found.notional, found.delta, found.gamma, found.vega)
    for row, code, notional, delta, gamma, vega in zip(*(each.tolist() for each in columns), strict=True):
        if KINDS[book.accounts.kind[row]] == "user":
            yield {
                "account": str(book.accounts.id[row]),
                "underlying": found.underlyings[code],
                "notional_value": _figure(notional),
                "delta_value": _figure(delta),
                "gamma_value": _figure(gamma),
                "vega_value": _figure(vega),
            }


def _figure(value: float) -> float | None:
    # Nothing where nothing is owed (infinite health), or a price is missing.
    return float(value) if isfinite(value) else None


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
        # `failed` goes on to the layers below, as a default of its own.
        held, still = settled.pending, settled.left.amount if settled.left else 0
        amounts = (settled.received, still, settled.failed, settled.dust, settled.avoided)
        yield _waterfall_row(
            book, held, held.layer, held.kind, amounts, settled.working, len(settled.charges)
        )
    for step, item in enumerate(resolution.absorptions, start=1):
        amounts = (item.taken, item.held, item.rest.loss, item.dust, item.avoided)
        row = _waterfall_row(book, item.rest, item.layer, item.kind, amounts, item.working, len(item.charges))
        yield {**row, "step": step, "lots": _lots(book, item.lots_closed)}
    for left in resolution.residuals:
        yield _waterfall_row(book, left, left.bearer, "residual", (left.amount, 0, 0, 0, 0), left.working, 0)


def _waterfall_row(
    book: Book,
    whose: Default | Pending | Residual,
    layer: str,
    kind: str,
    amounts: tuple[int, int, int, int, int],
    working: object,
    charged: int,
) -> Row:
    # `amounts` are taken, held, left, dust and avoided [minor units].
    decimals = book.asset(whose.asset).decimals
    taken, held, left, dust, avoided = (format_decimal(units, decimals) for units in amounts)
    return {
        "step": None,
        "default_account": whose.default_account if isinstance(whose, Residual) else whose.account,
        "pool": whose.pool,
        "layer": layer,
        "kind": kind,
        "asset": whose.asset,
        "taken": taken,
        "held": held,
        "left": left,
        "dust": dust,
        "avoided": avoided,
        "lots": "",
        "charged_accounts": charged,
        "working": _json(working),
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
