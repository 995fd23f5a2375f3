"""What `manifest.json` and `summary.json` of a run hold, field by field.

A test holds real runs to these models; the JSON Schemas are theirs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.core.curves import Model

__all__ = ["Manifest", "Summary"]

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", description="plain decimal in whole units")]
Value = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", description="in the base currency, with cents")]
Count = Annotated[int, Field(ge=0)]


class AssetAmount(Model):
    """An amount of an asset."""

    asset: str
    amount: Amount


class Shocks(Model):
    """What the command line did to prices, as it was written."""

    drop: str
    prices: tuple[str, ...]
    marks: tuple[str, ...]


class Manifest(Model):
    """`manifest.json`: what ran on what, and the hash of every file."""

    seawall_run: Literal[1] = Field(description="version of this folder's format")
    seawall: str = Field(description="version of the code that ran")
    event: str = Field(description="id that names the event")
    as_of: int | None = Field(description="time of the event [unix s]; null is the book's")
    seed: int = Field(description="of ties and random rules")
    venue: str = Field(description="whose book it is")
    synthetic: bool = Field(description="whether the venue is made up")
    terms_sha256: Hash = Field(description="of the terms as JSON")
    inputs: dict[str, str] = Field(default_factory=dict, description="SHA-256 of each input file by name")
    shocks: Shocks | None = Field(default=None, description="what was done to prices first")
    decimals: dict[str, int] = Field(description="of every asset, and of lots as `lots:INSTRUMENT`")
    journal_head: Hash = Field(description="hash of the last entry of the journal")
    files: dict[str, Hash] = Field(description="SHA-256 of every other file here")


class Gaps(Model):
    """What collateral does not cover at one price basis."""

    mark_gap: Value
    liquidation_gap: Value


class BadDebt(Model):
    """The four bad debts, on both price bases."""

    do_nothing: dict[Literal["oracle", "market"], Gaps]
    after: dict[Literal["oracle", "market"], Gaps]
    recognised: tuple[AssetAmount, ...]
    recognised_value: dict[Literal["oracle", "market"], Value]
    uncovered: tuple[AssetAmount, ...]
    uncovered_value: dict[Literal["oracle", "market"], Value]


class Totals(Model):
    """The loss and who bears it; `loss` is `covered`, `held`, `to_users` and `spared` together."""

    loss: Value
    covered: Value
    held: Value
    to_users: Value
    spared: Value
    uncovered: Value


class LayerSummary(Model):
    """What one layer did, in all."""

    layer: str
    kind: str
    taken: tuple[AssetAmount, ...]
    taken_value: Value
    lots: dict[str, Amount]
    charged_accounts: Count
    charged_value: Value
    avoided_value: Value
    top_payer: dict[str, str]
    rule: str
    bearer: str


class SettlementSummary(Model):
    """What was held since an earlier event and is settled now."""

    id: str
    layer: str
    kind: str
    account: str
    received: AssetAmount
    given_back: AssetAmount
    held: AssetAmount
    charged_accounts: Count
    rule: str


class PendingSummary(Model):
    """What a layer holds for later."""

    id: str
    layer: str
    kind: str
    account: str
    amount: AssetAmount
    opened: int
    due: int | None


class ResidualSummary(Model):
    """What no layer bore, and with whom it stays."""

    account: str
    amount: AssetAmount
    value: Value
    bearer: str


class DefaultSummary(AssetAmount):
    """One of the largest defaults."""

    account: str
    value: Value
    lots: dict[str, Amount]


class ChargeSummary(AssetAmount):
    """One of the largest charges."""

    account: str
    value: Value
    layer: str
    default_account: str
    reason: str


class Checks(Model):
    """Sums that must be nothing, and the journal."""

    loss_minus_borne_units: str
    charges_minus_taken_units: str
    journal_entries: Count
    journal_problems: Count
    journal_head: Hash


class Summary(Model):
    """`summary.json`: what a run came to."""

    event: str = Field(description="id that names the event")
    venue: str = Field(description="whose book it is")
    terms: str = Field(description="venue of the rulebook")
    family: Literal["lending", "exchange"] = Field(description="`lending` or `exchange`")
    base_currency: str = Field(description="what values are counted in")
    version: str = Field(description="version of the code that ran")
    synthetic: bool = Field(description="whether the venue is made up")
    drop: str = Field(description="fall of all prices that was applied, as a fraction")
    stale_prices: tuple[str, ...] = Field(description="whose price is older than the terms allow")
    as_of: int = Field(description="time of the event [unix s]")
    seed: int = Field(description="of ties and random rules")
    accounts: Count = Field(description="user accounts")
    liquidatable: Count = Field(description="that the venue may liquidate, at oracle prices")
    insolvent: Count = Field(description="that owe more than they hold, at oracle prices")
    unpriced: Count = Field(description="of which nothing can be said without a price")
    assessed_exactly: Count = Field(description="too near the edge for floats, decided in integers")
    outcomes: dict[str, Count] = Field(description="accounts by outcome of their liquidation")
    toxic_calls: Count = Field(description="liquidation calls that lowered health")
    bad_debt: BadDebt = Field(description="the four bad debts, on both price bases")
    defaults: Count = Field(description="losses handed to the waterfall")
    loss: tuple[AssetAmount, ...] = Field(description="their sum by asset")
    totals: Totals = Field(description="the loss and who bears it, as values")
    layers: tuple[LayerSummary, ...] = Field(description="of the rulebook, first payer first")
    settlements: tuple[SettlementSummary, ...] = Field(description="what was held before, settled now")
    pending: tuple[PendingSummary, ...] = Field(description="what layers hold for later")
    residual: tuple[ResidualSummary, ...] = Field(description="what no layer bore")
    surplus: tuple[AssetAmount, ...] = Field(description="what liquidation left over")
    top_defaults: tuple[DefaultSummary, ...] = Field(description="the largest by value")
    charged_accounts: Count = Field(description="accounts charged by any layer")
    top_charges: tuple[ChargeSummary, ...] = Field(description="the largest by value")
    example_charge: str = Field(description="the user charged most by one charge; empty for none")
    checks: Checks = Field(description="sums that must be nothing, and the journal")
    break_point: str | None = Field(default=None, description="fall at which the first fund runs dry")
    break_asset: str = Field(default="", description="the asset it runs dry in")
    rise_break_point: str | None = Field(default=None, description="the same of a rise")
    rise_break_asset: str = Field(default="", description="the asset it runs dry in")
    fund_value: Value = Field(default="0.00", description="cash of the funds that cover, before anything")
    verdict: str = Field(description="who bears the loss, in one sentence")
