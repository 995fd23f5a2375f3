"""Layers that pay cash out of an account, alone or with the accounts that contribute to it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seawall.core.layers.base import Bearers, LayerBase
from seawall.core.units import BPS

Basis = Literal["oracle", "market"]


class OwnCollateralTerms(LayerBase):
    """The failing account's own cash."""

    borne_by: ClassVar[Bearers] = "defaulter"
    kind: Literal["own_collateral"] = "own_collateral"
    floor: str = Field(default="0", description="cash that always stays [loss asset]")


class FundTerms(LayerBase):
    """An account that pays down to its floor; in `reserve_asset` it pays by way of a conversion."""

    borne_by: ClassVar[Bearers] = "funds"
    kind: Literal["penalty_reserve", "fee_pool", "insurance_fund", "first_loss"]
    account: str = Field(min_length=1, description="account of the book that pays")
    floor: str = Field(default="0", description="what always stays, in what the fund holds")
    surplus: bool = Field(default=False, description="whether close-out surplus flows into this fund")
    self_dealing: Literal["allow", "block"] = Field(
        default="allow", description="block: a fund does not pay what the failing owner's other accounts gain"
    )
    reserve_asset: str = Field(default="", description="what the fund holds, where not the loss's asset")
    conversion: Basis = Field(default="oracle", description="price basis at which the reserve is converted")
    haircut_bps: int = Field(default=0, ge=0, lt=BPS, description="taken off the price of the reserve")


class StakedBackstopTerms(LayerBase):
    """Stake that is slashed: contributors are the accounts whose parent is `account`.

    The first `offset` of a deficit is borne before the stake and is left to the next layer; what was
    slashed covers the deficit `latency_s` later.
    """

    borne_by: ClassVar[Bearers] = "contributors"
    kind: Literal["staked_backstop"] = "staked_backstop"
    account: str = Field(min_length=1, description="account of the stake, parent of the stakers")
    stake_asset: str = Field(default="", description="what is staked, where not the loss's asset")
    offset: str = Field(default="0", description="deficit outstanding that is not slashed for [loss asset]")
    slash_fee_bps: int = Field(default=0, ge=0, le=BPS, description="slashed beyond the deficit")
    fee_account: str = Field(default="fund:slash_fees", min_length=1, description="gets the slash fee")
    floor: str = Field(default="0", description="stake that always stays [stake asset]")
    latency_s: int = Field(default=0, ge=0, description="from the slash to the cover")
    cooldown_s: int = Field(default=0, ge=0, description="notice before stake may leave; it is slashed until")
    conversion: Basis = Field(default="oracle", description="price basis at which stake is sold")
    haircut_bps: int = Field(default=0, ge=0, lt=BPS, description="taken off the price of the stake")


class StabilityPoolTerms(LayerBase):
    """Deposits that offset debt, each in proportion; depositors' parent is `account`."""

    borne_by: ClassVar[Bearers] = "contributors"
    kind: Literal["stability_pool"] = "stability_pool"
    account: str = Field(min_length=1, description="account of the pool, parent of the depositors")
    floor: str = Field(default="0", description="deposits that always stay")


class MutualFundTerms(LayerBase):
    """Contributions of members, whose parent is `account`; they pay in proportion."""

    borne_by: ClassVar[Bearers] = "contributors"
    kind: Literal["mutual_fund", "tranche"]
    account: str = Field(min_length=1, description="account of the fund, parent of its members")
    floor: str = Field(default="0", description="contributions that always stay [loss asset]")


class AssessmentTerms(LayerBase):
    """A call on the members of a mutual fund, up to a multiple of what each had contributed."""

    borne_by: ClassVar[Bearers] = "contributors"
    kind: Literal["assessment"] = "assessment"
    account: str = Field(min_length=1, description="the fund whose members are called")
    multiple_bps: int = Field(default=BPS, gt=0, description="of the contribution, per event")
