"""Serve the model cases that a closed form answers: what the storm is held to.

A tolerance in words speaks of a simulation; here the formula itself is held, to `EXACT`, but where the
case rounds its own figures (`ROUNDED`). Names and lists of whole numbers must be equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isclose
from typing import Any

import numpy as np

from seawall.analysis import branching
from seawall.analysis.closed_forms.borel_tanner import poisson_cascade
from seawall.analysis.closed_forms.compound_poisson import compound_poisson
from seawall.analysis.closed_forms.constant_product import pool_cascade
from seawall.analysis.closed_forms.default_fund import default_fund_cover
from seawall.analysis.closed_forms.delay_put import (
    delay_put,
    highest_threshold,
    jump_delay_put,
    wang_delay_put,
)
from seawall.analysis.closed_forms.first_passage import mean_log_overshoot, prob_hit, prob_hit_discrete
from seawall.analysis.closed_forms.liquidity_var import liquidity_var
from seawall.analysis.closed_forms.normal_tail import normal_tail
from seawall.analysis.closed_forms.options import black_76, black_scholes
from seawall.analysis.closed_forms.oracle_loss import expected_loss, oracle_expected_loss
from seawall.analysis.closed_forms.pareto_tail import ParetoTail
from seawall.analysis.closed_forms.portfolio_credit import (
    basel_corporate,
    expected_credit_loss,
    worst_default_rate,
)
from seawall.analysis.closed_forms.ruin import fund_for_ruin, ruin_probability
from seawall.analysis.closed_forms.scenario_margin import future_margin, scan, vol_shock
from seawall.analysis.closed_forms.single_factor import single_factor_loss
from seawall.analysis.closed_forms.twap_lag import twap_lag_variance
from seawall.analysis.closed_forms.uniform_band import uniform_band
from seawall.analysis.reverse_stress import nearest_linear_loss, nearest_losses
from seawall.analysis.tail import var_ranks
from tests.vectors.outcome import Outcome

HOUR_S, DAY_S = 3600.0, 86_400.0
EXACT = 1e-9
ROUNDED = {
    "bgk_shift": 2e-6,  # counts with 0.5826 for 0.58259716
    "dederi_future_pm": 0.5,  # its own words: the source rounds
    "panjer": 1.2e-9,  # its g_5, .0985691991, is .09856919796 by summing convolutions
}

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


def serve(case: Mapping[str, Any]) -> Outcome | None:
    """Return what became of a case, None where no closed form answers its inputs."""
    inputs = case["inputs"]
    for needed, compute in SERVED:
        if set(inputs) == set(needed.split()):
            return _held(case, compute(inputs))
    return None


def _held(case: Mapping[str, Any], got: Outputs) -> Outcome:
    name, expected, said = str(case["id"]), case["expected"], case["tolerance"]
    tolerance = ROUNDED.get(name, said if isinstance(said, int | float) else EXACT)
    wrong = [
        f"{key}: expected {value}, got {got.get(key, 'nothing computed')}"
        for key, value in expected.items()
        if key not in got or not _close(value, got[key], tolerance)
    ]
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _close(value: Any, got: Any, tolerance: float) -> bool:
    if isinstance(value, str):
        return bool(value == got)
    wanted, found = list(_numbers(value)), list(_numbers(got))
    return len(wanted) == len(found) and all(
        isclose(a, b, rel_tol=1e-13, abs_tol=tolerance) for a, b in zip(wanted, found, strict=True)
    )


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list | tuple | np.ndarray):
        for each in value:
            yield from _numbers(each)
    else:
        yield float(value)


# --- One position ---


def put(i: Inputs) -> Outputs:
    found = delay_put(i["LT"], i["bonus"], i["sigma"], i["delay_hours"] * HOUR_S, drift=i["drift"])
    return {"lgd": found.lgd, "prob_bad_debt": found.prob_bad_debt}


def jumps(i: Inputs) -> Outputs:
    rates = {key: i[f"{key}_per_year" if key == "jump_rate" else key] for key in JUMPS}
    found = jump_delay_put(i["LT"], i["bonus"], i["sigma"], i["delay_hours"] * HOUR_S, **rates)
    return {"lgd": found.lgd}


JUMPS = ("jump_rate", "jump_log_mean", "jump_log_sd")


def hit(i: Inputs) -> Outputs:
    return {"p_hit": prob_hit(i["S0"], i["trigger"], i["sigma"], i["T_days"] * DAY_S, drift=i["mu"])}


def shift(i: Inputs) -> Outputs:
    heartbeat = i["heartbeat_hours"] * HOUR_S
    return {
        "p_hit_approx": prob_hit_discrete(i["S0"], i["trigger"], i["sigma"], i["T_days"] * DAY_S, heartbeat),
        "mean_log_overshoot": mean_log_overshoot(i["sigma"], heartbeat),
    }


def _watched(i: Inputs) -> tuple[float, ...]:
    times = i["T_days"] * DAY_S, i["delay_hours"] * HOUR_S
    return (*(i[key] for key in ("S0", "trigger", "LT", "bonus", "sigma")), *times)


def watched_always(i: Inputs) -> Outputs:
    return {"EL_over_debt": expected_loss(*_watched(i)).expected_loss}


def watched_by_oracle(i: Inputs) -> Outputs:
    found = oracle_expected_loss(*_watched(i), i["oracle_heartbeat_hours"] * HOUR_S)
    return {"p_hit": found.prob_hit, "EL_over_debt": found.expected_loss, "lgd_given_hit": found.lgd}


def frontier(i: Inputs) -> Outputs:
    return {
        str(vol): [
            highest_threshold(i["target_lgd"], i["bonus"], vol, hours * HOUR_S, slippage=i["slippage"])
            for hours in i["delays_h"]
        ]
        for vol in i["sigmas"]
    }


def lag(i: Inputs) -> Outputs:
    return {"var_log_spot_minus_geometric_twap": twap_lag_variance(i["sigma"], i["window_days"] * DAY_S)}


def wang(i: Inputs) -> Outputs:
    position = i["LT"], i["bonus"], i["sigma"], i["delay_hours"] * HOUR_S
    return {
        "actuarial": delay_put(*position).lgd,
        "loaded": wang_delay_put(*position, price_of_risk=i["lam"]),
    }


# --- Cascades ---


def band(i: Inputs) -> Outputs:
    figures = [float(i[key]) for key in ("shock", "band_width", "total_units", "impact_per_unit")]
    found = uniform_band(*figures, gap=i["gap"])
    return {"total_price_drop": found.drop, "regime": found.regime}


def progeny(i: Inputs) -> Outputs:
    law = poisson_cascade(i["liq_price_poisson_intensity"], i["impact_per_liquidation"], i["shock"])
    return {
        "theta": law.theta,
        "branching": law.branching,
        "mean": law.mean,
        "variance": law.variance,
        "pmf_0_5": [law.pmf(count) for count in range(6)],
        "p_ge_20": law.prob_at_least(20),
    }


def pool(i: Inputs) -> Outputs:
    found = pool_cascade(i["log_shock"], i["units"], i["cpmm_reserve"], i["log_band"])
    return {
        "log_drop": found.log_drop,
        "price_drop": found.price_drop,
        "units_sold": found.units_sold,
        "linear_branching": found.branching,
    }


def assets(i: Inputs) -> Outputs:
    matrix, shock = np.array(i["branching_matrix"]), np.array(i["shock"], dtype=float)
    return {
        "drop": branching.total_drop(matrix, shock),
        "spectral_radius": branching.spectral_radius(matrix),
    }


# --- Capital ---


def pool_of_debts(i: Inputs) -> Outputs:
    rate = worst_default_rate(i["pd"], i["rho"], i["q"])
    return {"wcdr": rate, "loss": rate * i["lgd"] * i["ead"]}


def basel(i: Inputs) -> Outputs:
    found = basel_corporate(i["pd"], i["lgd"], i["M"])
    return {
        "R": found.correlation,
        "b": found.maturity_slope,
        "K": found.capital,
        "rw": found.risk_weight,
    }


def credit(i: Inputs) -> Outputs:
    found = expected_credit_loss(i["pd"], i["lgd"], i["ead"], i["eir"], i["years"])
    return {"ecl_12m": found.first_year, "lifetime": found.lifetime}


def pareto(i: Inputs) -> Outputs:
    tail = ParetoTail(i["xi"], i["beta"], i["u"], i["n_u"], i["n"])
    return {"var": tail.var(i["q"]), "es": tail.es(i["q"])}


def ranks_or_normal(i: Inputs) -> Outputs:
    # Two cases ask for n and q alone: what is common to them is answered for both.
    tail, ranks = normal_tail(i["q"], i["n"]), var_ranks(i["n"], i["q"])
    return {
        **{key: getattr(tail, key) for key in ("var", "es", "se_var", "se_es")},
        "lo_rank": ranks.low,
        "hi_rank": ranks.high,
        "coverage": ranks.coverage,
    }


def one_factor(i: Inputs) -> Outputs:
    if i["mu"] or i["horizon"] != 1:
        raise ValueError("serves one unit of time without drift")
    found = single_factor_loss(i["debt"], i["collateral_after_bonus"], i["sigma"], i["q"])
    return {
        "prob_any_bad_debt": found.prob_any,
        "expected_loss": found.expected,
        "var": found.var,
        "es": found.es,
    }


def ruin(i: Inputs) -> Outputs:
    law = i["rate"], i["mean_claim"], i["premium"]
    return {
        "psi0": ruin_probability(0, *law),
        "psi": ruin_probability(i["u"], *law),
        "u_for_0_1pct": fund_for_ruin(0.001, *law),
    }


def panjer(i: Inputs) -> Outputs:
    law = compound_poisson(i["lam"], {int(size): chance for size, chance in i["severity"].items()})
    return {
        "g0_5": law.pmf[:6],
        "mean": law.mean,
        "var99": law.quantile(0.99),
        "var999": law.quantile(0.999),
    }


def cover(i: Inputs) -> Outputs:
    found = default_fund_cover(np.array(i["stress_loss_over_margin"], dtype=float))
    return {
        "cover1": found.largest,
        "cover2": found.two_largest,
        "emir_max_1_or_2plus3": found.largest_or_next_two,
    }


def liquidity(i: Inputs) -> Outputs:
    return {"lvar": liquidity_var(*(i[key] for key in ("P", "sigma", "z", "spread_mean", "spread_sd", "k")))}


# --- Reverse stress ---


def nearest_linear(i: Inputs) -> Outputs:
    found = nearest_linear_loss(np.array(i["w"], dtype=float), np.array(i["cov"]), i["loss"])
    return {"scenario": found.scenario, "distance": found.distance}


def nearest_piecewise(i: Inputs) -> Outputs:
    if set(i["prices0"]) != {1} or i["shock"] != "simple returns":
        raise ValueError("serves collateral valued at prices of 1 under simple returns")
    found = nearest_losses(np.array(i["collateral"]), np.array(i["debt"]), np.array(i["cov"]), i["loss"])[0]
    return {
        "distance": found.distance,
        "scenario": found.scenario,
        "active_accounts": list(found.active),
    }


# --- Margin and options ---


def spot_option(i: Inputs) -> Outputs:
    found = black_scholes(i["S"], i["K"], i["sigma"], i["T"], rate=i["r"])
    return {"call": found.call, "put": found.put}


def forward_option(i: Inputs) -> Outputs:
    found = black_76(i["F"], i["K"], i["sigma"], i["T"], rate=i["r"])
    keys = ("call", "put", "delta_call", "delta_put", "gamma", "vega")
    return {**{key: getattr(found, key) for key in keys}, "theta_call_per_year": found.theta_call}


def covered_write(i: Inputs) -> Outputs:
    table = np.array([i["long_future"], i["long_call"]], dtype=float)
    covered = scan(table, [1, -1])
    return {
        "req_long_future": scan(table, [1, 0]).requirement,
        "req_long_call": scan(table, [0, 1]).requirement,
        "req_covered_write": covered.requirement,
        "covered_write_array": covered.gains,
    }


def volatility(i: Inputs) -> Outputs:
    return {"max_iv_change": vol_shock(i["base"], i["days"], i["power"])}


def future(i: Inputs) -> Outputs:
    keys = ("index", "basis", "days", "qty", "shock", "contingency")
    found = future_margin(*(i[key] for key in keys))
    return {"forward": found.forward, "sim_pnl": found.shock_loss, "contingency": found.contingency}


SERVED: tuple[tuple[str, Callable[[Inputs], Outputs]], ...] = (
    ("LT bonus sigma delay_hours year_hours drift", put),
    ("LT bonus sigma delay_hours jump_rate_per_year jump_log_mean jump_log_sd drift", jumps),
    ("S0 trigger sigma T_days mu", hit),
    ("S0 trigger sigma T_days heartbeat_hours", shift),
    ("S0 trigger LT bonus sigma T_days delay_hours", watched_always),
    ("S0 trigger LT bonus sigma T_days delay_hours oracle_heartbeat_hours", watched_by_oracle),
    ("bonus slippage target_lgd delays_h sigmas", frontier),
    ("window_days sigma", lag),
    ("LT bonus sigma delay_hours lam", wang),
    ("price0 shock band_width total_units gap impact_per_unit", band),
    ("liq_price_poisson_intensity impact_per_liquidation shock", progeny),
    ("units cpmm_reserve log_band log_shock", pool),
    ("branching_matrix shock", assets),
    ("pd rho q lgd ead", pool_of_debts),
    ("pd lgd M", basel),
    ("pd lgd ead eir years", credit),
    ("xi beta u n_u n q", pareto),
    ("n q", ranks_or_normal),
    ("debt collateral_after_bonus sigma horizon mu q", one_factor),
    ("rate mean_claim premium u", ruin),
    ("lam severity", panjer),
    ("stress_loss_over_margin", cover),
    ("P sigma z spread_mean spread_sd k", liquidity),
    ("w cov loss", nearest_linear),
    ("collateral debt cov loss prices0 shock", nearest_piecewise),
    ("S K r sigma T", spot_option),
    ("F K r sigma T", forward_option),
    ("long_future long_call", covered_write),
    ("days base power", volatility),
    ("index basis days qty shock contingency", future),
)
