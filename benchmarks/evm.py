"""Against the contracts themselves: Aave v3.0.2 in an EVM in this process, equal to the wei.

What each side includes:

* EVM: calldata encoded beforehand, the call, the ABI decoding of what it returns or of its event.
  The contract also accrues interest, moves tokens and sets new rates, and writes its storage in memory.
* For `seize` all that our side tells is read there too: health before and after, the protocol's fee
  from its log, and the account's balances after. `seize_call` is against the bare call and its event.
* `rules`: the venue's rules on plain ints: balances, values, health, close factor, seizure, fee.
* `health`, `seize`: what a caller of Seawall writes: row views, lines with their workings; `seize` also
  the draft, balanced postings, health after, and a journal of hashed entries.

The state is read from the EVM through `seawall.venues.aave_v3`; nothing is shared between the sides.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.measure import Claim, Contender, Row, compare
from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.ledger.holdings import buckets_of, may_be_negative
from seawall.ledger.journal import Buckets, Journal, entry_hash
from seawall.liquidation.quote import Refusal
from seawall.liquidation.seize import Call, Seizure, seize
from seawall.risk.assess import assess
from seawall.rules import aave_v3_0_2 as rules
from seawall.rules import lending_rules
from seawall.venues.aave_v3 import read_book, read_market, read_terms
from tests.differential.evm.aave import LIQUIDATOR, TREASURY, Aave, Reserve
from tests.differential.evm.contract import EVERYTHING, Contract
from tests.differential.evm.package import Unavailable

USD = 10**8
BORROWERS = 100
DAY = 86_400
RESERVES = (
    Reserve("WETH", 18, 2_000 * USD, 8000, 8250, 10500),
    Reserve("WBTC", 8, 40_000 * USD, 7000, 7500, 10625),
    Reserve("LINK", 18, 15 * USD, 6500, 7000, 10750),
    Reserve("USDC", 6, USD, 7700, 8000, 10450),
    Reserve("DAI", 18, USD, 7500, 8000, 10450),
)
PRICE_LEFT_BPS = {"WETH": 7400, "WBTC": 7900, "LINK": 7200}
Liquidated = list[tuple[int, ...]]
TRANSFER = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")  # ERC-20


@dataclass(frozen=True)
class World:
    """The market after a fall in prices, on both sides."""

    aave: Aave
    book: Book
    market: Market
    terms: Terms
    users: tuple[str, ...]
    calls: tuple[Call, ...]


def rows(rounds: int) -> Iterator[Row]:
    """Measure health, the rules of a liquidation, and a posted and journalled liquidation."""
    try:
        found = world()
    except Unavailable as missing:
        yield Row("evm", "the contracts of Aave v3.0.2", "s", note=str(missing))
        return
    for claim in (health(found), liquidation_by_rules(found), *liquidation_posted(found)):
        yield compare(claim, rounds)
    measured = [_stages(found) for _ in range(rounds + 1)][1:]
    for stage in measured[0]:
        seconds = float(np.median([times[stage] for times in measured]))
        yield Row(f"  {stage}", "", "s", seconds / len(found.calls))


def health(found: World) -> Claim:
    """Exact account data of every borrower, against `getUserAccountData`."""
    pool = found.aave.of["", "pool"]
    questions = [pool.encode("getUserAccountData", user) for user in found.users]

    def contracts() -> list[tuple[int, ...]]:
        return [_uints(_ask(pool, LIQUIDATOR, question)) for question in questions]

    def ours() -> list[tuple[int, int, int | None]]:
        book, market, terms = found.book, found.market, found.terms
        healths = [assess(book.account(user), book, market, terms) for user in found.users]
        return [(item.collateral_value, item.debt_value, item.health_wad) for item in healths]

    def differences(mine: list[tuple[int, int, int | None]], theirs: list[tuple[int, ...]]) -> list[str]:
        pairs = zip(found.users, mine, theirs, strict=True)
        return [f"{user}: {a}, contract {b}" for user, a, b in pairs if a != (b[0], b[1], b[5])]

    return Claim(
        "evm.health",
        f"exact health of {len(found.users)} borrowers (2 collaterals, 2 debts), against getUserAccountData",
        Contender("seawall", ours),
        Contender("evm", contracts),
        differences,
        len(found.users),
        20.0,
    )


def liquidation_by_rules(found: World) -> Claim:
    """What a liquidation repays, seizes and is charged, by the rules alone, against `liquidationCall`."""
    inputs = [_inputs(found, call) for call in found.calls]
    return _liquidation(
        found,
        "evm.rules",
        f"amounts of {len(found.calls)} liquidations by the venue's rules on ints, against liquidationCall",
        lambda: [_by_rules(*given) for given in inputs],
        _asked,
        20.0,
    )


def liquidation_posted(found: World) -> Iterator[Claim]:
    """The whole of our liquidation, postings and journal included, against an EVM asked for the same."""

    def ours() -> Liquidated:
        draft, done = _drafted(found)
        journal = _journalled(draft, *_holdings(found, draft))
        assert len(journal.entries) == len(done)
        return [_told(draft, call, each) for call, each in zip(found.calls, done, strict=True)]

    says = f"{len(found.calls)} liquidations on a draft with workings, postings, hashed journal"
    yield _liquidation(
        found, "evm.seize", f"{says}, against a call and what it changed", ours, _asked_all, 5.0
    )

    def bare() -> Liquidated:
        return [told[:2] for told in ours()]

    yield _liquidation(found, "evm.seize_call", "the same, against the bare call", bare, _asked)


def _told(draft: Draft, call: Call, done: Seizure) -> tuple[int, ...]:
    scaled = {(item.asset, item.side): abs(item.scaled) for item in draft.account(call.account).balances}
    healths = tuple(-1 if each is None else each for each in (done.health_before, done.health_after))
    left = scaled.get((call.collateral, "supply"), 0), scaled.get((call.debt, "debt"), 0)
    return done.repaid, done.to_liquidator, done.fee, *healths, *left


def _drafted(found: World) -> tuple[Draft, list[Seizure]]:
    draft = Draft(found.book)
    return draft, [_seized(seize(draft, found.market, found.terms, call)) for call in found.calls]


def _holdings(found: World, draft: Draft) -> tuple[Buckets, Buckets, frozenset[str]]:
    after, names, venue = draft.book_after(), draft.touched, lending_rules(found.terms.rules)
    opening, closing = buckets_of(found.book, names, venue), buckets_of(after, names, venue)
    return opening, closing, may_be_negative(after, names, users=False)


def _journalled(draft: Draft, opening: Buckets, closing: Buckets, free: frozenset[str]) -> Journal:
    return Journal.of(
        draft.moves, event_id="bench", as_of=0, opening=opening, closing=closing, may_be_negative=free
    )


def _stages(found: World) -> dict[str, float]:
    # What the parts of a posted liquidation take; the last is contained in the one before it.
    gc.collect()
    marks = [time.perf_counter()]
    draft, _ = _drafted(found)
    marks.append(time.perf_counter())
    held = _holdings(found, draft)
    marks.append(time.perf_counter())
    journal = _journalled(draft, *held)
    marks.append(time.perf_counter())
    assert [entry_hash(entry) for entry in journal.entries] == [entry.hash for entry in journal.entries]
    marks.append(time.perf_counter())
    names = ("calls on a draft", "book after, holdings", "journal", "text and hash alone")
    return {name: end - start for name, (start, end) in zip(names, pairwise(marks), strict=True)}


def _liquidation(
    found: World,
    name: str,
    says: str,
    ours: Callable[[], Liquidated],
    ask: Callable[[Aave, Call, bytes], tuple[int, ...]],
    target: float | None = None,
) -> Claim:
    # Every round starts from the same state of the EVM.
    aave = found.aave
    commands = [_calldata(aave, call) for call in found.calls]
    state = [aave.evm.snapshot()]

    def prepare() -> None:
        aave.evm.revert(state[0])
        state[0] = aave.evm.snapshot()

    def contracts() -> Liquidated:
        return [ask(aave, call, command) for call, command in zip(found.calls, commands, strict=True)]

    def differences(mine: Liquidated, theirs: Liquidated) -> list[str]:
        pairs = zip(found.calls, mine, theirs, strict=True)
        return [f"{call.account}: {a}, contract {b}" for call, a, b in pairs if a != b]

    return Claim(
        name,
        says,
        Contender("seawall", ours),
        Contender("evm", contracts, prepare),
        differences,
        len(commands),
        target,
    )


def _asked(aave: Aave, _: Call, command: bytes) -> tuple[int, ...]:
    # Repaid, and what the liquidator gets: the event of the call.
    _ask(aave.of["", "pool"], LIQUIDATOR, command)
    return _uints(aave.evm.result.logs[-1].data[1])[:2]


def _asked_all(aave: Aave, call: Call, command: bytes) -> tuple[int, ...]:
    # The call and its event, the fee by its log, health before and after, and the account's two balances.
    pool = aave.of["", "pool"]
    question = pool.encode("getUserAccountData", call.account)
    before = _uints(_ask(pool, LIQUIDATOR, question))[-1]
    repaid, to_liquidator = _asked(aave, call, command)
    supply, debt = (aave.of[call.collateral, "a"], aave.of[call.debt, "v"])
    fee = sum(
        _uints(log.data[1])[0]
        for log in aave.evm.result.logs
        if log.address.lower() == supply.address.lower()
        and log.data[0][0] == TRANSFER
        and _is_treasury(log.data[0][2])
    )
    after = _uints(_ask(pool, LIQUIDATOR, question))[-1]
    left = (
        _uints(_ask(token, LIQUIDATOR, token.encode("scaledBalanceOf", call.account)))[0]
        for token in (supply, debt)
    )
    return repaid, to_liquidator, fee, before, after, *left


def _is_treasury(topic: bytes) -> bool:
    return topic[-20:] == bytes.fromhex(TREASURY[2:])


def _seized(answer: Seizure | Refusal) -> Seizure:
    assert isinstance(answer, Seizure), answer
    return answer


def _by_rules(
    supplies: list[tuple[int, ...]],
    debts: list[tuple[int, ...]],
    seized: int,
    repaid: int,
    bonus_bps: int,
    fee_bps: int,
) -> tuple[int, int]:
    # Each balance: scaled, index, price, unit, threshold.
    collateral = weighted = debt = 0
    for scaled, index, price, unit, threshold in supplies:
        value = rules.collateral_value(rules.supply_balance(scaled, index), price, unit)
        collateral += value
        weighted += value * threshold
    for scaled, index, price, unit, _ in debts:
        debt += rules.debt_value(rules.debt_balance(scaled, index), price, unit)
    health_wad = rules.health_factor(collateral, weighted, debt)
    debt_scaled, debt_index, debt_price, debt_unit, _ = debts[repaid]
    scaled, index, price, unit, _ = supplies[seized]
    owed, held = rules.debt_balance(debt_scaled, debt_index), rules.supply_balance(scaled, index)
    debt_value, held_value = (
        rules.debt_value(owed, debt_price, debt_unit),
        rules.collateral_value(held, price, unit),
    )
    most = rules.max_repay(owed, debt_value, held_value, debt, health_wad, debt_price, debt_unit)
    paid, taken, fee = rules.seize(most, held, debt_price, debt_unit, price, unit, bonus_bps, fee_bps)
    rules.fee_capped(scaled, taken, fee, index)
    return paid, taken - fee


def _inputs(found: World, call: Call) -> tuple[Any, ...]:
    supplies: list[tuple[int, ...]] = []
    debts: list[tuple[int, ...]] = []
    places = {"supply": supplies, "debt": debts}
    at = {}
    for item in found.book.account(call.account).balances:
        pool, unit = found.book.pool_of[item.asset], found.book.asset(item.asset).unit
        index = pool.supply_index if item.side == "supply" else pool.debt_index
        threshold = found.terms.assets[item.asset].threshold_bps
        at[item.asset, item.side] = len(places[item.side])
        price = found.market.price(item.asset) or 0
        places[item.side].append((abs(item.scaled), index, price, unit, threshold))
    chosen = found.terms.assets[call.collateral]
    legs = at[call.collateral, "supply"], at[call.debt, "debt"]
    return supplies, debts, *legs, chosen.bonus_bps, chosen.protocol_fee_bps


def _calldata(aave: Aave, call: Call) -> bytes:
    tokens = aave.token(call.collateral), aave.token(call.debt)
    return aave.of["", "pool"].encode("liquidationCall", *tokens, call.account, EVERYTHING, False)


def _ask(contract: Contract, caller: str, calldata: bytes) -> bytes:
    return contract.evm.message_call(caller, contract.address, calldata=calldata)  # type: ignore[no-any-return]  # pyrevm is untyped


def _uints(raw: bytes) -> tuple[int, ...]:
    from eth_abi.abi import decode

    return decode(["uint256"] * (len(raw) // 32), bytes(raw))


@cache
def world(seed: int = 20) -> World:
    """Deploy, let borrowers in, let a month pass and prices fall; read the state into a book."""
    aave, chance = Aave(RESERVES), np.random.default_rng(seed)
    lender = f"0x{0x1E4D:040x}"
    for item in RESERVES:
        aave.supply(lender, item.symbol, 50_000_000 * USD * 10**item.decimals // item.price)
        aave.fund(LIQUIDATOR, item.symbol, 10**30)
    users = [f"0x{0xB0000 + number:040x}" for number in range(BORROWERS)]
    for user in users:
        _enter(aave, user, chance)
    aave.at(aave.now + 30 * DAY)
    for symbol, bps in PRICE_LEFT_BPS.items():
        price = next(item.price for item in RESERVES if item.symbol == symbol)
        aave.set_price(symbol, price * bps // 10_000)
    parameters, reserves = aave.parameters(), aave.read_reserves()
    states = {user: aave.read_user(user) for user in [*users, lender, TREASURY]}
    book = read_book("3.0.2", parameters, reserves, states)
    market, terms = read_market(reserves), read_terms("3.0.2", parameters, [])
    calls = [call for user in users if (call := _call(book, market, terms, user))]
    return World(aave, book, market, terms, tuple(users), tuple(calls))


def _enter(aave: Aave, user: str, chance: np.random.Generator) -> None:
    # Two collaterals of the first three, two debts of the last three, 97 to 99.9 % of what may be borrowed.
    first, second = chance.choice(3, 2, replace=False)
    owed = (int(chance.integers(2, 4)), 4)
    size = int(10 ** chance.uniform(2.5, 5.5)) * USD
    for place, share in ((first, 60), (second, 40)):
        item = RESERVES[place]
        aave.supply(user, item.symbol, size * share // 100 * 10**item.decimals // item.price)
    limit = aave.of["", "pool"].call("getUserAccountData", user)[2]
    fill = int(chance.integers(850, 999))
    for place, share in zip(owed, (55, 45), strict=True):
        item = RESERVES[place]
        aave.borrow(user, item.symbol, limit * fill // 1000 * share // 100 * 10**item.decimals // item.price)


def _call(book: Book, market: Market, terms: Terms, user: str) -> Call | None:
    # The larger debt, through the larger collateral for one half, and for the other through the
    # smaller one, which does not always suffice.
    found = assess(book.account(user), book, market, terms)
    if not found.is_liquidatable:
        return None
    lines = sorted((line for line in found.lines if line.kind == "collateral"), key=lambda line: line.value)
    collateral = lines[-1 if int(user, 16) % 2 else 0]
    debt = min((line for line in found.lines if line.kind == "debt"), key=lambda line: line.value)
    return Call(user, collateral.commodity, debt.commodity, EVERYTHING, LIQUIDATOR)
