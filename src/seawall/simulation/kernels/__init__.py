"""Loops over cohorts of accounts, compiled where numba is installed, and plain Python without it."""
