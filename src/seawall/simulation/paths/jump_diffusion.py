"""Prices that also jump, each alone and all together: Merton's normal jumps and Kou's exponential ones.

    d ln S_a = (mu_a - vol_a^2 / 2 - rate_a k_a - rate_c k_c(beta_a)) dt + vol_a dW_a + dJ_a + beta_a dJ_c

with k = E[exp(jump)] - 1, so E[S_T] = S_0 exp(mu T). J_a are jumps of the asset's own, J_c jumps of the
whole market, which move each asset by its `jump_beta`.

Streams: "moves"; "jumps/..." for own jumps and "common_jumps/..." for those of the market.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from seawall.simulation.paths.brownian import BrownianModel, Diffusion
from seawall.simulation.paths.jumps import AnyJumps, KouJumps, MertonJumps, jump_moves
from seawall.simulation.paths.model import Floats

__all__ = ["Kou", "Merton"]


class JumpModel(BrownianModel):
    """Brownian motion with own and common jumps of one family."""

    @abstractmethod
    def _own(self, assets: Sequence[str]) -> Sequence[AnyJumps]:
        # The law of each asset's own jumps.
        ...

    @abstractmethod
    def _of_market(self) -> Sequence[AnyJumps]:
        # The law of common jumps, or nothing.
        ...

    def _drift(self, assets: Sequence[str], settings: Sequence[Diffusion]) -> Floats:
        drift = super()._drift(assets, settings)
        drift -= np.array([law.rate_per_year * law.growth(1.0) for law in self._own(assets)])
        for law in self._of_market():
            drift -= law.rate_per_year * np.array([law.growth(each.jump_beta) for each in settings])
        return drift

    def _add(
        self,
        moves: Floats,
        assets: Sequence[str],
        settings: Sequence[Diffusion],
        *,
        seed: int,
        first: int,
        step_years: float,
    ) -> Floats:
        count, n_steps, _ = moves.shape
        own, common = self._own(assets), self._of_market()
        if any(law.rate_per_year for law in own):
            jumps = jump_moves(
                own, seed=seed, name="jumps", first=first, count=count, n_steps=n_steps, step_years=step_years
            )
            moves += np.cumsum(jumps, axis=1)
        if common:
            jumps = jump_moves(
                common,
                seed=seed,
                name="common_jumps",
                first=first,
                count=count,
                n_steps=n_steps,
                step_years=step_years,
            )
            moves += np.cumsum(jumps, axis=1) * np.array([each.jump_beta for each in settings])
        return moves


class Merton(JumpModel):
    """Brownian motion with jumps of normal log size."""

    kind: Literal["merton"] = "merton"
    jumps: Mapping[str, MertonJumps] = Field(
        default_factory=dict, description="asset -> its own jumps; none where it is not named"
    )
    common: MertonJumps | None = Field(
        default=None, description="jumps of the whole market, felt by `jump_beta`"
    )

    def _own(self, assets: Sequence[str]) -> Sequence[MertonJumps]:
        never = MertonJumps(rate_per_year=0.0, mean=0.0, sd=0.0)
        return [self.jumps.get(name, never) for name in assets]

    def _of_market(self) -> Sequence[MertonJumps]:
        return [self.common] if self.common else []


class Kou(JumpModel):
    """Brownian motion with jumps of double exponential log size."""

    kind: Literal["kou"] = "kou"
    jumps: Mapping[str, KouJumps] = Field(
        default_factory=dict, description="asset -> its own jumps; none where it is not named"
    )
    common: KouJumps | None = Field(
        default=None, description="jumps of the whole market, felt by `jump_beta`"
    )

    def _own(self, assets: Sequence[str]) -> Sequence[KouJumps]:
        never = KouJumps(rate_per_year=0.0, up_share=0.0, up_mean=0.5, down_mean=0.5)
        return [self.jumps.get(name, never) for name in assets]

    def _of_market(self) -> Sequence[KouJumps]:
        return [self.common] if self.common else []
