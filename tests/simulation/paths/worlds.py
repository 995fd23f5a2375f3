"""Small models of every kind, and how far a mean is from the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.price_history import PriceHistory
from seawall.simulation.paths import (
    BlockBootstrap,
    Clusters,
    Correlation,
    Diffusion,
    FilteredHistorical,
    GarchAsset,
    GarchT,
    Gbm,
    Given,
    Hawkes,
    Kou,
    KouJumps,
    Margin,
    Merton,
    MertonJumps,
    MultivariateT,
    PathModel,
    Paths,
    Peg,
    Pegged,
    Shock,
    Shocked,
    Slashes,
    TCopula,
)

HOUR, DAY, YEAR = 3600.0, 86400.0, 8760 * 3600.0
ASSETS = ("WBTC", "WETH")
Z_MAX = 4.0

TWO = {"WBTC": Diffusion(vol=0.6, mu=0.1), "WETH": Diffusion(vol=0.9, mu=-0.2, jump_beta=1.5)}
TIED = Correlation(pairs={"WETH/WBTC": 0.7})


def history(n_rows: int = 400, step_s: float = HOUR) -> PriceHistory:
    """Return a history of two assets: t returns in clusters, with a drift."""
    rng = np.random.default_rng(77)
    calm = np.exp(0.5 * np.cumsum(rng.standard_normal(n_rows)) / np.sqrt(n_rows))[:, None]
    returns = 0.0002 + 0.008 * calm * rng.standard_t(4, (n_rows, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    prices = np.exp(np.vstack([np.zeros(2), np.cumsum(returns, axis=0)])) * (60_000, 4_000)
    return PriceHistory(ASSETS, step_s * np.arange(n_rows + 1.0), prices)


HISTORY = history()
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
    "garch_t": GarchT(
        assets={
            "WBTC": GarchAsset(vol=0.6, mu=0.1, alpha=0.1, beta=0.8),
            "WETH": GarchAsset(vol=0.9, mu=-0.2, alpha=0.05, beta=0.9, start_vol=2.0),
        },
        correlation=TIED,
        nu=4.0,
        period_s=HOUR,
    ),
    "multivariate_t": MultivariateT(assets=TWO, correlation=TIED, nu=4.0),
    "t_copula": TCopula(
        assets={"WBTC": Margin(vol=0.6, mu=0.1), "WETH": Margin(vol=0.9, mu=-0.2, nu=3.0)},
        correlation=TIED,
        nu=4.0,
    ),
    "filtered_historical": FilteredHistorical(history=HISTORY, mu={"WBTC": 0.1, "WETH": -0.2}),
    "block_bootstrap": BlockBootstrap(history=HISTORY, mu={"WBTC": 0.1, "WETH": -0.2}, mean_block=8.0),
    "given": Given(paths=(HISTORY, history(200))),
    "pegged": Pegged(
        base=Gbm(assets=TWO),
        pegs={
            "WBTC": Peg(
                of="WETH",
                vol=0.1,
                half_life_s=DAY,
                breaks=MertonJumps(rate_per_year=500, mean=-0.05, sd=0.02),
                slashes=Slashes(rate_per_year=50, share=0.1),
            )
        },
    ),
}
MODELS["shocked"] = Shocked(
    base=MODELS["merton"],
    shocks=(Shock(at_s=2 * HOUR, moves={"WETH": -0.3}, ramp_s=2 * HOUR, recovery_s=4 * HOUR, recovered=0.5),),
)
KINDS = sorted(MODELS)


def draw(model: PathModel, **changed: Any) -> NDArray[np.float64]:
    """Draw a few paths, all settings but the named ones the same."""
    settings = {"seed": 11, "first": 0, "count": 10, "n_steps": 12, "step_s": HOUR} | changed
    return model.draw(Paths(**{"assets": ASSETS} | settings))


def z_score(sample: NDArray[np.float64], truth: float) -> float:
    """Return how many standard errors the mean of a sample is from the truth."""
    error = float(sample.std(ddof=1)) / np.sqrt(len(sample))
    return float((sample.mean() - truth) / error)


def share_score(happened: NDArray[np.bool_], chance: float) -> float:
    """Return how many standard errors a share is from its chance, even where it happened rarely."""
    error = np.sqrt(chance * (1 - chance) / happened.size)
    return float((happened.mean() - chance) / error)
