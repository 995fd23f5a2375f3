"""Loops over columns of weights and caps, compiled by numba: exact, in 64-bit limbs.

A share is q = floor(w * B / W) with its remainder r = w * B - q * W, where W is the sum of the weights
and w <= W. With M = floor(B * 2^s / W) and s no less than the bits of w, floor(w * M / 2^s) is q or q - 1,
since w * (B * 2^s / W - M) / 2^s lies in [0, 1): a multiplication and a correction, no division.
The remainder of either is below 2 W, so its low limbs alone tell it.

Limbs are uint64, low first. Sums of weights, sums of caps and the budget are below 2^127 (2^63 in the
narrow loop): the callers in `columns` see to it.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from types import FunctionType
from typing import Any

from numpy import uint64

from seawall.core.compiled import jit

__all__ = ["BINS", "compiled"]

BINS = 1 << 16
CERTAIN = 2.0**-40  # two products whose floats differ by more than this part are in the right order
LIMB = 2.0**64
ONE, HALF, WORD, LOW = uint64(1), uint64(32), uint64(64), uint64(0xFFFFFFFF)


def high_word(a, b):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the upper limb of the product of two limbs."""
    a_low, a_high = a & LOW, a >> HALF
    b_low, b_high = b & LOW, b >> HALF
    first, second = a_high * b_low, a_low * b_high
    middle = ((a_low * b_low) >> HALF) + (first & LOW) + (second & LOW)
    return a_high * b_high + (first >> HALF) + (second >> HALF) + (middle >> HALF)


def multiply_add(a, b, more, carry):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a * b + more + carry as (low, high): it always fits two limbs."""
    low, high = a * b, high_word(a, b)
    low += more
    high += uint64(low < more)
    low += carry
    high += uint64(low < carry)
    return low, high


def low_product(a_low, a_high, b_low, b_high):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the two lower limbs of the product of two numbers of two limbs."""
    return a_low * b_low, high_word(a_low, b_low) + a_low * b_high + a_high * b_low


def narrow_shares(weights, budget, whole, factor_low, factor_high, shift, shares, rests, counts):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill floor(w * B / W) and its remainder for weights of one limb; return the sum of the shares.

    Args:
        weights: Shape (n,) uint64.
        budget, whole: B and W, B <= W.
        factor_low, factor_high: floor(B * 2^64 / W).
        shift: Bits of W beyond the 16 of a bin.
        shares, rests: Output, shape (n,) uint64.
        counts: Output, how many remainders by their upper bits, shape (BINS,).
    """
    total = uint64(0)
    for row in range(len(weights)):
        weight = weights[row]
        share = high_word(weight, factor_low) + weight * factor_high
        rest = weight * budget - share * whole
        if rest >= whole:
            share += ONE
            rest -= whole
        shares[row] = share
        rests[row] = rest
        counts[rest >> shift] += 1
        total += share
    return total


def wide_shares(weights, budget, whole, factor, lift, shares, rests, keys, counts):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill floor(w * B / W), its remainder and the upper limb of that, for weights of two limbs.

    Args:
        weights: Shape (n, 2) uint64.
        budget, whole: B and W, shape (2,).
        factor: floor(B * 2^128 / W), shape (4,).
        lift: Bits by which W is shifted to fill two limbs.
        shares, rests: Output, shape (n, 2) uint64.
        keys: Output, upper limb of each remainder after the shift, shape (n,).
        counts: Output, how many keys by their upper 16 bits, shape (BINS,).
    """
    zero = uint64(0)
    for row in range(len(weights)):
        low, high = weights[row, 0], weights[row, 1]
        # w * M in limbs; the quotient is in the third and fourth, and nothing stands above them.
        _, carry = multiply_add(low, factor[0], zero, zero)
        second, carry = multiply_add(low, factor[1], zero, carry)
        third, carry = multiply_add(low, factor[2], zero, carry)
        fourth = low * factor[3] + carry
        _, carry = multiply_add(high, factor[0], second, zero)
        share_low, carry = multiply_add(high, factor[1], third, carry)
        share_high = high * factor[2] + fourth + carry
        rest_low, rest_high = low_product(low, high, budget[0], budget[1])
        taken_low, taken_high = low_product(share_low, share_high, whole[0], whole[1])
        rest_high = rest_high - taken_high - uint64(rest_low < taken_low)
        rest_low -= taken_low
        if rest_high > whole[1] or (rest_high == whole[1] and rest_low >= whole[0]):
            share_low += ONE
            share_high += uint64(share_low == zero)
            rest_high = rest_high - whole[1] - uint64(rest_low < whole[0])
            rest_low -= whole[0]
        shares[row, 0], shares[row, 1] = share_low, share_high
        rests[row, 0], rests[row, 1] = rest_low, rest_high
        if lift >= WORD:
            key = rest_low << (lift - WORD)
        elif lift:
            key = (rest_high << lift) | (rest_low >> (WORD - lift))
        else:
            key = rest_high
        keys[row] = key
        counts[key >> uint64(48)] += 1


def mark_full(weights, caps, left, weight_left, full):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Mark every account whose cap is no more than its part of what is left; return how many are new.

    Args:
        weights, caps: Shape (n, 2) uint64.
        left, weight_left: What the accounts not marked bear together, and their weights, shape (2,).
        full: Flags, shape (n,) uint8, changed in place.
    """
    found = 0
    zero = uint64(0)
    left_float = float(left[1]) * LIMB + float(left[0])
    weight_float = float(weight_left[1]) * LIMB + float(weight_left[0])
    for row in range(len(weights)):
        if full[row]:
            continue
        cap_low, cap_high = caps[row, 0], caps[row, 1]
        low, high = weights[row, 0], weights[row, 1]
        mine = (float(cap_high) * LIMB + float(cap_low)) * weight_float
        part = (float(high) * LIMB + float(low)) * left_float
        if mine > part * (1.0 + CERTAIN):
            continue
        if mine >= part * (1.0 - CERTAIN):
            # Too near to tell: cap * W against left * weight, all four limbs of both.
            a0, carry = multiply_add(cap_low, weight_left[0], zero, zero)
            a1, a2 = multiply_add(cap_low, weight_left[1], zero, carry)
            a1, carry = multiply_add(cap_high, weight_left[0], a1, zero)
            a2, a3 = multiply_add(cap_high, weight_left[1], a2, carry)
            b0, carry = multiply_add(low, left[0], zero, zero)
            b1, b2 = multiply_add(low, left[1], zero, carry)
            b1, carry = multiply_add(high, left[0], b1, zero)
            b2, b3 = multiply_add(high, left[1], b2, carry)
            above = a3 > b3 or (a3 == b3 and (a2 > b2 or (a2 == b2 and (a1 > b1 or (a1 == b1 and a0 > b0)))))
            if above:
                continue
        full[row] = 1
        found += 1
    return found


@functools.cache
def compiled(name: str) -> Callable[..., Any] | None:
    """Return a loop of this module compiled by numba, or None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    scope = {**globals()}
    for leaf in ("high_word", "multiply_add", "low_product"):
        scope[leaf] = jit(FunctionType(globals()[leaf].__code__, scope, leaf), inline="always")
    return jit(FunctionType(globals()[name].__code__, scope, name), nogil=True)
