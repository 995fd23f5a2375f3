"""Health of a margin account: equity against the requirement of its positions.

E = sum over settle assets s of P_s * [ cash_s + sum over positions (q*m*phi(p) + cost - q*dF) ],
exact: values count 10**-36 of a whole base unit times the price scale, so that no
linear term is ever divided. An inverse position is worth -q*m/p of its coin, rounded down.
"""

from __future__ import annotations

from collections.abc import Callable

from seawall.core.book import MULTIPLIER_DECIMALS, Account, Balance, Book, Instrument, Position
from seawall.core.curves import MarginCurve
from seawall.core.market import Basis, Market
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import UnsupportedFeature
from seawall.risk.health import Health, Line, Status
from seawall.risk.requirement import requirement
from seawall.rules import inverse_perp, perpetual_rules

VALUE_DECIMALS = 36
FUNDING_DECIMALS = 18


def exchange_health(
    account: Account, book: Book, market: Market, terms: Terms, basis: Basis = "oracle"
) -> Health:
    """Return the exact health of a margin account.

    The trigger uses the mark; on the "market" basis positions are valued at the index
    where one is given, and assets at their independent price.
    """
    if account.margin_mode == "portfolio":
        raise UnsupportedFeature(
            f"account {account.id} is margined as a portfolio, which needs a scenario grid: not there yet",
            code="portfolio_margin",
        )
    rules = perpetual_rules(terms.rules)
    lines: list[Line] = []
    unpriced: list[str] = []
    for balance in account.balances:
        line = _cash_line(balance, book, market, terms, basis)
        if line is not None:
            lines.append(line)
        elif balance.scaled:
            unpriced.append(balance.asset)
    for position in account.positions:
        found = _position_line(position, book, market, terms, basis)
        if found is not None:
            lines.append(found)
        elif position.quantity or position.cost:
            unpriced.append(position.instrument)
    held = sum(_hold_value(account, book, market, basis))
    equity = sum(line.value for line in lines)
    margin_equity = sum(line.weighted for line in lines) - held
    required = sum(line.requirement for line in lines)
    return Health(
        account=account.id,
        basis=basis,
        collateral_value=sum(line.value for line in lines if line.value > 0),
        debt_value=-sum(line.value for line in lines if line.value < 0),
        equity=equity,
        margin_equity=margin_equity,
        requirement=required,
        weighted_value=0,
        health_wad=mul_div_down(margin_equity, 10**18, required) if required else None,
        status=_status(equity, margin_equity, required, bool(unpriced), rules.is_safe),
        value_unit=10**VALUE_DECIMALS,
        lines=tuple(lines),
        unpriced=tuple(unpriced),
    )


def _status(
    equity: int, margin_equity: int, required: int, is_unpriced: bool, is_safe: Callable[[int, int], bool]
) -> Status:
    if is_unpriced:
        return "unpriced"
    if equity < 0:
        return "insolvent"
    return "safe" if is_safe(margin_equity, required) else "liquidatable"


def _cash_line(balance: Balance, book: Book, market: Market, terms: Terms, basis: Basis) -> Line | None:
    price = market.price(balance.asset, basis)
    if price is None:
        return None
    value = balance.scaled * price * 10 ** (VALUE_DECIMALS - book.asset(balance.asset).decimals)
    haircut = terms.assets[balance.asset].haircut_bps if balance.asset in terms.assets else 0
    weighted = mul_div_down(value, BPS - haircut, BPS) if value > 0 else value
    return Line("cash", balance.asset, balance.scaled, value, weighted=weighted, price=price)


def position_decimals(instrument: Instrument, market: Market) -> int:
    """Return the decimals between quantity x mark x multiplier and a value.

    Raises:
        UnsupportedFeature: Quantity and mark have more decimals than values can hold (`decimals_range`).
    """
    left = VALUE_DECIMALS - instrument.quantity_decimals - MULTIPLIER_DECIMALS - market.mark_decimals
    if left < 0:
        raise UnsupportedFeature(
            f"{instrument.id}: {instrument.quantity_decimals} decimals of quantity and "
            f"{market.mark_decimals} of the mark are more than "
            f"{VALUE_DECIMALS - MULTIPLIER_DECIMALS} together: give fewer",
            code="decimals_range",
        )
    return left


def position_worth(instrument: Instrument, quantity: int, mark: int, market: Market, terms: Terms) -> int:
    """Return the signed value of a quantity at a price [10**-36 of a whole settle asset].

    Linear: quantity * multiplier * price. Inverse: -quantity * multiplier / price, rounded down.
    """
    scale = position_decimals(instrument, market)
    if instrument.kind == "inverse":
        return inverse_perp.position_value(
            quantity, mark, instrument.multiplier * 10 ** (scale + 2 * market.mark_decimals)
        )
    product: int = perpetual_rules(terms.rules).position_value(quantity, mark, instrument.multiplier)
    return product * int(10**scale)


def funding_due(instrument: Instrument, position: Position) -> int:
    """Return the funding a position owes since it was last touched, + to pay [10**-36 of a settle asset]."""
    change = instrument.funding_index - position.funding_index
    return position.quantity * change * int(10 ** (VALUE_DECIMALS - FUNDING_DECIMALS))


def _position_line(position: Position, book: Book, market: Market, terms: Terms, basis: Basis) -> Line | None:
    instrument = book.instrument(position.instrument)
    settle_price = market.price(instrument.settle_asset, basis)
    marks = market.marks.get(instrument.id)
    mark = None if marks is None else marks.named("mark" if basis == "oracle" else "index")
    if settle_price is None or mark is None or (mark == 0 and instrument.kind == "inverse"):
        return None
    worth = position_worth(instrument, position.quantity, mark, market, terms)
    cost = position.cost * 10 ** (VALUE_DECIMALS - book.asset(instrument.settle_asset).decimals)
    profit = worth + cost - funding_due(instrument, position)
    required = requirement(
        curve_of(terms, instrument.id), abs(worth), abs(position.quantity), instrument, 10**VALUE_DECIMALS
    )
    return Line(
        "position",
        instrument.id,
        position.quantity,
        profit * settle_price,
        weighted=profit * settle_price,
        requirement=required * settle_price,
        price=mark,
        notional=abs(worth) * settle_price,
        signed_value=worth * settle_price,
        leg=position.leg,
    )


def curve_of(terms: Terms, instrument: str) -> MarginCurve:
    """Return the maintenance curve of an instrument."""
    return terms.instrument_terms(instrument).maintenance


def _hold_value(account: Account, book: Book, market: Market, basis: Basis) -> list[int]:
    values = []
    for order in account.orders:
        asset = book.instrument(order.instrument).settle_asset
        price = market.price(asset, basis) or 0
        values.append(order.hold * price * 10 ** (VALUE_DECIMALS - book.asset(asset).decimals))
    return values
