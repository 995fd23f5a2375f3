"""Interest alone takes an account to its trigger, and no detector misses the step."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.simulation.engine import walk_paths
from tests.simulation.loans import still, storm_of_loans

STEP_S, STEPS = 3600, 48
RATE = 2.0
"""Growth of debt [1/year]: high, so that it takes hours."""


def first_failing_step(threshold: float, coins: float, owed: float) -> int:
    """Steps until debt, which grows at the start of each, outgrows what coins at a price of 1 count for."""
    growth = 1.0 + RATE * STEP_S / (365 * 86_400)
    return int(np.ceil(np.log(threshold * coins / owed) / np.log(growth))) - 1


@pytest.mark.parametrize("detector", ["scan", "index", "index_without_epochs"])
def test_debt_that_grows_is_found_at_the_step_it_outgrows_its_collateral(detector: str) -> None:
    loans = [({"COIN": 1000.0}, 800.0 / (1.0 + 0.0006 * number)) for number in range(1, 12)]
    storm = storm_of_loans(
        loans,
        1.0,
        {
            "run": {"n_paths": 1, "horizon_s": STEP_S * STEPS, "step_s": STEP_S},
            "prices": still(["COIN"]),
            "markets": {"COIN": {}},
            "rates": {"DOLLAR": {"borrow_per_year": RATE}},
            "liquidators": {"asks": False},
        },
        threshold_bps=8000,
        bonus_bps=10500,
    )
    due = [first_failing_step(0.8, held["COIN"], owed) for held, owed in loans]
    assert 0 < min(due) < max(due) < STEPS
    totals = storm.run(0, 1, detector=detector)  # type: ignore[arg-type]  # one of the three
    assert totals.count("accounts_liquidated").tolist() == [len(loans)]
    moves = storm.scenario.moves(0, 1)
    for step in sorted(set(due)):
        found = walk_paths(storm.ground, moves[:, : step + 1], detector=detector)  # type: ignore[arg-type]  # one of the three
        assert found.count("accounts_liquidated").tolist() == [sum(each <= step for each in due)]
