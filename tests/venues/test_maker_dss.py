"""Maker's machine: laws over all recorded scenarios, a story by hand, and every refusal."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from seawall.core.units import RAY, WAD
from seawall.errors import InputError
from seawall.rules import maker_dss, maker_dss_vaults
from seawall.venues.machines import maker_dss as package
from seawall.venues.machines.machine import Action, Receipt, Revert
from seawall.venues.machines.maker_dss import CODES, MakerDss, State, deficit, sales, vat
from tests.rules.test_maker_dss_vaults import ROUNDED
from tests.venues.mutate import Mutant, mutants, survives
from tests.venues.recorded import passes, required_words, scenarios, walk

FILE = "maker_dss.json.gz"
MACHINE = MakerDss()
RAD = WAD * RAY
Step = tuple[str, int, dict[str, Any]]
EVERY = range(len(scenarios(FILE)))

# One vault story: a price of 10, half of it counts, a tenth of penalty, prices fall to zero in 100 s.
TERMS: dict[str, Any] = {
    "t0": 0,
    "calc_kind": "LinearDecrease",
    "calc": {"tau": 100},
    "mat": 2 * RAY,
    "dust": 5 * RAD,
    "line": 100 * RAD,
    "chop": WAD * 11 // 10,
    "hole": 1000 * RAD,
    "Hole": 1000 * RAD,
    "buf": RAY * 5 // 4,
    "tail": 80,
    "cusp": RAY // 10,
    "chip": WAD // 50,
    "tip": RAD,
    "duty": RAY,
    "price": 10 * WAD,
    "wait": 30,
    "sump": 8 * RAD,
    "dump": 100 * WAD,
    "beg": WAD * 21 // 20,
    "pad": WAD * 3 // 2,
    "ttl": 50,
    "tau": 200,
    "users": ["ann", "keeper", "bidder", "bidder2"],
}
OPEN: list[Step] = [
    ("join", 0, {"user": "ann", "wad": 10 * WAD}),
    ("frob", 0, {"user": "ann", "dink": 10 * WAD, "dart": 50 * WAD}),
]
FALL: list[Step] = [("set_price", 10, {"price": 8 * WAD})]
BARK: list[Step] = [("bark", 20, {"user": "ann"})]
# So much at such a price that the product no longer fits.
HUGE: list[Step] = [
    ("join", 0, {"user": "ann", "wad": 10**30}),
    ("frob", 0, {"user": "ann", "dink": 10**30, "dart": 50 * WAD}),
    ("set_price", 1, {"price": 10**40}),
]
ON_SALE: list[Step] = [*OPEN, *FALL, *BARK]


def take(at: int, wad: int, most: int = 10**60, user: str = "bidder") -> Step:
    return ("take", at, {"user": user, "id": 1, "amt": wad, "max": most})


def dent(at: int, lot: int, user: str = "bidder", bid: int = 8 * RAD) -> Step:
    return ("dent", at, {"user": user, "id": 1, "lot": lot, "bid": bid})


def on(name: str, at: int) -> Step:
    return (name, at, {"user": "keeper", "id": 1})


# 44 of 50 raised, 2.1 paid to the keeper: 8.1 uncovered, 8 of it on auction.
SOLD: list[Step] = [
    *ON_SALE,
    take(70, 4 * WAD),
    take(80, 100 * WAD),
    ("flog", 50, {"era": 20}),
    ("heal", 85, {"rad": 44 * RAD}),
]
FLOPPED: list[Step] = [*SOLD, ("flop", 90, {})]


def play(*story: Step, **terms: Any) -> tuple[State, list[Receipt]]:
    state, receipts = MACHINE.genesis({**TERMS, **terms}), []
    for name, at, args in story:
        state, receipt = MACHINE.step(state, Action(name, at, args))
        receipts.append(receipt)
    return state, receipts


def test_a_vault_is_liquidated_sold_and_its_loss_auctioned() -> None:
    state, receipts = play(*ON_SALE)
    # 8 x 1.25 = 10 to start with; 50 owed, 55 to raise; the keeper has 1 + 2 % of 55.
    kicked = {"id": 1, "top": 10 * RAY, "tab": 55 * RAD, "lot": 10 * WAD, "coin": RAD * 21 // 10}
    assert receipts[-1].events[0] == ("Kick", kicked)
    assert (state.Sin, state.Dirt, state.vat.Art) == (50 * RAD, 55 * RAD, 0)
    state, receipts = play(*ON_SALE, take(70, 4 * WAD))
    # Half the time is over: a price of 5.
    assert receipts[-1].out == {
        "id": 1,
        "max": 10**60,
        "price": 5 * RAY,
        "owe": 20 * RAD,
        "tab": 35 * RAD,
        "lot": 6 * WAD,
    }
    state, receipts = play(*FLOPPED)
    assert all(receipt.ok for receipt in receipts)
    assert (state.Dirt, state.sales, state.active) == (0, {}, ())
    assert state.vat.gem == {"ann": 0, "clip": 0, "bidder": 10 * WAD}
    assert state.vat.sin["vow"] == RAD * 81 // 10
    assert (state.Ash, state.vat.dai["vow"]) == (8 * RAD, 0)
    state, receipts = play(*FLOPPED, dent(95, 90 * WAD), dent(100, 80 * WAD, "bidder2"), on("deal", 151))
    assert all(receipt.ok for receipt in receipts)
    assert (state.mkr, state.Ash, state.flops) == ({"bidder2": 80 * WAD}, 0, {})
    # The first bidder paid 20 + 24 for the collateral and has its bid back.
    view = MACHINE.view(state, 151)
    assert view["dai"]["bidder"] == 10**9 * RAD - 44 * RAD
    assert view["dai"]["bidder2"] == 10**9 * RAD - 8 * RAD
    assert view["vow_sin"] == RAD // 10


REFUSED: list[tuple[list[Any], dict[str, Any], str]] = [
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": 0, "dart": 1})], {}, "Error:Vat/not-safe"),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": -1, "dart": 0})], {}, "Error:Vat/not-safe"),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": 0, "dart": -46 * WAD})], {}, "Error:Vat/dust"),
    (OPEN, {"line": 50 * RAD - 1}, "Error:Vat/ceiling-exceeded"),
    (OPEN, {"Line": (2 * 10**9 + 50) * RAD - 1}, "Error:Vat/ceiling-exceeded"),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": 1, "dart": 0})], {}, "Error:"),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": 0, "dart": -51 * WAD})], {}, "Error:"),
    ([("join", 0, {"user": "ann", "wad": 2**256 - 1}), ("join", 0, {"user": "ann", "wad": 1})], {}, "Error:"),
    ([*OPEN, *BARK], {}, "Error:Dog/not-unsafe"),
    ([*OPEN, ("set_price", 1, {"price": 0}), *BARK], {}, "Error:Dog/not-unsafe"),
    ([*OPEN, *FALL, *BARK], {"Hole": 0}, "Error:Dog/liquidation-limit-hit"),
    ([*OPEN, *FALL, *BARK], {"hole": 0}, "Error:Dog/liquidation-limit-hit"),
    ([*OPEN, *FALL, *BARK], {"hole": 5 * RAD}, "Error:Dog/dusty-auction-from-partial-liquidation"),
    ([*OPEN, *FALL, *BARK], {"hole": 1, "dust": 0}, "Error:Dog/null-auction"),
    ([*OPEN, *FALL, *BARK], {"Hole": 10**60, "hole": 10**60}, "Error:"),
    ([*OPEN, *FALL, *BARK], {"buf": 0}, "Error:Clipper/zero-top-price"),
    ([take(1, 1)], {}, "Error:Clipper/not-running-auction"),
    ([on("redo", 1)], {}, "Error:Clipper/not-running-auction"),
    ([*ON_SALE, take(101, WAD)], {}, "Error:Clipper/needs-reset"),
    ([*ON_SALE, on("redo", 100)], {}, "Error:Clipper/cannot-reset"),
    ([*ON_SALE, take(70, WAD, 5 * RAY - 1)], {}, "Error:Clipper/too-expensive"),
    ([*ON_SALE, take(70, WAD)], {"dust": 50 * RAD}, "Error:Clipper/no-partial-purchase"),
    ([*ON_SALE, take(19, WAD)], {}, "Error:"),
    ([*ON_SALE, take(70, 4 * WAD, user="keeper")], {}, "Error:"),
    ([*ON_SALE, ("flog", 49, {"era": 20})], {}, "Error:Vow/wait-not-finished"),
    ([*ON_SALE, ("flog", 49, {"era": 2**256 - 1})], {}, "Error:"),
    ([*SOLD, ("flop", 90, {})], {"sump": RAD * 81 // 10 + 1}, "Error:Vow/insufficient-debt"),
    ([*HUGE, *BARK], {}, "Error:"),
    ([*ON_SALE, ("heal", 50, {"rad": 1})], {}, "Error:Vow/insufficient-surplus"),
    ([*ON_SALE, take(70, WAD), ("heal", 75, {"rad": 5 * RAD})], {}, "Error:Vow/insufficient-debt"),
    ([*OPEN, ("flop", 1, {})], {}, "Error:Vow/insufficient-debt"),
    ([*SOLD[:-1], ("flop", 90, {})], {}, "Error:Vow/surplus-not-zero"),
    ([dent(1, 1)], {}, "Error:Flopper/guy-not-set"),
    ([*FLOPPED, dent(95, 90 * WAD), dent(145, 80 * WAD)], {}, "Error:Flopper/already-finished-tic"),
    ([*FLOPPED, dent(290, 90 * WAD)], {}, "Error:Flopper/already-finished-end"),
    ([*FLOPPED, dent(95, 90 * WAD, bid=8 * RAD + 1)], {}, "Error:Flopper/not-matching-bid"),
    ([*FLOPPED, dent(95, 100 * WAD)], {}, "Error:Flopper/lot-not-lower"),
    ([*FLOPPED, dent(95, 96 * WAD)], {}, "Error:Flopper/insufficient-decrease"),
    ([*FLOPPED, dent(95, 90 * WAD, "keeper")], {}, "Error:"),
    ([*FLOPPED, on("deal", 291)], {}, "Error:Flopper/not-finished"),
    ([*FLOPPED, dent(95, 90 * WAD), on("deal", 145)], {}, "Error:Flopper/not-finished"),
    ([*FLOPPED, on("tick", 290)], {}, "Error:Flopper/not-finished"),
    ([*FLOPPED, dent(289, 90 * WAD), on("tick", 300)], {}, "Error:Flopper/bid-already-placed"),
    ([("drip", 5, {}), ("drip", 4, {})], {}, "Error:Jug/invalid-now"),
    ([("drip", 1, {})], {"duty": 10**51}, "Error:"),
    ([("drip", 2**22, {})], {"duty": 2**255}, "Error:"),  # would never end, were it not cut short
    ([("drip", 2**40 - 1, {})], {"duty": RAY * 3 // 2}, "Error:"),
    ([("set_price", 0, {"price": 2**200})], {}, "Error:"),
]


@pytest.mark.parametrize(("story", "terms", "word"), REFUSED)
def test_the_contracts_words_of_refusal(story: list[Any], terms: dict[str, Any], word: str) -> None:
    before, _ = play(*story[:-1], **terms)
    name, at, args = story[-1]
    after, receipt = MACHINE.step(before, Action(name, at, args))
    assert receipt.refused is not None
    assert (receipt.refused.revert, receipt.refused.code) == (word, CODES[word])
    assert after is before


# The last thing a refusal story asks for, one unit, second or step the other way, goes through.
ACCEPTED: list[tuple[list[Any], dict[str, Any]]] = [
    ([("drip", 0, {})], {}),
    (OPEN, {"line": 50 * RAD, "Line": (2 * 10**9 + 50) * RAD}),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": 0, "dart": -45 * WAD})], {}),
    ([*OPEN, ("frob", 1, {"user": "ann", "dink": -10 * WAD, "dart": -50 * WAD})], {}),
    ([*OPEN, ("set_price", 1, {"price": 10 * WAD - 1}), *BARK], {}),
    ([*ON_SALE, take(100, WAD)], {}),
    ([*ON_SALE, on("redo", 101)], {}),
    ([*ON_SALE, take(80, 2**255)], {}),
    ([*SOLD, ("flop", 90, {})], {"sump": RAD * 81 // 10}),
    ([*ON_SALE, take(70, WAD, 5 * RAY)], {}),
    ([*ON_SALE, ("flog", 50, {"era": 20})], {}),
    ([*FLOPPED, dent(95, 90 * WAD), dent(144, 80 * WAD)], {}),
    ([*FLOPPED, dent(289, 90 * WAD)], {}),
    ([*FLOPPED, dent(95, 95 * WAD)], {}),
    ([*FLOPPED, dent(95, 90 * WAD), on("deal", 146)], {}),
    ([*FLOPPED, dent(289, 90 * WAD), on("deal", 291)], {}),
    ([*FLOPPED, on("tick", 291)], {}),
]


@pytest.mark.parametrize(("story", "terms"), ACCEPTED)
def test_what_just_meets_a_condition_goes_through(story: list[Any], terms: dict[str, Any]) -> None:
    _, receipts = play(*story, **terms)
    assert all(receipt.ok for receipt in receipts)


VAT = MACHINE.genesis({**TERMS, "users": ["ann", "keeper"]}).vat


@pytest.mark.parametrize(
    "change",
    [
        lambda: VAT.flux("ann", "keeper", 1),
        lambda: VAT.move("ann", "keeper", 1),
        lambda: VAT.heal("vow", 1),
        lambda: VAT.grab("ann", "clip", "vow", 1, 0),
        lambda: VAT.suck("vow", "ann", 2**256 - 1).suck("vow", "ann", 1),
        lambda: VAT.suck("vow", "ann", 2**256 - 1).suck("others", "keeper", 1),
        lambda: VAT.suck("vow", "ann", 1).move("ann", "keeper", 1).heal("vow", 1),
        lambda: replace(VAT, Art=10**30).fold("vow", 10**60),
        lambda: replace(VAT, Art=1).fold("vow", RAY - 1),
        lambda: VAT.fold("vow", 2**255 + RAY),
    ],
)
def test_no_balance_leaves_its_width(change: Callable[[], vat.Vat]) -> None:
    with pytest.raises(Revert, match=r"^Error:$"):
        change()


def test_a_fee_makes_every_vault_owe_more_and_pays_the_vow() -> None:
    # One percent a second, for two: 50 x 1.01^2 = 51.005.
    state, _ = play(*OPEN, ("drip", 1, {}), ("drip", 2, {}), duty=RAY * 101 // 100)
    assert state.vat.rate == RAY * 10_201 // 10_000
    assert state.vat.dai["vow"] == RAD * 1005 // 1000


def test_a_restart_is_paid_only_where_the_rest_is_worth_it() -> None:
    # 35 of the tab and 6 of the lot are left; the least tab is 5.5.
    half_sold = [*ON_SALE, take(70, 4 * WAD)]
    _, receipts = play(*half_sold, ("set_price", 80, {"price": WAD * 55 // 60}), on("redo", 120))
    assert receipts[-1].out["coin"] == 0
    _, receipts = play(*half_sold, ("set_price", 80, {"price": WAD * 55 // 60 + 1}), on("redo", 120))
    assert receipts[-1].out["coin"] == RAD + 35 * RAD // 50
    _, receipts = play(*half_sold, on("redo", 120), dust=35 * RAD)
    assert (receipts[-2].refused, receipts[-1].out["coin"]) == (None, RAD + 385 * RAD // 500)


def test_an_auction_nobody_bid_in_starts_again_with_a_larger_lot() -> None:
    state, _ = play(*FLOPPED, on("tick", 291))
    assert (state.flops[1].lot, state.flops[1].end) == (150 * WAD, 491)


@pytest.mark.parametrize("number", EVERY)
def test_a_refused_action_leaves_the_state_and_others_take_it_as_it_was(number: int) -> None:
    """Stepping again from a state that was stepped from gives the same: nothing in it was touched."""
    for taken in walk(MACHINE, FILE, number):
        if not taken.receipt.ok:
            assert taken.after is taken.before
        assert MACHINE.step(taken.before, taken.action) == (taken.after, taken.receipt)


@pytest.mark.parametrize("number", EVERY)
def test_coins_sins_debts_and_auctions_add_up_after_every_step(number: int) -> None:
    joined = 0
    for taken in walk(MACHINE, FILE, number):
        state, balances = taken.after, taken.after.vat
        joined += int(taken.action.args["wad"]) if taken.action.name == "join" else 0
        assert sum(balances.dai.values()) == balances.debt
        assert sum(balances.sin.values()) == balances.vice
        assert balances.debt == balances.vice + balances.Art * balances.rate
        assert sum(urn.art for urn in balances.urns.values()) == balances.Art
        locked = sum(urn.ink for urn in balances.urns.values())
        assert locked + sum(balances.gem.values()) == joined
        assert balances.gem.get("clip", 0) == sum(sale.lot for sale in state.sales.values())
        assert state.Dirt == sum(sale.tab for sale in state.sales.values())
        assert state.Sin == sum(state.queue.values())
        assert sorted(state.active) == sorted(state.sales)


def test_what_would_have_been_is_asked_from_any_state() -> None:
    """An auction taken at once or a step later: from one state, at two prices, and neither sees the other."""
    on_sale, _ = play(*ON_SALE)
    early, _ = MACHINE.step(on_sale, Action(*take(40, 10 * WAD)))
    late, _ = MACHINE.step(on_sale, Action(*take(60, 10 * WAD)))
    assert early.vat.dai["vow"] == 55 * RAD
    assert late.vat.dai["vow"] == 55 * RAD
    assert early.vat.gem["ann"] > late.vat.gem["ann"] > 0
    assert on_sale.vat.gem == {"ann": 0, "clip": 10 * WAD}


SITES = [
    each
    for each in mutants(maker_dss_vaults, maker_dss)
    if each.module is maker_dss_vaults or each.function in ("stair_price", "linear_price", "padded_lot")
]


@pytest.mark.parametrize("mutant", SITES, ids=lambda mutant: mutant.name)
def test_every_rounding_is_held_by_a_case_or_a_recording(mutant: Mutant) -> None:
    def all_pass() -> bool:
        return all(rule(*args) == expected for rule, args, expected in ROUNDED) and passes(MACHINE, FILE)

    assert not survives(mutant, all_pass)


def test_roundings_are_put_back_after_a_mutant() -> None:
    assert all(rule(*args) == expected for rule, args, expected in ROUNDED)
    assert passes(MACHINE, FILE)


def test_every_word_has_a_code_and_every_code_a_word() -> None:
    words = set(required_words(package, sales, deficit, vat))
    assert words | {"Error:"} == set(CODES)


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        (Action("no_such", 0, {}), ["action_unknown"]),
        (
            Action("frob", 0, {"user": "", "dink": "x"}),
            ["argument_invalid", "argument_invalid", "argument_missing"],
        ),
        (Action("join", 0, {"user": "ann", "wad": -1}), ["argument_invalid"]),
        (Action("join", 0, {"user": 5, "wad": 2**256}), ["argument_invalid", "argument_invalid"]),
        (Action("frob", 0, {"user": "ann", "dink": -(2**255) - 1, "dart": True}), ["argument_invalid"] * 2),
    ],
)
def test_bad_calls_are_told_with_all_that_is_wrong(action: Action, wrong: list[str]) -> None:
    state, _ = play()
    with pytest.raises(InputError) as caught:
        MACHINE.step(state, action)
    assert [problem.code for problem in caught.value.problems] == wrong


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"mat": 0, "chop": "ten"}, ["genesis.mat", "genesis.chop"]),
        ({"calc_kind": "Flat"}, ["genesis.calc_kind"]),
        ({"calc": {}}, ["genesis.calc.tau"]),
        ({"calc": {"tau": 0}}, ["genesis.calc.tau"]),
        ({"users": "ann"}, ["genesis.users"]),
    ],
)
def test_bad_parameters_are_told_with_their_place(change: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        MACHINE.genesis({**TERMS, **change})
    assert sorted(problem.where for problem in caught.value.problems) == sorted(wrong)


def test_a_time_before_a_running_auction_is_refused_as_input() -> None:
    state, _ = play(*ON_SALE)
    assert MACHINE.view(state, 20)["sale_status"]
    with pytest.raises(InputError, match="19 is before an auction that runs"):
        MACHINE.view(state, 19)
