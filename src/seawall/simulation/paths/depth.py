"""How much of the usual depth there is, step by step: stresses set beforehand, and makers who leave.

A multiplier of 0.4 leaves 40 % of the quantity at every price. Stresses multiply. Makers leave at once
when the price falls below its highest so far, and come back by half-lives; they look at the
fundamental price, before any impact of liquidations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from pydantic import Field

from seawall.core.curves import Model
from seawall.errors import MissingData, Problem
from seawall.simulation.paths.model import Floats
from seawall.simulation.paths.shocks import Course

__all__ = ["DepthPath", "DepthStress", "Withdrawal"]


class DepthStress(Course):
    """A change of depth: `multiplier` of the usual, for the named assets or for all."""

    multiplier: float = Field(gt=0, le=100, description="of the usual depth, when it is there in full [1]")
    assets: tuple[str, ...] = Field(default=(), strict=False, description="which ones; all if empty")


class Withdrawal(Model):
    """Makers who leave as the price falls.

    drawdown = ln(highest price so far / price): at a sensitivity of 5, a price 20 % below its highest
    leaves a third of the depth.
    """

    sensitivity: float = Field(ge=0, le=100, description="depth is exp(-sensitivity * drawdown) [1]")
    floor: float = Field(default=0.01, gt=0, le=1, description="depth that never leaves [1]")
    half_life_s: float = Field(gt=0, description="time in which half of what left comes back, in logs [s]")


class DepthPath(Model):
    """Depth over time: stresses, and asset -> its makers."""

    stresses: tuple[DepthStress, ...] = Field(
        default=(), strict=False, description="changes of depth that are known beforehand"
    )
    withdrawals: Mapping[str, Withdrawal] = Field(
        default_factory=dict, description="makers who leave as the price falls, by asset"
    )

    def multipliers(self, assets: Sequence[str], moves: Floats, *, step_s: float) -> Floats:
        """Return the multiplier of depth in each step.

        Args:
            assets: Names, in the order of the last axis.
            moves: Cumulative log moves, shape (count, n_steps, n_assets) [1].
            step_s: Length of a step [s].

        Returns:
            Multipliers, > 0, shape (count, n_steps, n_assets) [1].

        Raises:
            MissingData: A stress or a withdrawal names an asset that is not there.
            InputError: A stress cannot be seen in these steps.
        """
        self._check(assets)
        logs = np.zeros(moves.shape)
        for stress in self.stresses:
            course = log(stress.multiplier) * stress.course(moves.shape[1], step_s)
            logs += course[:, None] * np.array(
                [not stress.assets or name in stress.assets for name in assets]
            )
        for column, name in enumerate(assets):
            if name in self.withdrawals:
                logs[:, :, column] += _left(self.withdrawals[name], moves[:, :, column], step_s)
        return np.exp(logs)

    def _check(self, assets: Sequence[str]) -> None:
        named = [
            (f"stresses.{number}", name) for number, each in enumerate(self.stresses) for name in each.assets
        ]
        named += [("withdrawals", name) for name in self.withdrawals]
        unknown = [
            Problem("unknown_asset", f"names {name!r}, there are {', '.join(assets)}: take it out", where)
            for where, name in named
            if name not in assets
        ]
        if unknown:
            raise MissingData.of(unknown)


def _left(makers: Withdrawal, moves: Floats, step_s: float) -> Floats:
    # Log of the part of depth that is left; leaving is at once, coming back takes time.
    highest = np.maximum(np.maximum.accumulate(moves, axis=1), 0.0)
    wanted = np.maximum(-makers.sensitivity * (highest - moves), log(makers.floor))
    kept = 2.0 ** (-step_s / makers.half_life_s)
    left = np.empty(moves.shape)
    now = np.zeros(len(moves))
    for step in range(moves.shape[1]):
        now = np.minimum(wanted[:, step], now * kept)
        left[:, step] = now
    return left
