"""The living contracts of a Venus pool, driven with the machine's own actions and read in its own shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.venues.machines.machine import Action
from tests.differential.evm.contract import Contract, word
from tests.differential.evm.venus import ZERO, Venus, errors

Args = Mapping[str, Any]
LIQUIDATOR, TELLER = "liq", "shortfall"
TOLD = {
    "AccrueInterest",
    "ProtocolSeize",
    "LiquidateBorrow",
    "HealBorrow",
    "BadDebtIncreased",
    "BadDebtRecovered",
    "AuctionStarted",
    "AuctionRestarted",
    "AuctionClosed",
    "BidPlaced",
}
UNTOLD = {"markets", "marketDebt"}  # addresses, and what `BadDebtRecovered` has told


class Living:
    """A deployed pool: `act` gives the word of a refusal and the events, `view` what it shows."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """Deploy a pool with the parameters that a recording or a machine starts from."""
        self.venus = Venus(raw)
        self.evm = self.venus.evm
        self.symbols = [each["symbol"] for each in raw["markets"]]
        self.addresses = {user: f"0x{0xB0000 + number:040x}" for number, user in enumerate(raw["users"])}
        self.users = {ZERO: None, **{address: user for user, address in self.addresses.items()}}
        for address in self.addresses.values():
            self.venus.enter(address)
        of = self.venus.of
        self.comptroller, self.shortfall = of["", "comptroller"], of["", "shortfall"]
        self.tellers = {of[symbol, "v"].address.lower(): (symbol, of[symbol, "v"]) for symbol in self.symbols}
        self.tellers[self.shortfall.address.lower()] = (TELLER, self.shortfall)

    def act(self, action: Action) -> tuple[str | None, dict[str, Any]]:
        """Take an action; return the word of its refusal, or None and what it told."""
        self.venus.chain.at(action.at)
        try:
            is_logged = ACTS[action.name](self, action.args)
        except RuntimeError as error:
            return word(str(error), errors()), {}
        return None, {"events": self._events() if is_logged else []}

    def view(self) -> dict[str, Any]:
        """Return markets, accounts and the auction as they are stored."""
        held = {user: self._positions(address) for user, address in self.addresses.items()}
        return {
            "markets": {symbol: self._market(symbol) for symbol in self.symbols},
            "users": {
                user: {"positions": positions, **self._health(self.addresses[user])}
                for user, positions in held.items()
                if positions
            },
            "auction": self._auction(),
            "risk_fund": self.venus.read_fund(),
        }

    def market(self, symbol: str) -> Contract:
        """Return a market's contract."""
        return self.venus.of[symbol, "v"]

    def _market(self, symbol: str) -> dict[str, int | None]:
        market, token = self.market(symbol), self.venus.of[symbol, "token"]
        return {
            "price": self.venus.of["", "oracle"].call("getPrice", token.address),
            "cash": market.call("getCash"),
            "total_borrows": market.call("totalBorrows"),
            "bad_debt": market.call("badDebt"),
            "total_reserves": market.call("totalReserves"),
            "total_supply": market.call("totalSupply"),
            "borrow_index": market.call("borrowIndex"),
            "accrual_time": market.call("accrualBlockNumber"),
            "exchange_rate_stored": _answer(market, "exchangeRateStored"),
            "borrow_rate": _answer(market, "borrowRatePerBlock"),
        }

    def _positions(self, address: str) -> dict[str, dict[str, int]]:
        both = {
            symbol: {
                "v_tokens": self.market(symbol).call("balanceOf", address),
                "borrow_stored": self.market(symbol).call("borrowBalanceStored", address),
            }
            for symbol in self.symbols
        }
        return {symbol: each for symbol, each in both.items() if any(each.values())}

    def _health(self, address: str) -> dict[str, int | None]:
        found = _answer(self.comptroller, "getAccountLiquidity", address)
        _, liquidity, shortfall = found or (0, None, None)
        return {"liquidity": liquidity, "shortfall": shortfall}

    def _auction(self) -> dict[str, Any]:
        names = ("startBlockOrTimestamp", "auctionType", "status", "seizedRiskFund", "highestBidder")
        more = ("highestBidBps", "highestBidBlockOrTimestamp", "startBidBps")
        found = self.shortfall.call("auctions", self.comptroller.address)
        told = dict(zip((*names, *more), found, strict=True))
        return {**told, "highestBidder": self.users[told["highestBidder"]]}

    def _events(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [told for log in self.evm.result.logs if (told := self._event(log))]

    def _event(self, log: Any) -> tuple[str, str, dict[str, Any]] | None:
        teller, contract = self.tellers.get(log.address.lower(), ("", None))
        told = contract.told(log) if contract else None
        if told is None or told[0] not in TOLD:
            return None
        return told[0], teller, {key: value for key, value in told[1].items() if key not in UNTOLD}


def _answer(contract: Contract, method: str, *arguments: Any) -> Any:
    # Where the contract refuses to answer, nothing is shown.
    try:
        return contract.call(method, *arguments)
    except RuntimeError:
        return None


Act = Callable[[Living, Args], bool]  # whether what it logged is its own


def _asked(method: str) -> Act:
    def act(living: Living, args: Args) -> bool:
        user = living.addresses[args["user"]]
        living.market(args["market"]).call(method, args["amount"], caller=user)
        return True

    return act


def _accrue(living: Living, args: Args) -> bool:
    living.market(args["market"]).call("accrueInterest")
    return True


def _set_price(living: Living, args: Args) -> bool:
    token = living.venus.of[args["market"], "token"]
    living.venus.of["", "oracle"].call("setPrice", token.address, args["price"])
    return False


def _set_risk_fund(living: Living, args: Args) -> bool:
    living.venus.set_fund(args["amount"])
    return False


def _liquidate_borrow(living: Living, args: Args) -> bool:
    call = (living.addresses[args["borrower"]], args["repay"], living.market(args["collateral"]).address)
    living.market(args["market"]).call("liquidateBorrow", *call, caller=living.addresses[LIQUIDATOR])
    return True


def _liquidate_account(living: Living, args: Args) -> bool:
    orders = [
        (
            living.market(order["collateral"]).address,
            living.market(order["market"]).address,
            int(order["repay"]),
        )
        for order in args["orders"]
    ]
    borrower, liquidator = living.addresses[args["borrower"]], living.addresses[LIQUIDATOR]
    living.comptroller.call("liquidateAccount", borrower, orders, caller=liquidator)
    return True


def _heal_account(living: Living, args: Args) -> bool:
    borrower, liquidator = living.addresses[args["borrower"]], living.addresses[LIQUIDATOR]
    living.comptroller.call("healAccount", borrower, caller=liquidator)
    return True


def _auctioned(method: str) -> Act:
    def act(living: Living, args: Args) -> bool:
        living.shortfall.call(method, living.comptroller.address)
        return True

    return act


def _place_bid(living: Living, args: Args) -> bool:
    pool, start = living.comptroller.address, living._auction()["startBlockOrTimestamp"]
    living.shortfall.call("placeBid", pool, args["bid_bps"], start, caller=living.addresses[args["user"]])
    return True


def _joined(living: Living, args: Args, method: str) -> bool:
    market = living.market(args["market"]).address
    asked = [market] if method == "enterMarkets" else market
    living.comptroller.call(method, asked, caller=living.addresses[args["user"]])
    return False


def _capped(method: str) -> Act:
    def act(living: Living, args: Args) -> bool:
        living.comptroller.call(method, [living.market(args["market"]).address], [args["cap"]])
        return False

    return act


def _set_collateral_factor(living: Living, args: Args) -> bool:
    parts = (args["collateral_factor"], args["liquidation_threshold"])
    living.comptroller.call("setCollateralFactor", living.market(args["market"]).address, *parts)
    return False


def _set_pause(living: Living, args: Args) -> bool:
    market, action = living.market(args["market"]).address, PAUSED[args["action"]]
    living.comptroller.call("setActionsPaused", [market], [action], args["paused"])
    return False


def _set(method: str, key: str) -> Act:
    def act(living: Living, args: Args) -> bool:
        living.comptroller.call(method, args[key])
        return False

    return act


# Numbers of the contract's `Action`; a transfer, the seventh, is no action of the machine.
PAUSED = {
    "mint": 0,
    "redeem": 1,
    "borrow": 2,
    "repay": 3,
    "seize": 4,
    "liquidate": 5,
    "enter_market": 7,
    "exit_market": 8,
}
ACTS: Mapping[str, Act] = {
    "set_price": _set_price,
    "accrue": _accrue,
    "mint": _asked("mint"),
    "redeem": _asked("redeemUnderlying"),
    "borrow": _asked("borrow"),
    "repay": _asked("repayBorrow"),
    "liquidate_borrow": _liquidate_borrow,
    "liquidate_account": _liquidate_account,
    "heal_account": _heal_account,
    "enter_market": lambda living, args: _joined(living, args, "enterMarkets"),
    "exit_market": lambda living, args: _joined(living, args, "exitMarket"),
    "set_collateral_factor": _set_collateral_factor,
    "set_supply_cap": _capped("setMarketSupplyCaps"),
    "set_borrow_cap": _capped("setMarketBorrowCaps"),
    "set_pause": _set_pause,
    "set_close_factor": _set("setCloseFactor", "factor"),
    "set_liquidation_incentive": _set("setLiquidationIncentive", "incentive"),
    "set_min_liquidatable_collateral": _set("setMinLiquidatableCollateral", "value"),
    "set_risk_fund": _set_risk_fund,
    "start_auction": _auctioned("startAuction"),
    "restart_auction": _auctioned("restartAuction"),
    "place_bid": _place_bid,
    "close_auction": _auctioned("closeAuction"),
}
