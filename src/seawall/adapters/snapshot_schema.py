"""The snapshot format, declared once: tables, columns, units, what may be left out.

Readers, writer, JSON Schemas and the reference page all follow these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seawall.core.book import KINDS, LEGS, MODES, SIDES

__all__ = ["FORMAT_VERSION", "TABLES", "Column", "Table", "table_named"]

FORMAT_VERSION = 1
ENTRY_DECIMALS = 18
FUNDING_DECIMALS = 18
RAY_DECIMALS = 27

Kind = Literal["id", "choice", "flag", "amount", "integer", "time"]
Sign = Literal["any", "not_negative", "positive"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        kind: `amount` columns are plain decimal strings under `name`, or raw integers
            (counts of the smallest unit) under `name_raw`; a file has one of the two.
        unit: What a value counts.
        decimals: Where the number of decimals of an amount comes from.
        required: Whether a file without this column is refused; its cells must be filled, too,
            unless `may_be_empty`.
        default: What an absent column or an empty cell means; "" is "not known".
        group: Of the columns of one group a file has exactly one.
    """

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    decimals: str = ""
    required: bool = False
    may_be_empty: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    sign: Sign = "not_negative"
    minimum: int = 0
    maximum: int = 10**9
    group: str = ""
    is_price: bool = False

    @property
    def raw_name(self) -> str:
        """Name under which the raw integers of an amount stand."""
        return f"{self.name}_raw"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a file may use for this column."""
        return (self.name, self.raw_name) if self.kind == "amount" else (self.name,)


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a snapshot; `key` columns together name a row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Names of the columns of each group."""
        found: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.group:
                found[column.group] = (*found.get(column.group, ()), column.name)
        return found


def _id(name: str, doc: str, *, required: bool = True) -> Column:
    return Column(name, "id", doc, required=required)


def _choice(name: str, doc: str, choices: tuple[str, ...], default: str = "") -> Column:
    return Column(name, "choice", doc, required=not default, choices=choices, default=default)


def _bps(name: str, doc: str, default: str = "0", minimum: int = 0, maximum: int = 10**6) -> Column:
    return Column(name, "integer", doc, "bps", default=default, minimum=minimum, maximum=maximum)


def _price(name: str, doc: str, decimals: str = "price_decimals", *, required: bool = False) -> Column:
    unit = "base currency" if decimals == "price_decimals" else "settle asset per unit of underlying"
    return Column(name, "amount", doc, unit, decimals, required, may_be_empty=True, is_price=True)


