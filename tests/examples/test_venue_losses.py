"""Losses as venues shared them: a week's profits, every contract the same, offsets by draw."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from seawall.adapters.snapshot import load_snapshot
from seawall.core.event import Event
from seawall.ledger.audit import audit
from seawall.resolution import Resolution, resolve
from seawall.rules import drift_v2, mango_v4
from tests.examples.test_history import EXAMPLES, changed, resolved
from tests.examples.test_recoveries import VECTORS
from tests.waterfall.books import supply_book
from tests.waterfall.test_mutualise import haircut

BTC = 10**8
USDC = 10**6
INDEX = 10**10  # of Drift's deposits


def paid(done: Resolution, layer: str) -> dict[str, int]:
    return {charge.account: charge.amount for charge in done.charges if charge.layer == layer}


def left(done: Resolution) -> int:
    return sum(item.amount for item in done.residuals)


def cash(done: Resolution, account: str) -> int:
    return sum(item.scaled for item in done.after.account(account).balances)


# --- OKEx: what the five won in that week, in bitcoin ---

WON = {"trader:01": 2_000, "trader:02": 1_500, "trader:03": 1_000, "trader:04": 700, "trader:05": 300}


def test_winners_of_the_week_gave_back_about_18_percent() -> None:
    done = resolved(EXAMPLES / "okex-2018")
    given = paid(done, "clawback")
    rates = {name: Fraction(amount, WON[name] * BTC) for name, amount in given.items()}
    assert rates.keys() == WON.keys()
    assert len(set(rates.values())) == 1
    assert abs(next(iter(rates.values())) - Fraction(18, 100)) < Fraction(5, 1000)
    assert audit(done.journal) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "rate"),
    [
        ("balances.csv", "-3500", "-2510", Fraction(0)),
        ("balances.csv", "-3500", "-2510.00000055", Fraction(1, 10**10)),  # the last place
        ("balances.csv", "-3500", "-5260", Fraction(2_750, 5_500)),
        ("balances.csv", "-3500", "-8010", Fraction(1)),
        ("balances.csv", "-3500", "-9010", Fraction(1)),  # never principal
        ("funds.csv", "venue,BTC,2500", "venue,BTC,0", Fraction(3_490, 5_500)),
        ("funds.csv", "insurance,BTC,10", "insurance,BTC,560", Fraction(440, 5_500)),
    ],
)
def test_another_loss_or_addition_is_another_rate(
    file: str, old: str, new: str, rate: Fraction, tmp_path: Path
) -> None:
    done = resolved(changed("okex-2018", tmp_path, file, old, new))
    given = paid(done, "clawback")
    assert all(abs(given.get(name, 0) - rate * won * BTC) < 1 for name, won in WON.items())
    taken = sum(item.taken for item in done.absorptions)
    assert taken + left(done) == sum(default.loss for default in done.defaults)
    assert (left(done) > 0) == (new == "-9010")


@pytest.mark.parametrize(
    ("old", "new", "name", "won"),
    [
        ("05:BTC:1532678400", "05:BTC:1532678399", "trader:05", 0),  # a second before the week
        ("07:BTC:1532592000", "07:BTC:1532678400", "trader:07", 600),
        ("07:BTC:1532592000", "07:BTC:1533283201", "trader:07", 0),  # after the settlement
        ("06:BTC:1533081600,-80000000000", "06:BTC:1533081600,80000000000", "trader:06", 800),
        ("01:BTC:1533081600,-40000000000", "01:BTC:1533081600,-240000000000", "trader:01", 0),
    ],
)
def test_only_the_net_gain_of_the_week_counts(
    old: str, new: str, name: str, won: int, tmp_path: Path
) -> None:
    gains = WON | {name: won}
    rate = Fraction(990, sum(gains.values()))
    given = paid(resolved(changed("okex-2018", tmp_path, "state.csv", old, new)), "clawback")
    assert all(abs(given.get(each, 0) - rate * gain * BTC) < 1 for each, gain in gains.items())


def test_who_has_taken_the_gain_out_pays_what_is_there_and_the_others_the_rest(tmp_path: Path) -> None:
    done = resolved(changed("okex-2018", tmp_path, "balances.csv", "03,BTC,cash,1050", "03,BTC,cash,90"))
    given = paid(done, "clawback")
    assert given.pop("trader:03") == 90 * BTC
    assert all(abs(amount - Fraction(900, 4_500) * WON[name] * BTC) < 1 for name, amount in given.items())


# --- Drift and Mango: five contracts long, five short ---

SIZE = {"long:01": 2, "long:02": 3, "short:01": 1, "short:02": 4}


@pytest.mark.parametrize(
    ("loss", "insurance", "fees"),
    [
        ("100", "0", "0"),
        ("100.000001", "0", "0"),
        ("0.000001", "0", "0"),
        ("100", "0.000001", "0"),  # the last unit stays
        ("100", "60", "0"),
        ("100", "60", "30"),
        ("100", "0", "30"),
        ("100", "100", "0"),
        ("100", "100.000001", "0"),
        ("33.333333", "3", "7"),
    ],
)
def test_insurance_then_fees_then_every_contract_the_same(
    loss: str, insurance: str, fees: str, tmp_path: Path
) -> None:
    """As Drift has it but for rounding: up a unit for each contract there, for each payer here."""
    folder = changed("drift-mango-per-unit", tmp_path, "balances.csv", "cash,-100", f"cash,-{loss}")
    for file, old, new in [
        ("balances.csv", "fund:fees,USDC,cash,0", f"fund:fees,USDC,cash,{fees}"),
        ("funds.csv", "fund:insurance,USDC,0", f"fund:insurance,USDC,{insurance}"),
    ]:
        text = (folder / file).read_text()
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new))
    done = resolved(folder)
    owed, vault, pool = (int(Fraction(text) * USDC) for text in (loss, insurance, fees))
    insured = drift_v2.fund_payment(owed, vault)
    assert sum(paid(done, "insurance").values()) == insured
    assert sum(paid(done, "fees").values()) == min(owed - insured, pool)
    social = owed - insured - min(owed - insured, pool)
    rise = drift_v2.funding_to_socialise(social, 5 * drift_v2.BASE, -5 * drift_v2.BASE)
    given = paid(done, "contracts")
    for name, size in SIZE.items():
        amount = given.get(name, 0)
        assert 0 <= drift_v2.funding_payment(size * drift_v2.BASE, rise) - amount < size
        each = mango_v4.charge_per_contract(social * mango_v4.ONE, 10)
        assert 0 <= amount - Fraction(each * size, mango_v4.ONE) < 1
    assert left(done) == 0
    assert social <= sum(given.values()) < social + len(SIZE)


def test_the_published_case_is_borne_half_by_either_side() -> None:
    (case,) = [item for item in VECTORS["vectors"] if item["id"] == "drift-bankr-01"]
    given = paid(resolved(EXAMPLES / "drift-mango-per-unit"), "contracts")
    sides = {side: sum(given[name] for name in given if name.startswith(side)) for side in ("long", "short")}
    assert sides == {side: case["expected"][f"loss_of_5_base_{side}"] for side in sides}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # short:02 can pay 15 of its 40: the others pay 85 by six contracts.
        ("02,USDC,cash,1000", "02,USDC,cash,15", {"short:02": 15 * USDC}),
        ("bankrupt,USDC,cash,-100", "bankrupt,USDC,cash,-2200", {"long:01": 300 * USDC, "flat": 0}),
    ],
)
def test_nobody_pays_beyond_its_cash(old: str, new: str, expected: Mapping[str, int], tmp_path: Path) -> None:
    done = resolved(changed("drift-mango-per-unit", tmp_path, "balances.csv", old, new))
    given = paid(done, "contracts")
    assert {name: given.get(name, 0) for name in expected} == expected
    owed = sum(default.loss for default in done.defaults)
    if "15" in new:
        rest = {name: amount for name, amount in given.items() if name not in expected}
        assert all(0 <= amount - Fraction(85 * USDC, 6) * SIZE[name] < 1 for name, amount in rest.items())
    else:
        # All the cash that holders of contracts have, and not a unit of who holds none.
        assert given == {name: cash(done, name) + given[name] for name in SIZE}
        assert left(done) == owed - 2_200 * USDC == 0


def test_without_open_contracts_the_loss_is_booked_and_not_dropped(tmp_path: Path) -> None:
    """Drift refuses here, Mango charges nobody."""
    folder = changed("drift-mango-per-unit", tmp_path, "snapshot.toml", "Drift and Mango", "Drift")
    (folder / "positions.csv").write_text("account,instrument,leg,quantity,entry_price\n")
    done = resolved(folder)
    assert (paid(done, "contracts"), left(done)) == ({}, 100 * USDC)
    assert [item.bearer for item in done.residuals] == ["residual:market"]
    assert mango_v4.charge_per_contract(100 * mango_v4.ONE, 0) == 0


@pytest.mark.parametrize(("borrow", "deposits"), [(100, 1_000), (1, 3), (7, 9), (999, 1_000)])
def test_a_borrow_lowers_every_deposit_as_the_deposit_index_does(borrow: int, deposits: int) -> None:
    """The layer's index is finer than Drift's ten decimals: a balance may differ by a unit."""
    units = {"ann": deposits * USDC // 4, "bob": deposits * USDC - deposits * USDC // 4}
    result, _ = haircut(supply_book(units, deficit=borrow * USDC), borrow * USDC)
    after = INDEX - drift_v2.deposit_index_fall(borrow, deposits, INDEX)
    assert {charge.account for charge in result.charges} == units.keys()
    for charge in result.charges:
        assert abs(charge.amount - Fraction(units[charge.account] * (INDEX - after), INDEX)) <= 1


# --- dYdX: one bitcoin short and one ether long are offset, by draw ---

LONGS = {"candidate": 100_000_000, "maker:01": 25_000_000, "maker:02": 150_000_000}  # of 10^-8 BTC


def drawn(folder: Path, seed: int) -> Resolution:
    return resolve(*load_snapshot(folder), Event("offsets", seed=seed))


def offsets(done: Resolution) -> dict[str, int]:
    """Units of the bitcoin leg closed per account."""
    found = {}
    for name, size in LONGS.items():
        held = [item.quantity for item in done.after.account(name).positions]
        found[name] = size - sum(held)
    return {name: units for name, units in found.items() if units}


def quote(done: Resolution, name: str, *, after: bool) -> int:
    """Cash and cost together: what dYdX keeps as the quote balance."""
    row = (done.after if after else done.before).account(name)
    return sum(item.scaled for item in row.balances) + sum(item.cost for item in row.positions)


def test_a_drawn_candidate_ends_as_published_and_each_seed_draws() -> None:
    (case,) = [item for item in VECTORS["vectors"] if item["id"] == "dydx-adl-03"]
    published, seen = case["expected"]["candidate_usdc_after"], set()
    for seed in range(12):
        done = drawn(EXAMPLES / "dydx-offsets", seed)
        closed = offsets(done)
        seen.add(tuple(closed))
        assert sum(closed.values()) == 10**8
        assert (done.charges, left(done)) == ((), 0)  # at the oracle price nobody loses
        assert not done.after.account("failing").positions
        for name, units in closed.items():
            gained = quote(done, name, after=True) - quote(done, name, after=False)
            assert gained == 50_000 * USDC * units // 10**8
        if closed.get("candidate") == 10**8:
            assert cash(done, "candidate") == published
    assert {("candidate",), ("maker:02",)} <= seen


@pytest.mark.parametrize(("balance", "equity"), [("2500", -3_000), ("5499.999999", -1), ("-500", -6_000)])
@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_under_water_the_drawn_bear_what_is_missing(
    balance: str, equity: int, seed: int, tmp_path: Path
) -> None:
    done = drawn(changed("dydx-offsets", tmp_path, "balances.csv", "cash,5500", f"cash,{balance}"), seed)
    missing = -equity * (1 if abs(equity) == 1 else USDC)
    given = paid(done, "offsets")
    assert given.keys() <= {*offsets(done), "maker:03"}
    assert 0 <= missing - sum(given.values()) <= 1  # the mark value of a part rounds
    assert sum(offsets(done).values()) == 10**8
    assert left(done) == 0


def test_who_cannot_bear_the_bankruptcy_price_closes_what_it_can(tmp_path: Path) -> None:
    """Each long has so little that the price pushes it under: a part is closed, the rest is booked."""
    folder = changed("dydx-offsets", tmp_path, "balances.csv", "cash,5500", "cash,-14500")
    text = (folder / "balances.csv").read_text()
    for old, new in [
        ("90000", "-9000"),
        ("maker:01,USDC,cash,4000", "maker:01,USDC,cash,800"),
        ("60000", "3500"),
    ]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "balances.csv").write_text(text)
    done = drawn(folder, 1)
    assert 0 < sum(offsets(done).values()) < 10**8
    assert left(done) > 0
    # Equity at the mark before: 1000, 300 and 2000.
    worth = {"candidate": 1_000, "maker:01": 300, "maker:02": 2_000}
    given = paid(done, "offsets")
    for name, dollars in worth.items():
        assert given.get(name, 0) <= dollars * USDC


def test_with_nobody_on_the_other_side_the_loss_of_closing_is_booked(tmp_path: Path) -> None:
    folder = changed("dydx-offsets", tmp_path, "snapshot.toml", "in the manner of", "like")
    rows = (folder / "positions.csv").read_text().splitlines()
    kept = [row for row in rows if row.split(",")[0] in ("account", "failing")]
    (folder / "positions.csv").write_text("\n".join(kept) + "\n")
    done = drawn(folder, 0)
    assert (offsets(done), left(done)) == ({name: size for name, size in LONGS.items()}, 2_020 * USDC)


def test_a_fund_spares_the_others(tmp_path: Path) -> None:
    folder = changed("dydx-offsets", tmp_path, "funds.csv", "insurance,USDC,0", "insurance,USDC,2020")
    done = drawn(folder, 0)
    assert offsets(done) == {}
    assert paid(done, "insurance") == {"fund:insurance": 2_020 * USDC}


@pytest.mark.parametrize("name", ["okex-2018", "drift-mango-per-unit", "dydx-offsets"])
def test_the_inputs_hold_no_expected_output(name: str) -> None:
    text = "".join(path.read_text() for path in (EXAMPLES / name).iterdir() if path.suffix != ".md")
    answers = {
        "okex-2018": ("0.18", "990", "360", "180,"),
        "drift-mango-per-unit": (",20\n", ",30\n", "funding"),
        "dydx-offsets": ("100000", "2020", "47000"),
    }
    for answer in answers[name]:
        assert answer not in text
