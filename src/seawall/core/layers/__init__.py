"""The layers of a waterfall as data: one class for each kind, and what must hold for them together."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from seawall.core.layers.base import Bearers, LayerBase
from seawall.core.layers.check import LAYERS_MAX, check_layers
from seawall.core.layers.closing import (
    CLOSING_KINDS,
    AdlTerms,
    BackstopProviderTerms,
    Execution,
    TearUpTerms,
)
from seawall.core.layers.order import in_ranks
from seawall.core.layers.paying import (
    AssessmentTerms,
    FundTerms,
    MutualFundTerms,
    OwnCollateralTerms,
    StabilityPoolTerms,
    StakedBackstopTerms,
)
from seawall.core.layers.sharing import (
    CHARGING_KINDS,
    ClawbackTerms,
    GainsHaircutTerms,
    MutualiseTerms,
    RecoveryClaimsTerms,
    RedistributionTerms,
    WithdrawalTaxTerms,
)
from seawall.core.layers.waiting import DebtAuctionTerms, HaltTerms, ResidualTerms

LayerTerms = Annotated[
    OwnCollateralTerms
    | FundTerms
    | StakedBackstopTerms
    | StabilityPoolTerms
    | MutualFundTerms
    | AssessmentTerms
    | AdlTerms
    | TearUpTerms
    | BackstopProviderTerms
    | MutualiseTerms
    | GainsHaircutTerms
    | ClawbackTerms
    | WithdrawalTaxTerms
    | RecoveryClaimsTerms
    | RedistributionTerms
    | DebtAuctionTerms
    | HaltTerms
    | ResidualTerms,
    Field(discriminator="kind"),
]
LAYER_MODELS: tuple[type[LayerBase], ...] = LayerTerms.__origin__.__args__  # type: ignore[attr-defined]  # of the union above


def kinds_borne_by(*bearers: Bearers) -> tuple[str, ...]:
    """Return the kinds of layers that one of these pays for in the end, sorted."""
    return tuple(
        sorted(
            kind
            for model in LAYER_MODELS
            if model.borne_by in bearers
            for kind in get_args(model.model_fields["kind"].annotation)
        )
    )


__all__ = [
    "CHARGING_KINDS",
    "CLOSING_KINDS",
    "LAYERS_MAX",
    "LAYER_MODELS",
    "AdlTerms",
    "AssessmentTerms",
    "BackstopProviderTerms",
    "ClawbackTerms",
    "DebtAuctionTerms",
    "Execution",
    "FundTerms",
    "GainsHaircutTerms",
    "HaltTerms",
    "LayerBase",
    "LayerTerms",
    "MutualFundTerms",
    "MutualiseTerms",
    "OwnCollateralTerms",
    "RecoveryClaimsTerms",
    "RedistributionTerms",
    "ResidualTerms",
    "StabilityPoolTerms",
    "StakedBackstopTerms",
    "TearUpTerms",
    "WithdrawalTaxTerms",
    "check_layers",
    "in_ranks",
    "kinds_borne_by",
]
