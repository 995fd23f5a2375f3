"""Maker's arithmetic of a loss: the debt auction (flop), falling prices, and global settlement (End).

A factor and the number that stands for 1 come together (`beg, one`): wad in the contracts, basis
points in a plan. Every division is rounded down, as the contracts truncate; whom that favours is said
at each. Times are unix seconds.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, pow_half_up
from seawall.core.units import RAY, WAD


def free_sin(sin: int, queued: int, on_auction: int) -> int:
    """Return the debt that may be healed or auctioned: neither waiting nor on auction [rad]; below 0, none.

    Source: makerdao/dss vow.sol, `heal`, `flop`: sin - Sin - Ash.
    """
    return sin - queued - on_auction


def is_open(now: int, tic: int, end: int) -> bool:
    """Return whether a bid may be made: before the standing bid has won, and before the end.

    Args:
        tic: When the standing bid wins [unix s]; 0 without a bid.
        end: When the auction ends [unix s].

    Source: makerdao/dss@fa4f6630af flop.sol and flip.sol, `dent`, `tend`: both at equality closed.
    """
    return may_be_outbid(now, tic) and end > now


def may_be_outbid(now: int, tic: int) -> bool:
    """Return whether there is no bid yet, or the standing one has not won by its age.

    Source: makerdao/dss flop.sol, `dent`.
    """
    return tic == 0 or tic > now


def is_won(now: int, tic: int, end: int) -> bool:
    """Return whether the standing bid has won: it stood long enough, or the auction is over.

    Source: makerdao/dss flop.sol, `deal`: strictly after.
    """
    return tic != 0 and (tic < now or end < now)


def may_restart(now: int, tic: int, end: int) -> bool:
    """Return whether an auction ended without a bid.

    Source: makerdao/dss flop.sol, `tick`: strictly after the end.
    """
    return end < now and tic == 0


def lowers_enough(lot: int, standing_lot: int, beg: int, one: int) -> bool:
    """Return whether a bid for less of the lot is low enough: lot * beg <= standing lot, cross-multiplied.

    Source: makerdao/dss flop.sol, `dent`.
    """
    return lot < standing_lot and beg * lot <= standing_lot * one


def raises_enough(pay: int, standing_pay: int, whole: int, beg: int, one: int) -> bool:
    """Return whether a higher bid is high enough: by the factor beg, or up to the whole of what is raised.

    Source: makerdao/dss flip.sol, `tend`.
    """
    return standing_pay < pay <= whole and (pay * one >= beg * standing_pay or pay == whole)


def padded_lot(lot: int, pad: int, one: int) -> int:
    """Return the lot of an auction that is started again, rounded down.

    Source: makerdao/dss flop.sol, `tick`: lot * pad.
    """
    return mul_div_down(lot, pad, one)


def healed_at_first_bid(bid: int, waiting: int) -> int:
    """Return how much of the debt on auction the first bid pays off.

    Args:
        bid: What the bidder pays.
        waiting: Debt on auction (Ash), same unit.

    Source: makerdao/dss flop.sol, `dent`: vow.kiss(min(bid, Ash)).
    """
    return min(bid, waiting)


def stair_price(top: int, cut_ray: int, step_s: int, elapsed_s: int) -> int:
    """Return a price that falls by a constant factor every step, rounded down.

    Args:
        top: Price at the start [any unit].
        cut_ray: Factor of one step [ray], at most RAY.
        step_s: Length of a step [s], > 0.
        elapsed_s: Since the start [s], >= 0.

    Source: makerdao/dss abaci.sol, StairstepExponentialDecrease: rmul(top, rpow(cut, dur / step)).
    """
    return mul_div_down(top, pow_half_up(cut_ray, mul_div_down(elapsed_s, 1, step_s), RAY), RAY)


def linear_price(top: int, tau_s: int, elapsed_s: int) -> int:
    """Return a price that falls to zero in a straight line, rounded down twice.

    Args:
        top: Price at the start [any unit].
        tau_s: When it is zero [s], > 0.
        elapsed_s: Since the start [s], >= 0.

    Source: makerdao/dss abaci.sol, LinearDecrease: rmul(top, (tau - dur) * RAY / tau).
    """
    return mul_div_down(top, mul_div_down(max(0, tau_s - elapsed_s), RAY, tau_s), RAY)


def settlement_tag(par: int, price: int) -> int:
    """Return the collateral one unit of the coin is owed at settlement [ray].

    Args:
        par: What the coin aims at [ray].
        price: Of the collateral [wad].

    Source: makerdao/dss end.sol, `cage(ilk)`: wdiv(par, price).
    """
    return mul_div_down(par, WAD, price)


def settlement_owed(art: int, rate: int, tag: int) -> int:
    """Return the collateral an amount of normalised debt is owed, before what there is [wad].

    Source: makerdao/dss end.sol, `skim`: rmul(rmul(art, rate), tag).
    """
    return mul_div_down(mul_div_down(art, rate, RAY), tag, RAY)


def settlement_fix(art: int, rate: int, tag: int, gap: int, total_debt: int) -> int:
    """Return the collateral that one coin redeems, the gap shared by all alike [ray].

    Args:
        art: Normalised debt of all before skimming [wad].
        rate: Debt per normalised unit [ray].
        tag: Collateral owed for one coin [ray].
        gap: Collateral missing [wad].
        total_debt: Coins in being [rad], at least one whole wad unit.

    Source: makerdao/dss end.sol, `flow`: (owed - gap) * RAY / (debt / RAY).
    """
    return mul_div_down(settlement_owed(art, rate, tag) - gap, RAY, mul_div_down(total_debt, 1, RAY))


def settlement_cash(coins: int, fix: int) -> int:
    """Return the collateral that coins redeem, rounded down: the dust stays in settlement [wad].

    Source: makerdao/dss end.sol, `cash`: rmul(wad, fix).
    """
    return mul_div_down(coins, fix, RAY)
