"""The slash as an example: the inputs hold no answer, and other inputs give the other right answer."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.adapters.loss_file import read_losses
from seawall.adapters.plan_file import read_plan
from seawall.core.event import Event
from seawall.resolution import SharedOut, share_out

FOLDER = Path(__file__).parents[2] / "examples" / "umbrella-slash"
UNIT = 10**6


def shared_out(folder: Path) -> SharedOut:
    found = read_losses(folder / "loss.toml")
    plan = read_plan(folder / "plan.toml")
    return share_out(found.book, found.market, plan, found.defaults, found.event)


def changed(target: Path, file: str, old: str, new: str) -> Path:
    """Copy the example and change one text in one of its files."""
    shutil.copytree(FOLDER, target / "case")
    path = target / "case" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} should stand once in {file}"
    path.write_text(text.replace(old, new))
    return target / "case"


def slashed_and_left(done: SharedOut) -> tuple[int, int]:
    """Whole USDC slashed, and left uncovered."""
    charges, residuals = done.waterfall.charges, done.waterfall.residuals
    return sum(item.amount for item in charges) // UNIT, sum(item.amount for item in residuals) // UNIT


def test_stakers_lose_all_but_a_unit_and_the_rest_stays_uncovered() -> None:
    done = shared_out(FOLDER)
    assert slashed_and_left(done) == (29_999, 120_001)
    assert sum(item.amount for item in done.waterfall.charges) == 29_999 * UNIT
    left = {name: done.after.account(f"fund:stake/{name}").balances for name in ("ann", "ben", "cyd")}
    assert sum(item.scaled for balances in left.values() for item in balances) == UNIT


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("loss.toml", '"15000"', '"75000"', (50_000, 100_000)),  # enough stake: the offset alone is left
        ("loss.toml", '"150000"', '"99999"', (0, 99_999)),  # below the offset
        ("loss.toml", '"150000"', '"100001"', (1, 100_000)),
        ("plan.toml", 'offset = "100000"', 'offset = "0"', (29_999, 120_001)),
        ("plan.toml", 'offset = "100000"', 'offset = "149000"', (1_000, 149_000)),
        ("plan.toml", 'floor = "1" ', 'floor = "20000" ', (10_000, 140_000)),
        # The fee comes out of the same stake: the cover is its part of the slash.
        ("plan.toml", "cooldown_s", "slash_fee_bps = 10000\ncooldown_s", (29_999, 135_000)),
    ],
)
def test_another_deficit_stake_or_plan_goes_as_far_as_it_must(
    file: str, old: str, new: str, expected: tuple[int, int], tmp_path: Path
) -> None:
    assert slashed_and_left(shared_out(changed(tmp_path, file, old, new))) == expected


@pytest.mark.parametrize(("after_s", "is_covered"), [(86_399, False), (86_400, True)])
def test_the_cover_comes_a_day_later(after_s: int, is_covered: bool) -> None:
    done = shared_out(FOLDER)
    later = Event("cover", done.after.as_of + after_s)
    covered = share_out(done.after, done.market, done.terms, [], later)
    deficit = -next(item.scaled for item in covered.after.account("deficit:USDC").balances)
    assert deficit == (120_001 if is_covered else 150_000) * UNIT
    assert len(covered.waterfall.pending) == (0 if is_covered else 1)


def test_a_second_deficit_finds_the_first_pending() -> None:
    """The next 5,000 are beyond offset and pending, and no stake is left above its floor."""
    done = shared_out(FOLDER)
    more = replace(done.waterfall.defaults[0], account="next", cash_shortfall=5_000 * UNIT)
    again = share_out(done.after, done.market, done.terms, [more], Event("next", done.after.as_of))
    assert slashed_and_left(again) == (0, 5_000)


@pytest.mark.parametrize("answer", ["29999", "29_999", "20001", "120001", "14999"])
def test_the_inputs_hold_no_expected_output(answer: str) -> None:
    assert answer not in "".join(path.read_text() for path in FOLDER.glob("*.toml"))
