"""The venues whose machines have a living contract to walk beside."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.morpho_blue import MorphoBlue
from seawall.venues.machines.venus_isolated import VenusIsolated
from tests.differential import aave_v3, morpho_blue, venus_isolated
from tests.differential.beside import Venue
from tests.differential.evm import aave, morpho, venus

VENUES: Mapping[str, Venue] = {
    venue.machine.name: venue
    for venue in (
        Venue(AaveV302(), aave_v3.market, aave_v3.actions, aave_v3.Living, aave.compiled),
        Venue(
            MorphoBlue(),
            morpho_blue.market,
            morpho_blue.actions,
            morpho_blue.Living,
            morpho.compiled,
            market_steps=80,
        ),
        Venue(
            VenusIsolated(),
            venus_isolated.market,
            venus_isolated.actions,
            venus_isolated.Living,
            venus.compiled,
            market_steps=80,
        ),
    )
}
