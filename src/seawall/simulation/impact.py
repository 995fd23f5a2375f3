"""How sales move a market, as settings: one kind for each asset, and the columns the kernels read.

A market is a falling curve of the price, relative to the fundamental one, against units sold. Impact
is transient: half of it is gone after each half-life. Depths are given in the base currency at the
prices of the start; what the kinds do is in `kernels.impact` and `kernels.depth_curve`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.core.market import Depth
from seawall.core.units import BPS
from seawall.errors import InputError, MissingData, Problem
from seawall.simulation.depth_nodes import Nodes, nodes_of_orders, nodes_of_ranges

__all__ = ["MARKET", "Impact", "ImpactColumns", "Orders", "impact_columns"]

DAYS_A_YEAR = 365


MARKET = np.dtype(
    [
        ("kind", np.int32),
        ("first_sale", np.int32),
        ("last_sale", np.int32),
        ("first_purchase", np.int32),
        ("last_purchase", np.int32),
        ("scale", np.float64),
        ("fee", np.float64),
        ("half_life_s", np.float64),
        ("beyond_sales", np.float64),
        ("beyond_purchases", np.float64),
        ("buys_debt", np.bool_),
    ]
)
"""One market.

kind: its number in `kernels.curves` and `kernels.depth_curve`. first_sale to last_sale, first_purchase
to last_purchase: its nodes, both ends included. scale: log impact or relative move per unit, relative
move per root of a unit, or the reserve in units. fee: as a fraction, in [0, 1). half_life_s: 0 is gone
at once, inf stays. beyond_sales, beyond_purchases: log price per unit beyond the last node, <= 0 and
>= 0. buys_debt: whether liquidators buy in it what they repay.
"""


class ImpactColumns(NamedTuple):
    """Markets of all assets.

    Attributes:
        item: Shape (n_assets,) of `MARKET`.
        node: Units traded there [whole units], price relative to the start; shape (n_nodes, 2).
    """

    item: np.recarray[Any, Any]
    node: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Orders:
    """Resting orders of an asset: (price [base currency], quantity [whole units]), around `mark`."""

    mark: float
    bids: tuple[tuple[float, float], ...] = ()
    asks: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, depth: Depth, mark: int, *, mark_decimals: int, quantity_decimals: int) -> Orders:
        """Turn the depth of an instrument, as a market holds it, into whole units."""
        price_unit, quantity_unit = 10.0**mark_decimals, 10.0**quantity_decimals
        bids, asks = (
            tuple((level.price / price_unit, level.quantity / quantity_unit) for level in levels)
            for levels in (depth.bids, depth.asks)
        )
        return cls(mark / price_unit, bids, asks)


class _Market(Model):
    # What every kind of market has.
    fee_bps: float = Field(default=0.0, ge=0, lt=BPS, description="of what is traded")
    half_life_s: float = Field(default=math.inf, ge=0, description="of impact; left out: it stays")
    buys_debt: bool = Field(
        default=False, description="whether liquidators buy here the debt they repay, and push its price up"
    )


class NoImpact(_Market):
    """Any quantity trades at the market price."""

    kind: Literal["none"] = "none"


class LinearImpact(_Market):
    """The price falls in proportion to what was sold: `move_bps` for each `value`.

    `log` lets the log price fall in proportion, so that the price never comes to zero; `relative` lets
    the price itself, down to the floor of all kinds.
    """

    kind: Literal["linear"] = "linear"
    value: float = Field(gt=0, description="base currency, sold at prices of the start")
    move_bps: float = Field(default=100.0, gt=0)
    shape: Literal["log", "relative"] = "log"


class SquareRootImpact(_Market):
    """relative move = factor * daily volatility * sqrt(sold / daily volume).

    Source: Almgren et al., Direct Estimation of Equity Market Impact (2005); Bouchaud, Price Impact (2009).
    """

    kind: Literal["square_root"] = "square_root"
    volume: float = Field(gt=0, description="base currency a day")
    volatility: float = Field(gt=0, description="per square root of a year")
    factor: float = Field(default=1.0, gt=0)


class ProductImpact(_Market):
    """A constant product pool; its fee is taken from what comes in, before it moves the price.

    Source: Adams et al., Uniswap v2 Core (2020); the fee is kept beside the pool, as in v3.
    """

    kind: Literal["constant_product"] = "constant_product"
    reserve: float = Field(gt=0, description="value of the other side of the pool, base currency")
    fee_bps: float = Field(default=30.0, ge=0, lt=BPS)


class BookImpact(_Market):
    """Resting orders, from `depth` of the snapshot or listed here; see `depth_nodes.nodes_of_orders`."""

    kind: Literal["book"] = "book"
    instrument: str | None = Field(default=None, description="whose depth; left out: of the asset's name")
    bids: tuple[tuple[float, float], ...] = Field(default=(), strict=False)
    asks: tuple[tuple[float, float], ...] = Field(default=(), strict=False)


class Range(Model):
    """Liquidity L = sqrt(units * value) between two prices [base currency]."""

    low: float = Field(gt=0)
    high: float = Field(gt=0)
    liquidity: float = Field(gt=0)


class RangesImpact(_Market):
    """Concentrated liquidity: in each range of prices a constant product pool of its own.

    Source: Adams et al., Uniswap v3 Core (2021), section 6.2.
    """

    kind: Literal["ranges"] = "ranges"
    ranges: tuple[Range, ...] = Field(min_length=1, strict=False)
    fee_bps: float = Field(default=5.0, ge=0, lt=BPS)

    @model_validator(mode="after")
    def _apart(self) -> RangesImpact:
        complaints = [
            f"range {number} ends at {each.high}, not above its start {each.low}"
            for number, each in enumerate(self.ranges, start=1)
            if each.high <= each.low
        ]
        complaints += [
            f"range {number + 1} starts at {upper.low}, below the end of range {number} ({lower.high}): "
            "sort ranges by price, add up what overlaps"
            for number, (lower, upper) in enumerate(zip(self.ranges, self.ranges[1:], strict=False), start=1)
            if upper.low < lower.high
        ]
        if complaints:
            raise ValueError("; ".join(complaints))
        return self


Impact = Annotated[
    NoImpact | LinearImpact | SquareRootImpact | ProductImpact | BookImpact | RangesImpact,
    Field(discriminator="kind"),
]
KINDS = ("none", "log_linear", "linear", "square_root", "constant_product", "book", "ranges")


def impact_columns(
    settings: Mapping[str, Impact],
    assets: Sequence[str],
    prices: Sequence[float],
    *,
    orders: Mapping[str, Orders] | None = None,
) -> ImpactColumns:
    """Return the markets of some assets as columns.

    Args:
        settings: By asset; one that is not named has no impact.
        assets: Names, in the order of the rows.
        prices: Price of one whole unit of each at the start [base currency], > 0.
        orders: Resting orders, by instrument, for kind `book`.

    Raises:
        MissingData: A book has no orders.
        InputError: A price is not above 0, or settings name an asset that is not there.
    """
    rows = [settings.get(name, NoImpact()) for name in assets]
    problems = _problems(settings, assets, prices, rows, orders or {})
    if problems:
        kind = MissingData if all(each.code == "no_depth" for each in problems) else InputError
        raise kind.of(problems)
    item = np.zeros(len(rows), dtype=MARKET).view(np.recarray)
    nodes: list[tuple[float, float]] = []
    for at, (name, price, row) in enumerate(zip(assets, prices, rows, strict=True)):
        table = _nodes(row, price, _orders_of(row, name, price, orders or {}))
        middle = len(nodes) + len(table.sales)
        end = middle + len(table.purchases)
        sale_rate, purchase_rate = table.beyond
        item[at] = (
            _kind(row), len(nodes), middle - 1, middle, end - 1,
            _scale(row, price), row.fee_bps / BPS, row.half_life_s, -sale_rate, purchase_rate,
            row.buys_debt and not isinstance(row, NoImpact),
        )  # fmt: skip
        nodes += [*table.sales, *table.purchases]
    return ImpactColumns(item, np.array(nodes, dtype=np.float64).reshape(-1, 2))


def _kind(row: Impact) -> int:
    if isinstance(row, LinearImpact):
        return KINDS.index("log_linear" if row.shape == "log" else "linear")
    return KINDS.index(row.kind)


def _scale(row: Impact, price: float) -> float:
    # The one parameter of each curve, per whole unit of the asset.
    if isinstance(row, LinearImpact):
        return row.move_bps / BPS * price / row.value
    if isinstance(row, SquareRootImpact):
        return row.factor * row.volatility / math.sqrt(DAYS_A_YEAR) * math.sqrt(price / row.volume)
    if isinstance(row, ProductImpact):
        return row.reserve / price
    return 0.0


def _nodes(row: Impact, price: float, orders: Orders | None) -> Nodes:
    if isinstance(row, BookImpact) and orders is not None:
        return nodes_of_orders(orders.bids, orders.asks, orders.mark)
    if isinstance(row, RangesImpact):
        return nodes_of_ranges([(each.low, each.high, each.liquidity) for each in row.ranges], price)
    return Nodes((), (), (0.0, 0.0))


def _orders_of(row: Impact, name: str, price: float, orders: Mapping[str, Orders]) -> Orders | None:
    if not isinstance(row, BookImpact):
        return None
    if row.bids or row.asks:
        return Orders(price, row.bids, row.asks)
    return orders.get(row.instrument or name)


def _problems(
    settings: Mapping[str, Impact],
    assets: Sequence[str],
    prices: Sequence[float],
    rows: Sequence[Impact],
    orders: Mapping[str, Orders],
) -> list[Problem]:
    found = [
        Problem(
            "unknown_asset",
            f"no such asset, expected one of {', '.join(assets)}: remove it",
            f"impact.{name}",
        )
        for name in settings
        if name not in assets
    ]
    for name, price, row in zip(assets, prices, rows, strict=True):
        where = f"impact.{name}"
        if not 0 < price < math.inf:
            found.append(Problem("out_of_range", f"price at the start is {price}, expected above 0", where))
        if not isinstance(row, BookImpact):
            continue
        listed = _orders_of(row, name, price, orders)
        if listed is None or not (listed.bids or listed.asks):
            message = f"no orders of {row.instrument or name!r}: add rows to depth, or bids and asks here"
            found.append(Problem("no_depth", message, where))
        elif any(not (level[0] > 0 and level[1] > 0) for level in (*listed.bids, *listed.asks)):
            found.append(
                Problem("out_of_range", "an order has no positive price and quantity: remove it", where)
            )
    return found
