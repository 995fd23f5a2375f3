"""What scenarios do to a quantum of every code at the prices of now, and what options are worth.

The model moves marks and never sets them: an option is worth its mark at the start, and what the model says
it gained since then, at the forward of now, the volatility of the start or one that follows the forward, and
the time that is left. One that expires on the way stays, and is worth what exercising pays. Options are sold
at their mark less the slippage of the terms, into no market's depth.

Source: `seawall.risk.portfolio` and `seawall.risk.options`, in floats; bounds of slopes from Black's price,
which moves by at most its forward (in coins by at most one coin, or K / F), and with volatility by at most
F / sqrt(2 pi) for each unit of its deviation.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from seawall.core.units import PPM, WAD
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import is_position
from seawall.simulation.kernels.portfolio import (
    ADDED,
    ADDED_MOST,
    ADDED_SHORT,
    BOUNDS,
    CHARGES,
    DRIFT,
    FLOOR_SHORT,
    GAIN,
    HIGH,
    LOW,
    SIZE,
)

YEAR_S = 31_536_000.0
BELL = 1.0 / math.sqrt(2.0 * math.pi)

OPTION = np.dtype(
    [
        ("is_coin", np.bool_),
        *((name, np.int32) for name in ("driver", "long", "short")),
        *(
            (name, np.float64)
            for name in (
                "right", "strike", "forward", "vol", "seconds", "mark", "index", "model", "coins", "slippage",
            )
        ),
    ],
    align=True,
)  # fmt: skip
"""An option, as it was at the start.

is_coin: whether it is paid in the coin that is priced. driver: market that moves its forward, -1 for none.
long, short: codes of its positions, -1 for none. right: 1 for a call, -1 for a put. strike, forward: in one
unit of price. vol: volatility [wad]. seconds: to expiry [s]. mark, index: what one is valued at by the venue
and by the market [whole settle asset]. model: what the model said then, the same. coins: underlying in a
quantum. slippage: part of the mark that closing costs [1].
"""

SCENARIO = np.dtype([(name, np.float64) for name in ("price", "vol", "cover")])
"""A scenario: move of the price, a part of it; move of volatility [ppm]; part of the gain that counts, the
part of all that must be kept included."""

RULE = np.dtype(
    [
        ("is_absolute", np.bool_),
        *(
            (name, np.float64)
            for name in (
                "power", "term", "term_min", "future", "short", "floor", "horizon",
                "vol_per_fall", "vol_most",
            )
        ),
    ],
    align=True,
)  # fmt: skip
"""What stands beside the scenarios: whether moves of volatility are points of it; their power [ppm], term and
shortest term [s]; add-on of futures, of short options and their floor, of the notional, as far as it must be
kept [1]; how long a path is [s]; and how volatilities follow forwards: as forward^-vol_per_fall, at most
vol_most times, and at least one vol_most-th of, those of the start [1]."""


class Grid(NamedTuple):
    """How portfolios are margined, as far as it never changes; empty where there are none.

    Attributes:
        option: Shape (n_options,) of `OPTION`.
        scenario: Shape (n_scenarios,) of `SCENARIO`.
        rule: Shape (1,) of `RULE`.
    """

    option: np.recarray[Any, Any]
    scenario: np.recarray[Any, Any]
    rule: np.recarray[Any, Any]


black_price: Any = None  # these four are rules, compiled
term_factor: Any = None
vol_by_part: Any = None
vol_by_points: Any = None


@inner
def move_options(codes, grid, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Give the codes of options the move of what they settle in, too; `reprice` comes before."""
    for row in range(grid.option.size):
        for code in (grid.option[row].long, grid.option[row].short):
            if code >= 0:
                settle = codes.item[code].settle
                prices[code].move += prices[settle].move
                prices[code].settle = math.exp(prices[settle].move)


