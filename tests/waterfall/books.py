"""Small books for the waterfall alone: funds, holders, an engine with lots, a deficit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Pool, Position
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default, Lots
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall

USD = Asset("USD", 2)
PERP = Instrument("PERP", "USD", quantity_decimals=2, pool="main")
SIDE = Instrument("SIDE", "USD", quantity_decimals=2, pool="main", lot=5)
PRICE = 10**8
EVENT = Event("event-1")


def terms_of(*layers: Mapping[str, Any], family: str = "exchange", **changes: Any) -> Terms:
    """A rulebook with a waterfall; a layer without a name takes that of its account or kind."""
    named = [
        {"name": str(layer.get("account", "")).removeprefix("fund:") or layer["kind"], **layer}
        for layer in layers
    ]
    raw: dict[str, Any] = {
        "venue": "test",
        "family": family,
        "rules": "linear_perp@1" if family == "exchange" else "generic_lending@1",
        "waterfall": named,
    }
    if family == "exchange":
        raw |= {
            policy: {"kind": kind}
            for policy, kind in {"size": "full", "sale": "takeover", "recognition": "at_close_out"}.items()
        }
        raw["instruments"] = {"*": {"maintenance": {"kind": "flat", "rate_ppm": 10_000}}}
    return Terms.build({**raw, **changes})


def account(name: str, cents: int = 0, *positions: Position, kind: str = "user", owner: str = "") -> Account:
    """Cash in cents, with positions."""
    balances = (Balance("USD", "cash", cents),) if cents else ()
    return Account(name, owner=owner, kind=kind, balances=balances, positions=positions)  # type: ignore[arg-type]


def fund(name: str, cents: int) -> Account:
    return account(f"fund:{name}", cents, kind="fund")


def position(quantity: int, entry_cents: int, instrument: str = "PERP", leg: str = "net") -> Position:
    """`quantity` hundredths of a contract, entered at `entry_cents` per contract (rounded down)."""
    return Position(instrument, leg, quantity, -(quantity * entry_cents // 100))  # type: ignore[arg-type]


def book_of(
    accounts: Iterable[Account],
    defaults: Iterable[Default] = (),
    *,
    instruments: Iterable[Instrument] = (PERP, SIDE),
) -> Book:
    """The accounts, and what liquidation left behind: lots with the engine, shortfalls as deficit."""
    held: dict[str, Position] = {}
    short = 0
    for default in defaults:
        short += default.cash_shortfall
        for lot in default.lots:
            old = held.get(lot.instrument, Position(lot.instrument, "net", 0, 0))
            held[lot.instrument] = Position(
                lot.instrument, "net", old.quantity + lot.quantity, old.cost - lot.takeover_value
            )
    engine = account("engine", 0, *held.values(), kind="venue")
    deficit = account("deficit:USD", -short, kind="venue")
    return Book.of([*accounts, engine, deficit], assets=[USD], instruments=instruments, venue="test")


def market_of(mark_cents: int = 10_000, side_cents: int = 5_000, *, previous: int | None = None) -> Market:
    """Marks in cents; the settle asset is worth one."""
    cent = PRICE // 100
    return Market(
        prices={"USD": Price(PRICE, PRICE)},
        marks={
            "PERP": Mark(mark_cents * cent, previous=None if previous is None else previous * cent),
            "SIDE": Mark(side_cents * cent),
        },
    )


def lots(quantity: int, takeover_cents: int, close_out_cents: int, instrument: str = "PERP") -> Lots:
    """`quantity` hundredths of a contract, at takeover and close-out prices in cents per contract."""
    return Lots(instrument, quantity, quantity * takeover_cents // 100, quantity * close_out_cents // 100)


def cash_default(cents: int, name: str = "failed", pool: str = "main") -> Default:
    return Default(name, "USD", cents, pool=pool)


def lots_default(*held: Lots, cents: int = 0, name: str = "failed") -> Default:
    return Default(name, "USD", cents, held, pool="main")


def run(
    accounts: Iterable[Account],
    terms: Terms,
    *defaults: Default,
    market: Market | None = None,
    event: Event = EVENT,
    instruments: Iterable[Instrument] = (PERP, SIDE),
) -> tuple[WaterfallResult, Draft]:
    """Run defaults through a waterfall over a fresh book of the accounts."""
    draft = Draft(book_of(accounts, defaults, instruments=instruments))
    return run_waterfall(draft, market or market_of(), terms, defaults, event=event), draft


def totals(book: Book) -> dict[str, int]:
    """Sum of cash and cost per asset, and of lots per instrument, over all accounts."""
    found: dict[str, int] = {}
    for row in book.rows():
        for balance in row.balances:
            found[balance.asset] = found.get(balance.asset, 0) + balance.scaled
        for held in row.positions:
            asset = book.instrument(held.instrument).settle_asset
            found[asset] = found.get(asset, 0) + held.cost
            found[held.instrument] = found.get(held.instrument, 0) + held.quantity
    return {name: amount for name, amount in found.items() if amount}


def supply_book(balances: Mapping[str, int], *, index: int = 10**27, deficit: int = 0) -> Book:
    """A lending pool of USD: scaled supply per account, and a deficit."""
    rows = [Account(name, balances=(Balance("USD", "supply", scaled),)) for name, scaled in balances.items()]
    rows.append(account("deficit:USD", -deficit, kind="venue"))
    return Book.of(rows, assets=[USD], pools=[Pool("USD", supply_index=index, deficit=deficit)], venue="test")
