"""What a venue's oracle shows of a market, as settings, and the columns the kernels read.

An oracle has one feed, or two. A feed looks at a market (or stands still at a price), publishes when its
heartbeat or its deviation says so, and is shown within its limits. All prices are relative to the price
of the oracle's own market at the start. How a step goes is in `kernels.oracle`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.core.units import BPS
from seawall.errors import InputError, Problem

__all__ = [
    "DIRECT",
    "FEED",
    "ORACLE",
    "Feed",
    "Oracle",
    "OracleColumns",
    "OracleState",
    "highest_shown",
    "new_oracle_state",
    "oracle_columns",
]

LAG_MAX_S = 366 * 86_400
"""Longest delay or window: what an oracle remembers is kept step by step."""

KINDS = ("spot", "arithmetic_mean", "geometric_mean", "fixed")
CHOICES = ("fallback", "min", "max")


FEED = np.dtype(
    [
        ("kind", np.int32),
        ("watched", np.int32),
        ("lag", np.int32),
        ("window", np.int32),
        ("is_prompt", np.bool_),
        ("factor", np.float64),
        ("growth", np.float64),
        ("heartbeat_s", np.float64),
        ("deviation", np.float64),
        ("step_max", np.float64),
        ("floor", np.float64),
        ("ceiling", np.float64),
        ("ceiling_growth", np.float64),
    ],
    align=True,
)
"""One feed.

