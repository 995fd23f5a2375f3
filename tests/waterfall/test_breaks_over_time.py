"""Laws that the layers which wait, tax, claim and redistribute do not keep: each with its counterexample."""

from __future__ import annotations

from seawall.core.book import RAY
from seawall.waterfall import debt_auction, halt, recovery_claims, redistribution, withdrawal_tax
from tests.waterfall.test_debt_auction import FLOP, opened
from tests.waterfall.test_recovery_claims import claimed
from tests.waterfall.test_redistribution import borrower, charges, spread
from tests.waterfall.test_withdrawal_tax import kept, out, taxed

MODULES = (debt_auction, halt, recovery_claims, redistribution, withdrawal_tax)


def declared() -> set[str]:
    return {
        f"test_{rule}_breaks_{law.lower()}"
        for module in MODULES
        for rule, laws in module.BREAKS.items()
        for law in laws
    }


def test_every_declared_break_has_its_counterexample_and_every_counterexample_is_declared() -> None:
    assert declared() == {name for name in globals() if "_breaks_" in name and name.startswith("test_")}


def test_debt_auction_breaks_w5() -> None:
    """A loss of 1.99 holds 1.00 and leaves 0.99 below; a loss of 2.00 leaves nothing."""
    left = [
        sum(item.amount for item in opened(FLOP | {"bid_size": "1"}, loss).result.residuals)
        for loss in (199, 200)
    ]
    assert left == [99, 0]


def test_debt_auction_breaks_w6() -> None:
    """A loss of 1.00 is one bid; 0.60 and 0.40 of one event are none."""
    layer = FLOP | {"bid_size": "1"}
    parts = [opened(layer, loss).result.pending for loss in (60, 40)]
    assert ([item.amount for item in opened(layer, 100).result.pending], parts) == ([100], [(), ()])


def test_withdrawal_tax_breaks_s2() -> None:
    story = taxed(50, ann=1000, bob=1000).then(20, withdrawals=[out("ann", 500)])
    assert kept(story) == {"ann": 50}


def test_withdrawal_tax_breaks_s5() -> None:
    """Two withdrawals of 5 at a tenth cost a unit each; one of 10 costs one."""
    once = taxed(50, ann=1000).then(20, withdrawals=[out("ann", 10, 5)])
    twice = taxed(50, ann=1000).then(20, withdrawals=[out("ann", 5, 5), out("ann", 5, 6)])
    assert (kept(once), kept(twice)) == ({"ann": 1}, {"ann": 2})


def test_recovery_claims_breaks_s7() -> None:
    """The Alabama paradox, with cash of 6, 6 and 2."""
    paid = [
        {item.account: item.amount for item in claimed(loss, a=600, b=600, c=200).result.charges}["c"]
        for loss in (10, 11)
    ]
    assert paid == [2, 1]


def test_redistribution_breaks_s1() -> None:
    result, _ = spread(borrower("ann", 1), loss=7, index=3 * RAY)
    assert sum(charges(result).values()) == 9


def test_redistribution_breaks_s7() -> None:
    people = [borrower(name, debt) for name, debt in (("a", 6), ("b", 6), ("c", 2))]
    assert [charges(spread(*people, loss=loss)[0])["c"] for loss in (10, 11)] == [2, 1]


def test_redistribution_breaks_s8() -> None:
    """A debt that counts in threes: 6 at once are two units, 2 and then 4 are one and two."""
    once = charges(spread(borrower("ann", 1), loss=6, index=3 * RAY)[0])["ann"]
    parts = [charges(spread(borrower("ann", 1), loss=loss, index=3 * RAY)[0])["ann"] for loss in (2, 4)]
    assert (once, sum(parts)) == (6, 9)
