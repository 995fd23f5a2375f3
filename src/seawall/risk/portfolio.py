"""What an account margined as a portfolio must keep: the worst loss over a grid of scenarios, exactly.

Positions that follow the same underlying offset each other within a scenario, never across. Gains are
counted in settle assets and valued at their prices now; options move by the model from what it says they
are worth now, so that a scenario without a move loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from seawall.core.book import Instrument, Option
from seawall.core.portfolio import PortfolioTerms
from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.core.units import PPM, WAD
from seawall.risk.options import model_worth
from seawall.rules import inverse_perp
from seawall.rules.margin import flat_requirement
from seawall.rules.portfolio_margin import (
    covered,
    inverse_gain,
    linear_gain,
    moved_price,
    needed,
    option_gain,
    term_factor,
    vol_by_part,
    vol_by_points,
)

__all__ = ["GroupNeed", "Held", "moved_vol", "portfolio_need"]

DAY_S = 86400


class Held(NamedTuple):
    """A position with the prices that scenarios move.

    Attributes:
        mark: What it is valued at [mark units].
        index_price: What add-ons of a future count: the index, the mark where it is not above 0 [mark units].
        forward, vol: Of an option, as in `Mark`; 0 of others.
        seconds: To expiry of an option [s].
        decimals: Between quantity x mark x multiplier and a value.
        mark_decimals: Of the mark.
        settle_price: Of the settle asset [10**-price_decimals].
    """

    instrument: Instrument
    quantity: int
    mark: int
    index_price: int
    forward: int
    vol: int
    seconds: int
    decimals: int
    mark_decimals: int
    settle_price: int


class GroupNeed(NamedTuple):
    """What positions that offset each other need together [value units].

    Attributes:
        underlying: What they follow.
        settle_asset: What they settle in, where only that offsets; "" where all does.
        scenario: The worst one, in words; of equally bad ones the first.
        number: Its place in the grid.
        gain: Of that scenario, signed.
        floor: Least that short options need.
        added: What is added whatever offsets.
        requirement: What must be kept.
    """

    underlying: str
    settle_asset: str
    scenario: str
    number: int
    gain: int
    floor: int
    added: int
    requirement: int


class _Part(NamedTuple):
    # A position, or several: gains by scenario, floor and add-on, in values of the base currency.
    gains: tuple[int, ...]
    floor: int
    added: int


def portfolio_need(
    held: Sequence[Held], portfolio: PortfolioTerms
) -> tuple[tuple[GroupNeed, ...], tuple[int, ...]]:
    """Return what each group of offsetting positions needs, and the share of each position.

    The need of a group is shared by what each of its positions would need alone, rounded down with what
    is left over to the last; shares add up to the needs exactly.

    Args:
        held: Positions with their prices; legs of one instrument stand next to each other.
        portfolio: The grid.

    Returns:
        Groups in the order of their names, and the share of each position [value units], >= 0.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(held):
        settle = item.instrument.settle_asset if portfolio.netting == "settle" else ""
        groups.setdefault((item.instrument.follows, settle), []).append(place)
    needs, shares = [], [0] * len(held)
    for (underlying, settle), places in sorted(groups.items()):
        parts = [_part(held[place], portfolio) for place in places]
        floor, added = _of_shorts([held[place] for place in places], portfolio)
        gains = [sum(each) for each in zip(*(part.gains for part in parts), strict=True)]
        need = _need(_Part(tuple(gains), floor, added + sum(part.added for part in parts)), portfolio)
        needs.append(need._replace(underlying=underlying, settle_asset=settle))
        alone = [_alone(held[place], part, portfolio) for place, part in zip(places, parts, strict=True)]
        for place, share in zip(places, _shared(need.requirement, alone), strict=True):
            shares[place] = share
    return tuple(needs), tuple(shares)


def moved_vol(portfolio: PortfolioTerms, vol: int, seconds: int, move_ppm: int) -> int:
    """Return a volatility after a move of the grid, for an option with so much time left [wad]."""
    factor = WAD
    if portfolio.term_power_ppm:
        left = max(seconds, portfolio.term_days_min * DAY_S)
        factor = term_factor(left, portfolio.term_days * DAY_S, portfolio.term_power_ppm)
    move = vol_by_part if portfolio.vol_move == "relative" else vol_by_points
    return move(vol, move_ppm, factor)


