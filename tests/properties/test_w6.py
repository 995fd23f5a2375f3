"""W6: a loss split in two and applied in sequence gives each layer the same total.

Caps are per event, so both parts must belong to one. Held exactly by layers of distinct rank
that pay cash; within one unit per split among equals.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.core.draft import Draft
from seawall.waterfall.waterfall import run_waterfall
from tests.waterfall.books import EVENT, book_of, cash_default, fund, market_of, terms_of
from tests.waterfall.strategies import World, cash_worlds


def totals(world: World, *parts: int) -> dict[str, int]:
    draft = Draft(book_of(world.accounts, [cash_default(sum(parts))]))
    found: dict[str, int] = {}
    for number, part in enumerate(parts):
        default = cash_default(part, f"d{number}")
        result = run_waterfall(draft, world.market, world.terms, [default], event=EVENT)
        for (layer, _), taken in result.taken_by_layer().items():
            found[layer] = found.get(layer, 0) + taken
        for item in result.residuals:
            found["residual"] = found.get("residual", 0) + item.amount
    return {name: amount for name, amount in found.items() if amount}


@given(cash_worlds(), st.lists(st.integers(0, 100_000), min_size=2, max_size=4))
def test_w6_losses_in_sequence_are_one(world: World, parts: list[int]) -> None:
    assert totals(world, *parts) == totals(world, sum(parts))


def test_w6_a_cap_counts_all_parts_of_an_event() -> None:
    layer = {"kind": "first_loss", "account": "fund:a", "cap_per_event": "1"}
    world = World((fund("a", 1000),), terms_of(layer), (), market_of())
    assert totals(world, 60, 60, 60) == totals(world, 180) == {"a": 100, "residual": 80}


@given(cash_worlds(ranked=True), st.integers(0, 1_000), st.integers(0, 1_000))
def test_w6_among_equals_two_losses_differ_from_one_by_a_unit_per_split(
    world: World, first: int, second: int
) -> None:
    apart, at_once = totals(world, first, second), totals(world, first + second)
    assert all(abs(apart.get(name, 0) - at_once.get(name, 0)) <= 2 for name in {*apart, *at_once})
