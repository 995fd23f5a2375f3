"""Expected loss over a horizon when the price is watched by an oracle, always or at its updates.

Watched always, what is lost is P(hit) times the delay put: nothing is known of the way there (strong
Markov). An oracle that speaks every `heartbeat_s` finds the price below the trigger by an overshoot,
and that decides the loss. The density of the log price that has not yet been found below is carried
from update to update on Gauss-Legendre panels one step wide; what falls below is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.closed_forms.delay_put import delay_put, loss_from_cover
from seawall.analysis.closed_forms.first_passage import prob_hit
from seawall.analysis.horizon import YEAR_S, deviation
from seawall.analysis.normal import cdfs
from seawall.analysis.ranges import require_in_range

__all__ = ["OracleLoss", "expected_loss", "oracle_expected_loss"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_REACH = 9  # steps: a normal beyond it is below 1e-18
_UPDATES_MAX = 20_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OracleLoss:
    """What is lost over a horizon.

    Attributes:
        prob_hit: Probability that the trigger fires [1].
        expected_loss: Expected loss [of the debt].
    """

    prob_hit: float
    expected_loss: float

    @property
    def lgd(self) -> float:
        """Expected loss once the trigger has fired [of the debt]; 0 where it never fires."""
        return self.expected_loss / self.prob_hit if self.prob_hit else 0.0


def expected_loss(
    price: float,
    trigger: float,
    threshold: float,
    bonus: float,
    vol: float,
    horizon_s: float,
    delay_s: float,
    *,
    slippage: float = 0.0,
) -> OracleLoss:
    """Return the loss where the price is watched all the time: P(hit) times the delay put.

    Args:
        price, trigger: Now, and where health is 1 [one unit].
        threshold, bonus, vol, delay_s, slippage: As for `delay_put`.
        horizon_s: Time watched [s]; a sale may come a delay later.

    Raises:
        InputError: A parameter is out of its range; all are told.

    >>> f"{expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, 30 * 86_400, 6 * 3600).expected_loss:.6e}"
    '1.860490e-04'
    """
    hit = prob_hit(price, trigger, vol, horizon_s)
    return OracleLoss(hit, hit * delay_put(threshold, bonus, vol, delay_s, slippage=slippage).lgd)


def oracle_expected_loss(
    price: float,
    trigger: float,
    threshold: float,
    bonus: float,
    vol: float,
    horizon_s: float,
    delay_s: float,
    heartbeat_s: float,
    *,
    slippage: float = 0.0,
) -> OracleLoss:
    """Return the loss where an oracle speaks every `heartbeat_s`, first one heartbeat from now.

    Args:
        price, trigger, threshold, bonus, vol, horizon_s, delay_s, slippage: As for `expected_loss`;
            price above trigger, vol above 0.
        heartbeat_s: Between two updates, above 0 and at most the horizon [s].

    Returns:
        Off by less than 1e-9, by halving panels.

    Raises:
        InputError: A parameter is out of its range, or more than 20,000 updates; all are told.

    Source: Chapman-Kolmogorov with killing; e.g. Fusai, Abrahams and Sgarra (2006) on discrete barriers.

    >>> found = oracle_expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, 30 * 86_400, 6 * 3600, 6 * 3600)
    >>> round(found.prob_hit, 6), f"{found.expected_loss:.5e}"
    (0.455391, '1.01301e-03')
    """
    delay_put(threshold, bonus, vol, delay_s, slippage=slippage)  # its ranges are ours
    updates = horizon_s / heartbeat_s if heartbeat_s > 0 else 0.0
    require_in_range(
        "oracle_expected_loss",
        [
            ("price", price, "above the trigger", price > trigger),
            ("trigger", trigger, "above 0", trigger > 0),
            ("vol", vol, "above 0", vol > 0),
            ("heartbeat_s", heartbeat_s, "above 0 and at most the horizon", 0 < heartbeat_s <= horizon_s),
            ("updates", updates, f"at most {_UPDATES_MAX}", updates <= _UPDATES_MAX),
        ],
    )
    count = int(updates * (1 + 1e-12))  # a horizon of whole heartbeats holds all of them
    step, room = deviation(vol, heartbeat_s), log(price / trigger)
    drift = -vol * vol / 2 * heartbeat_s / YEAR_S / step  # in steps, as everything below
    cover = (1 - slippage) / (threshold * (1 + bonus))

    def lost(overshoot: float) -> float:  # of the debt, at an overshoot in steps
        return loss_from_cover(cover * exp(-overshoot * step), deviation(vol, delay_s)).lgd

    overshoots, weights = _panels(_REACH + 1, 0.25, extra_edge=max(0.0, log(cover)) / step)
    losses = np.array([lost(overshoot) for overshoot in overshoots.tolist()])
    return _killed(room / step, drift, count, overshoots, weights, losses)


def _killed(
    start: float, drift: float, count: int, overshoots: Floats, weights: Floats, losses: Floats
) -> OracleLoss:
    # Distances above the trigger in steps; `alive` is the density at the nodes of panels one step wide.
    nodes, node_weights = (_NODES + 1) / 2, _WEIGHTS / 2
    panels = ceil(start + _REACH * (sqrt(count) + 1))
    apart = nodes[:, None] - nodes[None, :] - drift
    kernels = [_density(k + apart) * node_weights for k in range(-_REACH - 1, _REACH + 2)]

    def falls(distances: Floats) -> tuple[Floats, Floats]:
        below = _density(overshoots[None, :] + distances[:, None] + drift)
        return cdfs(-distances - drift), below @ (weights * losses)

    first_hit, first_loss = falls(np.array([start]))
    hit, loss = float(first_hit[0]), float(first_loss[0])
    near = (np.arange(min(panels, _REACH + 2))[:, None] + nodes).ravel()
    near_hit, near_loss = (values * np.resize(node_weights, len(near)) for values in falls(near))
    alive = _density(np.arange(panels)[:, None] + nodes - start - drift)
    for _ in range(count - 1):
        edge = alive.ravel()[: len(near)]
        hit, loss = hit + float(edge @ near_hit), loss + float(edge @ near_loss)
        padded = np.pad(alive, ((_REACH + 1, _REACH + 1), (0, 0)))
        carried = np.zeros_like(alive)
        for k, kernel in enumerate(kernels):
            begin = 2 * (_REACH + 1) - k
            carried += padded[begin : begin + panels] @ kernel.T
        alive = carried
    return OracleLoss(hit, loss)


def _density(x: Floats) -> Floats:
    return np.asarray(np.exp(-x * x / 2) / sqrt(2 * pi), dtype=np.float64)


def _panels(most: float, width: float, *, extra_edge: float) -> tuple[Floats, Floats]:
    # Nodes and weights over 0 .. most; the loss without volatility has a kink at the extra edge.
    edges = np.arange(0.0, most + width / 2, width)
    if 0 < extra_edge < most:
        edges = np.union1d(edges, [extra_edge])
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (_NODES + 1)).ravel(), (half * _WEIGHTS).ravel()
