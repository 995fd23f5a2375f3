"""Layers that charge holders: all at once, by their gains, or against a claim on what comes back."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seawall.core.layers.base import Bearers, LayerBase
from seawall.core.units import BPS

CHARGING_KINDS = ("mutualise", "gains_haircut", "recovery_claims")
"""Kinds of layers that charge accounts by what they hold."""


class MutualiseTerms(LayerBase):
    """A loss spread over current holders."""

    kind: Literal["mutualise"] = "mutualise"
    over: Literal["supply_index", "cash", "per_unit"] = Field(
        default="supply_index", description="what it is spread over"
    )
    members: tuple[str, ...] = Field(
        default=(), strict=False, description="who contributes; all users when empty"
    )


class GainsHaircutTerms(LayerBase):
    """Variation gains cut in proportion: gains since the previous mark, or since entry."""

    borne_by: ClassVar[Bearers] = "counterparties"
    kind: Literal["gains_haircut"] = "gains_haircut"
    since: Literal["previous", "entry"] = Field(
        default="previous", description="gains since the previous mark, or since entry"
    )


class ClawbackTerms(LayerBase):
    """Realised gains of the last `window_s` taken back, nobody beyond the gain attributed to it."""

    kind: Literal["clawback"] = "clawback"
    window_s: int = Field(gt=0, description="how far back gains are taken")


class WithdrawalTaxTerms(LayerBase):
    """A part of every withdrawal kept until the loss is paid, or `window_s` is over."""

    kind: Literal["withdrawal_tax"] = "withdrawal_tax"
    rate_bps: int = Field(gt=0, le=BPS, description="part of a withdrawal that is kept")
    window_s: int = Field(gt=0, description="how long the tax is taken")


class RecoveryClaimsTerms(LayerBase):
    """Holders pay in proportion to their cash and receive a claim for each unit they paid.

    Open claims are repaid first out of what comes back; at maturity they convert into equity that
    `issuer` gives, or lapse.
    """

    kind: Literal["recovery_claims"] = "recovery_claims"
    claim_asset: str = Field(min_length=1, description="asset of the claims; same decimals as the loss")
    priority: int = Field(default=0, ge=0, description="claims of a lower number are repaid first")
    maturity_s: int | None = Field(default=None, gt=0, description="after which open claims convert or lapse")
    converts_into: str = Field(default="", description="equity asset given for claims on conversion")
    conversion_bps: int = Field(default=BPS, gt=0, description="equity units for one claim unit")
    issuer: str = Field(default="external:issuer", min_length=1, description="who mints the equity")


class RedistributionTerms(LayerBase):
    """Debt spread over the remaining borrowers in proportion to their collateral or their debt."""

    kind: Literal["redistribution"] = "redistribution"
    by: Literal["collateral", "debt"] = Field(default="collateral", description="weight of each borrower")
