"""Aave v3: its markets at random, what happens in them, and the living contracts of 3.0.2."""

from tests.differential.aave_v3.living import Living
from tests.differential.aave_v3.market import market
from tests.differential.aave_v3.wander import actions

__all__ = ["Living", "actions", "market"]
