"""Whoever wins on options is closed for the losses of a portfolio as `resolve` closes it."""

from __future__ import annotations

from seawall.core.event import Event
from seawall.resolution import resolve
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO
from tests.risk.portfolios import AS_OF
from tests.simulation.option_worlds import DELEVERAGING, option_world
from tests.simulation.test_deleveraging import After, after_of, agree, cash_of, lots_of, served, walked
from tests.simulation.test_storm_portfolios import STEP_S, at_the_mark, shocked


def test_winners_are_closed_for_a_portfolio_as_the_pipeline_closes_them() -> None:
    closed = of_options = 0
    for seed in range(80):
        world = at_the_mark(
            option_world(
                seed,
                14,
                slippage_bps=15,
                levels=(5.0,),
                first=0.3,
                is_hedged=False,
                waterfall=DELEVERAGING,
                breaks={},
            )
        )
        book, _, terms = world
        market, scenario = shocked(world, seed)
        done = resolve(book, market, terms, Event("shock", AS_OF + STEP_S))
        if [item.account for item in done.liquidations] != ["t000"]:
            continue
        exact = after_of(["t000"], done.after, market, done.defaults, done.absorptions, done.residuals)
        storm = Storm.of(*world, scenario)
        walker, totals = walked(storm)
        layers = dict(zip(storm.layers, (totals.layers[0] / MICRO).tolist(), strict=True))
        lost = dict(zip(storm.assets, (totals.recognised[0] / MICRO).tolist(), strict=True))
        uncovered = float(totals.value("uncovered")[0])
        found = After(
            served(storm, book, walker),
            lots_of(storm, book, walker),
            cash_of(storm, book, walker),
            layers,
            lost,
            uncovered,
        )
        agree(found, exact)
        closed += exact.layers.get("adl", 0.0) > 0.0
        names = [item.id for item in book.instruments if item.option is not None]
        of_options += any(
            exact.lots.get((account.id, position.instrument)) != position.quantity
            for account in book.rows()
            for position in account.positions
            if position.instrument in names and account.id != "t000"
        )
    assert closed >= 5
    assert of_options >= 3
