"""Random venues for the round trip: books, markets and terms that are sound and otherwise arbitrary."""

from __future__ import annotations

import tomllib

from hypothesis import strategies as st

from seawall.core.book import (
    KINDS,
    MODES,
    RAY,
    Account,
    Asset,
    Balance,
    Book,
    Instrument,
    Option,
    Order,
    Pool,
    Position,
)
from seawall.core.loss import Pending
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.core.terms import Terms
from seawall.venues import load_rulebook

TOP = 10**37
ids = st.one_of(
    st.from_regex(r"[a-z0-9:=@+\-'\" ,éж]{1,8}", fullmatch=True).map(str.strip).filter(bool),
    st.sampled_from(
        ["=SUM(A1)", "'=x", "-1", "'", "''@y", 'a"b', "0x52908400098527886e0f7030069857d2e4169ee7"]
    ),
)
amounts = st.one_of(st.integers(0, 10**6), st.integers(0, TOP))
signed = st.one_of(st.integers(-(10**6), 10**6), st.integers(-TOP, TOP))
prices = st.none() | st.integers(0, 10**20)
instants = st.integers(0, 4_000_000_000)


above_zero = st.integers(1, 10**20)
_options = st.builds(Option, st.sampled_from(["call", "put"]), above_zero, instants, st.booleans())
_marks = st.builds(Mark, prices, prices, prices, prices)
_option_marks = st.builds(
    Mark, prices, prices, prices, prices, forward=st.none() | above_zero, vol=st.none() | above_zero
)


@st.composite
def venues(draw: st.DrawFn) -> tuple[Book, Market, Terms]:
    """A book with its market and terms."""
    assets = draw(
        st.lists(st.builds(Asset, ids, st.integers(0, 36)), min_size=1, max_size=3, unique_by=lambda a: a.id)
    )
    names = [asset.id for asset in assets]
    instruments = draw(st.lists(_instruments(names), max_size=3, unique_by=lambda item: item.id))
    sets = draw(st.lists(ids, max_size=2, unique=True))
    account_ids = draw(st.lists(ids, max_size=5, unique=True))
    accounts = [draw(_accounts(name, names, instruments, sets)) for name in account_ids]
    pools = draw(st.lists(_pools(names), max_size=2, unique_by=lambda pool: pool.asset))
    state = draw(st.dictionaries(ids, signed, max_size=2))
    book = Book.of(
        accounts,
        assets=assets,
        instruments=instruments,
        pools=pools,
        venue=draw(ids),
        as_of=draw(instants),
        state=state,
        pending=draw(st.lists(_pending(names), max_size=2, unique_by=lambda item: item.id)),
    )
    return book, draw(_markets(names, instruments, sets)), _terms(names, sets, draw(st.booleans()))


@st.composite
def _pending(draw: st.DrawFn, assets: list[str]) -> Pending:
    opened = draw(instants)
    return Pending(
        draw(ids),
        draw(ids),
        draw(ids),
        draw(ids),
        draw(st.sampled_from(assets)),
        draw(signed.map(abs).filter(bool)),
        opened,
        opened + draw(st.integers(0, 10**6)),
        draw(ids),
        draw(st.dictionaries(ids, signed, max_size=3)),
    )


@st.composite
def _instruments(draw: st.DrawFn, assets: list[str]) -> Instrument:
    kind = draw(st.sampled_from(["linear", "inverse", "option"]))
    option = draw(_options) if kind == "option" else None
    return Instrument(
        draw(ids),
        draw(st.sampled_from(assets)),
        kind=kind,
        quantity_decimals=draw(st.integers(0, 12)),
        lot=draw(st.integers(1, 10**9)),
        tick=draw(st.integers(1, 10**9)),
        multiplier=draw(st.integers(1, 10**15)),
        pool=draw(st.just("") | ids),
        funding_index=draw(signed),
        underlying=draw(ids if option else st.just("") | ids),
        option=option,
    )


