"""Maker's arithmetic of vaults: what they may draw, when and how much of them is liquidated, how it is sold.

Amounts of collateral and normalised debt are wad, coins and debts rad, prices and rates ray. Every
division is rounded down; powers round half up at each squaring.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, pow_half_up
from seawall.core.units import RAY, WAD

RAY_PER_WAD = 10**9


def spot_price(price: int, par: int, mat: int) -> int:
    """Return the price a vault's collateral counts at, after the safety margin [ray], rounded down twice.

    Args:
        price: Of the feed [wad].
        par: What the coin aims at [ray].
        mat: Liquidation ratio [ray], > 0.

    Source: makerdao/dss@fa4f6630af spot.sol, `poke`: rdiv(rdiv(val * 1e9, par), mat).
    """
    return mul_div_down(feed_price(price, par), RAY, mat)


def feed_price(price: int, par: int) -> int:
    """Return the price of the feed in coins [ray], rounded down.

    Source: makerdao/dss clip.sol, `getFeedPrice`: rdiv(val * 1e9, par).
    """
    return mul_div_down(price * RAY_PER_WAD, RAY, par)


def keeps_ceilings(dart: int, all_tab: int, line: int, debt: int, line_all: int) -> bool:
    """Return whether debt falls, or neither ceiling is exceeded; at a ceiling is within it [rad].

    Source: makerdao/dss vat.sol, `frob`.
    """
    return dart <= 0 or (all_tab <= line and debt <= line_all)


def may_change(dink: int, dart: int, secured: int, tab: int) -> bool:
    """Return whether a vault only becomes safer, or is safe: its debt at most its collateral at spot [rad].

    Source: makerdao/dss vat.sol, `frob`.
    """
    return (dart <= 0 and dink >= 0) or tab <= secured


def is_no_dust(art: int, tab: int, dust: int) -> bool:
    """Return whether a vault owes nothing, or enough to be worth a liquidation.

    Source: makerdao/dss vat.sol, `frob`.
    """
    return art == 0 or tab >= dust


def is_unsafe(secured: int, tab: int, spot: int) -> bool:
    """Return whether a vault may be liquidated: its collateral at spot is worth less than its debt [rad].

    Strictly less. Without a price (spot 0) nothing is liquidated.

    Source: makerdao/dss dog.sol, `bark`.
    """
    return spot > 0 and secured < tab


def has_room(hole: int, dirt: int, hole_ilk: int, dirt_ilk: int) -> bool:
    """Return whether anything more may be put on auction, in all and in the ilk [rad].

    Source: makerdao/dss dog.sol, `bark`.
    """
    return hole > dirt and hole_ilk > dirt_ilk


def liquidated_art(art: int, rate: int, room: int, chop: int, dust: int) -> int:
    """Return how much normalised debt one call takes off a vault [wad].

    What the room on auction allows, penalty included, rounded down twice; but all of it where what
    would stay behind were dust, even beyond the room.

    Args:
        art: Normalised debt [wad], > 0.
        rate: Debt per unit of it [ray].
        room: Still allowed on auction [rad].
        chop: Penalty factor [wad].
        dust: Least debt of a vault [rad].

    Source: makerdao/dss dog.sol, `bark`: room * WAD / rate / chop.
    """
    taken = min(art, mul_div_down(mul_div_down(room, WAD, rate), 1, chop))
    return art if (art - taken) * rate < dust else taken


def is_dusty_auction(art: int, taken: int, rate: int, dust: int) -> bool:
    """Return whether a partial liquidation would put dust on auction.

    Source: makerdao/dss dog.sol, `bark`.
    """
    return art > taken and taken * rate < dust


def liquidated_ink(ink: int, taken: int, art: int) -> int:
    """Return the collateral that goes with the normalised debt taken, rounded down: the rest stays [wad].

    Source: makerdao/dss dog.sol, `bark`: ink * dart / art.
    """
    return mul_div_down(ink, taken, art)


def with_penalty(due: int, chop: int) -> int:
    """Return a debt with the liquidation penalty, rounded down [rad]: an auction's tab, or the least tab.

    Source: makerdao/dss dog.sol, `bark`; clip.sol, `upchost`.
    """
    return mul_div_down(due, chop, WAD)


def keeper_coin(tab: int, tip: int, chip: int) -> int:
    """Return what whoever starts an auction is paid, its share rounded down [rad].

    Source: makerdao/dss clip.sol, `kick`: tip + wmul(tab, chip).
    """
    return tip + mul_div_down(tab, chip, WAD)


def start_price(price: int, buf: int) -> int:
    """Return the price an auction starts at, rounded down [ray].

    Source: makerdao/dss clip.sol, `kick`: rmul(feed price, buf).
    """
    return mul_div_down(price, buf, RAY)


def needs_reset(price: int, top: int, cusp: int, elapsed_s: int, tail_s: int) -> bool:
    """Return whether an auction is stale: older than its tail, or fallen below a share of its start.

    Both are strict; the share is rounded down, so a price a hair below the cusp still counts as below.

    Source: makerdao/dss clip.sol, `status`: rdiv(price, top) < cusp.
    """
    return elapsed_s > tail_s or mul_div_down(price, RAY, top) < cusp


def is_paid_for(tab: int, lot: int, price: int, chost: int) -> bool:
    """Return whether restarting an auction is paid: neither its tab nor its lot is worth less than dust.

    Source: makerdao/dss clip.sol, `redo`.
    """
    return tab >= chost and lot * price >= chost


def purchase(tab: int, lot: int, price: int, most: int, chost: int) -> tuple[bool, int, int]:
    """Return (allowed, coins owed [rad], collateral bought [wad]) of one purchase.

    Never more than the tab is paid. A purchase that would leave a tab between 0 and `chost` is cut so
    that just `chost` stays, and refused where the tab is not above it. Collateral is rounded down.

    Args:
        tab: Still to raise [rad].
        lot: Collateral on sale [wad].
        price: Of the moment [ray].
        most: Collateral asked for [wad].
        chost: Least tab that may stay [rad].

    Source: makerdao/dss clip.sol, `take`.
    """
    bought = min(lot, most)
    owed = bought * price
    if owed > tab:
        return True, tab, mul_div_down(tab, 1, price)
    if owed < tab and bought < lot and tab - owed < chost:
        if tab <= chost:
            return False, 0, 0
        owed = tab - chost
        bought = mul_div_down(owed, 1, price)
    return True, owed, bought


def dripped_rate(rate: int, duty: int, elapsed_s: int) -> int:
    """Return debt per unit of normalised debt after a time, rounded down [ray].

    Source: makerdao/dss jug.sol, `drip`: rmul(rpow(duty, elapsed), rate).
    """
    return mul_div_down(pow_half_up(duty, elapsed_s, RAY), rate, RAY)
