"""Open recovery claims: who holds them, in which order they are repaid, how they convert or lapse.

A claim is worth one unit of the asset it was given out for. Who holds it now is repaid, whoever
paid for it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seawall.core.draft import Draft
from seawall.core.layers import RecoveryClaimsTerms
from seawall.core.loss import Move, Posting
from seawall.core.parties import claims_of
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import InputError, MissingData, Problem
from seawall.waterfall.recovery_claims import claimed, matures


@dataclass(frozen=True, slots=True)
class ClaimClass:
    """Open claims of one priority: repaid together, in proportion.

    Attributes:
        priority: A lower one is repaid first.
        held: Open units by (layer, claim asset, holder) [minor units], > 0.
    """

    priority: int
    held: Mapping[tuple[str, str, str], int]


def open_claims(draft: Draft, terms: Terms, asset: str) -> tuple[ClaimClass, ...]:
    """Return the open claims on an asset, first repaid first."""
    classes: dict[int, dict[tuple[str, str, str], int]] = {}
    seen: set[str] = set()
    for layer in sorted(claim_layers(terms), key=lambda item: item.priority):
        if claimed(layer.claim_asset, asset) in draft.state and layer.claim_asset not in seen:
            seen.add(layer.claim_asset)
            held = classes.setdefault(layer.priority, {})
            held.update(
                {(layer.name, layer.claim_asset, name): units for name, units in holders(draft, layer)}
            )
    return tuple(ClaimClass(priority, held) for priority, held in classes.items() if held)


def repayment(claim: str, holder: str, units: int) -> tuple[Posting, Posting]:
    """Return the postings by which claims are given back; the cash for them is posted by the caller."""
    return Posting(holder, claim, -units), Posting(claims_of(claim), claim, units)


def convert(draft: Draft, terms: Terms, layer_name: str, wanted: Mapping[str, int]) -> Move:
    """Return the move that turns claims of some holders into equity, rounded down for each.

    Args:
        wanted: Claim units by holder, > 0.

    Raises:
        InputError: The layer gives no claims, they convert into nothing, or a holder has not as many;
            with every problem.
        MissingData: The book does not know the equity asset.
    """
    layer = next((item for item in claim_layers(terms) if item.name == layer_name), None)
    if layer is None:
        names = ", ".join(item.name for item in claim_layers(terms)) or "none"
        message = f"no layer {layer_name!r} gives claims, expected one of: {names}"
        raise InputError(message, code="unknown_layer")
    problems = list(_unconvertible(draft, layer, wanted))
    if problems:
        raise InputError.of(problems)
    return _conversion(draft, layer, dict(wanted), "holders convert claims")


def mature(draft: Draft, terms: Terms, now: int) -> tuple[Move, ...]:
    """Convert or cancel every open claim whose maturity has come, and carry the moves out.

    Args:
        now: Time of the event [unix s]; claims mature at their time, not after it.

    Raises:
        MissingData: The book does not know the equity asset.
    """
    moves = []
    for layer in claim_layers(terms):
        due = draft.state.get(matures(layer.claim_asset), 0)
        if not 0 < due <= now:
            continue
        rule = "claims mature: " + (
            f"{layer.converts_into} for them" if layer.converts_into else "they lapse"
        )
        moves.append(draft.carry_out(_conversion(draft, layer, dict(holders(draft, layer)), rule)))
        draft.state[matures(layer.claim_asset)] = 0
    return tuple(moves)


def claim_layers(terms: Terms) -> tuple[RecoveryClaimsTerms, ...]:
    """Return the layers that give out claims."""
    return tuple(layer for layer in terms.waterfall if isinstance(layer, RecoveryClaimsTerms))


def holders(draft: Draft, layer: RecoveryClaimsTerms) -> list[tuple[str, int]]:
    """Return (holder, open units) of a layer's claims, in id order."""
    if layer.claim_asset not in draft.book.asset_row:
        return []
    return [(name, units) for name, units in draft.holders(layer.claim_asset, "cash") if units > 0]


def _conversion(draft: Draft, layer: RecoveryClaimsTerms, units: Mapping[str, int], rule: str) -> Move:
    if layer.converts_into and layer.converts_into not in draft.book.asset_row:
        message = (
            f"layer {layer.name} converts into {layer.converts_into!r}, which the book does not know: add it"
        )
        raise MissingData(message, code="unknown_asset")
    lines: list[Posting] = []
    given = 0
    for name, amount in sorted(units.items()):
        equity = mul_div_down(amount, layer.conversion_bps, BPS) if layer.converts_into else 0
        lines += repayment(layer.claim_asset, name, amount)
        if equity:
            lines += (
                Posting(layer.issuer, layer.converts_into, -equity),
                Posting(name, layer.converts_into, equity),
            )
        given += equity
    working = {
        "layer": layer.name,
        "kind": layer.kind,
        "rule": rule,
        "inputs": {"claims": sum(units.values()), "holders": len(units), "equity": given}
        | {"converts_into": layer.converts_into, "conversion_bps": layer.conversion_bps},
        "formula": "equity = claims * conversion / 10000",
        "rounding": "down for each holder",
    }
    return Move("claims:converted" if layer.converts_into else "claims:lapsed", tuple(lines), working)


def _unconvertible(draft: Draft, layer: RecoveryClaimsTerms, wanted: Mapping[str, int]) -> Iterator[Problem]:
    if not layer.converts_into:
        yield Problem("not_convertible", f"claims of {layer.name} convert into nothing: set converts_into")
    held = dict(holders(draft, layer))
    for name, units in wanted.items():
        if not 0 < units <= held.get(name, 0):
            message = f"{name} converts {units} of {layer.claim_asset}, expected 1 to {held.get(name, 0)}"
            yield Problem("claims_exceeded", message)
