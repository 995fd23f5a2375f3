"""Accounts margined as portfolios pay for the losses of others out of what options gained in a step."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import pytest

from seawall.core.book import Account, Balance, Position
from seawall.core.units import WAD
from seawall.risk.options import model_worth
from seawall.simulation.engine import DETECTORS, Detector
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from tests.risk.portfolios import AS_OF, GRID, INSTRUMENTS, MARKET, USD, account, book
from tests.simulation.charged_worlds import CHARGES, LAST
from tests.simulation.test_deleveraging import Holdings, cash_of, walked
from tests.simulation.worlds import World, exchange_venue

USDC = 10**6
STEP_S = 60


def put_and_short() -> World:
    """A long that fails at the second fall, and who then wins: a short of the same size, and puts.

    Many others are far from failure, so that an index pays and prices no option in a calm step.
    """
    flat = {"maintenance": {"kind": "flat", "rate_ppm": 25_000}, "close_out_slippage_bps": 0}
    terms = exchange_venue(
        instruments={"*": flat},
        waterfall=[{"name": "movers", **CHARGES["movers"]}, LAST],
        breaks={},
        size={"kind": "full"},
    ).model_copy(update={"portfolio": GRID})
    people = [_on_margin("fails", 9_000, 1000), _on_margin("short", 100_000, -1000)]
    people += [_on_margin(f"calm {number}", 1_000_000, 10) for number in range(60)]
    return book(*people, account("puts", usdc=10_000_000 * USDC, BTC_60_P=100)), MARKET, terms


def _on_margin(name: str, cash: int, coins: int) -> Account:
    position = Position("BTC-PERP", "net", coins, -coins * 60 * USDC)
    return Account(name, balances=(Balance("USDC", "cash", cash * USDC),), positions=(position,))


def two_falls() -> Scenario:
    return Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": 3 * STEP_S, "step_s": STEP_S},
            "prices": {"kind": "gbm", "assets": {"BTC": {"vol": 0.0}, "ETH": {"vol": 0.0}}},
            "shocks": [
                {"at_s": 0, "moves": {"BTC": -0.10}},
                {"at_s": 2 * STEP_S, "moves": {"BTC": -0.11}},
            ],
            "markets": {"BTC": {"moves": ["BTC", "BTC-PERP", "BTC-COIN"]}, "ETH": {"moves": ["ETH-PERP"]}},
        }
    )


def after_falls(detector: Detector) -> tuple[int, Holdings]:
    """Return how many failed, and the cash of all; also called in a process without a compiler."""
    world = put_and_short()
    storm = Storm.of(*world, two_falls())
    walker, totals = walked(storm, detector)
    return int(totals.count("accounts_liquidated")[0]), cash_of(storm, world[0], walker)


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_gains_of_options_count_from_their_price_in_the_step_before(
    interpreter: ProcessPoolExecutor, detector: Detector
) -> None:
    """The mark falls from 54 000 to 48 060: a short of one coin won 5940, a put its own worth's rise."""
    failed, cash = interpreter.submit(after_falls, detector).result()
    assert failed == 1
    assert (failed, cash) == interpreter.submit(after_falls, "scan").result()
    put = next(item.option for item in INSTRUMENTS if item.id == "BTC-60-P")
    left = put.expires - AS_OF if put is not None else 0
    before, after = (
        model_worth(put, forward * USD, WAD * 6 // 10, left - steps * STEP_S, 8) / WAD / USD
        for forward, steps in ((54_000, 1), (48_060, 2))
        if put is not None
    )
    by_short = 100_000 + 60_000 - cash["short", "USDC"] / USDC
    by_puts = 10_000_000 - cash["puts", "USDC"] / USDC
    assert by_puts / by_short == pytest.approx((after - before) / 5940, rel=1e-6)
