"""Falls of prices and what they did to a lending market, as published; read from TOML, validated whole."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from math import exp, sqrt
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from seawall.core.curves import Model
from seawall.core.reach import MarketTotals
from seawall.errors import InputError, Problem
from seawall.simulation.scenario import Scenario

__all__ = ["PublishedFall", "read_falls"]

YEAR_S = 8760 * 3600
_WIDTHS = 4.0  # a path goes further beyond the published fall about once in ten thousand
_ORACLE = {"feed": {"kind": "spot", "heartbeat_s": 3600, "deviation_bps": 50}}

Part = Annotated[float, Field(gt=0, lt=1)]
Dollars = Annotated[float, Field(ge=0)]


class PublishedFall(Model):
    """A fall, the market before it, and what it did there."""

    title: str = Field(description="what pages call it")
    day: str = Field(description="of its begin, YYYY-MM-DD")
    supplied_usd: float = Field(gt=0, description="supplied before it, what is lent included [USD]")
    borrowed_usd: float = Field(gt=0, description="borrowed before it [USD]")
    falls: Mapping[str, Part] = Field(
        min_length=1, description="by group of collateral, as a part of the price"
    )
    width: Part = Field(description="standard deviation of what was published of the falls, in logs [1]")
    ramp_s: Mapping[str, float] = Field(description="how long each fall took [s]")
    horizon_s: int = Field(gt=0, description="how long liquidations were counted [s]")
    step_s: int = Field(gt=0, description="length of a step [s]")
    liquidated_usd: Mapping[str, Dollars] = Field(
        default={}, description="collateral seized by group, where published; needed to calibrate [USD]"
    )
    liquidated_all_usd: float = Field(gt=0, description="collateral seized in all [USD]")
    deficit_usd: float = Field(ge=0, description="bad debt that it left [USD]")
    accounts: int | None = Field(default=None, description="accounts liquidated, where published")
    unknown: tuple[str, ...] = Field(
        default=(), strict=False, description="what nobody could know of it beforehand, in plain words"
    )
    sources: tuple[str, ...] = Field(min_length=1, strict=False, description="where figures were published")

    @model_validator(mode="after")
    def _groups_agree(self) -> PublishedFall:
        for name in ("ramp_s", "liquidated_usd"):
            given = set(getattr(self, name))
            if given and given != set(self.falls):
                raise ValueError(
                    f"{name} names {sorted(given)}, expected the groups of falls: {sorted(self.falls)}"
                )
        return self

    @property
    def totals(self) -> MarketTotals:
        """Of the market before the fall."""
        return MarketTotals(self.supplied_usd, self.borrowed_usd)

    @property
    def reach(self) -> dict[str, float]:
        """The deepest fall of each group that a path may take [1]."""
        return {name: 1 - (1 - fall) * exp(-_WIDTHS * self.width) for name, fall in self.falls.items()}

    def scenario(self, *, seed: int, n_paths: int) -> Scenario:
        """Return the fall as a storm: straight down in logs, and as much chance as its width.

        Sales push no price: what they did is in the published fall already.
        """
        vol = self.width / sqrt(self.horizon_s / YEAR_S)
        return Scenario.build(
            {
                "title": self.title,
                "run": {
                    "n_paths": n_paths,
                    "seed": seed,
                    "horizon_s": self.horizon_s,
                    "step_s": self.step_s,
                },
                "prices": {
                    "kind": "gbm",
                    "correlation": {"between": 0.8},
                    "assets": {name: {"vol": vol} for name in self.falls},
                },
                "shocks": [
                    {"at_s": 0, "ramp_s": self.ramp_s[name], "moves": {name: -fall}}
                    for name, fall in self.falls.items()
                ],
                "liquidators": {"gas": 20.0, "profit_min_bps": 10},
                "markets": {name: {"oracle": _ORACLE} for name in self.falls},
            },
            source=self.title,
        )


def read_falls(text: str, *, source: str = "falls") -> dict[str, PublishedFall]:
    """Read falls by name from TOML text, in the order of the file.

    Raises:
        InputError: With every problem found.
    """
    try:
        return TypeAdapter(dict[str, PublishedFall]).validate_python(tomllib.loads(text))
    except ValidationError as error:
        problems = [
            Problem(str(item["type"]), item["msg"], f"{source}:{'.'.join(map(str, item['loc']))}")
            for item in error.errors()
        ]
        raise InputError.of(problems) from error
    except ValueError as error:
        raise InputError.of([Problem("toml_invalid", str(error)[:200], source)]) from error
