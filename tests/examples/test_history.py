"""History as runnable examples: the inputs hold no answer, and other inputs give the other right answer."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from seawall.adapters.snapshot import load_snapshot
from seawall.core.event import Event
from seawall.resolution import Resolution, bad_debts, resolve

EXAMPLES = Path(__file__).parents[2] / "examples"


def resolved(folder: Path) -> Resolution:
    return resolve(*load_snapshot(folder), Event(folder.name))


def changed(name: str, target: Path, file: str, old: str, new: str) -> Path:
    """Copy an example and change one text in one of its files."""
    shutil.copytree(EXAMPLES / name, target / name)
    path = target / name / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} should stand once in {file}"
    path.write_text(text.replace(old, new))
    return target / name


def taken(done: Resolution) -> dict[str, int]:
    """Whole millions each layer took, and what is left."""
    found = {item.layer: item.taken // 10**8 for item in done.absorptions}
    return found | {"left": sum(residual.amount for residual in done.residuals) // 10**8}


def test_crv_leaves_about_1_7_million_dollars_on_a_toxic_account() -> None:
    done = resolved(EXAMPLES / "aave-crv-2022")
    (liquidation,) = done.liquidations
    assert liquidation.outcome == "exhausted"
    assert liquidation.toxic_calls == len(liquidation.seizures) > 0
    left_usd = Fraction(done.defaults[0].loss, 10**18) * Fraction(68, 100)
    assert 1_600_000 <= left_usd <= 1_750_000
    before = bad_debts(done).before["oracle"]
    assert before.mark_gap == 0
    assert before.liquidation_gap > 0


@pytest.mark.parametrize("price", ["0.60", "0.62", "0.66", "0.70", "0.75", "1.10"])
def test_crv_at_another_price_leaves_what_the_closed_form_says(price: str, tmp_path: Path) -> None:
    done = resolved(changed("aave-crv-2022", tmp_path, "prices.csv", "CRV,0.68,0.68", f"CRV,{price},{price}"))
    usd = Fraction(price)
    sold = Fraction(63_600_000) / Fraction(10_450, 10_000)
    is_liquidatable = 63_600_000 * Fraction(88, 100) < 92_000_000 * usd
    expected = max(Fraction(0), 92_000_000 - sold / usd) if is_liquidatable else Fraction(0)
    left = sum(Fraction(default.loss, 10**18) for default in done.defaults)
    assert abs(left - expected) < Fraction(1, 10**4)


def test_the_fund_of_the_survivors_bears_107_of_166() -> None:
    done = resolved(EXAMPLES / "nasdaq-clearing-2018")
    assert taken(done) == {"own_capital": 7, "default_fund": 107, "left": 0}
    shares = {charge.account: charge.amount for charge in done.charges if charge.layer == "default_fund"}
    assert sum(shares.values()) == 107 * 10**8
    for name, amount in shares.items():
        paid_in = next(b.scaled for b in done.before.account(name).balances)
        assert abs(amount - Fraction(107, 166) * paid_in) < 1


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("5000000", {"own_capital": 5, "left": 0}),
        ("7000000", {"own_capital": 7, "left": 0}),
        ("173000000", {"own_capital": 7, "default_fund": 166, "left": 0}),
        ("180000000", {"own_capital": 7, "default_fund": 166, "left": 7}),
    ],
)
def test_another_loss_goes_as_far_as_it_must(loss: str, expected: dict[str, int], tmp_path: Path) -> None:
    folder = changed("nasdaq-clearing-2018", tmp_path, "balances.csv", "-114000000", f"-{loss}")
    assert taken(resolved(folder)) == expected


def test_two_layers_in_the_other_order_pay_in_the_other_order(tmp_path: Path) -> None:
    """Red when the order of layers is ignored: the fund first leaves the own capital untouched."""
    folder = changed(
        "nasdaq-clearing-2018",
        tmp_path,
        "terms.toml",
        'kind = "first_loss"',
        'kind = "first_loss"\nafter = ["default_fund"]',
    )
    assert taken(resolved(folder)) == {"default_fund": 114, "left": 0}


@pytest.mark.parametrize("name", ["aave-crv-2022", "nasdaq-clearing-2018"])
def test_the_inputs_hold_no_expected_output(name: str) -> None:
    text = "".join(path.read_text() for path in (EXAMPLES / name).iterdir() if path.suffix != ".md")
    for answer in ("107", "2498", "1.7", "59000000", "2640000", "2656000"):
        assert answer not in text
