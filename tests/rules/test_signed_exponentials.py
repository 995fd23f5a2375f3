"""The signed divisions of Curve's exponential: a twin in fractions, and every rounding turned once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, trunc
from random import Random
from typing import Any

import pytest

from seawall.core.rounding import mul_div_down, mul_div_half_up, mul_div_toward_zero, mul_div_up
from seawall.core.units import WAD
from seawall.rules import llama_lend, rational_exp

Cut = Callable[[Fraction], int]
DRAWN = Random(20261121)
LARGE = [DRAWN.randrange(60 * WAD, 135 * WAD) for _ in range(60)]
"""Here the result has more digits than the arithmetic: a unit of any step is seen."""
SMALL = [DRAWN.randrange(-41 * WAD, 60 * WAD) for _ in range(60)]
OTHERS = {"down": mul_div_down, "half_up": mul_div_half_up, "up": mul_div_up}


def twin(power: int, cut: Cut) -> int:
    """The rational function in fractions, each step cut to a whole number as its library does."""
    one, ln_2 = rational_exp.ONE, rational_exp.LN_2
    x = trunc(Fraction(power * one, WAD))
    k = cut(Fraction(trunc(Fraction(x * one, ln_2)) + one // 2, one))
    r = x - k * ln_2
    a, b, c, d, e = rational_exp.NUMERATOR
    y = cut(Fraction((r + a) * r, one)) + b
    numerator = (cut(Fraction((y + r + c) * y, one)) + d) * r + e * one
    denominator = r + rational_exp.DENOMINATOR_LEAD
    for term in rational_exp.DENOMINATOR:
        denominator = cut(Fraction(denominator * r, one)) + term
    return floor(Fraction(trunc(Fraction(numerator, denominator)) * rational_exp.SCALE, 2 ** (195 - k)))


@pytest.mark.parametrize("power", [*SMALL, *LARGE])
def test_both_exponentials_are_their_twins_to_the_last_digit(power: int) -> None:
    assert rational_exp.exp_down(power) == twin(power, floor)
    assert rational_exp.exp_toward_zero(power, 0) == twin(power, trunc)


def turned(monkeypatch: pytest.MonkeyPatch, call: int, other: Callable[..., int]) -> None:
    """Let one division of `exp_down` round otherwise; its three divisions toward zero go by number."""
    calls = [0]

    def division(*arguments: Any) -> int:
        calls[0] += 1
        return (other if (calls[0] - 1) % 3 == call else mul_div_toward_zero)(*arguments)

    monkeypatch.setattr(rational_exp, "mul_div_toward_zero", division)


@pytest.mark.parametrize("call", [0, 2])
@pytest.mark.parametrize("other", ["half_up", "up"])
def test_a_step_that_rounds_up_is_seen(monkeypatch: pytest.MonkeyPatch, call: int, other: str) -> None:
    turned(monkeypatch, call, OTHERS[other])
    assert any(rational_exp.exp_down(power) != twin(power, floor) for power in LARGE)


@pytest.mark.parametrize("other", OTHERS)
def test_a_cut_that_is_not_toward_zero_is_seen(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    def cut(product: int, is_down: bool) -> int:
        return OTHERS["down" if is_down else other](product, 1, rational_exp.ONE)

    monkeypatch.setattr(rational_exp, "_cut", cut)
    assert any(rational_exp.exp_toward_zero(power, 0) != twin(power, trunc) for power in (*SMALL, *LARGE))


def test_the_ratio_at_the_end_is_positive_so_down_is_toward_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    turned(monkeypatch, 2, mul_div_down)
    assert all(rational_exp.exp_down(power) == twin(power, floor) for power in (*SMALL, *LARGE))


def test_how_the_power_of_two_is_found_rounds_alike_for_every_power() -> None:
    """The quotient x / ln 2 is used for its nearest whole number alone, which grows with the power.

    So only powers beside a change of that number could tell one rounding from another: all are tried.
    """
    one, ln_2 = rational_exp.ONE, rational_exp.LN_2

    def number(power: int, cut: Cut, outer: Cut) -> int:
        return outer(Fraction(cut(Fraction(trunc(Fraction(power * one, WAD)) * one, ln_2)) + one // 2, one))

    halves = (trunc, floor, ceil, lambda value: floor(value + Fraction(1, 2)))
    for half in range(-61, 196):
        edge = floor(Fraction((2 * half + 1) * ln_2 * WAD, 2 * one))
        for power in range(edge - 3, edge + 4):
            for outer in (floor, trunc):
                assert len({number(power, cut, outer) for cut in halves}) == 1


def test_a_first_step_that_goes_down_moves_a_negative_power_by_less_than_can_be_seen() -> None:
    """It moves x by 2^-96 where x < 0 and the result is below 10^18: by less than 1.3e-11 of a unit.

    That is no proof of equality, and no power is known at which it shows.
    """
    one = rational_exp.ONE
    for power in SMALL:
        if power < 0:
            assert 0 <= trunc(Fraction(power * one, WAD)) - floor(Fraction(power * one, WAD)) <= 1
    assert WAD * Fraction(1, one) < Fraction(13, 10**12)


@pytest.mark.parametrize("other", ["half_up", "up"])
def test_a_rate_of_llama_lend_cuts_its_power(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """Rates of 1 and 500 in a year, a third used: a wad of the power is hundreds of units of the rate."""
    cases = [(1 + step, 2, WAD, 500 * WAD) for step in range(6)]
    exact = [llama_lend.borrow_rate(*case) for case in cases]
    low, high = llama_lend.ln(WAD), llama_lend.ln(500 * WAD)
    for (cash, debt, _, _), rate in zip(cases, exact, strict=True):
        power = trunc(Fraction(debt * (high - low), cash + debt)) + low
        assert rate == twin(power, trunc)
    monkeypatch.setattr(llama_lend, "mul_div_toward_zero", OTHERS[other])
    assert [llama_lend.borrow_rate(*case) for case in cases] != exact
