"""Explanations: laid out for people, nothing computed again."""

from hypothesis import given

from seawall.core.loss import Move, Posting
from seawall.ledger.explain import explain_account, explain_working
from seawall.ledger.journal import Entry, Journal
from seawall.ledger.text import from_lines, to_lines
from seawall.ledger.whole_units import WholeUnits
from tests.ledger.stories import CHARGES, COVER, SEIZE, alice_is_liquidated
from tests.ledger.strategies import World, carried_out, journal_of, worlds


def test_a_working_is_told_rule_first_then_inputs_then_roundings() -> None:
    assert explain_working(SEIZE.working) == [
        "rule: aave_v3@3.7 seize",
        "inputs:",
        "  bonus_bps: 10500",
        "  debt: 120",
        "rounding: seized down, for the borrower",
    ]
    assert explain_working(COVER.working)[:3] == [
        "layer: fund",
        "rule: insurance_fund",
        "formula: min(loss, capacity)",
    ]


PLACES = {"USDC": 6, "ETH": 18, "USDT": 2, "lots:BTC-PERP": 3}


def entry(kind: str, working: dict[str, object], *postings: Posting) -> Entry:
    (found,) = Journal.of([Move(kind, postings, working)], event_id="e", as_of=0, opening={}).entries
    return found


def told(found: Entry) -> list[str]:
    return explain_working(found.working, WholeUnits.of(found, PLACES))


def test_lots_and_amounts_are_told_in_whole_units_beside() -> None:
    found = entry(
        "take_over",
        {"inputs": {"quantity": -1500, "equity": -25, "mark": 40, "lots_closed": {"BTC-PERP": 250, "X": 1}}},
        Posting("a", "BTC-PERP", 1500, "lots"),
        Posting("engine", "BTC-PERP", -1500, "lots"),
        Posting("a", "USDT", -25),
        Posting("engine", "USDT", 25),
    )
    assert told(found) == [
        "inputs:",
        "  equity: -25 (-0.25 USDT)",
        "  lots_closed:",
        "    BTC-PERP: 250 (0.25 BTC-PERP)",
        "    X: 1",
        "  mark: 40",
        "  quantity: -1500 (-1.5 BTC-PERP)",
    ]
    assert explain_working(found.working)[1] == "  equity: -25"


def test_the_two_legs_of_a_call_keep_their_own_decimals() -> None:
    found = entry(
        "liquidate",
        {"outputs": {"repaid": 1_500_000, "seized": 10**15, "write_off": True}},
        Posting("a", "USDC", 1_500_000, "debt", scaled=1),
        Posting("b", "USDC", -1_500_000),
        Posting("a", "ETH", -(10**15), "supply", scaled=-1),
        Posting("b", "ETH", 10**15),
    )
    assert told(found) == [
        "outputs:",
        "  repaid: 1500000 (1.5 USDC)",
        "  seized: 1000000000000000 (0.001 ETH)",
        "  write_off: yes",
    ]


def test_a_reserve_of_another_asset_is_not_told_in_that_of_the_loss() -> None:
    working = {"inputs": {"held_asset": "ETH", "balance": 10**18, "paid": 2_000_000, "sold": "5" + "0" * 17}}
    answer = explain_working(working, WholeUnits.of_answer("USDC", working, PLACES))
    moved = entry(
        "cover:insurance_fund",
        working,
        Posting("fund:f", "ETH", -(5 * 10**17)),
        Posting("external:market", "ETH", 5 * 10**17),
        Posting("external:market", "USDC", -2_000_000),
        Posting("deficit:USDC", "USDC", 2_000_000),
    )
    assert (
        answer
        == told(moved)
        == [
            "inputs:",
            "  balance: 1000000000000000000 (1 ETH)",
            "  held_asset: ETH",
            "  paid: 2000000 (2 USDC)",
            "  sold: 500000000000000000 (0.5 ETH)",
        ]
    )


