"""A labelled synthetic book with an Aave market's published totals, laid out by falls that reach it.

Published are a market's totals, and what an earlier fall liquidated of which collateral. No account is.
So debt is laid out by the fall of its collateral that takes it to its trigger:

    debt within reach of a fall d of collateral g  =  debt in all * share_g * (d / fall_g) ** shape

Everything that no fall up to `reach` takes to its trigger stands in one account, whose collateral is
dollars: looped and pegged debt, and debt that is far from harm, move in none of these storms.
Collaterals are three groups, not tokens; all debt is dollars.

Source: thresholds and bonuses as Aave governance and the press published them; WBTC 78 %, ETH 83 %, a
bonus of 5 %, a tenth of it to the treasury. Those of the other collaterals are LINK's as we recall them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.synthetic_draws import AS_OF, USD, Venue, account_columns, joined
from seawall.core.assemble import BalanceRows, book_of_columns
from seawall.core.book import SIDES, Asset, Pool
from seawall.core.market import Market, Price
from seawall.core.money import Amounts
from seawall.core.reach import DebtInReach, MarketTotals
from seawall.core.terms import AssetTerms, Terms
from seawall.core.units import BPS, RAY
from seawall.errors import InputError
from seawall.venues import load_terms

__all__ = ["GROUPS", "synthetic_aave"]

GROUPS = ("ETH", "BTC", "OTHER")
DOLLAR = "USD"
SIZE_LOG_SD = 2.0  # one wallet was 31 % of what August 2024 liquidated: tails are heavy
ROWS_MIN = 100

_SUPPLY, _DEBT = SIDES.index("supply"), SIDES.index("debt")
_DECIMALS = {"ETH": 8, "BTC": 8, "OTHER": 8, DOLLAR: 6}
_PRICES = {"ETH": 4_000, "BTC": 110_000, "OTHER": 20, DOLLAR: 1}
_TERMS = {
    "ETH": AssetTerms(ltv_bps=8050, threshold_bps=8300, bonus_bps=10500, protocol_fee_bps=1000),
    "BTC": AssetTerms(ltv_bps=7300, threshold_bps=7800, bonus_bps=10500, protocol_fee_bps=1000),
    "OTHER": AssetTerms(ltv_bps=6600, threshold_bps=7100, bonus_bps=10700, protocol_fee_bps=1000),
    DOLLAR: AssetTerms(ltv_bps=7500, threshold_bps=7800, bonus_bps=10450, protocol_fee_bps=1000),
}
_THRESHOLD = np.array([_TERMS[name].threshold_bps for name in GROUPS]) / BPS
Floats = NDArray[np.float64]


def synthetic_aave(
    totals: MarketTotals,
    in_reach: Mapping[str, DebtInReach],
    reach: Mapping[str, float],
    seed: int | None = 7,
    *,
    rows: int = 1_500,
) -> Venue:
    """Return a book with these totals, met to the cent, and debt in reach by this law.

    Args:
        totals: Of the market.
        in_reach: By group of collateral, any of `GROUPS`.
        reach: Deepest fall of each group up to which accounts are laid out one by one [1].
        seed: Of sizes and distances; same seed, same book. None asks for equal sizes at the quantiles of the
            law, with no chance in it.
        rows: About how many accounts are laid out one by one; groups share them by their debt.

    Raises:
        InputError: More debt is in reach than there is, or than the rest of the supply can secure.
    """
    rng = None if seed is None else np.random.default_rng(seed)
    debt_usd = {group: law.within(reach[group]) * totals.borrowed_usd for group, law in in_reach.items()}
    count = {
        name: max(ROWS_MIN, round(rows * usd / sum(debt_usd.values()))) for name, usd in debt_usd.items()
    }
    falls = [_falls(rng, law, reach[name], count[name]) for name, law in in_reach.items()]
    debts = [_sizes(rng, debt_usd[name], count[name]) for name in in_reach]
    group = np.repeat([GROUPS.index(name) for name in in_reach], list(count.values()))
    owed = np.concatenate(debts)
    held = owed / (1 - np.concatenate(falls)) / _THRESHOLD[group]  # so that the fall takes it to its trigger
    rest_owed, rest_held = _rest(totals, float(owed.sum()), float(held.sum()))
    assets = [Asset(name, _DECIMALS[name]) for name in (*GROUPS, DOLLAR)]
    code = np.append(group, len(GROUPS))
    balances = _balances(code, np.append(held, rest_held), np.append(owed, rest_owed))
    names = [f"{GROUPS[number].lower()}-{place:05}" for place, number in enumerate(group.tolist())]
    everyone = joined(
        [
            account_columns([*names, "all-the-others"]),
            account_columns(["treasury"], owners=["treasury"], kind="venue"),
            account_columns(["fund:deficit_offset"], owners=[""], kind="fund"),
        ]
    )
    book = book_of_columns(
        everyone,
        assets=assets,
        pools=_pools(balances),
        balances=balances,
        venue="synthetic book with published totals of Aave",
        as_of=AS_OF,
    )
    prices = {name: Price(price * USD, price * USD) for name, price in sorted(_PRICES.items())}
    return book, Market(as_of=AS_OF, prices=prices), _terms()


def _falls(rng: np.random.Generator | None, law: DebtInReach, reach: float, count: int) -> Floats:
    drawn = (np.arange(count) + 0.5) / count if rng is None else rng.random(count)
    falls: Floats = reach * drawn ** (1 / law.shape)
    return falls


def _sizes(rng: np.random.Generator | None, total_usd: float, count: int) -> Floats:
    sizes: Floats = np.ones(count) if rng is None else np.exp(rng.normal(0, SIZE_LOG_SD, count))
    sizes *= total_usd / sizes.sum()
    return sizes


def _rest(totals: MarketTotals, owed: float, held: float) -> tuple[float, float]:
    rest_owed, rest_held = totals.borrowed_usd - owed, totals.supplied_usd - held
    most = rest_held * _TERMS[DOLLAR].threshold_bps / BPS
    if not 0 < rest_owed < most:
        message = (
            f"in_reach: {owed:,.0f} USD of debt is laid out, expected below the {totals.borrowed_usd:,.0f}"
            f" there is, and the rest below {most:,.0f}, which what is left of the supply secures: lower"
            " shares or reach"
        )
        raise InputError(message, code="out_of_range")
    return rest_owed, rest_held


def _balances(code: NDArray[np.int64], held: Floats, owed: Floats) -> BalanceRows:
    # What each account supplies, then what it owes; the account is the place in these arrays.
    unit = np.array([10.0 ** _DECIMALS[name] / _PRICES[name] for name in (*GROUPS, DOLLAR)])
    supplied = np.rint(held * unit[code]).astype(np.int64)
    debts = np.rint(owed * unit[-1]).astype(np.int64)
    count = len(code)
    return BalanceRows(
        account=np.tile(np.arange(count), 2).astype(np.int32),
        asset=np.concatenate([code, np.full(count, len(GROUPS))]).astype(np.int32),
        side=np.repeat([_SUPPLY, _DEBT], count).astype(np.int8),
        is_collateral=np.ones(2 * count, dtype=bool),
        scaled=Amounts.of_int64(np.concatenate([supplied, -debts])),
    )


def _pools(rows: BalanceRows) -> list[Pool]:
    # Indexes are one, so cash is what is supplied and not lent.
    return [
        Pool(name, RAY, RAY, RAY, cash=Amounts(rows.scaled.words[rows.asset == place]).sum())
        for place, name in enumerate((*GROUPS, DOLLAR))
    ]


def _terms() -> Terms:
    return load_terms("aave_v3_7").model_copy(update={"assets": _TERMS})
