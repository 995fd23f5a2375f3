"""Serve the vectors of layers that pay cash: Umbrella, Liquity's stability pool, tranches, rows of funds.

Amounts without a unit of their own (models, EUR million) become minor units of an asset with 18
decimals; the waterfalls are run as waterfalls, one fund or member account for each number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from seawall.analysis import expected_tranche_loss
from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.market import Market
from seawall.core.parties import deficit_of
from seawall.core.terms import Terms
from seawall.rules import liquity_v1, umbrella
from seawall.rules.tranches import tranche_loss
from seawall.waterfall.waterfall import WaterfallResult, bare_loss, run_waterfall
from tests.vectors.outcome import Outcome, whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

FINE = 10**18
UNIT = Asset("UNIT", 18)


# --- Umbrella ---


def umbrella_slash(_: str, inputs: Inputs) -> Outputs:
    """New deficit, slash and cover of one call of `slash`; the offset is due by the DAO, not paid."""
    deficit, offset, pending, stake, floor = (
        whole(inputs[key])
        for key in ("poolDeficit", "deficitOffset", "pendingDeficit", "stakeAssets", "MIN_ASSETS_REMAINING")
    )
    fee_bps = whole(inputs.get("liquidationFee_bps", 0))
    prices = whole(inputs["reservePrice_1e8"]), whole(inputs["stakePrice_1e8"])
    new = umbrella.new_deficit(deficit, offset, pending)
    wanted = umbrella.slash_amount(new, fee_bps, *prices)
    slashed = min(wanted, umbrella.slashable(stake, floor))
    covered = umbrella.new_covered(new, wanted, slashed)
    return {
        "newDeficit": new,
        "amountToSlash": wanted,
        "slashed": slashed,
        "newCovered": covered,
        "newPendingDeficit": pending + covered,
        "left_uncovered": new - covered,
        "offset_due": min(offset, deficit),
        "stakeAssets_after": stake - slashed,
        "poolDeficit_after": deficit,  # stays until the cover
    }


# --- Liquity ---


class StabilityPool:
    """Deposits as the contract keeps them: one product, a sum for each scale, a snapshot for each."""

    def __init__(self) -> None:
        self.total, self.product, self.scale = 0, FINE, 0
        self.sums = {0: 0}
        self.loss_error = self.gain_error = 0
        self.deposits: dict[str, tuple[int, int, int, int]] = {}

    def deposit(self, who: str, amount: int) -> None:
        """Take a first deposit."""
        if who in self.deposits:
            raise ValueError(f"{who} deposits twice: no vector settles how")
        self.deposits[who] = (amount, self.product, self.sums.get(self.scale, 0), self.scale)
        self.total += amount

    def offset(self, debt: int, coll: int) -> None:
        """Cancel debt and share out what secured it: the gain before the loss."""
        gain, self.gain_error = liquity_v1.gain_per_unit(coll, self.total, self.gain_error)
        loss, self.loss_error = liquity_v1.loss_per_unit(debt, self.total, self.loss_error)
        self.sums[self.scale] = self.sums.get(self.scale, 0) + gain * self.product
        self.product, scales = liquity_v1.next_product(self.product, loss)
        self.scale += scales
        self.total -= debt

    def of(self, who: str) -> list[int]:
        """Return [deposit now, collateral gained] of a depositor."""
        amount, product, before, scale = self.deposits[who]
        left = liquity_v1.compounded_deposit(amount, product, self.product, self.scale - scale)
        sums = before, self.sums.get(scale, 0), self.sums.get(scale + 1, 0)
        return [left, liquity_v1.deposit_gain(amount, product, *sums)]


def stability_pool(_: str, inputs: Inputs) -> Outputs:
    """Deposits and gains after a list of deposits and offsets."""
    pool = StabilityPool()
    for step in inputs["ops"]:
        if step["op"] == "deposit":
            pool.deposit(step["who"], whole(step["amount"]))
        elif step["op"] == "offset":
            pool.offset(whole(step["debt"]), whole(step["coll"]))
        else:
            raise ValueError(f"unknown step {step['op']!r}")
    return {
        "exact_deposit_and_eth_gain": {who: pool.of(who) for who in pool.deposits},
        "pool_deposits_after": pool.total,
    }


LENDING: tuple[tuple[str, set[str], Callable[[str, Inputs], Outputs]], ...] = (
    ("Aave Umbrella", {"poolDeficit", "deficitOffset", "stakeAssets", "reservePrice_1e8"}, umbrella_slash),
    ("Liquity v1", {"ops"}, stability_pool),
)


# --- Tranches and waterfalls ---


def _fine(number: Any) -> int:
    exact = Fraction(str(number)) * FINE
    if exact.denominator != 1:
        raise ValueError(f"{number!r} has more than 18 decimals")
    return int(exact)


def tranche(inputs: Inputs) -> Outputs:
    """Part of a tranche lost at each loss of the pool."""
    low, high = _fine(inputs["attach"]), _fine(inputs["detach"])
    losses = [tranche_loss(_fine(loss), low, high) for loss in inputs["pool_loss"]]
    return {"tranche_loss_fraction": [Fraction(loss, high - low) for loss in losses]}


def tranches_of_a_large_pool(inputs: Inputs) -> Outputs:
    """Expected part of each tranche lost, and what they lose together."""
    pool = [float(inputs[key]) for key in ("pd", "rho", "lgd")]
    each = [expected_tranche_loss(*pool, *map(float, edges)) for edges in inputs["tranches"]]
    sizes = [high - low for low, high in inputs["tranches"]]
    return {
        "expected_loss_fraction": each,
        "sum_of_losses": sum(part * size for part, size in zip(each, sizes, strict=True)),
    }


def waterfall(inputs: Inputs) -> Outputs:
    """What each of a row of funds absorbs of a loss."""
    funds = [f"fund:{number}" for number in range(len(inputs["layers"]))]
    layers = [{"kind": "first_loss", "name": name, "account": name} for name in funds]
    rows = [_account(name, amount) for name, amount in zip(funds, inputs["layers"], strict=True)]
    taken = _run(rows, layers, inputs["loss"]).taken_by_layer()
    return {"absorbed": [Fraction(taken.get((name, "UNIT"), 0), FINE) for name in funds]}


def clearing_house(inputs: Inputs) -> Outputs:
    """Own capital, then the members' fund: what each pays, and what the fund has left."""
    fund = _fine(inputs["default_fund"])
    members = [_member(f"fund:default/{number}", fund, number) for number in range(3)]
    layers = [
        {"kind": "first_loss", "name": "own", "account": "fund:own"},
        {"kind": "mutual_fund", "name": "members", "account": "fund:default"},
    ]
    rows = [_account("fund:own", inputs["own_capital_first"]), *members]
    taken = _run(rows, layers, inputs["loss"]).taken_by_layer()
    used = taken.get(("members", "UNIT"), 0)
    return {
        "own_capital_used": Fraction(taken.get(("own", "UNIT"), 0), FINE),
        "default_fund_used": Fraction(used, FINE),
        "default_fund_left": Fraction(fund - used, FINE),
    }


