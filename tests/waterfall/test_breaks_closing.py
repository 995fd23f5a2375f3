"""Laws that layers which take or close lots, or gains, do not keep: each with its counterexample."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.book import Account
from seawall.core.loss import Default
from seawall.waterfall import backstop_provider, clawback, gains_haircut, tear_up
from tests.waterfall import test_backstop_provider as backstops
from tests.waterfall import test_clawback as clawbacks
from tests.waterfall import test_gains_haircut as haircuts
from tests.waterfall import test_tear_up as tear_ups
from tests.waterfall.books import account, lots, lots_default, position, run, terms_of
from tests.waterfall.test_deleverage import closed

MODULES = (tear_up, backstop_provider, gains_haircut, clawback)


def declared() -> set[str]:
    return {
        f"test_{rule}_breaks_{law.lower()}"
        for module in MODULES
        for rule, laws in module.BREAKS.items()
        for law in laws
    }


def test_every_declared_break_has_its_counterexample_and_every_counterexample_is_declared() -> None:
    assert declared() == {name for name in globals() if "_breaks_" in name and name.startswith("test_")}


def side_lots(quantity: int) -> Default:
    return lots_default(lots(quantity, 5_500, 5_000, "SIDE"), name=f"d{quantity}")


def test_tear_up_breaks_s2() -> None:
    """Two hold the same; there is one lot of five to tear up, and one of them gives it."""
    sellers = [account(name, 10_000, position(-5, 6_000, "SIDE")) for name in ("ann", "bob")]
    _, draft = tear_ups.tear_up(*sellers, default=side_lots(5))
    assert sorted(closed(draft, *sellers).values()) == [5]


def test_tear_up_breaks_s5() -> None:
    """Eight with lots of five can give one lot; two accounts of four can give none."""
    whole = [account("ann", 10_000, position(-8, 6_000, "SIDE"))]
    halves = [account(f"ann{n}", 10_000, position(-4, 6_000, "SIDE")) for n in (1, 2)]
    units = [
        sum(closed(tear_ups.tear_up(*sellers, default=side_lots(5))[1], *sellers).values())
        for sellers in (whole, halves)
    ]
    assert units == [5, 0]


def test_tear_up_breaks_w6() -> None:
    """A lot of five at once; two and three of it are no lot, twice."""
    seller = account("seller", 10_000, position(-5, 6_000, "SIDE"))
    once, _ = run([seller], terms_of(tear_ups.TEAR_UP), side_lots(5))
    split, _ = run([seller], terms_of(tear_ups.TEAR_UP), side_lots(2), side_lots(3))
    assert (sum(item.taken for item in once.absorptions), split.absorptions) == (25, ())


def drawn(sellers: Sequence[Account], *quantities: int) -> dict[str, int]:
    """Units torn up by draw, in the event that all tests share."""
    terms = terms_of({**tear_ups.TEAR_UP, "selection": "random"})
    defaults = [lots_default(lots(n, 11_000, 10_000), name=f"d{place}") for place, n in enumerate(quantities)]
    return closed(run(sellers, terms, *defaults)[1], *sellers)


def test_tear_up_random_breaks_s2() -> None:
    """Two hold the same: the first drawn gives all, the other nothing."""
    assert sorted(drawn([tear_ups.short(name, 100, 12_000) for name in ("ann", "bob")], 100).values()) == [
        100
    ]


def test_tear_up_random_breaks_s4() -> None:
    """A minnow drawn first gives all it holds, a whale only what is missing: less, for some name."""
    found = [
        drawn([tear_ups.short(name, 100, 12_000), tear_ups.short("whale", 900, 12_000)], 110)
        for name in ("m0", "m1", "m2", "m3", "m4", "m5")
    ]
    assert {"whale": 110} in found
    assert any(units.get("whale") == 10 for units in found)


def test_tear_up_random_breaks_s5() -> None:
    """Behind eve as one account, ann gives nothing; as two halves that are drawn before eve, all."""
    eve = tear_ups.short("eve", 100, 12_000)
    assert drawn([tear_ups.short("ann", 100, 12_000), eve], 100) == {"eve": 100}
    halves = [tear_ups.short(f"ann{n}", 50, 12_000) for n in (1, 2)]
    assert drawn([*halves, eve], 100) == {"ann1": 50, "ann2": 50}


def test_tear_up_random_breaks_w6() -> None:
    """What the first of two defaults leaves of a lot is too little for one."""
    seller = account("seller", 10_000, position(-5, 6_000, "SIDE"))
    terms = terms_of({**tear_ups.TEAR_UP, "selection": "random"})
    once, _ = run([seller], terms, side_lots(5))
    split, _ = run([seller], terms, side_lots(2), side_lots(3))
    assert (sum(item.taken for item in once.absorptions), split.absorptions) == (25, ())


def test_backstop_provider_breaks_w6() -> None:
    parts = [lots_default(lots(n, 5_500, 5_000, "SIDE"), name=f"d{n}") for n in (5, 2, 3)]
    terms = terms_of({**backstops.PROVIDER, "execution": "takeover"})
    once, _ = run([backstops.maker(10_000)], terms, parts[0])
    split, _ = run([backstops.maker(10_000)], terms, *parts[1:])
    assert (sum(item.taken for item in once.absorptions), split.absorptions) == (25, ())


def test_gains_haircut_breaks_s7() -> None:
    """The Alabama paradox, with gains of 6, 6 and 2."""
    rows = [account(name, 900, position(size, 9_000)) for name, size in (("a", 600), ("b", 600), ("c", 200))]
    paid = [haircuts.charges(haircuts.cut(loss, *rows)[0])["c"] for loss in (10, 11)]
    assert paid == [2, 1]


def test_clawback_breaks_s4() -> None:
    gains = clawbacks.gain("minnow", 100)
    result, _ = clawbacks.claw(50, gains, account("minnow", 100), account("whale", 10**6))
    assert clawbacks.charges(result) == {"minnow": 50}


def test_clawback_breaks_s7() -> None:
    gains = clawbacks.gain("a", 600) | clawbacks.gain("b", 600) | clawbacks.gain("c", 200)
    rows = [account(name, 5_000) for name in "abc"]
    paid = [clawbacks.charges(clawbacks.claw(loss, gains, *rows)[0])["c"] for loss in (10, 11)]
    assert paid == [2, 1]
