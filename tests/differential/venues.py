"""The venues whose machines have a living contract to walk beside."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.aave_v3_0_2 import AaveV302
from tests.differential.aave_v3 import living as aave_living
from tests.differential.aave_v3 import market as aave_market
from tests.differential.aave_v3 import wander as aave_wander
from tests.differential.beside import Venue
from tests.differential.evm import aave

VENUES: Mapping[str, Venue] = {
    venue.machine.name: venue
    for venue in (
        Venue(AaveV302(), aave_market.market, aave_wander.actions, aave_living.Living, aave.compiled),
    )
}
