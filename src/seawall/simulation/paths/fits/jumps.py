"""Jumps: returns too large for the volatility around them, of one asset or of the whole market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, Problem
from seawall.simulation.paths.brownian import Diffusion
from seawall.simulation.paths.fits.diffusion import correlation_of
from seawall.simulation.paths.fits.fitted import Fitted, sample_of
from seawall.simulation.paths.jump_diffusion import Merton
from seawall.simulation.paths.jumps import MertonJumps
from seawall.simulation.paths.model import Floats

__all__ = ["fit_merton"]

_JUMPS_MIN = 10
_MEDIAN_OF_NORMAL = 0.6744897501960817  # of |z|


def fit_merton(
    history: PriceHistory, assets: Sequence[str] | None = None, *, threshold: float = 4.0
) -> Fitted[Merton]:
    """Fit normal jumps by threshold.

    A return beyond `threshold` robust standard deviations is a jump. Where more than half of the assets
    (two at least) jump in one step, the market has: its size is the median move, and each asset's
    `jump_beta` the slope of its moves on that. What is left gives volatility and correlation.
    Jumps smaller than the threshold are not seen, so sizes come out too large and rates too low; where
    volatility clusters, some of its storms are taken for jumps.

    Args:
        history: Evenly spaced prices.
        assets: Which of them; all by default.
        threshold: Above how many standard deviations of calm a move is a jump [1], at least 3.

    Raises:
        MissingData: An asset is not in the history.
        InputError: Too few rows, rows of uneven spacing, or a threshold below 3.

    Source:
        Mancini, Non-parametric Threshold Estimation for Models with Stochastic Diffusion and Jumps (2009).
    """
    if not threshold >= 3:
        message = f"threshold is {threshold}, expected at least 3: below, calm moves are taken for jumps"
        raise InputError(message, code="out_of_range")
    sample = sample_of(history, assets)
    # About the median: the mean holds the jumps, and calm steps drift the other way.
    returns = sample.returns - np.median(sample.returns, axis=0)
    span = len(returns) * sample.step_years
    calm = np.median(np.abs(returns), axis=0) / _MEDIAN_OF_NORMAL
    jumped = np.abs(returns) > np.maximum(threshold * calm, 1e-12)
    of_market = jumped.sum(axis=1) > max(1, len(sample.assets) / 2)
    size = np.median(returns[of_market], axis=1)
    betas = _slopes(returns[of_market], size)
    own = jumped & ~of_market[:, None]
    rest = np.where(jumped | of_market[:, None], 0.0, returns)
    kept = (~(jumped | of_market[:, None])).sum(axis=0)
    vols = np.sqrt((rest**2).sum(axis=0) / np.maximum(kept, 1) / sample.step_years)
    problems = sample.warnings()
    columns = list(zip(sample.assets, vols, betas, strict=True))
    model = Merton(
        assets={name: Diffusion(vol=float(vol), jump_beta=float(beta)) for name, vol, beta in columns},
        correlation=correlation_of(rest - rest.mean(axis=0), sample.assets),
        jumps={
            name: law
            for column, name in enumerate(sample.assets)
            if (law := _law(returns[own[:, column], column], span, name, problems)) is not None
        },
        common=_law(size, span, "the market", problems) if len(sample.assets) > 1 else None,
    )
    return Fitted(model, tuple(problems))


def _law(sizes: Floats, span: float, whose: str, problems: list[Problem]) -> MertonJumps | None:
    # A law from the jumps seen, and a warning where they are few.
    if len(sizes) < _JUMPS_MIN:
        message = f"{len(sizes)} jumps of {whose} were seen, {_JUMPS_MIN} are needed for their size" + (
            ": none are drawn; set a rate and size by judgement" if len(sizes) < 2 else ": take it as a guess"
        )
        problems.append(Problem("few_jumps", message, "fit", "warning"))
    if len(sizes) < 2:
        return None
    return MertonJumps(rate_per_year=len(sizes) / span, mean=float(sizes.mean()), sd=float(sizes.std(ddof=1)))


def _slopes(moves: Floats, size: Floats) -> Floats:
    # Least squares through the origin; 1 where the market has not jumped. Kept to what settings take.
    square = float(size @ size)
    found: Floats = np.clip(size @ moves / square, -5, 5) if square else np.ones(moves.shape[1])
    return found
