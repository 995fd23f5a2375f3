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
from collections.abc import Callable
from types import FunctionType

from seawall.core.compiled import jit

SAFE, LIQUIDATABLE, UNSURE = 0, 1, 2
RELATIVE = 2.0**-44


def read_amount(low, high):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a signed 128-bit integer, given as two int64 words, as a float."""
    if high == (low >> 63):
        return float(low)
    unsigned_low = float(low) if low >= 0 else float(low) + 18446744073709551616.0
    return float(high) * 18446744073709551616.0 + unsigned_low


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
    for account in range(len(start) - 1):
        chosen = account_set[account] + 1
        sum_collateral = 0.0
        sum_weighted = 0.0
        sum_debt = 0.0
        sum_error = 0.0
        for row in range(start[account], start[account + 1]):
            scaled = read_amount(words[row, 0], words[row, 1])
            value = scaled * worth[chosen, asset[row], side[row]]
            if side[row] == 2:
                owes[account] = True
                sum_debt -= value
                sum_error += step[chosen, asset[row], side[row]]
            elif counts[row] and threshold[chosen, asset[row]] > 0.0:
                sum_collateral += value
                sum_weighted += value * threshold[chosen, asset[row]]
                sum_error += step[chosen, asset[row], side[row]]
        collateral[account] = sum_collateral
        weighted[account] = sum_weighted
        debt[account] = sum_debt
        error[account] = sum_error + (sum_collateral + sum_debt) * RELATIVE + sum_collateral * slack


def exchange_sums(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cash_start, asset, cash_words, worth, weight,
    start, instrument, quantity_words, cost_words, mark_worth, cost_worth,
    equity, margin_equity, magnitude, notional,
):  # fmt: skip
    """Fill equity, margin equity and gross magnitude of every account, and the notional of every position.

    Args:
        cash_start, asset, cash_words: Balance columns (CSR).
        worth, weight: Base currency per unit, and the part that counts as margin, by asset.
        start, instrument, quantity_words, cost_words: Position columns (CSR).
        mark_worth, cost_worth: Base currency per quantity unit, and per unit of cost, by instrument.
        equity, margin_equity, magnitude: Output, shape (n_accounts,).
        notional: Output, shape (n_positions,).
    """
    for account in range(len(start) - 1):
        sum_equity = 0.0
        sum_margin = 0.0
        gross = 0.0
        for row in range(cash_start[account], cash_start[account + 1]):
            value = read_amount(cash_words[row, 0], cash_words[row, 1]) * worth[asset[row]]
            sum_equity += value
            sum_margin += value * weight[asset[row]] if value > 0.0 else value
            gross += abs(value)
        for row in range(start[account], start[account + 1]):
            held = read_amount(quantity_words[row, 0], quantity_words[row, 1]) * mark_worth[instrument[row]]
            cost = read_amount(cost_words[row, 0], cost_words[row, 1]) * cost_worth[instrument[row]]
            sum_equity += held + cost
            sum_margin += held + cost
            gross += abs(held) + abs(cost)
            notional[row] = abs(held)
        equity[account] = sum_equity
        margin_equity[account] = sum_margin
        magnitude[account] = gross


@functools.cache
def compiled(name: str) -> Callable[..., None] | None:
    """Return a loop of this module compiled by numba, or None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    loop = globals()[name]
    scope = {**globals(), "read_amount": jit(read_amount)}
    return jit(FunctionType(loop.__code__, scope, name), nogil=True)
