"""One market of a pool, a VToken: cash and debts, who holds its tokens, who owes, and the interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from seawall.core.units import WAD
from seawall.rules import compound_v2
from seawall.rules import venus_isolated as rules
from seawall.venues.machines.inputs import amount, name, positive, read
from seawall.venues.machines.machine import UINT256_MAX
from seawall.venues.machines.venus_isolated.codes import check, divisor, uint

PAUSABLE = ("mint", "redeem", "borrow", "repay", "seize", "liquidate", "enter_market", "exit_market")
# What is told: its name, the market, or `shortfall`, that tells it, and its fields.
Event = tuple[str, str, Mapping[str, Any]]


class Loan(NamedTuple):
    """What someone owed when it last changed, and the market's index then."""

    principal: int
    index_then: int


NO_LOAN = Loan(0, WAD)


@dataclass(frozen=True, slots=True)
class MarketTerms:
    """What governance sets for a market [wad]; rates are per second.

    Attributes:
        collateral_factor, liquidation_threshold: Part of a supply's value that lets one borrow, and below
            which one is liquidated.
        reserve_factor: Part of the interest that the protocol takes.
        base, multiplier, jump, kink: The rate's curve over utilisation.
        initial_exchange_rate: Underlying per token while there is no token.
        seize_share: Part of a repayment that the protocol keeps of what is seized for it.
        supply_cap, borrow_cap: Most that may be supplied, and owed with the bad debt [underlying]; 2^256 - 1
            for no cap.
        paused: What may not be done: `PAUSABLE`.
    """

    symbol: str
    collateral_factor: int
    liquidation_threshold: int
    reserve_factor: int
    base: int
    multiplier: int
    jump: int
    kink: int
    initial_exchange_rate: int
    seize_share: int
    supply_cap: int = UINT256_MAX
    borrow_cap: int = UINT256_MAX
    paused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Market:
    """A market at one instant, as stored.

    Attributes:
        price: Of one smallest unit [1e(36 - decimals)].
        borrows, index: All debts, and what one unit owed since the start has become, at the last accrual.
        supply: All tokens.
        accrued_at: When interest was last accrued [unix s].
        tokens, loans: By holder.
    """

    terms: MarketTerms
    price: int
    cash: int
    borrows: int
    bad_debt: int
    reserves: int
    supply: int
    index: int
    accrued_at: int
    tokens: Mapping[str, int]
    loans: Mapping[str, Loan]

    @property
    def claims(self) -> int:
        """What all tokens stand for."""
        return uint(rules.claims(self.cash, self.borrows, self.bad_debt, self.reserves))

    @property
    def exchange_rate(self) -> int:
        """Underlying per token [wad]."""
        if self.supply == 0:
            return self.terms.initial_exchange_rate
        uint(self.claims * WAD)
        return rules.exchange_rate(self.claims, self.supply)

    @property
    def borrow_rate(self) -> int:
        """Interest per second [wad]."""
        lent, terms = self.borrows + self.bad_debt, self.terms
        used = rules.utilisation(lent, divisor(self.claims)) if lent else 0
        return compound_v2.borrow_rate(used, terms.base, terms.multiplier, terms.jump, terms.kink)

    def require_open(self, action: str) -> None:
        """Leave the call if an action is paused."""
        check(action not in self.terms.paused, "ActionPaused")

    def held_by(self, user: str) -> int:
        """Return someone's tokens."""
        return self.tokens.get(user, 0)

    def owed_by(self, user: str) -> int:
        """Return someone's debt at the stored index."""
        loan = self.loans.get(user, NO_LOAN)
        return rules.debt_now(loan.principal, self.index, loan.index_then)

    def accrued(self, at: int) -> tuple[Market, tuple[Event, ...]]:
        """Let interest run up to a unix time [s]; reserves are paid out at once, as far as cash goes."""
        if at == self.accrued_at:
            return self, ()
        rate, elapsed = self.borrow_rate, uint(at - self.accrued_at)
        uint(rate * elapsed * max(self.borrows, self.index))
        borrows = compound_v2.accrued_debt(self.borrows, rate, elapsed)
        index = compound_v2.accrued_debt(self.index, rate, elapsed)
        interest = borrows - self.borrows
        reserves = rules.reserves_after(self.reserves, interest, self.terms.reserve_factor)
        paid_out = min(self.cash, reserves)
        told = {
            "cashPrior": self.cash,
            "interestAccumulated": interest,
            "borrowIndex": index,
            "totalBorrows": borrows,
        }
        after = replace(
            self,
            cash=self.cash - paid_out,
            borrows=borrows,
            reserves=reserves - paid_out,
            index=index,
            accrued_at=at,
        )
        return after, (("AccrueInterest", self.terms.symbol, told),)

    def with_tokens(self, user: str, change: int) -> Market:
        """Return the market with someone's tokens changed; the sum of all is left as it is."""
        return replace(self, tokens={**self.tokens, user: uint(self.held_by(user) + change)})

    def with_debt(self, user: str, owed: int) -> Market:
        """Return the market with someone's debt set, at the index of now; the sum of all is left as it is."""
        return replace(self, loans={**self.loans, user: Loan(owed, self.index)})

    def repaid(self, user: str, most: int) -> tuple[Market, int]:
        """Return the market with a debt repaid as far as it goes, and how much that was."""
        owed = self.owed_by(user)
        paid = min(most, owed)
        after = replace(self, cash=uint(self.cash + paid), borrows=uint(self.borrows - paid))
        return after.with_debt(user, owed - paid), paid


def market(raw: Any, at: int, seize_share: int) -> Market:
    """Return a market just made, from its recorded parameters.

    Raises:
        InputError: A parameter is missing or cannot be.
    """
    symbol = raw["symbol"] if isinstance(raw, Mapping) and isinstance(raw.get("symbol"), str) else "?"
    found = read(f"genesis.markets.{symbol}", raw if isinstance(raw, Mapping) else {}, _WANTED)
    price = found.pop("price")
    for key in ("base", "multiplier", "jump"):
        found[key] = rules.per_second(found[key])
    terms = MarketTerms(**found, seize_share=seize_share)
    return Market(terms, price, 0, 0, 0, 0, 0, WAD, at, {}, {})


def _part(value: Any) -> int:
    if (part := amount(value)) > WAD:
        raise ValueError(f"expected at most {WAD}, got {part}")
    return part


_WANTED = {
    "symbol": name,
    "price": amount,
    "initial_exchange_rate": positive,
    **dict.fromkeys(("collateral_factor", "liquidation_threshold", "reserve_factor"), _part),
    **dict.fromkeys(("base", "multiplier", "jump", "kink"), amount),
}
