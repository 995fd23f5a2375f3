"""Plans that close contracts or move debts, laid over the rulebook of a snapshot.

On the example exchange alice is long a bitcoin from 50,000 with 3,000 of cash, and 2.5 ether from 3,000
with 500.25, isolated; bob is short 1.2 and 2.5, carol long 0.5 and short 0.3 bitcoin. When prices fall by
`fall`, alice owes what her longs lost beyond her cash, and closing in the thin market costs a little more.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from seawall.adapters.plan_file import read_rulebook
from seawall.cli.inputs import read_inputs
from seawall.core.event import Event
from seawall.errors import InvalidTerms
from seawall.ledger.audit import audit
from seawall.resolution import Resolution, resolve
from tests.examples.test_plans import PLANS, USDC

FALLS = [Fraction(1, 10), Fraction(1, 5)]
CENT = Fraction(1, 100)  # prices at which lots are closed are rounded, times a thousand lots


def resolved(plan: str, folder: Path, fall: Fraction = Fraction(0)) -> Resolution:
    inputs = read_inputs(
        folder, drop=str(float(fall)) if fall else "", terms_file=PLANS / f"{plan}.toml", quiet=True
    )
    done = resolve(inputs.book, inputs.shocked, inputs.terms, Event("plan"))
    assert audit(done.journal) == []
    return done


def changed(example: str, target: Path, **edits: tuple[str, str]) -> Path:
    """Copy an example folder, with one text changed in some of its files."""
    shutil.copytree(PLANS.parent / example, target / example)
    for file, (old, new) in edits.items():
        path = target / example / f"{file}.csv"
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
    return target / example


def exchange(target: Path, fund: str = "0") -> Path:
    return changed("snapshot-exchange", target, funds=("USDT,1000", f"USDT,{fund}"))


def paid(done: Resolution, layer: str = "") -> dict[str, Fraction]:
    """Whole USDT by account, of one layer or of all."""
    found: dict[str, Fraction] = {}
    for item in done.charges:
        if layer in ("", item.layer):
            found[item.account] = found.get(item.account, Fraction(0)) + Fraction(item.amount, USDC)
    return found


def left(done: Resolution) -> Fraction:
    return Fraction(sum(item.amount for item in done.residuals), USDC)


def near(found: Mapping[str, Fraction], expected: Mapping[str, Fraction]) -> bool:
    return found.keys() == expected.keys() and all(
        abs(found[name] - expected[name]) <= CENT for name in expected
    )


def bitcoin(fall: Fraction) -> Fraction:
    """What the bitcoin is worth."""
    return 47_500 * (1 - fall)


def ether(fall: Fraction) -> Fraction:
    return 2_850 * (1 - fall)


def owed_on_bitcoin(fall: Fraction) -> Fraction:
    """Beyond alice's cash, at the mark."""
    return 50_000 - bitcoin(fall) - 3_000


def owed_on_ether(fall: Fraction) -> Fraction:
    return Fraction(5, 2) * (3_000 - ether(fall)) - Fraction("500.25")


def slippage_of_bitcoin(fall: Fraction) -> Fraction:
    """0.4 are sold 10 below the mark and 0.6 are sold 50 below it; depth falls with the prices."""
    return (1 - fall) * (Fraction("0.4") * 10 + Fraction("0.6") * 50)


def slippage_of_ether(fall: Fraction) -> Fraction:
    return (1 - fall) * Fraction("2.5") * 1


def owed(fall: Fraction) -> Fraction:
    return owed_on_bitcoin(fall) + owed_on_ether(fall)


def slippage(fall: Fraction) -> Fraction:
    return slippage_of_bitcoin(fall) + slippage_of_ether(fall)


@pytest.mark.parametrize("fall", FALLS)
def test_adl_closes_against_winners_at_the_bankruptcy_price_and_the_market_is_spared(
    fall: Fraction, tmp_path: Path
) -> None:
    """bob, who won more with more leverage than carol's small short, is asked for what its short can give."""
    done = resolved("adl", exchange(tmp_path), fall)
    given = paid(done, "queue")
    assert given.keys() <= {"bob", "carol"}
    assert abs(sum(given.values()) - owed(fall)) <= CENT
    closed = {
        name: sum(
            item.quantity for item in done.after.account(name).positions if item.instrument == "BTC-PERP"
        )
        - sum(item.quantity for item in done.before.account(name).positions if item.instrument == "BTC-PERP")
        for name in ("bob", "carol")
    }
    assert sum(closed.values()) == 1_000  # the whole bitcoin, in thousandths
    assert left(done) == 0


@pytest.mark.parametrize("plan", ["adl", "gains_haircut", "tear_up"])
@pytest.mark.parametrize("fall", FALLS)
def test_a_rich_fund_pays_for_closing_in_the_market_and_spares_all_others(
    plan: str, fall: Fraction, tmp_path: Path
) -> None:
    done = resolved(plan, exchange(tmp_path, "20000"), fall)
    assert near(paid(done), {"fund:insurance": owed(fall) + slippage(fall)})


