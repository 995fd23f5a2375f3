"""A lending book of realistic shape, laid out for the storm straight from random columns.

Twenty assets (three of them stable), one to three collaterals and one or two debts an account, chosen
by falling popularity (Zipf), log-normal sizes, ln(health) gamma distributed. A tenth as many accounts
have three times fewer cohorts: 2,000 for ten thousand, 20,000 for a million, 38,000 for five.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from seawall.core.units import BPS
from seawall.simulation.kernels.columns import CODE, COLLATERAL, DEBT, NO_TABLE, Codes
from seawall.simulation.storm_book import StormBook, in_cohorts
from seawall.simulation.storm_legs import Legs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ASSETS = 20
STABLE = 3
PRICE_USD = np.array(
    [1, 1, 1, 60_000, 3_000, 150, 20, 12, 8, 600, 5, 1.2, 0.7, 95, 30, 2, 250, 40, 9, 0.4], dtype=float
)
THRESHOLD = np.array([0.85, 0.85, 0.8, 0.78, 0.8, 0.7, 0.65, 0.6, 0.6, 0.7] + [0.55] * 10)
BONUS = 1.06
QUANTA_PER_UNIT = 1e6
CHUNK = 200_000

NAMES = tuple(f"A{number:02d}" for number in range(ASSETS))


@cache
def multi_asset(accounts: int, seed: int = 1) -> StormBook:
    """Return a book of this many accounts, all healthy at the start."""
    chance = np.random.default_rng(seed)
    parts = [_drawn(min(CHUNK, accounts - first), first, chance) for first in range(0, accounts, CHUNK)]
    account, code, quantity = (np.concatenate(each) for each in zip(*parts, strict=True))
    return laid_out(account, code, quantity, accounts)


def single_pair(accounts: int, seed: int = 1) -> StormBook:
    """Return a book of one collateral and one debt only: a single cohort."""
    chance = np.random.default_rng(seed)
    lent = np.floor(chance.lognormal(9.0, 2.0, accounts) / PRICE_USD[4] * QUANTA_PER_UNIT) + 1.0
    worth = lent * PRICE_USD[4] / QUANTA_PER_UNIT * THRESHOLD[4]
    owed = -np.floor(worth / np.exp(chance.gamma(1.6, 0.28, accounts) + 0.004) * QUANTA_PER_UNIT)
    row = np.arange(accounts)
    account, code = np.concatenate([row, row]), np.repeat([4, ASSETS], accounts)
    return laid_out(account, code, np.concatenate([lent, owed]), accounts)


def laid_out(account: Ints, code: Ints, quantity: Floats, accounts: int) -> StormBook:
    """Return the legs as a storm book; collateral of asset a has code a, debt ASSETS + a."""
    kept = quantity != 0.0
    legs = Legs(
        account[kept],
        code[kept],
        quantity[kept],
        asset_codes(),
        NAMES * 2,
        np.ones(ASSETS),
    )
    return in_cohorts(legs, NAMES, accounts)


def asset_codes() -> Codes:
    """Return the codes of all assets, as collateral and as debt."""
    item = np.zeros(2 * ASSETS, dtype=CODE).view(np.recarray)
    asset = np.tile(np.arange(ASSETS), 2)
    is_debt = np.arange(2 * ASSETS) >= ASSETS
    item.kind = np.where(is_debt, DEBT, COLLATERAL)
    item.asset = item.driver = asset
    item.driver_too = item.index = item.settle = -1
    item.power = item.power_too = 1.0
    item.worth = PRICE_USD[asset] / QUANTA_PER_UNIT
    item.weight = np.where(is_debt, 1.0, THRESHOLD[asset])
    item.unit = QUANTA_PER_UNIT
    item.threshold_bps = np.where(is_debt, 0.0, THRESHOLD[asset] * BPS)
    item.factor = BONUS * BPS
    return Codes(item, np.zeros((1, 2)), NO_TABLE)


def shocks(scenarios: int, vol: float, seed: int = 2) -> Floats:
    """Return log moves of all assets, shape (scenarios, ASSETS): one market that falls, and each its own."""
    chance = np.random.default_rng(seed)
    market = -np.abs(chance.normal(0.0, vol, (scenarios, 1)))
    return np.asarray(_beta() * (market + chance.normal(0.0, 0.4 * vol, (scenarios, ASSETS))))


def day_paths(paths: int, steps: int, daily_vol: float, jump: float = 0.0, seed: int = 3) -> Floats:
    """Return cumulative log moves of a day, shape (paths, steps, ASSETS); one jump a day where `jump` > 0."""
    chance = np.random.default_rng(seed)
    scale = daily_vol / np.sqrt(steps)
    market = chance.normal(0.0, scale, (paths, steps, 1))
    has_jump = chance.random((paths, steps, 1)) < 1.0 / steps
    market -= has_jump * np.abs(chance.normal(0.0, jump, (paths, steps, 1)))
    own = chance.normal(0.0, 0.5 * scale, (paths, steps, ASSETS))
    return np.asarray(np.cumsum(_beta() * (market + own), axis=1))


def _beta() -> Floats:
    return np.where(np.arange(ASSETS) < STABLE, 0.01, 1.0)


def _drawn(count: int, first: int, chance: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    falling = 1.0 / np.arange(1, ASSETS - STABLE + 1) ** 1.3
    liked = np.concatenate([[0.04, 0.03, 0.02], falling / falling.sum() * 0.91])
    owed = np.concatenate([[0.45, 0.3, 0.1], falling / falling.sum() * 0.15])
    held_as = _chosen(liked, count, 3, chance)
    owed_as = _chosen(owed, count, 2, chance)
    holds = chance.choice([1, 2, 3], count, p=[0.6, 0.3, 0.1])
    owes = chance.choice([1, 2], count, p=[0.8, 0.2])
    value = np.exp(chance.normal(9.0, 2.0, count))[:, None] * _shares(count, 3, holds, chance)
    backed = (value * THRESHOLD[held_as]).sum(axis=1) / np.exp(chance.gamma(1.6, 0.28, count) + 0.004)
    debt = backed[:, None] * _shares(count, 2, owes, chance)
    lent = np.floor(value / PRICE_USD[held_as] * QUANTA_PER_UNIT)
    taken = -np.floor(debt / PRICE_USD[owed_as] * QUANTA_PER_UNIT)
    rows = np.arange(first, first + count)
    return (
        np.repeat(rows, 5),
        np.concatenate([held_as, ASSETS + owed_as], axis=1).ravel(),
        np.concatenate([lent, taken], axis=1).ravel(),
    )


def _chosen(weight: Floats, count: int, each: int, chance: np.random.Generator) -> Ints:
    # Without replacement, in proportion to the weights: the largest of Gumbel variables.
    rank = np.log(weight) + chance.gumbel(size=(count, len(weight)))
    return np.argpartition(-rank, each - 1, axis=1)[:, :each]


def _shares(count: int, widest: int, used: Ints, chance: np.random.Generator) -> Floats:
    share = chance.random((count, widest)) + 0.15
    share[np.arange(widest)[None] >= used[:, None]] = 0.0
    return np.asarray(share / share.sum(axis=1, keepdims=True))
