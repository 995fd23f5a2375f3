"""Aave v3.0.2 itself: the published bytecode of npm `@aave/core-v3` 1.19.3, deployed.

Tokens and price feed are the package's own mocks; pool, tokens, oracle interface, configurator and
libraries are the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.differential.evm.contract import ADMIN, EVERYTHING, Chain, Compiled, Contract
from tests.differential.evm.package import fetched

PACKAGE = "@aave/core-v3@1.19.3"
BUILD = "artifacts/build-info/"
LOGIC = (
    "BorrowLogic",
    "BridgeLogic",
    "EModeLogic",
    "FlashLoanLogic",
    "LiquidationLogic",
    "PoolLogic",
    "SupplyLogic",
)
TREASURY, LIQUIDATOR = (f"0x{number:040x}" for number in (0xFEE, 0x11F))
ZERO = "0x" + "0" * 40
RAY_PER_BPS = 10**23
VARIABLE_RATE = 2


@dataclass(frozen=True)
class Reserve:
    """A reserve to list: parameters in bps, price with 8 decimals, rate slopes in bps a year."""

    symbol: str
    decimals: int
    price: int
    ltv: int
    liquidation_threshold: int
    liquidation_bonus: int
    liquidation_protocol_fee: int = 1000
    reserve_factor: int = 1000
    slopes: tuple[int, int] = (400, 6000)
    usage: int = 8000  # at which the second slope begins
    base: int = 0


@cache
def compiled() -> Mapping[str, Compiled]:
    """Return all contracts of the package by name.

    Raises:
        Unavailable: They cannot be fetched.
    """
    folder = fetched(PACKAGE, lambda path: path.startswith(BUILD))
    build = next((folder / BUILD).glob("*.json"))
    sources = json.loads(build.read_text(encoding="utf-8"))["output"]["contracts"]
    return {name: _compiled(name, item) for each in sources.values() for name, item in each.items()}


def _compiled(name: str, item: Mapping[str, Any]) -> Compiled:
    made = item["evm"]["bytecode"]
    gaps = {
        library: [spot["start"] for spot in spots]
        for places in made["linkReferences"].values()
        for library, spots in places.items()
    }
    return Compiled(name, item["abi"], made["object"], gaps)


@dataclass
class Aave:
    """A market of Aave v3.0.2: deploy it, act on it, read its state in the shape of the importer."""

    reserves: Sequence[Reserve]
    now: int = 1_700_000_000
    chain: Chain = field(init=False)
    of: dict[tuple[str, str], Contract] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = Chain(self.now)
        self._deploy_pool()
        for reserve in self.reserves:
            self._list(reserve)

    @property
    def evm(self) -> Any:
        """Where it runs."""
        return self.chain.evm

    def at(self, now: int) -> None:
        """Set the time of all later calls."""
        self.now = now
        self.chain.at(now)

    def deploy(self, name: str, *arguments: Any, libraries: Mapping[str, Contract] | None = None) -> Contract:
        """Deploy a contract of the package, linked with deployed libraries."""
        addresses = {library: each.address for library, each in (libraries or {}).items()}
        return self.chain.deploy(compiled()[name], *arguments, libraries=addresses)

    def named(self, name: str, address: str) -> Contract:
        """Return a contract of the package that another one deployed."""
        return Contract(self.evm, compiled()[name], address)

    def _deploy_pool(self) -> None:
        provider = self.deploy("PoolAddressesProvider", "bench", ADMIN)
        provider.call("setACLAdmin", ADMIN)
        access = self.deploy("ACLManager", provider.address)
        provider.call("setACLManager", access.address)
        access.call("addPoolAdmin", ADMIN)
        access.call("addAssetListingAdmin", ADMIN)
        oracle = self.deploy("PriceOracle")
        provider.call("setPriceOracle", oracle.address)
        data = self.deploy("AaveProtocolDataProvider", provider.address)
        provider.call("setPoolDataProvider", data.address)
        logic: dict[str, Contract] = {}
        for name in LOGIC:
            logic[name] = self.deploy(name, libraries=logic)
        logic["ConfiguratorLogic"] = self.deploy("ConfiguratorLogic")
        implementation = self.deploy("Pool", provider.address, libraries=logic)
        implementation.call("initialize", provider.address)
        provider.call("setPoolImpl", implementation.address)
        configurator = self.deploy("PoolConfigurator", libraries=logic)
        configurator.call("initialize", provider.address)
        provider.call("setPoolConfiguratorImpl", configurator.address)
        pool = self.named("Pool", provider.call("getPool"))
        configurator = self.named("PoolConfigurator", provider.call("getPoolConfigurator"))
        kinds = ("AToken", "StableDebtToken", "VariableDebtToken")
        self.of = {("template", name): self.deploy(name, pool.address) for name in kinds}
        for name, contract in (("provider", provider), ("oracle", oracle), ("data", data)):
            self.of["", name] = contract
        self.of["", "pool"], self.of["", "configurator"] = pool, configurator

    def _list(self, reserve: Reserve) -> None:
        name = reserve.symbol
        token = self.deploy("MintableERC20", name, name, reserve.decimals)
        usage, base, *slopes = (bps * RAY_PER_BPS for bps in (reserve.usage, reserve.base, *reserve.slopes))
        provider, oracle = self.of["", "provider"], self.of["", "oracle"]
        rates = (usage, base, *slopes, *slopes, 0, 0, 0)
        strategy = self.deploy("DefaultReserveInterestRateStrategy", provider.address, *rates)
        templates = [
            self.of["template", kind].address for kind in ("AToken", "StableDebtToken", "VariableDebtToken")
        ]
        words = [f"{kind}{name}" for kind in "avs" for _ in range(2)]
        listing = (*templates, reserve.decimals, strategy.address, token.address, TREASURY, ZERO, *words, b"")
        configurator, address = self.of["", "configurator"], token.address
        configurator.call("initReserves", [listing])
        limits = (reserve.ltv, reserve.liquidation_threshold, reserve.liquidation_bonus)
        configurator.call("configureReserveAsCollateral", address, *limits)
        configurator.call("setReserveBorrowing", address, True)
        configurator.call("setLiquidationProtocolFee", address, reserve.liquidation_protocol_fee)
        configurator.call("setReserveFactor", address, reserve.reserve_factor)
        oracle.call("setAssetPrice", address, reserve.price)
        a_token, _, v_token = self.of["", "data"].call("getReserveTokensAddresses", address)
        self.of[name, "token"] = token
        self.of[name, "a"] = self.named("AToken", a_token)
        self.of[name, "v"] = self.named("VariableDebtToken", v_token)

    def token(self, symbol: str) -> str:
        """Return the address of an underlying token."""
        return self.of[symbol, "token"].address

    def fund(self, user: str, symbol: str, amount: int) -> None:
        """Give a user tokens and let the pool spend all of them."""
        token = self.of[symbol, "token"]
        token.call("mint", user, amount)
        token.call("approve", self.of["", "pool"].address, EVERYTHING, caller=user)

    def supply(self, user: str, symbol: str, amount: int) -> None:
        """Mint tokens to a user, who supplies them."""
        self.fund(user, symbol, amount)
        self.of["", "pool"].call("supply", self.token(symbol), amount, user, 0, caller=user)

    def borrow(self, user: str, symbol: str, amount: int) -> None:
        """Let a user borrow at the variable rate."""
        self.of["", "pool"].call("borrow", self.token(symbol), amount, VARIABLE_RATE, 0, user, caller=user)

    def set_price(self, symbol: str, price: int) -> None:
        """Set an oracle price [8 decimals]."""
        self.of["", "oracle"].call("setAssetPrice", self.token(symbol), price)

    def parameters(self) -> dict[str, dict[str, int]]:
        """Return the reserves' parameters as `seawall.venues.aave_v3` reads them."""
        names = ("decimals", "ltv", "liquidation_threshold", "liquidation_bonus", "liquidation_protocol_fee")
        chosen = {item.symbol: {name: getattr(item, name) for name in names} for item in self.reserves}
        return {symbol: {**values, "emode_category": 0} for symbol, values in chosen.items()}

    def read_reserves(self) -> dict[str, dict[str, int]]:
        """Return the reserves' state at the present time."""
        pool, found = self.of["", "pool"], {}
        for reserve in self.reserves:
            name = reserve.symbol
            token, address = self.of[name, "token"], self.token(name)
            data = pool.call("getReserveData", address)
            found[name] = {
                "normalized_income": pool.call("getReserveNormalizedIncome", address),
                "normalized_debt": pool.call("getReserveNormalizedVariableDebt", address),
                "variable_borrow_index": data[3],
                "cash": token.call("balanceOf", self.of[name, "a"].address),
                "price": self.of["", "oracle"].call("getAssetPrice", address),
            }
        return found

    def read_user(self, user: str) -> dict[str, Any]:
        """Return a user's scaled balances and flags."""
        positions = {}
        for reserve in self.reserves:
            name = reserve.symbol
            held = [self.of[name, side].call("scaledBalanceOf", user) for side in "av"]
            if any(held):
                secures = self.of["", "data"].call("getUserReserveData", self.token(name), user)[-1]
                positions[name] = {"a_scaled": held[0], "v_scaled": held[1], "is_collateral": secures}
        return {"emode": 0, "positions": positions}
