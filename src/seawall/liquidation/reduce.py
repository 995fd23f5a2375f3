"""Reduce a failing but solvent margin account in the market until it meets its target, before any takeover.

The position with the largest requirement goes first, by as many lots as make up the
shortage at the price of closing; what cannot help (closing costs more than it frees) is
left for the takeover.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.book import Position
from seawall.core.curves import BracketCurve, FlatCurve
from seawall.core.draft import Draft
from seawall.core.loss import Posting
from seawall.core.market import Market
from seawall.core.parties import MARKET
from seawall.core.rounding import mul_div_up
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.liquidation.sale import Desk
from seawall.risk.exchange import VALUE_DECIMALS, curve_of, exchange_health, position_decimals
from seawall.risk.health import Health, Line
from seawall.rules import perpetual_rules


@dataclass(frozen=True, slots=True)
class Reduction:
    """A part of a position closed in the market: signed quantity and its signed proceeds [minor units]."""

    instrument: str
    quantity: int
    proceeds: int


def reduce_account(
    draft: Draft, market: Market, terms: Terms, desk: Desk, name: str
) -> tuple[Reduction, ...]:
    """Close lots until the account meets `size.target_health_bps` of its requirement, or none helps."""
    done: list[Reduction] = []
    for _ in range(terms.rounds_max):
        health = exchange_health(draft.account(name), draft.book, market, terms)
        shortage = mul_div_up(health.requirement, terms.size.target_health_bps, BPS) - health.margin_equity
        if shortage <= 0 or health.equity <= 0:
            break
        step = _next_step(draft, market, terms, health, shortage)
        if step is None:
            break
        done.append(_close(draft, terms, desk, name, *step))
    return tuple(done)


def _next_step(
    draft: Draft, market: Market, terms: Terms, health: Health, shortage: int
) -> tuple[Position, int] | None:
    lines = [line for line in health.lines if line.kind == "position" and line.amount]
    for line in sorted(lines, key=lambda line: (-line.requirement, line.commodity, line.leg)):
        lots = _lots(draft, market, terms, line, shortage)
        if lots:
            position = next(
                item
                for item in draft.account(health.account).positions
                if (item.instrument, item.leg) == (line.commodity, line.leg)
            )
            return position, lots if line.amount > 0 else -lots
    return None


def _lots(draft: Draft, market: Market, terms: Terms, line: Line, shortage: int) -> int:
    instrument = draft.book.instrument(line.commodity)
    if instrument.kind != "linear":
        return 0
    settle = market.price(instrument.settle_asset) or 0
    scale = 10 ** position_decimals(instrument, market)
    rate_ppm = mul_div_up(_marginal_rate(terms, line, settle), terms.size.target_health_bps, BPS)
    fee_ppm = terms.instrument_terms(line.commodity).close_out_slippage_bps * 100
    feasible, units = perpetual_rules(terms.rules).lots_to_restore(
        shortage, line.price, instrument.multiplier * scale * settle, rate_ppm, fee_ppm
    )
    if not feasible:
        return 0
    return min(abs(line.amount), mul_div_up(units, 1, instrument.lot) * instrument.lot)


def _marginal_rate(terms: Terms, line: Line, settle: int) -> int:
    curve = curve_of(terms, line.commodity)
    if isinstance(curve, BracketCurve):
        unit = 10**VALUE_DECIMALS * settle
        return max(tier.rate_ppm for tier in curve.tiers if tier.floor * unit <= line.notional)
    return (
        curve.rate_ppm if isinstance(curve, FlatCurve) else mul_div_up(line.requirement, 10**6, line.notional)
    )


def _close(draft: Draft, terms: Terms, desk: Desk, name: str, position: Position, quantity: int) -> Reduction:
    instrument = draft.book.instrument(position.instrument)
    asset = instrument.settle_asset
    proceeds = desk.take_close_out(instrument.id, quantity)
    cost = perpetual_rules(terms.rules).closed_cost(position.cost, abs(position.quantity), abs(quantity))
    draft.post(
        "reduce",
        [
            Posting(name, instrument.id, -quantity, "lots", leg=position.leg),
            Posting(MARKET, instrument.id, quantity, "lots"),
            Posting(name, asset, -cost, "cost", leg=position.leg, instrument=instrument.id),
            Posting(name, asset, cost + proceeds),
            Posting(MARKET, asset, -proceeds, "cost", instrument=instrument.id),
        ],
        {
            "rule": f"{terms.rules} lots_to_restore",
            "formula": "lots = shortage / (price * multiplier * (rate * target - cost rate)), up to a lot",
            "inputs": {"instrument": instrument.id, "position": position.quantity, "closed": quantity},
            "outputs": {"proceeds": proceeds, "cost_realised": cost},
        },
    )
    return Reduction(instrument.id, quantity, proceeds)
