"""Margin of a whole account by a grid of scenarios, as data.

The arithmetic is in `seawall.rules.portfolio_margin`; here are the parameters and what must hold for them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.core.units import PPM

SCENARIOS_MAX = 1024

PriceMove = Annotated[int, Field(gt=-PPM, le=100 * PPM)]
VolMove = Annotated[int, Field(ge=-100 * PPM, le=100 * PPM)]


class GridScenario(Model):
    """One move of all that follows an underlying; `cover_ppm` of what is lost counts."""

    price_ppm: PriceMove = Field(description="move of the price, a part of it")
    vol_ppm: VolMove = Field(default=0, description="move of volatility")
    cover_ppm: int = Field(default=PPM, gt=0, le=PPM)

    def __str__(self) -> str:
        """Return the scenario as people write it."""
        part = "" if self.cover_ppm == PPM else f", {_percent(self.cover_ppm).removeprefix('+')} of the loss"
        return f"price {_percent(self.price_ppm)}, volatility {_percent(self.vol_ppm)}{part}"


def _percent(ppm: int) -> str:
    return f"{ppm / 10**4:+.10g} %"


class PortfolioTerms(Model):
    """Requirement of accounts margined as a portfolio: the worst loss over a grid, with add-ons.

    The grid is every price move with every volatility move, then the extremes. A volatility move is a part
    of the volatility ("relative") or points of it ("absolute"), times (term_days / days left)^power.
    """

    price_moves_ppm: tuple[PriceMove, ...] = Field(
        min_length=1, strict=False, description="parts of the price"
    )
    vol_moves_ppm: tuple[VolMove, ...] = Field(default=(0,), min_length=1, strict=False)
    vol_move: Literal["relative", "absolute"] = "relative"
    term_days: int = Field(
        default=30, ge=1, description="days left at which a volatility move is as it stands"
    )
    term_days_min: int = Field(default=1, ge=1, description="fewer days left count as so many")
    term_power_ppm: int = Field(default=0, ge=0, le=PPM)
    extremes: tuple[GridScenario, ...] = Field(default=(), strict=False)
    netting: Literal["underlying", "settle"] = Field(
        default="underlying", description="what offsets: all on one underlying, or only what settles alike"
    )
    future_ppm: int = Field(default=0, ge=0, le=PPM, description="added, of the notional of each future")
    short_option_ppm: int = Field(
        default=0, ge=0, le=PPM, description="added, of the notional of each option that is net short"
    )
    short_option_floor_ppm: int = Field(
        default=0, ge=0, le=PPM, description="least that options net short need, of their notional"
    )
    maintenance_ppm: int = Field(default=PPM, gt=0, le=10 * PPM, description="of all that, what must be kept")

    @model_validator(mode="after")
    def _each_once(self) -> PortfolioTerms:
        if len(self.scenarios) > SCENARIOS_MAX:
            raise ValueError(
                f"the grid has {len(self.scenarios)} scenarios, expected at most {SCENARIOS_MAX}"
            )
        seen: set[GridScenario] = set()
        twice = [str(item) for item in self.scenarios if item in seen or seen.add(item)]  # type: ignore[func-returns-value]  # set.add is used for its effect
        if twice:
            raise ValueError(f"the grid holds a scenario twice: {twice[0]}: give each move once")
        return self

    @property
    def scenarios(self) -> tuple[GridScenario, ...]:
        """Every scenario, in the order in which the first of equally bad ones is told."""
        return _grid(self.price_moves_ppm, self.vol_moves_ppm, self.extremes)


@lru_cache(maxsize=256)
def _grid(
    prices: tuple[int, ...], vols: tuple[int, ...], extremes: tuple[GridScenario, ...]
) -> tuple[GridScenario, ...]:
    # Kept here and not in the terms: a changed copy of terms would carry the old grid along.
    inside = (GridScenario(price_ppm=price, vol_ppm=vol) for price in prices for vol in vols)
    return (*inside, *extremes)