def _part(item: Held, portfolio: PortfolioTerms) -> _Part:
    gains = tuple(gain * item.settle_price for gain in _gains(item, portfolio))
    if item.instrument.option is not None:
        return _Part(gains, 0, 0)
    added = flat_requirement(_notional(item, abs(item.quantity)), portfolio.future_ppm)
    return _Part(gains, 0, added * item.settle_price)


def _gains(item: Held, portfolio: PortfolioTerms) -> list[int]:
    instrument, quantity = item.instrument, item.quantity
    multiplier = instrument.multiplier * 10**item.decimals
    option = instrument.option
    if option is not None:
        now, *moved = _worths(option, item.forward, item.vol, item.seconds, item.mark_decimals, portfolio)
        return [option_gain(quantity, now, worth, multiplier, WAD) for worth in moved]
    moves = [scenario.price_ppm for scenario in portfolio.scenarios]
    if instrument.kind == "inverse":
        multiplier *= 10 ** (2 * item.mark_decimals)
        return [inverse_gain(quantity, item.mark, multiplier, move) for move in moves]
    return [linear_gain(quantity, item.mark, multiplier, move, 1) for move in moves]


@lru_cache(maxsize=1 << 14)
def _worths(
    option: Option, forward: int, vol: int, seconds: int, mark_decimals: int, portfolio: PortfolioTerms
) -> tuple[int, ...]:
    # Now, then in every scenario. The forward is counted in ppm of a tick, so that a move is exact.
    fine = Option(option.right, option.strike * PPM, option.expires, option.in_coin)
    found = [model_worth(option, forward, vol, seconds, mark_decimals)]
    for scenario in portfolio.scenarios:
        moved = moved_vol(portfolio, vol, seconds, scenario.vol_ppm)
        worth = model_worth(fine, moved_price(forward, scenario.price_ppm), moved, seconds, mark_decimals)
        found.append(worth if option.in_coin else mul_div_toward_zero(worth, 1, PPM))
    return tuple(found)


def _notional(item: Held, size: int) -> int:
    # Of an unsigned quantity at the index, of an option at its forward [10**-36 of the settle asset].
    instrument = item.instrument
    multiplier: int = instrument.multiplier * 10**item.decimals
    if instrument.kind == "inverse":
        scaled = multiplier * 10 ** (2 * item.mark_decimals)
        return -inverse_perp.position_value(size, item.index_price, scaled)
    option = instrument.option
    if option is None:
        return size * multiplier * item.index_price
    per_underlying: int = 10**item.mark_decimals if option.in_coin else item.forward
    return size * multiplier * per_underlying


def _of_shorts(held: Sequence[Held], portfolio: PortfolioTerms) -> tuple[int, int]:
    # (floor, added) of options that are short after their legs are netted.
    net: dict[str, int] = {}
    of = {item.instrument.id: item for item in held if item.instrument.option is not None}
    for item in held:
        net[item.instrument.id] = net.get(item.instrument.id, 0) + item.quantity
    floor = added = 0
    for name, item in of.items():
        if net[name] < 0:
            notional = _notional(item, -net[name])
            floor += flat_requirement(notional, portfolio.short_option_floor_ppm) * item.settle_price
            added += flat_requirement(notional, portfolio.short_option_ppm) * item.settle_price
    return floor, added


def _need(part: _Part, portfolio: PortfolioTerms) -> GroupNeed:
    counted = [
        covered(gain, scenario.cover_ppm)
        for gain, scenario in zip(part.gains, portfolio.scenarios, strict=True)
    ]
    gain = min(counted)
    number = counted.index(gain)
    requirement = needed(gain, part.floor, part.added, portfolio.maintenance_ppm)
    scenario = str(portfolio.scenarios[number])
    return GroupNeed("", "", scenario, number, gain, part.floor, part.added, requirement)


def _alone(item: Held, part: _Part, portfolio: PortfolioTerms) -> int:
    floor, added = _of_shorts([item], portfolio)
    return _need(_Part(part.gains, floor, part.added + added), portfolio).requirement


def _shared(total: int, weights: Sequence[int]) -> list[int]:
    # Cumulated and rounded down: shares sum to the total; without a weight there is nothing to share,
    # for no group needs more than its positions need alone.
    whole, before, weight = sum(weights), 0, 0
    found = []
    for each in weights:
        weight += each
        upto = mul_div_down(total, weight, whole) if whole else 0
        found.append(upto - before)
        before = upto
    return found
