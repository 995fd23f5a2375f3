"""A venue of dollars lent against coins, small enough to be worked out by hand; storms of one path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from tests.simulation.loans import COIN, DOLLAR, plain_terms, still
from tests.worlds import USD

HOUR_S = 3600
DETECTORS = ("scan", "index", "index_without_epochs")


def venue(
    loans: Sequence[tuple[float, float]],
    *,
    cash: float,
    coins_cash: float = 10**6,
    suppliers: Sequence[float] = (),
    steps: int,
    layers: Sequence[dict[str, Any]] = (),
    **scenario: Any,
) -> Storm:
    """Loans of (coins, dollars owed) at a price of 1, threshold 80 %, bonus 5 %; suppliers of dollars."""
    people = [
        Account(
            f"x{number:03d}",
            balances=(
                Balance("COIN", "supply", round(coins * COIN)),
                Balance("DOLLAR", "debt", -round(owed * DOLLAR)),
            ),
        )
        for number, (coins, owed) in enumerate(loans)
    ]
    people += [
        Account(f"s{number}", balances=(Balance("DOLLAR", "supply", round(amount * DOLLAR)),))
        for number, amount in enumerate(suppliers)
    ]
    book = Book.of(
        people,
        assets=[Asset("COIN", 8), Asset("DOLLAR", 6)],
        pools=[Pool("COIN", cash=round(coins_cash * COIN)), Pool("DOLLAR", cash=round(cash * DOLLAR))],
        venue="test",
    )
    market = Market(prices={"COIN": Price(USD), "DOLLAR": Price(USD)})
    raw: dict[str, Any] = {
        "run": {"n_paths": 1, "horizon_s": HOUR_S * steps, "step_s": HOUR_S},
        "prices": still(["COIN"]),
        "markets": {"COIN": {}},
        "liquidators": {"asks": False},
    }
    last = {"name": "unassigned", "kind": "residual", "bearer": "residual:unassigned"}
    terms = plain_terms(["COIN"], threshold_bps=8000, bonus_bps=10500, waterfall=[*layers, last])
    return Storm.of(book, market, terms, Scenario.build({**raw, **scenario}))


def walked(storm: Storm) -> PathTotals:
    """The one path, the same by every detector."""
    found = [storm.run(0, 1, detector=name) for name in DETECTORS]  # type: ignore[arg-type]
    for other in found[1:]:
        assert (other.money == found[0].money).all()
        assert (other.counts == found[0].counts).all()
    return found[0]


def fall(at_step: int, by: float) -> list[dict[str, Any]]:
    """Coins fall at the start of a step, for good."""
    return [{"at_s": HOUR_S * at_step + 60, "moves": {"COIN": -by}}]


def leaving(**changes: Any) -> list[dict[str, Any]]:
    return [{"asset": "DOLLAR", "share_per_hour": 10.0, **changes}]
