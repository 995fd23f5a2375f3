"""Models that live from prices that were: how a history stands in their settings.

In settings a history is `{times_s = [...], prices = {WETH = [...], ...}}`, or a `PriceHistory` that
somebody has read from a file.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, PlainSerializer, PlainValidator, PrivateAttr, model_validator

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths.model import Floats, PathModel, Paths, of_each, refuse_chosen

__all__ = ["History", "HistoryModel"]


def _as_history(value: object) -> PriceHistory:
    if isinstance(value, PriceHistory):
        return value
    if not isinstance(value, Mapping) or set(value) != {"times_s", "prices"}:
        raise ValueError("expected a table with times_s and prices, or a history read from a file")
    return PriceHistory.of(value["times_s"], value["prices"])


def _as_table(history: PriceHistory) -> dict[str, Any]:
    columns = zip(history.assets, history.prices.T.tolist(), strict=True)
    return {"times_s": history.times_s.tolist(), "prices": dict(columns)}


History = Annotated[PriceHistory, PlainValidator(_as_history), PlainSerializer(_as_table)]


class HistoryModel(PathModel):
    """A model that draws from the rows of a history.

    The drift that the history had is taken out: a year of rising prices does not make them rise.
    """

    history: History = Field(description="prices, evenly spaced by the step to be drawn")
    mu: Mapping[str, float] = Field(
        default_factory=dict, description="drift of the price [1/year], by asset; 0 where not named"
    )
    # What follows from settings alone is computed once, not in every chunk.
    _kept: dict[tuple[object, ...], Floats] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _knows_its_assets(self) -> Self:
        unknown = sorted(set(self.mu) - set(self.history.assets))
        if unknown:
            raise ValueError(f"mu names {', '.join(unknown)}, of which there are no prices: leave it out")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other settings, for which nothing is computed yet."""
        copied = super().model_copy(update=update, deep=deep)
        copied._kept = {}
        return copied

    @abstractmethod
    def _walk(self, returns: Floats, paths: Paths) -> Floats:
        # Cumulative log moves whose mean price does not move, before drift.
        ...

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        if paths.chosen is not None:
            raise refuse_chosen(self)
        step_s, known = paths.step_s, self.history.assets
        returns = self.history.log_returns(paths.assets)
        mu = of_each({name: self.mu.get(name, 0.0) for name in known}, paths.assets, where="history")
        if abs(self.history.step_s - step_s) > 1e-6 * step_s:
            message = (
                f"the history has a price every {self.history.step_s:g} s and a step is {step_s:g} s: "
                "give a history with that step, or take its step for the run"
            )
            raise InputError(message, code="step_differs")
        moves = self._walk(returns, paths)
        moves += np.array(mu) * paths.step_years * np.arange(1, paths.n_steps + 1)[:, None]
        return moves
