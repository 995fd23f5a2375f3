"""What 3.0.2 sees in its own way: categories with a price of their own, isolation, silos, the sequencer."""

from __future__ import annotations

from typing import ClassVar

from seawall.rules import aave_v3 as shared
from seawall.rules import aave_v3_0_2 as rules
from seawall.venues.machines.aave_v3 import pool
from seawall.venues.machines.aave_v3.pool_rules import PoolRules
from seawall.venues.machines.aave_v3.refusals import checked
from seawall.venues.machines.aave_v3.state import Account, Reserve
from seawall.venues.machines.aave_v3_0_2.codes import WORDS

CEILING_DECIMALS = 2


class Pool(pool.Pool):
    """A market of 3.0.2 on its way through one call."""

    rules: ClassVar[PoolRules] = rules
    words = WORDS
    token_bits = 128

    def price(self, account: Account, asset: str) -> int:
        """Return the price of a reserve; a category's feed, unless it says zero, stands for its members."""
        category = self.category(account)
        if category and category.price_source and asset in category.collateral:
            return self.prices[category.price_source] or self.prices[asset]
        return self.prices[asset]

    def ltv(self, account: Account, asset: str) -> int:
        """Return the category's loan-to-value for its members, but none where the reserve has none."""
        own, category = self.reserves[asset].parameters.ltv, self.category(account)
        return category.ltv if own and category and asset in category.collateral else own

    def counts(self, asset: str) -> bool:
        """Return whether a reserve has a threshold: without one it is no collateral."""
        return self.reserves[asset].parameters.threshold != 0

    def shown(self, reserve: Reserve) -> dict[str, int]:
        """Return what stands against the debt ceiling."""
        return {"isolation_debt": reserve.isolated_debt}

    def is_up(self) -> bool:
        """Return whether the sequencer has been up for longer than its grace; so it is without a feed."""
        feed = self.sequencer
        return feed is None or (not feed.is_down and checked(self.at - feed.since) > feed.grace_s)

    def isolating(self, user: str) -> str | None:
        """Return the reserve with a debt ceiling that secures an account alone, if so."""
        secured_by = tuple(self.account(user).collateral)
        if len(secured_by) == 1 and self.reserves[secured_by[0]].parameters.debt_ceiling:
            return secured_by[0]
        return None

    def of_ceiling(self, asset: str, amount: int) -> int:
        """Return what an amount of a reserve takes up of a debt ceiling."""
        decimals = checked(self.reserves[asset].parameters.decimals - CEILING_DECIMALS)
        return self.words.narrowed(shared.share_of_ceiling(amount, 10**decimals))

    def lift_isolated_debt(self, asset: str, user: str, amount: int) -> None:
        """Free the debt ceiling of what an isolated account repaid, as far as anything stands against it."""
        if collateral := self.isolating(user):
            debt = self.reserves[collateral].isolated_debt
            self.write(collateral, isolated_debt=max(0, debt - self.of_ceiling(asset, amount)))

    def may_secure(self, asset: str, user: str) -> bool:
        """Return whether an account may flag one more reserve as collateral."""
        parameters = self.reserves[asset].parameters
        if parameters.ltv == 0:
            return False
        if not self.account(user).collateral:
            return True
        return self.isolating(user) is None and parameters.debt_ceiling == 0

    def secure_first(self, asset: str, user: str) -> None:
        """Flag a first supply as collateral where that goes without asking: not with a debt ceiling."""
        if self.reserves[asset].parameters.debt_ceiling == 0 and self.may_secure(asset, user):
            self.flag_collateral(asset, user, on=True)
