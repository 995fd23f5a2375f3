"""Serve the margin-exchange vectors: each is computed from its inputs by the rules, then compared.

What a vector asks is told by its family and the names of its inputs, not by its id. Decimal inputs
become exact integers (a scale each, or ppm) and fractions on the way back; where a case states no
tolerance, whole numbers must be equal and decimals agree to the 12 digits a float holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

from seawall.rules import bybit, deleverage_scores, drift_v2, dydx_v4, linear_perp, margin, vega
from tests.vectors import bankruptcy, deleveraged, offsets, shared_out
from tests.vectors.outcome import Outcome, whole
from tests.vectors.recovery_token import redemptions

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

UNSERVED = "nothing here serves it"
PPM = margin.PPM
FINE = 10**18  # scale of decimals that are not whole in any natural unit
FLOAT_DIGITS = Fraction(1, 10**12)
BYBIT_TICK = "0.5"  # Bybit BTCUSD, contract specification


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one derivatives vector; a malformed one fails with the reason."""
    name = str(case.get("id", "unnamed"))
    try:
        family, inputs, expected = str(case["family"]), case["inputs"], case["expected"]
        compute = _server(family, set(inputs))
        if compute is None:
            return Outcome("unserved", name, f"family {family}: {UNSERVED}")
        return _held(name, expected, compute(inputs), case.get("tolerance"))
    except Exception as error:
        return Outcome("fail", name, f"cannot be read or computed: {type(error).__name__}: {error}")


def _server(family: str, fields: set[str]) -> Callable[[Inputs], Outputs] | None:
    for served, needed, compute in SERVED:
        if served == family and needed <= fields:
            return compute
    return None


def _held(name: str, expected: Mapping[str, Any], got: Outputs, tolerance: Any) -> Outcome:
    if not isinstance(expected, Mapping) or not expected:
        return Outcome("fail", name, "expects nothing")
    slack = None if tolerance is None else Fraction(str(tolerance))
    wrong = [
        f"{key}: expected {value}, got {_shown(got[key]) if key in got else 'nothing computed'}"
        for key, value in expected.items()
        if key not in got or not _agree(value, got[key], slack)
    ]
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _agree(value: Any, got: Any, slack: Fraction | None) -> bool:
    if isinstance(value, Mapping) or isinstance(got, Mapping):
        both = isinstance(value, Mapping) and isinstance(got, Mapping) and set(value) == set(got)
        return both and all(_agree(each, got[key], slack) for key, each in value.items())
    if isinstance(value, list) or isinstance(got, list):
        both = isinstance(value, list) and isinstance(got, list) and len(value) == len(got)
        return both and all(_agree(*pair, slack) for pair in zip(value, got, strict=True))
    if value is None or got is None or isinstance(value, bool) or isinstance(got, bool):
        return value is got
    if isinstance(got, str):
        return bool(value == got)
    wanted = Fraction(str(value))
    if slack is None:
        slack = abs(wanted) * FLOAT_DIGITS if isinstance(value, float) else Fraction(0)
    return abs(Fraction(got) - wanted) <= slack


def _shown(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction) else value


def _scaled(value: Any, scale: int) -> int:
    exact = Fraction(str(value)) * scale
    if exact.denominator != 1:
        raise ValueError(f"{value!r} is not a whole multiple of 1/{scale}")
    return int(exact)


def _ints(inputs: Inputs, *keys: str) -> list[int]:
    return [whole(inputs[key]) for key in keys]


# --- dYdX ---


class DydxAccount:
    """One subaccount of the vectors: cash, positions, and what its requirement is."""

    def __init__(self, inputs: Inputs, positions: Mapping[str, int]) -> None:
        self.inputs, self.positions = inputs, positions
        self.equity = whole(inputs["quote_balance"]) + sum(map(self.value, positions, positions.values()))
        self.requirement_total = sum(map(self.requirement, positions, positions.values()))

    def value(self, market: str, base: int) -> int:
        """Return the net notional of some base quantums of a market [quote quantums]."""
        quantum, unit = str(self.inputs[f"{market.lower()}_base_quantum"]).split()
        if unit != market:
            raise ValueError(f"base quantum of {market} is in {unit}")
        step = Fraction(quantum) * 10**6
        price = whole(self.inputs[f"{market.lower()}_price_usd"])
        return dydx_v4.net_notional(base, price, step.numerator, step.denominator)

    def requirement(self, market: str, base: int) -> int:
        """Return the maintenance margin of some base quantums of a market [quote quantums]."""
        rates = _ints(self.inputs, "im_ppm", "maintenance_fraction_ppm")
        return dydx_v4.maintenance_requirement(self.value(market, base), *rates)

    def takeover(self, market: str, delta: int) -> int:
        """Return the takeover value of a change of a position by `delta` [quote quantums]."""
        base = self.positions[market]
        if delta * base >= 0 or abs(delta) > abs(base):
            raise ValueError(f"a change of {delta} does not reduce a position of {base}")
        fall = self.value(market, base) - self.value(market, base + delta)
        freed = self.requirement(market, base) - self.requirement(market, base + delta)
        return linear_perp.takeover_value(fall, self.equity, freed, self.requirement_total)


