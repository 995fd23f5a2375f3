"""Hold Seawall to recorded Aave v3 state, to the wei: imported books, liquidation calls and refusals.

Nothing here calculates: states are imported as books, health comes from `risk`, and calls are
made on a draft by the same engine that `resolve` uses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seawall.core.book import Account, Book
from seawall.core.draft import Draft
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.ledger.holdings import buckets
from seawall.liquidation.quote import Refusal
from seawall.liquidation.seize import Seizure, seize
from seawall.risk.assess import assess
from seawall.rules import LENDING, lending_rules
from tests.vectors.contracts import Recorded, View, steps
from tests.vectors.outcome import Outcome

SHOWN = 4

REFUSALS = {
    "healthy": {"Error:45", "E:HealthFactorNotBelowThreshold"},
    "no_collateral": {"Error:46", "E:CollateralCannotBeLiquidated"},
    "no_debt": {"Error:47", "E:SpecifiedCurrencyNotBorrowedByUser"},
    "zero_price": {"Panic:0x12"},
    "leaves_dust": {"E:MustNotLeaveDust"},
    "nothing_repaid": {"Error:25", "E:InvalidBurnAmount"},
}


@dataclass(slots=True)
class Tally:
    """Numbers held to the contract so far, by kind, and those that differed."""

    checked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def hold(self, kind: str, where: str, expected: Any, got: Any) -> None:
        """Count one comparison."""
        self.checked[kind] += 1
        if expected != got:
            self.wrong.append(f"{where}: expected {expected}, got {got}")

    def outcome(self, name: str) -> Outcome:
        """Return the one line that this tally comes to."""
        if not self.checked:
            return Outcome("fail", name, "holds nothing that could be checked")
        if self.wrong:
            more = f"; and {len(self.wrong) - SHOWN} more" if len(self.wrong) > SHOWN else ""
            return Outcome("fail", name, "; ".join(self.wrong[:SHOWN]) + more)
        return Outcome("pass", name, ", ".join(f"{n} {kind}" for kind, n in sorted(self.checked.items())))


def check(version: str, scenario: View, name: str) -> Outcome:
    """Return whether every account, call and refusal of a scenario comes out as the contract has it."""
    if f"aave_v3@{version}" not in LENDING:
        return Outcome("unserved", name, f"no rules for aave_v3@{version}")
    profile = scenario["genesis"].get("profile", "plain")
    tally = Tally()
    for step in steps(scenario):
        for user, view in step.views.items():
            _hold_account(tally, f"{step.place} {user}", step.book, step.market, step.terms, user, view)
        if step.recorded is not None:
            _hold_call(tally, step.place, step.recorded)
    return tally.outcome(f"{name}-{profile}")


def _hold_account(
    tally: Tally, where: str, book: Book, market: Market, terms: Terms, user: str, view: View
) -> None:
    account = book.account(user)
    held = buckets(book, account, lending_rules(terms.rules))
    for symbol, position in view["positions"].items():
        supply, debt = held.get(f"supply:{symbol}", 0), -held.get(f"debt:{symbol}", 0)
        tally.hold("balances", f"{where} {symbol} a_balance", int(position["a_balance"]), supply)
        tally.hold("balances", f"{where} {symbol} v_balance", int(position["v_balance"]), debt)
    figures = _figures(account, book, market, terms)
    for key in ("collateral_base", "debt_base", "health_factor"):
        tally.hold("account figures", f"{where} {key}", int(view[key]), figures[key])


def _figures(account: Account, book: Book, market: Market, terms: Terms) -> dict[str, int]:
    health = assess(account, book, market, terms)
    infinite = lending_rules(terms.rules).HEALTH_INFINITE
    return {
        "collateral_base": health.collateral_value,
        "debt_base": health.debt_value,
        "health_factor": infinite if health.health_wad is None else health.health_wad,
    }


def _hold_call(tally: Tally, place: str, recorded: Recorded) -> None:
    call, book, market, terms = recorded.call, recorded.book, recorded.market, recorded.terms
    _hold_account(tally, f"{place} before", book, market, terms, call.account, recorded.view_before)
    draft = Draft(book)
    done = seize(draft, market, terms, call)
    if not recorded.ok:
        code = done.code if isinstance(done, Refusal) else "none"
        reasons = REFUSALS.get(code, set())
        got = recorded.refusal if recorded.refusal in reasons else f"{code} ({sorted(reasons)})"
        tally.hold("calls refused", f"{place} refused", recorded.refusal, got)
        return
    if isinstance(done, Refusal):
        tally.hold("liquidation figures", f"{place} accepted", "done", done.code)
        return
    for key, value in _call_figures(done, terms).items():
        tally.hold("liquidation figures", f"{place} {key}", int(recorded.out[key]), value)
    deficits, stranded = (
        {name: amount for name, amount in done.deficit.items() if amount},
        _stranded(draft, done, terms),
    )
    if "deficit_created" in recorded.out or terms.recognition.kind != "never":
        tally.hold("bad debt figures", f"{place} deficit", _ints(recorded.out["deficit_created"]), deficits)
    tally.hold("bad debt figures", f"{place} stranded", _ints(recorded.out["stranded_debt"]), stranded)


def _call_figures(done: Seizure, terms: Terms) -> dict[str, int]:
    infinite = lending_rules(terms.rules).HEALTH_INFINITE
    return {
        "debt_repaid": done.repaid,
        "collateral_to_liquidator": done.to_liquidator,
        "protocol_fee": done.fee,
        "user_v_scaled_burned": done.debt_scaled_burned,
        "user_a_scaled_removed": done.collateral_scaled_removed,
        "hf_before": infinite if done.health_before is None else done.health_before,
        "hf_after": infinite if done.health_after is None else done.health_after,
    }


def _stranded(draft: Draft, done: Seizure, terms: Terms) -> dict[str, int]:
    # Debts left although no collateral value is.
    if done.after.collateral_value:
        return {}
    after = draft.book_after()
    held = buckets(after, after.account(done.account), lending_rules(terms.rules))
    return {key.removeprefix("debt:"): -amount for key, amount in held.items() if key.startswith("debt:")}


def _ints(amounts: View) -> dict[str, int]:
    return {name: int(amount) for name, amount in amounts.items() if int(amount)}
