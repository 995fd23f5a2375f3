"""Serve the vectors of who is deleveraged and by how much, and of losses shared by everybody.

Decimals become whole multiples of 1e-18 and fractions on the way back.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from seawall.allocation.allocate import allocate
from seawall.allocation.capacity import DeficitRow, deficits
from seawall.allocation.severity import Static
from tests.vectors.outcome import whole
from tests.waterfall.books import cash_default, terms_of
from tests.waterfall.over_time import Story, book_with, holder

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

FINE = 10**18
PPM = 10**6
# Published with arXiv 2512.01112: what all losers of a wave owed, and the largest of them.
WAVES = Path(__file__).parent / "data" / "adl_waves_2025_10_10.csv"


def _fine(number: Any) -> int:
    exact = Fraction(str(number)) * FINE
    if exact.denominator != 1:
        raise ValueError(f"{number!r} has more than 18 decimals")
    return int(exact)


def in_given_order(inputs: Inputs) -> Outputs:
    """A part of all negative equity, taken from profits account after account."""
    budget, profits = _asked(inputs)
    places = [number - 1 for number in inputs["order"]]
    scores = [len(places) - places.index(place) for place in range(len(profits))]
    shares = _shares(budget, profits, "queue", order=scores)
    cuts = [Fraction(share, profit) for share, profit in zip(shares, profits, strict=True)]
    return {**_outcome(inputs, budget, shares), "haircut": cuts}


def pro_rata_of_profit(inputs: Inputs) -> Outputs:
    """A part of all negative equity, taken from all profits in proportion: one haircut for all."""
    budget, profits = _asked(inputs)
    shares = _shares(budget, profits, "capped")
    (cut,) = {Fraction(share, profit) for share, profit in zip(shares, profits, strict=True)}
    return {**_outcome(inputs, budget, shares), "haircut": cut}


def _asked(inputs: Inputs) -> tuple[int, list[int]]:
    deficit = sum(-_fine(equity) for equity in inputs["equity"] if equity < 0)
    severity = Static(int(Fraction(str(inputs["severity"])) * PPM))
    return severity.budget(deficit), [_fine(pnl) for pnl in inputs["pnl"] if pnl > 0]


def _shares(budget: int, profits: list[int], rule: str, *, order: list[int] | None = None) -> tuple[int, ...]:
    names = [f"winner-{number}" for number in range(len(profits))]
    return allocate(budget, profits, rule=rule, ids=names, order=order).shares


def _outcome(inputs: Inputs, budget: int, shares: tuple[int, ...]) -> Outputs:
    equities = [_fine(equity) for equity, pnl in zip(inputs["equity"], inputs["pnl"], strict=True) if pnl > 0]
    return {
        "budget": Fraction(budget, FINE),
        "seized": [Fraction(share, FINE) for share in shares],
        "equity_after": [
            Fraction(equity - share, FINE) for equity, share in zip(equities, shares, strict=True)
        ],
    }


def repeated_deficits(inputs: Inputs) -> Outputs:
    """Deficits of the waves of 10 October 2025: how many tell the same debt again."""
    rows = []
    with WAVES.open(newline="") as lines:
        for line in csv.DictReader(lines):
            wave, owed, largest = int(line["wave"]), _fine(line["deficit_usd"]), _fine(line["max_loss_usd"])
            # The list names no accounts: the largest stands for one, all others of its wave for another.
            rows += [DeficitRow("", wave, largest), DeficitRow(f"others of {wave}", wave, owed - largest)]
    if len(rows) != 2 * whole(inputs["waves"]):
        raise ValueError(f"expected {inputs['waves']} waves, the data has {len(rows) / 2}")
    found = deficits(rows)
    (value,) = {item.amount for item in found.duplicates}
    times = len(found.duplicates) + 1
    total = found.total + found.repeated
    return {
        "total_deficit_usd": Fraction(total, FINE),
        "waves_with_identical_max": times,
        "identical_value": Fraction(value, FINE),
        "sum_identical": Fraction(times * value, FINE),
        "remainder": Fraction(total - times * value, FINE),
    }


def equal_haircut(inputs: Inputs) -> Outputs:
    """Everything a customer holds cut by the same part, and a token given for what was cut."""
    cut = Fraction(str(inputs["haircut_pct"])) / 100
    cents = whole(inputs["balance"]) * 100
    rest = 99 * cents  # of all the others: the loss is whole cents, and one holder's part too
    loss = cut * (cents + rest)
    if loss.denominator != 1:
        raise ValueError(f"the loss of {float(loss)} cents is not whole")
    holders = [holder("customer", usd=cents), holder("others", usd=rest)]
    default = cash_default(int(loss))
    terms = terms_of({"kind": "recovery_claims", "claim_asset": "CLAIM"})
    after = Story(book_with(holders, default), terms).then(0, default)
    kept, tokens = after.cash("customer"), after.cash("customer", "CLAIM")
    return {"kept": Fraction(kept, 100), "bfx_tokens": Fraction(tokens, 100)}


SERVED: tuple[tuple[str, set[str], Callable[[Inputs], Outputs]], ...] = (
    ("adl_policy", {"equity", "pnl", "severity", "order"}, in_given_order),
    ("adl_policy", {"equity", "pnl", "severity"}, pro_rata_of_profit),
    ("replay_statistic", {"waves"}, repeated_deficits),
    ("socialized_loss_per_unit", {"balance", "haircut_pct"}, equal_haircut),
)
