"""What Liquity's contracts hold between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from seawall.core.units import WAD
from seawall.rules import liquity_v1
from seawall.rules import liquity_v1_troves as rules
from seawall.venues.machines.inputs import amount, names, positive, read

ACTIVE, CLOSED = 1, 3  # the contract's numbers; closed is closed by liquidation
LIQUIDATOR = "liq"


class Trove(NamedTuple):
    """One trove: status, debt, collateral and stake [wei], and both sums per stake when last touched."""

    status: int
    debt: int
    coll: int
    stake: int
    L_ETH: int
    L_debt: int


class Deposit(NamedTuple):
    """One deposit: amount [wei], and the pool's product, sum, scale and epoch when it was made."""

    initial: int
    P: int
    S: int
    scale: int
    epoch: int


NO_TROVE = Trove(0, 0, 0, 0, 0, 0)
NO_DEPOSIT = Deposit(0, WAD, 0, 0, 0)


class Amounts(NamedTuple):
    """Collateral and debt of a pool or of all troves [wei]."""

    eth: int
    lusd: int

    def plus(self, eth: int, lusd: int) -> Amounts:
        """Return both changed."""
        return Amounts(self.eth + eth, self.lusd + lusd)


@dataclass(frozen=True, slots=True)
class Parameters:
    """As deployed: both ratios [wad], what a liquidator is paid, the least net debt [wei], everyone shown."""

    mcr: int
    ccr: int
    gas_compensation_lusd: int
    min_net_debt: int
    coll_gas_comp_divisor: int
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """The stability pool: what it holds [wei], its product and sums, and the errors it carries.

    `sums` are by epoch and scale; a new epoch starts when the pool is emptied.
    """

    lusd: int = 0
    eth: int = 0
    P: int = WAD
    scale: int = 0
    epoch: int = 0
    sums: Mapping[tuple[int, int], int] = field(default_factory=dict)
    eth_error: int = 0
    loss_error: int = 0

    def sum_at(self, epoch: int, scale: int) -> int:
        """Return the gains per unit of deposit, summed within an epoch and scale."""
        return self.sums.get((epoch, scale), 0)

    def compounded(self, deposit: Deposit) -> int:
        """Return what is left of a deposit; nothing from before the pool was last emptied."""
        if not deposit.initial or deposit.epoch < self.epoch:
            return 0
        return liquity_v1.compounded_deposit(deposit.initial, deposit.P, self.P, self.scale - deposit.scale)

    def gain(self, deposit: Deposit) -> int:
        """Return the collateral a deposit has gained."""
        here = self.sum_at(deposit.epoch, deposit.scale)
        after = self.sum_at(deposit.epoch, deposit.scale + 1)
        return liquity_v1.deposit_gain(deposit.initial, deposit.P, deposit.S, here, after)


@dataclass(frozen=True, slots=True)
class State:
    """The whole system at one instant.

    Attributes:
        price: Of the collateral [wad].
        troves, order: By owner; and owners of active ones, the highest nominal ratio first.
        L_ETH, L_debt: Redistributed per unit of stake so far [wad], with the errors carried.
        total_stakes, stakes_snapshot, coll_snapshot: Sum now, and sums at the last liquidation [wei].
        active, default: Collateral and debt of troves, and of redistributions not yet applied.
        pool, deposits: The stability pool, and deposits by owner.
        lusd: Coins by holder, as far as deposits need them [wei].
        surplus: Collateral left to liquidated owners [wei].
    """

    parameters: Parameters
    price: int
    troves: Mapping[str, Trove]
    order: tuple[str, ...]
    L_ETH: int
    L_debt: int
    L_ETH_error: int
    L_debt_error: int
    total_stakes: int
    stakes_snapshot: int
    coll_snapshot: int
    active: Amounts
    default: Amounts
    pool: Pool
    deposits: Mapping[str, Deposit]
    lusd: Mapping[str, int]
    surplus: Mapping[str, int]

    @property
    def entire(self) -> Amounts:
        """Collateral and debt of the whole system."""
        return self.active.plus(*self.default)

    @property
    def total_ratio(self) -> int:
        """Collateral ratio of the whole system."""
        return rules.collateral_ratio(*self.entire, self.price)

    @property
    def in_recovery(self) -> bool:
        """Whether the system is in recovery mode."""
        return rules.in_recovery(self.total_ratio, self.parameters.ccr)

    def trove(self, owner: str) -> Trove:
        """Return an owner's trove, an empty one where there never was one."""
        return self.troves.get(owner, NO_TROVE)

    def pending(self, owner: str) -> Amounts:
        """Return what redistributions have added to a trove and nobody has applied."""
        trove = self.trove(owner)
        if trove.status != ACTIVE:
            return Amounts(0, 0)
        return Amounts(
            rules.pending(trove.stake, self.L_ETH, trove.L_ETH),
            rules.pending(trove.stake, self.L_debt, trove.L_debt),
        )

    def entire_trove(self, owner: str) -> Amounts:
        """Return collateral and debt of a trove with what is pending."""
        trove = self.trove(owner)
        return self.pending(owner).plus(trove.coll, trove.debt)

    def ratio(self, owner: str) -> int:
        """Return a trove's collateral ratio, with what is pending."""
        return rules.collateral_ratio(*self.entire_trove(owner), self.price)

    def paid(self, holder: str, lusd: int) -> State:
        """Return the state after a holder's coins changed."""
        return replace(self, lusd={**self.lusd, holder: self.lusd.get(holder, 0) + lusd})


def genesis(raw: Mapping[str, Any]) -> State:
    """Return the state after deployment; see `LiquityV1.genesis`."""
    found = read("genesis", raw, _WANTED)
    price = found.pop("price")
    nothing = Amounts(0, 0)
    return State(
        parameters=Parameters(**found),
        price=price,
        troves={},
        order=(),
        L_ETH=0,
        L_debt=0,
        L_ETH_error=0,
        L_debt_error=0,
        total_stakes=0,
        stakes_snapshot=0,
        coll_snapshot=0,
        active=nothing,
        default=nothing,
        pool=Pool(),
        deposits={},
        lusd={},
        surplus={},
    )


_WANTED = {
    "price": amount,
    "mcr": amount,
    "ccr": amount,
    "gas_compensation_lusd": amount,
    "min_net_debt": amount,
    "coll_gas_comp_divisor": positive,
    "users": names,
}
