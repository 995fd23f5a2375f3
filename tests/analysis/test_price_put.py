"""Puts on simulated prices: their exact mean is the mean of what they pay."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.analysis.price_put import put_mean, put_payoffs
from seawall.errors import InputError
from seawall.simulation.scenario import Scenario
from tests.analysis.zscore import z_score

VOLS = {"ETH": {"vol": 0.9, "mu": 0.4, "jump_beta": 1.5}, "BTC": {"vol": 0.6}}
GBM: dict[str, Any] = {"kind": "gbm", "assets": VOLS, "correlation": {"between": 0.7}}
MERTON: dict[str, Any] = {
    **GBM,
    "kind": "merton",
    "common": {"rate_per_year": 100, "mean": -0.06, "sd": 0.08},
    "jumps": {"ETH": {"rate_per_year": 60, "mean": -0.05, "sd": 0.1}},
}
FALL = {"at_s": 3600, "moves": {"ETH": -0.1}}
PEGS = {"stETH": {"of": "ETH", "half_life_s": 3600.0}}
CASES: dict[str, dict[str, Any]] = {
    "gbm": {"prices": GBM},
    "merton": {"prices": MERTON},
    "merton, pegged": {"prices": {"kind": "pegged", "base": MERTON, "pegs": PEGS}},
    "shocked by the scenario": {"prices": MERTON, "shocks": [FALL]},
    "shocked by the model": {"prices": {"kind": "shocked", "base": MERTON, "shocks": [FALL]}},
}


def scenario(markets: tuple[str, ...] = ("BTC", "ETH"), **raw: Any) -> Scenario:
    run = {"horizon_s": 86_400, "step_s": 7200, "seed": 5}
    return Scenario.build({"run": run, "markets": {name: {} for name in markets}, **raw})


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("market", "strike"), [("ETH", 0.85), ("BTC", 0.95), ("ETH", 1.1)])
def test_the_mean_of_what_a_put_pays_is_known(name: str, market: str, strike: float) -> None:
    storm = scenario(**CASES[name])
    paid = put_payoffs(storm, market, strike, first=0, count=20_000)
    assert abs(z_score(paid, put_mean(storm, market, strike))) < 4


@pytest.mark.parametrize(
    ("prices", "market", "kind"),
    [
        ({**GBM, "kind": "multivariate_t", "nu": 4.0}, "ETH", "multivariate_t"),
        ({"kind": "pegged", "base": GBM, "pegs": PEGS}, "stETH", "pegged"),
        ({**GBM, "kind": "hawkes", "clusters": {"rate_per_year": 9, "branching": 0.5, "half_life_s": 3600.0,
                                                "mean": -0.1, "sd": 0.1}}, "ETH", "hawkes"),
    ],
)  # fmt: skip
def test_a_price_whose_law_has_no_closed_form_is_refused(
    prices: dict[str, Any], market: str, kind: str
) -> None:
    storm = scenario((market,), prices=prices)
    with pytest.raises(InputError, match=f"not known in closed form where prices are {kind}"):
        put_mean(storm, market, 0.9)
