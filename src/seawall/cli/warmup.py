"""`seawall warmup`: compile what a storm runs, before anybody waits for it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from seawall.cli.common import guarded, print_json, progress
from seawall.cli.options import AsJson, NoColor, Quiet
from seawall.cli.screen import Screen
from seawall.errors import UnsupportedFeature

_SMALLEST = 60


@guarded
def warmup(
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--rules", metavar="NAME", help="Rule set as rulebooks name it; repeatable. All when left out."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Compile the kernels of `simulate` and `stress`, once for each set of liquidation rules.

    What is compiled stays in the user's cache until Seawall, numba or Python changes. Without this the
    first simulation of each rule set compiles for itself.
    """
    from seawall.rules import LENDING, PERPETUAL, lending_rules, perpetual_rules
    from seawall.simulation.binding import NO_RULES
    from seawall.simulation.kernels.compiling import IS_COMPILED

    if not IS_COMPILED:
        message = "there is nothing to compile without numba: pip install 'seawall[fast]'"
        raise UnsupportedFeature(message, code="missing_extra")
    wanted = list(dict.fromkeys(rules or (NO_RULES, *PERPETUAL, *LENDING)))
    for name in wanted:
        perpetual_rules(name) if name in PERPETUAL else lending_rules(name)
    seconds: dict[str, float] = {}
    with progress(quiet=quiet or as_json) as show:
        for done, name in enumerate(wanted, start=1):
            start = time.perf_counter()
            _run_smallest(name)
            seconds[name] = round(time.perf_counter() - start, 2)
            if show is not None:
                show("compiling", done, len(wanted))
    if as_json:
        print_json({"seconds": seconds})
        return 0
    screen = Screen(no_color=no_color)
    for name, took in seconds.items():
        screen.line(f"{name:<24}{took:>8.1f} s")
    return 0


def _run_smallest(rules: str) -> None:
    # One step of one path over small books of these rules brings every kernel along; only a book of options
    # has its prices worked out from Python, before a path begins.
    from seawall.adapters.synthetic import (
        synthetic_exchange,
        synthetic_lending,
        synthetic_options,
        synthetic_troves,
    )
    from seawall.rules import PERPETUAL, hand_over_rules
    from seawall.simulation.scenario import Scenario
    from seawall.simulation.storm import Storm

    makes, moved = [synthetic_lending], "WETH"
    if rules in PERPETUAL:
        makes, moved = [synthetic_exchange, synthetic_options], "BTC-PERP"
    elif hand_over_rules(rules) is not None:
        makes, moved = [synthetic_troves], "ETH"
    scenario = Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": 60, "step_s": 60},
            "prices": {"kind": "gbm", "assets": {moved: {"vol": 1.0}}},
            "markets": {moved: {}},
        }
    )
    for make in makes:
        book, market, terms = make(_SMALLEST)
        Storm.of(book, market, terms.model_copy(update={"rules": rules}), scenario).run(0, 1)
