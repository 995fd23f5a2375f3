"""What a resolution comes to, as plain data: the one source of summary.json, the screen and the report.

Amounts are decimal strings in whole units, named by asset; values are strings in the base currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from seawall.core.book import KINDS
from seawall.core.layers import LayerBase
from seawall.core.loss import Settlement
from seawall.core.money import format_decimal
from seawall.ledger.audit import audit
from seawall.resolution import BadDebts, Resolution, bad_debts
from seawall.risk.bad_debt import Gaps
from seawall.risk.detect import LIQUIDATABLE, UNSURE
from seawall.risk.exchange import VALUE_DECIMALS
from seawall.rules import lending_rules
from seawall.runs.drops import USERS_BEAR, Drops
from seawall.runs.largest import example_charge, top_charges, top_defaults, top_payer
from seawall.runs.value import amount, by_asset, money, short, total_value, value_of

_HOW = {"adl": "by deleveraging", "mutualise": "by a share of all holders"}  # others by their layer's name


@dataclass(frozen=True, slots=True)
class About:
    """What a resolution does not know of itself.

    Attributes:
        base_currency: What values are counted in.
        version: Of the code that ran.
        is_synthetic: Whether the venue is made up; then every page says so.
        drop: Fall of all prices that was applied before.
        stale_prices: Assets and instruments whose price is older than the terms allow.
    """

    base_currency: str = "USD"
    version: str = ""
    is_synthetic: bool = False
    drop: Fraction = Fraction(0)
    stale_prices: tuple[str, ...] = ()


def summarise(
    resolution: Resolution,
    drops: Drops | None = None,
    *,
    about: About | None = None,
    found: BadDebts | None = None,
) -> dict[str, Any]:
    """Return the summary of a resolution; every total follows from its parts.

    Args:
        drops: What other falls would do, if that was asked.
        about: What the resolution does not know of itself.
        found: The four bad debts, if they were computed already.
    """
    told = about or About()
    debts = bad_debts(resolution) if found is None else found
    book, scan = resolution.before, resolution.scan
    summary: dict[str, Any] = {
        "event": resolution.event.id,
        "venue": book.venue,
        "terms": resolution.terms.venue,
        "family": resolution.terms.family,
        "base_currency": told.base_currency,
        "version": told.version,
        "synthetic": told.is_synthetic,
        "drop": f"{float(told.drop):.6g}",
        "stale_prices": list(told.stale_prices),
        "as_of": resolution.event.time(book.as_of),
        "seed": resolution.event.seed,
        "accounts": int((book.accounts.kind == KINDS.index("user")).sum()),
        "liquidatable": int((scan.flag == LIQUIDATABLE).sum()),
        "insolvent": int(scan.is_insolvent.sum()),
        "unpriced": int((scan.flag == UNSURE).sum()),
        "assessed_exactly": scan.unsure_count,
        "outcomes": _counts(item.outcome for item in resolution.liquidations),
        "toxic_calls": sum(item.toxic_calls for item in resolution.liquidations),
        "bad_debt": _bad_debt(debts, resolution),
        "defaults": len(resolution.defaults),
        "loss": by_asset(book, ((item.asset, item.loss) for item in resolution.defaults)),
        "totals": _totals(resolution),
        "layers": [_layer(layer, resolution) for layer in resolution.terms.waterfall],
        "settlements": _settlements(resolution),
        "pending": _pending(resolution),
        "residual": _residuals(resolution),
        "surplus": by_asset(book, ((item.asset, item.amount) for item in resolution.surpluses)),
        "top_defaults": top_defaults(resolution),
        "charged_accounts": len({charge.account for charge in resolution.charges}),
        "top_charges": top_charges(resolution),
        "example_charge": example_charge(resolution),
        "checks": _checks(resolution),
    }
    if drops is not None:
        summary["break_point"] = None if drops.break_point is None else f"{float(drops.break_point):.6f}"
        summary["break_asset"] = drops.break_asset
        rise = drops.rise_break_point
        summary["rise_break_point"] = None if rise is None else f"{float(rise):.6f}"
        summary["rise_break_asset"] = drops.rise_break_asset
        summary["fund_value"] = money(drops.fund)
    summary["verdict"] = verdict(summary)
    return summary


def verdict(summary: Mapping[str, Any]) -> str:
    """Say in one sentence who bears the loss."""
    if not summary["liquidatable"] and not summary["defaults"]:
        return "No account is under water."
    totals, currency = summary["totals"], summary["base_currency"]
    if not any(float(item["amount"]) for item in summary["loss"]):
        return "Accounts are under water, and their own collateral covers everything."
    if not float(totals["to_users"]) and float(totals["held"]):
        waits = f"{short(totals['held'])} of {short(totals['loss'])} {currency} waits in layers"
        return f"{waits}: no user was charged yet."
    if not float(totals["to_users"]):
        return f"The loss of {short(totals['loss'])} {currency} is covered: no user was charged."
    parts = [
        (_HOW.get(row["kind"], f"by {row['layer'].replace('_', ' ')}"), row["charged_value"])
        for row in summary["layers"]
        if row["kind"] in USERS_BEAR and float(row["charged_value"])
    ]
    if float(totals["uncovered"]):
        parts.append(("as debt left uncovered", totals["uncovered"]))
    how = parts[0][0] if len(parts) == 1 else ", ".join(f"{short(value)} {way}" for way, value in parts)
    return (
        f"The loss reaches users: {short(totals['to_users'])} of {short(totals['loss'])} {currency}, {how}."
    )


def _counts(items: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return dict(sorted(found.items()))


def _bad_debt(debts: BadDebts, resolution: Resolution) -> dict[str, Any]:
    scale = value_scale(resolution)

    def both(gaps: Gaps) -> dict[str, str]:
        return {
            "mark_gap": money(Fraction(gaps.mark_gap, scale)),
            "liquidation_gap": money(Fraction(gaps.liquidation_gap, scale)),
        }

    book, market = resolution.before, resolution.market

    def valued(units: Mapping[str, int]) -> dict[str, str]:
        # Recognised and uncovered are amounts of tokens; only their value depends on the prices.
        return {
            basis: money(
                sum(
                    (
                        Fraction(
                            amount * (market.price(asset, basis) or 0),
                            book.asset(asset).unit * 10**market.price_decimals,
                        )
                        for asset, amount in units.items()
                    ),
                    Fraction(0),
                )
            )
            for basis in debts.before
        }

    return {
        "do_nothing": {basis: both(gaps) for basis, gaps in debts.before.items()},
        "after": {basis: both(gaps) for basis, gaps in debts.after.items()},
        "recognised": by_asset(book, debts.recognised.items()),
        "recognised_value": valued(debts.recognised),
        "uncovered": by_asset(book, debts.uncovered.items()),
        "uncovered_value": valued(debts.uncovered),
    }


def value_scale(resolution: Resolution) -> int:
    """Return how many value units make one of the base currency."""
    unit = 10**resolution.market.price_decimals
    if resolution.terms.family == "lending":
        return int(unit * lending_rules(resolution.terms.rules).VALUE_UNIT)
    return int(unit * 10**VALUE_DECIMALS)


def _totals(resolution: Resolution) -> dict[str, str]:
    book, market = resolution.before, resolution.market
    loss = total_value(book, market, ((item.asset, item.loss) for item in resolution.defaults))
    covered = total_value(
        book,
        market,
        ((item.rest.asset, item.taken) for item in resolution.absorptions if item.kind not in USERS_BEAR),
    )
    uncovered = total_value(book, market, ((item.asset, item.amount) for item in resolution.residuals))
    users = [item for item in resolution.absorptions if item.kind in USERS_BEAR]
    charged = total_value(
        book, market, ((charge.asset, charge.amount) for item in users for charge in item.charges)
    )
    spared = total_value(book, market, ((item.rest.asset, item.avoided) for item in users))
    return {
        "loss": money(loss),
        "covered": money(covered),
        "to_users": money(charged + uncovered),
        "spared": money(spared),
        "uncovered": money(uncovered),
        "held": money(
            total_value(book, market, ((item.rest.asset, item.held) for item in resolution.absorptions))
        ),
    }


def _layer(layer: LayerBase, resolution: Resolution) -> dict[str, Any]:
    book, market = resolution.before, resolution.market
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
        "taken": by_asset(book, taken),
        "taken_value": money(total_value(book, market, taken)),
        "lots": {
            name: format_decimal(units, book.instrument(name).quantity_decimals)
            for name, units in sorted(lots.items())
        },
        "charged_accounts": len({charge.account for item in answers for charge in item.charges}),
        "charged_value": money(
            total_value(
                book, market, ((each.asset, each.amount) for item in answers for each in item.charges)
            )
        ),
        "top_payer": top_payer(resolution, (charge for item in answers for charge in item.charges)),
        "avoided_value": money(
            total_value(book, market, ((item.rest.asset, item.avoided) for item in answers))
        ),
        "rule": _rule(layer, answers[0].working.get("rule") if answers else None),
        "bearer": layer.names_bearer,
    }


def _rule(layer: LayerBase, worked: object) -> str:
    if layer.kind == "residual":
        return f"what is left stays with {layer.names_bearer}"
    return str(worked) if worked else ""


def _residuals(resolution: Resolution) -> list[dict[str, Any]]:
    book, market = resolution.before, resolution.market
    return [
        {
            "account": item.default_account,
            "amount": amount(book, item.asset, item.amount),
            "value": money(value_of(book, market, item.asset, item.amount)),
            "bearer": item.bearer,
        }
        for item in resolution.residuals
    ]


def _settlements(resolution: Resolution) -> list[dict[str, Any]]:
    book = resolution.before

    def told(item: Settlement) -> dict[str, Any]:
        asset = item.pending.asset
        return {
            "id": item.pending.id,
            "layer": item.pending.layer,
            "kind": item.pending.kind,
            "account": item.pending.account,
            "received": amount(book, asset, item.received),
            "given_back": amount(book, asset, item.failed),
            "held": amount(book, asset, item.left.amount if item.left else 0),
            "charged_accounts": len({charge.account for charge in item.charges}),
            "rule": str(item.working.get("rule", "")),
        }

    return [told(item) for item in resolution.settlements]


def _pending(resolution: Resolution) -> list[dict[str, Any]]:
    book = resolution.before
    return [
        {
            "id": item.id,
            "layer": item.layer,
            "kind": item.kind,
            "account": item.account,
            "amount": amount(book, item.asset, item.amount),
            "opened": item.opened,
            "due": item.due,
        }
        for item in resolution.pending
    ]


def _checks(resolution: Resolution) -> dict[str, Any]:
    # Per asset, so that one surplus cannot hide another gap.
    left: dict[str, int] = {}
    for default in resolution.defaults:
        left[default.asset] = left.get(default.asset, 0) + default.loss
    for item in resolution.absorptions:
        left[item.rest.asset] = left.get(item.rest.asset, 0) - item.taken - item.held
    for residual in resolution.residuals:
        left[residual.asset] = left.get(residual.asset, 0) - residual.amount
    unexplained = sum(
        abs(sum(charge.amount for charge in item.charges) + item.avoided - item.taken - item.dust)
        for item in resolution.absorptions
    )
    return {
        "loss_minus_borne_units": str(sum(abs(units) for units in left.values())),
        "charges_minus_taken_units": str(unexplained),
        "journal_entries": len(resolution.journal.entries),
        "journal_problems": len(audit(resolution.journal)),
        "journal_head": resolution.journal.head,
    }