@pytest.mark.parametrize("fall", FALLS)
def test_a_haircut_takes_the_gains_of_bob_and_leaves_carol_who_lost(fall: Fraction, tmp_path: Path) -> None:
    done = resolved("gains_haircut", exchange(tmp_path), fall)
    assert near(paid(done, "gains"), {"bob": owed(fall) + slippage(fall)})
    assert done.after.account("bob").positions[0].quantity == done.before.account("bob").positions[0].quantity


@pytest.mark.parametrize("fall", FALLS)
def test_contracts_torn_up_at_the_mark_leave_only_the_gains_that_are_still_open(
    fall: Fraction, tmp_path: Path
) -> None:
    """The shorts of 1.2 and 0.3 lose one bitcoin together, 0.8 and 0.2: bob still gains on 0.4 of it."""
    done = resolved("tear_up", exchange(tmp_path), fall)
    assert paid(done, "tear_up") == {}
    gains = Fraction("0.4") * (50_000 - bitcoin(fall))
    assert near(paid(done, "gains"), {"bob": min(gains, owed_on_bitcoin(fall))})
    assert abs(left(done) - (owed(fall) - min(gains, owed_on_bitcoin(fall)))) <= CENT


@pytest.mark.parametrize("fall", FALLS)
def test_the_market_maker_takes_the_bitcoin_for_its_discount_and_not_the_ether(
    fall: Fraction, tmp_path: Path
) -> None:
    """For the ether the market pays more than the mark less 0.05 %; for the bitcoin less."""
    done = resolved("backstop_provider", exchange(tmp_path), fall)
    fee = bitcoin(fall) * Fraction(5, 10_000)
    held = {item.instrument: item.quantity for item in done.after.account("bob").positions}
    assert held == {"BTC-PERP": -200, "ETH-PERP": -250}
    gains = Fraction("0.2") * (50_000 - bitcoin(fall))
    on_ether = owed_on_ether(fall) + slippage_of_ether(fall)
    taken = min(gains, owed_on_bitcoin(fall) + fee)
    assert near(paid(done, "gains"), {"bob": taken + min(on_ether, Fraction("2.5") * (3_000 - ether(fall)))})
    assert abs(left(done) - (owed_on_bitcoin(fall) + fee - taken)) <= CENT


@pytest.mark.parametrize("fall", FALLS)
def test_each_contract_pays_the_same(fall: Fraction, tmp_path: Path) -> None:
    """Of the bitcoin, bob holds 1.2 contracts and carol 0.8 in two legs; of the ether bob alone is left."""
    done = resolved("mutualise", exchange(tmp_path), fall)
    on_bitcoin, on_ether = owed_on_bitcoin(fall) + slippage_of_bitcoin(fall), owed_on_ether(fall)
    expected = {
        "bob": on_bitcoin * Fraction(12, 20) + on_ether + slippage_of_ether(fall),
        "carol": on_bitcoin * Fraction(8, 20),
    }
    assert near(paid(done, "contracts"), expected)


@pytest.mark.parametrize("price", ["2000", "1900", "1500"])
def test_another_borrower_owes_what_the_failing_one_does_not(price: str, tmp_path: Path) -> None:
    """ben has an ether against 2,100.50; at the bonus of 5 % it repays its value divided by 1.05."""
    folder = changed(
        "snapshot-lending",
        tmp_path,
        balances=("ann,USDC,debt,16000", "ann,USDC,debt,8000"),
        pools=("21899.5", "29899.5"),
        prices=("ETH,2000,", f"ETH,{price},"),
    )
    done = resolved("redistribution", folder)
    assert [item.account for item in done.defaults] == ["ben"]
    assert near(paid(done), {"ann": Fraction("2100.5") - int(price) * Fraction(100, 105)})
    assert left(done) == 0


def test_without_another_borrower_suppliers_are_left_with_it() -> None:
    done = resolved("redistribution", PLANS.parent / "snapshot-lending")
    assert paid(done) == {}
    assert [item.bearer for item in done.residuals] == ["suppliers"]


def test_a_plan_keeps_the_snapshots_rules_and_replaces_its_layers() -> None:
    folder = PLANS.parent / "snapshot-exchange"
    own = read_inputs(folder, quiet=True).terms
    laid = read_inputs(folder, terms_file=PLANS / "adl.toml", quiet=True).terms
    assert [layer.name for layer in laid.waterfall] == ["insurance", "queue", "rest"]
    assert laid.model_copy(update={"waterfall": own.waterfall}) == own


def test_a_plan_for_another_family_of_venues_is_refused_and_a_file_without_layers_read_whole(
    tmp_path: Path,
) -> None:
    terms = read_inputs(PLANS.parent / "snapshot-exchange", quiet=True).terms
    with pytest.raises(InvalidTerms, match="'lending', and the rulebook of the snapshot is 'exchange'"):
        read_rulebook(PLANS / "redistribution.toml", terms)
    (tmp_path / "mine.toml").write_text('family = "exchange"\n')
    with pytest.raises(InvalidTerms, match="missing_field"):
        read_rulebook(tmp_path / "mine.toml", terms)
