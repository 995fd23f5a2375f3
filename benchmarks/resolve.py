"""The whole pipeline: scan, liquidate, waterfall, book after, journal, audit; seconds per stage.

The peer of the lending book is a bare loop over plain ints and dicts with the venue's own rules: the
same decisions and amounts, and nothing kept of them: no postings, no workings, no journal, no audit, no
waterfall. It shows what the ledger costs, and is not expected to be slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks import books
from benchmarks.measure import Claim, Contender, Row, compare
from seawall.core.book import SIDES, Account, Balance, Book
from seawall.core.event import Event
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.resolution import Resolution, resolve
from seawall.rules import lending_rules
from seawall.venues import load_terms

ACCOUNTS, FAILING, LENDERS, ROUNDS_MAX = 100_000, 0.05, 2_000, 3
Outcome = dict[str, tuple[int, int, int]]


@dataclass
class Clock:
    """A progress callback that notes when each stage began."""

    began: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note the first call of each stage."""
        self.began.setdefault(stage, time.perf_counter())


def rows(rounds: int) -> Iterator[Row]:
    """Measure a lending pool, then an exchange."""
    chance = np.random.default_rng(5)
    terms, market = books.lending_terms(), books.lending_market()
    book = _lending(chance)
    peer = Contender("loop", bare_loop(book, market, terms))
    yield from _measured("resolve.lending", book, market, terms, peer, min(rounds, ROUNDS_MAX))
    terms, market = load_terms("linear_perp"), books.exchange_market()
    book = _exchange(chance, terms)
    yield from _measured("resolve.exchange", book, market, terms, None, min(rounds, ROUNDS_MAX))


def _measured(
    name: str, book: Book, market: Market, terms: Terms, peer: Contender | None, rounds: int
) -> Iterator[Row]:
    stages: list[dict[str, float]] = []

    def ours() -> Resolution:
        clock, start = Clock(), time.perf_counter()
        answer = resolve(book, market, terms, Event("bench", 1), progress=clock)
        stages.append(_durations(clock, start, time.perf_counter()))
        return answer

    says = f"resolve {len(book):,} accounts"
    ours_side = Contender("seawall", ours)
    if peer is not None:
        claim = Claim(name, says, ours_side, peer, _differences, is_favourable=False, remark=_remark)
        yield compare(claim, rounds)
    else:
        alone = Claim(
            name, says, ours_side, Contender("none", lambda: None), lambda mine, none: [], remark=_remark
        )
        yield replace(compare(alone, rounds), peer=None, ratio=None, low=None, high=None)
    for stage in stages[0]:
        seconds = float(np.median([found[stage] for found in stages[1:]]))
        yield Row(f"  {stage}", "", "s", seconds)


def _durations(clock: Clock, start: float, end: float) -> dict[str, float]:
    names = {"liquidate": "liquidate", "absorb": "waterfall", "post": "book after, journal, audit"}
    marks = [
        ("scan and rank", start),
        *((names.get(key, key), at) for key, at in clock.began.items()),
        ("", end),
    ]
    return {name: after - at for (name, at), (_, after) in pairwise(marks)}


def _remark(answer: Resolution) -> str:
    return (
        f"{len(answer.liquidations):,} liquidations, {len(answer.defaults):,} defaults, "
        f"{len(answer.charges):,} charges, {len(answer.journal.entries):,} journal entries"
    )


def _differences(mine: Resolution, theirs: Outcome) -> list[str]:
    found: Outcome = {}
    for item in mine.liquidations:
        repaid, seized = (sum(getattr(part, name) for part in item.seizures) for name in ("repaid", "seized"))
        found[item.account] = repaid, seized, sum(default.loss for default in item.defaults)
    names = sorted(found.keys() | theirs.keys())
    wrong = [name for name in names if found.get(name) != theirs.get(name)]
    return [f"{name}: {found.get(name)}, bare loop {theirs.get(name)}" for name in wrong]


