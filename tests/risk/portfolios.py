"""Books of options and futures on two underlyings, and grids to margin them by."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Option, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.portfolio import GridScenario, PortfolioTerms
from seawall.core.terms import Terms
from seawall.core.units import PPM, WAD
from seawall.risk.options import model_worth, seconds_left
from seawall.venues import load_terms

USD = 10**8
DAY = 86400
AS_OF = 1_764_000_000
ASSETS = (Asset("BTC", 8), Asset("USDC", 6))
PRICES = {"BTC": Price(60_000 * USD), "USDC": Price(USD)}
LEVEL = {"BTC": 60_000 * USD, "ETH": 3_000 * USD}

GRID = PortfolioTerms(
    price_moves_ppm=(-160_000, -80_000, 0, 80_000, 160_000),
    vol_moves_ppm=(-300_000, 0, 380_000),
    term_power_ppm=300_000,
    extremes=(
        GridScenario(price_ppm=-500_000, vol_ppm=500_000, cover_ppm=400_000),
        GridScenario(price_ppm=600_000, vol_ppm=500_000, cover_ppm=400_000),
    ),
    future_ppm=6_000,
    short_option_ppm=10_000,
    short_option_floor_ppm=5_000,
)


def option(name: str, underlying: str, right: str, strike: int, days: int, *, in_coin: bool) -> Instrument:
    """An option, in dollars or in coins."""
    return Instrument(
        name,
        "BTC" if in_coin else "USDC",
        kind="option",
        quantity_decimals=2,
        underlying=underlying,
        option=Option("call" if right == "call" else "put", strike * USD, AS_OF + days * DAY, in_coin),
    )


INSTRUMENTS = (
    Instrument("BTC-COIN", "BTC", kind="inverse", multiplier=100 * 10**12, underlying="BTC"),
    Instrument("BTC-PERP", "USDC", quantity_decimals=3, underlying="BTC"),
    option("BTC-45-P", "BTC", "put", 45_000, 7, in_coin=True),
    option("BTC-50-P", "BTC", "put", 50_000, 30, in_coin=False),
    option("BTC-60-C", "BTC", "call", 60_000, 30, in_coin=False),
    option("BTC-60-P", "BTC", "put", 60_000, 30, in_coin=False),
    option("BTC-70-C", "BTC", "call", 70_000, 90, in_coin=True),
    option("ETH-3-C", "ETH", "call", 3_000, 60, in_coin=False),
    Instrument("ETH-PERP", "USDC", quantity_decimals=2, underlying="ETH"),
)
NAMES = tuple(item.id for item in INSTRUMENTS)


def market(vol: int = WAD * 6 // 10) -> Market:
    """Every option at what the model says it is worth."""
    seen = Market(as_of=AS_OF, prices=PRICES)
    marks = {}
    for item in INSTRUMENTS:
        level = LEVEL[item.underlying]
        if item.option is None:
            marks[item.id] = Mark(level, index=level - 10 * USD)
            continue
        worth = model_worth(item.option, level, vol, seconds_left(item.option, seen), seen.mark_decimals)
        marks[item.id] = Mark(worth // WAD, forward=level, vol=vol)
    return replace(seen, marks=marks)


MARKET = market()


def terms(grid: PortfolioTerms | None = GRID) -> Terms:
    """A perpetual exchange that margins portfolios by a grid."""
    return load_terms("linear_perp").model_copy(update={"portfolio": grid})


def account(name: str, usdc: int = 0, btc: int = 0, **held: int) -> Account:
    """A portfolio; `held` maps BTC_PERP to a signed quantity, at no cost."""
    return Account(
        name,
        margin_mode="portfolio",
        balances=(Balance("BTC", "cash", btc), Balance("USDC", "cash", usdc)),
        positions=tuple(
            Position(key.replace("_", "-"), "net", size, 0) for key, size in sorted(held.items()) if size
        ),
    )


def book(*accounts: Account) -> Book:
    """A book of these accounts."""
    return Book.of(accounts, assets=ASSETS, instruments=INSTRUMENTS, venue="options", as_of=AS_OF)


_moves = st.lists(st.integers(-900_000, 2 * PPM), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def grids(draw: st.DrawFn) -> PortfolioTerms:
    """Any grid."""
    moves = draw(_moves)
    return PortfolioTerms(
        price_moves_ppm=moves,
        vol_moves_ppm=draw(st.lists(st.integers(-PPM, PPM), min_size=1, max_size=3, unique=True).map(tuple)),
        vol_move=draw(st.sampled_from(["relative", "absolute"])),
        term_power_ppm=draw(st.sampled_from([0, 300_000])),
        extremes=draw(st.sampled_from([(), GRID.extremes])) if PPM * 6 // 10 not in moves else (),
        netting=draw(st.sampled_from(["underlying", "settle"])),
        future_ppm=draw(st.sampled_from([0, 6_000])),
        short_option_ppm=draw(st.sampled_from([0, 10_000])),
        short_option_floor_ppm=draw(st.sampled_from([0, 200_000])),
        maintenance_ppm=draw(st.sampled_from([PPM, 700_001])),
    )


@st.composite
def accounts(draw: st.DrawFn, name: str, *, names: tuple[str, ...] = NAMES) -> Account:
    """A portfolio of some instruments, in round and in odd sizes, now and then in two legs."""
    sizes = st.sampled_from([1, -1, 100, -100, 1000, -2500]) | st.integers(-(10**6), 10**6).filter(bool)
    held = []
    for key in draw(st.lists(st.sampled_from(names), max_size=6, unique=True)):
        size = draw(sizes)
        cost = draw(st.integers(-(10**9), 10**9))
        if draw(st.booleans()):
            held.append(Position(key, "net", size, cost))
        else:
            held += [
                Position(key, "long", abs(size), cost),
                Position(key, "short", -draw(st.integers(1, 10**4)), 0),
            ]
    balances = tuple(Balance(asset.id, "cash", draw(st.integers(-(10**9), 10**12))) for asset in ASSETS)
    return Account(
        name,
        margin_mode="portfolio",
        balances=balances,
        positions=tuple(sorted(held, key=lambda p: (p.instrument, p.leg))),
    )
