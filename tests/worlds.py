"""Named small books, each a story that fits in one line."""

from __future__ import annotations

from typing import Any

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Order, Pool, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.venues import load_rulebook, load_terms

USD = 10**8
USDT = Asset("USDT", 6)
BTC_PERP = Instrument("BTC-PERP", "USDT", quantity_decimals=3, pool="btc")
ETH_PERP = Instrument("ETH-PERP", "USDT", quantity_decimals=2, pool="alt")


def lending_terms(venue: str = "generic_lending", **changes: Any) -> Terms:
    """A lending rulebook over ETH (LT 80 %, bonus 5 %), BTC (75 %, 7 %) and USDC."""
    import tomllib

    raw = tomllib.loads(load_rulebook(venue))
    raw["assets"] = {
        "ETH": {"ltv_bps": 7500, "threshold_bps": 8000, "bonus_bps": 10500, "protocol_fee_bps": 1000},
        "BTC": {"ltv_bps": 7000, "threshold_bps": 7500, "bonus_bps": 10700, "protocol_fee_bps": 1000},
        "USDC": {"ltv_bps": 7700, "threshold_bps": 8000, "bonus_bps": 10450, "protocol_fee_bps": 1000},
    }
    return Terms.build({**raw, **changes})


def lending_book(*accounts: Account, cash: int = 10**12) -> Book:
    """A pool of ETH (18), BTC (8) and USDC (6), lp supplying plenty of each."""
    supplier = Account(
        "lp",
        balances=(
            Balance("ETH", "supply", 10**22),
            Balance("BTC", "supply", 10**11),
            Balance("USDC", "supply", 10**13),
        ),
    )
    pools = [Pool("ETH", cash=10**22), Pool("BTC", cash=10**11), Pool("USDC", cash=cash)]
    assets = [Asset("ETH", 18), Asset("BTC", 8), Asset("USDC", 6)]
    return Book.of([supplier, *accounts], assets=assets, pools=pools, venue="test")


def lending_market(eth_usd: int = 2000, btc_usd: int = 50_000, usdc: int = USD) -> Market:
    """ETH and BTC in whole dollars, USDC in price units; both bases alike."""
    return Market(
        prices={
            "ETH": Price(eth_usd * USD, eth_usd * USD),
            "BTC": Price(btc_usd * USD, btc_usd * USD),
            "USDC": Price(usdc, usdc),
        }
    )


def borrower(name: str, *, eth: int = 0, btc: int = 0, usdc_debt: int = 0) -> Account:
    """ETH and BTC in smallest units as collateral, USDC debt in smallest units."""
    balances = []
    if eth:
        balances.append(Balance("ETH", "supply", eth))
    if btc:
        balances.append(Balance("BTC", "supply", btc))
    if usdc_debt:
        balances.append(Balance("USDC", "debt", -usdc_debt))
    return Account(name, owner=name, balances=tuple(balances))


def trader(name: str, cash_usdt: int, *positions: Position, orders: tuple[Order, ...] = ()) -> Account:
    """Cash in whole USDT, with positions as given."""
    balances = (Balance("USDT", "cash", cash_usdt * USDT.unit),) if cash_usdt else ()
    return Account(name, owner=name, balances=balances, positions=positions, orders=orders)


def long_btc(milli_btc: int, entry_usdt: int) -> Position:
    """A long in thousandths of a BTC, entered at a whole price."""
    return Position("BTC-PERP", "net", milli_btc, -milli_btc * entry_usdt * USDT.unit // 1000)


def short_btc(milli_btc: int, entry_usdt: int) -> Position:
    """A short in thousandths of a BTC, entered at a whole price."""
    return Position("BTC-PERP", "net", -milli_btc, milli_btc * entry_usdt * USDT.unit // 1000)


def fund(name: str = "fund:insurance", *, usdt: int) -> Account:
    """A fund holding whole USDT."""
    return Account(name, kind="fund", balances=(Balance("USDT", "cash", usdt * USDT.unit),))


def exchange_book(*accounts: Account) -> Book:
    """A USDT-settled exchange with BTC and ETH perpetuals."""
    return Book.of(accounts, assets=[USDT], instruments=[BTC_PERP, ETH_PERP], venue="test")


def exchange_market(btc_usdt: int = 50_000, eth_usdt: int = 3000) -> Market:
    """Marks in whole USDT, USDT at one dollar."""
    return Market(
        prices={"USDT": Price(USD, USD)},
        marks={"BTC-PERP": Mark(btc_usdt * USD), "ETH-PERP": Mark(eth_usdt * USD)},
    )


def exchange_terms() -> Terms:
    return load_terms("linear_perp")


def alice_long_1_btc_bob_short(
    btc_usdt: int, *, alice_usdt: int = 3000, fund_usdt: int = 100
) -> tuple[Book, Market]:
    """Alice is long one BTC from 50,000 with little cash; Bob is short it and rich."""
    book = exchange_book(
        trader("alice", alice_usdt, long_btc(1000, 50_000)),
        trader("bob", 30_000, short_btc(1000, 50_000)),
        fund(usdt=fund_usdt),
    )
    return book, exchange_market(btc_usdt)
