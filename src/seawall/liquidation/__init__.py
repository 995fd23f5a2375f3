"""Turning collateral into repayment, by a venue's own rules."""
