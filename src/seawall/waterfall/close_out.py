"""Closing the engine's lots in the market: the loss stays what it is, lots become cash owed.

The engine gives the lots to `external:market`, which takes them in at the close-out value;
the difference to the takeover value goes to the deficit account. A closing better than
takeover is a surplus: it first lowers what the same default owes, and what is left of it
when nothing is owed any more flows to a fund.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.loss import Default, Lots, Move, Posting
from seawall.core.parties import ENGINE, MARKET, deficit_of
from seawall.core.rounding import mul_div_down
from seawall.waterfall.layer import WaterfallState


@dataclass(frozen=True, slots=True)
class Surplus:
    """What closing out brought beyond the loss, and who received it [asset minor units], > 0."""

    default_account: str
    asset: str
    amount: int
    account: str
    pool: str = ""


def close_in_market(default: Default, lot: Lots, quantity: int) -> tuple[Move, Default]:
    """Close `quantity` units (unsigned) of one lot entry; return the move and the default after it.

    The loss does not change: cost leaves the lots and joins the shortfall.
    """
    part, rest = lot.split(quantity)
    market_entry = -part.close_out_value
    move = Move(
        "close_out",
        (
            Posting(ENGINE, lot.instrument, -part.quantity, "lots"),
            Posting(MARKET, lot.instrument, part.quantity, "lots"),
            Posting(ENGINE, default.asset, part.takeover_value, "cost", instrument=lot.instrument),
            Posting(MARKET, default.asset, market_entry, "cost", instrument=lot.instrument),
            Posting(deficit_of(default.asset), default.asset, -part.cost),
        ),
        {
            "rule": "close in the market",
            "inputs": {
                "instrument": lot.instrument,
                "quantity": part.quantity,
                "takeover_value": part.takeover_value,
                "close_out_value": part.close_out_value,
            },
            "formula": "cost = takeover value - close-out value",
            "rounding": "values of a part are rounded down, the rest keeps the difference",
        },
    )
    return move, default.after(default.cash_shortfall + part.cost, lots_with(default, lot, rest))


def lots_with(default: Default, lot: Lots, rest: Lots) -> tuple[Lots, ...]:
    """Return the lots of a default with `rest` in place of `lot`; an empty rest is dropped."""
    replaced = tuple(rest if item is lot else item for item in default.lots)
    return tuple(item for item in replaced if item.quantity or item.takeover_value or item.close_out_value)


def close_all(default: Default, lots: tuple[Lots, ...] | None = None) -> tuple[tuple[Move, ...], Default]:
    """Close the given lots (all by default) entirely."""
    moves = []
    for lot in default.lots if lots is None else lots:
        move, default = close_in_market(default, lot, abs(lot.quantity))
        moves.append(move)
    return tuple(moves), default


def affordable(lot: Lots, step: int, budget: int) -> int:
    """Return how many units of `lot` a budget affords: whole lots, or all of it.

    The most whose exact cost fits, less a lot where the rounded cost of that part does not; a
    rounding in the payer's favour is not used.

    Args:
        lot: A lot entry with a cost; one without is always affordable.
        step: Smallest closable quantity of the instrument [quantity units].
        budget: Cash at hand [settle asset minor units], >= 0.
    """
    size = abs(lot.quantity)
    if lot.cost <= budget:
        return size
    units = mul_div_down(mul_div_down(budget, size, lot.cost), 1, step) * step
    while units and lot.split(units)[0].cost > budget:
        units -= step
    return units


def close_affordable(
    state: WaterfallState, default: Default, budget: int
) -> tuple[tuple[Move, ...], Default, dict[str, int]]:
    """Close as many whole lots as a budget affords, the cheapest entry first.

    Cash that earlier close-outs brought (a negative shortfall) is spent along with it.

    Args:
        budget: What a payer will then pay towards the shortfall [minor units], >= 0.

    Returns:
        The moves, the default after them, and the quantity closed per instrument.
    """
    at_hand = budget + max(0, -default.cash_shortfall)
    moves, rest, closed = [], default, dict[str, int]()
    for lot in sorted(default.lots, key=lambda item: (item.cost, item.instrument, item.quantity)):
        units = affordable(lot, state.instrument(lot.instrument).lot, at_hand)
        if units:
            at_hand -= lot.split(units)[0].cost
            move, rest = close_in_market(rest, lot, units)
            moves.append(move)
            closed[lot.instrument] = closed.get(lot.instrument, 0) + units
    return tuple(moves), rest, closed
