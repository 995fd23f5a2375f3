"""Wander through a Venus pool: actions at random, mostly such that they go through, some just beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.venues.machines.machine import UINT256_MAX, Action, Machine, Revert
from seawall.venues.machines.venus_isolated import State
from seawall.venues.machines.venus_isolated.pool import STARTED, Snapshot
from tests.differential.venus_isolated.govern import GOVERNED
from tests.differential.venus_isolated.market import USERS, WAD
from tests.differential.venus_isolated.wanderer import Args, Moves, Wanderer

DAY = 86_400
WAITS_S = (1, 12, 300, 301, 3600, DAY, 30 * DAY, 365 * DAY)
MINT_MAX = 2**236


def actions(machine: Machine[State], chance: np.random.Generator, raw: Mapping[str, Any]) -> Iterator[Action]:
    """Yield what happens in a pool, without end; the machine alone says what its state becomes."""
    prices = {each["symbol"]: each["price"] for each in raw["markets"]}
    here = Wanderer(chance, prices, machine.genesis(raw), raw["t0"])
    here.planned = [
        ("mint", {"user": USERS[0], "market": symbol, "amount": here.worth(symbol, here.power(22, 25))})
        for symbol in prices
    ]
    while True:
        action = step(here)
        yield action
        here.state, _ = machine.step(here.state, action)


def step(here: Wanderer) -> Action:
    """Return what happens next: what is planned, or something at random, some time later or at once."""
    if not here.planned:
        here.planned = _drawn(here)
    name, args = here.planned.pop(0)
    return Action(name, here.at, args)


def _drawn(here: Wanderer) -> list[tuple[str, Args]]:
    if here.odds(50):
        is_up = here.state.auction.status == STARTED
        here.at += int(here.pick(WAITS_S[:4] if is_up and here.odds(80) else WAITS_S))
    moves = AUCTION if here.odds(_auctioning(here)) else LENDING
    names, weights = zip(*((name, weight) for name, (weight, _) in moves.items()), strict=True)
    args = None
    while args is None:
        chosen = str(here.chance.choice(names, p=np.array(weights) / sum(weights)))
        args = moves[chosen][1](here)
    first, here.planned = here.planned, []  # what must come before it
    return [*first, (chosen, args)]


def _auctioning(here: Wanderer) -> int:
    # How often in a hundred it is the auction's turn.
    if here.state.auction.status == STARTED:
        return 45
    return 40 if here.lost() >= here.state.parameters.bad_debt_min else 4


def _odd(here: Wanderer, amount: int) -> int:
    return int(here.pick((0, 1, 2**200, UINT256_MAX))) if here.odds(3) else max(0, amount)


def _mint(here: Wanderer) -> Args:
    user = here.user()
    symbol = here.other(here.owed(user))
    amount = _odd(here, here.part(here.worth(symbol, here.power(14, 24))))
    return {"user": user, "market": symbol, "amount": min(amount, MINT_MAX)}


def _borrow(here: Wanderer) -> Args:
    user = here.user_with(here.held)
    symbol = here.other(here.held(user))
    market = here.state.markets[symbol]
    try:
        free = here.worth(symbol, here.state.snapshot(user, "collateral_factor").liquidity)
    except Revert:
        free = 0
    amount = here.part(min(free, market.cash) if here.odds(90) else max(free, market.cash))
    return {"user": user, "market": symbol, "amount": _odd(here, amount)}


def _redeem(here: Wanderer) -> Args:
    user = here.user_with(here.held)
    symbol = str(here.pick(here.held(user) or tuple(here.listed)))
    market = here.state.markets[symbol]
    try:
        claim = market.held_by(user) * market.exchange_rate // WAD
    except Revert:
        claim = market.cash
    return {"user": user, "market": symbol, "amount": _odd(here, here.part(min(claim, market.cash)))}


def _repay(here: Wanderer) -> Args:
    user = here.user_with(here.owed)
    symbol = str(here.pick(here.owed(user) or tuple(here.listed)))
    owed = here.state.markets[symbol].owed_by(user)
    # Beyond the debt no more than the debt is taken, and so everything may be offered.
    return {"user": user, "market": symbol, "amount": _odd(here, here.part(owed))}


def _price(here: Wanderer) -> Args:
    symbol = here.market()
    now, first = here.state.markets[symbol].price, here.listed[symbol]
    if here.odds(3):
        return {"market": symbol, "price": int(here.pick((0, 1, 10**60, UINT256_MAX)))}
    if not first // 10**4 < now < first * 10**4:
        return {"market": symbol, "price": int(first * here.chance.uniform(0.5, 2)) or 1}
    user = here.user()
    if here.odds(60) and (account := here.account(user)) and account.owed and here.held(user):
        # Collateral moves so that it just does not, or just does, secure what is owed.
        symbol = str(here.pick(here.held(user)))
        secured = account.owed + account.liquidity - account.shortfall
        now = here.state.markets[symbol].price * account.owed // max(1, secured)
        return {"market": symbol, "price": min(UINT256_MAX, int(now * here.chance.uniform(0.7, 1.03)))}
    return {"market": symbol, "price": int(now * here.chance.uniform(0.6, 1.5)) or 1}


def _liquidate_borrow(here: Wanderer) -> Args | None:
    if (user := here.fallen(lambda account: not _is_small(here, account))) is None:
        return None
    symbol = str(here.pick(here.owed(user) or tuple(here.listed)))
    collateral = str(here.pick(here.held(user) or tuple(here.listed)))
    most = here.state.markets[symbol].owed_by(user) * here.state.parameters.close_factor // WAD
    repay = _odd(here, here.part(most))
    return {"borrower": user, "market": symbol, "collateral": collateral, "repay": repay}


def _liquidate_account(here: Wanderer) -> Args | None:
    user = here.fallen(lambda account: _is_small(here, account) and _pays_all(here, account))
    if user is None:
        return None
    owed, held = here.owed(user), here.held(user)
    orders = []
    for symbol in owed:
        whole = here.state.markets[symbol].owed_by(user)
        first = here.part(whole) if here.odds(20) else whole
        for repay in {first, max(0, whole - first)} - {0}:
            order = {"market": symbol, "collateral": str(here.pick(held or owed)), "repay": repay}
            orders.append(order)
    return {"borrower": user, "orders": sorted(orders, key=lambda each: (each["market"], each["repay"]))}


def _heal(here: Wanderer) -> Args | None:
    user = here.fallen(lambda account: _is_small(here, account) and not _pays_all(here, account))
    return {"borrower": user} if user else None


def _is_small(here: Wanderer, account: Snapshot) -> bool:
    return account.collateral <= here.state.parameters.collateral_min


def _pays_all(here: Wanderer, account: Snapshot) -> bool:
    return account.owed * here.state.parameters.incentive // WAD < account.collateral


def _fund(here: Wanderer) -> Args:
    amount = _odd(here, here.part(2 * min(here.lost(), 2**200)))
    # What is put up is there until it is sold: whatever else holds a fund does not give it away meanwhile.
    is_up = here.state.auction.status == STARTED
    return {"amount": max(amount, here.state.risk_fund) if is_up else amount}


def _bid(here: Wanderer) -> Args | None:
    auction = here.state.auction
    if auction.status != STARTED and here.odds(85):
        return None
    near = auction.bid_bps if auction.bidder else auction.start_bps
    better = -1 if auction.kind else 1
    drawn = (near, near + better, near - better, near + 100 * better, int(here.chance.integers(0, 10_002)))
    return {"user": here.user(), "bid_bps": max(0, here.pick(drawn))}


def _close(here: Wanderer) -> Args | None:
    if here.state.auction.status != STARTED:
        return {} if here.odds(15) else None
    if here.odds(70):
        here.at += here.state.parameters.next_bidder_s + int(here.pick((0, 1)))
    return {}


def _nothing(here: Wanderer) -> Args:
    return {}


LENDING: Moves = {
    "mint": (13, _mint),
    "borrow": (18, _borrow),
    "redeem": (7, _redeem),
    "repay": (5, _repay),
    "accrue": (2, lambda here: {"market": here.market()}),
    "set_price": (10, _price),
    **GOVERNED,
    "liquidate_borrow": (10, _liquidate_borrow),
    "liquidate_account": (7, _liquidate_account),
    "heal_account": (9, _heal),
}
AUCTION: Moves = {
    "set_risk_fund": (3, _fund),
    "start_auction": (4, _nothing),
    "restart_auction": (3, _nothing),
    "place_bid": (10, _bid),
    "close_auction": (4, _close),
}