def bare_loop(book: Book, market: Market, terms: Terms) -> Callable[[], Outcome]:
    """Return the liquidations of a lending book as a plain loop over accounts, all inputs as Python ints."""
    rules = lending_rules(terms.rules)
    columns = book.balances
    start, scaled = columns.start.tolist(), columns.scaled.ints()
    asset, side, kind = columns.asset.tolist(), columns.side.tolist(), book.accounts.kind.tolist()
    price = [market.price(item.id) or 0 for item in book.assets]
    unit = [item.unit for item in book.assets]
    pools = [book.pool_of[item.id] for item in book.assets]
    chosen = [terms.assets[item.id] for item in book.assets]
    supply, debt = SIDES.index("supply"), SIDES.index("debt")

    def loop() -> Outcome:
        done: Outcome = {}
        for row, name in enumerate(book.accounts.id):
            if kind[row]:
                continue
            at = range(start[row], start[row + 1])
            held = {asset[i]: scaled[i] for i in at if side[i] == supply}
            owed = {asset[i]: -scaled[i] for i in at if side[i] == debt}
            answer = liquidated(held, owed) if owed else None
            if answer is not None:
                done[str(name)] = answer
        return done

    def liquidated(held: dict[int, int], owed: dict[int, int]) -> tuple[int, int, int] | None:
        repaid = seized = left = 0
        while True:
            amounts = {
                code: rules.supply_balance(part, pools[code].supply_index) for code, part in held.items()
            }
            values = {
                code: rules.collateral_value(amount, price[code], unit[code])
                for code, amount in amounts.items()
            }
            weighted = sum(value * chosen[code].threshold_bps for code, value in values.items())
            debts = {code: rules.debt_balance(part, pools[code].debt_index) for code, part in owed.items()}
            debt_values = {
                code: rules.debt_value(amount, price[code], unit[code]) for code, amount in debts.items()
            }
            total, debt_total = sum(values.values()), sum(debt_values.values())
            if not repaid and not seized and rules.is_safe(total, weighted, debt_total):
                return None
            if not any(owed.values()) or rules.is_safe(total, weighted, debt_total):
                return repaid, seized, 0
            if not total:
                return repaid, seized, left
            code = max(values, key=lambda item: (values[item], -item))
            loan = max(debt_values, key=lambda item: (debt_values[item], -item))
            paid, taken, fee = rules.seize(
                debts[loan], amounts[code], price[loan], unit[loan], price[code], unit[code],
                chosen[code].bonus_bps, chosen[code].protocol_fee_bps,
            )  # fmt: skip
            index = pools[code].supply_index
            kept = rules.fee_capped(held[code], taken, fee, index)
            first = min(held[code], rules.supply_scaled_burn(taken - fee, index))
            held[code] -= first + min(held[code] - first, rules.supply_scaled_burn(kept, index))
            burned = rules.debt_scaled_burn(paid, pools[loan].debt_index)
            owed[loan] = 0 if paid == debts[loan] else max(0, owed[loan] - burned)
            repaid, seized, left = repaid + paid, seized + taken - fee + kept, debts[loan] - paid

    return loop


def _lending(chance: np.random.Generator) -> Book:
    # One in twenty fails, some of them beyond their collateral; lenders and a fund bear it.
    book = books.lending_book(_healths(chance, 0.7), chance)
    sizes = chance.lognormal(12.0, 1.0, LENDERS)
    lenders = [
        Account(
            f"lender-{number:06d}",
            balances=tuple(
                Balance(item.id, "supply", int(size * item.unit / books.PRICES_USD[item.id]))
                for item in books.LENDING
            ),
        )
        for number, size in enumerate(sizes.tolist())
    ]
    cash = (Balance("DAI", "cash", 10**21), Balance("USDC", "cash", 10**9))
    return book.replaced([*lenders, Account("fund:insurance", kind="fund", balances=cash)])


def _exchange(chance: np.random.Generator, terms: Terms) -> Book:
    book = books.exchange_book(_healths(chance, -2.0), chance, terms)
    cash = (Balance("USDT", "cash", 50_000 * books.USDT.unit),)
    return book.replaced([Account("fund:insurance", kind="fund", balances=cash)])


def _healths(chance: np.random.Generator, least: float) -> NDArray[np.float64]:
    safe = 1.02 * np.exp(chance.gamma(1.6, 0.28, ACCOUNTS))
    return np.where(chance.random(ACCOUNTS) < FAILING, chance.uniform(least, 1.0, ACCOUNTS), safe)
