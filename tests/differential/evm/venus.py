"""A Venus isolated pool: the published bytecode of npm `@venusprotocol/isolated-pools` 4.4.0, deployed.

Comptroller, vTokens, rate models and Shortfall are the real ones, tokens and price feed the package's mocks.
Stand-ins, in code of a few bytes: access control and fee sink (say yes), pool registry (knows this pool),
risk fund (a number that auctions take from).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.differential.evm.contract import ADMIN, EVERYTHING, Chain, Compiled, Contract, keccak, returning
from tests.differential.evm.package import fetched

PACKAGE = "@venusprotocol/isolated-pools@4.4.0"
ARTIFACTS = {
    name: f"artifacts/{path}/{name}.json"
    for name, path in (
        ("Comptroller", "contracts/Comptroller.sol"),
        ("VToken", "contracts/VToken.sol"),
        ("Shortfall", "contracts/Shortfall/Shortfall.sol"),
        ("JumpRateModelV2", "contracts/JumpRateModelV2.sol"),
        ("MockPriceOracle", "contracts/test/Mocks/MockPriceOracle.sol"),
        ("MockToken", "contracts/test/Mocks/MockToken.sol"),
        ("ERC1967Proxy", "hardhat-deploy/solc_0.8/openzeppelin/proxy/ERC1967/ERC1967Proxy.sol"),
    )
}
REGISTRY = f"0x{0x4E6:040x}"  # lists markets: a caller, and so no contract
ZERO = "0x" + "0" * 40
LOOPS = 1000
RATE_MAX = 5 * 10**12
WAD = 10**18
RICH = 2**240
FUND_DECIMALS = 18


@cache
def compiled() -> Mapping[str, Compiled]:
    """Return the contracts that a pool is made of, by name.

    Raises:
        Unavailable: They cannot be fetched.
    """
    folder = fetched(PACKAGE, lambda path: path in ARTIFACTS.values())
    found = {
        name: json.loads((folder / path).read_text(encoding="utf-8")) for name, path in ARTIFACTS.items()
    }
    return {name: Compiled(name, each["abi"], each["bytecode"]) for name, each in found.items()}


@cache
def errors() -> Mapping[str, str]:
    """Return the names of all custom errors by the first four bytes of their data, in hex."""
    return {key: name for each in compiled().values() for key, name in each.errors.items()}


@dataclass
class Venus:
    """A pool: deploy it with the parameters of a recording, act on it by contract."""

    raw: Mapping[str, Any]
    chain: Chain = field(init=False)
    of: dict[tuple[str, str], Contract] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = Chain(int(self.raw["t0"]))
        self._deploy_pool()
        for market in self.raw["markets"]:
            self._list(market)

    @property
    def evm(self) -> Any:
        """Where it runs."""
        return self.chain.evm

    def enter(self, user: str) -> None:
        """Give a user tokens of every market, let all spend them, and enter every market."""
        markets = [self.of[each["symbol"], "v"] for each in self.raw["markets"]]
        for each, market in zip(self.raw["markets"], markets, strict=True):
            token = self.of[each["symbol"], "token"]
            token.call("faucet", RICH, caller=user)
            for spender in (market, self.of["", "shortfall"]):
                token.call("approve", spender.address, EVERYTHING, caller=user)
        self.of["", "comptroller"].call("enterMarkets", [each.address for each in markets], caller=user)

    def set_fund(self, amount: int) -> None:
        """Set what the risk fund holds."""
        self.evm.message_call(ADMIN, self.fund, calldata=bytes(4) + amount.to_bytes(32, "big"))

    def read_fund(self) -> int:
        """Return what the risk fund holds."""
        return int.from_bytes(self.evm.message_call(ADMIN, self.fund, calldata=RESERVES), "big")

    def _deploy(self, name: str, *arguments: Any) -> Contract:
        return self.chain.deploy(compiled()[name], *arguments)

    def _stand_in(self, code: bytes) -> str:
        return str(self.evm.deploy(ADMIN, returning(code)))

    def _behind_proxy(self, implementation: Contract, *arguments: Any) -> Contract:
        # Implementations refuse to be initialised; what is called is a proxy with their code.
        proxy = self._deploy(
            "ERC1967Proxy", implementation.address, implementation.encode("initialize", *arguments)
        )
        return Contract(self.evm, implementation.compiled, proxy.address)

    def _set(self, contract: Contract, **values: Any) -> None:
        for name, value in values.items():
            contract.call(name, value)

    def _deploy_pool(self) -> None:
        raw = {key: int(value) for key, value in self.raw.items() if isinstance(value, int | str)}
        self.yes = self._stand_in(returning(_words(1)))
        oracle = self._deploy("MockPriceOracle")
        comptroller = self._behind_proxy(self._deploy("Comptroller", REGISTRY), LOOPS, self.yes)
        self._set(
            comptroller,
            setPriceOracle=oracle.address,
            setCloseFactor=raw["close_factor"],
            setLiquidationIncentive=raw["liquidation_incentive"],
            setMinLiquidatableCollateral=raw["min_liquidatable_collateral"],
        )
        token = self._deploy("MockToken", "Fund", "FUND", FUND_DECIMALS)
        oracle.call("setPrice", token.address, WAD)
        self.fund = self._stand_in(_fund(token.address))
        seconds = (raw["next_bidder_limit"], raw["wait_for_first_bidder"])
        shortfall = self._behind_proxy(
            self._deploy("Shortfall", True, 0, *seconds), self.fund, raw["minimum_pool_bad_debt"], self.yes
        )
        # A pool as the registry knows it: name (empty), creator, comptroller, since when.
        pool = _words(32, 160, int(ADMIN, 16), int(comptroller.address, 16), 0, 0, 0)
        registry = self._stand_in(returning(pool))
        self._set(shortfall, updateIncentiveBps=raw["incentive_bps"], updatePoolRegistry=registry)
        token.call("faucet", RICH)
        token.call("transfer", shortfall.address, RICH)
        self.of = {("", "comptroller"): comptroller, ("", "oracle"): oracle, ("", "shortfall"): shortfall}
        self.template = self._deploy("VToken", True, 0, RATE_MAX)

    def _list(self, market: Mapping[str, Any]) -> None:
        name = market["symbol"]
        raw = {key: int(value) for key, value in market.items() if key != "symbol"}
        comptroller, oracle = self.of["", "comptroller"], self.of["", "oracle"]
        token = self._deploy("MockToken", name, name, raw["decimals"])
        curve = (raw["base"], raw["multiplier"], raw["jump"], raw["kink"])
        rates = self._deploy("JumpRateModelV2", *curve, self.yes, True, 0)
        tokens = (token.address, comptroller.address, rates.address, raw["initial_exchange_rate"])
        sinks = (self.of["", "shortfall"].address, self.yes)
        listing = (*tokens, name, name, 8, ADMIN, self.yes, sinks, raw["reserve_factor"])
        v_token = self._behind_proxy(self.template, *listing)
        oracle.call("setPrice", token.address, raw["price"])
        comptroller.call("supportMarket", v_token.address, caller=REGISTRY)
        parts = (raw["collateral_factor"], raw["liquidation_threshold"])
        comptroller.call("setCollateralFactor", v_token.address, *parts)
        for caps in ("setMarketSupplyCaps", "setMarketBorrowCaps"):
            comptroller.call(caps, [v_token.address], [EVERYTHING])
        v_token.call("setProtocolSeizeShare", int(self.raw["protocol_seize_share"]))
        self.of[name, "token"], self.of[name, "v"] = token, v_token


RESERVES = keccak(b"getPoolsBaseAssetReserves(address)")[:4]
ASSET = keccak(b"convertibleBaseAsset()")[:4]
TAKE = keccak(b"transferReserveForAuction(address,uint256)")[:4]


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


def _fund(asset: str) -> bytes:
    # A number in slot 0 that auctions read and take from; any other call sets it.
    answer = "60005260206000f3"  # the word on the stack
    calls = {
        RESERVES: f"600054{answer}",
        ASSET: f"73{asset[2:]}{answer}",
        # Panic(0x11) where it would fall below zero.
        TAKE: f"602435600054818110{{panic}}03600055602435{answer}",
    }
    head, set_ = "60003560e01c", "60043560005500"
    at = len(head + set_) // 2 + 10 * len(calls)
    jumps, bodies = "", ""
    for selector, call in calls.items():
        jumps += f"8063{selector.hex()}1460{at:02x}57"
        at += 1 + len(call.format(panic="60ff57")) // 2
        bodies += f"5b{call}"
    panic = "5b634e487b7160e01b600052601160045260246000fd"
    return bytes.fromhex(head + jumps + set_ + bodies.format(panic=f"60{at:02x}57") + panic)
