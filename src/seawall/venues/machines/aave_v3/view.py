"""What a market of Aave v3 shows at a time, in the shape of its recordings."""

from __future__ import annotations

from typing import Any

from seawall.venues.machines.aave_v3.pool import Pool
from seawall.venues.machines.aave_v3.state import Reserve


def shown(pool: Pool) -> dict[str, Any]:
    """Return all that the contracts show of a market now: reserves as stored, balances with interest."""
    return {
        "reserves": {asset: _reserve(pool, asset) for asset in pool.reserves},
        "users": {user: _account(pool, user) for user in pool.accounts},
    }


def _reserve(pool: Pool, asset: str) -> dict[str, int]:
    reserve: Reserve = pool.reserves[asset]
    return {
        "liquidity_index": reserve.supply_index,
        "variable_borrow_index": reserve.debt_index,
        "liquidity_rate": reserve.supply_rate,
        "variable_borrow_rate": reserve.debt_rate,
        "last_update": reserve.last_update,
        "accrued_to_treasury_scaled": reserve.accrued_scaled,
        "a_scaled_total": reserve.supply_scaled,
        "v_scaled_total": reserve.debt_scaled,
        "cash": reserve.cash,
        "normalized_income": pool.supply_index(asset),
        "normalized_debt": pool.debt_index(asset),
        "price": pool.prices[asset],
        **pool.shown(reserve),
    }


def _account(pool: Pool, user: str) -> dict[str, Any]:
    account, found = pool.account(user), pool.figures(user)
    return {
        "collateral_base": found.collateral,
        "debt_base": found.debt,
        "available_borrows_base": pool.rules.available_borrows(found.collateral, found.ltv, found.debt),
        "avg_liquidation_threshold": found.threshold,
        "avg_ltv": found.ltv,
        "health_factor": found.health,
        "emode": account.category,
        "positions": {
            asset: {
                "a_scaled": account.supply.get(asset, 0),
                "a_balance": pool.supplied(asset, user),
                "v_scaled": account.debt.get(asset, 0),
                "v_balance": pool.owed(asset, user),
                "is_collateral": asset in account.collateral,
                "is_borrowing": asset in account.borrowing,
            }
            for asset in pool.reserves
            if account.supply.get(asset) or account.debt.get(asset)
        },
    }
