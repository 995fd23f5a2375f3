"""Layers that hold a loss for a time: an auction, a halt; and the end of the waterfall."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seawall.core.layers.base import Bearers, LayerBase
from seawall.core.units import BPS


class DebtAuctionTerms(LayerBase):
    """`lot_asset` sold for the loss's asset, over time; `issuer` gives it and so bears the loss.

    dutch: the price falls from `start_price` by `step_bps` every `step_s`; english: the highest bid
    by `beg_bps` steps wins; flop: the bid is fixed (`bid_size`), the lot offered falls with each bid
    by at least `beg_bps` and grows by `pad_bps` when restarted. An auction that ended without a bid is
    started again `restarts_max` times; then the loss goes on to the next layer.
    """

    borne_by: ClassVar[Bearers] = "outsiders"
    kind: Literal["debt_auction"] = "debt_auction"
    style: Literal["dutch", "english", "flop"] = Field(default="flop", description="see above")
    lot_asset: str = Field(min_length=1, description="what is sold")
    issuer: str = Field(default="external:issuer", min_length=1, description="who mints or gives the lot")
    start_price: str = Field(default="0", description="loss asset for one whole of the lot asset")
    step_bps: int = Field(default=100, gt=0, lt=BPS, description="dutch: fall of the price at each step")
    step_s: int = Field(default=60, gt=0, description="dutch: time between steps")
    bid_size: str = Field(default="0", description="flop: loss asset raised by one auction (sump); 0: all")
    lot_size: str = Field(default="0", description="lot offered at the start (flop: dump); 0: none")
    beg_bps: int = Field(default=500, ge=0, lt=BPS, description="least by which a bid must better the last")
    pad_bps: int = Field(default=5000, ge=0, description="flop: growth of the lot at a restart")
    bid_ttl_s: int = Field(default=10_800, gt=0, description="a bid wins when it stands this long")
    duration_s: int = Field(default=172_800, gt=0, description="after which it ends, with a bid or without")
    restarts_max: int = Field(default=0, ge=0, le=100, description="times it is started again without a bid")


class HaltTerms(LayerBase):
    """Trading stops and the loss is held; after `resume_after_s` it goes on to the next layer."""

    borne_by: ClassVar[Bearers] = "nobody"
    kind: Literal["halt"] = "halt"
    resume_after_s: int = Field(gt=0, description="how long the loss is held")


class ResidualTerms(LayerBase):
    """What is left, to a named bearer."""

    kind: Literal["residual"] = "residual"
    bearer: str = Field(min_length=1, description="who is named for what is left")
