"""What a resolution comes to, as plain data: the one source of summary.json, the screen and the report.

Amounts are decimal strings in whole units, named by asset; values are strings in the base currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from seawall.core.book import Book
from seawall.core.layers import LayerTerms
from seawall.core.market import Market
from seawall.core.money import format_decimal
from seawall.ledger.audit import audit
from seawall.resolution import BadDebts, Resolution, bad_debts
from seawall.risk.bad_debt import Gaps
from seawall.risk.exchange import VALUE_DECIMALS
from seawall.rules import lending_rules

TOP = 10


def summarise(resolution: Resolution, found: BadDebts | None = None) -> dict[str, Any]:
    """Return the summary of a resolution; every total follows from its parts.

    Args:
        found: The four bad debts, if they were computed already.
    """
    debts = bad_debts(resolution) if found is None else found
    book = resolution.before
    scan = resolution.scan
    return {
        "event": resolution.event.id,
        "venue": book.venue,
        "terms": resolution.terms.venue,
        "as_of": resolution.event.as_of or book.as_of,
        "seed": resolution.event.seed,
        "accounts": len(book),
        "liquidatable": int((scan.flag == 1).sum()),
        "insolvent": int(scan.is_insolvent.sum()),
        "unpriced": int((scan.flag == 2).sum()),
        "assessed_exactly": scan.unsure_count,
        "outcomes": _counts(item.outcome for item in resolution.liquidations),
        "toxic_calls": sum(item.toxic_calls for item in resolution.liquidations),
        "bad_debt": _bad_debt(debts, resolution),
        "loss": _by_asset(book, ((item.asset, item.loss) for item in resolution.defaults)),
        "layers": [_layer(layer, resolution) for layer in resolution.terms.waterfall],
        "residual": [
            {
                "account": item.default_account,
                "amount": amount(book, item.asset, item.amount),
                "value": money(value_of(book, resolution.market, item.asset, item.amount)),
                "bearer": item.bearer,
            }
            for item in resolution.residuals
        ],
        "surplus": _by_asset(book, ((item.asset, item.amount) for item in resolution.surpluses)),
        "top_defaults": _top_defaults(resolution),
        "charged_accounts": len({charge.account for charge in resolution.charges}),
        "example_charge": _example_charge(resolution),
        "checks": _checks(resolution),
    }


def amount(book: Book, asset: str, units: int) -> dict[str, str]:
    """Return an amount with its asset: whole units as a plain decimal string."""
    return {"asset": asset, "amount": format_decimal(units, book.asset(asset).decimals)}


def value_of(book: Book, market: Market, asset: str, units: int) -> Fraction:
    """Return what an amount is worth at the oracle price [base currency]; zero where unpriced."""
    return Fraction(units * (market.price(asset) or 0), book.asset(asset).unit * 10**market.price_decimals)


def money(value: Fraction) -> str:
    """Write a value in base currency with cents, halves up."""
    cents = int(abs(value) * 100 + Fraction(1, 2))
    return f"{'-' if value < 0 and cents else ''}{cents // 100}.{cents % 100:02}"


def _counts(items: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return dict(sorted(found.items()))


def _by_asset(book: Book, parts: Iterable[tuple[str, int]]) -> list[dict[str, str]]:
    totals: dict[str, int] = {}
    for asset, units in parts:
        totals[asset] = totals.get(asset, 0) + units
    return [amount(book, asset, units) for asset, units in sorted(totals.items())]


def _bad_debt(debts: BadDebts, resolution: Resolution) -> dict[str, Any]:
    scale = _value_scale(resolution)

    def both(gaps: Gaps) -> dict[str, str]:
        return {
            "mark_gap": money(Fraction(gaps.mark_gap, scale)),
            "liquidation_gap": money(Fraction(gaps.liquidation_gap, scale)),
        }

    book = resolution.before
    return {
        "do_nothing": {basis: both(gaps) for basis, gaps in debts.before.items()},
        "after": {basis: both(gaps) for basis, gaps in debts.after.items()},
        "recognised": [amount(book, asset, units) for asset, units in sorted(debts.recognised.items())],
        "uncovered": [amount(book, asset, units) for asset, units in sorted(debts.uncovered.items())],
    }


def _value_scale(resolution: Resolution) -> int:
    # Value units in one unit of base currency.
    unit: int = 10**resolution.market.price_decimals
    if resolution.terms.family == "lending":
        return unit * lending_rules(resolution.terms.rules).VALUE_UNIT
    scale: int = 10**VALUE_DECIMALS
    return unit * scale


def _layer(layer: LayerTerms, resolution: Resolution) -> dict[str, Any]:
    book = resolution.before
    answers = [item for item in resolution.absorptions if item.layer == layer.name]
    lots: dict[str, int] = {}
    for item in answers:
        for instrument, units in item.lots_closed.items():
            lots[instrument] = lots.get(instrument, 0) + units
    left = [(item.asset, item.amount) for item in resolution.residuals] if layer.kind == "residual" else []
    taken = [(item.rest.asset, item.taken) for item in answers] + left
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "taken": _by_asset(book, taken),
        "taken_value": money(sum((value_of(book, resolution.market, *part) for part in taken), Fraction(0))),
        "lots": {
            name: format_decimal(units, book.instrument(name).quantity_decimals)
            for name, units in sorted(lots.items())
        },
        "charged_accounts": len({charge.account for item in answers for charge in item.charges}),
        "avoided_value": money(
            sum(
                (value_of(book, resolution.market, item.rest.asset, item.avoided) for item in answers),
                Fraction(0),
            )
        ),
    }


def _top_defaults(resolution: Resolution) -> list[dict[str, Any]]:
    book, market = resolution.before, resolution.market
    ranked = sorted(
        resolution.defaults, key=lambda item: (-value_of(book, market, item.asset, item.loss), item.account)
    )
    return [
        {
            "account": item.account,
            **amount(book, item.asset, item.loss),
            "value": money(value_of(book, market, item.asset, item.loss)),
            "lots": {
                lot.instrument: format_decimal(
                    lot.quantity, book.instrument(lot.instrument).quantity_decimals
                )
                for lot in item.lots
            },
        }
        for item in ranked[:TOP]
    ]


def _example_charge(resolution: Resolution) -> str:
    # The user charged most, for whoever wants to see one account explained.
    book = resolution.before
    users = [
        charge
        for charge in resolution.charges
        if charge.account in book.row_of and book.accounts.kind[book.row_of[charge.account]] == 0
    ]
    if not users:
        return ""
    most = max(
        users, key=lambda item: (value_of(book, resolution.market, item.asset, item.amount), item.account)
    )
    return most.account


def _checks(resolution: Resolution) -> Mapping[str, Any]:
    lost = sum(item.loss for item in resolution.defaults)
    borne = sum(item.taken for item in resolution.absorptions) + sum(
        item.amount for item in resolution.residuals
    )
    return {
        "loss_minus_borne_units": str(lost - borne),
        "journal_entries": len(resolution.journal.entries),
        "journal_problems": len(audit(resolution.journal)),
        "journal_head": resolution.journal.head,
    }
