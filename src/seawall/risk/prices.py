"""Prices at which something happens to an account, one market moving and the others fixed.

Linear positions have closed forms (the venue's rules). Everything else (lending with
its roundings, hedged legs, inverse contracts, square-root curves) is searched exactly:
the boundary is the last whole price on the safe side. "None" means no such price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from seawall.core.book import Account, Book
from seawall.core.curves import BracketCurve, FlatCurve
from seawall.core.market import Market, Price
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.terms import Terms
from seawall.risk.assess import assess
from seawall.risk.exchange import VALUE_DECIMALS, curve_of, position_decimals
from seawall.risk.health import Health, Line
from seawall.risk.requirement import brackets
from seawall.rules import perpetual_rules

PRICE_MAX = 10**30


@dataclass(frozen=True, slots=True)
class AccountPrices:
    """Boundary prices of one account in one market [price or mark units]; None where there is none.

    Attributes:
        liquidation: Last price at which the account is safe (it is liquidatable just beyond).
        zero_equity: Last price at which equity is not negative.
        takeover: Price at which the engine would take the position over now (exchange only),
            rounded to the tick in favour of the fund.
    """

    market: str
    liquidation: int | None
    zero_equity: int | None
    takeover: int | None = None


def account_prices(account: Account, book: Book, market: Market, terms: Terms) -> tuple[AccountPrices, ...]:
    """Return the boundary prices of every market the account is exposed to."""
    health = assess(account, book, market, terms)
    if health.status == "unpriced":
        return ()
    if terms.family == "lending":
        names = sorted({line.commodity for line in health.lines if line.kind in ("collateral", "debt")})
        return tuple(_searched(account, book, market, terms, name, None) for name in names)
    found = []
    for name in sorted({line.commodity for line in health.lines if line.kind == "position"}):
        lines = [line for line in health.lines if line.kind == "position" and line.commodity == name]
        takeover = _takeover_price(book, market, terms, health, lines[0])
        is_plain = book.instrument(name).kind == "linear" and account.margin_mode != "portfolio"
        if len(lines) == 1 and is_plain and isinstance(curve_of(terms, name), FlatCurve | BracketCurve):
            found.append(_closed_form(book, market, terms, health, lines[0], takeover))
        else:
            found.append(_searched(account, book, market, terms, name, takeover))
    return tuple(found)


def _closed_form(
    book: Book, market: Market, terms: Terms, health: Health, line: Line, takeover: int | None
) -> AccountPrices:
    instrument = book.instrument(line.commodity)
    settle = market.price(instrument.settle_asset) or 0
    scale = 10 ** position_decimals(instrument, market)
    multiplier = instrument.multiplier * scale * settle
    if not multiplier or not line.amount:
        return AccountPrices(line.commodity, None, None, takeover)
    curve = curve_of(terms, line.commodity)
    unit = 10**VALUE_DECIMALS * settle
    shape = ((0,), (curve.rate_ppm,), (0,)) if isinstance(curve, FlatCurve) else brackets(curve, unit)
    other = health.requirement - line.requirement
    rules = perpetual_rules(terms.rules)
    at_requirement = rules.liquidation_price(
        health.margin_equity, line.amount, line.price, multiplier, other, *shape
    )
    at_zero = rules.zero_equity_price(health.equity, line.amount, line.price, multiplier)
    return AccountPrices(
        line.commodity,
        at_requirement[1] if at_requirement[0] else None,
        at_zero[1] if at_zero[0] else None,
        takeover,
    )


def _takeover_price(book: Book, market: Market, terms: Terms, health: Health, line: Line) -> int | None:
    # The share of equity this position gives up, per lot; the fund gets the tick.
    instrument = book.instrument(line.commodity)
    settle = market.price(instrument.settle_asset) or 0
    if not line.amount or not settle or instrument.kind != "linear":
        return None
    value = perpetual_rules(terms.rules).takeover_value(
        line.signed_value, health.equity, line.requirement, health.requirement
    )
    scale = 10 ** position_decimals(instrument, market)
    per_tick = line.amount * instrument.multiplier * scale * settle * instrument.tick
    if per_tick > 0:
        return mul_div_down(value, 1, per_tick) * instrument.tick
    return mul_div_up(-value, 1, -per_tick) * instrument.tick


def _searched(
    account: Account, book: Book, market: Market, terms: Terms, name: str, takeover: int | None
) -> AccountPrices:
    def at(price: int) -> Health:
        return assess(account, book, _moved(market, terms, name, price), terms)

    start = market.price(name) if terms.family == "lending" else market.mark(name)
    if start is None:
        return AccountPrices(name, None, None, takeover)
    return AccountPrices(
        name,
        boundary(lambda price: not at(price).is_liquidatable, start),
        boundary(lambda price: at(price).equity >= 0, start),
        takeover,
    )


def _moved(market: Market, terms: Terms, name: str, price: int) -> Market:
    if terms.family == "exchange":
        return market.moved(instruments={name: price})
    inside = [key for key, chosen in terms.collateral_sets.items() if name in chosen.assets]
    sets = {key: price if key in inside else value for key, value in market.set_prices.items()}
    return replace(market, prices={**market.prices, name: Price(price, price)}, set_prices=sets)


def boundary(holds: Callable[[int], bool], start: int) -> int | None:
    """Return the price nearest to `start` on the holding side of a boundary of `holds`, or None.

    From a price where it holds, the nearer of the two directions in which it stops
    holding; from one where it does not, the nearest price where it does. Each direction
    is assumed to have one crossing.
    """
    inside = holds(start)
    candidates = []
    for towards in (0, PRICE_MAX):
        edge = _crossing(holds, start, towards, inside)
        if edge is not None:
            candidates.append(edge)
    return min(candidates, key=lambda price: (abs(price - start), price)) if candidates else None


def _crossing(holds: Callable[[int], bool], start: int, towards: int, inside: bool) -> int | None:
    near, step = start, 1
    while True:
        far = max(towards, near - step) if towards < start else min(towards, near + step)
        if holds(far) != inside:
            break
        if far in (towards, near):
            return None
        near, step = far, step * 2
    while abs(far - near) > 1:
        middle = (near + far) // 2
        if holds(middle) == inside:
            near = middle
        else:
            far = middle
    return near if inside else far
