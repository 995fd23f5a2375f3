"""The snapshot format, declared once: tables, columns, units, what may be left out.

Readers, writer, JSON Schemas and the reference page all follow these declarations.
"""

from __future__ import annotations

from typing import Any

from seawall.adapters.columns import Column, Table
from seawall.core.book import KINDS, LEGS, MODES, RIGHTS, SIDES

__all__ = [
    "ENTRY_DECIMALS",
    "FORMAT_VERSION",
    "FUNDING_DECIMALS",
    "INDEX_DECIMALS",
    "TABLES",
    "VOL_DECIMALS",
    "table_named",
]

FORMAT_VERSION = 1
ENTRY_DECIMALS = 18
FUNDING_DECIMALS = 18
INDEX_DECIMALS = 27
VOL_DECIMALS = 18

# (what a value counts, where its decimals come from)
_IN_ASSET = ("asset", "decimals of the asset")
_IN_SETTLE = ("settle asset", "decimals of the settle asset")
_IN_CONTRACTS = ("contracts", "quantity_decimals")
_IN_BASE = ("base currency", "price_decimals")
_AS_MARK = ("settle asset per unit of underlying", "mark_decimals")
_AS_ENTRY = ("settle asset per unit of underlying", str(ENTRY_DECIMALS))
_AS_FUNDING = ("settle asset per unit of quantity", str(FUNDING_DECIMALS))
_AS_INDEX = ("1", str(INDEX_DECIMALS))


def _id(name: str, doc: str, *, required: bool = True) -> Column:
    return Column(name, "id", doc, required=required)


def _choice(name: str, doc: str, choices: tuple[str, ...], default: str = "") -> Column:
    return Column(name, "choice", doc, required=not default, choices=choices, default=default)


def _amount(name: str, unit: tuple[str, str], doc: str, **more: Any) -> Column:
    return Column(name, "amount", doc, *unit, **more)


def _price(name: str, unit: tuple[str, str], doc: str, *, required: bool = False) -> Column:
    return Column(name, "amount", doc, *unit, required, may_be_empty=True, is_price=True)


def _integer(name: str, unit: str, doc: str, minimum: int = 0, maximum: int = 10**6, **more: Any) -> Column:
    return Column(name, "integer", doc, unit, minimum=minimum, maximum=maximum, **more)


def _time(name: str, doc: str) -> Column:
    return Column(name, "time", doc, required=True)


_ABOVE_ZERO: dict[str, Any] = {"required": True, "sign": "positive"}
_PRICE_TIME = Column("as_of", "time", "When the price was seen; `prices_as_of` of the snapshot when empty.")

