"""Who liquidates, as settings: what they ask for, how much they can do, and when they are away."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.core.units import BPS
from seawall.errors import InputError
from seawall.simulation.streams import uniforms

__all__ = ["Liquidators"]

YEAR_S = 8760 * 3600
SLOTS_MAX = 2**62


class Liquidators(Model):
    """All liquidators of a venue together.

    They make a call iff (1 + bonus * (1 - fee share)) * average price sold at / oracle price covers the
    repayment, gas, the least profit and a premium for the time until their sale is done,
    `latency_sigmas` standard deviations of the price over `latency_s`.
    """

    asks: bool = Field(default=True, description="whether a call must pay; else every allowed one is made")
    gas: float = Field(default=0.0, ge=0, description="cost of a call, base currency")
    profit_min_bps: float = Field(default=0.0, ge=0, description="least profit, of the value repaid")
    latency_s: float = Field(default=0.0, ge=0, description="from the call to the sale [s]")
    latency_sigmas: float = Field(default=1.0, ge=0, description="premium in standard deviations")
    volatility: float = Field(default=0.0, ge=0, description="of what they sell, per square root of a year")
    inventory: float | None = Field(
        default=None, gt=0, description="most value repaid in a step by all, base currency"
    )
    slots_max: int | None = Field(default=None, ge=0, description="most calls in a step")
    takes_claims: bool = Field(
        default=False, description="whether they take collateral that its pool cannot pay, and hold it"
    )
    absent_share: float = Field(default=0.0, ge=0, le=1, description="part of the time they are away")
    absent_mean_s: float | None = Field(
        default=None, gt=0, description="mean length of an absence; left out: drawn anew each step"
    )

    @model_validator(mode="after")
    def _latency_has_a_price(self) -> Liquidators:
        if self.latency_s > 0 and self.latency_sigmas > 0 and self.volatility == 0:
            raise ValueError("latency_s without volatility asks for nothing: give volatility too")
        return self

    @property
    def profit_min(self) -> float:
        """Least profit per value repaid [1]."""
        return self.profit_min_bps / BPS

    @property
    def latency_premium(self) -> float:
        """Premium for the time to execution, per value repaid [1]."""
        return self.latency_sigmas * self.volatility * math.sqrt(self.latency_s / YEAR_S)

    @property
    def repay_max(self) -> float:
        """Most value repaid in a step by all together [base currency]; inf where nothing limits it."""
        return math.inf if self.inventory is None else self.inventory

    @property
    def slots(self) -> int:
        """Most calls in a step."""
        return SLOTS_MAX if self.slots_max is None else self.slots_max

    def absences(
        self, *, seed: int, first: int, count: int, n_steps: int, step_s: float
    ) -> NDArray[np.bool_]:
        """Draw when liquidators are away, from the stream "liquidators".

        A chain of two states, at rest from the start: away `absent_share` of the time, each time for
        `absent_mean_s` on average. With the same seed a larger share is away whenever a smaller one is,
        as long as an absence lasts no shorter than if each step were drawn anew.

        Args:
            seed: Of the run.
            first, count: Number of the first path, and how many.
            n_steps, step_s: Steps of a path, and their length [s].

        Returns:
            Shape (count, n_steps).

        Raises:
            InputError: Absences as short as `absent_mean_s` cannot fill `absent_share` of the steps.
        """
        share = self.absent_share
        stays, begins = share, share
        if self.absent_mean_s is not None and 0 < share < 1:
            stays = 1 - step_s / self.absent_mean_s
            begins = share * (1 - stays) / (1 - share)
            if stays < 0 or begins > 1:
                shortest = step_s * max(1.0, share / (1 - share))
                message = (
                    f"absent_mean_s is {self.absent_mean_s}, expected at least {shortest:g} s for steps of "
                    f"{step_s:g} s and a share of {share}: lengthen it, or leave it out"
                )
                raise InputError(message, code="out_of_range")
        drawn = uniforms(seed, "liquidators", first=first, count=count, shape=(n_steps,))
        away = np.zeros((count, n_steps), dtype=np.bool_)
        is_away = np.zeros(count, dtype=np.bool_)
        for step in range(n_steps):
            chance = share if step == 0 else np.where(is_away, stays, begins)
            away[:, step] = is_away = drawn[:, step] < chance
        return away
