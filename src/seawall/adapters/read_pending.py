"""Losses that layers hold since earlier events, and what others did since: bids and withdrawals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.adapters.ids import Vocabulary, closest
from seawall.adapters.problem_log import shown
from seawall.adapters.read_accounts import Accounts
from seawall.adapters.read_registry import Registry
from seawall.adapters.tables import Folder
from seawall.core.event import Bid, Withdrawal
from seawall.core.loss import Pending
from seawall.core.terms import Terms

__all__ = ["read_bids", "read_pending", "read_withdrawals", "warn_of_unheld"]


def read_pending(folder: Folder, registry: Registry) -> tuple[Pending, ...]:
    """Read the pending losses with their memories, in id order."""
    found: dict[str, Pending] = {}
    memories: dict[str, dict[str, int]] = {}
    for record in folder.records("pending"):
        name, layer, kind = record.id("pending"), record.id("layer"), record.id("kind")
        account, pool = record.id("account"), record.id("pool")
        asset = record.id("asset", registry.asset_ids, "unknown_asset")
        amount = record.amount("amount", registry.decimals_of(asset))
        opened, due = record.time("opened"), record.time("due")
        if opened is not None and due is not None and due < opened:
            record.add("out_of_range", "lies before opened: expected a later instant", "due")
        if name is None or layer is None or kind is None or account is None or pool is None:
            continue
        if asset is None or amount is None or opened is None or due is None:
            continue
        memory = memories.setdefault(name, {})
        found[name] = Pending(name, layer, kind, account, asset, amount, opened, due, pool, memory)
    known = Vocabulary(sorted(found), is_closed=True)
    for record in folder.records("pending_memory"):
        name = record.id("pending", known, "unknown_pending")
        key, value = record.id("name"), record.amount("value", 0)
        if name is not None and key is not None and value is not None:
            memories[name][key] = value
    return tuple(item for _, item in sorted(found.items()))


def warn_of_unheld(folder: Folder, pending: Sequence[Pending], terms: Terms) -> None:
    """Warn of pending losses whose layer the terms no longer have: they fail at the next resolve."""
    names = sorted(layer.name for layer in terms.waterfall)
    for item in pending:
        if item.layer not in names:
            message = (
                f"{shown(item.id)} is held by layer {shown(item.layer)}, which the terms do not have"
                f"{closest(item.layer, names)}: it goes on to the other layers"
            )
            folder.log.warn("pending_layer", message, folder.name_of("pending"))


def read_bids(
    folder: Folder, pending: Sequence[Pending], registry: Registry, terms: Terms
) -> tuple[Bid, ...]:
    """Read bids; what they pay is in the asset of the loss, what they want in the layer's lot asset."""
    auctions = {item.id: item for item in pending}
    known = Vocabulary(sorted(auctions), is_closed=True)
    lots = _lot_assets(terms)
    bids = []
    for record in folder.records("bids"):
        name, bidder = record.id("auction", known, "unknown_pending"), record.id("bidder")
        auction = auctions.get(name) if name is not None else None
        if auction is not None and auction.layer not in lots:
            message = (
                f"layer {shown(auction.layer)} of {shown(auction.id)} sells nothing: expected an auction"
            )
            record.add("not_an_auction", message, "auction")
        pay = record.amount("pay", registry.decimals_of(auction.asset if auction else None))
        lot = record.amount("lot", registry.decimals_of(lots.get(auction.layer) if auction else None))
        at = record.time("at")
        if name is not None and bidder is not None and pay is not None and lot is not None and at is not None:
            bids.append(Bid(name, bidder, pay, lot, at))
    return tuple(bids)


def read_withdrawals(folder: Folder, accounts: Accounts, registry: Registry) -> tuple[Withdrawal, ...]:
    """Read withdrawals of accounts that are known."""
    found = []
    for record in folder.records("withdrawals"):
        account = record.id("account", accounts.known, "unknown_account")
        asset = record.id("asset", registry.asset_ids, "unknown_asset")
        amount, at = record.amount("amount", registry.decimals_of(asset)), record.time("at")
        if account is not None and asset is not None and amount is not None and at is not None:
            found.append(Withdrawal(account, asset, amount, at))
    return tuple(found)


def _lot_assets(terms: Terms) -> Mapping[str, str]:
    return {layer.name: lot for layer in terms.waterfall if (lot := str(getattr(layer, "lot_asset", "")))}
