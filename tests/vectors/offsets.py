"""Serve dYdX's offsets: a failing position closed against others in turn, at its bankruptcy price.

A case states no margin rates where all that is closed closes whole; then any flat rate gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from seawall.rules import dydx_v4, linear_perp
from tests.vectors.outcome import whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]

QUANTUMS = {"btc": 10**8, "eth": 10**9}  # base quantums in one
USDC = 10**6
TOLD = re.compile(r"([\d.]+) (BTC|ETH) (long|short) with (-?)\$([\d,.]+)")


@dataclass(frozen=True)
class Subaccount:
    """Quote quantums and base quantums, at the prices and rates of the case."""

    inputs: Inputs
    usdc: int
    base: Mapping[str, int]

    def value(self, market: str) -> int:
        """Net notional of a position [quote quantums]."""
        price = self.inputs[f"{market}_price" if f"{market}_price" in self.inputs else "price_usd"]
        step = Fraction(USDC, QUANTUMS[market])
        return dydx_v4.net_notional(self.base[market], whole(price), step.numerator, step.denominator)

    def initial(self, market: str) -> int:
        """Initial margin of a position [quote quantums]."""
        return dydx_v4.initial_requirement(self.value(market), whole(self.inputs.get("im_ppm", 200_000)))

    def requirement(self, market: str) -> int:
        """Maintenance margin of a position [quote quantums]."""
        rates = [self.inputs.get("im_ppm", 200_000), self.inputs.get("maintenance_fraction_ppm", 500_000)]
        return dydx_v4.maintenance_requirement(self.value(market), *map(whole, rates))

    @property
    def equity(self) -> int:
        return self.usdc + sum(map(self.value, self.base))

    @property
    def requirement_total(self) -> int:
        return sum(map(self.requirement, self.base))

    def traded(self, market: str, base: int, usdc: int) -> Subaccount:
        return replace(
            self, usdc=self.usdc + usdc, base={**self.base, market: self.base.get(market, 0) + base}
        )

    def may_become(self, after: Subaccount) -> bool:
        """Whether the program lets a fill turn this account into `after`."""
        initial = sum(map(after.initial, after.base))
        return dydx_v4.is_valid_after(
            self.equity, self.requirement_total, after.equity, after.requirement_total, initial
        )


def offsets(inputs: Inputs) -> Outputs:
    """Fills against the candidates in their order, and what both sides hold after."""
    failing = _subaccount(inputs, inputs["liquidated"])
    listed = inputs["candidates"] if "candidates" in inputs else [inputs["candidate"]]
    candidates = [_subaccount(inputs, each) for each in listed]
    market = str(inputs.get("market", _market(failing, candidates))).lower()
    fills: list[int] = []
    for place, candidate in enumerate(candidates):
        base = failing.base[market]
        lots = min(abs(base), max(0, -candidate.base.get(market, 0) * (1 if base > 0 else -1)))
        closed = lots if base < 0 else -lots
        after = failing.traded(market, closed, 0)
        takeover = linear_perp.takeover_value(
            failing.value(market) - after.value(market),
            failing.equity,
            failing.requirement(market) - after.requirement(market),
            failing.requirement_total,
        )
        other = candidate.traded(market, -closed, -takeover)
        if lots and candidate.may_become(other):
            failing, candidates[place] = replace(after, usdc=failing.usdc + takeover), other
            fills.append(lots)
    outputs: Outputs = {"fills": fills, "remaining": abs(failing.base[market])}
    for name, row in [("liquidated", failing), ("candidate", candidates[-1])]:
        outputs[f"{name}_usdc_after"] = row.usdc
        outputs |= {f"{name}_{held}_after": size for held, size in row.base.items()}
    return outputs


def _market(failing: Subaccount, candidates: list[Subaccount]) -> str:
    # The one that candidates hold the other side of.
    for market, base in failing.base.items():
        if any(each.base.get(market, 0) * base < 0 for each in candidates):
            return market
    raise ValueError("no candidate holds the other side of any position")


def _subaccount(inputs: Inputs, told: Any) -> Subaccount:
    if isinstance(told, Mapping):
        held = {market: whole(told[market]) for market in QUANTUMS if market in told}
        if unknown := set(told) - {"usdc", *QUANTUMS}:
            raise ValueError(f"unknown assets {sorted(unknown)}")
        return Subaccount(inputs, whole(told["usdc"]), held)
    found = TOLD.match(str(told))
    if found is None:
        raise ValueError(f"{told!r} is no account: expected '1 BTC long with -$50,001'")
    size, asset, side, minus, dollars = found.groups()
    market = asset.lower()
    base = Fraction(size) * QUANTUMS[market] * (1 if side == "long" else -1)
    usdc = Fraction(dollars.replace(",", "")) * USDC * (-1 if minus else 1)
    if base.denominator != 1 or usdc.denominator != 1:
        raise ValueError(f"{told!r} is finer than a quantum")
    return Subaccount(inputs, int(usdc), {market: int(base)})


SERVED: tuple[tuple[str, set[str], Callable[[Inputs], Outputs]], ...] = (
    ("adl_fills", {"liquidated", "candidates"}, offsets),
    ("adl_fills", {"liquidated", "candidate"}, offsets),
)
