"""Health of a lending account: collateral at its thresholds against debt.

The arithmetic and its roundings are the venue's (`terms.rules`); what is written here
is only which balance counts as what.
"""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.book import Account, Balance, Book, Pool
from seawall.core.market import Basis, Market
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.risk.health import Health, Line, Status
from seawall.rules import LendingRules, lending_rules


def lending_health(
    account: Account,
    pools: Mapping[str, Pool],
    book: Book,
    market: Market,
    terms: Terms,
    basis: Basis = "oracle",
) -> Health:
    """Return the exact health of a lending account; `pools` may be those of a draft."""
    rules = lending_rules(terms.rules)
    lines: list[Line] = []
    unpriced: list[str] = []
    collateral = weighted = debt = 0
    owes = False
    for balance in account.balances:
        asset = balance.asset
        price = _price(asset, account.collateral_set, market, terms, basis)
        if price is None:
            if balance.scaled:
                unpriced.append(asset)
                owes = owes or balance.side == "debt"
            continue
        pool = pools.get(asset) or Pool(asset)
        line = _line(balance, account, pool, book.asset(asset).unit, price, terms, rules)
        lines.append(line)
        if line.kind == "collateral":
            collateral += line.value
            weighted += line.weighted
        elif line.kind == "debt":
            debt -= line.value
            owes = True
    return Health(
        account=account.id,
        basis=basis,
        collateral_value=collateral,
        debt_value=debt,
        equity=collateral - debt,
        margin_equity=weighted // BPS - debt,
        requirement=0,
        weighted_value=weighted,
        health_wad=rules.health_factor(collateral, weighted, debt) if debt else None,
        status=_status(collateral, weighted, debt, owes, bool(unpriced), rules),
        value_unit=rules.VALUE_UNIT,
        lines=tuple(lines),
        unpriced=tuple(unpriced),
    )


def _status(
    collateral: int, weighted: int, debt: int, owes: bool, is_unpriced: bool, rules: LendingRules
) -> Status:
    if not owes:
        return "safe"
    if is_unpriced:
        return "unpriced"
    if collateral < debt:
        return "insolvent"
    return "safe" if rules.is_safe(collateral, weighted, debt) else "liquidatable"


def _price(asset: str, collateral_set: str, market: Market, terms: Terms, basis: Basis) -> int | None:
    chosen = terms.collateral_sets.get(collateral_set)
    if (
        basis == "oracle"
        and chosen is not None
        and asset in chosen.assets
        and collateral_set in market.set_prices
    ):
        return market.set_prices[collateral_set]
    return market.price(asset, basis)


def _line(
    balance: Balance, account: Account, pool: Pool, unit: int, price: int, terms: Terms, rules: LendingRules
) -> Line:
    if balance.side == "debt":
        amount = rules.debt_balance(-balance.scaled, pool.debt_index)
        before = balance.principal
        if before is None:
            before = rules.debt_balance(-balance.scaled, pool.debt_index_last)
        value = rules.debt_value(amount, price, unit)
        return Line("debt", balance.asset, -amount, -value, price=price, accrued=amount - before)
    amount = balance.scaled
    if balance.side == "supply":
        amount = rules.supply_balance(balance.scaled, pool.supply_index)
    value = rules.collateral_value(amount, price, unit)
    chosen = terms.asset_terms(balance.asset, account.collateral_set)
    if not balance.is_collateral or chosen.threshold_bps == 0:
        return Line("idle", balance.asset, amount, value, price=price)
    return Line(
        "collateral",
        balance.asset,
        amount,
        value,
        weighted=value * chosen.threshold_bps,
        price=price,
        threshold_bps=chosen.threshold_bps,
        bonus_bps=chosen.bonus_bps,
    )
