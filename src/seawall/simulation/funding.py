"""Funding between longs and shorts, as settings: a rate, or what the market trades above its index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag

from seawall.core.curves import Model, fixed_if_unnamed
from seawall.simulation.kernels.columns import LONG, SHORT
from seawall.simulation.kernels.funding import FUNDING
from seawall.simulation.storm_book import StormBook

__all__ = ["FixedFunding", "FundingRate", "PremiumFunding", "funding_of"]


class FixedFunding(Model):
    """Longs pay shorts at one rate, or shorts pay longs where it is below zero."""

    kind: Literal["fixed"] = "fixed"
    rate_per_year: float = Field(ge=-1000, le=1000, description="of the value of a position [1/year]")


class PremiumFunding(Model):
    """Longs pay shorts what the market trades above its index, shorts pay longs what it trades below.

    The index is the fundamental price. In each interval base + premium is paid, at most `most` either
    way, little by little.
    """

    kind: Literal["premium"] = "premium"
    interval_s: int = Field(default=28_800, ge=1, description="time over which a premium is paid [s]")
    base: float = Field(default=0.0, ge=-1, le=1, description="paid without a premium, in an interval [1]")
    most: float = Field(default=0.0075, gt=0, le=1, description="most paid in an interval, either way [1]")


FundingRate = Annotated[
    Annotated[FixedFunding, Tag("fixed")] | Annotated[PremiumFunding, Tag("premium")],
    Discriminator(fixed_if_unnamed),
]
"""Funding of an instrument; fixed where no kind is named."""


def funding_of(storm: StormBook, rates: Mapping[str, FundingRate]) -> np.recarray[Any, Any]:
    """Return what each code pays, shape (n_codes,) of `FUNDING`.

    A contract settled in coins is counted by minus its quantity: who is long holds what the storm calls a
    short.
    """
    found = np.zeros(len(storm.codes.item), dtype=FUNDING).view(np.recarray)
    for code, name in enumerate(storm.name):
        rate, item = rates.get(name), storm.codes.item[code]
        if rate is None or item.kind not in (LONG, SHORT):
            continue
        found["pays"][code] = 1.0 if (item.kind == LONG) == (item.power > 0) else -1.0
        if isinstance(rate, PremiumFunding):
            found["follows"][code] = True
            found["rate"][code], found["most"][code] = rate.base, rate.most
            found["interval_s"][code] = rate.interval_s
        else:
            found["rate"][code] = rate.rate_per_year
    return found
