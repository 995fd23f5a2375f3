"""Every plan of the folder is run, on the loss that stands beside it and on others.

Expected amounts are worked out by hand from the inputs: whole USDC of cash, or the price arithmetic of
one long that fails.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from seawall.adapters.loss_file import losses_of
from seawall.adapters.plan_file import read_plan
from seawall.errors import EXIT_BREACH, EXIT_OK
from seawall.ledger.audit import audit
from seawall.resolution import SharedOut, share_out
from seawall.waterfall.plan import warnings
from seawall.waterfall.unbacked import unbacked
from seawall.waterfall.waterfall import KINDS
from tests.cli.command import seawall

PLANS = Path(__file__).parents[2] / "examples" / "plans"
NAMES = sorted(path.stem for path in PLANS.glob("*.toml") if not path.stem.endswith("-loss"))
README = (PLANS / "README.md").read_text()
USDC = 10**6


@dataclass(frozen=True)
class Told:
    """A plan: the loss file it is run on, what `check` warns of, and for each loss what its layers bear."""

    loss: str
    runs: dict[str, dict[str, int]]
    warns: Iterable[str] = ()


def of_venue(runs: dict[str, dict[str, int]], *warns: str) -> Told:
    """Holders have 130,800 of cash, who failed 800 of it; in the week ann won 40,000 and ben 20,000."""
    return Told("venue", runs, warns)


def of_members(runs: dict[str, dict[str, int]], *warns: str) -> Told:
    return Told("members", runs, warns)


def on_snapshot(*warns: str) -> Told:
    """Closes contracts or moves debts, which a loss file has not: see `test_plans_on_snapshots`."""
    return Told("", {}, warns)


TOLD = {
    "own_collateral": of_venue(
        {
            "50000": {"own_cash": 800, "house": 20_000, "left": 29_200},
            "800": {"own_cash": 800, "left": 0},
            "801": {"own_cash": 800, "house": 1, "left": 0},
        }
    ),
    "penalty_reserve": of_venue(
        {
            "50000": {"penalties": 3_000, "insurance": 10_000, "left": 37_000},
            "13001": {"penalties": 3_000, "insurance": 10_000, "left": 1},
            "3000": {"penalties": 3_000, "left": 0},
        }
    ),
    "fee_pool": of_venue(
        {
            "50000": {"fees": 25_000, "insurance": 2_000, "left": 23_000},
            "26999": {"fees": 25_000, "insurance": 1_999, "left": 0},
        }
    ),
    "insurance_fund": of_venue(
        {
            "50000": {"dollars_first": 10_000, "bitcoin_next": 40_000, "left": 0},
            "60000": {
                "dollars_first": 10_000,
                "bitcoin_next": 47_500,
                "left": 2_500,
            },  # half a bitcoin, less 5 %
        },
        "wrong_way",
    ),
    "first_loss": of_venue(
        {
            "50000": {"house": 12_500, "insurance": 12_000, "left": 25_500},
            "16000": {"house": 4_000, "insurance": 12_000, "left": 0},
            "100000": {"house": 20_000, "insurance": 12_000, "left": 68_000},  # a quarter is more than it has
        }
    ),
    "mutualise": of_venue(
        {
            "50000": {"insurance": 12_000, "holders": 38_000, "left": 0},
            "120000": {"insurance": 12_000, "holders": 100_000, "left": 8_000},
        }
    ),
    "clawback": of_venue(
        {
            "50000": {"insurance": 12_000, "winners_of_the_week": 38_000, "left": 0},
            "72001": {"insurance": 12_000, "winners_of_the_week": 60_000, "left": 1},
        }
    ),
    "withdrawal_tax": of_venue(
        {"50000": {"insurance": 12_000, "leavers": 38_000, "left": 0}}, "capacity_may_leave", "never_reached"
    ),
    "recovery_claims": of_venue(
        {
            "50000": {"insurance": 12_000, "claims": 38_000, "left": 0},
            "150000": {"insurance": 12_000, "claims": 130_800, "left": 7_200},
        }
    ),
    "debt_auction": of_venue(
        {
            "50000": {"surplus": 20_000, "new_tokens": 30_000, "left": 0},
            "49999": {"surplus": 20_000, "new_tokens": 20_000, "left": 9_999},  # whole auctions only
        },
        "wrong_way",
    ),
    "debt_auction_dutch": of_venue(
        {"50000": {"insurance": 12_000, "falling_price": 38_000, "left": 0}}, "wrong_way", "never_reached"
    ),
    "debt_auction_english": of_venue(
        {"50000": {"insurance": 12_000, "highest_bid": 38_000, "left": 0}}, "wrong_way", "never_reached"
    ),
    "halt": of_venue({"50000": {"insurance": 12_000, "stop_trading": 38_000, "left": 0}}, "never_reached"),
    "residual": of_venue({"50000": {"left": 50_000}, "0.000001": {"left": 0}}),
    "mutual_fund": of_members(
        {
            "900000": {"own_capital": 70_000, "default_fund": 400_000, "left": 430_000},
            "469999": {"own_capital": 70_000, "default_fund": 399_999, "left": 0},
        },
        "capacity_may_leave",
    ),
    "assessment": of_members(
        {
            "900000": {
                "own_capital": 70_000,
                "default_fund": 400_000,
                "second_own_capital": 30_000,
                "call": 400_000,
                "left": 0,
            }
        },
        "capacity_may_leave",
    ),
    "tranche": of_members(
        {
            "900000": {"junior": 100_000, "mezzanine": 200_000, "senior": 600_000, "left": 0},
            "1300001": {"junior": 100_000, "mezzanine": 200_000, "senior": 1_000_000, "left": 1},
        },
        "capacity_may_leave",
    ),
    "staked_backstop": of_members(
        {
            "900000": {"umbrella": 299_999, "house": 90_000, "left": 510_001},
            "100001": {"umbrella": 1, "house": 90_000, "left": 10_000},
        }
    ),
    "stability_pool": of_members(
        {"900000": {"pool": 900_000, "left": 0}, "1000000": {"pool": 999_999, "left": 1}},
        "capacity_may_leave",
    ),
    "exchange": Told(
        "storm",
        {
            # 62,763.500001 in all. The fund pays for the pool btc alone and keeps 1,000; the house half of
            # each loss until it is empty.
            "250": {"btc_fund": 19_000, "house": 5_000, "holders": 38_763, "left": 0},
            "2000": {"btc_fund": 19_000, "house": 5_000, "holders": 40_000, "left": 513},
        },
    ),
    "adl": on_snapshot(),
    "tear_up": on_snapshot(),
    "backstop_provider": on_snapshot(),
    "gains_haircut": on_snapshot(),
    "redistribution": on_snapshot(),
}


def run(name: str, amount: str = "") -> SharedOut:
    """Run a plan on its loss file, or with another amount for the last loss."""
    source = PLANS / f"{TOLD[name].loss}-loss.toml"
    raw = tomllib.loads(source.read_text())
    if amount:
        raw["losses"][-1]["amount"] = amount
    losses = losses_of(raw, source=source.name)
    plan = read_plan(PLANS / f"{name}.toml")
    return share_out(losses.book, losses.market, plan, losses.defaults, losses.event)


def borne(done: SharedOut) -> dict[str, int]:
    """Whole USDC each layer took or holds, and what is left."""
    found: dict[str, int] = {}
    for item in done.waterfall.absorptions:
        found[item.layer] = found.get(item.layer, 0) + item.taken + item.held
    left = sum(item.amount for item in done.waterfall.residuals)
    return {name: amount // USDC for name, amount in found.items() if amount} | {"left": left // USDC}


def test_there_is_a_plan_of_every_kind_of_layer() -> None:
    """The reference page says so: a plan that is named after the kind and has a layer of it."""
    named = {
        name
        for name in NAMES
        if name in {layer.kind for layer in read_plan(PLANS / f"{name}.toml").waterfall}
    }
    assert {*KINDS, "residual"} - named == set()


def test_every_plan_is_told_here_and_in_the_readme() -> None:
    assert sorted(TOLD) == NAMES
    assert sorted(re.findall(r"^\| \[(\w+)\]\(\1\.toml\) \|", README, re.MULTILINE)) == NAMES


@pytest.mark.parametrize(
    ("name", "amount"), [(name, amount) for name, told in TOLD.items() for amount in told.runs]
)
def test_each_layer_bears_what_the_plan_says(name: str, amount: str) -> None:
    done = run(name, amount)
    assert borne(done) == TOLD[name].runs[amount]
    loss = sum(item.loss for item in done.waterfall.defaults)
    assert loss == sum(
        [*(item.taken + item.held for item in done.waterfall.absorptions)]
        + [item.amount for item in done.waterfall.residuals]
    )
    assert audit(done.journal) == []


@pytest.mark.parametrize("name", [name for name, told in TOLD.items() if told.loss])
def test_the_first_loss_told_is_that_of_the_file(name: str) -> None:
    assert borne(run(name)) == next(iter(TOLD[name].runs.values()))


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_warns_of_no_more_than_its_nature(name: str) -> None:
    plan = read_plan(PLANS / f"{name}.toml")
    assert {item.code for item in warnings(plan)} == set(TOLD[name].warns)
    if TOLD[name].loss:
        done = run(name)
        assert unbacked(plan, done.before, done.market) == ()


@pytest.mark.parametrize("command", re.findall(r"^\| .* \| `seawall (.*)` \|$", README, re.MULTILINE))
def test_what_the_readme_tells_to_try_runs(command: str) -> None:
    words = [
        str(PLANS.parents[1] / word) if word.startswith("examples/") else word for word in command.split()
    ]
    done = seawall(*words)
    assert done.returncode in (EXIT_OK, EXIT_BREACH)
    assert "0 units missing" in done.stdout
    assert "Traceback" not in done.stderr
    assert (done.returncode == EXIT_BREACH) == ("left uncovered" in done.stdout and words[0] == "waterfall")


def charges(done: SharedOut, layer: str) -> dict[str, int]:
    return {item.account: item.amount for item in done.waterfall.charges if item.layer == layer}


@pytest.mark.parametrize(("loss", "weeks_part"), [("50000", 38_000), ("72000", 60_000)])
def test_the_weeks_winners_give_back_the_same_part_and_who_won_before_nothing(
    loss: str, weeks_part: int
) -> None:
    given = charges(run("clawback", loss), "winners_of_the_week")
    assert given.keys() == {"ann", "ben"}
    for name, won in (("ann", 40_000), ("ben", 20_000)):
        assert abs(given[name] - Fraction(weeks_part * won * USDC, 60_000)) < 1


def test_a_claim_is_given_for_each_unit_paid() -> None:
    done = run("recovery_claims")
    paid = charges(done, "claims")
    held = {
        row.id: item.scaled for row in done.after.rows() for item in row.balances if item.asset == "CLAIM"
    }
    assert held.pop("claims:CLAIM") == -38_000 * USDC
    assert held == paid
    for name, cash in (("ann", 90_000), ("ben", 30_000), ("cyd", 10_000), ("trader-17", 800)):
        assert abs(paid[name] - Fraction(38_000 * cash * USDC, 130_800)) < 1


def test_who_put_more_up_pays_more() -> None:
    assert charges(run("mutual_fund", "270000"), "default_fund") == {
        "fund:default/ann": 150_000 * USDC,
        "fund:default/ben": 50_000 * USDC,
    }
    assert charges(run("tranche", "700000"), "senior") == {
        "fund:senior/fay": 300_000 * USDC,
        "fund:senior/gus": 100_000 * USDC,
    }
    assert charges(run("assessment", "700000"), "call") == {"ann": 150_000 * USDC, "ben": 50_000 * USDC}
