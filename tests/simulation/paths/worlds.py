"""Small models of every kind, and how far a mean is from the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.paths import (
    Clusters,
    Correlation,
    Diffusion,
    Gbm,
    Hawkes,
    Kou,
    KouJumps,
    Merton,
    MertonJumps,
    PathModel,
)

HOUR, DAY, YEAR = 3600.0, 86400.0, 8760 * 3600.0
ASSETS = ("WBTC", "WETH")
Z_MAX = 4.0

TWO = {"WBTC": Diffusion(vol=0.6, mu=0.1), "WETH": Diffusion(vol=0.9, mu=-0.2, jump_beta=1.5)}
TIED = Correlation(pairs={"WETH/WBTC": 0.7})

MODELS: dict[str, PathModel] = {
    "gbm": Gbm(assets=TWO, correlation=TIED),
    "merton": Merton(
        assets=TWO,
        correlation=TIED,
        jumps={"WETH": MertonJumps(rate_per_year=200, mean=-0.02, sd=0.03)},
        common=MertonJumps(rate_per_year=100, mean=-0.03, sd=0.02),
    ),
    "kou": Kou(
        assets=TWO,
        correlation=TIED,
        jumps={"WBTC": KouJumps(rate_per_year=200, up_share=0.4, up_mean=0.02, down_mean=0.03)},
        common=KouJumps(rate_per_year=100, up_share=0.3, up_mean=0.02, down_mean=0.04),
    ),
    "hawkes": Hawkes(
        assets=TWO,
        correlation=TIED,
        clusters=Clusters(rate_per_year=300, branching=0.6, half_life_s=6 * HOUR, mean=-0.01, sd=0.02),
    ),
}


def draw(model: PathModel, **changed: Any) -> NDArray[np.float64]:
    """Draw a few paths, all settings but the named ones the same."""
    settings = {"seed": 11, "first": 0, "count": 10, "n_steps": 12, "step_s": HOUR} | changed
    assets = settings.pop("assets", ASSETS)
    return model.draw(assets, **settings)


def z_score(sample: NDArray[np.float64], truth: float) -> float:
    """Return how many standard errors the mean of a sample is from the truth."""
    error = float(sample.std(ddof=1)) / np.sqrt(len(sample))
    return float((sample.mean() - truth) / error)
