"""The models that stand alone, told apart by `kind`; pegged and shocked ones are built on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.simulation.paths.bootstrap import BlockBootstrap
from seawall.simulation.paths.brownian import Gbm
from seawall.simulation.paths.filtered import FilteredHistorical
from seawall.simulation.paths.garch import GarchT
from seawall.simulation.paths.given import Given
from seawall.simulation.paths.hawkes import Hawkes
from seawall.simulation.paths.heavy_tails import MultivariateT, TCopula
from seawall.simulation.paths.jump_diffusion import Kou, Merton

__all__ = ["Plain", "PlainModel"]

Plain = (
    Gbm
    | Merton
    | Kou
    | Hawkes
    | GarchT
    | MultivariateT
    | TCopula
    | FilteredHistorical
    | BlockBootstrap
    | Given
)
PlainModel = Annotated[Plain, Field(discriminator="kind")]
