"""All accounts of a venue together, as a pass of liquidations goes on.

Where an account is judged by the ratio of all of them, each liquidation changes that ratio for the next:
what a stability pool will offset leaves the system, debt and collateral; what it cannot stays with the
others. How much the pool can still take is counted here as it is promised; the waterfall makes it good.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.layers import StabilityPoolTerms
from seawall.core.market import Market
from seawall.core.money import parse_decimal
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.risk.health import Health
from seawall.risk.lending import Totals, Valuation
from seawall.rules.liquity_v1 import offset_most


@dataclass(slots=True)
class System:
    """What is left of all accounts that owe something, and of the pool.

    Attributes:
        totals: Collateral and debt of the accounts left [value units], and how many there are.
        rooms: What the pool can still offset, by asset [minor units].
    """

    totals: Totals
    rooms: dict[str, int]

    @classmethod
    def of(cls, book: Book, market: Market, terms: Terms) -> System:
        """Return the system as it stands in a book, before any liquidation."""
        draft = Draft(book)
        rooms = {asset.id: _room(draft, terms, asset.id) for asset in book.assets}
        return cls(Valuation.of(book, market, terms).totals, rooms)

    def hand_over(self, health: Health, seized: int, spares_pool: bool) -> None:
        """Take an account out of the system.

        Args:
            health: How it stood.
            seized: Of its collateral, what goes with the debt, the liquidator's part taken off [value units].
            spares_pool: Whether the pool takes nothing of it.
        """
        offset = 0
        for line in (line for line in health.lines if line.kind == "debt" and line.amount):
            room = 0 if spares_pool else min(-line.amount, self.rooms[line.commodity])
            self.rooms[line.commodity] -= room
            offset += mul_div_down(-line.value, room, -line.amount)
        stays = seized - mul_div_down(seized, offset, health.debt_value)
        before = self.totals
        self.totals = Totals(
            before.collateral - health.collateral_value + stays, before.debt - offset, before.accounts - 1
        )


def pool_of(terms: Terms, asset: str) -> StabilityPoolTerms | None:
    """Return the first stability pool of a waterfall that meets losses of an asset, None without one."""
    return next(
        (
            layer
            for layer in terms.waterfall
            if isinstance(layer, StabilityPoolTerms) and (not layer.assets or asset in layer.assets)
        ),
        None,
    )


def _room(draft: Draft, terms: Terms, asset: str) -> int:
    pool = pool_of(terms, asset)
    if pool is None:
        return 0
    names = {pool.account, *draft.book.children_of.get(pool.account, ())}
    deposits = sum(max(0, draft.cash(name, asset)) for name in names)
    return offset_most(deposits, parse_decimal(pool.floor, draft.book.asset(asset).decimals))
