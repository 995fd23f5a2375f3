"""Laws that a rule does not keep: each declared next to the rule, each with a frozen counterexample."""

from __future__ import annotations

from seawall.allocation import proportional, queue
from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata
from seawall.allocation.queue import allocate_queue
from seawall.core.draft import Draft
from seawall.core.loss import Default
from seawall.waterfall import (
    assessment,
    deleverage,
    funds,
    mutual_fund,
    mutualise,
    stability_pool,
    staked_backstop,
)
from seawall.waterfall.waterfall import run_waterfall
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
from tests.waterfall.reserves import holder, loss, met, owing
from tests.waterfall.test_assessment import CALL, called, clearing
from tests.waterfall.test_deleverage import adl, closed, short
from tests.waterfall.test_mutual_fund import MUTUAL, charges, member
from tests.waterfall.test_mutualise import claims, haircut, supply_book

MODULES = (
    assessment,
    deleverage,
    funds,
    mutual_fund,
    mutualise,
    proportional,
    queue,
    stability_pool,
    staked_backstop,
)
TIES = [b"a", b"b", b"c", b"d"]


def declared() -> set[str]:
    return {
        f"test_{rule}_breaks_{law.lower()}"
        for module in MODULES
        for rule, laws in module.BREAKS.items()
        for law in laws
    }


def test_every_declared_break_has_its_counterexample_and_every_counterexample_is_declared() -> None:
    assert declared() == {name for name in globals() if "_breaks_" in name and name.startswith("test_")}


def test_pro_rata_breaks_s7() -> None:
    """The Alabama paradox: weights 6, 6, 2 and one more unit to share out."""
    assert allocate_pro_rata(10, [6, 6, 2], tie_key=TIES[:3]) == [4, 4, 2]
    assert allocate_pro_rata(11, [6, 6, 2], tie_key=TIES[:3]) == [5, 5, 1]


def test_pro_rata_breaks_s8() -> None:
    """The layer's total is kept, single shares are not: a unit falls on the same account twice."""
    once = allocate_pro_rata(2, [1, 1], tie_key=TIES[:2])
    half = allocate_pro_rata(1, [1, 1], tie_key=TIES[:2])
    assert (once, [share * 2 for share in half]) == ([1, 1], [2, 0])


def test_capped_breaks_s5() -> None:
    """Capacity 10 with an absolute floor of 5 can give 5; two halves with that floor each give nothing."""
    whole = allocate_capped(5, [10, 10], [10 - 5, 10], tie_key=TIES[:2])
    halves = allocate_capped(5, [5, 5, 10], [5 - 5, 5 - 5, 10], tie_key=TIES[:3])
    assert (whole[0], sum(halves[:2])) == (3, 0)


def test_capped_breaks_s7() -> None:
    """The Alabama paradox, with caps that do not bind."""
    assert allocate_capped(10, [6, 6, 2], [99, 99, 99], tie_key=TIES[:3]) == [4, 4, 2]
    assert allocate_capped(11, [6, 6, 2], [99, 99, 99], tie_key=TIES[:3]) == [5, 5, 1]


def test_queue_breaks_s2() -> None:
    assert allocate_queue(5, [("a", 5), ("b", 5)]) == [("a", 5)]


def test_queue_breaks_s4() -> None:
    """The whale stands behind the minnow and pays nothing."""
    assert allocate_queue(1, [("minnow", 1), ("whale", 10**6)]) == [("minnow", 1)]


def test_queue_breaks_s5() -> None:
    """a stands before b by the tie; split in two, one half stands behind b."""
    whole = dict(allocate_queue(10, [("a", 10), ("b", 10)]))
    split = dict(allocate_queue(10, [("a1", 5), ("b", 10), ("a2", 5)]))
    assert (whole["a"], split["a1"] + split.get("a2", 0)) == (10, 5)


def test_per_unit_breaks_s1() -> None:
    assert sum(allocate_per_unit(10, [1, 1, 1], [9, 9, 9])) == 12


def test_per_unit_breaks_s8() -> None:
    """Four among three costs two each; two and two cost one each, and again."""
    assert allocate_per_unit(4, [1, 1, 1], [9, 9, 9]) == [2, 2, 2]
    assert allocate_per_unit(3, [1, 1, 1], [9, 9, 9]) == [1, 1, 1]
    assert allocate_per_unit(1, [1, 1, 1], [9, 9, 9]) == [1, 1, 1]
    assert allocate_per_unit(2, [1, 1, 1], [9, 9, 9]) == [1, 1, 1]


