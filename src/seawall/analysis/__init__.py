"""What a plan is worth before anything happens: closed forms and searches over stressed losses."""

from seawall.analysis.large_pool import expected_tranche_loss

__all__ = ["expected_tranche_loss"]
