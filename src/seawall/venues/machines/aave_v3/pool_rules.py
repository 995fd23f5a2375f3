"""The arithmetic that every version of Aave v3 brings to its pool."""

from __future__ import annotations

from typing import Protocol

from seawall.rules import LendingRules


class PoolRules(LendingRules, Protocol):
    """What a pool needs beyond a liquidation; units are told in `seawall.rules.aave_v3`."""

    def debt_scaled_mint(self, amount: int, index: int) -> int:
        """Return the scaled debt that borrowing mints."""

    def compounded(self, rate: int, elapsed: int) -> int:
        """Return what debt has grown by."""

    def treasury_accrual(
        self, debt_scaled: int, index_before: int, index_now: int, factor_bps: int, supply_index: int
    ) -> int:
        """Return the scaled supply that the treasury is due."""

    def liquidity_rate(self, debt: int, debt_rate: int, usage: int, factor_bps: int) -> int:
        """Return what suppliers earn."""

    def available_borrows(self, collateral_value: int, ltv_bps: int, debt_value: int) -> int:
        """Return what may still be borrowed."""

    def collateral_needed(self, debt_value: int, ltv_bps: int) -> int:
        """Return the collateral that a debt asks for."""

    def fee_within(self, scaled_left: int, fee: int, index: int) -> int:
        """Return the fee, cut to what is left for it."""