def test_fund_breaks_w5() -> None:
    """10 pay for the one lot that costs 10; with a cheaper one beside it, 8 go there and 2 stay unused."""
    dear, cheap = lots(1, 11_000, 10_000), lots(5, 5_160, 5_000, "SIDE")
    terms = terms_of({"kind": "insurance_fund", "account": "fund:a"})
    less, _ = run([fund("a", 10)], terms, lots_default(dear))
    more, _ = run([fund("a", 10)], terms, lots_default(dear, cheap))
    assert [less.absorptions[0].taken, more.absorptions[0].taken] == [10, 8]


def test_fund_breaks_w6() -> None:
    """The same two lots as one default, and as two with the dearer first."""
    dear, cheap = lots(1, 11_000, 10_000), lots(5, 5_160, 5_000, "SIDE")
    terms = terms_of({"kind": "insurance_fund", "account": "fund:a"})
    at_once, _ = run([fund("a", 10)], terms, lots_default(dear, cheap))
    parts = [lots_default(dear, name="d1"), lots_default(cheap, name="d2")]
    draft = Draft(book_of([fund("a", 10)], parts))
    taken = [
        sum(item.taken for item in run_waterfall(draft, market_of(), terms, [part], event=EVENT).absorptions)
        for part in parts
    ]
    assert (at_once.absorptions[0].taken, sum(taken)) == (8, 10)


def test_adl_queue_breaks_s2() -> None:
    accounts = [short("a", 100, 12_000), short("b", 100, 11_900)]
    _, draft = adl(*accounts, score="pnl")
    assert closed(draft, *accounts) == {"a": 100}


def test_adl_queue_breaks_s4() -> None:
    """By leverage, the small account is closed out and the one with a hundred times its cash untouched."""
    accounts = [short("minnow", 100, 12_000, cents=10_000), short("whale", 100, 12_000, cents=1_000_000)]
    _, draft = adl(*accounts, score="leverage")
    assert closed(draft, *accounts) == {"minnow": 100}


def test_adl_queue_breaks_s5() -> None:
    """Two equals; one is closed in full. Split it and the other may stand between its halves."""
    whole = [short("a", 100, 12_000), short("b", 100, 12_000)]
    _, draft = adl(*whole, score="leverage")
    (payer,) = closed(draft, *whole)
    other = "b" if payer == "a" else "a"
    found = set()
    for number in range(20):
        halves = [short(f"{payer}{number}{half}", 50, 12_000, cents=50_000) for half in "xy"]
        accounts = [*halves, short(other, 100, 12_000)]
        _, draft = adl(*accounts, score="leverage")
        units = closed(draft, *accounts)
        found.add(sum(units.get(half.id, 0) for half in halves))
    assert found == {0, 50, 100}


def test_adl_breaks_w6() -> None:
    """A position of five with lots of five: half of the need is no lot, twice."""
    seller = account("seller", 10_000, position(-5, 6_000, "SIDE"))
    result, _ = adl(seller, default=lots_default(lots(5, 5_500, 5_000, "SIDE")))
    parts = [Default(f"d{n}", "USD", 0, (lots(n, 5_500, 5_000, "SIDE"),), pool="main") for n in (2, 3)]
    split, _ = run([seller], terms_of({"kind": "adl"}), *parts)
    assert (sum(item.taken for item in result.absorptions), split.absorptions) == (25, ())


def test_supply_index_breaks_s1() -> None:
    result, _ = haircut(supply_book({"a": 10, "b": 10, "c": 10}), 1)
    assert sum(item.amount for item in result.charges) == 3


def test_supply_index_breaks_s8() -> None:
    """The layer takes 2 either way; the holders lose 3 at once and 6 in two steps."""
    once, at_once = haircut(supply_book({"a": 10, "b": 10, "c": 10}), 2)
    first, draft = haircut(supply_book({"a": 10, "b": 10, "c": 10}), 1)
    second, twice = haircut(draft.book_after(), 1)
    assert once.absorptions[0].taken == first.absorptions[0].taken + second.absorptions[0].taken
    assert [sum(claims(draft.book_after()).values()) for draft in (at_once, twice)] == [27, 24]


def test_cash_breaks_s7() -> None:
    """As pro rata: c pays 2 of a loss of 10 and 1 of a loss of 11."""
    holders = [account("a", 600), account("b", 600), account("c", 200)]
    terms = terms_of({"kind": "mutualise", "over": "cash"})
    paid = [
        {item.account: item.amount for item in run(holders, terms, cash_default(loss))[0].charges}["c"]
        for loss in (10, 11)
    ]
    assert paid == [2, 1]


