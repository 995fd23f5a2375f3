"""What a venue's oracle shows of a market, as settings, and the columns the kernels read.

An oracle has one feed, or two. A feed looks at a market (or stands still at a price), publishes when its
heartbeat or its deviation says so, and is shown within its limits. All prices are relative to the price
of the oracle's own market at the start. How a step goes is in `kernels.observe`.
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

__all__ = ["Feed", "Oracle", "OracleColumns", "OracleState", "new_oracle_state", "oracle_columns"]

KINDS = ("spot", "arithmetic_mean", "geometric_mean", "fixed")
CHOICES = ("fallback", "min", "max")


class OracleColumns(NamedTuple):
    """Feeds, shape (n_feeds,) each, and the oracles that read them, shape (n_markets,) each.

    Attributes:
        kind: Number of the kind, as in `kernels.observe`.
        watched: Row of the market that the feed looks at.
        factor: Price published per price watched at the start, and its growth [1/year].
        growth: Of that factor.
        lag, window: Delay and averaging window [steps].
        is_prompt: Whether it looks again within a step, after each round of sales.
        heartbeat_s, deviation: Age and relative distance [1] at which it publishes.
        step_max: Largest relative move of one publication [1].
        floor, ceiling: Limits of what is shown.
        ceiling_growth: Of the ceiling [1/year].
        first, second: Feeds of each oracle; second is -1 where there is one only.
        choice: How two feeds make one price, as in `kernels.observe`.
        stale_after_s: Age at which a feed is not relied on.
        is_out: Whether the first feed is silent, shape (n_steps, n_markets).
        step_s: Length of a step [s].
    """

    kind: NDArray[np.int64]
    watched: NDArray[np.int64]
    factor: NDArray[np.float64]
    growth: NDArray[np.float64]
    lag: NDArray[np.int64]
    window: NDArray[np.int64]
    is_prompt: NDArray[np.bool_]
    heartbeat_s: NDArray[np.float64]
    deviation: NDArray[np.float64]
    step_max: NDArray[np.float64]
    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]
    ceiling_growth: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    choice: NDArray[np.int64]
    stale_after_s: NDArray[np.float64]
    is_out: NDArray[np.bool_]
    step_s: float


class OracleState(NamedTuple):
    """What oracles remember on one path.

    Attributes:
        move: Log moves of the markets, a ring by step, shape (n_kept, n_markets).
        log_total, total: Running sums of log moves and of relative prices, rings of the same shape.
        published: Last price published, shape (n_feeds,).
        updated_s: When that was, shape (n_feeds,).
        is_stale: Whether no feed of an oracle may be relied on, shape (n_markets,).
    """

    move: NDArray[np.float64]
    log_total: NDArray[np.float64]
    total: NDArray[np.float64]
    published: NDArray[np.float64]
    updated_s: NDArray[np.float64]
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
    delay_s: float = Field(default=0.0, ge=0, description="from what is seen to what is published")


class SpotFeed(_Watching):
    """The market price, `delay_s` ago (to the nearest step)."""

    kind: Literal["spot"] = "spot"


class TwapFeed(_Watching):
    """The mean of the market prices of a window that ends `delay_s` ago.

    Source: Uniswap v2 (arithmetic) and v3 (geometric) oracles; the price of a step counts as a whole.
    """

    kind: Literal["twap"] = "twap"
    window_s: float = Field(gt=0)
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
    second = np.full(len(oracles), -1, dtype=np.int64)
    for row, (name, oracle) in enumerate(oracles):
        if oracle.second is not None:
            second[row] = len(feeds)
            feeds.append((name, oracle.second))
    rows = [_row(feed, name, at_start, step_s) for name, feed in feeds]
    columns: dict[str, Any] = {
        field: np.array(column) for field, column in zip(_Row._fields, zip(*rows, strict=True), strict=True)
    }
    return OracleColumns(
        **columns,
        first=np.arange(len(oracles), dtype=np.int64),
        second=second,
        choice=np.array([CHOICES.index(oracle.choice) for _, oracle in oracles], dtype=np.int64),
        stale_after_s=np.array([oracle.stale_after_s for _, oracle in oracles], dtype=float),
        is_out=np.zeros((n_steps, len(oracles)), dtype=np.bool_) if is_out is None else is_out,
        step_s=float(step_s),
    )


def new_oracle_state(columns: OracleColumns) -> OracleState:
    """Return room for what oracles remember: as many steps as the longest delay and window need."""
    kept = int(np.max(columns.lag + columns.window, initial=0)) + 2
    markets, feeds = len(columns.first), len(columns.kind)
    move, log_total, total = (np.zeros((kept, markets)) for _ in range(3))
    return OracleState(
        move, log_total, total, np.ones(feeds), np.zeros(feeds), np.zeros(markets, dtype=np.bool_)
    )


class _Row(NamedTuple):
    # One feed; named as the first fields of OracleColumns.
    kind: int
    watched: int
    factor: float
    growth: float
    lag: int
    window: int
    is_prompt: bool
    heartbeat_s: float
    deviation: float
    step_max: float
    floor: float
    ceiling: float
    ceiling_growth: float


def _row(feed: Feed, name: str, at_start: Mapping[str, float], step_s: float) -> _Row:
    own, watched, factor, growth, delay_s, window_s = at_start[name], name, 1.0, 0.0, 0.0, 0.0
    if isinstance(feed, FixedFeed):
        factor = 1.0 if feed.price is None else feed.price / own
    else:
        watched, growth, delay_s = feed.of or name, feed.rate_growth_per_year, feed.delay_s
        factor = 1.0 if feed.rate is None else feed.rate * at_start[watched] / own
    kind: str = feed.kind
    if isinstance(feed, TwapFeed):
        kind, window_s = f"{feed.mean}_mean", feed.window_s
    return _Row(
        kind=KINDS.index(kind),
        watched=list(at_start).index(watched),
        factor=factor,
        growth=growth,
        lag=_steps(delay_s, step_s),
        window=max(1, _steps(window_s, step_s)),
        is_prompt=feed.same_block,
        heartbeat_s=feed.heartbeat_s,
        deviation=_part(feed.deviation_bps),
        step_max=_part(feed.move_max_bps),
        floor=0.0 if feed.floor is None else feed.floor / own,
        ceiling=math.inf if feed.ceiling is None else feed.ceiling / own,
        ceiling_growth=feed.ceiling_growth_per_year,
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
