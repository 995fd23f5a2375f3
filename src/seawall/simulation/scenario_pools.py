"""Pools in a scenario file: what their money costs, whether they can pay, who runs for the exit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from seawall.core.curves import Model, fixed_if_unnamed

__all__ = ["Exit", "FallTrigger", "KinkRate", "PoolRate", "PoolSettings", "Rate", "UtilisationTrigger"]


class Rate(Model):
    """What debt in an asset costs and what supplying it earns, compounded at each step."""

    kind: Literal["fixed"] = "fixed"
    borrow_per_year: float = Field(default=0.0, ge=0, le=100, description="growth of debt [1/year]")
    supply_per_year: float = Field(default=0.0, ge=0, le=100, description="growth of supply [1/year]")


class KinkRate(Model):
    """Rates that follow the use of the pool: one slope up to the kink, a second beyond.

    With u lent out of all there is, debt costs base + slope1 u / optimal, and beyond the kink base +
    slope1 + slope2 (u - optimal) / (1 - optimal); supply earns u (1 - reserve_factor) of that.
    """

    kind: Literal["kink"] = "kink"
    base_per_year: float = Field(default=0.0, ge=0, le=100, description="cost of debt of an unused pool")
    slope1_per_year: float = Field(ge=0, le=100, description="what is added up to the kink [1/year]")
    slope2_per_year: float = Field(ge=0, le=100, description="what is added from there to full use [1/year]")
    optimal: float = Field(gt=0, lt=1, description="use of the pool at the kink [1]")
    reserve_factor: float = Field(default=0.0, ge=0, le=1, description="part of interest that suppliers miss")


PoolRate = Annotated[
    Annotated[Rate, Tag("fixed")] | Annotated[KinkRate, Tag("kink")], Discriminator(fixed_if_unnamed)
]
"""Interest of an asset; fixed where no kind is named."""


class PoolSettings(Model):
    """Whether lending pools can run out of cash."""

    limited: bool = Field(
        default=False,
        description="whether a pool pays out only the cash it has: seized collateral that it cannot pay "
        "is not called for; always so where suppliers exit",
    )


class UtilisationTrigger(Model):
    """The use of the pool."""

    kind: Literal["utilisation"] = "utilisation"
    above: float = Field(ge=0, le=1, description="part lent out at which suppliers begin to leave [1]")


class FallTrigger(Model):
    """A fall of a market, as the venue sees it."""

    kind: Literal["fall"] = "fall"
    market: str = Field(min_length=1, description="market that is watched")
    by: float = Field(gt=0, lt=1, description="fall since the start at which suppliers begin to leave [1]")


class Exit(Model):
    """Suppliers who owe nothing leave a pool: what it cannot pay waits.

    Once begun, a run for the exit goes on. What is asked for grows evenly until `share` of what these
    suppliers had; cash goes to whoever asked first, or to all who wait in proportion.
    """

    asset: str = Field(min_length=1, description="asset of the pool")
    from_s: int = Field(default=0, ge=0, description="when it may begin [s]")
    share_per_hour: float = Field(
        gt=0, allow_inf_nan=False, description="part of their claims at the start asked for in an hour"
    )
    share: float = Field(default=1.0, gt=0, le=1, description="part of their claims asked for in all")
    trigger: Annotated[UtilisationTrigger | FallTrigger, Field(discriminator="kind")] | None = Field(
        default=None, description="what it takes to begin; nothing if left out"
    )
    order: Literal["first_come", "pro_rata"] = Field(
        default="first_come", description="whom cash goes to first"
    )
