"""The waterfall as a whole: order, equal ranks, bare losses, and that a lying layer stops the program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.core.draft import Draft
from seawall.core.loss import Absorption, Charge, Default
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InvalidTerms, InvariantError
from seawall.waterfall import bare_loss, build_layers, run_waterfall
from seawall.waterfall.descent import check
from seawall.waterfall.funds import Fund
from seawall.waterfall.waterfall import in_order
from tests.waterfall.books import (
    EVENT,
    account,
    book_of,
    cash_default,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
)


def first_loss(name: str, **layer: Any) -> dict[str, Any]:
    return {"kind": "first_loss", "account": f"fund:{name}", **layer}


def order_of(*layers: dict[str, Any]) -> list[list[str]]:
    return [[layer.name for layer in group] for group in build_layers(terms_of(*layers))]


@pytest.mark.parametrize(
    ("layers", "order"),
    [
        ([first_loss("b"), first_loss("a")], [["b"], ["a"]]),
        ([first_loss("b", rank=2), first_loss("a", rank=1)], [["a"], ["b"]]),
        ([first_loss("b", rank=1), first_loss("a", rank=1)], [["a", "b"]]),
        ([first_loss("b", rank=5), first_loss("c"), first_loss("a", rank=1)], [["a"], ["b"], ["c"]]),
        ([first_loss("b", after=["a"]), first_loss("a")], [["a"], ["b"]]),
        ([first_loss("b", rank=1, after=["a"]), first_loss("a", rank=1)], [["a"], ["b"]]),
        ([first_loss("a", rank=1, after=["b"]), first_loss("b", rank=9)], [["b"], ["a"]]),
        ([first_loss("a"), {"kind": "residual", "bearer": "x"}], [["a"]]),
        ([], []),
    ],
)
def test_layers_stand_by_rank_then_by_file_and_obey_after(
    layers: list[dict[str, Any]], order: list[list[str]]
) -> None:
    assert order_of(*layers) == order


def test_the_first_layer_pays_all_it_can_before_the_second_is_asked() -> None:
    terms = terms_of(first_loss("a"), first_loss("b"))
    result, _ = run([fund("a", 70), fund("b", 70)], terms, cash_default(100))
    assert [(item.layer, item.taken) for item in result.absorptions] == [("a", 70), ("b", 30)]
    assert result.taken_by_layer() == {("a", "USD"): 70, ("b", "USD"): 30}


@pytest.mark.parametrize(
    ("loss", "shares"),
    [(0, {}), (90, {"a": 30, "b": 60}), (150, {"a": 50, "b": 100}), (151, {"a": 50, "b": 100})],
)
def test_equal_ranks_share_by_capacity(loss: int, shares: dict[str, int]) -> None:
    terms = terms_of(first_loss("a", rank=1), first_loss("b", rank=1))
    result, _ = run([fund("a", 50), fund("b", 100)], terms, cash_default(loss))
    assert {item.layer: item.taken for item in result.absorptions} == shares


def test_equal_ranks_share_to_the_last_unit() -> None:
    terms = terms_of(*[first_loss(name, rank=1) for name in "abc"])
    result, _ = run([fund(name, 100) for name in "abc"], terms, cash_default(100))
    assert sorted(item.taken for item in result.absorptions) == [33, 33, 34]


def test_shares_of_equal_rank_bear_the_loss_to_the_last_unit() -> None:
    terms = terms_of(first_loss("a", rank=1, share_bps=5000), first_loss("b", rank=1, share_bps=5000))
    result, _ = run([fund("a", 900), fund("b", 900)], terms, cash_default(101))
    assert sorted(item.taken for item in result.absorptions) == [50, 51]
    poor, _ = run([fund("a", 900), fund("b", 10)], terms, cash_default(100))
    assert {item.layer: item.taken for item in poor.absorptions} == {"a": 50, "b": 10}


def test_nobody_is_deleveraged_while_the_fund_above_can_pay() -> None:
    terms = terms_of(first_loss("a"), {"kind": "adl"})
    winner = account("winner", 10_000, position(-1000, 12_000))
    defaults = [lots_default(lots(100, 11_000, 10_000), name=name) for name in "xyz"]
    result, draft = run([winner, fund("a", 2500)], terms, *defaults)
    assert result.taken_by_layer() == {("a", "USD"): 2500, ("adl", "USD"): 500}
    assert draft.cash("fund:a", "USD") == 0


def test_nasdaq_clearing_2018() -> None:
    """Loss of 114M beyond the margin: 7 own capital, 107 of a fund of 166, 59 left.

    Source: Financial News and GlobalCapital, 13 Sep 2018 (the split of own capital recalled).
    """
    million = 10**8
    contributions = {"alpha": 83, "beta": 41, "gamma": 42}
    members = [f"member:{name}" for name in contributions]
    terms = terms_of(
        {"kind": "first_loss", "name": "own_capital", "account": "fund:own_capital"},
        {"kind": "mutualise", "name": "default_fund", "over": "cash", "members": members},
        {"kind": "residual", "bearer": "resolution"},
    )
    accounts = [
        fund("own_capital", 7 * million),
        *(account(f"member:{name}", cash * million, kind="fund") for name, cash in contributions.items()),
    ]
    result, draft = run(accounts, terms, cash_default(114 * million))
    assert result.taken_by_layer() == {
        ("own_capital", "USD"): 7 * million,
        ("default_fund", "USD"): 107 * million,
    }
    assert sum(draft.cash(name, "USD") for name in members) == 59 * million
    charged = {item.account: item.amount for item in result.charges if item.layer == "default_fund"}
    assert charged == {  # 107/166 of each contribution, to the cent
        "member:alpha": 5_350_000_000,
        "member:beta": 2_642_771_084,
        "member:gamma": 2_707_228_916,
    }
    worse, _ = run(accounts, terms, cash_default(180 * million))
    assert [item.taken for item in worse.absorptions] == [7 * million, 166 * million]
    assert [(item.bearer, item.amount) for item in worse.residuals] == [("resolution", 7 * million)]


def test_a_bare_loss_needs_a_book_of_funds_and_nothing_else() -> None:
    terms = terms_of(first_loss("a"), family="lending")
    draft = Draft(book_of([fund("a", 70)]))
    result = run_waterfall(draft, Market(), terms, [bare_loss("USD", 100)], event=EVENT)
    assert [item.taken for item in result.absorptions] == [70]
    assert [item.amount for item in result.residuals] == [30]
    assert draft.cash("deficit:USD", "USD") == 70


def test_defaults_stand_by_time_and_then_by_a_hash_of_the_event() -> None:
    defaults = [cash_default(1, name) for name in "abcdefgh"]
    late = replace(defaults[0], as_of=9)
    first = [item.account for item in in_order(defaults, "event-1")]
    assert first == [item.account for item in in_order(defaults[::-1], "event-1")]
    assert first != [item.account for item in in_order(defaults, "event-2")]
    assert in_order([late, *defaults[1:]], "event-1")[-1] == late


def test_progress_is_told_by_rank() -> None:
    seen: list[tuple[str, int, int]] = []
    draft = Draft(book_of([fund("a", 7), fund("b", 7)]))
    terms = terms_of(first_loss("a"), first_loss("b"))
    run_waterfall(
        draft, market_of(), terms, [cash_default(9)], event=EVENT, progress=lambda *what: seen.append(what)
    )
    assert seen == [("absorb", 0, 2), ("absorb", 1, 2)]


def test_a_self_dealer_is_told_by_its_owner_group() -> None:
    accounts = [
        account("failed", owner="one"),
        account("winner", 0, position(-100, 10_400), owner="one"),
        fund("a", 900),
    ]
    default = lots_default(lots(100, 11_000, 10_000))  # 10.00 lost, 4.00 of it won by the same owner
    result, _ = run(accounts, terms_of(first_loss("a")), default)
    assert result.extractions == {("one", "USD"): 300}  # 9.00 paid, only 6.00 lost by others
    blocked, _ = run(accounts, terms_of(first_loss("a", self_dealing="block")), default)
    assert (blocked.extractions, blocked.taken_by_layer()) == ({}, {("a", "USD"): 600})


def test_a_second_fund_does_not_forget_what_the_first_was_not_to_pay() -> None:
    accounts = [
        account("failed", owner="one"),
        account("winner", 0, position(-100, 10_400), owner="one"),
        fund("a", 300),
        fund("b", 900),
    ]
    terms = terms_of(first_loss("a", self_dealing="block"), first_loss("b", self_dealing="block"))
    result, _ = run(accounts, terms, lots_default(lots(100, 11_000, 10_000)))
    assert result.taken_by_layer() == {("a", "USD"): 300, ("b", "USD"): 300}
    assert result.extractions == {}


def test_a_lot_closed_without_cost_does_not_hide_what_was_won_against_it() -> None:
    """Found by W9: the lot that brought a surplus was gone before the fund was asked."""
    winner = account("winner", 0, position(-1, 3_600, "SIDE"), owner="one")
    held = (lots(-1, 5_600, 6_300), lots(1, 2_800, 3_100, "SIDE"))
    result, _ = run(
        [account("failed", owner="one"), winner, fund("a", 4)],
        terms_of(first_loss("a", self_dealing="block")),
        lots_default(*held),
        market=market_of(7_000, 3_500),
    )
    # It may pay 3 of the net loss of 4: with the 3 at hand that is below the 7 which the lot costs.
    assert (result.extractions, result.taken_by_layer()) == ({}, {})
    assert [item.amount for item in result.residuals] == [4]


# Layers that lie.


TRUE = Absorption("a", "fund", 60, (Charge("p", "USD", 60, "a", "f", ""),), Default("f", "USD", 40))


@pytest.mark.parametrize(
    ("answer", "loss", "left", "capacity", "message"),
    [
        (TRUE, 101, 40, 60, "took 60, holds 0 and left 40 of 101"),
        (TRUE, 99, 40, 60, "took 60, holds 0 and left 40 of 99"),
        (TRUE, 100, 40, 59, "expected 0 to its capacity 59"),
        (replace(TRUE, taken=-1), 39, 40, 60, "took -1 and holds 0, expected 0"),
        (replace(TRUE, charges=()), 100, 40, 60, "charges of layer a sum to 0"),
        (replace(TRUE, dust=1), 100, 40, 60, "charges of layer a sum to 60, expected 60 taken [+] 1 dust"),
        (replace(TRUE, avoided=1), 100, 40, 60, "charges of layer a sum to 60"),
        (
            replace(TRUE, charges=(*TRUE.charges, Charge("q", "USD", 0, "a", "f", ""))),
            100,
            40,
            60,
            "a charge that is not positive",
        ),
    ],
)
def test_an_answer_that_does_not_add_up_stops_the_program(
    answer: Absorption, loss: int, left: int, capacity: int, message: str
) -> None:
    with pytest.raises(InvariantError, match=message):
        check(answer, loss, left, capacity)


def test_a_true_answer_passes() -> None:
    check(TRUE, 100, 40, 60)


def test_a_fund_taken_below_its_floor_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fund, "room", lambda self, state, default: 100)
    with pytest.raises(InvariantError, match="leaves -30 in fund:a, below its floor 0"):
        run([fund("a", 70)], terms_of(first_loss("a")), cash_default(100))


# Shares of equal rank.


def problems_of(*layers: dict[str, Any]) -> list[str]:
    try:
        terms_of(*layers)
    except InvalidTerms as error:
        return [f"{problem.code}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("shares", "whole"),
    [((6000, 4000), True), ((6000, 3999), False), ((6000, 4001), False), ((10_000, 10_000), False)],
)
def test_shares_of_equal_rank_must_be_whole(shares: tuple[int, int], whole: bool) -> None:
    found = problems_of(
        *[first_loss(name, rank=1, share_bps=bps) for name, bps in zip("ab", shares, strict=True)]
    )
    said = f"shares at rank 1 sum to {sum(shares)} bps (a {shares[0]} + b {shares[1]}), expected 10000"
    assert found == ([] if whole else [f"shares_not_whole: {said}"])


@pytest.mark.parametrize(
    "layers",
    [
        [first_loss("a", share_bps=5000)],  # a co-payment
        [first_loss("a", rank=1, share_bps=5000)],
        [first_loss("a", rank=1, share_bps=5000), first_loss("b", rank=2, share_bps=4000)],
        [first_loss("a", rank=1), first_loss("b", rank=1)],
        [
            first_loss("a", rank=1, share_bps=5000, pools=["x"]),
            first_loss("b", rank=1, share_bps=4000, pools=["y"]),
        ],
        [
            first_loss("a", rank=1, share_bps=4000, assets=["USD"]),
            first_loss("b", rank=1, share_bps=6000, assets=["USD", "EUR"]),
            first_loss("c", rank=1, share_bps=4000, assets=["EUR"]),
        ],
    ],
)
def test_shares_that_never_meet_need_not_be_whole(layers: list[dict[str, Any]]) -> None:
    assert problems_of(*layers) == []


def test_terms_with_a_cycle_never_reach_the_waterfall() -> None:
    looped = [first_loss("a", after=["b"]), first_loss("b", after=["a"])]
    assert [text.partition(":")[0] for text in problems_of(*looped)] == ["layer_cycle"]
    terms = terms_of(first_loss("a"), first_loss("b"))
    layers = [layer.model_copy(update={"after": ("a", "b")}) for layer in terms.waterfall]
    with pytest.raises(InvariantError, match="wait for each other"):
        build_layers(Terms.model_construct(**{**dict(terms), "waterfall": tuple(layers)}))


def test_an_event_without_defaults_does_nothing() -> None:
    draft = Draft(book_of([fund("a", 1)]))
    result = run_waterfall(draft, market_of(), terms_of(first_loss("a")), [], event=EVENT)
    assert (result.absorptions, result.residuals, draft.moves) == ((), (), [])
