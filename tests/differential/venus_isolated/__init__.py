"""Venus isolated pools: pools at random, what happens in them, and the living contracts."""

from tests.differential.venus_isolated.living import Living
from tests.differential.venus_isolated.market import market
from tests.differential.venus_isolated.wander import actions

__all__ = ["Living", "actions", "market"]
