"""Exponentials, logarithms and closeness in sixty digits, for the rules that stop at eighteen."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction


def exact_exp(power: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 60
        return Fraction((Decimal(power.numerator) / power.denominator).exp())


def exact_ln(value: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 60
        return Fraction((Decimal(value.numerator) / value.denominator).ln())


def within(got: int, exact: Fraction, part: float, units: int = 1) -> bool:
    return abs(got - exact) <= abs(exact) * Fraction(part) + units