def test_per_unit_breaks_s4() -> None:
    """The richer holds fewer contracts and pays less."""
    sides = [account("rich", 100_000, position(100, 0)), account("poor", 10_000, position(-300, 0))]
    terms = terms_of({"kind": "mutualise", "over": "per_unit"})
    result, _ = run(sides, terms, cash_default(100), market=market_of())
    assert {item.account: item.amount for item in result.charges} == {"rich": 25, "poor": 75}


def test_mutual_fund_breaks_s7() -> None:
    """As pro rata: c pays 2 of a loss of 10 and 1 of a loss of 11."""
    members = [member("a", 600), member("b", 600), member("c", 200)]
    paid = [charges(run(members, terms_of(MUTUAL), cash_default(cents))[0])["c"] for cents in (10, 11)]
    assert paid == [2, 1]


def test_mutual_fund_breaks_s8() -> None:
    """Two losses of a cent are c's, one of two cents is shared: a unit falls on the same member twice."""
    members = [member("a", 1), member("b", 1), member("c", 2)]
    once = charges(run(members, terms_of(MUTUAL), cash_default(2))[0])
    twice = charges(run(members, terms_of(MUTUAL), cash_default(1, "x"), cash_default(1, "y"))[0])
    assert (once["c"], twice) == (1, {"c": 2})


def test_assessment_breaks_s7() -> None:
    """As pro rata: c pays 2 of a loss of 10 and 1 of a loss of 11."""
    rows = [
        row for name, put_in in (("a", 600), ("b", 600), ("c", 200)) for row in clearing(put_in, 999, name)
    ]
    paid = [called(run(rows, terms_of(CALL), cash_default(cents))[0])["c"] for cents in (10, 11)]
    assert paid == [2, 1]


def test_assessment_breaks_s4() -> None:
    """The richer put less into the fund and pays less."""
    rows = [*clearing(100, 90_000, "rich"), *clearing(300, 1_000, "poor")]
    assert called(run(rows, terms_of(CALL), cash_default(40))[0]) == {"rich": 10, "poor": 30}


def test_stability_pool_breaks_s7() -> None:
    """As pro rata: c pays 2 of a loss of 10 and 1 of a loss of 11."""
    rows = [
        holder(name, parent="fund:pool", USD=cents) for name, cents in (("a", 600), ("b", 600), ("c", 200))
    ]
    layer = {"kind": "stability_pool", "account": "fund:pool"}
    paid = [
        {item.account: item.amount for item in met(owing(cents, *rows), layer, loss(cents))[0].charges}["c"]
        for cents in (10, 11)
    ]
    assert paid == [2, 1]


def test_staked_backstop_breaks_w2() -> None:
    """The treasury below pays the offset of a dollar while the stake above it could have."""
    layers = [
        {"kind": "staked_backstop", "account": "fund:stake", "offset": "1"},
        {"kind": "fee_pool", "account": "fund:treasury"},
    ]
    rows = [holder("fund:stake", USD=10_000), holder("fund:treasury", USD=10_000)]
    result, _ = met(owing(300, *rows), terms_of(*layers), loss(300))
    assert [(item.layer, item.taken) for item in result.absorptions] == [("stake", 200), ("treasury", 100)]


def test_staked_backstop_breaks_s1() -> None:
    """A fee of ten per cent: stakers lose 110 for a loss of 100."""
    layer = {"kind": "staked_backstop", "account": "fund:stake", "slash_fee_bps": 1_000}
    result, _ = met(owing(100, holder("fund:stake", USD=10_000)), layer, loss(100))
    assert [item.amount for item in result.charges] == [110]


def test_staked_backstop_breaks_w5() -> None:
    """Stake of 10, a fee of 5 %: 19 ask for 19 and are covered by 190 / 19; 20 ask for 21, by 200 / 21."""
    layer = {"kind": "staked_backstop", "account": "fund:stake", "slash_fee_bps": 500}
    taken = [
        met(owing(cents, holder("fund:stake", USD=10)), layer, loss(cents))[0].taken_by_layer()
        for cents in (19, 20)
    ]
    assert [found["stake", "USD"] for found in taken] == [10, 9]


def test_staked_backstop_breaks_w6() -> None:
    """Stake and fund of ten dollars each at one rank: half of a loss of ten, a third of a loss of five."""
    layers = [
        {"kind": "staked_backstop", "account": "fund:stake", "rank": 0},
        {"kind": "fee_pool", "account": "fund:treasury", "rank": 0},
    ]
    rows = [holder("fund:stake", USD=1_000), holder("fund:treasury", USD=1_000)]
    at_once, _ = met(owing(1_000, *rows), terms_of(*layers), loss(1_000))
    half, _ = met(owing(500, *rows), terms_of(*layers), loss(500))
    assert [result.taken_by_layer()["stake", "USD"] for result in (at_once, half)] == [500, 167]
