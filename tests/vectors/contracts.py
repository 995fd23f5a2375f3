"""Walk the recorded scenarios of Aave v3: JSON in, books, markets, terms and calls out; no arithmetic.

A scenario is a genesis and steps. Parameters change along the way (`configure_collateral`), and so
does the price of a feed that an e-mode category names as its own source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.liquidation.seize import Call
from seawall.venues.aave_v3 import read_book, read_market, read_terms

View = Mapping[str, Any]
AMOUNT_MAX = 10**38 - 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """One liquidation call: the state before it, what was asked, and what the contract answered."""

    book: Book
    market: Market
    terms: Terms
    call: Call
    view_before: View
    ok: bool
    refusal: str
    out: View


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the state after it as a book, what the contract said of it, and the call if it was one."""

    place: str
    book: Book
    market: Market
    terms: Terms
    views: Mapping[str, View]
    recorded: Recorded | None


@dataclass(slots=True)
class _Parameters:
    # What configures a market, as it stands along the way.
    version: str
    reserves: dict[str, dict[str, Any]]
    emodes: list[dict[str, Any]]

    @classmethod
    def of(cls, genesis: View) -> _Parameters:
        return cls(
            str(genesis["version"]),
            {each["symbol"]: dict(each) for each in genesis["reserves"]},
            [dict(each) for each in genesis["emodes"]],
        )

    def note(self, action: str, args: View) -> None:
        if action == "configure_collateral":
            for key in ("ltv", "liquidation_threshold", "liquidation_bonus"):
                self.reserves[args["asset"]][key] = args[key]
        elif action == "set_price":
            for emode in self.emodes:
                if emode.get("price_source") == args["asset"]:
                    emode["price"] = args["price"]

    def state(self, reserves: View, users: Mapping[str, View], as_of: int) -> tuple[Book, Market, Terms]:
        book = read_book(self.version, self.reserves, reserves, users, as_of=as_of)
        market = read_market(reserves, emodes=self.emodes, as_of=as_of)
        return book, market, read_terms(self.version, self.reserves, self.emodes)


def steps(scenario: View) -> Iterator[Step]:
    """Yield the steps of a scenario in order, parameters applied."""
    parameters = _Parameters.of(scenario["genesis"])
    for step in scenario["steps"]:
        is_call = step["action"] == "liquidation_call"
        recorded = _recorded(parameters, step) if is_call else None
        if step["ok"]:
            parameters.note(step["action"], step["args"])
        post = step["post"]
        book, market, terms = parameters.state(post["reserves"], post["users"], int(step["t"]))
        yield Step(f"step {step['i']}", book, market, terms, post["users"], recorded)


def _recorded(parameters: _Parameters, step: View) -> Recorded:
    for record in ("pre", "out") if step["ok"] else ("pre",):
        if not step.get(record):
            place = f"step {step['i']} {step['action']}"
            raise ValueError(f"{place}: expected {record!r}, which every such call records, got nothing")
    pre, args = step["pre"], step["args"]
    book, market, terms = parameters.state(pre["reserves"], {args["user"]: pre["user"]}, int(step["t"]))
    call = Call(
        account=args["user"],
        collateral=args["collateral"],
        debt=args["debt"],
        debt_to_cover=min(int(args["debt_to_cover"]), AMOUNT_MAX),
        receive="supply" if args["receive_atoken"] else "underlying",
    )
    return Recorded(
        book, market, terms, call, pre["user"], step["ok"], step["revert"] or "", step.get("out") or {}
    )
