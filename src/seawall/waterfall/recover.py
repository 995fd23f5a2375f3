"""Recoveries: money that comes back after a loss was shared out, given to those who bore it.

    claims that are due convert or lapse
    open claims, a lower priority first, pro rata within one
    what no layer bore: into the deficit that is still booked, or to the bearer who was charged
    those whom the layers charged, the last payer first, layers of equal rank together, pro rata
    what is left to the first fund that takes a surplus, else to the venue's surplus

Nobody gets more than it bore. The split is exact, by largest remainder, ties by sha256 of event,
layer and account. What is still open comes back with the answer, for the next instalment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.draft import Draft
from seawall.core.layers import FundTerms, LayerBase, in_ranks
from seawall.core.loss import Charge, Move, Posting, Residual, Working
from seawall.core.parties import RESIDUAL, is_bookkeeping
from seawall.core.terms import Terms
from seawall.errors import InputError, Problem, require
from seawall.waterfall.claims import claim_layers, mature, open_claims, repayment
from seawall.waterfall.layer import payment, surplus_of
from seawall.waterfall.open_losses import UNCOVERED, bearer_of, merged, still_open, still_uncovered

BREAKS: Mapping[str, Mapping[str, str]] = {
    "recover": {
        "S8": "each instalment is rounded: in parts a payee may get a unit more or less than at once",
    },
}


@dataclass(frozen=True, slots=True)
class Recovery:
    """Money that came back, > 0 [asset minor units], paid by an account of the book or outside it.

    A debtor that repays after its debt was written off, a sale of what was seized, a court's award:
    the payer says which.
    """

    payer: str
    asset: str
    amount: int
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """What one account gets back, > 0 [asset minor units].

    Attributes:
        account: Who gets it; the deficit account where the loss is still booked.
        layer: The layer that had charged it, or gave the claim; `uncovered` for a residual.
        claims: Claim units given back for it; 0 where none were held.
    """

    account: str
    asset: str
    amount: int
    layer: str
    claims: int = 0


@dataclass(frozen=True, slots=True)
class Recovered:
    """Who got what of a recovery; the refunds and the surplus sum to it exactly.

    Attributes:
        surplus: What is left when all is made whole, and `surplus_account` who received it.
        charges, residuals: What is still open of those given, for the next instalment.
        moves: What was posted, in order.
    """

    recovery: Recovery
    refunds: tuple[Refund, ...]
    surplus: int = 0
    surplus_account: str = ""
    charges: tuple[Charge, ...] = ()
    residuals: tuple[Residual, ...] = ()
    moves: tuple[Move, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class _Rank:
    # Those who are paid together: open amounts by (layer, account), and the postings that belong to each.
    name: str
    open: Mapping[tuple[str, str], int]
    claim_of: Mapping[tuple[str, str], str] = field(default_factory=dict)


def recover(
    draft: Draft,
    terms: Terms,
    recovery: Recovery,
    *,
    event_id: str,
    now: int = 0,
    charges: Iterable[Charge] = (),
    residuals: Iterable[Residual] = (),
) -> Recovered:
    """Share a recovery among those who bore the loss, in reverse seniority, posting to the draft.

    Args:
        draft: The book as it stands now; holders of claims are read from it.
        terms: The rulebook under which the loss was shared out.
        recovery: What came back.
        event_id: Names this recovery for ever; ties hang on it.
        now: Time of the recovery [unix s]; claims that matured by then are no longer repaid.
        charges, residuals: Of the earlier resolution, less what was given back since; those in
            another asset stay open. Charges of a layer that gave claims count as those claims.

    Raises:
        InputError: An amount that is not positive, a charge of a layer that the terms do not name, or
            a payer without the money; with every problem.
    """
    claiming = {layer.name for layer in claim_layers(terms)}
    held, left = [item for item in merged(charges) if item.layer not in claiming], list(residuals)
    problems = list(_faults(draft, terms, recovery, held, left))
    if problems:
        raise InputError.of(problems)
    moves = list(mature(draft, terms, now))
    refunds: list[Refund] = []
    missing = recovery.amount
    for rank in _ranks(draft, terms, recovery.asset, held, left):
        paid = _paid(rank, missing, event_id)
        missing -= sum(paid.values())
        if paid:
            refunds += _refunds(recovery.asset, rank, paid)
            moves.append(draft.carry_out(_move(recovery, rank, paid)))
    receiver = _surplus_account(terms, recovery) if missing else ""
    if missing:
        inputs = {"amount": missing, "account": receiver}
        moves.append(
            draft.post(
                "recovery:surplus",
                payment(recovery.payer, recovery.asset, missing, receiver),
                _working("all are made whole; the rest to the first fund that takes a surplus", inputs),
            )
        )
    require(
        sum(item.amount for item in refunds) + missing == recovery.amount,
        f"refunds and surplus {missing} do not sum to the recovery of {recovery.amount}",
    )
    given = {(item.layer, item.account): item.amount for item in refunds if not item.claims}
    return Recovered(
        recovery,
        tuple(refunds),
        missing,
        receiver,
        still_open(held, given, recovery.asset),
        still_uncovered(left, given, recovery.asset),
        tuple(moves),
    )


def _ranks(
    draft: Draft, terms: Terms, asset: str, charges: Sequence[Charge], residuals: Sequence[Residual]
) -> Iterator[_Rank]:
    for claims in open_claims(draft, terms, asset):
        held = {(layer, name): units for (layer, _, name), units in claims.held.items()}
        claim_of = {(layer, name): claim for layer, claim, name in claims.held}
        yield _Rank(f"claims of priority {claims.priority}", held, claim_of)
    uncovered: dict[tuple[str, str], int] = {}
    for residual in residuals:
        if residual.asset == asset:
            key = (UNCOVERED, bearer_of(residual))
            uncovered[key] = uncovered.get(key, 0) + residual.amount
    yield _Rank(UNCOVERED, uncovered)
    for group in reversed(in_ranks(terms.waterfall)):
        names = {layer.name for layer in group}
        yield _Rank(
            " and ".join(sorted(names)),
            {
                (item.layer, item.account): item.amount
                for item in charges
                if item.layer in names and item.asset == asset
            },
        )


def _paid(rank: _Rank, amount: int, event_id: str) -> dict[tuple[str, str], int]:
    keys = sorted(rank.open)
    weights = [rank.open[key] for key in keys]
    amount = min(amount, sum(weights))
    if not amount:
        return {}
    ties = tie_keys(event_id, [f"{layer}\0{account}" for layer, account in keys])
    shares = allocate_pro_rata(amount, weights, tie_key=ties)
    return {key: share for key, share in zip(keys, shares, strict=True) if share}


def _refunds(asset: str, rank: _Rank, paid: Mapping[tuple[str, str], int]) -> Iterator[Refund]:
    for (layer, account), amount in paid.items():
        claims = amount if (layer, account) in rank.claim_of else 0
        yield Refund(account, asset, amount, layer, claims)


def _move(recovery: Recovery, rank: _Rank, paid: Mapping[tuple[str, str], int]) -> Move:
    total = sum(paid.values())
    lines = [Posting(recovery.payer, recovery.asset, -total)]
    for key, amount in paid.items():
        lines.append(Posting(key[1], recovery.asset, amount))
        if key in rank.claim_of:
            lines += repayment(rank.claim_of[key], key[1], amount)
    inputs = {"paid": total, "open": sum(rank.open.values()), "payees": len(paid), "from": recovery.payer}
    return Move("recovery", tuple(lines), _working(f"give back to {rank.name}", inputs))


def _working(rule: str, inputs: Mapping[str, object]) -> Working:
    return {
        "layer": "recovery",
        "kind": "recovery",
        "rule": rule,
        "inputs": inputs,
        "formula": "min(recovery left, open) * open of each / open of all",
        "rounding": "largest remainder, ties by sha256 of event, layer and account",
    }


def _surplus_account(terms: Terms, recovery: Recovery) -> str:
    for group in in_ranks(terms.waterfall):
        for layer in group:
            if isinstance(layer, FundTerms) and layer.surplus and _covers(layer, recovery):
                return layer.account
    return surplus_of(recovery.asset)


def _covers(layer: LayerBase, recovery: Recovery) -> bool:
    return (not layer.assets or recovery.asset in layer.assets) and (
        not layer.pools or recovery.pool in layer.pools
    )


def _faults(
    draft: Draft,
    terms: Terms,
    recovery: Recovery,
    charges: Sequence[Charge],
    residuals: Sequence[Residual],
) -> Iterator[Problem]:
    if recovery.amount <= 0:
        yield Problem("negative_amount", f"a recovery of {recovery.amount}, expected more than 0")
    if recovery.asset not in draft.book.asset_row:
        known = ", ".join(sorted(draft.book.asset_row))
        message = f"a recovery in {recovery.asset!r}, expected an asset of the book ({known})"
        yield Problem("unknown_asset", message)
    elif is_bookkeeping(recovery.payer) or recovery.payer.startswith(RESIDUAL):
        message = f"{recovery.payer!r} has no money of its own: name who pays, external:NAME for one outside"
        yield Problem("payer_reserved", message)
    elif draft.account(recovery.payer).kind in ("user", "fund"):
        cash = draft.cash(recovery.payer, recovery.asset)
        if cash < recovery.amount:
            message = f"{recovery.payer} pays {recovery.amount} and has {cash}: let it pay what it has"
            yield Problem("payer_without_cash", message)
    names = {layer.name for layer in terms.waterfall}
    for name in sorted({item.layer for item in charges} - names):
        known = ", ".join(sorted(names)) or "none"
        message = f"charges of layer {name!r}, expected layers of the terms ({known}): use those of the loss"
        yield Problem("unknown_layer", message)
    for amount in (*(item.amount for item in charges), *(item.amount for item in residuals)):
        if amount <= 0:
            yield Problem("negative_amount", f"a charge of {amount}, expected more than 0")
