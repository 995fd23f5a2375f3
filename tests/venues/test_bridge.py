"""Rulebooks beside the machines of the same venues, at every recorded liquidation.

The machine's state before a call becomes a small book; the engine makes the call by the rulebook; what is
repaid, seized and lost is held to what the contract did. How far the two may be apart is what a card says.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.core.units import BPS, WAD
from seawall.liquidation.liquidate import Liquidation, liquidate
from seawall.liquidation.quote import Refusal
from seawall.liquidation.sale import Desk
from seawall.liquidation.seize import Call, Seizure, seize
from seawall.risk.assess import assess
from seawall.rules import compound_v3_book
from seawall.venues import load_rulebook
from seawall.venues.machines.morpho_blue import MorphoBlue
from seawall.venues.machines.morpho_blue import State as MorphoState
from seawall.venues.machines.venus_isolated import State as VenusState
from seawall.venues.machines.venus_isolated import VenusIsolated
from tests.vectors.runner import read
from tests.venues.recorded import DATA, Taken, scenarios, walk

MORPHO, VENUS = "morpho_blue.json.gz", "venus_shortfall.json.gz"
# Amounts are smallest units and a price of 10**36 is one unit of the loan: Morpho's own scale.
ONE = 10**36


class World(NamedTuple):
    """What the engine takes."""

    book: Book
    market: Market
    terms: Terms


def world(
    venue: str,
    accounts: Sequence[Account],
    prices: Mapping[str, int],
    assets: Mapping[str, Mapping[str, int]],
    pools: Sequence[Pool] = (),
) -> World:
    """Return a book in smallest units, with the rulebook of a venue and terms of the assets."""
    terms = Terms.build({**tomllib.loads(load_rulebook(venue)), "assets": assets})
    book = Book.of(accounts, assets=[Asset(name, 0) for name in prices], pools=pools, venue=venue)
    quoted = {name: Price(price) for name, price in prices.items()}
    return World(book, Market(price_decimals=36, prices=quoted), terms)


def balances(**amounts: tuple[str, int]) -> tuple[Balance, ...]:
    """Return balances (side, amount) that are not empty."""
    return tuple(Balance(asset, side, amount) for asset, (side, amount) in amounts.items() if amount)  # type: ignore[arg-type]  # a side is a literal


def liquidated(given: World, user: str) -> Liquidation:
    """Return what the rulebook does with one account, to the end."""
    status = assess(given.book.account(user), *given).status
    return liquidate(Draft(given.book), given.market, given.terms, Desk(*given), user, status)


class Liquidated(NamedTuple):
    """A call that the contract of Morpho let through: state just before it, arguments, and what it told."""

    state: MorphoState
    user: str
    seized: int
    shares: int
    out: Mapping[str, int]


def morpho_calls(number: int) -> Iterator[Liquidated]:
    for taken in walk(MorphoBlue(), MORPHO, number):
        if taken.action.name == "liquidate" and taken.receipt.ok:
            state, args = accrued(taken), taken.action.args
            yield Liquidated(
                state,
                str(args["user"]),
                int(args["seized_assets"]),
                int(args["repaid_shares"]),
                taken.receipt.out,
            )


def accrued(taken: Taken) -> MorphoState:
    state: MorphoState = taken.before
    return state.accrued(taken.action.at)[0]


def morpho_world(state: MorphoState) -> World:
    """Return a market as a book: shares become what they stand for."""
    accounts = [
        Account(
            owner,
            balances=(
                *balances(COIN=("cash", held.collateral)),
                *balances(LOAN=("debt", -state.debt.to_assets(held.borrow_shares, up=True))),
                *balances(LOAN=("supply", state.supply.to_assets(held.supply_shares, up=False))),
            ),
        )
        for owner, held in state.positions.items()
    ]
    limit = {"threshold_bps": state.parameters.lltv // 10**14}
    pool = Pool("LOAN", cash=state.supply.assets - state.debt.assets)
    return world(
        "morpho_blue", accounts, {"COIN": state.price, "LOAN": ONE}, {"COIN": limit, "LOAN": {}}, [pool]
    )


def one_share(state: MorphoState) -> int:
    """Return what one share of debt stands for, rounded up: amounts in shares can be no finer."""
    return state.debt.to_assets(1, up=True)


EVERY_MORPHO = pytest.mark.parametrize("number", range(len(scenarios(MORPHO))))


@EVERY_MORPHO
def test_morpho_blue_repays_seizes_and_loses_what_the_contract_does(number: int) -> None:
    """By shares, and by all collateral: seized to the wei, the rest to one unit or one share."""
    for call in morpho_calls(number):
        held = call.state.position(call.user)
        if call.seized not in (0, held.collateral):
            continue
        done = morpho_seizure(call)
        if isinstance(done, Refusal):
            continue
        assert done.seized == call.out["seizedAssets"]
        slack, lost = one_share(call.state), done.deficit.get("LOAN", 0)
        assert abs(done.repaid + lost - call.out["repaidAssets"] - call.out["badDebtAssets"]) <= 1 + slack
        if call.shares and done.seized == held.collateral:
            # Who names shares may pay more than all collateral costs: here nobody does.
            assert done.repaid <= call.out["repaidAssets"] + slack
        else:
            assert abs(done.repaid - call.out["repaidAssets"]) <= slack


@EVERY_MORPHO
def test_morpho_blue_seizes_more_than_a_caller_asks_by_what_a_rounded_unit_buys(number: int) -> None:
    """Here a call names what it repays: what a part of the collateral costs, rounded up, buys a bit more."""
    for call in morpho_calls(number):
        held = call.state.position(call.user)
        if call.seized in (0, held.collateral):
            continue
        done = morpho_seizure(call)
        assert isinstance(done, Seizure)
        assert abs(done.repaid - call.out["repaidAssets"]) <= one_share(call.state)
        # A unit where the collateral is quoted; where it is divided by the incentive, a unit and a share.
        rounded = 10**18 + (1 + one_share(call.state)) * call.state.parameters.incentive
        assert 0 <= done.seized - call.seized <= 1 + rounded * 10**18 // call.state.price


@EVERY_MORPHO
def test_morpho_blue_is_unhealthy_when_the_contract_says_so(number: int) -> None:
    """But for the unit that the contract rounds collateral down by."""
    for call in morpho_calls(number):
        state, given = call.state, morpho_world(call.state)
        for owner, held in state.positions.items():
            if not held.borrow_shares:
                continue
            health = assess(given.book.account(owner), *given)
            if health.is_liquidatable == state.is_healthy(owner):
                assert not health.is_liquidatable
                short = health.debt_value * BPS - health.weighted_value
                assert -ONE * ONE * state.parameters.lltv // 10**14 < short <= 0


def test_morpho_blue_is_held_to_calls_of_every_kind() -> None:
    kinds: Counter[str] = Counter()
    for number in range(len(scenarios(MORPHO))):
        for call in morpho_calls(number):
            whole = call.seized == call.state.position(call.user).collateral
            kind = "shares" if call.shares else "whole" if whole else "part"
            refused = isinstance(morpho_seizure(call), Refusal)
            kinds[f"{kind} refused" if refused else kind] += 1
            kinds["deficit"] += call.out["badDebtAssets"] > 0
    assert kinds["shares"] >= 30
    assert kinds["whole"] >= 50
    assert kinds["part"] >= 50
    assert kinds["deficit"] >= 50
    assert kinds["shares refused"] <= 3  # within a unit of the limit, or for nothing at all


def morpho_seizure(call: Liquidated) -> Seizure | Refusal:
    given = morpho_world(call.state)
    cover = call.state.debt.to_assets(call.shares, up=False) if call.shares else call.out["repaidAssets"]
    return seize(Draft(given.book), given.market, given.terms, Call(call.user, "COIN", "LOAN", cover))


def venus_world(state: VenusState, user: str) -> World:
    """Return one account: tokens become what they stand for; every pool has a close factor of its own."""
    incentive = state.parameters.incentive
    held: list[Balance] = []
    assets = {}
    for symbol, market in state.markets.items():
        held += balances(**{symbol: ("cash", market.held_by(user) * market.exchange_rate // WAD)})
        held += balances(**{symbol: ("debt", -market.owed_by(user))})
        assets[symbol] = {
            "threshold_bps": market.terms.liquidation_threshold // 10**14,
            "bonus_bps": incentive // 10**14,
            "protocol_fee_bps": market.terms.seize_share * BPS // (incentive - WAD),
        }
    prices = {symbol: market.price for symbol, market in state.markets.items()}
    given = world("venus_isolated", [Account(user, balances=tuple(held))], prices, assets)
    whole = given.terms.size.model_copy(update={"kind": "full"})
    return given._replace(terms=given.terms.model_copy(update={"size": whole}))


def venus_calls(number: int, action: str) -> Iterator[tuple[VenusState, Taken]]:
    """Yield what the contract let through, with interest run up to the call."""
    for taken in walk(VenusIsolated(), VENUS, number):
        if taken.action.name == action and taken.receipt.ok:
            yield taken.before.accrued(taken.action.at, *taken.before.markets)[0], taken


def told(taken: Taken, event: str, field: str) -> dict[str, int]:
    """Return a number of an event, by the market that told it; of the last where it told several."""
    found: dict[str, int] = {}
    for name, *where, fields in taken.receipt.events:
        if name == event and field in fields:
            found[str(where[0])] = fields[field]
    return found


EVERY_VENUS = pytest.mark.parametrize("number", range(len(scenarios(VENUS))))


@EVERY_VENUS
def test_venus_isolated_seizes_what_the_contract_does_but_for_its_tokens(number: int) -> None:
    """A ratio of tokens has 18 digits there, one of underlying here; so has the protocol's part."""
    for state, taken in venus_calls(number, "liquidate_borrow"):
        args = taken.action.args
        symbol, collateral, repay = args["market"], args["collateral"], int(args["repay"])
        given = venus_world(state, args["borrower"])
        done = seize(
            Draft(given.book), given.market, given.terms, Call(args["borrower"], collateral, symbol, repay)
        )
        assert isinstance(done, Seizure)
        assert done.repaid == told(taken, "LiquidateBorrow", "repayAmount")[symbol]
        rate = state.market(collateral).exchange_rate
        tokens = told(taken, "LiquidateBorrow", "seizeTokens")[symbol]
        # So many digits of a repayment lie beyond those of the ratio, and one more is cut at the end.
        digits = 2 + repay // WAD
        slack = digits + 1 + digits * rate // WAD
        assert abs(done.seized - tokens * rate // WAD) <= slack
        assert abs(done.fee - told(taken, "ProtocolSeize", "amount")[collateral]) <= 2 * slack
        assert done.deficit == {}


@EVERY_VENUS
def test_venus_isolated_loses_what_is_lost_when_an_account_is_healed(number: int) -> None:
    """To what one unit of each collateral is worth."""
    for state, taken in venus_calls(number, "heal_account"):
        user = taken.action.args["borrower"]
        done = liquidated(venus_world(state, user), user)
        assert done.outcome == "exhausted"
        lost = told(taken, "BadDebtIncreased", "badDebtDelta")
        assert {default.asset for default in done.defaults} == set(lost)
        unit = sum(market.price for market in state.markets.values() if market.held_by(user))
        for default in done.defaults:
            assert abs(default.loss - lost[default.asset]) <= 1 + unit // state.market(default.asset).price


def test_venus_isolated_is_held_to_enough_of_both() -> None:
    counts = {
        action: sum(1 for number in range(len(scenarios(VENUS))) for _ in venus_calls(number, action))
        for action in ("liquidate_borrow", "heal_account")
    }
    assert counts["liquidate_borrow"] >= 20
    assert counts["heal_account"] >= 15


def comet(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return inputs and expected numbers of one of Compound's own tests."""
    found = next(item for item in read(DATA / "lending.json")["vectors"] if item["id"] == case)
    return found["inputs"], found["expected"]


def test_compound_v3_loses_what_reserves_fall_by() -> None:
    inputs, expected = comet("comp3.absorb.no_collateral")
    accounts = [
        Account(f"debtor {number}", balances=balances(BASE=("debt", -debt)))
        for number, debt in enumerate(inputs["debts"])
    ]
    given = world("compound_v3", accounts, {"BASE": ONE}, {"BASE": {}})
    losses = [sum(item.loss for item in liquidated(given, account.id).defaults) for account in accounts]
    assert losses == expected["basePaidOut"]
    assert sum(losses) == expected["reserves_before"] - expected["reserves_after"]


@pytest.mark.parametrize(("number", "digits"), [(0, 4), (1, 21), (2, 21)])
def test_compound_v3_gives_a_buyer_what_the_store_front_quotes(number: int, digits: int) -> None:
    """A liquidation factor of 60 % is no bonus in whole basis points: only without a discount is it exact."""
    inputs, expected = comet("comp3.quote")
    case = {key: int(value) for key, value in inputs["cases"][number].items()}
    prices = (inputs["basePrice"], int(inputs["baseScale"]), case["price"], int(inputs["assetScale"]))
    bonus_bps = round(Fraction(BPS * WAD, case["liquidationFactor"]))
    fee_bps = BPS - case["storeFrontPriceFactor"] * BPS // WAD
    _, seized, fee = compound_v3_book.seize(case["base"], 10**24, *prices, bonus_bps, fee_bps)
    quoted = int(expected["collateral"][number])
    assert abs(seized - fee - quoted) * 10**digits < quoted