TABLES: tuple[Table, ...] = (
    Table(
        "accounts",
        "Who there is. Without this file every id named in the others is an account of its own.",
        (
            _id("account", "Account id, the smallest ring-fence: all in it secures all owed in it."),
            _id("owner", "Who owns it; accounts of one owner are one party.", required=False),
            _id("parent", "Account it is a subaccount of.", required=False),
            _choice(
                "kind",
                "What it is. By default the id tells: `fund:` and `external:` are what they say, `engine`, "
                "`dust`, `deficit:`, `surplus:`, `clearing:`, `claims:` and `residual:` are the venue's, "
                "others users.",
                KINDS,
                "user",
            ),
            _choice("margin_mode", "How its positions are margined.", MODES, "cross"),
            _id("collateral_set", "Set of correlated assets it opted into (an e-mode).", required=False),
        ),
        ("account",),
    ),
    Table(
        "assets",
        "Tokens and currencies that balances are counted in.",
        (
            _id("asset", "Asset id. Where tickers repeat over chains, carry them: `ethereum:0xa0b8...`."),
            _integer("decimals", "digits", "Amounts count 10^-decimals of it.", maximum=36, required=True),
        ),
        ("asset",),
    ),
    Table(
        "instruments",
        "Contracts that are margined, not owned.",
        (
            _id("instrument", "Instrument id."),
            _id("settle_asset", "Asset in which cost and profit are counted."),
            _choice(
                "kind",
                "Whether worth follows the price or its inverse, or an option on one.",
                ("linear", "inverse", "option"),
                "linear",
            ),
            _integer("quantity_decimals", "digits", "Decimals of a quantity.", maximum=18, default="0"),
            _amount(
                "lot", _IN_CONTRACTS, "Smallest closable quantity; one unit when empty.", sign="positive"
            ),
            _amount("tick", _AS_MARK, "Price step; one unit when empty.", sign="positive"),
            _amount(
                "multiplier",
                ("units of underlying", "12"),
                "Underlying in one contract.",
                default="1",
                sign="positive",
            ),
            _id("pool", "Insurance pool the contract belongs to.", required=False),
            _amount("funding_index", _AS_FUNDING, "Funding accumulated up to now.", default="0", sign="any"),
            _id(
                "underlying",
                "What its price follows; positions that name the same one offset each other in a portfolio. "
                "Its own id when empty; an option must name one.",
                required=False,
            ),
            Column("right", "choice", "Of an option: to buy or to sell.", choices=RIGHTS),
            _amount("strike", _AS_MARK, "Of an option: price of exercise.", sign="positive", is_price=True),
            Column("expires", "time", "Of an option: instant of exercise."),
            Column(
                "in_coin",
                "flag",
                "Of an option: whether its mark is a part of one underlying, paid in that coin; otherwise it "
                "is in what the strike is quoted in.",
                default="false",
            ),
        ),
        ("instrument",),
    ),
    Table(
        "balances",
        "What accounts hold and owe. Give positive numbers and say by `side` what they are; only cash "
        "may be negative (a wallet below zero, a recognised deficit), and never that of a fund.",
        (
            _id("account", "Holder."),
            _id("asset", "What is held."),
            _choice("side", "Plain cash, deposited in a pool, or owed to one.", SIDES),
            _amount("amount", _IN_ASSET, "What it is now, interest included.", sign="any", group="amount"),
            _amount(
                "scaled",
                _IN_ASSET,
                "The same before the index of its side is applied (Aave's scaled balance).",
                sign="any",
                group="amount",
            ),
            Column("is_collateral", "flag", "Whether it secures the account's debts.", default="true"),
            _amount("principal", _IN_ASSET, "Debt before the interest accrued since the last touch."),
        ),
        ("account", "asset", "side"),
    ),
    Table(
        "positions",
        "Open positions. On leg `net` the quantity is signed, + long and - short; on `long` and `short` "
        "(hedge mode) the leg is the side and the quantity a size.",
        (
            _id("account", "Holder."),
            _id("instrument", "What is held."),
            _choice("leg", "One net position, or one of two hedged legs.", LEGS, "net"),
            _amount("quantity", _IN_CONTRACTS, "Size.", required=True, sign="any"),
            _amount(
                "entry_price",
                _AS_ENTRY,
                "Average price paid; the cost follows from it, rounded down.",
                group="cost",
                is_price=True,
            ),
            _amount(
                "cost",
                _IN_SETTLE,
                "Minus the value at entry: negative for a long, positive for a short.",
                sign="any",
                group="cost",
            ),
            _amount(
                "funding_index",
                _AS_FUNDING,
                "Funding index at the last touch; what has grown since is owed.",
                default="0",
                sign="any",
            ),
        ),
        ("account", "instrument", "leg"),
    ),
    Table(
        "orders",
        "Open orders; cancelling them is the first step of a liquidation.",
        (
            _id("account", "Who placed it."),
            _id("instrument", "What it would trade."),
            _choice("side", "Direction.", ("buy", "sell")),
            _amount("quantity", _IN_CONTRACTS, "Size left.", required=True, sign="positive"),
            _amount("price", _AS_MARK, "Limit price.", required=True, is_price=True),
            _amount("hold", _IN_SETTLE, "What it reserves of the account's cash.", default="0"),
        ),
    ),
    Table(
        "pools",
        "Lending reserves.",
        (
            _id("asset", "Asset of the reserve."),
            _amount("supply_index", _AS_INDEX, "Balance per scaled supply.", default="1", sign="positive"),
            _amount("debt_index", _AS_INDEX, "Debt per scaled debt, now.", default="1", sign="positive"),
            _amount(
                "debt_index_last", _AS_INDEX, "The stored one; `debt_index` when empty.", sign="positive"
            ),
            _amount("cash", _IN_ASSET, "Liquidity that is not lent out.", required=True),
            _amount("deficit", _IN_ASSET, "Bad debt recognised so far.", default="0"),
        ),
        ("asset",),
    ),
    Table(
        "prices",
        "Prices of assets. An empty price is unknown, which is a value: what needs it is reported unpriced.",
        (
            _id("asset", "Asset priced."),
            _price("oracle_price", _IN_BASE, "What the venue itself uses.", required=True),
            _price("market_price", _IN_BASE, "An independent one."),
            _price("previous_price", _IN_BASE, "An earlier oracle price; only used to notice a jump."),
            _PRICE_TIME,
        ),
        ("asset",),
    ),
    Table(
        "set_prices",
        "Oracle price of every member of a collateral set, where the set has its own (Aave 3.0.2 e-modes).",
        (
            _id("collateral_set", "Set priced."),
            _price("oracle_price", _IN_BASE, "What the venue uses inside the set.", required=True),
        ),
        ("collateral_set",),
    ),
    Table(
        "marks",
        "Prices of instruments.",
        (
            _id("instrument", "Instrument priced."),
            _price("mark_price", _AS_MARK, "What triggers liquidation.", required=True),
            _price("index_price", _AS_MARK, "Price of the underlying elsewhere."),
            _price("oracle_price", _AS_MARK, "What the engine's oracle says, where it is a third one."),
            _price("previous_mark_price", _AS_MARK, "The mark before this one."),
            _amount(
                "forward_price",
                _AS_MARK,
                "Of an option: price of its underlying at expiry, counted as its strike is.",
                sign="positive",
                is_price=True,
            ),
            _amount(
                "implied_vol",
                ("1 per square root of a year of 365 days", str(VOL_DECIMALS)),
                "Of an option: volatility that its mark implies, 0.5 for 50 %.",
                sign="positive",
            ),
            _PRICE_TIME,
        ),
        ("instrument",),
    ),
    Table(
        "depth",
        "Resting orders of the market, in any order.",
        (
            _id("instrument", "Instrument."),
            _choice("side", "Buyers or sellers.", ("bid", "ask")),
            _amount("price", _AS_MARK, "Price of the level.", required=True, is_price=True),
            _amount("quantity", _IN_CONTRACTS, "Size of the level.", required=True, sign="positive"),
        ),
        ("instrument", "side", "price"),
    ),
    Table(
        "tiers",
        "Maintenance margin brackets, laid over the rulebook; an instrument named here has no other curve.",
        (
            _id("instrument", "Instrument, or `*` for all that are not named."),
            _integer("floor", "whole settle asset", "Where it starts.", maximum=10**18, required=True),
            _integer("cap", "whole settle asset", "Where it ends; must be the next floor.", maximum=10**18),
            _integer("rate_ppm", "ppm", "Marginal rate.", minimum=1, required=True),
        ),
        ("instrument", "floor"),
    ),
    Table(
        "asset_terms",
        "Risk parameters of assets, laid over the rulebook.",
        (
            _id("asset", "Asset."),
            _integer("ltv_bps", "bps", "Most that may be borrowed against it.", default="0"),
            _integer("threshold_bps", "bps", "Liquidation threshold.", default="0"),
            _integer("bonus_bps", "bps", "Bonus with the repayment: 10500 is 5 %.", 10**4, default="10000"),
            _integer("protocol_fee_bps", "bps", "Part of the bonus kept.", maximum=10**4, default="0"),
            _integer("haircut_bps", "bps", "Taken off as margin collateral.", maximum=10**4, default="0"),
            _integer("decimals", "digits", "As the venue's contracts say; held to `assets`.", maximum=36),
        ),
        ("asset",),
    ),
    Table(
        "collateral_sets",
        "Parameters of sets of correlated assets (e-modes), laid over the rulebook.",
        (
            _id("collateral_set", "Set id."),
            _integer("ltv_bps", "bps", "Most that may be borrowed inside.", required=True),
            _integer("threshold_bps", "bps", "Liquidation threshold.", required=True),
            _integer("bonus_bps", "bps", "Bonus with the repayment: 10100 is 1 %.", 10**4, required=True),
        ),
        ("collateral_set",),
    ),
    Table(
        "collateral_set_members",
        "Assets of each collateral set.",
        (_id("collateral_set", "Set."), _id("asset", "Member.")),
        ("collateral_set", "asset"),
    ),
    Table(
        "funds",
        "Insurance funds in short: the account (of kind `fund`) need not stand in the other files.",
        (
            _id("account", "Account id of the fund, as the waterfall's layers name it."),
            _id("asset", "What it holds."),
            _amount("balance", _IN_ASSET, "Cash of it.", required=True),
            _id("pool", "Insurance pool it covers: layers that pay from it are bound to it.", required=False),
        ),
        ("account", "asset"),
    ),
    Table(
        "state",
        "Named counters that a rulebook keeps between events (caps used, windows).",
        (_id("counter", "Name."), _amount("value", ("1", "0"), "Whole number.", required=True, sign="any")),
        ("counter",),
    ),
    Table(
        "pending",
        "Losses that layers hold since earlier events, and settle later: auctions, halts, covers under way.",
        (
            _id("pending", "Id that names it for ever."),
            _id("layer", "Layer that holds it; one that the terms no longer have gives it back at once."),
            _id("kind", "Kind of that layer."),
            _id("account", "Account that failed."),
            _id("asset", "Asset of the loss."),
            _amount("amount", _IN_ASSET, "Still open.", required=True, sign="positive"),
            _time("opened", "When it was taken in."),
            _time("due", "When it is settled, or its auction ends."),
            _id("pool", "Pool the loss belongs to.", required=False),
        ),
        ("pending",),
    ),
    Table(
        "pending_memory",
        "What a layer must know when it settles, such as the standing bid of an auction.",
        (
            _id("pending", "Id of the pending loss."),
            _id("name", "Name, as the layer calls it."),
            _amount("value", ("1", "0"), "Whole number.", required=True, sign="any"),
        ),
        ("pending", "name"),
    ),
    Table(
        "bids",
        "Bids made since the last event, for auctions among the pending losses.",
        (
            _id("auction", "Id of the pending loss."),
            _id("bidder", "Who bids; an account, or somebody outside."),
            _amount(
                "pay", ("asset of the loss", "decimals of the asset"), "Paid for the lot.", **_ABOVE_ZERO
            ),
            _amount("lot", ("lot asset", "decimals of the asset"), "Wanted for that.", **_ABOVE_ZERO),
            _time("at", "When it was made."),
        ),
        ("auction", "bidder", "at"),
    ),
    Table(
        "withdrawals",
        "Cash that accounts asked to take out since the last event; the balances still hold it.",
        (
            _id("account", "Who asks."),
            _id("asset", "What it takes out."),
            _amount("amount", _IN_ASSET, "How much.", **_ABOVE_ZERO),
            _time("at", "When it asked."),
        ),
        ("account", "asset", "at"),
    ),
)

_BY_NAME = {table.name: table for table in TABLES}


def table_named(name: str) -> Table:
    """Return the declaration of a table."""
    return _BY_NAME[name]