def dydx_takeover(inputs: Inputs) -> Outputs:
    """Takeover value of a part of one position of a cross account."""
    account = DydxAccount(inputs, {market: whole(base) for market, base in inputs["positions"].items()})
    return {"delta_quote": account.takeover(inputs["market"], whole(inputs["delta_base"]))}


def dydx_fund_flow(inputs: Inputs) -> Outputs:
    """What the fund receives or pays when a whole position is closed by one fill."""
    market, base = inputs.get("market", "BTC"), whole(inputs["position_base"])
    if inputs["side"] != ("sell" if base > 0 else "buy"):
        raise ValueError(f"{inputs['side']!r} does not close a position of {base}")
    proceeds = whole(inputs["fill_quote"]) * (1 if base > 0 else -1)
    takeover = DydxAccount(inputs, {market: base}).takeover(market, whole(inputs.get("delta_base", -base)))
    fee_ppm = whole(inputs["max_liquidation_fee_ppm"])
    return {"insurance_fund_delta": linear_perp.insurance_payment(proceeds, takeover, fee_ppm)}


def dydx_limit_price(inputs: Inputs) -> Outputs:
    """Worst price of a liquidation order, as an exact fraction."""
    account = DydxAccount(inputs, {market: whole(base) for market, base in inputs["positions"].items()})
    market = inputs["market"]
    base = account.positions[market]
    numerator, denominator = dydx_v4.limit_price(
        account.value(market, base),
        base,
        account.requirement(market, base),
        account.equity,
        account.requirement_total,
        *_ints(inputs, "bankruptcy_adjustment_ppm", "spread_to_mm_ratio_ppm"),
    )
    return {"price_rational": Fraction(numerator, denominator)}


def dydx_initial_margin(inputs: Inputs) -> Outputs:
    """Initial rate under open interest, and the margin of a notional."""
    caps = [whole(inputs.get(key, 0)) for key in ("oi", "oi_lower")]
    rate_ppm = margin.open_interest_rate_ppm(*_ints(inputs, "base_ppm"), *caps, whole(inputs["oi_upper"]))
    outputs: Outputs = {key: rate_ppm for key in ("imf_ppm", "adjusted_imf_ppm", "initial_margin_ppm")}
    if "notional" in inputs:
        outputs["initial_margin"] = dydx_v4.initial_requirement(whole(inputs["notional"]), rate_ppm)
    return outputs


def dydx_portion(inputs: Inputs) -> Outputs:
    """Least and most notional that one block may liquidate."""
    least, most = dydx_v4.liquidatable_notional(*_ints(inputs, "notional", "cfg_min", "max_portion_ppm"))
    return {"min": least, "max": most}


# --- Drift ---


def drift_weights(inputs: Inputs) -> Outputs:
    """Weights of a deposit and of a borrow, after size."""
    size = _ints(inputs, "size_1e9", "imf_1e6")
    outputs = {}
    if "asset_weight_bps" in inputs:
        outputs["asset_weight"] = drift_v2.asset_weight_bps(*size, whole(inputs["asset_weight_bps"]))
    if "liability_weight_bps" in inputs:
        weight_bps = whole(inputs["liability_weight_bps"])
        outputs["liability_weight"] = drift_v2.liability_weight_bps(*size, weight_bps)
    return outputs


def drift_size(inputs: Inputs) -> Outputs:
    """Base to close for a margin shortage."""
    keys = ("margin_shortage", "margin_ratio_bps", "liquidator_fee_1e6", "if_fee_1e6", "oracle_price_1e6")
    quote_price = whole(inputs.get("quote_price_1e6", drift_v2.PRICE))
    return {"base_amount": drift_v2.base_to_cover(*_ints(inputs, *keys), quote_price)}


