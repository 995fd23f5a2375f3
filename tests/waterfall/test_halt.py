"""A halt: what is held, until when, and that the loss then goes on below."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.waterfall.books import cash_default, fund, lots, lots_default, terms_of
from tests.waterfall.over_time import Story, book_with

HALT = {"kind": "halt", "resume_after_s": 100}
BELOW = {"kind": "insurance_fund", "account": "fund:below"}


def halted(*losses: int, layer: dict[str, Any] | None = None, pools: tuple[str, ...] = ()) -> Story:
    """Losses met by a halt at time 0, above a fund of 1,000 cents."""
    names = pools or ("main",) * len(losses)
    defaults = [
        cash_default(loss, f"d{n}", pool) for n, (loss, pool) in enumerate(zip(losses, names, strict=True))
    ]
    terms = terms_of({**HALT, **(layer or {})}, BELOW)
    return Story(book_with([fund("below", 1000)], *defaults), terms).then(0, *defaults)


def test_nobody_pays_while_trading_stands_still() -> None:
    story = halted(300)
    assert (story.result.charges, story.result.residuals) == ((), ())
    assert [item.amount for item in story.result.pending] == [300]
    assert dict(story.book.state) == {"halted:main": 100}
    assert story.cents() == {"deficit:USD": -300, "fund:below": 1000}


@pytest.mark.parametrize(("now", "is_held"), [(99, True), (100, False), (101, False)])
def test_at_the_stated_time_the_loss_goes_on_to_the_next_layer(now: int, is_held: bool) -> None:
    story = halted(300).then(now)
    assert bool(story.result.pending) == is_held
    assert story.cents()["fund:below"] == (1000 if is_held else 700)
    assert story.book.state["halted:main"] == (100 if is_held else 0)


def test_a_held_loss_does_not_come_back_to_the_halt() -> None:
    story = halted(1300).then(100)
    assert not story.result.pending
    assert [(item.account, item.after_layer) for item in story.result.defaults] == [("d0", "halt")]
    assert story.result.residuals[0].amount == 300


def test_a_later_halt_of_the_same_pool_keeps_it_closed() -> None:
    story = halted(100)
    late = cash_default(50, "late")
    # The loss of the second event is booked by its liquidation.
    book = book_with([fund("below", 1000)], cash_default(150))
    story = Story(book.replaced([], state=story.book.state, pending=story.book.pending), story.terms).then(
        60, late
    )
    assert story.book.state["halted:main"] == 160
    story = story.then(100)
    assert (story.book.state["halted:main"], len(story.result.pending)) == (160, 1)
    story = story.then(160)
    assert (story.book.state["halted:main"], len(story.result.pending)) == (0, 0)


def test_pools_are_halted_apart_and_a_loss_without_a_pool_halts_its_asset() -> None:
    assert dict(halted(1, 2, pools=("one", "")).book.state) == {"halted:one": 100, "halted:USD": 100}


def test_a_cap_bounds_what_is_held_and_the_rest_goes_on_at_once() -> None:
    story = halted(300, layer={"cap_per_event": "1"})
    assert [item.amount for item in story.result.pending] == [100]
    assert story.cents()["fund:below"] == 800


def test_lots_are_closed_and_their_cost_is_held() -> None:
    default = lots_default(lots(100, 10_000, 9_000), cents=50)
    story = Story(book_with([], default), terms_of(HALT)).then(0, default)
    assert (story.result.pending[0].amount, story.cash("deficit:USD")) == (1050, -1050)


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=4), st.lists(st.integers(1, 300), max_size=4))
def test_a_halt_only_delays(losses: list[int], looks: list[int]) -> None:
    story = halted(*losses)
    for now in sorted({*looks, 400}):
        story = story.then(now)
    at_once = Story(
        book_with([fund("below", 1000)], *[cash_default(loss, f"d{n}") for n, loss in enumerate(losses)]),
        terms_of(BELOW),
    )
    at_once = at_once.then(0, *[cash_default(loss, f"d{n}") for n, loss in enumerate(losses)])
    assert story.cents() == at_once.cents()
    assert not story.book.pending