@st.composite
def _accounts(
    draw: st.DrawFn, name: str, assets: list[str], instruments: list[Instrument], sets: list[str]
) -> Account:
    kind = draw(st.sampled_from(KINDS))
    keys = [(asset, side) for asset in assets for side in ("cash", "supply", "debt")]
    balances = []
    for asset, side in draw(st.lists(st.sampled_from(keys), max_size=4, unique=True)):
        size = draw(amounts)
        if side == "cash" and kind != "fund":
            size = draw(signed)
        scaled = -size if side == "debt" else size
        balances.append(Balance(asset, side, scaled, draw(st.booleans()), draw(st.none() | amounts)))
    positions, orders = [], []
    if instruments:
        held = [(item.id, leg) for item in instruments for leg in ("net", "long", "short")]
        for instrument, leg in draw(st.lists(st.sampled_from(held), max_size=3, unique=True)):
            size = draw(signed)
            quantity = {"net": size, "long": abs(size), "short": -abs(size)}[leg]
            positions.append(Position(instrument, leg, quantity, draw(signed), draw(st.just(0) | signed)))
        for instrument in draw(st.lists(st.sampled_from([item.id for item in instruments]), max_size=2)):
            quantity = draw(signed.filter(bool))
            orders.append(Order(instrument, quantity, draw(amounts), draw(amounts)))
    return Account(
        name,
        owner=draw(st.just("") | ids),
        kind=kind,
        margin_mode=draw(st.sampled_from(MODES)),
        collateral_set=draw(st.sampled_from(["", *sets])),
        balances=tuple(balances),
        positions=tuple(positions),
        orders=tuple(
            sorted(orders, key=lambda order: (order.instrument, order.quantity, order.price, order.hold))
        ),
    )


@st.composite
def _pools(draw: st.DrawFn, assets: list[str]) -> Pool:
    last = draw(st.integers(1, 3 * RAY))
    return Pool(
        draw(st.sampled_from(assets)),
        supply_index=draw(st.integers(1, 3 * RAY)),
        debt_index=last + draw(st.integers(0, RAY)),
        debt_index_last=last,
        cash=draw(amounts),
        deficit=draw(amounts),
    )


@st.composite
def _markets(draw: st.DrawFn, assets: list[str], instruments: list[Instrument], sets: list[str]) -> Market:
    items = [item.id for item in instruments]
    return Market(
        as_of=draw(instants),
        price_decimals=draw(st.integers(0, 18)),
        mark_decimals=draw(st.integers(0, 12)),
        prices=draw(st.dictionaries(st.sampled_from(assets), st.builds(Price, prices, prices))),
        marks={
            item.id: draw(_option_marks if item.option else _marks)
            for item in instruments
            if draw(st.booleans())
        },
        depth={name: draw(_depths()) for name in items if draw(st.booleans())},
        set_prices={name: draw(st.integers(0, 10**12)) for name in sets if draw(st.booleans())},
    )


@st.composite
def _depths(draw: st.DrawFn) -> Depth:
    levels = st.lists(st.integers(0, 10**12), min_size=1, max_size=3, unique=True)
    bids, asks = sorted(draw(levels), reverse=True), sorted(draw(levels))
    return Depth(
        tuple(DepthLevel(price, draw(st.integers(1, TOP))) for price in bids),
        tuple(DepthLevel(price, draw(st.integers(1, TOP))) for price in asks),
    )


def _terms(assets: list[str], sets: list[str], is_exchange: bool) -> Terms:
    raw = tomllib.loads(load_rulebook("linear_perp" if is_exchange else "generic_lending"))
    raw["assets"] = {name: {"ltv_bps": 7000, "threshold_bps": 7500} for name in assets}
    raw["collateral_sets"] = {
        name: {"assets": assets, "ltv_bps": 9000, "threshold_bps": 9300, "bonus_bps": 10100} for name in sets
    }
    return Terms.build(raw)
