"""Loops over cohorts of accounts; each runs compiled where numba is installed, and as plain Python without."""