def test_an_amount_of_nobody_knows_which_asset_stays_as_it_is() -> None:
    moves = [Posting(name, asset, sign) for asset in ("ETH", "USDC") for name, sign in (("a", -1), ("b", 1))]
    assert told(entry("convert", {"inputs": {"paid": 7}}, *moves)) == ["inputs:", "  paid: 7"]


def test_a_ratio_too_long_to_read_is_told_as_a_number() -> None:
    assert explain_working({"score": f"{10**30}/{4 * 10**30}", "other": "1/4"}) == [
        "other: 1/4",
        "score: 0.25, a ratio told in full in the journal",
    ]


def test_odd_values_are_told_too() -> None:
    working = {"a": None, "b": [True, False], "c": {}, "d": [], "e": [{"x": 1}, [2, 3]]}
    assert explain_working(working) == [
        "a: none",
        "b: yes, no",
        "c: none",
        "d: none",
        "e:",
        "  1:",
        "    x: 1",
        "  2: 2, 3",
    ]
    assert explain_working({}) == []


def test_long_lists_are_cut_and_say_so() -> None:
    assert explain_working({"weights": list(range(1000))})[0].endswith("10, 11 and 988 more")
    assert explain_working({"steps": [{"n": 1}] * 20})[-1] == "  and 8 more"


def test_the_story_of_an_account_tells_what_it_had_what_happened_and_what_it_paid() -> None:
    assert explain_account(alice_is_liquidated(), CHARGES, "bob", decimals={"USDC": 1}) == [
        "account bob",
        "had",
        "  50 USDC",
        "what happened",
        "  4 mutualise: suppliers, supply_index",
        "    gives 5 USDC (supply) to deficit:USDC; then has 45 USDC",
        "    layer: suppliers",
        "    rule: supply_index",
        "    inputs:",
        "      index: 1000000000000000000000000000",
        "      new_index: 900000000000000000000000000",
        "was charged",
        "  2 USDC by suppliers, for the loss of alice: 20 of 20 by supply",
        "has",
        "  45 USDC",
    ]


def test_what_an_account_moves_between_its_own_holdings_is_told_as_such() -> None:
    postings = (
        Posting("bob", "USDT", -40, "cost", instrument="BTC-PERP"),
        Posting("bob", "USDT", 40),
        Posting("bob", "BTC-PERP", 9, "lots"),
        Posting("engine", "BTC-PERP", -9, "lots"),
        Posting("bob", "USDT", 0, "supply", scaled=-1),
    )
    journal = Journal.of([Move("deleverage", postings)], event_id="e", as_of=0, opening={})
    assert explain_account(journal, (), "bob", decimals={"USDT": 0, "lots:BTC-PERP": 3})[3:9] == [
        "what happened",
        "  1 deleverage",
        "    gives 40 USDT (cost) to its own holdings; then has -40 USDT",
        "    receives 40 USDT from its own holdings; then has 0 USDT",
        "    receives 0.009 BTC-PERP from engine; then has 0.009 BTC-PERP",
        "    supply of USDT is rescaled, its amount unchanged",
    ]


def test_without_decimals_amounts_are_told_in_smallest_units() -> None:
    lines = explain_account(alice_is_liquidated(), CHARGES, "fund:main")
    assert "    gives 60 units of USDC to deficit:USDC; then has 0 units of USDC" in lines
    assert "  60 units of USDC by fund, for the loss of alice: first in line" in lines


def test_an_account_nothing_happened_to_has_a_short_story() -> None:
    assert explain_account(alice_is_liquidated(), CHARGES, "nobody") == [
        "account nobody",
        "had",
        "  nothing",
        "what happened",
        "  nothing",
        "was charged",
        "  nothing",
        "has",
        "  nothing",
    ]


@given(worlds())
def test_the_story_read_from_text_is_the_story_told_at_once(world: World) -> None:
    journal = journal_of(carried_out(world))
    again, _ = from_lines(to_lines(journal))
    for name in journal.closing:
        assert explain_account(again, (), name) == explain_account(journal, (), name)
