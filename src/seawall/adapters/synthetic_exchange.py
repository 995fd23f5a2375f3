"""A synthetic perpetual exchange: traders, and market makers on the other side of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.synthetic_draws import AS_OF, USD, Venue, account_columns, distinct, joined, sizes
from seawall.core.assemble import BalanceRows, PositionRows, book_of_columns
from seawall.core.book import LEGS, AccountColumns, Asset, Instrument, Order
from seawall.core.curves import BracketCurve
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.venues import load_terms

__all__ = ["synthetic_exchange"]

MAKERS = 24
CASH_DECIMALS = 6
CASH_UNIT = 10**CASH_DECIMALS


@dataclass(frozen=True, slots=True)
class _Contract:
    id: str
    settle: str
    price: float
    decimals: int
    weight: float


CONTRACTS = (
    _Contract("BTC-PERP", "USDT", 112_000, 4, 0.35),
    _Contract("ETH-PERP", "USDT", 4_100, 3, 0.27),
    _Contract("SOL-PERP", "USDT", 210, 2, 0.12),
    _Contract("XRP-PERP", "USDT", 2.8, 0, 0.07),
    _Contract("BNB-PERP", "USDT", 1_150, 3, 0.06),
    _Contract("DOGE-PERP", "USDT", 0.24, 0, 0.05),
    _Contract("AVAX-PERP", "USDT", 28, 1, 0.02),
    _Contract("LINK-PERP", "USDT", 21, 1, 0.02),
    _Contract("ETH-USDC-PERP", "USDC", 4_100, 3, 0.04),
)
SETTLE = (Asset("USDC", CASH_DECIMALS), Asset("USDT", CASH_DECIMALS))
_USDT = 1
_PRICE = np.array([item.price for item in CONTRACTS])
_UNIT = np.array([10**item.decimals for item in CONTRACTS], dtype=np.float64)
_SETTLE_ROW = np.array([[asset.id for asset in SETTLE].index(item.settle) for item in CONTRACTS])


@dataclass(frozen=True, slots=True)
class _Held:
    # Positions in columns, with the profit of each at the mark [minor units].
    account: NDArray[np.int64]
    contract: NDArray[np.int64]
    leg: NDArray[np.int8]
    quantity: NDArray[np.int64]
    cost: NDArray[np.int64]

    @property
    def value(self) -> NDArray[np.int64]:
        return _worth(self.quantity, self.contract, _PRICE[self.contract])


def synthetic_exchange(accounts: int = 12_000, seed: int = 7, *, positions: int = 0) -> Venue:
    """Return a perpetual exchange with `accounts` accounts, 24 market makers included.

    Args:
        accounts: Number of user accounts, more than the market makers.
        seed: Same seed, same venue, to the unit.
        positions: Contracts each trader holds; 0 draws one to three.
    """
    rng = np.random.default_rng(seed)
    terms = load_terms("linear_perp")
    traders = accounts - MAKERS
    equity = sizes(rng, traders, 7.3, 1.6)
    kinds = rng.choice(3, traders, p=[0.80, 0.14, 0.06])
    held = _trader_positions(rng, equity, kinds == 2, positions)
    cash = _trader_cash(rng, equity, held, terms)
    makers, maker_cash = _makers(rng, held, first=traders)
    fund_cash = [int(cash[:, _USDT].sum()) // 5000, int(cash[:, _USDT].sum()) // 250]
    everyone = joined(
        [
            _trader_accounts(rng, kinds == 1),
            account_columns([f"maker-{number:02}" for number in range(MAKERS)]),
            account_columns(["fund:insurance"], owners=[""], kind="fund"),
        ]
    )
    book = book_of_columns(
        everyone,
        assets=SETTLE,
        instruments=[_instrument(contract) for contract in CONTRACTS],
        balances=_balances(np.concatenate([cash, maker_cash, [fund_cash]])),
        positions=_rows(held, makers),
        orders=_orders(rng, equity, held),
        venue="synthetic perpetual exchange",
        as_of=AS_OF,
    )
    return book, _market(rng, held), terms


def _instrument(contract: _Contract) -> Instrument:
    return Instrument(
        contract.id,
        contract.settle,
        quantity_decimals=contract.decimals,
        tick=max(1, int(contract.price * USD) // 10**5),
        pool="majors" if contract.weight > 0.2 else "others",
    )


def _worth(
    quantity: NDArray[np.int64], contract: NDArray[np.int64], price: NDArray[np.float64]
) -> NDArray[np.int64]:
    # Signed value of quantities at prices [minor units of the settle asset].
    worth: NDArray[np.int64] = np.rint(quantity / _UNIT[contract] * price * CASH_UNIT).astype(np.int64)
    return worth


def _trader_positions(
    rng: np.random.Generator, equity: NDArray[np.float64], is_hedged: NDArray[np.bool_], positions: int
) -> _Held:
    count = len(equity)
    leverage = rng.choice([1.5, 3, 5, 10, 20, 40], count, p=[0.22, 0.26, 0.22, 0.18, 0.09, 0.03])
    drawn = rng.choice([1, 2, 3], count, p=[0.6, 0.28, 0.12])
    how_many = np.full(count, positions) if positions else drawn
    account, contract = distinct(rng, [item.weight for item in CONTRACTS], how_many)
    notional = (equity * leverage / how_many)[account]
    sign = np.where(rng.random(len(account)) < 0.62, 1, -1)
    hedged = is_hedged[account]
    leg = np.where(hedged, np.where(sign > 0, LEGS.index("long"), LEGS.index("short")), LEGS.index("net"))
    # The other leg of a hedge is a tenth smaller and stands beside the first.
    account, contract = np.append(account, account[hedged]), np.append(contract, contract[hedged])
    leg = np.append(leg, np.where(sign[hedged] > 0, LEGS.index("short"), LEGS.index("long")))
    sign, notional = np.append(sign, -sign[hedged]), np.append(notional, notional[hedged] * 0.9)
    units = np.maximum(1, notional / _PRICE[contract] * _UNIT[contract]).astype(np.int64)
    entry = _PRICE[contract] * np.exp(rng.normal(0, 0.05, len(account)))
    cost = -_worth(sign * units, contract, entry)
    return _Held(account, contract, leg.astype(np.int8), sign * units, cost)


def _trader_cash(
    rng: np.random.Generator, equity: NDArray[np.float64], held: _Held, terms: Terms
) -> NDArray[np.int64]:
    # Cash that leaves each account its equity at the mark; one in forty stands close to its requirement.
    count = len(equity)
    required = np.bincount(held.account, _requirement(held, terms), count)
    close = rng.choice(3, count, p=[0.90, 0.08, 0.02])
    health = np.choose(
        close, [rng.uniform(1.0, 1.3, count), rng.uniform(0.4, 1.0, count), rng.uniform(-0.6, 0.2, count)]
    )
    is_stressed = rng.random(count) < 0.025
    wanted = np.where(is_stressed, required * health, equity * CASH_UNIT)
    settled = held.account * len(SETTLE) + _SETTLE_ROW[held.contract]
    profit = np.bincount(settled, held.value + held.cost, count * len(SETTLE)).reshape(count, -1)
    uses = np.bincount(settled, minlength=count * len(SETTLE)).reshape(count, -1) > 0
    share = uses / uses.sum(axis=1, keepdims=True)
    cash = np.rint(wanted[:, None] * share - profit)
    floor = np.where(uses & ~is_stressed[:, None], CASH_UNIT, -np.inf)
    result: NDArray[np.int64] = (np.maximum(cash, floor) * uses).astype(np.int64)
    return result


def _requirement(held: _Held, terms: Terms) -> NDArray[np.float64]:
    # Roughly what the rulebook will ask [minor units]; only used to place accounts near the edge.
    curve = terms.instruments["*"].maintenance
    assert isinstance(curve, BracketCurve)
    notional = np.abs(held.value).astype(np.float64)
    required = np.zeros(len(notional))
    ceilings = [tier.floor for tier in curve.tiers[1:]] + [10**12]
    for tier, ceiling in zip(curve.tiers, ceilings, strict=True):
        inside = np.clip(notional, tier.floor * CASH_UNIT, ceiling * CASH_UNIT) - tier.floor * CASH_UNIT
        required += inside * tier.rate_ppm / 10**6
    return required


def _trader_accounts(rng: np.random.Generator, isolated: NDArray[np.bool_]) -> AccountColumns:
    count = len(isolated)
    width = max(5, len(str(count)))
    shared = rng.random(count) < 0.1
    numbers = np.where(shared, np.arange(count) // 3, np.arange(count)).tolist()
    ends = np.where(isolated, ":isolated", "").tolist()
    names = [f"trader-{number:0{width}}{end}" for number, end in enumerate(ends)]
    return account_columns(
        names, owners=[f"owner-{number:0{width}}" for number in numbers], isolated=isolated
    )


def _makers(rng: np.random.Generator, held: _Held, first: int) -> tuple[_Held, NDArray[np.int64]]:
    # Market makers hold the other side of everyone, with plenty of cash, so that each contract nets to zero.
    net = np.zeros(len(CONTRACTS), dtype=np.int64)
    np.add.at(net, held.contract, held.quantity)
    shares = rng.dirichlet(np.full(MAKERS, 1.5), len(CONTRACTS))
    parts = np.rint(-net[:, None] * shares).astype(np.int64)
    parts[:, -1] = -net - parts[:, :-1].sum(axis=1)
    contract, maker = np.nonzero(parts)
    quantity = parts[contract, maker]
    entry = _PRICE[contract] * np.exp(rng.normal(0, 0.01, len(contract)))
    made = _Held(
        first + maker,
        contract,
        np.zeros(len(maker), dtype=np.int8),
        quantity,
        -_worth(quantity, contract, entry),
    )
    need = np.bincount(maker * len(SETTLE) + _SETTLE_ROW[contract], np.abs(made.value), MAKERS * len(SETTLE))
    return made, np.rint(need * 0.5 + 10**5 * CASH_UNIT).astype(np.int64).reshape(MAKERS, -1)


def _balances(cash: NDArray[np.int64]) -> BalanceRows:
    account, asset = np.nonzero(cash)
    return BalanceRows(
        account=account.astype(np.int32),
        asset=asset.astype(np.int32),
        side=np.zeros(len(account), dtype=np.int8),
        is_collateral=np.ones(len(account), dtype=bool),
        scaled=Amounts.of_int64(cash[account, asset]),
    )


def _rows(*parts: _Held) -> PositionRows:
    return PositionRows(
        account=np.concatenate([part.account for part in parts]).astype(np.int32),
        instrument=np.concatenate([part.contract for part in parts]).astype(np.int32),
        leg=np.concatenate([part.leg for part in parts]),
        quantity=Amounts.of_int64(np.concatenate([part.quantity for part in parts])),
        cost=Amounts.of_int64(np.concatenate([part.cost for part in parts])),
    )


def _orders(rng: np.random.Generator, equity: NDArray[np.float64], held: _Held) -> list[tuple[int, Order]]:
    # One trader in twenty bids for as much again, three per cent below the mark.
    _, first = np.unique(held.account, return_index=True)
    bidding = first[rng.random(len(first)) < 0.05]
    return [
        (
            int(held.account[at]),
            Order(
                CONTRACTS[held.contract[at]].id,
                abs(int(held.quantity[at])),
                int(CONTRACTS[held.contract[at]].price * 0.97 * USD),
                int(equity[held.account[at]] * 0.1 * CASH_UNIT),
            ),
        )
        for at in bidding.tolist()
    ]


def _market(rng: np.random.Generator, held: _Held) -> Market:
    net = np.zeros(len(CONTRACTS), dtype=np.int64)
    np.add.at(net, held.contract, held.quantity)
    return Market(
        as_of=AS_OF,
        prices={asset.id: Price(USD, USD) for asset in SETTLE},
        marks={item.id: _mark(rng, item) for item in sorted(CONTRACTS, key=lambda item: item.id)},
        depth={item.id: _depth(item, abs(int(total))) for item, total in zip(CONTRACTS, net, strict=True)},
    )


def _mark(rng: np.random.Generator, contract: _Contract) -> Mark:
    mark = int(contract.price * USD)
    index = int(mark * (1 + rng.normal(0, 0.0004)))
    return Mark(mark, index=index, oracle=index, previous=mark)


def _depth(contract: _Contract, imbalance: int) -> Depth:
    mark = int(contract.price * USD)
    size = max(10, imbalance // 40)
    steps = [(number + 1) * mark // 1000 for number in range(12)]
    return Depth(
        bids=tuple(DepthLevel(mark - step, size * (number + 1)) for number, step in enumerate(steps)),
        asks=tuple(DepthLevel(mark + step, size * (number + 1)) for number, step in enumerate(steps)),
    )
