"""Aave v3: its markets at random, what happens in them, and the living contracts of 3.0.2."""
