"""Borrowers who act, as settings: who watches, when they act, what they do, and with how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.simulation.kernels.borrowers import DE_LEVER, REPAY, TOP_UP, WATCH, People
from seawall.simulation.storm_book import StormBook, new_prices
from seawall.simulation.streams import uniforms

__all__ = ["Borrowers", "new_people"]

_ACTIONS = {"top_up": TOP_UP, "repay": REPAY, "de_lever": DE_LEVER}


class Borrowers(Model):
    """What users do for accounts of their own that come near liquidation.

    Health is what counts for an account over what counts against it: collateral at its thresholds over
    debt, or margin equity over the maintenance margin. Who watches is drawn once, by account, from the
    stream "borrowers": the same on all paths of a seed, and with a larger share some more.
    """

    share: float = Field(gt=0, le=1, description="part of accounts that somebody watches")
    action: Literal["top_up", "repay", "de_lever"] = Field(
        description="bring collateral, repay debt, or sell collateral (close positions) in the market"
    )
    trigger_health: float = Field(ge=1, le=100, description="they act below this health")
    target_health: float = Field(gt=1, le=100, description="and up to this one")
    delay_s: int = Field(default=0, ge=0, description="from the fall below until they act [s]")
    share_max: float = Field(
        default=1.0, gt=0, le=1, description="most spent, of the debt (of the positions) at the first time"
    )
    wallet: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="most spent on a path, base currency"
    )

    @model_validator(mode="after")
    def _aims_above(self) -> Borrowers:
        if self.target_health <= self.trigger_health:
            message = f"target_health {self.target_health} is not above trigger_health {self.trigger_health}"
            raise ValueError(f"{message}: aim higher")
        return self

    def watched(self, seed: int, accounts: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Draw who watches, shape (accounts,)."""
        drawn = uniforms(seed, "borrowers", first=0, count=1, shape=(accounts,))[0]
        return np.asarray(drawn < self.share)


def new_people(
    storm: StormBook, borrowers: Borrowers | None, watches: Sequence[bool] | Any, step_s: float
) -> People:
    """Return what a thread knows of borrowers who act, at the start; of nobody where there are none.

    Args:
        watches: Whether each row of the book in the storm is watched, shape (N,).
    """
    setting = np.zeros(1, dtype=WATCH).view(np.recarray)
    codes = storm.codes._replace(table=storm.codes.table.copy())
    if borrowers is not None:
        setting["is_on"], setting["action"] = True, _ACTIONS[borrowers.action]
        setting["delay"] = -(-borrowers.delay_s // int(step_s))
        setting["trigger"], setting["target"] = borrowers.trigger_health, borrowers.target_health
        setting["share_max"] = borrowers.share_max
        setting["wallet"] = np.inf if borrowers.wallet is None else borrowers.wallet
        # A margin account is in its band where it would fail under lines as much steeper.
        codes = codes._replace(line=codes.line * borrowers.trigger_health)
    rows = len(storm) if borrowers is not None else 0
    return People(
        setting, np.array(watches[:rows], dtype=np.bool_), np.full(rows, -1.0), codes, new_prices(codes)
    )
