"""What a waterfall used alone came to, as one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.core.layers import in_ranks
from seawall.core.loss import Absorption, Default
from seawall.core.money import format_decimal
from seawall.ledger.audit import audit
from seawall.resolution import SharedOut
from seawall.runs.value import amount
from seawall.waterfall.plan import warnings


def summarise_waterfall(run: SharedOut) -> dict[str, Any]:
    """Return losses, what each layer took and left, charges (largest first), and the checks.

    Amounts are decimal strings in whole units, each with its asset.
    """
    found, book = run.waterfall, run.before
    charged: dict[tuple[str, str, str], int] = {}
    for charge in found.charges:
        key = (charge.account, charge.asset, charge.layer)
        charged[key] = charged.get(key, 0) + charge.amount
    return {
        "event": run.event.id,
        "plan": run.terms.venue,
        "losses": [
            {"account": item.account, "pool": item.pool, **amount(book, item.asset, item.loss)}
            for item in found.defaults
        ],
        "layers": _layers(run),
        "charges": [
            {"account": name, "layer": layer, **amount(book, asset, units)}
            for (name, asset, layer), units in sorted(
                charged.items(), key=lambda item: (item[0][1], -item[1], item[0])
            )
        ],
        "pending": [
            {"id": item.id, "layer": item.layer, "due": item.due, **amount(book, item.asset, item.amount)}
            for item in found.pending
        ],
        "residual": [
            {"account": item.default_account, "bearer": item.bearer, **amount(book, item.asset, item.amount)}
            for item in found.residuals
        ],
        "warnings": [str(item) for item in warnings(run.terms)],
        "checks": _checks(run),
    }


def _layers(run: SharedOut) -> list[dict[str, Any]]:
    # One row for each layer and asset of a loss, in the order asked; `left` runs down.
    found, book = run.waterfall, run.before
    left: dict[str, int] = {}
    for default in found.defaults:
        left[default.asset] = left.get(default.asset, 0) + default.loss
    rows = []
    for layer in (layer for group in in_ranks(run.terms.waterfall) for layer in group):
        for asset in sorted(left):
            answers = [
                item for item in found.absorptions if item.layer == layer.name and item.rest.asset == asset
            ]
            taken, held = sum(item.taken for item in answers), sum(item.held for item in answers)
            left[asset] -= taken + held
            places = book.asset(asset).decimals
            rows.append(
                {
                    "layer": layer.name,
                    "kind": layer.kind,
                    "asset": asset,
                    "taken": format_decimal(taken, places),
                    "held": format_decimal(held, places),
                    "left": format_decimal(left[asset], places),
                    "charged_accounts": len({charge.account for item in answers for charge in item.charges}),
                    "workings": [item.working for item in answers],
                }
            )
    return rows


def _checks(run: SharedOut) -> Mapping[str, Any]:
    found = run.waterfall
    unborne: dict[str, int] = {}
    for item in found.defaults:
        _add(unborne, item, item.loss)
    for answer in found.absorptions:
        _add(unborne, answer.rest, -answer.taken - answer.held)
    for residual in found.residuals:
        unborne[residual.asset] = unborne.get(residual.asset, 0) - residual.amount
    return {
        "loss_minus_borne_units": str(sum(abs(units) for units in unborne.values())),
        "charges_minus_taken_units": str(sum(abs(_gap(answer)) for answer in found.absorptions)),
        "journal_entries": len(run.journal.entries),
        "journal_problems": len(audit(run.journal)),
        "journal_head": run.journal.head,
    }


def _add(totals: dict[str, int], default: Default, units: int) -> None:
    totals[default.asset] = totals.get(default.asset, 0) + units


def _gap(answer: Absorption) -> int:
    return sum(charge.amount for charge in answer.charges) + answer.avoided - answer.taken - answer.dust
