"""Morpho Blue: markets at random, what happens in them, and the living contract."""

from tests.differential.morpho_blue.living import Living
from tests.differential.morpho_blue.market import market
from tests.differential.morpho_blue.wander import actions

__all__ = ["Living", "actions", "market"]
