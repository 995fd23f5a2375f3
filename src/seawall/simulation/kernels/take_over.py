"""What the engine takes over from a failing margin account, and at which values.

The account's equity is split over its positions by their share of the requirement: at its takeover value
each leaves the account with its share of what is left, and of what is missing. Settle assets hold their
shares of the equity at the mark; what a sale of other collateral costs is borne in the one that needs most.

Source: `seawall.liquidation.takeover`, rule by rule, without its roundings.
"""

from __future__ import annotations

from typing import Any

from seawall.simulation.kernels.columns import CASH
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import counted, equity, is_position, need_of_position
from seawall.simulation.kernels.tally import SEIZED, added, down
from seawall.simulation.kernels.trade import close_for

takeover_value: Any = None  # bound to a rule set


def take_over(codes, prices, markets, desk, cohort_code, q, at, width, tally, lots):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the lots of an account, and close them all in the market.

    Args:
        lots: `Winners.lot`, one for each leg; those of other legs have no size.

    Returns:
        (cash code of the settle asset that needs most, -1 where there is no position; what the account is
        worth at the mark, other collateral sold [base currency]).
    """
    own = equity(prices, codes, cohort_code, q, at, width)
    whole = 0.0
    total = 0.0
    main = -1
    most = -1.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        kind = codes.item[code].kind
        worth = q[leg] * prices[code].value
        lots[leg - at].quanta = 0.0
        lots[leg - at].left = 0.0
        lots[leg - at].handed = 0.0
        lots[leg - at].gain = 0.0
        if kind == CASH:
            is_sold = not is_settled_in(codes, cohort_code, at, width, codes.item[code].asset)
            whole += counted(codes, prices, code, q[leg]) if is_sold else worth
        elif is_position(kind):
            whole += worth
            lots[leg - at].worth = worth
            lots[leg - at].need = need_of_position(codes, prices, cohort_code, q, at, width, leg)
            lots[leg - at].quanta = abs(q[leg])
            lots[leg - at].left = abs(q[leg])
            total += lots[leg - at].need
            tally.money[SEIZED] = added(tally.money[SEIZED], down(abs(worth)))
            driver = codes.item[code].driver
            lots[leg - at].x_before = desk.market[driver].x if driver >= 0 else 0.0
            lots[leg - at].brought = close_for(codes, prices, markets, desk, code, q[leg])
    for leg in range(at, at + width):
        if lots[leg - at].quanta > 0.0:
            settle = codes.item[cohort_code[leg]].settle
            need = need_in(codes, cohort_code, lots, at, width, settle)
            if need > most or (need == most and codes.item[settle].asset > codes.item[main].asset):
                most = need
                main = settle
    for leg in range(at, at + width):
        if lots[leg - at].quanta == 0.0:
            continue
        code = codes.item[cohort_code[leg]].settle
        need = need_in(codes, cohort_code, lots, at, width, code)
        share = own * (need / total) if total > 0.0 else 0.0
        if code == main:
            share = whole - (own * ((total - need) / total) if total > 0.0 else 0.0)
        if need > 0.0:
            lots[leg - at].takeover = takeover_value(lots[leg - at].worth, share, lots[leg - at].need, need)
        else:  # nothing is required: the first has all of it
            is_first = leg == first_in(codes, cohort_code, lots, at, width, code)
            lots[leg - at].takeover = lots[leg - at].worth - (share if is_first else 0.0)
    return main, whole


def sell_rest(codes, prices, markets, desk, cohort_code, q, at, width, lots):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Undo the sale of all lots, and sell what winners have not taken.

    Args:
        lots: `gain` is filled: what a sale of less brings beyond its share of the sale of all.
    """
    for place in range(width):
        leg = at + width - 1 - place
        driver = codes.item[cohort_code[leg]].driver
        if lots[leg - at].quanta > 0.0 and driver >= 0:
            desk.market[driver].x = lots[leg - at].x_before
    for leg in range(at, at + width):
        size = lots[leg - at].quanta
        if size > 0.0:
            rest = size - lots[leg - at].handed
            code = cohort_code[leg]
            brought = close_for(codes, prices, markets, desk, code, rest if q[leg] > 0.0 else -rest)
            lots[leg - at].gain = brought - lots[leg - at].brought * (rest / size)


@inner
def need_in(codes, cohort_code, lots, at, width, settle):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the requirement of all lots that settle in one cash code [base currency]."""
    total = 0.0
    for leg in range(at, at + width):
        if lots[leg - at].quanta > 0.0 and codes.item[cohort_code[leg]].settle == settle:
            total += lots[leg - at].need
    return total


@inner
def first_in(codes, cohort_code, lots, at, width, settle):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the first leg whose lot settles in one cash code."""
    for leg in range(at, at + width):
        if lots[leg - at].quanta > 0.0 and codes.item[cohort_code[leg]].settle == settle:
            return leg
    return at


@inner
def is_settled_in(codes, cohort_code, at, width, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether cash in an asset pays losses as it is: a position settles in it, or there is none.

    Other collateral is sold, at its haircut; see `seawall.liquidation.takeover`.
    """
    has_position = False
    for leg in range(at, at + width):
        one = codes.item[cohort_code[leg]]
        if is_position(one.kind):
            if one.asset == asset:
                return True
            has_position = True
    return not has_position


__all__ = ["is_settled_in", "sell_rest", "take_over"]
