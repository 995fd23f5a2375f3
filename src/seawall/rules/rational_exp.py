"""The exponential of Curve's policies: a rational function within half a power of two, then a shift.

x = k ln 2 + r in 96 binary digits; e^r is a cubic over a quintic after Remco Bloemen. Signed divisions
by 2^96 go down in one library and toward zero in the other, so that the two part in the last digits; the
second also leaves a negative x with |r| up to 3/2 ln 2. Both are good to 2e-20 and a unit, the second to
1e-11 for a negative x. Powers and results [wad].
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, shift_down
from seawall.core.units import WAD

ONE = 2**96
HALF = 2**95
LN_2 = 54916777467707473351141471128  # of ONE
NUMERATOR = (
    1346386616545796478920950773328,
    57155421227552351082224309758442,
    -94201549194550492254356042504812,
    28719021644029726153956944680412240,
    4385272521454847904659076985693276,
)
DENOMINATOR = (
    50020603652535783019961831881945,
    -533845033583426703283633433725380,
    3604857256930695427073651918091429,
    -14423608567350463180887372962807573,
    26449188498355588339934803723976023,
)
DENOMINATOR_LEAD = -2855989394907223263936484059900
SCALE = 3822833074963236453042738258902158003155416615667  # 2^195 WAD / 2^96, and what makes the cubic monic
POWER_END = 135305999368893231589  # from here on the result has more than 255 bits

__all__ = ["POWER_END", "exp_down", "exp_toward_zero"]


def exp_down(power: int) -> int:
    """Return e^x for x below `POWER_END`, signed divisions going down; zero where it is below one wei.

    Source: pcaversaccio/snekmate, utils/math.vy `_wad_exp`.
    """
    if power <= -41446531673892822313:
        return 0
    return _exp(power, is_down=True)


def exp_toward_zero(power: int, most: int) -> int:
    """Return e^x, signed divisions going toward zero; `most` from `POWER_END` on, zero below one wei.

    Source: curvefi/curve-stablecoin, SemilogMonetaryPolicy.vy `exp`.
    """
    if power <= -41446531673892821376:
        return 0
    if power >= POWER_END:
        return most
    return _exp(power, is_down=False)


def _exp(power: int, *, is_down: bool) -> int:
    # Signed products lose 96 digits down or toward zero; the ratio itself is positive.
    x = mul_div_toward_zero(power, ONE, WAD)
    k = _cut(mul_div_toward_zero(x, ONE, LN_2) + HALF, is_down)
    r = x - k * LN_2
    a, b, c, d, e = NUMERATOR
    y = _cut((r + a) * r, is_down) + b
    numerator = (_cut((y + r + c) * y, is_down) + d) * r + e * ONE
    denominator = r + DENOMINATOR_LEAD
    for term in DENOMINATOR:
        denominator = _cut(denominator * r, is_down) + term
    return shift_down(mul_div_toward_zero(numerator, 1, denominator) * SCALE, k - 195)


def _cut(product: int, is_down: bool) -> int:
    return mul_div_down(product, 1, ONE) if is_down else mul_div_toward_zero(product, 1, ONE)
