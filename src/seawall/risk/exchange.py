"""Health of a margin account: equity against the requirement of its positions.

E = sum over settle assets s of P_s * [ cash_s + sum over positions (q*m*phi(p) + cost - q*dF) ],
exact: values count 10**-36 of a whole base unit times the price scale, so that no
linear term is ever divided. An inverse position is worth -q*m/p of its coin, rounded down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seawall.core.book import MULTIPLIER_DECIMALS, Account, Balance, Book, Instrument, Position
from seawall.core.curves import MarginCurve
from seawall.core.market import Basis, Market
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import Problem, UnsupportedFeature
from seawall.risk.health import Health, Line, Status
from seawall.risk.options import seconds_left
from seawall.risk.portfolio import GroupNeed, Held, portfolio_need
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
    rules, is_portfolio = perpetual_rules(terms.rules), account.margin_mode == "portfolio"
    if is_portfolio:
        refuse_margin([account], book, terms)
    lines: list[Line] = []
    unpriced: list[str] = []
    held: list[Held] = []
    for balance in account.balances:
        line = _cash_line(balance, book, market, terms, basis)
        if line is not None:
            lines.append(line)
        elif balance.scaled:
            unpriced.append(balance.asset)
    for position in account.positions:
        found = _position_line(account, position, book, market, terms, basis)
        prices = _held(position, book, market, basis) if is_portfolio and found is not None else None
        if found is not None and (prices is not None or not is_portfolio):
            lines.append(found)
            held += [prices] if prices is not None else []
        elif position.quantity or position.cost:
            unpriced.append(position.instrument)
    groups: tuple[GroupNeed, ...] = ()
    if is_portfolio and terms.portfolio is not None:
        groups, shares = portfolio_need(held, terms.portfolio)
        first = len(lines) - len(held)
        priced = zip(lines[first:], shares, strict=True)
        lines[first:] = [line._replace(requirement=share) for line, share in priced]
    reserved = sum(_hold_value(account, book, market, basis))
    equity = sum(line.value for line in lines)
    margin_equity = sum(line.weighted for line in lines) - reserved
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
        groups=groups,
    )


def refuse_margin(accounts: Iterable[Account], book: Book, terms: Terms) -> None:
    """Refuse users whose margin the terms do not say: portfolios without a grid, options outside of one.

    Raises:
        UnsupportedFeature: Naming them (`portfolio_margin`, `option_margin`).
    """
    problems = []
    for account in accounts:
        if account.margin_mode == "portfolio":
            if terms.portfolio is None:
                message = f"account {account.id} is margined as a portfolio, which needs a scenario grid"
                problems.append(Problem("portfolio_margin", f"{message}: add [portfolio] to the terms"))
        elif account.kind == "user":
            options = [
                position.instrument
                for position in account.positions
                if position.quantity and book.instrument(position.instrument).option is not None
            ]
            if options:
                message = f"account {account.id} holds option {options[0]} and is margined by position"
                problems.append(Problem("option_margin", f"{message}: set its margin_mode to portfolio"))
    if problems:
        raise UnsupportedFeature.of(problems)


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


def _held(position: Position, book: Book, market: Market, basis: Basis) -> Held | None:
    # What the grid moves; None where an option lacks what the model needs.
    instrument, marks = book.instrument(position.instrument), market.marks[position.instrument]
    option = instrument.option
    if option is not None and (marks.forward is None or marks.vol is None):
        return None
    return Held(
        instrument,
        position.quantity,
        marks.named("mark" if basis == "oracle" else "index") or 0,
        marks.named("index") or marks.mark or 0,
        marks.forward or 0,
        marks.vol or 0,
        0 if option is None else seconds_left(option, market),
        position_decimals(instrument, market),
        market.mark_decimals,
        market.price(instrument.settle_asset, basis) or 0,
    )


def _position_line(
    account: Account, position: Position, book: Book, market: Market, terms: Terms, basis: Basis
) -> Line | None:
    instrument = book.instrument(position.instrument)
    has_curve = account.margin_mode != "portfolio"
    if instrument.option is not None and has_curve:
        refuse_margin([account], book, terms)
        has_curve = False
    settle_price = market.price(instrument.settle_asset, basis)
    marks = market.marks.get(instrument.id)
    mark = None if marks is None else marks.named("mark" if basis == "oracle" else "index")
    if settle_price is None or mark is None or (mark == 0 and instrument.kind == "inverse"):
        return None
    worth = position_worth(instrument, position.quantity, mark, market, terms)
    cost = position.cost * 10 ** (VALUE_DECIMALS - book.asset(instrument.settle_asset).decimals)
    profit = worth + cost - funding_due(instrument, position)
    required = 0
    if has_curve:
        curve = curve_of(terms, instrument.id)
        required = requirement(curve, abs(worth), abs(position.quantity), instrument, 10**VALUE_DECIMALS)
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
