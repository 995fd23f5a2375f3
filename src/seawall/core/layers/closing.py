"""Layers that take lots over or close them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seawall.core.layers.base import Bearers, LayerBase
from seawall.core.units import BPS

Execution = Literal["takeover", "mark", "previous", "oracle", "threshold"]
Score = Literal["bitmex", "binance", "okx", "hyperliquid", "pnl", "size", "leverage"]


CLOSING_KINDS = ("adl", "tear_up")
"""Kinds of layers that close positions of accounts that did not fail."""


class AdlTerms(LayerBase):
    """Auto-deleveraging of solvent winners on the other side."""

    borne_by: ClassVar[Bearers] = "counterparties"
    kind: Literal["adl"] = "adl"
    selection: Literal["queue", "pro_rata"] = Field(
        default="queue",
        description="one after the other, or all by open profit (by size where that is the score)",
    )
    score: Score = Field(default="bitmex", description="what the queue is ordered by, highest first")
    execution: Execution = Field(default="takeover", description="price at which lots are closed")
    threshold_price_bps: int = Field(default=BPS, gt=0, description="of the mark, for execution = threshold")
    exclude_same_owner: bool = Field(
        default=False, description="whether ADL spares the failing owner's accounts"
    )


class TearUpTerms(LayerBase):
    """Contracts cancelled against the other side, winners and losers: all in proportion, or by lot."""

    borne_by: ClassVar[Bearers] = "counterparties"
    kind: Literal["tear_up"] = "tear_up"
    selection: Literal["pro_rata", "random"] = Field(
        default="pro_rata", description="by size, or one account after the other, drawn by event and seed"
    )
    execution: Execution = Field(default="mark", description="price at which lots change hands")
    threshold_price_bps: int = Field(default=BPS, gt=0, description="of the mark, for execution = threshold")


class BackstopProviderTerms(LayerBase):
    """An account that takes lots over at a stated price, as far as its equity carries them."""

    borne_by: ClassVar[Bearers] = "contributors"
    kind: Literal["backstop_provider"] = "backstop_provider"
    account: str = Field(min_length=1, description="account that takes the lots")
    execution: Execution = Field(default="mark", description="price at which lots change hands")
    threshold_price_bps: int = Field(default=BPS, gt=0, description="of the mark, for execution = threshold")
    discount_bps: int = Field(default=0, ge=0, lt=BPS, description="the provider's gain off that price")
    notional_max: str | None = Field(default=None, description="most it takes in one event, at the mark")
