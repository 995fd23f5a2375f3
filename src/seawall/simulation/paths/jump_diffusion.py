"""Prices that also jump, each alone and all together: Merton's normal jumps and Kou's exponential ones.

    d ln S_a = (mu_a - vol_a^2 / 2 - rate_a k_a - rate_c k_c(beta_a)) dt + vol_a dW_a + dJ_a + beta_a dJ_c

with k = E[exp(jump)] - 1, so E[S_T] = S_0 exp(mu T). J_a are jumps of the asset's own, J_c jumps of the
whole market, which move each asset by its `jump_beta`.

Streams: "moves"; "jumps/..." for own jumps and "common_jumps/..." for those of the market; where their
number is chosen, "chosen_jumps/common" and "chosen_jumps/own/NAME".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from seawall.simulation.paths.brownian import BrownianModel, Diffusion
from seawall.simulation.paths.factors import ends_of
from seawall.simulation.paths.jumps import (
    COUNTED_MAX,
    AnyJumps,
    KouJumps,
    MertonJumps,
    chosen_jump_moves,
    jump_moves,
)
from seawall.simulation.paths.model import Chosen, Factors, Floats, Paths, years

__all__ = ["Kou", "Merton"]


class _Source(NamedTuple):
    name: str
    law: AnyJumps
    column: int | None  # whose jumps they are; None for those of the market
    expected: float


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

    def _add(self, moves: Floats, settings: Sequence[Diffusion], paths: Paths) -> Floats:
        own, common = list(self._own(paths.assets)), list(self._of_market())
        if paths.chosen is not None:
            self._add_chosen(moves, settings, paths, paths.chosen)
            for source in self._sources(paths.assets, paths.horizon_years):
                if source.column is None:
                    common = []
                else:
                    own[source.column] = own[source.column].model_copy(update={"rate_per_year": 0.0})
        if any(law.rate_per_year for law in own):
            _lay_over(moves, jump_moves(own, "jumps", paths), 1.0)
        if common:
            jumps = jump_moves(common, "common_jumps", paths)
            _lay_over(moves, jumps, np.array([each.jump_beta for each in settings]))
        return moves

    def _add_chosen(self, moves: Floats, settings: Sequence[Diffusion], paths: Paths, chosen: Chosen) -> None:
        for number, source in enumerate(self._sources(paths.assets, paths.horizon_years)):
            sizes = chosen.normals[:, len(paths.assets) + number]
            name = f"chosen_jumps/{source.name}"
            jumps = chosen_jump_moves(source.law, chosen.counts[:, number], sizes, name, paths)
            fallen = np.cumsum(jumps, axis=1)
            if source.column is None:
                moves += fallen[:, :, None] * np.array([each.jump_beta for each in settings])
            else:
                moves[:, :, source.column] += fallen

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the Brownian part, and how often and how far each source jumps."""
        sources = self._sources(assets, n_steps * years(n_steps, step_s))
        return Factors(
            (*ends_of(assets), *(f"size/{source.name}" for source in sources)),
            tuple(source.name for source in sources),
            tuple(source.expected for source in sources),
        )

    def _sources(self, assets: Sequence[str], horizon: float) -> list[_Source]:
        # Whose jumps can be counted: those that happen, and not so often that counting them is no help.
        named: list[tuple[str, AnyJumps, int | None]] = [("common", law, None) for law in self._of_market()]
        named += [
            (f"own/{name}", law, column)
            for column, (name, law) in enumerate(zip(assets, self._own(assets), strict=True))
        ]
        return [
            _Source(name, law, column, law.rate_per_year * horizon)
            for name, law, column in named
            if 0 < law.rate_per_year * horizon <= COUNTED_MAX
        ]


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


def _lay_over(moves: Floats, jumps: Floats, beta: Floats | float) -> None:
    # Only paths that jump are touched: few, as a rule.
    rows = np.flatnonzero(jumps.any(axis=(1, 2)))
    moves[rows] += np.cumsum(jumps[rows], axis=1) * beta