def drift_fund_fee(inputs: Inputs) -> Outputs:
    """Fee to the insurance fund."""
    keys = ("margin_shortage", "base", "margin_ratio_bps", "liquidator_fee_1e6", "price_1e6")
    quote_price = whole(inputs.get("quote_price_1e6", drift_v2.PRICE))
    fee = drift_v2.fund_fee(*_ints(inputs, *keys), quote_price, whole(inputs["max_if_fee_1e6"]))
    return {"if_fee_1e6": fee}


def drift_step(inputs: Inputs) -> Outputs:
    """One whole liquidation step of a perp position: size, transfer, fee, ratio after."""
    base, quote, deposit, price = _ints(inputs, "base", "quote", "deposit", "price_1e6")
    ratio_bps, buffer_bps = _ints(inputs, "mmr_bps", "buffer_bps")
    liquidator_fee, fund_fee_max = (
        _scaled(inputs[key], drift_v2.FEE) for key in ("liquidator_fee", "if_fee")
    )
    sign, quote_price = (1 if base > 0 else -1), drift_v2.PRICE
    value = drift_v2.base_value(base, price)
    equity = deposit + quote + sign * value
    shortage = max(drift_v2.requirement_with_buffer(value, ratio_bps, buffer_bps) - equity, 0)
    target_bps = ratio_bps + buffer_bps
    fee = drift_v2.fund_fee(shortage, base, target_bps, liquidator_fee, price, quote_price, fund_fee_max)
    cover = drift_v2.base_to_cover(shortage, target_bps, liquidator_fee, fee, price, quote_price)
    closed = min(cover, abs(base))
    received = drift_v2.liquidator_value(sign * closed, price, liquidator_fee)
    paid = linear_perp.liquidation_fee(drift_v2.base_value(closed, price), fee)
    quote_after, value_after = quote + received - paid, drift_v2.base_value(abs(base) - closed, price)
    outputs: Outputs = {
        "base_closed": closed,
        "user_quote_after": quote_after,
        "liquidator_quote": -received,
        "if_fee_paid": paid,
    }
    if value_after > 0:
        equity_after = deposit + quote_after + sign * value_after
        outputs["margin_ratio_after_bps"] = Fraction(equity_after * drift_v2.BPS, value_after)
    return outputs


# --- other venues and the generic exchange ---


def bracket_cum(inputs: Inputs) -> Outputs:
    """What a bracket takes off, in the unit of its floor."""
    rates = [_scaled(inputs[key], PPM) for key in ("mmr", "mmr_prev")]
    floor = _scaled(inputs["floor"], FINE)
    cum = margin.bracket_cum(floor, *rates, _scaled(inputs["cum_prev"], FINE * PPM))
    return {"cum": Fraction(cum, FINE * PPM)}


def liquidation_price(inputs: Inputs) -> Outputs:
    """Liquidation price of one market of a cross account under a flat rate."""
    # A lot is 1e-6 and a tick 1e-18, so a unit of value is 1e-24 and the price comes to 18 digits.
    size, mark = _scaled(inputs["size"], 10**6), _scaled(inputs["mark"], FINE)
    equity = _scaled(inputs["equity"], FINE * 10**6)
    other = _scaled(inputs.get("other_maintenance", 0), FINE * 10**6)
    rate_ppm = _scaled(inputs["mmr"], PPM)
    found, price = linear_perp.liquidation_price(equity, size, mark, 1, other, (0,), (rate_ppm,), (0,))
    return {"liquidation_price": Fraction(price, FINE) if found else None}


def inverse_bankruptcy_price(inputs: Inputs) -> Outputs:
    """Bankruptcy price of an inverse position, exact to 18 digits and on the tick."""
    entry, leverage = (_scaled(inputs[key], FINE) for key in ("entry", "leverage"))
    side = inputs.get("side", "long")
    if side not in ("long", "short"):
        raise ValueError(f"side is neither long nor short: {side!r}")
    tick = _scaled(inputs.get("tick", BYBIT_TICK), FINE)
    prices = [
        bybit.inverse_bankruptcy_price(entry, leverage, FINE, side == "long", step) for step in (1, tick)
    ]
    exact, rounded = (Fraction(price, FINE) if found else None for found, price in prices)
    on_tick = "rounded_up_to_tick" if side == "long" else "rounded_down_to_tick"
    return {"bankruptcy_price": exact, on_tick: rounded}


