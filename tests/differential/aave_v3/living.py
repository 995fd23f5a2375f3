"""The living contracts of Aave 3.0.2, driven with the machine's own actions and read in its own shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seawall.venues.machines.machine import Action
from tests.differential.evm.aave import TREASURY, VARIABLE_RATE, ZERO, Aave, Reserve
from tests.differential.evm.contract import ADMIN, decoded, word

RICH = 2**240
COLLATERAL_BIT, BORROWING_BIT = 2, 1


class Living:
    """A deployed market: `act` gives the word of a refusal and what the call told, `view` what it shows."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """Deploy a market with the parameters that a recording or a machine starts from."""
        self.aave = Aave([_reserve(each) for each in raw["reserves"]], int(raw["t0"]))
        self.evm = self.aave.evm
        self.symbols = [reserve.symbol for reserve in self.aave.reserves]
        users = [user for user in raw["users"] if user != "treasury"]
        self.addresses = {user: f"0x{0xB0000 + number:040x}" for number, user in enumerate(users)}
        for user in self.addresses.values():
            for symbol in self.symbols:
                self.aave.fund(user, symbol, RICH)
        self.addresses["treasury"] = TREASURY
        self.feeds: dict[str, str] = {}
        self.pool, self.configurator = self.aave.of["", "pool"], self.aave.of["", "configurator"]
        for name, args in _settings(raw):
            ACTS[name](self, args)

    def act(self, action: Action) -> tuple[str | None, dict[str, int]]:
        """Take an action; return the word of its refusal, or None and what it told."""
        self.aave.at(action.at)
        try:
            return None, ACTS[action.name](self, action.args)
        except RuntimeError as error:
            return word(str(error), {}), {}

    def view(self) -> dict[str, Any]:
        """Return reserves and accounts now."""
        return {
            "reserves": {symbol: self._reserve(symbol) for symbol in self.symbols},
            "users": {user: self._user(address) for user, address in self.addresses.items()},
        }

    def token(self, symbol: str) -> str:
        """Return the address of a token."""
        return self.aave.token(symbol)

    def feed(self, name: str) -> str:
        """Return the address of a feed: of a reserve's token, or of a source of its own."""
        if name in self.symbols:
            return self.token(name)
        return self.feeds.setdefault(name, f"0x{0xFEED00 + len(self.feeds):040x}")

    def _reserve(self, symbol: str) -> dict[str, int]:
        aave, address = self.aave, self.token(symbol)
        data = self.pool.call("getReserveData", address)
        supply, debt = aave.of[symbol, "a"], aave.of[symbol, "v"]
        return {
            "liquidity_index": data[1],
            "variable_borrow_index": data[3],
            "liquidity_rate": data[2],
            "variable_borrow_rate": data[4],
            "last_update": data[6],
            "accrued_to_treasury_scaled": data[12],
            "a_scaled_total": supply.call("scaledTotalSupply"),
            "v_scaled_total": debt.call("scaledTotalSupply"),
            "cash": aave.of[symbol, "token"].call("balanceOf", supply.address),
            "normalized_income": self.pool.call("getReserveNormalizedIncome", address),
            "normalized_debt": self.pool.call("getReserveNormalizedVariableDebt", address),
            "price": aave.of["", "oracle"].call("getAssetPrice", address),
            "isolation_debt": data[14],
        }

    def _user(self, address: str) -> dict[str, Any]:
        data = self.pool.call("getUserAccountData", address)
        names = ("collateral_base", "debt_base", "available_borrows_base", "avg_liquidation_threshold")
        flags = self.pool.call("getUserConfiguration", address)[0]
        held = {
            symbol: self._held(symbol, address, flags >> 2 * at) for at, symbol in enumerate(self.symbols)
        }
        return {
            **dict(zip((*names, "avg_ltv", "health_factor"), data, strict=True)),
            "emode": self.pool.call("getUserEMode", address),
            "positions": {symbol: each for symbol, each in held.items() if each},
        }

    def _held(self, symbol: str, address: str, flags: int) -> dict[str, Any]:
        sides = {side: self.aave.of[symbol, side] for side in "av"}
        scaled = {f"{side}_scaled": each.call("scaledBalanceOf", address) for side, each in sides.items()}
        if not any(scaled.values()):
            return {}
        balances = {f"{side}_balance": each.call("balanceOf", address) for side, each in sides.items()}
        return {
            **scaled,
            **balances,
            "is_collateral": bool(flags & COLLATERAL_BIT),
            "is_borrowing": bool(flags & BORROWING_BIT),
        }


def _reserve(raw: Mapping[str, Any]) -> Reserve:
    limits = ("decimals", "price", "ltv", "liquidation_threshold", "liquidation_bonus")
    taken = {key: int(raw[key]) for key in (*limits, "liquidation_protocol_fee", "reserve_factor")}
    curve = {key: int(value) for key, value in raw["strategy"].items()}
    slopes = (curve["slope1"], curve["slope2"])
    return Reserve(raw["symbol"], **taken, slopes=slopes, usage=curve["optimal_usage"], base=curve["base"])


