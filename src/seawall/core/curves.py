"""Margin curves as data: how the requirement grows with size.

A closed set, so that kernels can compile each: flat, brackets, sqrt. The arithmetic is
in `seawall.rules.margin`; here are the parameters and what must hold for them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seawall.core.units import PPM


class Model(BaseModel):
    """Base of all terms: immutable, strict, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def fixed_if_unnamed(value: Any) -> str:
    """Return the kind of one of several models, as data or built: "fixed" where none is named."""
    if isinstance(value, dict):
        return str(value.get("kind", "fixed"))
    return str(getattr(value, "kind", "fixed"))


class FlatCurve(Model):
    """requirement = rate * notional."""

    kind: Literal["flat"] = "flat"
    rate_ppm: int = Field(ge=0, le=PPM)


class Tier(Model):
    """One bracket: from `floor` upward (until the next) the marginal rate is `rate_ppm`."""

    floor: int = Field(ge=0, description="whole units of the settle asset")
    rate_ppm: int = Field(gt=0, le=PPM)
    cap: int | None = Field(default=None, ge=0, description="must equal the next floor when given")


class BracketCurve(Model):
    """requirement = rate_n * notional - cum_n, continuous at each floor."""

    kind: Literal["brackets"] = "brackets"
    tiers: tuple[Tier, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _contiguous(self) -> BracketCurve:
        complaints = []
        if self.tiers[0].floor != 0:
            complaints.append(f"tier 1 starts at {self.tiers[0].floor}, not at 0: add a tier from 0")
        for number, (lower, upper) in enumerate(zip(self.tiers, self.tiers[1:], strict=False), start=1):
            if upper.floor <= lower.floor:
                complaints.append(
                    f"tier {number + 1} starts at {upper.floor}, not above tier {number} ({lower.floor}): "
                    "sort tiers by size"
                )
            if lower.cap is not None and lower.cap != upper.floor:
                kind = "a gap" if lower.cap < upper.floor else "an overlap"
                complaints.append(
                    f"{kind} between tier {number} (ends at {lower.cap}) and tier {number + 1} "
                    f"(starts at {upper.floor}): make them equal"
                )
            if upper.rate_ppm < lower.rate_ppm:
                complaints.append(
                    f"rate of tier {number + 1} ({upper.rate_ppm} ppm) is below tier {number} "
                    f"({lower.rate_ppm} ppm): larger positions must not need less"
                )
        if complaints:
            raise ValueError("; ".join(complaints))
        return self

    @cached_property
    def _hash(self) -> int:
        return hash(self.tiers)

    def __hash__(self) -> int:
        """Return a hash computed once: the curve is looked up for every position assessed."""
        return self._hash


class SqrtCurve(Model):
    """rate = max(rate_ppm, factor_ppm * sqrt(size in contracts)), capped at 1."""

    kind: Literal["sqrt"] = "sqrt"
    rate_ppm: int = Field(ge=0, le=PPM)
    factor_ppm: int = Field(ge=0)


MarginCurve = Annotated[FlatCurve | BracketCurve | SqrtCurve, Field(discriminator="kind")]
