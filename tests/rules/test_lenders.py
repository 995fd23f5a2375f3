"""Rules of lenders without a machine, held to their formulas in exact fractions: each floor where it is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.rules import (
    compound_v2,
    compound_v3,
    crvusd,
    dss_auto_line,
    euler_v1,
    fraxlend,
    liquity_v2,
    morpho_adaptive_curve,
    silo_v2,
)

F = Fraction
WAD = 10**18
amounts = st.integers(1, 10**24)
wads = st.integers(1, WAD - 1)
prices = st.integers(10**12, 10**24)
signed_wads = st.integers(-WAD, WAD)


def trunc(value: Fraction) -> int:
    return floor(value) if value >= 0 else ceil(value)


# Rule, what it is called with, and the formula of the source with its floors.
FORMULAS: tuple[tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]], ...] = (
    (
        compound_v2.accrued_debt,
        (amounts, st.integers(1, 10**13), st.integers(0, 10**7)),
        lambda b, r, n: b + floor(F(b * r * n, WAD)),
    ),
    (
        compound_v2.collateral_value,
        (amounts, wads, prices),
        lambda a, f, p: floor(F(floor(F(a * f, WAD)) * p, WAD)),
    ),
    (
        compound_v2.seize_tokens,
        (st.integers(10**30, 10**40), st.integers(WAD, 2 * WAD), prices, prices, st.integers(10**15, 10**18)),
        lambda r, li, b, c, e: floor(F(floor(F(floor(F(li * b, WAD)) * WAD, floor(F(c * e, WAD)))) * r, WAD)),
    ),
    (compound_v2.max_repay, (amounts, wads), lambda d, c: floor(F(d * c, WAD))),
    (compound_v2.protocol_seize_share, (amounts, wads), lambda s, p: floor(F(s * p, WAD))),
    (
        compound_v2.utilisation,
        (amounts, amounts, st.just(0)),
        lambda c, b, r: floor(F(b * WAD, c + b - r)),
    ),
    (
        compound_v2.borrow_rate,
        (wads, wads, wads, wads, wads),
        lambda u, base, m, j, k: (
            base + (floor(F(u * m, WAD)) if u <= k else floor(F(k * m, WAD)) + floor(F((u - k) * j, WAD)))
        ),
    ),
    (
        compound_v2.supply_rate,
        (wads, wads, wads),
        lambda u, b, r: floor(F(u * floor(F(b * (WAD - r), WAD)), WAD)),
    ),
    (compound_v3.present_value, (amounts, prices), lambda p, i: floor(F(p * i, 10**15))),
    (compound_v3.supply_principal, (amounts, prices), lambda b, i: floor(F(b * 10**15, i))),
    (compound_v3.borrow_principal, (amounts, prices), lambda b, i: ceil(F(b * 10**15, i))),
    (
        compound_v3.credit,
        (amounts, amounts, st.integers(10**6, 10**18), st.integers(WAD // 2, WAD - 1)),
        lambda a, p, s, f: floor(F(floor(F(a * p, s)) * f, WAD)),
    ),
    (
        compound_v3.absorbed_balance,
        (amounts.map(lambda a: -a), amounts, prices, st.integers(10**6, 10**18)),
        lambda b, v, p, s: max(0, b + floor(F(v * s, p))),
    ),
    (
        compound_v3.quote_collateral,
        (amounts, prices, st.just(10**6), prices, st.just(10**18), st.integers(WAD // 3, WAD - 1), wads),
        lambda base, bp, bs, p, s, lf, sf: floor(
            F(floor(F(bp * base * s, floor(F(p * (WAD - floor(F(sf * (WAD - lf), WAD))), WAD)))), bs)
        ),
    ),
    (compound_v3.utilisation, (amounts, amounts), lambda b, s: floor(F(b * WAD, s))),
    (
        compound_v3.rate,
        (wads, wads, wads, wads, wads),
        lambda u, base, lo, hi, k: (
            base + (floor(F(lo * u, WAD)) if u <= k else floor(F(lo * k, WAD)) + floor(F(hi * (u - k), WAD)))
        ),
    ),
    (
        liquity_v2.penalised,
        (amounts, amounts, wads, prices),
        lambda c, d, r, p: (min(c, floor(F(d * (WAD + r), p))), max(0, c - floor(F(d * (WAD + r), p)))),
    ),
    (
        euler_v1.collateral_value,
        (amounts, prices, st.integers(1, 4 * 10**9)),
        lambda a, p, f: floor(F(floor(F(a * p, WAD)) * f, 4 * 10**9)),
    ),
    (
        euler_v1.liability_value,
        (amounts, prices, st.integers(1, 4 * 10**9)),
        lambda a, p, f: floor(F(floor(F(a * p, WAD)) * 4 * 10**9, f)),
    ),
    (euler_v1.health_score, (amounts, amounts), lambda c, d: floor(F(c * WAD, d))),
    (
        euler_v1.discount,
        (wads, wads, st.integers(WAD, 2 * WAD), wads, wads),
        lambda h, fee, boost, more, most: min(
            floor(F((fee + WAD - h) * boost, WAD)), fee + WAD - h + more, most
        ),
    ),
    (
        euler_v1.conversion_rate,
        (prices, prices, st.integers(0, WAD // 2)),
        lambda d, c, off: floor(F(floor(F(d * WAD, c)) * WAD, WAD - off)),
    ),
    (euler_v1.repaid_with_fee, (amounts, wads), lambda r, f: floor(F(r * (WAD + f), WAD))),
    (
        euler_v1.liquidation_amounts,
        (amounts, prices, amounts),
        lambda r, rate, c: (
            (floor(F(c * WAD, rate)), c) if c < floor(F(r * rate, WAD)) else (r, floor(F(r * rate, WAD)))
        ),
    ),
    (silo_v2.ltv_before, (amounts, amounts), lambda d, c: floor(F(d * WAD, c))),
    (
        silo_v2.ltv_after,
        (amounts, amounts, amounts, amounts),
        lambda d, c, r, s: 0 if c <= s or d <= r else ceil(F((d - r) * WAD, c - s)),
    ),
    (silo_v2.collateral_for, (amounts, amounts, wads), lambda v, c, f: min(c, v + floor(F(v * f, WAD)))),
    (
        crvusd.ceiling_multiplier,
        (amounts, amounts, wads),
        lambda d, c, r: (
            WAD - r + floor(F(r * WAD, WAD - min(WAD - floor(F(r, 1000)), floor(F(d * WAD, c)))))
            if r >= 1000
            else None
        ),
    ),
    (
        crvusd.rate_near_ceiling,
        (amounts, prices, amounts),
        lambda r, m, most: min(floor(F(r * m, WAD)), most),
    ),
    (
        fraxlend.vertex_rate,
        (st.integers(10**9, 10**12), st.integers(0, 10**9), wads),
        lambda full, zero, part: floor(F((full - zero) * part, WAD)) + zero,
    ),
    (
        fraxlend.borrow_rate,
        (
            st.integers(0, 10**5),
            st.integers(0, 10**8),
            st.integers(10**8, 10**9),
            st.integers(10**9, 10**12),
            st.integers(1, 10**5 - 1),
        ),
        lambda u, zero, mid, full, v: (
            zero + floor(F(u * (mid - zero), v))
            if u < v
            else mid + floor(F((u - v) * (full - mid), 10**5 - v))
        ),
    ),
    (
        morpho_adaptive_curve.error,
        (wads, wads),
        lambda u, t: trunc(F((u - t) * WAD, WAD - t if u > t else t)),
    ),
    (
        morpho_adaptive_curve.curve,
        (st.integers(1, 10**12), signed_wads, st.integers(WAD + 1, 9 * WAD)),
        lambda rate, e, s: trunc(
            F((trunc(F((WAD - trunc(F(WAD * WAD, s)) if e < 0 else s - WAD) * e, WAD)) + WAD) * rate, WAD)
        ),
    ),
)


@pytest.mark.parametrize(
    ("rule", "drawn", "formula"),
    FORMULAS,
    ids=[f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}" for rule, _, _ in FORMULAS],
)
@settings(max_examples=60)
@given(data=st.data())
def test_a_rule_is_its_formula(
    data: st.DataObject, rule: Callable[..., Any], drawn: tuple[Any, ...], formula: Callable[..., Any]
) -> None:
    arguments = data.draw(st.tuples(*drawn))
    expected = formula(*arguments)
    if expected is not None:
        assert rule(*arguments) == expected


@given(amounts, amounts, amounts, prices, wads, wads)
def test_a_trove_is_split_without_rest(
    debt: int, coll: int, pool: int, price: int, penalty: int, more: int
) -> None:
    part, offset, to_pool, gas, debt_shared, coll_shared, surplus = liquity_v2.liquidation_split(
        debt, coll, pool, price, penalty, more
    )
    assert offset + debt_shared == debt
    assert offset == min(debt, pool)
    assert part == floor(F(coll * offset, debt))
    assert gas == min(floor(F(part, 200)), 2 * WAD)
    left_out = 0 if debt_shared == 0 or coll > part else coll - part
    assert to_pool + gas + coll_shared + surplus == coll - left_out


@given(amounts, amounts, prices, prices, wads)
def test_euler_repays_no_more_than_the_debt_and_then_stands_at_the_target(
    debt: int, coll: int, debt_price: int, coll_price: int, discount: int
) -> None:
    factors = 3 * 10**9, 4 * 10**9
    off = discount // 5
    held = euler_v1.collateral_value(coll, coll_price, factors[0])
    owed = euler_v1.liability_value(debt, debt_price, factors[1])
    if not held or held >= owed:
        return
    target = 125 * WAD // 100
    repay = euler_v1.repay_to_target(held, owed, *factors, off, target, debt_price, debt)
    weight = F(target) - floor(F(floor(F(WAD * 3, 4)) * WAD, WAD - off))
    exact = F(floor(F(floor(F((floor(F(owed * target, WAD)) - held) * WAD) / weight) * WAD, debt_price)))
    assert repay == min(debt, exact)


@given(amounts, amounts, wads, st.integers(0, 2 * 10**17))
def test_silo_repays_to_the_target_or_all(debt: int, coll: int, target: int, fee: int) -> None:
    value = silo_v2.max_repay_value(debt, coll, target, fee)
    weight = target + floor(F(target * fee, WAD))
    if debt >= coll or (target * coll < debt * WAD and weight >= WAD):
        assert value == debt
    elif target * coll >= debt * WAD:
        assert value == 0
    else:
        exact = floor(F(debt * WAD - target * coll, WAD - weight))
        is_whole = exact > debt or floor(F(exact * WAD, debt)) > 9 * WAD // 10
        assert value == (debt if is_whole else exact)


@pytest.mark.parametrize(("coll_wad", "is_whole"), [(190, False), (189, True)])
def test_silo_repays_all_above_nine_tenths_and_not_at_it(coll_wad: int, is_whole: bool) -> None:
    """To a tenth: 100 - x = 0.1 (C - x), so x = 90 exactly at C = 190."""
    debt, target = 100 * WAD, WAD // 10
    value = silo_v2.max_repay_value(debt, coll_wad * WAD, target, 0)
    exact = F(100 * 10 - coll_wad, 9) * WAD
    assert value == (debt if is_whole else floor(exact))
    assert (exact > 90 * WAD) is is_whole


@given(st.integers(0, 10**5), st.integers(1, 10**6), st.integers(1, 10**12))
def test_fraxlend_moves_its_upper_end_by_the_square_of_the_distance(u: int, dt: int, old: int) -> None:
    new = fraxlend.full_utilisation_rate(u, dt, old, 75_000, 85_000, 172_800, 1, 2**63 - 1)
    half = 172_800 * 10**36
    if u < 75_000:
        d = floor(F((75_000 - u) * WAD, 75_000))
        assert new == max(1, floor(F(old * half, half + d * d * dt)))
    elif u > 85_000:
        d = floor(F((u - 85_000) * WAD, 15_000))
        assert new == floor(F(old * (half + d * d * dt), half))
    else:
        assert new == old


@pytest.mark.parametrize(
    ("now", "current", "wanted", "moves"),
    [
        (99, 10, 20, False),  # raised again before the ttl is over
        (100, 10, 20, True),
        (1, 20, 10, True),  # lowered at any time
        (100, 10, 10, False),
    ],
)
def test_a_ceiling_is_raised_slowly_and_lowered_at_once(
    now: int, current: int, wanted: int, moves: bool
) -> None:
    assert dss_auto_line.may_change(now, 40, 60, current, wanted) is moves


@given(st.integers(-41 * WAD, 60 * WAD))
def test_the_contract_exponential_is_within_nine_thousandths(x: int) -> None:
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 60
        exact = (Decimal(x) / WAD).exp() * WAD
        assert abs(morpho_adaptive_curve.wad_exp(x) - exact) <= exact * Decimal("0.009") + 1


@given(st.integers(-41 * WAD, 60 * WAD))
def test_the_contract_exponential_is_its_formula(x: int) -> None:
    ln2 = 693147180559945309
    q = trunc(F(x + (ln2 // 2 if x >= 0 else -(ln2 // 2)), ln2))
    r = x - q * ln2
    e = WAD + r + trunc(F(trunc(F(r * r, WAD)), 2))
    assert morpho_adaptive_curve.wad_exp(x) == floor(F(e) * F(2) ** q)


@given(st.integers(31709791, 63419583967), signed_wads, st.integers(0, 10**7), st.integers(10**11, 10**13))
def test_the_average_rate_is_by_the_trapezoid_rule(start: int, error: int, dt: int, speed: int) -> None:
    bounds = 1268391679, 31709791, 63419583967
    change = trunc(F(speed * error, WAD)) * dt

    def at(x: int) -> int:
        return min(max(floor(F(start * morpho_adaptive_curve.wad_exp(x), WAD)), bounds[1]), bounds[2])

    average, end = morpho_adaptive_curve.average_rate_at_target(start, error, dt, speed, *bounds)
    if change == 0:
        assert (average, end) == (start, start)
    else:
        assert (average, end) == (floor(F(start + at(change) + 2 * at(trunc(F(change, 2))), 4)), at(change))
