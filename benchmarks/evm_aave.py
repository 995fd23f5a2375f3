"""Aave v3.0.2 itself: the published bytecode, deployed in an EVM inside this process.

The artifacts are those of npm `@aave/core-v3` 1.19.3. They are fetched with the registry's own
client (`npm pack`) into a cache folder and are no part of this repository. Tokens and price feed are
the package's own mocks; pool, tokens, oracle interface, configurator and libraries are the real ones.

Needs `pyrevm` and `eth-abi` (extra `dev`), and `npm` the first time.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "@aave/core-v3@1.19.3"
LOGIC = (
    "BorrowLogic",
    "BridgeLogic",
    "EModeLogic",
    "FlashLoanLogic",
    "LiquidationLogic",
    "PoolLogic",
    "SupplyLogic",
)
ADMIN, TREASURY, LIQUIDATOR = (f"0x{number:040x}" for number in (0xAD, 0xFEE, 0x11F))
ZERO = "0x" + "0" * 40
EVERYTHING = 2**256 - 1
RAY_PER_BPS = 10**23
VARIABLE_RATE = 2


class Unavailable(Exception):
    """The real contracts cannot be run here; the message says what is missing."""


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
def artifacts() -> Mapping[str, Any]:
    """Return all compiled contracts of the package by name, fetched at the first call."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "seawall" / "aave-core-v3-1.19.3"
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            command = ["npm", "pack", "--silent", "--pack-destination", str(folder), PACKAGE]
            packed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"cannot fetch {PACKAGE} with npm: {error}") from error
        with tarfile.open(folder / packed.stdout.split()[-1]) as tar:
            tar.extractall(folder, filter="data")
    build = next((folder / "package" / "artifacts" / "build-info").glob("*.json"))
    sources = json.loads(build.read_text(encoding="utf-8"))["output"]["contracts"]
    return {name: item for contracts in sources.values() for name, item in contracts.items()}


@dataclass(frozen=True)
class Contract:
    """A deployed contract; `call` encodes, runs and decodes."""

    evm: Any
    name: str
    address: str

    def encode(self, method: str, *arguments: Any) -> bytes:
        """Return the calldata of a method; overloads are told apart by the number of arguments."""
        from eth_abi.abi import encode

        selector, types, _ = _method(self.name, method, len(arguments))
        return selector + encode(types, arguments)

    def call(self, method: str, *arguments: Any, caller: str = ADMIN) -> Any:
        """Return the decoded result, a tuple unless there is exactly one value."""
        from eth_abi.abi import decode

        raw = self.evm.message_call(caller, self.address, calldata=self.encode(method, *arguments))
        values = decode(_method(self.name, method, len(arguments))[2], bytes(raw))
        return values[0] if len(values) == 1 else values


@cache
def _method(contract: str, name: str, count: int) -> tuple[bytes, list[str], list[str]]:
    compiled = artifacts()[contract]
    entry = next(
        item
        for item in compiled["abi"]
        if item["type"] == "function" and item["name"] == name and len(item["inputs"]) == count
    )
    types = [_type(item) for item in entry["inputs"]]
    selector = compiled["evm"]["methodIdentifiers"][f"{name}({','.join(types)})"]
    return bytes.fromhex(selector), types, [_type(item) for item in entry["outputs"]]


def _type(item: Mapping[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    parts = ",".join(_type(part) for part in item["components"])
    return f"({parts})" + str(item["type"]).removeprefix("tuple")


@dataclass
class Aave:
    """A market of Aave v3.0.2: deploy it, act on it, read its state in the shape of the importer."""

    reserves: Sequence[Reserve]
    now: int = 1_700_000_000
    evm: Any = field(init=False)
    of: dict[tuple[str, str], Contract] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            import eth_abi  # noqa: F401  # needed later: better to say so at once
            from pyrevm import EVM
        except ImportError as error:
            raise Unavailable(f"{error.name} is not installed: pip install 'seawall[dev]'") from error
        self.evm = EVM(spec_id="SHANGHAI")
        self.evm.set_balance(ADMIN, 10**30)
        self.at(self.now)
        self._deploy_pool()
        for reserve in self.reserves:
            self._list(reserve)

    def at(self, now: int) -> None:
        """Set the time of all later calls."""
        from pyrevm import BlockEnv

        self.now = now
        self.evm.set_block_env(BlockEnv(number=now // 12, timestamp=now))

    def deploy(self, name: str, *arguments: Any, libraries: Mapping[str, Contract] | None = None) -> Contract:
        """Deploy a contract of the package, linked with deployed libraries."""
        from eth_abi.abi import encode

        compiled = artifacts()[name]
        code = compiled["evm"]["bytecode"]["object"]
        for places in compiled["evm"]["bytecode"]["linkReferences"].values():
            for library, spots in places.items():
                for spot in spots:
                    at = 2 * spot["start"]
                    code = code[:at] + (libraries or {})[library].address[2:] + code[at + 40 :]
        made: Mapping[str, Any] = next(
            (item for item in compiled["abi"] if item["type"] == "constructor"), {"inputs": []}
        )
        data = bytes.fromhex(code) + encode([_type(item) for item in made["inputs"]], arguments)
        return Contract(self.evm, name, self.evm.deploy(ADMIN, data))

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
        pool = Contract(self.evm, "Pool", provider.call("getPool"))
        configurator = Contract(self.evm, "PoolConfigurator", provider.call("getPoolConfigurator"))
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
        self.of[name, "a"] = Contract(self.evm, "AToken", a_token)
        self.of[name, "v"] = Contract(self.evm, "VariableDebtToken", v_token)

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