def _run(rows: Sequence[Account], layers: Sequence[Mapping[str, Any]], loss: Any) -> WaterfallResult:
    amount = _fine(loss)
    deficit = Account(deficit_of("UNIT"), kind="venue", balances=(Balance("UNIT", "cash", -amount),))
    book = Book.of([*rows, deficit], assets=[UNIT])
    terms = Terms.build(
        {
            "venue": "vector",
            "family": "exchange",
            "rules": "linear_perp@1",
            "size": {"kind": "full"},
            "sale": {"kind": "takeover"},
            "recognition": {"kind": "at_close_out"},
            "instruments": {"*": {"maintenance": {"kind": "flat", "rate_ppm": 10_000}}},
            "waterfall": list(layers),
        }
    )
    return run_waterfall(Draft(book), Market(), terms, [bare_loss("UNIT", amount)], event=Event("vector"))


def _account(name: str, amount: Any) -> Account:
    return Account(name, kind="fund", balances=(Balance("UNIT", "cash", _fine(amount)),))


def _member(name: str, fund: int, number: int) -> Account:
    # A third each, the last one the rest: how many members there are changes no total.
    part = fund // 3 if number < 2 else fund - 2 * (fund // 3)
    return Account(name, parent="fund:default", kind="fund", balances=(Balance("UNIT", "cash", part),))


MODELS: tuple[tuple[set[str], Callable[[Inputs], Outputs]], ...] = (
    ({"attach", "detach", "pool_loss"}, tranche),
    ({"pd", "rho", "lgd", "tranches"}, tranches_of_a_large_pool),
    ({"loss", "layers"}, waterfall),
)


def serve_model(case: Mapping[str, Any]) -> Outcome | None:
    """Return what became of a model case whose inputs one of `MODELS` takes, None where none does."""
    for needed, compute in MODELS:
        if set(case["inputs"]) == needed:
            return _close(str(case["id"]), case["expected"], compute(case["inputs"]), case["tolerance"])
    return None


def _close(name: str, expected: Mapping[str, Any], got: Outputs, tolerance: Any) -> Outcome:
    if not expected:
        return Outcome("fail", name, "expects nothing")
    slack = Fraction(str(tolerance))
    wrong = [
        f"{key}: expected {value}, got {got.get(key, 'nothing computed')}"
        for key, value in expected.items()
        if key not in got or not _agree(value, got[key], slack)
    ]
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _agree(value: Any, got: Any, slack: Fraction) -> bool:
    if isinstance(value, list) or isinstance(got, list):
        both = isinstance(value, list) and isinstance(got, list) and len(value) == len(got)
        return both and all(_agree(*pair, slack) for pair in zip(value, got, strict=True))
    return abs(Fraction(str(value)) - Fraction(got)) <= slack
