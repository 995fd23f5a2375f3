"""How far a market is from a cascade that feeds itself: the branching ratio, per asset and across.

A fall of asset b triggers sales of asset a; those move a down, which triggers more. With B_ab the
further fall of a per unit of fall of b, a small shock s grows to (I - B)^-1 s, and it stays finite iff
the spectral radius of B is below 1. A gauge, local to the prices it is taken at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError

__all__ = [
    "Branching",
    "branching_gauge",
    "branching_profile",
    "spectral_radius",
    "total_drop",
    "trigger_drops",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Branching:
    """The gauge at the present prices.

    Attributes:
        matrix: B_ab, further fall of asset a per unit of fall of b, shape (n_assets, n_assets) [1].
        own: Branching ratio of each asset alone, the diagonal, shape (n_assets,) [1].
        radius: Spectral radius [1]; from 1 on a cascade feeds itself.
    """

    matrix: Floats
    own: Floats
    radius: float

    @property
    def stable(self) -> bool:
        """Whether a small shock stays finite."""
        return self.radius < 1


def branching_gauge(
    trigger_drop: Floats, units_sold: Floats, impact: Floats, *, window: Floats | float
) -> Branching:
    """Return the gauge from accounts: what they would sell, and at which fall of each asset.

    B_ab = impact_a * (units of a sold by accounts triggered by a fall of b of at most window_b) / window_b.

    Args:
        trigger_drop: Fall of asset b alone that triggers an account, shape (n_accounts, n_assets) [fall, one
            unit for all, such as log]; infinite or nan where none does. At most 0 where it is triggered
            already: a further fall sells nothing of it, and it is not counted.
        units_sold: Of each asset when the account is liquidated, shape (n_accounts, n_assets), >= 0 [units].
        impact: Fall of each asset per unit of it sold, shape (n_assets,), >= 0 [fall per unit].
        window: Fall over which sales are counted, > 0, one for all or shape (n_assets,) [fall].

    Raises:
        InputError: Shapes do not fit, or a number is negative; what was expected is told.

    Source: Hawkes and Oakes (1974) for the ratio; the matrix is the Jacobian of the map x = s + impact F(x).

    >>> drops, units = np.array([[0.01], [0.03], [0.2]]), np.array([[5.0], [5.0], [80.0]])
    >>> round(branching_gauge(drops, units, np.array([0.004]), window=0.05).radius, 12)
    0.8
    """
    drops, units, kappa = (np.asarray(each, dtype=np.float64) for each in (trigger_drop, units_sold, impact))
    reach = np.broadcast_to(np.asarray(window, dtype=np.float64), kappa.shape)
    if drops.ndim != 2 or drops.shape != units.shape or kappa.shape != drops.shape[1:]:
        raise InputError(
            "expected trigger_drop and units_sold of one shape (n_accounts, n_assets) and impact (n_assets,),"
            f" got {drops.shape}, {units.shape} and {kappa.shape}"
        )
    if not (np.all(units >= 0) and np.all(kappa >= 0) and np.all(reach > 0)):
        raise InputError("expected units_sold and impact of at least 0 and a window above 0")
    triggered = (drops > 0) & (drops <= reach)
    matrix = kappa[:, None] * (units.T @ triggered.astype(np.float64)) / reach[None, :]
    return Branching(matrix, np.diagonal(matrix).copy(), spectral_radius(matrix))


def trigger_drops(weighted: Floats) -> Floats:
    """Return the log fall of each asset alone that takes an account to its boundary.

    With w_b the weighted value of what an account holds of b less what it owes of it, its health is above
    1 while their sum is above 0; a fall of b alone by x takes w_b (1 - exp(-x)) from it:

        x_b = -ln(1 - sum w / w_b),  where w_b > sum w > 0.

    Args:
        weighted: w of each account and asset, collateral times its threshold less debt, shape
            (n_accounts, n_assets) [money].

    Returns:
        Shape (n_accounts, n_assets) [log]; infinite where even the whole value of b would not do, 0 where
        the boundary is reached already.

    >>> trigger_drops(np.array([[80.0, -60.0], [50.0, 30.0]])).round(6)
    array([[0.287682,      inf],
           [     inf,      inf]])
    """
    table = np.asarray(weighted, dtype=np.float64)
    spare = np.broadcast_to(table.sum(axis=1, keepdims=True), table.shape)
    falls = np.full(table.shape, np.inf)
    near = (table > spare) & (spare > 0)
    falls[near] = -np.log1p(-spare[near] / table[near])
    falls[spare <= 0] = 0.0
    return falls


def branching_profile(trigger_drop: Floats, units_sold: Floats, impact: float, edges: Floats) -> Floats:
    """Return n(x) = impact * f(x) of one asset between edges: where a cascade would run, and where it stops.

    Args:
        trigger_drop: Fall that triggers each account, shape (n_accounts,) [fall].
        units_sold: Sold by each, shape (n_accounts,) [units].
        impact: Fall per unit sold [fall per unit].
        edges: Increasing, shape (n_bins + 1,) [fall].

    Returns:
        Branching ratio within each bin, shape (n_bins,) [1].

    >>> drops, units = np.array([0.5, 1.5, 1.6]), np.array([1.0, 2.0, 2.0])
    >>> branching_profile(drops, units, 0.1, np.array([0.0, 1.0, 2.0]))
    array([0.1, 0.4])
    """
    sold, _ = np.histogram(trigger_drop, bins=edges, weights=units_sold)
    return np.asarray(impact * sold / np.diff(edges), dtype=np.float64)


def spectral_radius(matrix: Floats) -> float:
    """Return the largest modulus of the eigenvalues.

    >>> round(spectral_radius(np.array([[0.5, 0.2], [0.1, 0.4]])), 12)
    0.6
    """
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


def total_drop(matrix: Floats, shock: Floats) -> Floats:
    """Return what a shock grows to: (I - B)^-1 shock, shape (n_assets,) [fall].

    Raises:
        InputError: The spectral radius is at least 1: the answer would be negative or infinite.

    >>> total_drop(np.array([[0.5, 0.2], [0.1, 0.4]]), np.array([2.0, 1.0])).round(12)
    array([5. , 2.5])
    """
    radius = spectral_radius(matrix)
    if radius >= 1:
        raise InputError(f"the spectral radius is {radius:g}, expected below 1: the cascade feeds itself")
    return np.asarray(np.linalg.solve(np.eye(len(matrix)) - matrix, shock), dtype=np.float64)
