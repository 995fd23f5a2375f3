"""Health of a lending account: collateral at its thresholds against debt.

The arithmetic and its roundings are the venue's (`terms.rules`); what is written here
is only which balance counts as what. Where the venue judges by a ratio that depends on all
accounts together, that ratio stands in the place of the thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from seawall.core.book import Account, Balance, Book, Pool
from seawall.core.market import Basis, Market
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.core.units import BPS, WAD
from seawall.risk.health import Health, Line, Status
from seawall.rules import hand_over_rules, lending_rules


class Measure(NamedTuple):
    """What the balances of one asset are valued by, in accounts of one collateral set.

    Attributes:
        price: Price of a whole token [10**-price_decimals]; None is unknown.
        unit: Minor units in a whole token.
        threshold_bps, bonus_bps: As collateral, e-mode included; a bonus that the venue derives is floored.
    """

    price: int | None
    unit: int
    threshold_bps: int
    bonus_bps: int


class Totals(NamedTuple):
    """All accounts of a book that owe something, together [value units]."""

    collateral: int
    debt: int
    accounts: int


class Valuation:
    """Values lending accounts in one market under one rulebook; each asset is looked up once.

    Get one with `Valuation.of`. Pools are given with the account: they change while a draft is
    resolved, and the rest does not.
    """

    def __init__(self, book: Book, market: Market, terms: Terms, basis: Basis) -> None:
        self.market, self.terms, self.basis = market, terms, basis
        self.rules = lending_rules(terms.rules)
        self._assets, self._row = book.assets, book.asset_row  # not the book: it is not to be kept alive
        self._measures: dict[str, dict[str, Measure]] = {}
        self.totals = Totals(0, 0, 0)
        self.trigger_ratio: int | None = None
        self._sum_up(book)

    def _sum_up(self, book: Book) -> None:
        # Asks every account of the book, but only where the venue's trigger depends on them all.
        rules = hand_over_rules(self.terms.rules)
        if rules is None:
            return
        found = [self.health(row, book.pool_of) for row in book.rows() if row.kind == "user"]
        owing = [health for health in found if health.debt_value and not health.unpriced]
        collateral = sum(health.collateral_value for health in owing)
        debt = sum(health.debt_value for health in owing)
        self.totals = Totals(collateral, debt, len(owing))
        self.trigger_ratio = rules.trigger_ratio(collateral, debt)
        self._measures = {}

    @classmethod
    def of(cls, book: Book, market: Market, terms: Terms, basis: Basis = "oracle") -> Valuation:
        """Return the valuation of a book: the last one again, if for the same market, terms and basis."""
        found = _LAST.get(book)
        if found is None or found.market is not market or found.terms is not terms or found.basis != basis:
            found = _LAST[book] = cls(book, market, terms, basis)
        return found

    def health(self, account: Account, pools: Mapping[str, Pool]) -> Health:
        """Return the exact health of an account, with a line for each balance that has a price."""
        measures = self._measures.setdefault(account.collateral_set, {})
        lines: list[Line] = []
        unpriced: list[str] = []
        collateral = weighted = debt = 0
        owes = False
        for balance in account.balances:
            asset = balance.asset
            measure = measures.get(asset)
            if measure is None:
                measure = measures[asset] = self._measure(asset, account.collateral_set)
            if measure.price is None:
                if balance.scaled:
                    unpriced.append(asset)
                    owes = owes or balance.side == "debt"
                continue
            line = self._line(balance, pools.get(asset, _UNSCALED), measure, measure.price)
            lines.append(line)
            if line.kind == "collateral":
                collateral += line.value
                weighted += line.weighted
            elif line.kind == "debt":
                debt -= line.value
                owes = True
        rules = self.rules
        if self.trigger_ratio:
            weighted = mul_div_down(collateral * BPS, WAD, self.trigger_ratio)
        return Health(
            account.id,
            self.basis,
            collateral,
            debt,
            collateral - debt,
            mul_div_down(weighted, 1, BPS) - debt,
            0,
            weighted,
            rules.health_factor(collateral, weighted, debt) if debt else None,
            self._status(collateral, weighted, debt, owes, bool(unpriced)),
            rules.VALUE_UNIT,
            tuple(lines),
            tuple(unpriced),
        )

    def _line(self, balance: Balance, pool: Pool, measure: Measure, price: int) -> Line:
        # Fields of a line by place: by name takes half as long again.
        rules = self.rules
        asset, side, scaled, is_collateral, principal = balance
        _, unit, threshold, bonus = measure
        if side == "debt":
            amount = rules.debt_balance(-scaled, pool.debt_index)
            if principal is None:
                principal = rules.debt_balance(-scaled, pool.debt_index_last)
            value = rules.debt_value(amount, price, unit)
            return Line("debt", asset, -amount, -value, 0, 0, price, 0, 0, amount - principal)
        amount = scaled if side == "cash" else rules.supply_balance(scaled, pool.supply_index)
        value = rules.collateral_value(amount, price, unit)
        if not is_collateral or threshold == 0:
            return Line("idle", asset, amount, value, 0, 0, price)
        return Line("collateral", asset, amount, value, value * threshold, 0, price, threshold, bonus)

    def _status(self, collateral: int, weighted: int, debt: int, owes: bool, is_unpriced: bool) -> Status:
        if not owes:
            return "safe"
        if is_unpriced:
            return "unpriced"
        if collateral < debt:
            return "insolvent"
        return "safe" if self.rules.is_safe(collateral, weighted, debt) else "liquidatable"

    def _measure(self, asset: str, collateral_set: str) -> Measure:
        found = self.terms.asset_terms(asset, collateral_set)
        price, rules = self._price(asset, collateral_set), self.rules
        factor = rules.bonus_factor(found.threshold_bps, found.bonus_bps)
        bonus_bps = mul_div_down(factor, BPS, rules.BONUS_UNIT)
        threshold = found.threshold_bps
        if threshold and self.trigger_ratio:
            threshold = mul_div_down(BPS, WAD, self.trigger_ratio)
        return Measure(price, self._assets[self._row[asset]].unit, threshold, bonus_bps)

    def _price(self, asset: str, collateral_set: str) -> int | None:
        chosen, set_prices = self.terms.collateral_sets.get(collateral_set), self.market.set_prices
        is_member = chosen is not None and asset in chosen.assets
        if self.basis == "oracle" and is_member and collateral_set in set_prices:
            return set_prices[collateral_set]
        return self.market.price(asset, self.basis)


# A remembered look-up, no state: all that goes into a valuation is immutable.
_LAST: WeakKeyDictionary[Book, Valuation] = WeakKeyDictionary()
_UNSCALED = Pool("")  # of an asset that is not lent: all indexes are 1


def lending_health(
    account: Account,
    pools: Mapping[str, Pool],
    book: Book,
    market: Market,
    terms: Terms,
    basis: Basis = "oracle",
) -> Health:
    """Return the exact health of a lending account; `pools` may be those of a draft."""
    return Valuation.of(book, market, terms, basis).health(account, pools)
