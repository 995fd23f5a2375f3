"""What 3.7 sees in its own way: its own count of tokens, deficits, and a loan-to-value for each account."""

from __future__ import annotations

from typing import ClassVar

from seawall.core.units import WAD
from seawall.rules import aave_v3_7 as rules
from seawall.venues.machines.aave_v3 import pool
from seawall.venues.machines.aave_v3.pool_rules import PoolRules
from seawall.venues.machines.aave_v3.refusals import checked
from seawall.venues.machines.aave_v3.state import Account, Reserve
from seawall.venues.machines.aave_v3_7.codes import WORDS


class Pool(pool.Pool):
    """A market of 3.7 on its way through one call."""

    rules: ClassVar[PoolRules] = rules
    words = WORDS
    token_bits = 120

    def liquidity(self, reserve: Reserve) -> int:
        """Return the tokens by the pool's own count: a donation moves no rate."""
        return reserve.cash_expected

    def expected(self, reserve: Reserve, added: int, taken: int) -> dict[str, int]:
        """Return the pool's own count after tokens came or went."""
        count = reserve.cash_expected
        if added:
            count = checked(count + self.words.narrowed(added), 128)
        if taken:
            count = checked(count - self.words.narrowed(taken), 128)
        return {"cash_expected": count}

    def ltv(self, account: Account, asset: str) -> int:
        """Return the category's loan-to-value for its collateral; an isolated one leaves others none."""
        category = self.category(account)
        if category and asset in category.collateral:
            return 0 if asset in category.ltv_zero else category.ltv
        if category and category.is_isolated:
            return 0
        return self.reserves[asset].parameters.ltv

    def shown(self, reserve: Reserve) -> dict[str, int]:
        """Return the deficit and the pool's own count."""
        return {"deficit": reserve.deficit, "virtual_cash": reserve.cash_expected}

    def is_borrowable(self, account: Account, asset: str) -> bool:
        """Return whether an account may owe a reserve: its category says, without one the reserve."""
        category = self.category(account)
        if category:
            return asset in category.borrowable
        return self.reserves[asset].parameters.is_borrowable

    def require_covered(self, user: str) -> None:
        """Leave the call where collateral at its loan-to-value does not cover the debt."""
        found = self.figures(user)
        self.words.require(found.ltv != 0, "ltv_zero")
        self.words.require(found.health >= WAD, "unhealthy_after")
        needed = rules.collateral_needed(found.debt, found.ltv)
        self.words.require(found.collateral >= needed, "collateral_too_small")
