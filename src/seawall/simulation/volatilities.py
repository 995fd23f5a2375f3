"""What volatilities of options do in a storm, as settings: they stand still, or follow prices."""

from __future__ import annotations

from pydantic import Field

from seawall.core.curves import Model

__all__ = ["STANDING", "Volatilities"]


class Volatilities(Model):
    """What the volatility of an option does as its forward moves: v = v_0 (F / F_0)^-per_fall."""

    per_fall: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="percent it rises by as the forward falls by one",
    )
    most: float = Field(
        default=4.0,
        gt=1,
        le=100,
        description="most it becomes, in multiples of the start's, and the inverse of the least",
    )


STANDING = Volatilities()
"""They stand still."""
