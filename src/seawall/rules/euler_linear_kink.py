"""Euler v2 (EVK): a linear kink, utilisation and its slopes counted in 32 binary digits.

Utilisation and kink [1 / (2^32 - 1)], rates [ray per second], slopes [ray per second and unit of
utilisation], amounts [minor units]. The year of its parameters has 365.2425 days. Only the utilisation
is rounded, down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down

UTILISATION = 2**32 - 1
SECONDS_PER_YEAR = 31_556_952
RATE_MAX = 291867278914945094175  # a million percent a year; the vault cuts what is above

__all__ = ["RATE_MAX", "SECONDS_PER_YEAR", "UTILISATION", "borrow_rate", "utilisation", "vault_rate"]


def utilisation(cash: int, borrows: int) -> int:
    """Return the part of a vault that is lent out; zero for an empty one.

    Source: euler-xyz/euler-vault-kit, IRMLinearKink.sol `computeInterestRateInternal`.
    """
    if cash + borrows == 0:
        return 0
    return mul_div_down(borrows, UTILISATION, cash + borrows)


def borrow_rate(utilisation: int, base: int, slope: int, jump_slope: int, kink: int) -> int:
    """Return the borrow rate: one slope up to the kink, a second beyond.

    Source: euler-xyz/euler-vault-kit, IRMLinearKink.sol `computeInterestRateInternal`.
    """
    if utilisation <= kink:
        return base + utilisation * slope
    return base + kink * slope + (utilisation - kink) * jump_slope


def vault_rate(rate: int) -> int:
    """Return the rate that a vault takes from its model: no more than the most it allows.

    Source: euler-xyz/euler-vault-kit, BorrowUtils.sol `computeInterestRate`, MAX_ALLOWED_INTEREST_RATE.
    """
    return min(rate, RATE_MAX)
