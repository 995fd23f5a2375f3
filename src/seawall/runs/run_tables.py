"""What the tables of a run hold: each column declared once, with what it means.

The writer, the readers, the JSON Schemas and the reference page of the run folder follow from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.runs.table_file import Column

__all__ = [
    "ACCOUNTS",
    "CHARGES",
    "DEFAULTS",
    "DROPS",
    "EVENTS",
    "EXPOSURES",
    "RUN_TABLES",
    "WATERFALL",
    "RunTable",
]


@dataclass(frozen=True, slots=True)
class RunTable:
    """A table of a run folder: its name, what a row is, and its columns."""

    name: str
    doc: str
    columns: tuple[Column, ...]


_ACCOUNT = Column("account", "text", "the account")
_ASSET = Column("asset", "text", "what it is counted in")
_FAILED = Column("default_account", "text", "whose loss it is")
_POOL = Column("pool", "text", "pool of contracts or of an asset that it belongs to; empty for none")

ACCOUNTS = (
    Column("account", "text", "the account"),
    Column("owner", "text", "who it belongs to; sub-accounts share one"),
    Column(
        "status",
        "text",
        "at oracle prices, before anything was done",
        choices=("safe", "liquidatable", "insolvent", "unpriced"),
    ),
    Column(
        "health",
        "number",
        "at oracle prices; empty where nothing is owed, or a price is missing, as in the columns below",
    ),
    Column(
        "equity_value",
        "number",
        "what it holds less what it owes; a float of the scan, to look at, not to book",
    ),
    Column("margin_equity_value", "number", "equity after haircuts, which margin is measured by"),
    Column("requirement_value", "number", "maintenance margin, or debt over thresholds"),
    Column("debt_value", "number", "what it owes"),
    Column("collateral_value", "number", "what secures it"),
    Column(
        "outcome",
        "text",
        "of its liquidation; empty where it was left alone",
        choices=(
            "",
            "restored",
            "exhausted",
            "taken_over",
            "handed_over",
            "halted_toxic",
            "not_callable",
            "rounds_exceeded",
        ),
    ),
    Column("charged_value", "amount", "what it was charged in all"),
    Column(
        "worst_scenario",
        "text",
        "of a portfolio that fails, the scenario its requirement answers for, by underlying; else empty",
    ),
)
EVENTS = (
    Column("seq", "whole", "number of the entry in the journal"),
    Column("kind", "text", "what happened"),
    _ACCOUNT,
    Column("commodity", "text", "asset, or instrument where lots move"),
    Column("bucket", "text", "which holding moves", choices=("cash", "supply", "debt", "cost", "lots")),
    Column("leg", "text", "of lots and their cost", choices=("", "net", "long", "short")),
    Column("instrument", "text", "whose cost it is; else empty"),
    Column("amount", "amount", "what is added, signed"),
    Column("amount_raw", "raw", "the same in smallest units"),
    Column("reason", "text", "why, in a few words"),
)
DEFAULTS = (
    _ACCOUNT,
    _ASSET,
    _POOL,
    Column("loss", "amount", "what somebody must bear"),
    Column("cash_shortfall", "amount", "cash of it that is missing now"),
    Column("lots", "text", "positions taken over, signed: `1 BTC-PERP; -2 ETH-PERP`"),
    Column("value", "amount", "of the loss"),
)
WATERFALL = (
    Column(
        "step",
        "whole",
        "number of the answer; empty for what was settled now and for residuals",
        may_be_empty=True,
    ),
    _FAILED,
    _POOL,
    Column("layer", "text", "name in the rulebook; of a residual its bearer"),
    Column("kind", "text", "kind of layer"),
    _ASSET,
    Column("taken", "amount", "borne now"),
    Column("held", "amount", "kept open by the layer for later"),
    Column("left", "amount", "goes on to the layers below"),
    Column("dust", "amount", "collected beyond what was taken"),
    Column("avoided", "amount", "borne by nobody, because closing in the market was spared"),
    Column("lots", "text", "lots it closed"),
    Column("charged_accounts", "whole", "how many charges"),
    Column("working", "text", "rule, inputs, formula and rounding, as JSON; amounts in smallest units"),
)
CHARGES = (
    _ACCOUNT,
    _ASSET,
    Column("amount", "amount", "what it bears; below zero it gains"),
    Column("amount_raw", "raw", "the same in smallest units"),
    Column("layer", "text", "which layer charges it"),
    _FAILED,
    Column("reason", "text", "why, in a few words"),
)
DROPS = (
    Column("drop", "amount", "fraction taken off all prices; below zero it is a rise"),
    Column("failing", "whole", "accounts to liquidate"),
    Column("at_risk", "amount", "what they owe, or the notional of their positions"),
    Column("loss", "amount", "what liquidation leaves"),
    Column("covered", "amount", "paid by funds and reserves"),
    Column("to_users", "amount", "the rest"),
    Column("dry", "text", "assets in which a fund has nothing left"),
)
EXPOSURES = (
    Column("account", "text", "the account"),
    Column("underlying", "text", "what its positions follow"),
    Column("notional_value", "number", "size of all of them; empty where a price is missing, as below"),
    Column("delta_value", "number", "gained per move of the whole price; a hundredth of it per 1 %"),
    Column("gamma_value", "number", "what delta gains per such a move"),
    Column("vega_value", "number", "gained per 1 of volatility; a hundredth of it per point"),
)
RUN_TABLES = (
    RunTable("accounts", "One row per user account.", ACCOUNTS),
    RunTable("events", "One row per posting of the journal, in order.", EVENTS),
    RunTable("defaults", "What liquidation handed to the waterfall.", DEFAULTS),
    RunTable(
        "waterfall",
        "One row per loss held before and settled now, then per answer of a layer, then per residual. In "
        "every row but those of residuals the charges plus `avoided` are `taken` plus `dust`.",
        WATERFALL,
    ),
    RunTable("charges", "One row per charge; those of a layer sum to what it took, to the unit.", CHARGES),
    RunTable(
        "exposures",
        "One row per user account and underlying, before anything was done; only of books with options.",
        EXPOSURES,
    ),
    RunTable("drops", "What other moves of all prices would do; each row is a run of its own.", DROPS),
)
