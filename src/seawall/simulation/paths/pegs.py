"""Assets that follow another: price = price of the other x protocol rate x market ratio.

A wrapped, staked or stable asset is driven by its ratio, not by a volatility of its own. The rate grows
and may be slashed for good; the market ratio strays, breaks and comes back by half-lives:

    ln rate(t)  = rate_per_year t + sum of ln(1 - share) over slashes
    ln ratio(t) = y(t),   y(t + dt) = y(t) 2^(-dt / half_life) + noise + breaks

Streams, by asset: "ratio_moves/NAME", "ratio_breaks/NAME/...", "slashes/NAME"; where the number of breaks
is chosen, "chosen_breaks/NAME".
The ratio is no martingale: it is drawn back, and breaks pull its mean below 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, log1p, sqrt
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.errors import InputError
from seawall.simulation.paths.factors import check_chosen
from seawall.simulation.paths.jumps import (
    COUNTED_MAX,
    MertonJumps,
    chosen_jump_moves,
    jump_counts,
    jump_moves,
)
from seawall.simulation.paths.model import YEAR_S, Chosen, Factors, Floats, PathModel, Paths, years
from seawall.simulation.paths.plain import PlainModel

__all__ = ["Peg", "Pegged", "Slashes"]

Ints = NDArray[np.int64]


class Slashes(Model):
    """Losses of the protocol rate that do not come back: how often [1/year], how much each [1]."""

    rate_per_year: float = Field(ge=0, le=100_000, description="how many to expect in a year [1/year]")
    share: float = Field(gt=0, lt=1, description="part of the rate that each takes [1]")


class Peg(Model):
    """How one asset follows another."""

    of: str | None = Field(
        default=None, description="the asset followed; left out, the currency that prices are told in"
    )
    rate_per_year: float = Field(
        default=0.0, ge=-5, le=5, description="growth of the protocol rate, continuously [1/year]"
    )
    vol: float = Field(
        default=0.0,
        ge=0,
        le=20,
        description="annual volatility of the log ratio if nothing drew it back [1/sqrt(year)]",
    )
    half_life_s: float = Field(
        gt=0, description="time in which a deviation halves, by arbitrage or redemption [s]"
    )
    start_discount: float = Field(
        default=0.0, ge=-1, lt=1, description="part missing at t = 0: 0.02 starts at a ratio of 0.98 [1]"
    )
    breaks: MertonJumps | None = Field(
        default=None, description="jumps of the ratio, by log size; they come back like any deviation"
    )
    slashes: Slashes | None = Field(default=None, description="losses of the rate, which do not")

    def moves(self, name: str, paths: Paths, chosen: tuple[Ints, Floats] | None = None) -> Floats:
        """Draw the log move of rate x ratio, shape (count, n_steps).

        `chosen` says how many breaks there are and how far they go, shape (count,) each; drawn where None.
        """
        count, n_steps, step_years = paths.count, paths.n_steps, paths.step_years
        kept = 2.0 ** (-paths.step_s / self.half_life_s)
        # Exact for the steps: the noise that is left of one step at its end.
        spread = self.vol * sqrt((1 - kept**2) / (2 * log(2) * YEAR_S / self.half_life_s))
        noise = spread * paths.normals(f"ratio_moves/{name}", n_steps)
        if self.breaks is not None and chosen is not None:
            number, sizes = chosen
            noise += chosen_jump_moves(self.breaks, number, sizes, f"chosen_breaks/{name}", paths)
        elif self.breaks is not None:
            noise += jump_moves([self.breaks], f"ratio_breaks/{name}", paths)[:, :, 0]
        start = log1p(-self.start_discount)
        deviation = np.full(count, start)
        moves = np.empty((count, n_steps))
        for step in range(n_steps):
            deviation = deviation * kept + noise[:, step]
            moves[:, step] = deviation - start
        moves += self.rate_per_year * step_years * np.arange(1, n_steps + 1)
        if self.slashes is not None:
            u = paths.uniforms(f"slashes/{name}", n_steps, 1)
            counts = jump_counts(u, np.array([self.slashes.rate_per_year * step_years]))[:, :, 0]
            moves += np.cumsum(counts, axis=1) * log1p(-self.slashes.share)
        return moves


class Pegged(PathModel):
    """A model of some assets, and others that follow them."""

    kind: Literal["pegged"] = "pegged"
    base: PlainModel = Field(description="the model of those that follow nothing")
    pegs: Mapping[str, Peg] = Field(
        min_length=1, description="asset -> how it follows another, which may be pegged itself"
    )

    @model_validator(mode="after")
    def _ends_somewhere(self) -> Self:
        for name in self.pegs:
            chain = [name]
            while (after := self._followed(chain[-1])) is not None and after not in chain:
                chain.append(after)
            if after is not None:
                raise ValueError(
                    f"{' -> '.join([*chain, after])} goes round: one of them must follow nothing"
                )
        return self

    def base_assets(self, assets: Sequence[str]) -> tuple[str, ...]:
        """Return what `base` must draw for these assets, each once, in order of need."""
        found: dict[str, None] = {}
        for name in assets:
            end: str | None = name
            while end is not None and end in self.pegs:
                end = self._followed(end)
            if end is not None:
                found[end] = None
        return tuple(found)

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        assets, chosen = paths.assets, paths.chosen
        free = self.base_assets(assets)
        moves, breaks = np.zeros((paths.count, paths.n_steps, 0)), {}
        if chosen is not None:
            factors = self.factors(assets, n_steps=paths.n_steps, step_s=paths.step_s)
            check_chosen(paths, normals=len(factors.normals), counts=len(factors.counts))
            broken = [name for name, _ in self._breaks(assets, paths.horizon_years)]
            normals, counts = (len(each) - len(broken) for each in (factors.normals, factors.counts))
            breaks = {
                name: (chosen.counts[:, counts + place], chosen.normals[:, normals + place])
                for place, name in enumerate(broken)
            }
            chosen = Chosen(chosen.normals[:, :normals], chosen.counts[:, :counts])
        if free:
            moves = self.base.draw(paths.of(free, chosen))
        return self._follow(paths, free, moves, breaks)

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return those of the base, and how often and how far pegs break; how they stray is always drawn."""
        free = self.base_assets(assets)
        base = self.base.factors(free, n_steps=n_steps, step_s=step_s) if free else Factors(())
        breaks = self._breaks(assets, n_steps * years(n_steps, step_s))
        return Factors(
            (*base.normals, *(f"size/break/{name}" for name, _ in breaks)),
            (*base.counts, *(f"break/{name}" for name, _ in breaks)),
            (*base.expected, *(expected for _, expected in breaks)),
        )

    def _breaks(self, assets: Sequence[str], horizon: float) -> list[tuple[str, float]]:
        # Pegs on the way from these assets whose breaks can be counted, and how many are expected.
        found: dict[str, float] = {}
        for name in assets:
            at: str | None = name
            while at is not None and at in self.pegs:
                breaks = self.pegs[at].breaks
                if breaks is not None and 0 < breaks.rate_per_year * horizon <= COUNTED_MAX:
                    found[at] = breaks.rate_per_year * horizon
                at = self._followed(at)
        return list(found.items())

    def _follow(
        self, paths: Paths, free: Sequence[str], moves: Floats, breaks: Mapping[str, tuple[Ints, Floats]]
    ) -> Floats:
        if len(set(paths.assets)) < len(paths.assets):
            raise InputError("assets are named twice: name each once", code="duplicate_asset")
        known = {name: moves[:, :, column] for column, name in enumerate(free)}

        def of(name: str) -> Floats:
            if name not in known:
                peg = self.pegs[name]
                own = peg.moves(name, paths, breaks.get(name))
                known[name] = own if peg.of is None else own + of(peg.of)
            return known[name]

        return np.stack([of(name) for name in paths.assets], axis=2)

    def _followed(self, name: str) -> str | None:
        return self.pegs[name].of if name in self.pegs else None