kind: its number in `kernels.oracle`. watched: row of the market it looks at. lag, window: delay and
averaging window [steps]. is_prompt: whether it looks again within a step, after each round of sales.
factor: price published per price watched at the start, with its growth [1/year]. heartbeat_s,
deviation: age and relative distance at which it publishes. step_max: largest relative move of one
publication. floor, ceiling: limits of what is shown, ceiling_growth: of the latter [1/year].
"""

ORACLE = np.dtype(
    [("first", np.int32), ("second", np.int32), ("choice", np.int32), ("stale_after_s", np.float64)],
    align=True,
)
"""One oracle: its feeds (second is -1 where there is one only), the number in `kernels.oracle` of how two
make one price, and the age at which a feed is not relied on."""


class OracleColumns(NamedTuple):
    """Feeds, and the oracles that read them.

    Attributes:
        feed: Shape (n_feeds,) of `FEED`; the first feeds of all oracles come first.
        oracle: Shape (n_markets,) of `ORACLE`.
        is_out: Whether the first feed is silent, shape (n_steps, n_markets).
        step_s: Length of a step [s].
    """

    feed: np.recarray[Any, Any]
    oracle: np.recarray[Any, Any]
    is_out: NDArray[np.bool_]
    step_s: float


class OracleState(NamedTuple):
    """What oracles remember on one path.

    Attributes:
        ring: By step, log move of each market and the running sums of log moves and of relative prices;
            shape (n_kept, n_markets, 3).
        told: Last price published by each feed, and when [s], shape (n_feeds, 2).
        is_stale: Whether no feed of an oracle may be relied on, shape (n_markets,).
    """

    ring: NDArray[np.float64]
    told: NDArray[np.float64]
    is_stale: NDArray[np.bool_]


class _Feed(Model):
    # What every feed has: when it publishes, and the limits of what is shown.
    heartbeat_s: float = Field(default=0.0, ge=0, description="publishes at this age; 0: every step")
    deviation_bps: float | None = Field(
        default=None, ge=0, description="publishes when the price is further away than this"
    )
    move_max_bps: float | None = Field(default=None, gt=0, description="largest move of one publication")
    floor: float | None = Field(default=None, gt=0, description="least price shown, base currency")
    ceiling: float | None = Field(default=None, gt=0, description="highest price shown, base currency")
    ceiling_growth_per_year: float = Field(default=0.0, ge=0, description="of the ceiling, not compounded")
    same_block: bool = Field(default=False, description="looks again within a step, after sales")

    @model_validator(mode="after")
    def _floor_below_ceiling(self) -> _Feed:
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise ValueError(f"floor {self.floor} is above ceiling {self.ceiling}: exchange them")
        return self


class _Watching(_Feed):
    of: str | None = Field(default=None, description="market watched; left out: the oracle's own")
    rate: float | None = Field(
        default=None, gt=0, description="shown per price watched; left out: as at the start"
    )
    rate_growth_per_year: float = Field(default=0.0, gt=-1, description="of the rate, not compounded")
    delay_s: float = Field(
        default=0.0, ge=0, le=LAG_MAX_S, description="from what is seen to what is published"
    )


class SpotFeed(_Watching):
    """The market price, `delay_s` ago (to the nearest step)."""

    kind: Literal["spot"] = "spot"


class TwapFeed(_Watching):
    """The mean of the market prices of a window that ends `delay_s` ago.

    Source: Uniswap v2 (arithmetic) and v3 (geometric) oracles; the price of a step counts as a whole.
    """

    kind: Literal["twap"] = "twap"
    window_s: float = Field(gt=0, le=LAG_MAX_S)
    mean: Literal["arithmetic", "geometric"] = "geometric"


class FixedFeed(_Feed):
    """A price written into the code."""

    kind: Literal["fixed"] = "fixed"
    price: float | None = Field(default=None, gt=0, description="base currency; left out: as at the start")


Feed = Annotated[SpotFeed | TwapFeed | FixedFeed, Field(discriminator="kind")]


class Oracle(Model):
    """One feed or two.

    With two, `fallback` shows the second while the first is stale; `min` and `max` show the lower or the
    higher, of those that are not stale. An outage silences the first feed.
    """

    feed: Feed
    second: Feed | None = None
    choice: Literal["fallback", "min", "max"] = "fallback"
    stale_after_s: float = Field(default=math.inf, gt=0, description="age at which a feed is not relied on")


DIRECT = Oracle(feed=SpotFeed(same_block=True))
"""Of a market without settings: the market price at once, within the step as well."""


def oracle_columns(
    settings: Mapping[str, Oracle],
    markets: Sequence[str],
    prices: Sequence[float],
    *,
    n_steps: int,
    step_s: float,
    is_out: NDArray[np.bool_] | None = None,
) -> OracleColumns:
    """Return the oracles of some markets as columns.

    Args:
        settings: By market; one that is not named shows the market price at once.
        markets: Names, in the order of the rows.
        prices: Price of each at the start [base currency], > 0.
        n_steps: Steps of a path.
        step_s: Length of a step [s], > 0.
        is_out: Whether the first feed is silent, shape (n_steps, n_markets); never where None.

    Raises:
        InputError: With every name that is no market, and every price that is not above 0.
    """
    problems = list(_problems(settings, markets, prices))
    if problems:
        raise InputError.of(problems)
    at_start = dict(zip(markets, prices, strict=True))
    oracles = [(name, settings.get(name, DIRECT)) for name in markets]
    feeds = [(name, oracle.feed) for name, oracle in oracles]
    table = np.zeros(len(oracles), dtype=ORACLE).view(np.recarray)
    for row, (name, oracle) in enumerate(oracles):
        has_second = oracle.second is not None
        table[row] = (
            row,
            len(feeds) if has_second else -1,
            CHOICES.index(oracle.choice),
            oracle.stale_after_s,
        )
        if oracle.second is not None:
            feeds.append((name, oracle.second))
    silent = np.zeros((n_steps, len(oracles)), dtype=np.bool_) if is_out is None else is_out
    rows = [_row(feed, name, at_start, step_s) for name, feed in feeds]
    return OracleColumns(np.array(rows, dtype=FEED).view(np.recarray), table, silent, float(step_s))


def highest_shown(columns: OracleColumns) -> NDArray[np.float64]:
    """Return the highest price each oracle may show while markets stand as at the start, relative to it [1].

    Shape (n_markets,). A feed that is fixed, or has a rate or a floor, may show another than the market's.
    """
    feed, oracle = columns.feed, columns.oracle
    shown = np.minimum(np.maximum(feed.factor, feed.floor), feed.ceiling)
    first, second = shown[oracle.first], shown[np.maximum(oracle.second, 0)]
    found: NDArray[np.float64] = np.where(oracle.second >= 0, np.maximum(first, second), first)
    return found


def new_oracle_state(columns: OracleColumns) -> OracleState:
    """Return room for what oracles remember: as many steps as the longest delay and window need."""
    feed, markets = columns.feed, len(columns.oracle)
    kept = int(np.max(feed["lag"] + feed["window"], initial=0)) + 2
    return OracleState(
        np.zeros((kept, markets, 3)), np.zeros((len(feed), 2)), np.zeros(markets, dtype=np.bool_)
    )


def _row(feed: Feed, name: str, at_start: Mapping[str, float], step_s: float) -> tuple[object, ...]:
    # One feed, in the order of FEED.
    own, watched, factor, growth, delay_s, window_s = at_start[name], name, 1.0, 0.0, 0.0, 0.0
    if isinstance(feed, FixedFeed):
        factor = 1.0 if feed.price is None else feed.price / own
    else:
        watched, growth, delay_s = feed.of or name, feed.rate_growth_per_year, feed.delay_s
        factor = 1.0 if feed.rate is None else feed.rate * at_start[watched] / own
    kind: str = feed.kind
    if isinstance(feed, TwapFeed):
        kind, window_s = f"{feed.mean}_mean", feed.window_s
    return (
        KINDS.index(kind),
        list(at_start).index(watched),
        _steps(delay_s, step_s),
        max(1, _steps(window_s, step_s)),
        feed.same_block,
        factor,
        growth,
        feed.heartbeat_s,
        _part(feed.deviation_bps),
        _part(feed.move_max_bps),
        0.0 if feed.floor is None else feed.floor / own,
        math.inf if feed.ceiling is None else feed.ceiling / own,
        feed.ceiling_growth_per_year,
    )


def _part(bps: float | None) -> float:
    return math.inf if bps is None else bps / BPS


def _steps(seconds: float, step_s: float) -> int:
    # To the nearest step, halves up: a delay well below a step is none.
    return math.floor(seconds / step_s + 0.5)


def _problems(
    settings: Mapping[str, Oracle], markets: Sequence[str], prices: Sequence[float]
) -> Iterator[Problem]:
    known = f"expected one of {', '.join(markets)}"
    for name, price in zip(markets, prices, strict=True):
        if not 0 < price < math.inf:
            message = f"price of {name} at the start is {price}, expected above 0"
            yield Problem("out_of_range", message, f"oracles.{name}")
    for name, oracle in settings.items():
        if name not in markets:
            yield Problem("unknown_market", f"no such market, {known}: remove it", f"oracles.{name}")
        for place, feed in (("feed", oracle.feed), ("second", oracle.second)):
            if isinstance(feed, SpotFeed | TwapFeed) and feed.of is not None and feed.of not in markets:
                message = f"watches {feed.of!r}, {known}"
                yield Problem("unknown_market", message, f"oracles.{name}.{place}.of")
