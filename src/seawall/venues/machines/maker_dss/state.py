"""What Maker's liquidation module and its vow hold between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from seawall.core.units import RAY
from seawall.rules import maker_dss_vaults as rules
from seawall.venues.machines.inputs import amount, name, names, positive, read
from seawall.venues.machines.machine import UINT256_MAX
from seawall.venues.machines.maker_dss.vat import Vat

VOW, CLIP, FAUCET, KEEPER = "vow", "clip", "faucet", "keeper"
BIDDER_DAI = 10**9 * 10**45
CURVES = ("LinearDecrease", "StairstepExponentialDecrease", "ExponentialDecrease")


class Sale(NamedTuple):
    """One running auction of collateral: tab [rad], lot [wad], owner, start [unix s], start price [ray]."""

    tab: int
    lot: int
    owner: str
    tic: int
    top: int


class Bid(NamedTuple):
    """One debt auction: bid [rad], lot [wad], who holds the bid, when it wins, when all ends [unix s]."""

    bid: int
    lot: int
    guy: str
    tic: int
    end: int


NO_BID = Bid(0, 0, "", 0, 0)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What governance sets, as deployed.

    Attributes:
        curve: Name of the price curve; `cut` [ray] and `step` [s], or `tau_price` [s].
        mat, buf, cusp: Liquidation ratio, start price factor, share of it at which an auction is stale [ray].
        tail: Age at which it is stale [s].
        chop, chip, tip: Penalty factor and keeper's share of the tab [wad], keeper's flat fee [rad].
        hole, Hole: Most that may be on auction, in the ilk and in all [rad].
        duty: Stability fee factor per second [ray].
        wait: How long queued debt waits [s].
        sump, dump: Debt [rad] and first lot [wad] of a debt auction.
        beg, pad: Least factor between bids, factor of a restart [wad].
        ttl, tau: How long a bid stands until it wins, how long a debt auction lasts [s].
        users: Everyone shown, in order.
    """

    curve: str
    cut: int
    step: int
    tau_price: int
    mat: int
    buf: int
    cusp: int
    tail: int
    chop: int
    chip: int
    tip: int
    hole: int
    Hole: int
    duty: int
    wait: int
    sump: int
    dump: int
    beg: int
    pad: int
    ttl: int
    tau: int
    users: tuple[str, ...]

    @property
    def bidders(self) -> tuple[str, ...]:
        """Those who were given coins to bid with."""
        return tuple(user for user in self.users if user.startswith("bidder"))

    @property
    def owners(self) -> tuple[str, ...]:
        """Those who hold urns."""
        return tuple(user for user in self.users if user != KEEPER and user not in self.bidders)


@dataclass(frozen=True, slots=True)
class State:
    """The whole system at one instant.

    Attributes:
        feed: Price of the collateral [wad].
        rho: When the fee was last collected [unix s].
        queue, Sin, Ash: Debt waiting by the second it came, its sum, and debt on auction [rad].
        Dirt: What all collateral auctions are still to raise [rad]; with one ilk, also the ilk's own.
        chost: Least tab that a part purchase may leave [rad].
        sales, active, kicks: Running auctions by number, their order, and how many there were.
        flops, flop_kicks: Debt auctions by number, and how many there were.
        mkr: Governance tokens minted, by holder [wad].
    """

    parameters: Parameters
    vat: Vat
    feed: int
    rho: int
    queue: Mapping[int, int]
    Sin: int
    Ash: int
    Dirt: int
    chost: int
    sales: Mapping[int, Sale]
    active: tuple[int, ...]
    kicks: int
    flops: Mapping[int, Bid]
    flop_kicks: int
    mkr: Mapping[str, int]


def genesis(raw: Mapping[str, Any]) -> State:
    """Return the state after deployment; see `MakerDss.genesis`."""
    found = read("genesis", raw, _WANTED)
    curve = found.pop("calc_kind")
    calc = read("genesis.calc", raw.get("calc", {}), _CURVE_WANTED[curve])
    t0, price, line, dust = (found.pop(key) for key in ("t0", "price", "line", "dust"))
    parameters = Parameters(
        curve=curve,
        cut=calc.get("cut", 0),
        step=calc.get("step", 1),
        tau_price=calc.get("tau", 0),
        **found,
    )
    vat = Vat(
        Art=0,
        rate=RAY,
        spot=rules.spot_price(price, RAY, found["mat"]),
        line=line,
        dust=dust,
        Line=amount(raw.get("Line", UINT256_MAX)),
        urns={},
        gem={},
        dai={},
        sin={},
        vice=0,
        debt=0,
    )
    for bidder in parameters.bidders:
        vat = vat.suck(FAUCET, bidder, BIDDER_DAI)
    return State(
        parameters=parameters,
        vat=vat,
        feed=price,
        rho=t0,
        queue={},
        Sin=0,
        Ash=0,
        Dirt=0,
        chost=rules.with_penalty(dust, found["chop"]),
        sales={},
        active=(),
        kicks=0,
        flops={},
        flop_kicks=0,
        mkr={},
    )


def _curve(value: Any) -> str:
    if value not in CURVES:
        raise ValueError(f"expected one of {', '.join(CURVES)}, got {value!r}")
    return name(value)


_WANTED = {
    "calc_kind": _curve,
    "mat": positive,
    "chop": positive,
    "users": names,
    **dict.fromkeys(("t0", "price", "line", "dust", "buf", "cusp", "tail", "chip", "tip"), amount),
    **dict.fromkeys(("hole", "Hole", "duty", "wait", "sump", "dump", "beg", "pad", "ttl", "tau"), amount),
}
_CURVE_WANTED = {
    "LinearDecrease": {"tau": positive},
    "StairstepExponentialDecrease": {"cut": amount, "step": positive},
    "ExponentialDecrease": {"cut": amount},
}
