"""Synthetic lending pools: suppliers, borrowers, loopers in an e-mode, dust; reckless, or as markets are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.synthetic_draws import (
    AS_OF,
    USD,
    Venue,
    account_columns,
    distinct,
    joined,
    random_units,
    sizes,
)
from seawall.adapters.words import negated
from seawall.core.assemble import BalanceRows, book_of_columns
from seawall.core.book import SIDES, Asset, Pool
from seawall.core.market import Market, Price
from seawall.core.money import Amounts
from seawall.core.reach import DebtInReach
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.terms import AssetTerms, CollateralSetTerms, Terms
from seawall.core.units import RAY
from seawall.venues import load_terms

__all__ = ["synthetic_lending", "synthetic_market"]

EMODE = "eth-correlated"
IN_REACH = DebtInReach(share=0.01, fall=0.2, shape=2.0)
"""Of all that Aave had lent, 1.4 % was liquidated on 3 February 2025 and 0.6 % on 10 October 2025, both falls
of about a fifth (Chaos Labs, Token Terminal: see examples/backtest); the form of the law is assumed."""
FAR = 0.5  # beyond a fall by half the law is not used: debt is spread evenly up to a fall by nine tenths
_CASH, _SUPPLY, _DEBT = SIDES.index("cash"), SIDES.index("supply"), SIDES.index("debt")


@dataclass(frozen=True, slots=True)
class _Reserve:
    id: str
    decimals: int
    price: float
    threshold_bps: int
    bonus_bps: int
    supplied: float
    borrowed: float
    supply_index: int  # thousandths
    debt_index: int  # thousandths


RESERVES = (
    _Reserve("USDC", 6, 1.0, 7800, 10450, 0.16, 0.38, 1090, 1130),
    _Reserve("USDT", 6, 1.0, 7500, 10500, 0.10, 0.30, 1100, 1140),
    _Reserve("DAI", 18, 1.0, 7700, 10500, 0.05, 0.10, 1080, 1120),
    _Reserve("WETH", 18, 4100.0, 8300, 10500, 0.28, 0.12, 1020, 1030),
    _Reserve("wstETH", 18, 4970.0, 8100, 10600, 0.17, 0.01, 1001, 1010),
    _Reserve("WBTC", 8, 112_000.0, 7800, 10500, 0.16, 0.03, 1010, 1020),
    _Reserve("LINK", 18, 21.0, 7100, 10700, 0.04, 0.02, 1002, 1020),
    _Reserve("AAVE", 18, 280.0, 7300, 10750, 0.02, 0.01, 1001, 1010),
    _Reserve("UNI", 18, 8.0, 6500, 11000, 0.01, 0.02, 1004, 1030),
    _Reserve("CRV", 18, 0.7, 4100, 10830, 0.01, 0.01, 1006, 1050),
)
_WETH, _WSTETH = 3, 4
_PRICE = np.array([item.price for item in RESERVES])
_DECIMALS = np.array([item.decimals for item in RESERVES])
_THRESHOLD = np.array([item.threshold_bps for item in RESERVES]) / 1e4
_INDEX = (
    np.array([[1000] * len(RESERVES), [r.supply_index for r in RESERVES], [r.debt_index for r in RESERVES]])
    / 1e3
)


@dataclass(frozen=True, slots=True)
class _Holdings:
    # What accounts hold or owe, worth `value` [USD].
    account: NDArray[np.int64]
    asset: NDArray[np.int64]
    side: NDArray[np.int8]
    value: NDArray[np.float64]


def synthetic_lending(accounts: int = 8_000, seed: int = 7) -> Venue:
    """Return a lending pool of reckless borrowers: some fail already, a tenth would in a fall by a tenth.

    There is something to find, to liquidate and to charge at once; no market that lasts looks like it.
    A treasury supplies what a pool would lack.

    Args:
        accounts: Number of user accounts.
        seed: Same seed, same pool, to the unit.
    """
    return _pool(accounts, seed, _reckless, "synthetic lending pool")


def synthetic_market(accounts: int = 8_000, seed: int = 7) -> Venue:
    """Return a lending pool with as much debt in reach of falls as a large market had: to size a fund on.

    Nobody fails at the start, and debt within reach of a fall is a part of all debt as `IN_REACH` says.

    Args:
        accounts: Number of user accounts.
        seed: Same seed, same pool, to the unit.
    """
    return _pool(accounts, seed, _in_reach, "synthetic lending market")


Health = Callable[[np.random.Generator, NDArray[np.bool_]], NDArray[np.float64]]
"""Draws the health of each borrower, told who loops."""


def _pool(accounts: int, seed: int, health: Health, venue: str) -> Venue:
    rng = np.random.default_rng(seed + 1)
    role = rng.choice(4, accounts, p=[0.35, 0.57, 0.05, 0.03])
    borrows, loops, dusty = role == 1, role == 2, role == 3
    value = np.where(dusty, rng.uniform(0.01, 5, accounts), sizes(rng, accounts, 8.5, 1.9))
    supplied = _supplies(rng, value, loops)
    debts = _debts(rng, supplied, value, borrows | dusty, loops, health(rng, loops))
    pools, treasury = _pools_and_treasury(rows := _scaled_rows(rng, supplied, debts), accounts)
    width = max(5, len(str(accounts)))
    everyone = joined(
        [
            account_columns(
                [f"account-{number:0{width}}" for number in range(accounts)],
                collateral_set=np.where(loops, 0, -1).astype(np.int32),
            ),
            account_columns(["account-treasury"], owners=["treasury"]),
            account_columns(["fund:insurance", "fund:penalty_reserve"], owners=["", ""], kind="fund"),
        ]
    )
    book = book_of_columns(
        everyone,
        assets=[Asset(item.id, item.decimals) for item in RESERVES],
        pools=pools,
        collateral_sets=[EMODE],
        balances=_together([rows, treasury, _funds(accounts + 1)]),
        venue=venue,
        as_of=AS_OF,
    )
    prices = {
        item.id: Price(int(item.price * USD), int(item.price * USD * (1 + rng.normal(0, 0.0005))))
        for item in sorted(RESERVES, key=lambda item: item.id)
    }
    return book, Market(as_of=AS_OF, prices=prices), _terms()


def _terms() -> Terms:
    assets = {
        item.id: AssetTerms(
            ltv_bps=item.threshold_bps - 300,
            threshold_bps=item.threshold_bps,
            bonus_bps=item.bonus_bps,
            protocol_fee_bps=1000,
        )
        for item in RESERVES
    }
    emode = CollateralSetTerms(assets=("WETH", "wstETH"), ltv_bps=9300, threshold_bps=9500, bonus_bps=10100)
    return load_terms("generic_lending").model_copy(
        update={"assets": assets, "collateral_sets": {EMODE: emode}}
    )


def _supplies(rng: np.random.Generator, value: NDArray[np.float64], loops: NDArray[np.bool_]) -> _Holdings:
    how_many = np.where(loops, 1, rng.choice([1, 2, 3], len(value), p=[0.6, 0.3, 0.1]))
    account, asset = distinct(rng, [item.supplied for item in RESERVES], how_many)
    asset = np.where(loops[account], _WSTETH, asset)
    return _Holdings(
        account, asset, np.full(len(account), _SUPPLY, dtype=np.int8), (value / how_many)[account]
    )


def _debts(
    rng: np.random.Generator,
    supplied: _Holdings,
    value: NDArray[np.float64],
    borrows: NDArray[np.bool_],
    loops: NDArray[np.bool_],
    health: NDArray[np.float64],
) -> _Holdings:
    # Debt that gives each borrower its health.
    count = len(value)
    weighted = np.bincount(supplied.account, supplied.value * _THRESHOLD[supplied.asset], count)
    owed = np.where(loops, value * 0.95, weighted) / health
    how_many = np.where(loops, 1, rng.choice([1, 2], count, p=[0.8, 0.2])) * (borrows | loops)
    account, asset = distinct(rng, [item.borrowed for item in RESERVES], how_many)
    asset = np.where(loops[account], _WETH, asset)
    part = (owed / np.maximum(1, how_many))[account]
    return _Holdings(account, asset, np.full(len(account), _DEBT, dtype=np.int8), part)


def _reckless(rng: np.random.Generator, loops: NDArray[np.bool_]) -> NDArray[np.float64]:
    # A few in a thousand are under water, some of them toxic.
    count = len(loops)
    health = 1.01 + rng.gamma(1.5, 0.45, count)
    health = np.where(loops, 1.005 + rng.gamma(1.5, 0.03, count), health)
    fate = rng.random(count)
    health = np.where(fate < 0.004, rng.uniform(0.9, 1.0, count), health)
    return np.where(fate < 0.0015, rng.uniform(0.65, 0.85, count), health)


def _in_reach(rng: np.random.Generator, loops: NDArray[np.bool_]) -> NDArray[np.float64]:
    # The fall of all its collateral that takes a borrower to its trigger, by the law; pegged loops apart.
    count = len(loops)
    part = rng.random(count)
    near = IN_REACH.within(FAR)
    fall = np.where(
        part < near,
        FAR * (part / near) ** (1 / IN_REACH.shape),
        FAR + (0.9 - FAR) * (part - near) / (1 - near),
    )
    return np.where(loops, 1.01 + rng.gamma(2.0, 0.02, count), 1 / (1 - np.maximum(fall, 1e-4)))


def _scaled_rows(rng: np.random.Generator, *parts: _Holdings) -> BalanceRows:
    account = np.concatenate([part.account for part in parts])
    asset = np.concatenate([part.asset for part in parts])
    side = np.concatenate([part.side for part in parts])
    value = np.concatenate([part.value for part in parts])
    tokens = value / _PRICE[asset] / _INDEX[side, asset]
    scaled = random_units(rng, tokens, _DECIMALS[asset])
    return _rows(account, asset, side, Amounts(negated(scaled.words, side == _DEBT)))


def _rows(
    account: NDArray[np.int64], asset: NDArray[np.int64], side: NDArray[np.int8], scaled: Amounts
) -> BalanceRows:
    return BalanceRows(
        account.astype(np.int32), asset.astype(np.int32), side, np.ones(len(account), dtype=bool), scaled
    )


def _pools_and_treasury(rows: BalanceRows, treasury: int) -> tuple[list[Pool], BalanceRows]:
    # Cash is what is supplied and not lent, rounded so that cash + debt >= claims by less than a unit an
    # account; where too much is lent, a treasury supplies the gap.
    pools, gaps = [], []
    for code, item in enumerate(RESERVES):
        supply_index, debt_index = item.supply_index * RAY // 1000, item.debt_index * RAY // 1000
        supply = Amounts(rows.scaled.words[(rows.asset == code) & (rows.side == _SUPPLY)]).sum()
        owed = -Amounts(rows.scaled.words[(rows.asset == code) & (rows.side == _DEBT)]).sum()
        debt = mul_div_down(owed, debt_index, RAY)
        wanted = mul_div_up(debt * 5 // 4 + 10**item.decimals, RAY, supply_index)
        gap = max(0, wanted - supply)
        if gap:
            gaps.append((code, gap))
        cash = mul_div_up(supply + gap, supply_index, RAY) - debt
        pools.append(Pool(item.id, supply_index, debt_index, debt_index - RAY // 500, cash=cash))
    asset = np.array([code for code, _ in gaps], dtype=np.int64)
    side = np.full(len(gaps), _SUPPLY, dtype=np.int8)
    return pools, _rows(np.full(len(gaps), treasury), asset, side, Amounts.of([gap for _, gap in gaps]))


def _funds(first: int) -> BalanceRows:
    cash = [
        (account, code, int(value / RESERVES[code].price * 10 ** RESERVES[code].decimals))
        for account, value in ((first, 150_000), (first + 1, 20_000))
        for code in range(_WETH + 1)
    ]
    account, asset = np.array([item[0] for item in cash]), np.array([item[1] for item in cash])
    side = np.full(len(cash), _CASH, dtype=np.int8)
    return _rows(account, asset, side, Amounts.of([item[2] for item in cash]))


def _together(parts: list[BalanceRows]) -> BalanceRows:
    return BalanceRows(
        account=np.concatenate([part.account for part in parts]),
        asset=np.concatenate([part.asset for part in parts]),
        side=np.concatenate([part.side for part in parts]),
        is_collateral=np.concatenate([part.is_collateral for part in parts]),
        scaled=Amounts.concat([part.scaled for part in parts]),
    )