def _settings(raw: Mapping[str, Any]) -> Iterator[tuple[str, Args]]:
    # What a market starts with beyond the listing of its reserves, as actions.
    for each in raw["emodes"]:
        terms = {key: int(each[key]) for key in ("id", "ltv", "liquidation_threshold", "liquidation_bonus")}
        source = each["price_source"]
        yield "set_emode_category", {**terms, "price_source": source}
        if source:
            yield "set_price", {"asset": source, "price": int(each["price"])}
    for each in raw["reserves"]:
        asset = each["symbol"]
        if category := int(each.get("emode_category", 0)):
            yield "set_asset_emode", {"asset": asset, "category": category}
        if ceiling := int(each.get("debt_ceiling", 0)):
            yield "set_debt_ceiling", {"asset": asset, "ceiling": ceiling}
        if each.get("borrowable_in_isolation"):
            yield "set_borrowable_in_isolation", {"asset": asset, "borrowable": True}


Args = Mapping[str, Any]
Told = dict[str, int]
Act = Callable[[Living, Args], Told]


def _asked(method: str, *tail: int) -> Act:
    # An action of the pool on a reserve and an amount; what it returns is the amount.
    def act(living: Living, args: Args) -> Told:
        user = living.addresses[args["user"]]
        closing = {"supply": (user, 0), "withdraw": (user,), "repay": (VARIABLE_RATE, user)}
        closing |= {"borrow": (VARIABLE_RATE, 0, user), "repayWithATokens": (VARIABLE_RATE,)}
        given = (living.token(args["asset"]), args["amount"], *closing[method])
        told = living.pool.call(method, *given, caller=user)
        return {"amount": told} if isinstance(told, int) else {}

    return act


def _set(method: str, *keys: str) -> Act:
    # A setter of the configurator on a reserve.
    def act(living: Living, args: Args) -> Told:
        living.configurator.call(method, living.token(args["asset"]), *(args[key] for key in keys))
        return {}

    return act


def _transfer(living: Living, args: Args) -> Told:
    supply, user = living.aave.of[args["asset"], "a"], living.addresses[args["user"]]
    supply.call("transfer", living.addresses[args["to"]], args["amount"], caller=user)
    return {}


def _set_collateral(living: Living, args: Args) -> Told:
    user = living.addresses[args["user"]]
    living.pool.call("setUserUseReserveAsCollateral", living.token(args["asset"]), args["use"], caller=user)
    return {}


def _set_emode(living: Living, args: Args) -> Told:
    living.pool.call("setUserEMode", args["category"], caller=living.addresses[args["user"]])
    return {}


def _mint_to_treasury(living: Living, args: Args) -> Told:
    living.pool.call("mintToTreasury", [living.token(symbol) for symbol in args["assets"]])
    return {}


def _liquidate(living: Living, args: Args) -> Told:
    tokens = living.token(args["collateral"]), living.token(args["debt"])
    rest = living.addresses[args["user"]], args["debt_to_cover"], args["receive_atoken"]
    living.pool.call("liquidationCall", *tokens, *rest, caller=living.addresses[args["liquidator"]])
    repaid, seized = decoded(["uint256"] * 2, bytes(living.evm.result.logs[-1].data[1]))
    return {"debt_repaid": repaid, "collateral_to_liquidator": seized}


def _set_price(living: Living, args: Args) -> Told:
    living.aave.of["", "oracle"].call("setAssetPrice", living.feed(args["asset"]), args["price"])
    return {}


def _set_category(living: Living, args: Args) -> Told:
    source = living.feed(args["price_source"]) if args["price_source"] else ZERO
    terms = (args["ltv"], args["liquidation_threshold"], args["liquidation_bonus"])
    living.configurator.call("setEModeCategory", args["id"], *terms, source, "")
    return {}


def _set_sequencer(living: Living, args: Args) -> Told:
    deploy = living.aave.deploy
    provider = living.aave.of["", "provider"]
    feed = deploy("SequencerOracle", ADMIN)
    feed.call("setAnswer", args["is_down"], args["since"])
    sentinel = deploy("PriceOracleSentinel", provider.address, feed.address, args["grace"])
    provider.call("setPriceOracleSentinel", sentinel.address)
    return {}


ACTS: Mapping[str, Act] = {
    "supply": _asked("supply"),
    "withdraw": _asked("withdraw"),
    "borrow": _asked("borrow"),
    "repay": _asked("repay"),
    "repay_with_supply": _asked("repayWithATokens"),
    "transfer": _transfer,
    "set_collateral": _set_collateral,
    "set_emode": _set_emode,
    "mint_to_treasury": _mint_to_treasury,
    "liquidation_call": _liquidate,
    "set_price": _set_price,
    "configure_collateral": _set(
        "configureReserveAsCollateral", "ltv", "liquidation_threshold", "liquidation_bonus"
    ),
    "set_supply_cap": _set("setSupplyCap", "cap"),
    "set_borrow_cap": _set("setBorrowCap", "cap"),
    "set_borrowing": _set("setReserveBorrowing", "enabled"),
    "set_active": _set("setReserveActive", "active"),
    "set_pause": _set("setReservePause", "paused"),
    "set_freeze": _set("setReserveFreeze", "frozen"),
    "set_reserve_factor": _set("setReserveFactor", "factor"),
    "set_protocol_fee": _set("setLiquidationProtocolFee", "fee"),
    "set_debt_ceiling": _set("setDebtCeiling", "ceiling"),
    "set_borrowable_in_isolation": _set("setBorrowableInIsolation", "borrowable"),
    "set_siloed": _set("setSiloedBorrowing", "siloed"),
    "set_asset_emode": _set("setAssetEModeCategory", "category"),
    "set_emode_category": _set_category,
    "set_sequencer": _set_sequencer,
}
