"""Morpho Blue itself: npm `@morpho-org/morpho-blue` 1.0.0, compiled as its repository does, deployed.

Morpho is the real one; tokens, price and rate model are the package's own mocks. The package holds sources
alone, so that the compiler it names is fetched too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.differential.evm import solc
from tests.differential.evm.contract import ADMIN, EVERYTHING, Chain, Compiled, Contract, keccak
from tests.differential.evm.package import fetched

PACKAGE = "@morpho-org/morpho-blue@1.0.0"
SOLC = "0.8.19"
# Of the repository's foundry.toml.
SETTINGS = {"viaIR": True, "optimizer": {"enabled": True, "runs": 999_999}}
CONTRACTS = {
    "Morpho": "src/Morpho.sol",
    "EventsLib": "src/libraries/EventsLib.sol",
    "ERC20Mock": "src/mocks/ERC20Mock.sol",
    "OracleMock": "src/mocks/OracleMock.sol",
    "IrmMock": "src/mocks/IrmMock.sol",
}
NO_RATE = "0x" + "0" * 40
RICH = 2**250


@cache
def compiled() -> Mapping[str, Compiled]:
    """Return the contracts that a market is made of, by name.

    Raises:
        Unavailable: They, or their compiler, cannot be fetched.
    """
    folder = fetched(PACKAGE, lambda path: path.endswith(".sol"))
    sources = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.sol")
    }
    return solc.compiled(SOLC, sources, SETTINGS, CONTRACTS)


@dataclass
class Morpho:
    """A market: deploy it with the parameters of a recording, act on it by contract."""

    raw: Mapping[str, Any]
    fee_recipient: str
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        raw = self.raw
        self.chain = Chain(int(raw["t0"]))
        self.pool = self._deploy("Morpho", ADMIN)
        # Its events are of a library, which the compiler leaves out of its own interface.
        self.teller = Contract(self.chain.evm, compiled()["EventsLib"], self.pool.address)
        self.loan, self.collateral = (self._deploy("ERC20Mock") for _ in range(2))
        self.oracle = self._deploy("OracleMock")
        rate = self._deploy("IrmMock").address if raw["irm"] else NO_RATE
        self.pool.call("enableIrm", rate)
        self.pool.call("enableLltv", int(raw["lltv"]))
        self.pool.call("setFeeRecipient", self.fee_recipient)
        tokens = (self.loan.address, self.collateral.address)
        self.market = (*tokens, self.oracle.address, rate, int(raw["lltv"]))
        self.pool.call("createMarket", self.market)
        if int(raw["fee"]):
            self.pool.call("setFee", self.market, int(raw["fee"]))
        self.oracle.call("setPrice", int(raw["price"]))
        words = (int(each, 16) if isinstance(each, str) else each for each in self.market)
        self.id = keccak(b"".join(word.to_bytes(32, "big") for word in words))

    def enter(self, user: str) -> None:
        """Give a user both tokens and let the market spend them."""
        for token in (self.loan, self.collateral):
            token.call("setBalance", user, RICH)
            token.call("approve", self.pool.address, EVERYTHING, caller=user)

    def _deploy(self, name: str, *arguments: Any) -> Contract:
        return self.chain.deploy(compiled()[name], *arguments)
