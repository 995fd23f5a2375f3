"""A synthetic stablecoin in the shape of Liquity v1: troves of one coin, a stability pool, reserved gas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.synthetic_draws import (
    AS_OF,
    USD,
    Venue,
    account_columns,
    joined,
    random_units,
    sizes,
)
from seawall.adapters.words import negated
from seawall.core.assemble import BalanceRows, book_of_columns
from seawall.core.book import SIDES, Asset
from seawall.core.market import Market, Price
from seawall.core.money import Amounts
from seawall.core.terms import AssetTerms
from seawall.venues import load_terms

__all__ = ["synthetic_troves"]

ETH_USD = 4100
DEBT_MIN = 2_000.0
GAS_COINS = 200
DEPOSITED = 0.3
"""Part of all debt that stands in the stability pool: a deep fall goes beyond it."""
_DECIMALS = 18
_ETH, _LUSD = range(2)
_CASH, _DEBT = SIDES.index("cash"), SIDES.index("debt")


def synthetic_troves(accounts: int = 8_000, seed: int = 7) -> Venue:
    """Return troves with ratios from 112 % up, most about twice their debt, and a pool of three tenths of it.

    Nobody fails at the start; from a fall by about a quarter on the venue is in recovery mode.

    Args:
        accounts: Number of troves; a tenth as many deposit.
        seed: Same seed, same venue, to the unit.
    """
    rng = np.random.default_rng(seed + 2)
    owed = DEBT_MIN + sizes(rng, accounts, 9.0, 1.5)
    held = owed * (1.12 + rng.gamma(2.0, 0.6, accounts)) / ETH_USD
    depositors = max(1, accounts // 10)
    part = rng.dirichlet(np.full(depositors, 0.5))
    width = max(5, len(str(accounts)))
    people = account_columns([f"trove-{number:0{width}}" for number in range(accounts)])
    savers = account_columns([f"depositor-{number:0{width}}" for number in range(depositors)])
    funds = account_columns(["fund:stability_pool", "fund:gas_pool"], owners=["", ""], kind="fund")
    savers = replace(savers, parent=np.full(depositors, "fund:stability_pool", dtype=object))
    rows = np.arange(accounts)
    book = book_of_columns(
        joined([people, savers, funds]),
        assets=[Asset("ETH", _DECIMALS), Asset("LUSD", _DECIMALS)],
        balances=_together(
            _rows(rows, _ETH, _CASH, _units(rng, held)),
            _rows(rows, _LUSD, _DEBT, _units(rng, owed)),
            _rows(accounts + np.arange(depositors), _LUSD, _CASH, _units(rng, part * owed.sum() * DEPOSITED)),
            _rows(
                np.array([accounts + depositors + 1]),
                _LUSD,
                _CASH,
                Amounts.of([accounts * GAS_COINS * 10**_DECIMALS]),
            ),
        ),
        venue="synthetic stablecoin",
        as_of=AS_OF,
    )
    prices = {"ETH": Price(ETH_USD * USD), "LUSD": Price(USD)}
    terms = load_terms("liquity_v1").model_copy(
        update={"assets": {"ETH": AssetTerms(ltv_bps=9000, threshold_bps=9000)}}
    )
    return book, Market(as_of=AS_OF, prices=prices), terms


def _units(rng: np.random.Generator, whole: NDArray[np.float64]) -> Amounts:
    return random_units(rng, whole, np.full(len(whole), _DECIMALS))


def _rows(account: NDArray[np.int64], asset: int, side: int, amounts: Amounts) -> BalanceRows:
    count = len(account)
    scaled = Amounts(negated(amounts.words, np.full(count, side == _DEBT)))
    return BalanceRows(
        account.astype(np.int32),
        np.full(count, asset, dtype=np.int32),
        np.full(count, side, dtype=np.int8),
        np.ones(count, dtype=bool),
        scaled,
    )


def _together(*parts: BalanceRows) -> BalanceRows:
    return BalanceRows(
        account=np.concatenate([part.account for part in parts]),
        asset=np.concatenate([part.asset for part in parts]),
        side=np.concatenate([part.side for part in parts]),
        is_collateral=np.concatenate([part.is_collateral for part in parts]),
        scaled=Amounts.concat([part.scaled for part in parts]),
    )
