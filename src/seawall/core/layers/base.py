"""What every layer of a waterfall has, whatever its kind."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seawall.core.curves import Model
from seawall.core.units import BPS

CAP_DECIMALS = 18
Bearers = Literal["defaulter", "funds", "contributors", "counterparties", "holders", "outsiders", "nobody"]


class LayerBase(Model):
    """One layer of the waterfall; a kind adds its own fields.

    Amounts are decimal strings in whole units of the loss's asset. `rank` orders the
    layers (file order when absent); layers of equal rank share in proportion to their
    capacity. `assets` and `pools` say which losses the layer may cover (all when empty).
    `borne_by` says who pays in the end; a kind that charges accounts not named here charges users.
    """

    borne_by: ClassVar[Bearers] = "holders"

    name: str = Field(min_length=1, description="its own name in the rulebook")
    kind: str = Field(description="what it is: one of the kinds here")
    rank: int | None = Field(default=None, ge=0, description="turn; equal ranks share by capacity")
    after: tuple[str, ...] = Field(default=(), strict=False, description="layers it must stand below")
    assets: tuple[str, ...] = Field(
        default=(), strict=False, description="losses it may cover; all when empty"
    )
    pools: tuple[str, ...] = Field(default=(), strict=False, description="pools it may cover; all when empty")
    cap_per_event: str | None = Field(default=None, description="most it takes in one event [loss asset]")
    share_bps: int = Field(default=BPS, gt=0, le=BPS, description="part of each loss the layer may take")

    @property
    def draws_on(self) -> str:
        """Account it draws on, "" where it draws on none of its own."""
        return str(getattr(self, "account", ""))

    @property
    def holds(self) -> str:
        """Asset in which it keeps its money, "" where that is the asset of the loss."""
        return str(getattr(self, "reserve_asset", "") or getattr(self, "stake_asset", ""))

    @property
    def keeps(self) -> str:
        """Floor of the account it draws on, in whole units."""
        return str(getattr(self, "floor", "0"))

    @property
    def names_bearer(self) -> str:
        """Bearer of what is left, "" for all kinds but residual."""
        return str(getattr(self, "bearer", ""))
