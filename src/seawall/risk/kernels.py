"""Loops over the columns of a book, compiled by numba where it is installed.

Only linear sums are here (weighted collateral, debt, equity); what branches is a rule
of `seawall.rules`, compiled from its one source. Each account carries a bound on the
distance between its float sums and the exact ones, from which the three-valued flag
follows: certain, or left to the exact world.

All values are in whole base currency (float64). Amount columns come as their 64-bit
words, shape (n, 2), and are read in place.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Callable
from types import FunctionType

from numpy import uint64

from seawall.core.compiled import jit

SAFE, LIQUIDATABLE, UNSURE = 0, 1, 2
RELATIVE = 2.0**-44


def read_amount(low, high):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a signed 128-bit integer, given as two int64 words, as a float.

    Without a branch: a negative low word counts 2**64 less, which the high word makes up for. What
    fits 64 bits has then a high part of 0, so small negative numbers keep their digits.
    """
    return float(high - (low >> 63)) * 18446744073709551616.0 + float(low)


def lending_sums(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    start, asset, side, counts, words, account_set, worth, step, threshold, slack,
    collateral, weighted, debt, error, owes,
):  # fmt: skip
    """Fill the sums of every account.

    Args:
        start, asset, side, counts, words: Balance columns (CSR); `counts` is the collateral flag.
        account_set: Collateral set of each account, -1 for none, shape (n_accounts,).
        worth: Base currency per scaled unit, by [collateral set + 1, asset, side]; NaN where unpriced.
        step: Base currency that one rounding of a balance or value may move, same shape.
        threshold: Liquidation threshold as a fraction, by [collateral set + 1, asset].
        slack: Part of the collateral that the venue's own averaging may move.
        collateral, weighted, debt, error: Output, shape (n_accounts,); the error is NaN where a
            price is missing.
        owes: Output, whether the account has a debt, shape (n_accounts,).
    """
    # Unsigned subscripts and selections for branches: twice as fast, kinds follow no pattern.
    for account in range(len(start) - 1):
        chosen = uint64(account_set[account] + 1)
        sum_collateral = 0.0
        sum_weighted = 0.0
        sum_debt = 0.0
        sum_error = 0.0
        has_debt = False
        for row in range(uint64(start[account]), uint64(start[account + 1])):
            code = uint64(asset[row])
            kind = uint64(side[row])
            factor = threshold[chosen, code]
            value = read_amount(words[row, 0], words[row, 1]) * worth[chosen, code, kind]
            owed = kind == 2
            secures = (not owed) and counts[row] and factor > 0.0
            secured = value if secures else 0.0
            sum_collateral += secured
            sum_weighted += secured * factor
            sum_debt -= value if owed else 0.0
            sum_error += step[chosen, code, kind] if owed or secures else 0.0
            has_debt = has_debt or owed
        owes[account] = has_debt
        collateral[account] = sum_collateral
        weighted[account] = sum_weighted
        debt[account] = sum_debt
        error[account] = sum_error + (sum_collateral + sum_debt) * RELATIVE + sum_collateral * slack


def read_difference(low, high, own_low, own_high):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return one signed 128-bit integer less another as a float; exact but for that, NaN beyond 128 bits."""
    left_low = low - own_low
    left_high = high - own_high - (uint64(own_low) > uint64(low))
    is_beyond = ((high ^ own_high) & (high ^ left_high)) < 0
    return math.nan if is_beyond else read_amount(left_low, left_high)


def exchange_sums(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cash_start, asset, cash_words, worth, weight,
    start, instrument, quantity_words, cost_words, mark_worth, cost_worth,
    pays_funding, funding_words, stride, funding_now, funding_worth,
    equity, margin_equity, magnitude, notional,
):  # fmt: skip
    """Fill equity, margin equity and gross magnitude of every account, and the notional of every position.

    Args:
        cash_start, asset, cash_words: Balance columns (CSR).
        worth, weight: Base currency per unit, and the part that counts as margin, by asset.
        start, instrument, quantity_words, cost_words: Position columns (CSR).
        mark_worth, cost_worth: Base currency per quantity unit, and per unit of cost, by instrument.
        pays_funding: Whether any funding index is not 0.
        funding_words, stride: Funding index at which each position was touched last; one row with a
            stride of 0 where it is the same for all.
        funding_now: Funding index of each instrument as two int64 words, shape (n_instruments, 2).
        funding_worth: Base currency per quantity unit and unit of funding index, by instrument.
        equity, margin_equity, magnitude: Output, shape (n_accounts,).
        notional: Output, shape (n_positions,).
    """
    for account in range(len(start) - 1):
        sum_equity = 0.0
        sum_margin = 0.0
        gross = 0.0
        for row in range(uint64(cash_start[account]), uint64(cash_start[account + 1])):
            code = uint64(asset[row])
            value = read_amount(cash_words[row, 0], cash_words[row, 1]) * worth[code]
            sum_equity += value
            sum_margin += value * weight[code] if value > 0.0 else value
            gross += abs(value)
        for row in range(uint64(start[account]), uint64(start[account + 1])):
            code = uint64(instrument[row])
            quantity = read_amount(quantity_words[row, 0], quantity_words[row, 1])
            held = quantity * mark_worth[code]
            cost = read_amount(cost_words[row, 0], cost_words[row, 1]) * cost_worth[code]
            sum_equity += held + cost
            sum_margin += held + cost
            gross += abs(held) + abs(cost)
            if pays_funding:
                at = uint64(row * stride)
                change = read_difference(
                    funding_now[code, 0], funding_now[code, 1], funding_words[at, 0], funding_words[at, 1]
                )
                due = quantity * change * funding_worth[code]
                sum_equity -= due
                sum_margin -= due
                gross += abs(due)
            notional[row] = abs(held)
        equity[account] = sum_equity
        margin_equity[account] = sum_margin
        magnitude[account] = gross


def requirement_sums(start, instrument, notional, first, rate, cum, requirement):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add up what the positions of every account need, under curves made of lines.

    A curve with rising rates is the largest of its lines: once a line is not above the one before,
    no later one is. A position without lines adds nothing (its curve is computed elsewhere).

    Args:
        start, instrument: Position columns (CSR).
        notional: Size of each position [base currency].
        first, rate, cum: Lines of each instrument (CSR); cum in base currency.
        requirement: Output, shape (n_accounts,).
    """
    for account in range(len(start) - 1):
        total = 0.0
        for row in range(uint64(start[account]), uint64(start[account + 1])):
            code = uint64(instrument[row])
            need = 0.0
            for line in range(uint64(first[code]), uint64(first[code + uint64(1)])):
                piece = notional[row] * rate[line] - cum[line]
                if piece <= need:
                    break
                need = piece
            total += need
        requirement[account] = total


@functools.cache
def compiled(name: str) -> Callable[..., None] | None:
    """Return a loop of this module compiled by numba, or None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    loop = globals()[name]
    scope = {**globals(), "read_amount": jit(read_amount)}
    scope["read_difference"] = jit(FunctionType(read_difference.__code__, scope, "read_difference"))
    return jit(FunctionType(loop.__code__, scope, name), nogil=True)