_PRICE_TIME = Column("as_of", "time", "When the price was seen; the snapshot's `as_of` when empty.")

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
                "What it is. The default is `fund` for ids that start with `fund:`, `external` for "
                "`external:`, and `user` for all others.",
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
            Column("decimals", "integer", "Amounts count 10^-decimals of it.", "digits", required=True, maximum=36),
        ),
        ("asset",),
    ),
    Table(
        "instruments",
        "Contracts that are margined, not owned.",
        (
            _id("instrument", "Instrument id."),
            _id("settle_asset", "Asset in which cost and profit are counted."),
            _choice("kind", "Whether worth is linear in the price or in its inverse.", ("linear", "inverse"), "linear"),
            Column("quantity_decimals", "integer", "Decimals of a quantity.", "digits", default="0", maximum=18),
            Column(
                "lot", "amount", "Smallest closable quantity; one unit when empty.", "contracts", "quantity_decimals",
                sign="positive",
            ),
            Column(
                "tick", "amount", "Price step; one unit when empty.", "settle asset per unit of underlying",
                "mark_decimals", sign="positive",
            ),
            Column(
                "multiplier", "amount", "Underlying in one contract.", "units of underlying", "12", default="1",
                sign="positive",
            ),
            _id("pool", "Insurance pool the contract belongs to.", required=False),
            Column(
                "funding_index", "amount", "Funding accumulated up to now.", "settle asset per unit of quantity",
                str(FUNDING_DECIMALS), default="0", sign="any",
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
            _choice("side", "Deposited in a pool, owed to a pool, or plain cash.", ("cash", "supply", "debt")),
            Column(
                "amount", "amount", "What it is worth now in the asset, interest included.", "asset",
                "decimals of the asset", sign="any", group="amount",
            ),
            Column(
                "scaled", "amount", "The same before the index of its side is applied (Aave's scaled balance).",
                "asset / index", "decimals of the asset", sign="any", group="amount",
            ),
            Column("is_collateral", "flag", "Whether it secures the account's debts.", default="true"),
            Column(
                "principal", "amount", "Debt before the interest accrued since the last touch.", "asset",
                "decimals of the asset",
            ),
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
            Column(
                "quantity", "amount", "Size.", "contracts", "quantity_decimals", required=True, sign="any"
            ),
            Column(
                "entry_price", "amount", "Average price paid; the cost follows from it, rounded down.",
                "settle asset per unit of underlying", str(ENTRY_DECIMALS), group="cost", is_price=True,
            ),
            Column(
                "cost", "amount", "Minus the value at entry: negative for a long, positive for a short.",
                "settle asset", "decimals of the settle asset", sign="any", group="cost",
            ),
            Column(
                "funding_index", "amount", "Funding index at the last touch; what has grown since is owed.",
                "settle asset per unit of quantity", str(FUNDING_DECIMALS), default="0", sign="any",
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
            Column("quantity", "amount", "Size left.", "contracts", "quantity_decimals", required=True, sign="positive"),
            Column(
                "price", "amount", "Limit price.", "settle asset per unit of underlying", "mark_decimals",
                required=True, is_price=True,
            ),
            Column(
                "hold", "amount", "What it reserves of the account's cash.", "settle asset",
                "decimals of the settle asset", default="0",
            ),
        ),
    ),
    Table(
        "pools",
        "Lending reserves.",
        (
            _id("asset", "Asset of the reserve."),
            Column("supply_index", "amount", "Balance per scaled supply.", "1", "27", default="1", sign="positive"),
            Column("debt_index", "amount", "Debt per scaled debt, now.", "1", "27", default="1", sign="positive"),
            Column(
                "debt_index_last", "amount", "The stored debt index; `debt_index` when empty.", "1", "27",
                sign="positive",
            ),
            Column("cash", "amount", "Liquidity that is not lent out.", "asset", "decimals of the asset", required=True),
            Column("deficit", "amount", "Bad debt recognised so far.", "asset", "decimals of the asset", default="0"),
        ),
        ("asset",),
    ),
    Table(
        "prices",
        "Prices of assets. An empty price is unknown, which is a value: what needs it is reported unpriced.",
        (
            _id("asset", "Asset priced."),
            _price("oracle_price", "What the venue itself uses.", required=True),
            _price("market_price", "An independent one."),
            _price("previous_price", "An earlier oracle price; only used to notice a jump."),
            _PRICE_TIME,
        ),
        ("asset",),
    ),
    Table(
        "set_prices",
        "Oracle price of every member of a collateral set, where the set has its own (Aave 3.0.2 e-modes).",
        (_id("collateral_set", "Set priced."), _price("oracle_price", "What the venue uses inside the set.", required=True)),
        ("collateral_set",),
    ),
    Table(
        "marks",
        "Prices of instruments.",
        (
            _id("instrument", "Instrument priced."),
            _price("mark_price", "What triggers liquidation.", "mark_decimals", required=True),
            _price("index_price", "Price of the underlying elsewhere.", "mark_decimals"),
            _price("oracle_price", "What the engine's oracle says, where it is a third one.", "mark_decimals"),
            _price("previous_mark_price", "The mark before this one.", "mark_decimals"),
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
            Column(
                "price", "amount", "Price of the level.", "settle asset per unit of underlying", "mark_decimals",
                required=True, is_price=True,
            ),
            Column(
                "quantity", "amount", "Size of the level.", "contracts", "quantity_decimals", required=True,
                sign="positive",
            ),
        ),
        ("instrument", "side", "price"),
    ),
    Table(
        "tiers",
        "Maintenance margin brackets; an instrument named here has no other curve.",
        (
            _id("instrument", "Instrument, or `*` for all that are not named."),
            Column(
                "floor", "integer", "Where the bracket starts.", "whole settle asset", required=True, maximum=10**18
            ),
            Column(
                "cap", "integer", "Where it ends; must be the next floor.", "whole settle asset", maximum=10**18
            ),
            Column("rate_ppm", "integer", "Marginal rate.", "ppm", required=True, minimum=1, maximum=10**6),
        ),
        ("instrument", "floor"),
    ),
    Table(
        "asset_terms",
        "Risk parameters of assets, laid over the rulebook.",
        (
            _id("asset", "Asset."),
            _bps("ltv_bps", "Most that may be borrowed against it."),
            _bps("threshold_bps", "Liquidation threshold."),
            _bps("bonus_bps", "Liquidation bonus, the repayment included: 10500 pays 5 % more.", "10000", 10**4),
            _bps("protocol_fee_bps", "Part of the bonus that goes to the protocol.", maximum=10**4),
            _bps("haircut_bps", "Taken off as margin collateral.", maximum=10**4),
            Column(
                "decimals", "integer", "Decimals as the venue's own contracts say; checked against `assets`.",
                "digits", maximum=36,
            ),
        ),
        ("asset",),
    ),
    Table(
        "collateral_sets",
        "Parameters of sets of correlated assets (e-modes), laid over the rulebook.",
        (
            _id("collateral_set", "Set id."),
            Column("ltv_bps", "integer", "Most that may be borrowed inside.", "bps", required=True, maximum=10**6),
            Column("threshold_bps", "integer", "Liquidation threshold.", "bps", required=True, maximum=10**6),
            Column(
                "bonus_bps", "integer", "Liquidation bonus, the repayment included.", "bps", required=True,
                minimum=10**4, maximum=10**6,
            ),
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
            Column("balance", "amount", "Cash of it.", "asset", "decimals of the asset", required=True),
            _id("pool", "Insurance pool it covers: layers that pay from it are bound to it.", required=False),
        ),
        ("account", "asset"),
    ),
    Table(
        "state",
        "Named counters that a rulebook keeps between events (caps used, windows).",
        (
            _id("counter", "Name."),
            Column("value", "amount", "Whole number.", "1", "0", required=True, sign="any"),
        ),
        ("counter",),
    ),
)  # fmt: skip

_BY_NAME = {table.name: table for table in TABLES}


def table_named(name: str) -> Table:
    """Return the declaration of a table."""
    return _BY_NAME[name]


assert set(SIDES) == set(table_named("balances").column("side").choices)
