"""A market of Aave v3 on its way through one call: accrual, rates, tokens, and what an account may do.

A call writes here and reads back what it wrote; a refused call drops it all. The versions share the
sequence; they differ in their rules (`PoolRules`), their words, and the hooks at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seawall.core.units import WAD
from seawall.rules import aave_v3 as shared
from seawall.rules.aave_v2 import utilisation, variable_rate
from seawall.venues.machines.aave_v3.pool_rules import PoolRules
from seawall.venues.machines.aave_v3.refusals import Words, checked, fits
from seawall.venues.machines.aave_v3.state import NOBODY, Account, Category, Reserve, State

TREASURY = "treasury"


@dataclass(frozen=True, slots=True)
class Figures:
    """What an account is worth.

    Attributes:
        collateral, debt: Values [8 decimals].
        ltv, threshold: Averages over the collateral, rounded down [bps].
        health: [wad].
        has_zero_ltv: Whether some collateral has no loan-to-value: it must leave first.
    """

    collateral: int = 0
    debt: int = 0
    ltv: int = 0
    threshold: int = 0
    health: int = shared.HEALTH_INFINITE
    has_zero_ltv: bool = False


NOTHING = Figures()


class Pool(ABC):
    """The state of a call under way; each version fills in its rules, words and hooks."""

    rules: ClassVar[PoolRules]
    words: ClassVar[Words]
    token_bits: ClassVar[int]

    def __init__(self, state: State, at: int) -> None:
        self.before, self.at = state, at
        self.reserves = dict(state.reserves)
        self.accounts = dict(state.accounts)
        self.categories = dict(state.categories)
        self.prices, self.sequencer = state.prices, state.sequencer

    def state(self) -> State:
        """Return the state that the call leaves."""
        return replace(
            self.before,
            reserves=self.reserves,
            accounts=self.accounts,
            categories=self.categories,
            prices=self.prices,
            sequencer=self.sequencer,
        )

    def account(self, user: str) -> Account:
        """Return what someone holds, nothing at first."""
        return self.accounts.get(user, NOBODY)

    def write(self, asset: str, **changes: Any) -> Reserve:
        """Change a reserve."""
        self.reserves[asset] = reserve = replace(self.reserves[asset], **changes)
        return reserve

    def configure(self, asset: str, **changes: Any) -> None:
        """Change a reserve's parameters."""
        self.write(asset, parameters=replace(self.reserves[asset].parameters, **changes))

    # Interest.

    def elapsed(self, reserve: Reserve) -> int:
        """Return the seconds since a reserve was last updated."""
        return checked(self.at - reserve.last_update)

    def supply_index(self, asset: str) -> int:
        """Return the index of supply now, accrued or not."""
        reserve = self.reserves[asset]
        if reserve.last_update == self.at:
            return reserve.supply_index
        growth = shared.linear_growth(reserve.supply_rate, self.elapsed(reserve))
        return shared.index_grown(reserve.supply_index, growth)

    def debt_index(self, asset: str) -> int:
        """Return the index of debt now, accrued or not."""
        reserve = self.reserves[asset]
        if reserve.last_update == self.at:
            return reserve.debt_index
        growth = self.rules.compounded(reserve.debt_rate, self.elapsed(reserve))
        return shared.index_grown(reserve.debt_index, growth)

    def accrue(self, asset: str) -> Reserve:
        """Let interest run up to now, the treasury's part with it; no rate, or no debt, moves no index."""
        reserve = self.reserves[asset]
        if reserve.last_update == self.at:
            return reserve
        supply_index = self.supply_index(asset) if reserve.supply_rate else reserve.supply_index
        debt_index = self.debt_index(asset) if reserve.debt_scaled else reserve.debt_index
        due = self.rules.treasury_accrual(
            reserve.debt_scaled,
            reserve.debt_index,
            debt_index,
            reserve.parameters.reserve_factor,
            supply_index,
        )
        return self.write(
            asset,
            supply_index=self.words.narrowed(supply_index),
            debt_index=self.words.narrowed(debt_index),
            accrued_scaled=checked(reserve.accrued_scaled + self.words.narrowed(due), 128),
            last_update=self.at,
        )

    def set_rates(self, asset: str, *, added: int = 0, taken: int = 0) -> None:
        """Set the rates that hold from now on, with tokens that are about to come or go."""
        reserve = self.reserves[asset]
        curve, factor = reserve.parameters.curve, reserve.parameters.reserve_factor
        debt = self.rules.debt_balance(reserve.debt_scaled, reserve.debt_index)
        usage = supply_usage = 0
        if debt:
            liquidity = checked(checked(self.liquidity(reserve) + added) - taken)
            usage = utilisation(debt, liquidity)
            supply_usage = utilisation(debt, liquidity + reserve.deficit)
        debt_rate = variable_rate(usage, curve.optimal, curve.base, curve.slope1, curve.slope2)
        supply_rate = self.rules.liquidity_rate(debt, debt_rate, supply_usage, factor)
        self.write(
            asset,
            supply_rate=self.words.narrowed(supply_rate),
            debt_rate=self.words.narrowed(debt_rate),
            **self.expected(reserve, added, taken),
        )

    # Tokens.

    def receive(self, asset: str, amount: int) -> None:
        """Take tokens in; whoever pays is taken to have them."""
        self.write(asset, cash=checked(self.reserves[asset].cash + amount))

    def pay(self, asset: str, amount: int) -> None:
        """Pay tokens out."""
        reserve = self.reserves[asset]
        self.words.require(amount <= reserve.cash, "no_cash")
        self.write(asset, cash=reserve.cash - amount)

    def supplied(self, asset: str, user: str) -> int:
        """Return what someone supplies now [minor units]."""
        return self.rules.supply_balance(self.account(user).supply.get(asset, 0), self.supply_index(asset))

    def owed(self, asset: str, user: str) -> int:
        """Return what someone owes now [minor units]."""
        return self.rules.debt_balance(self.account(user).debt.get(asset, 0), self.debt_index(asset))

    def mint_supply(self, asset: str, user: str, scaled: int) -> bool:
        """Give scaled supply; return whether it is the first."""
        self.words.require(scaled != 0, "nothing_minted")
        total = checked(self.reserves[asset].supply_scaled + self.words.narrowed(scaled, self.token_bits))
        self.write(asset, supply_scaled=total)
        return self._give(asset, user, scaled)

    def burn_supply(self, asset: str, user: str, scaled: int) -> bool:
        """Take scaled supply away; return whether none is left."""
        self.words.require(scaled != 0, "nothing_burned")
        is_last = self._take(asset, user, scaled)
        self.write(asset, supply_scaled=checked(self.reserves[asset].supply_scaled - scaled))
        return is_last

    def move_supply(self, asset: str, user: str, to: str, scaled: int) -> None:
        """Pass scaled supply on."""
        self._take(asset, user, self.words.narrowed(scaled, self.token_bits))
        self._give(asset, to, scaled)

    def mint_debt(self, asset: str, user: str, scaled: int) -> None:
        """Give scaled debt, and flag it."""
        self.words.require(scaled != 0, "nothing_minted")
        self.words.narrowed(scaled, self.token_bits)
        account = self.account(user)
        held = checked(account.debt.get(asset, 0) + scaled, self.token_bits)
        flagged = account.borrowing | {asset}
        self.accounts[user] = replace(account, debt={**account.debt, asset: held}, borrowing=flagged)
        self.write(asset, debt_scaled=self.reserves[asset].debt_scaled + scaled)

    def burn_debt(self, asset: str, user: str, scaled: int) -> bool:
        """Take scaled debt away; return whether none is left."""
        self.words.require(scaled != 0, "nothing_burned")
        account = self.account(user)
        left = checked(account.debt.get(asset, 0) - scaled)
        self.accounts[user] = replace(account, debt={**account.debt, asset: left})
        self.write(asset, debt_scaled=checked(self.reserves[asset].debt_scaled - scaled))
        return left == 0

    def _give(self, asset: str, user: str, scaled: int) -> bool:
        account = self.account(user)
        held = account.supply.get(asset, 0)
        after = checked(held + scaled, self.token_bits)
        self.accounts[user] = replace(account, supply={**account.supply, asset: after})
        return held == 0

    def _take(self, asset: str, user: str, scaled: int) -> bool:
        account = self.account(user)
        left = checked(account.supply.get(asset, 0) - scaled)
        self.accounts[user] = replace(account, supply={**account.supply, asset: left})
        return left == 0

    # Flags.

    def flag_collateral(self, asset: str, user: str, *, on: bool) -> None:
        """Let a reserve secure an account, or not."""
        account = self.account(user)
        flagged = account.collateral | {asset} if on else account.collateral - {asset}
        self.accounts[user] = replace(account, collateral=flagged)

    def unflag_borrowing(self, asset: str, user: str) -> None:
        """Take the flag off a debt that is paid."""
        account = self.account(user)
        self.accounts[user] = replace(account, borrowing=account.borrowing - {asset})

    # What an account is worth, and may do.

    def category(self, account: Account) -> Category | None:
        """Return an account's e-mode category, if it is in one."""
        return self.categories[account.category] if account.category else None

    def figures(self, user: str) -> Figures:
        """Return what an account is worth now."""
        account = self.account(user)
        if account.is_empty:
            return NOTHING
        category = self.category(account)
        collateral = debt = weighted_ltv = weighted = 0
        has_zero_ltv = False
        for asset in self.used(account):
            parameters, price = self.reserves[asset].parameters, self.price(account, asset)
            if asset in account.collateral and self.counts(asset):
                supplied = self.supplied(asset, user)
                checked(supplied * price)
                value = self.rules.collateral_value(supplied, price, parameters.unit)
                is_member = category is not None and asset in category.collateral
                ltv = self.ltv(account, asset)
                has_zero_ltv = has_zero_ltv or ltv == 0
                collateral = checked(collateral + value)
                weighted_ltv = checked(weighted_ltv + value * ltv)
                threshold = category.threshold if category and is_member else parameters.threshold
                weighted = checked(weighted + value * threshold)
            if asset in account.borrowing:
                owed = self.owed(asset, user)
                checked(owed * price)
                debt = checked(debt + self.rules.debt_value(owed, price, parameters.unit))
        fits(weighted * WAD)
        return Figures(
            collateral,
            debt,
            shared.average_bps(weighted_ltv, collateral),
            shared.average_bps(weighted, collateral),
            self.rules.health_factor(collateral, weighted, debt),
            has_zero_ltv,
        )

    def used(self, account: Account) -> Iterable[str]:
        """Return the reserves that an account has a flag for, in the order of listing."""
        return [asset for asset in self.reserves if asset in account.collateral or asset in account.borrowing]

    def require_healthy(self, user: str) -> Figures:
        """Leave the call where an account could be liquidated as it now is."""
        found = self.figures(user)
        self.words.require(found.health >= WAD, "unhealthy_after")
        return found

    def require_may_leave(self, asset: str, user: str) -> None:
        """Leave the call where taking collateral makes it unhealthy, or others without loan-to-value stay."""
        found = self.require_healthy(user)
        zero_first = not found.has_zero_ltv or self.ltv(self.account(user), asset) == 0
        self.words.require(zero_first, "ltv_zero")

    def require_open(self, *assets: str, also_thawed: bool = False) -> None:
        """Leave the call where a reserve is inactive, paused, or (if that matters) frozen."""
        chosen = [self.reserves[asset].parameters for asset in assets]
        self.words.require(all(each.is_active for each in chosen), "inactive")
        self.words.require(not any(each.is_paused for each in chosen), "paused")
        self.words.require(not (also_thawed and any(each.is_frozen for each in chosen)), "frozen")

    # Hooks: what the versions see differently.

    def liquidity(self, reserve: Reserve) -> int:
        """Return the tokens that a rate is set on."""
        return reserve.cash

    def expected(self, reserve: Reserve, added: int, taken: int) -> dict[str, int]:
        """Return what changes in the pool's own count of its tokens, where a version keeps one."""
        return {}

    def price(self, account: Account, asset: str) -> int:
        """Return the price of a reserve as an account sees it."""
        return self.prices[asset]

    @abstractmethod
    def ltv(self, account: Account, asset: str) -> int:
        """Return the loan-to-value of a reserve as an account sees it [bps]."""

    def counts(self, asset: str) -> bool:
        """Return whether a flagged reserve counts as collateral."""
        return True

    def shown(self, reserve: Reserve) -> dict[str, int]:
        """Return what a version shows of a reserve beyond the others."""
        return {}