def price_all(codes, grid, seen, traded, elapsed_s, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move and price options, and fill the table of all codes; arguments as for `price_grid`."""
    move_options(codes, grid, prices)
    price_grid(codes, grid, seen, traded, elapsed_s, at_market, prices)


def price_grid(codes, grid, seen, traded, elapsed_s, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices of options, and the table of all codes; `move_options` comes before.

    Args:
        seen, traded, at_market: As for `reprice`.
        elapsed_s: Time since the start [s].
    """
    for row in range(grid.option.size):
        price_option(codes, grid, row, seen, traded, elapsed_s, at_market, prices)
    if codes.table.size == 0:
        return
    for code in range(codes.item.size):
        if is_position(codes.item[code].kind) and codes.item[code].option < 0:
            fill_contract(codes, grid, code, at_market, prices)
    for row in range(grid.option.size):
        fill_option(codes, grid, row, seen, traded, elapsed_s, at_market, prices)


@inner
def at_price(grid, option, moves):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the forward of an option and its volatility [wad] after moves of the markets."""
    move = moves[option.driver] if option.driver >= 0 else 0.0
    most = math.log(grid.rule[0].vol_most)
    risen = min(max(-grid.rule[0].vol_per_fall * move, -most), most)
    return option.forward * math.exp(move), option.vol * math.exp(risen)


def worth_of(option, forward, vol, seconds):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what one is worth by the model [whole settle asset]."""
    worth = black_price(forward, option.strike, vol, seconds, option.right) / WAD
    return worth / forward if option.is_coin else worth


def price_option(codes, grid, row, seen, traded, elapsed_s, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill what a quantum of an option is worth."""
    option = grid.option[row]
    left = max(0.0, option.seconds - elapsed_s)
    by_venue, vol = at_price(grid, option, seen)
    by_market, vol_market = at_price(grid, option, traded)
    model = worth_of(option, by_venue, vol, left)
    model_market = model if by_market == by_venue else worth_of(option, by_market, vol_market, left)
    for side in range(2):
        code = option.short if side == 1 else option.long
        if code < 0:
            continue
        settle = codes.item[code].settle
        unit = codes.item[settle].unit * option.coins
        market = max(0.0, option.index + model_market - option.model) * prices[settle].market * unit
        value = max(0.0, option.mark + model - option.model) * prices[settle].value * unit
        if at_market:
            value = market
        prices[code].value = value
        prices[code].trigger = value
        prices[code].market = market * (1.0 + option.slippage if side == 1 else 1.0 - option.slippage)
        prices[code].scale = value


@inner
def fill_contract(codes, grid, code, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the row of a future: linear ones gain v m, those settled in coins v (1 / (1 + m) - 1)."""
    value = prices[code].value
    table = codes.table
    is_linear = codes.item[code].power > 0.0
    count = grid.scenario.size
    for scenario in range(count + 1):
        part = 0.0
        if scenario < count:
            move = grid.scenario[scenario].price
            part = grid.scenario[scenario].cover * (move if is_linear else -move / (1.0 + move))
        table[code, scenario, GAIN] = value * part
        all_of_it = value * (1.0 + part)
        # 1 / p moves by at most twice as large a part as p does, as long as none has doubled.
        table[code, scenario, LOW] = all_of_it if is_linear else min(0.0, -2.0 * all_of_it)
        table[code, scenario, HIGH] = all_of_it if is_linear else max(0.0, -2.0 * all_of_it)
    gap = math.exp(codes.item[code].gap)
    now = 1.0 if at_market else gap
    table[code, CHARGES, ADDED] = grid.rule[0].future * value * now
    table[code, CHARGES, ADDED_SHORT] = 0.0
    table[code, CHARGES, FLOOR_SHORT] = 0.0
    table[code, BOUNDS, DRIFT] = 0.0
    table[code, BOUNDS, ADDED_MOST] = grid.rule[0].future * value * max(now, gap, 1.0)
    table[code, BOUNDS, SIZE] = value


def fill_option(codes, grid, row, seen, traded, elapsed_s, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the rows of an option."""
    option = grid.option[row]
    code = option.long if option.long >= 0 else option.short
    if code < 0:
        return
    left = max(0.0, option.seconds - elapsed_s)
    end = max(0.0, option.seconds - max(elapsed_s, grid.rule[0].horizon))
    forward, vol = at_price(grid, option, traded if at_market else seen)
    settle = codes.item[code].settle
    price = prices[settle].value * codes.item[settle].unit * option.coins
    scale = price if option.is_coin else price * forward
    now = worth_of(option, forward, vol, left)
    still = deviation_range(grid, vol, 0.0, left, end)
    bent = bend_of(grid, option, vol, left, 0.0)
    is_floored = option.mark < option.model or option.index < option.model
    reach = reach_of(option, forward)
    drift = 0.0
    count = grid.scenario.size
    for scenario in range(count + 1):
        cover, move, vol_move = 0.0, 0.0, 0.0
        gained = 0.0
        if scenario < count:
            cover = grid.scenario[scenario].cover
            move = grid.scenario[scenario].price
            vol_move = grid.scenario[scenario].vol
            moved = forward * (1.0 + move)
            gained = cover * (worth_of(option, moved, moved_vol(grid, vol, left, vol_move), left) - now)
        moved_scale = 1.0 if option.is_coin else 1.0 + move
        # Of its worth and what it gains: (1 - cover) times the slope now, cover times the slope there.
        high = max(0.0, 1.0 - cover) * reach + cover * reach_of(option, forward * (1.0 + move)) * moved_scale
        low = (-cover if is_floored else min(0.0, 1.0 - cover)) * reach
        if option.right < 0.0:
            high, low = -low, -high
        kept = 1.0 + cover if is_floored else abs(1.0 - cover)
        bend = kept * bent + cover * moved_scale * bend_of(grid, option, vol, left, vol_move)
        put_row(codes, option, scenario, price * gained, scale * (low - bend), scale * (high + bend))
        moved_dev = deviation_range(grid, vol, vol_move, left, end)
        taken = kept * still + cover * moved_scale * moved_dev
        drift = max(drift, taken)
    put_row(
        codes,
        option,
        CHARGES + codes.table.shape[1],
        0.0,
        grid.rule[0].short * scale,
        grid.rule[0].floor * scale,
    )
    apart = abs(option.index - option.mark) * price
    size = scale * (1.0 + reach + option.strike / forward)
    put_row(codes, option, BOUNDS + codes.table.shape[1], BELL * drift * scale + apart, 0.0, size)


@inner
def put_row(codes, option, row, one, two, three):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Write three columns of a row for both codes of an option."""
    for side in range(2):
        code = option.short if side == 1 else option.long
        if code >= 0:
            codes.table[code, row, 0] = one
            codes.table[code, row, 1] = two
            codes.table[code, row, 2] = three


@inner
def reach_of(option, forward):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how steep the worth of an option can be in its forward, as a part of what one coin is worth.

    In coins a put moves by up to K / F; both by up to twice as large a part as the price, while none doubles.
    """
    if not option.is_coin:
        return 1.0
    return 2.0 if option.right > 0.0 else 2.0 * option.strike / forward


def factor_of(grid, seconds):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return by how much moves of volatility are larger with so much time left [wad]."""
    rule = grid.rule[0]
    if rule.power <= 0.0:
        return float(WAD)
    return term_factor(max(seconds, rule.term_min), rule.term, rule.power)


def moved_vol(grid, vol, seconds, move):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a volatility after a move of the grid, with so much time left [wad]."""
    factor = factor_of(grid, seconds)
    return vol_by_points(vol, move, factor) if grid.rule[0].is_absolute else vol_by_part(vol, move, factor)


def bend_of(grid, option, vol, seconds, move):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how steep a volatility that follows the price makes an option, by what one coin is worth.

    It moves by `vol_per_fall` parts of itself, and is no larger than below while no price doubles; a worth
    moves with the deviation of its forward by at most one over the root of 2 pi.
    """
    rule = grid.rule[0]
    if rule.vol_per_fall == 0.0:
        return 0.0
    largest = min(2.0**rule.vol_per_fall * vol, rule.vol_most * option.vol)
    there = max(largest, moved_vol(grid, largest, seconds, move)) / WAD * math.sqrt(seconds / YEAR_S)
    return (2.0 if option.is_coin else 1.0) * BELL * rule.vol_per_fall * there


def deviation_range(grid, vol, move, left, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far the deviation of the log of a forward can get from that of now until the end [1].

    What volatility makes of it falls with the time left; what its move makes rises or falls, and turns round
    at most where the power of the move stops.
    """
    root, root_end = math.sqrt(left / YEAR_S), math.sqrt(end / YEAR_S)
    fallen = vol / WAD * (root - root_end)
    if move == 0.0:
        return fallen
    unit = move / PPM * (1.0 if grid.rule[0].is_absolute else vol / WAD)
    turn = min(max(grid.rule[0].term_min, end), left)
    one = factor_of(grid, left) / WAD * root
    two = factor_of(grid, end) / WAD * root_end
    three = factor_of(grid, turn) / WAD * math.sqrt(turn / YEAR_S)
    return fallen + abs(unit) * (max(one, two, three) - min(one, two, three))


__all__ = ["Grid", "move_options", "price_all", "price_grid"]
