"""Small markets, one of each kind, and an order book that is walked order by order."""

from collections.abc import Sequence

from seawall.simulation.impact import (
    BookImpact,
    Impact,
    ImpactColumns,
    LinearImpact,
    NoImpact,
    ProductImpact,
    Range,
    RangesImpact,
    SquareRootImpact,
    impact_columns,
)

PRICE = 100.0
BIDS = ((99.5, 10.0), (98.0, 20.0), (95.0, 100.0), (60.0, 5.0))
ASKS = ((100.5, 10.0), (103.0, 50.0))
KINDS: dict[str, Impact] = {
    "none": NoImpact(),
    "log_linear": LinearImpact(value=1e5),
    "linear": LinearImpact(value=1e5, shape="relative"),
    "square_root": SquareRootImpact(volume=1e6, volatility=0.8),
    "constant_product": ProductImpact(reserve=1e6),
    "book": BookImpact(bids=BIDS, asks=ASKS),
    "ranges": RangesImpact(
        ranges=(
            Range(low=50, high=90, liquidity=500),
            Range(low=92, high=120, liquidity=5000),
            Range(low=120, high=140, liquidity=300),
        )
    ),
}
ROW = {name: row for row, name in enumerate(KINDS)}


def one_market(setting: Impact, price: float = PRICE) -> ImpactColumns:
    """Return the market of a single asset, in row 0."""
    return impact_columns({"x": setting}, ["x"], [price])


def all_markets(*, without_fees: bool = False) -> ImpactColumns:
    """Return one market of each kind, in the order of KINDS."""
    chosen = KINDS
    if without_fees:
        chosen = {name: each.model_copy(update={"fee_bps": 0.0}) for name, each in KINDS.items()}
    return impact_columns(chosen, list(KINDS), [PRICE] * len(KINDS))


def walk_orders(orders: Sequence[tuple[float, float]], quantity: float) -> float:
    """Return what selling into resting orders pays, best first."""
    value = 0.0
    for price, size in orders:
        taken = min(size, quantity)
        value += taken * price
        quantity -= taken
    assert quantity <= 0, "the orders do not hold that much"
    return value
