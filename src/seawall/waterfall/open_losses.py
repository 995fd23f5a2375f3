"""What of a past loss has not come back yet: charges and residuals, less what was given for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from seawall.core.loss import Charge, Residual
from seawall.core.parties import deficit_of
from seawall.waterfall.residual import stays_booked

UNCOVERED = "uncovered"
Given = Mapping[tuple[str, str], int]
"""Amount given back by (layer, account); the layer of a residual is `UNCOVERED`."""


def merged(charges: Iterable[Charge]) -> list[Charge]:
    """Return one charge for each layer, account and asset, in the order of their first."""
    found: dict[tuple[str, str, str], Charge] = {}
    for item in charges:
        key = (item.layer, item.account, item.asset)
        found[key] = replace(item, amount=item.amount + (found[key].amount if key in found else 0))
    return list(found.values())


def still_open(charges: Sequence[Charge], given: Given, asset: str) -> tuple[Charge, ...]:
    """Return merged charges less what was given back in an asset; those in another are left as they are."""
    left = (
        replace(item, amount=item.amount - given.get((item.layer, item.account), 0))
        if item.asset == asset
        else item
        for item in charges
    )
    return tuple(item for item in left if item.amount)


def still_uncovered(residuals: Sequence[Residual], given: Given, asset: str) -> tuple[Residual, ...]:
    """Return residuals less what was given back; several of one bearer are paid off in their order."""
    purse = {account: amount for (layer, account), amount in given.items() if layer == UNCOVERED}
    found = []
    for item in residuals:
        paid = min(item.amount, purse.get(bearer_of(item), 0)) if item.asset == asset else 0
        if paid:
            purse[bearer_of(item)] -= paid
        if item.amount > paid:
            found.append(replace(item, amount=item.amount - paid))
    return tuple(found)


def bearer_of(residual: Residual) -> str:
    """Return the account a recovery of it is paid to: the deficit itself where it is still booked."""
    return deficit_of(residual.asset) if stays_booked(residual.bearer) else residual.bearer
