"""Does liquidating help? The two toxic flags of a lending leg.

With LB = 1 + bonus: repaying through collateral j lowers health iff HF < LT_j * LB_j,
and raises debt / collateral iff D / C > 1 / LB_j. Everything is compared by
cross-multiplying; nothing is rounded. For positions: `rules.linear_perp.is_closing_toxic`.

Source: Warmuz, Chaudhary, Pinna, Toxic Liquidation Spirals (arXiv 2212.07306).
"""

from __future__ import annotations

from typing import NamedTuple

from seawall.core.units import BPS
from seawall.risk.health import Health, Line


class Toxicity(NamedTuple):
    """Flags of one leg: whether using it lowers health, and whether it raises debt over collateral."""

    commodity: str
    lowers_health: bool
    raises_leverage: bool


def leg_toxicity(health: Health, line: Line) -> Toxicity:
    """Return the flags of repaying through one collateral line of a lending account."""
    return Toxicity(
        line.commodity,
        lowers_health=health.weighted_value * BPS < health.debt_value * line.threshold_bps * line.bonus_bps,
        raises_leverage=health.debt_value * line.bonus_bps > health.collateral_value * BPS,
    )


def toxicity(health: Health) -> tuple[Toxicity, ...]:
    """Return the flags of every collateral line of a lending account that owes something."""
    if not health.debt_value:
        return ()
    return tuple(leg_toxicity(health, line) for line in health.lines if line.kind == "collateral")