def drawdown(inputs: Inputs) -> Outputs:
    """Drawdown of a fund pool: its ratio, whether it starts deleveraging, who bears the rest."""
    change, peak = (_scaled(inputs[key], FINE) for key in ("symbol_pnl_change", "pool_max_8h"))
    balance, balance_min = (_scaled(inputs.get(key, 1), FINE) for key in ("pool_balance", "min_balance"))
    trigger_ppm = -_scaled(inputs["trigger"], PPM)
    borne = bybit.drawdown_borne_by_winners(change, peak, trigger_ppm)
    return {
        "pnl_ratio": Fraction(change, peak),
        "triggered": bybit.is_drawdown_triggered(change, peak, trigger_ppm, balance, balance_min),
        "borne_by_adl_users": Fraction(borne, FINE),
    }


def disposal(inputs: Inputs) -> Outputs:
    """Lots the network gives back, step by step, for as many steps as it takes to be flat."""
    size, book, size_full = _ints(inputs, "position", "book_volume", "full_disposal_size")
    rates = [_scaled(inputs[key], PPM) for key in ("max_book_fraction", "disposal_fraction")]
    trades: list[int] = []
    while size > 0:
        trade = vega.disposal_size(size, book, *rates, size_full)
        if trade <= 0:
            raise ValueError(f"a position of {size} is never given back")
        trades.append(trade)
        size -= trade
    return {"trades": trades}


def queue_fills(inputs: Inputs) -> Outputs:
    """Fills of a queue ranked by score: whole positions first, a part of the last."""
    winners, failing = ("longs", "bankrupt_short") if "longs" in inputs else ("shorts", "bankrupt_long")
    book = {
        key: (whole(size), Fraction(str(score)).as_integer_ratio())
        for key, (size, score) in inputs[winners].items()
    }
    order = sorted(book, key=cmp_to_key(lambda a, b: _before(book[a][1], book[b][1])))
    need, total, seen = whole(inputs[failing]), sum(size for size, _ in book.values()), 0
    outputs: Outputs = {"closed": {}, "percentile": {}}
    for key in order:
        size = book[key][0]
        seen += size
        outputs["percentile"][key] = deleverage_scores.queue_fifth(seen, total) * 20
        closed = min(size, need)
        need -= closed
        outputs[f"remaining_{key}"] = size - closed
        if closed > 0:
            outputs["closed"][key] = closed
    outputs["remaining"] = need
    return outputs


def _before(a: tuple[int, int], b: tuple[int, int]) -> int:
    if deleverage_scores.score_exceeds(*a, *b):
        return -1
    return 1 if deleverage_scores.score_exceeds(*b, *a) else 0


# Family, inputs it must have, how it is computed; the first that fits serves.
DYDX = {"im_ppm", "maintenance_fraction_ppm", "quote_balance"}
SERVED: tuple[tuple[str, set[str], Callable[[Inputs], Outputs]], ...] = (
    ("bankruptcy_price", DYDX | {"positions", "market", "delta_base"}, dydx_takeover),
    ("bankruptcy_price", {"entry", "leverage"}, inverse_bankruptcy_price),
    ("liquidation_limit_price", DYDX | {"positions", "market", "spread_to_mm_ratio_ppm"}, dydx_limit_price),
    ("insurance_fund_flow", DYDX | {"position_base", "side", "fill_quote"}, dydx_fund_flow),
    ("insurance_fund_flow", {"margin_shortage", "base", "max_if_fee_1e6"}, drift_fund_fee),
    ("nonlinear_margin", {"base_ppm", "oi_upper"}, dydx_initial_margin),
    ("nonlinear_margin", {"size_1e9", "imf_1e6"}, drift_weights),
    ("partial_liquidation", {"notional", "cfg_min", "max_portion_ppm"}, dydx_portion),
    ("partial_liquidation", {"margin_shortage", "margin_ratio_bps", "oracle_price_1e6"}, drift_size),
    ("partial_liquidation", {"base", "quote", "deposit", "mmr_bps", "buffer_bps"}, drift_step),
    ("partial_liquidation", {"position", "book_volume", "disposal_fraction"}, disposal),
    ("tiered_margin", {"floor", "mmr", "mmr_prev", "cum_prev"}, bracket_cum),
    ("liquidation_price", {"size", "mark", "equity", "mmr"}, liquidation_price),
    ("adl_fills", {"longs", "bankrupt_short"}, queue_fills),
    ("adl_fills", {"shorts", "bankrupt_long"}, queue_fills),
    ("waterfall", {"loss", "own_capital_first", "default_fund"}, shared_out.clearing_house),
    ("adl_trigger", {"pool_max_8h", "symbol_pnl_change", "trigger"}, drawdown),
    ("recovery_token", {"redeemed_pct"}, redemptions),
    *bankruptcy.SERVED,
    *deleveraged.SERVED,
    *offsets.SERVED,
)
