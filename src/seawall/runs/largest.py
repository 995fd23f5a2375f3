"""The largest of a run: defaults, charges, and who bears most of a layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seawall.core.book import KINDS
from seawall.core.loss import Charge
from seawall.core.money import format_decimal
from seawall.resolution import Resolution
from seawall.runs.tables import lots_of
from seawall.runs.value import amount, money, value_of

TOP = 10
TOP_CHARGES = 20


def top_defaults(resolution: Resolution) -> list[dict[str, Any]]:
    """Return the largest defaults by value, each with the positions taken over."""
    book, market = resolution.before, resolution.market
    ranked = sorted(
        (item for item in resolution.defaults if item.loss),
        key=lambda item: (
            -value_of(book, market, item.asset, item.loss),
            item.account,
            item.asset,
            item.pool,
        ),
    )
    return [
        {
            "account": item.account,
            **amount(book, item.asset, item.loss),
            "value": money(value_of(book, market, item.asset, item.loss)),
            "lots": {
                name: format_decimal(units, book.instrument(name).quantity_decimals)
                for name, units in sorted(lots_of(item).items())
            },
        }
        for item in ranked[:TOP]
    ]


def top_charges(resolution: Resolution) -> list[dict[str, str]]:
    """Return the largest charges of users; where no user was charged, those of the funds."""
    book, market = resolution.before, resolution.market
    charges = _user_charges(resolution) or resolution.charges
    ranked = sorted(
        charges,
        key=lambda item: (
            -value_of(book, market, item.asset, item.amount),
            item.account,
            item.default_account,
        ),
    )
    return [
        {
            "account": item.account,
            **amount(book, item.asset, item.amount),
            "value": money(value_of(book, market, item.asset, item.amount)),
            "layer": item.layer,
            "default_account": item.default_account,
            "reason": item.reason,
        }
        for item in ranked[:TOP_CHARGES]
    ]


def example_charge(resolution: Resolution) -> str:
    """Return the user charged most by one charge, to be explained; "" where none was."""
    book, market = resolution.before, resolution.market
    users = _user_charges(resolution)
    if not users:
        return ""
    return max(
        users, key=lambda item: (value_of(book, market, item.asset, item.amount), item.account)
    ).account


def _user_charges(resolution: Resolution) -> list[Charge]:
    book, user = resolution.before, KINDS.index("user")
    return [
        charge
        for charge in resolution.charges
        if charge.account in book.row_of and book.accounts.kind[book.row_of[charge.account]] == user
    ]


def top_payer(resolution: Resolution, charges: Iterable[Charge]) -> dict[str, str]:
    """Return who bears most of some charges in one asset, all of them added up; empty without any."""
    book, market = resolution.before, resolution.market
    borne: dict[tuple[str, str], int] = {}
    for charge in charges:
        key = (charge.account, charge.asset)
        borne[key] = borne.get(key, 0) + charge.amount
    if not borne:
        return {}
    account, asset = max(borne, key=lambda key: (value_of(book, market, key[1], borne[key]), key))
    return {"account": account, **amount(book, asset, borne[account, asset])}
