"""An EVM in this process: deploy what a compiler made, call it by name, read the word of a refusal.

Needs `pyrevm` and `eth-abi` (extra `dev`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from tests.differential.evm.package import Unavailable

ADMIN = f"0x{0xAD:040x}"
EVERYTHING = 2**256 - 1
BLOCK_S = 12
Item = Mapping[str, Any]
OUTPUT = re.compile(r"Revert \{.*output: (0x[0-9a-f]*) \}")
# Types of one word, which need no general coder: that one takes longer than most calls.
WORDS: Mapping[str, Callable[[int], Any]] = {
    "uint256": int,
    "bool": bool,
    "address": lambda word: f"0x{word:040x}",
}
# Gives back the hash of what it is called with: the EVM knows Keccak-256, Python does not.
HASHER = "36600060003736600020" + "60005260206000f3"


@dataclass(frozen=True)
class Compiled:
    """What a compiler made of a contract.

    Attributes:
        abi: Functions, events, errors and constructor.
        code: Of its creation, in hex, with gaps where libraries are linked.
        gaps: Bytes at which each library's address is put.
    """

    name: str
    abi: Sequence[Item]
    code: str
    gaps: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @cached_property
    def errors(self) -> Mapping[str, str]:
        """Names of its errors by the first four bytes of their data, in hex."""
        return {_selector(item).hex(): item["name"] for item in self.abi if item["type"] == "error"}

    @cached_property
    def events(self) -> Mapping[bytes, Item]:
        """Its events by the topic that they are logged under."""
        return {keccak(_signature(item)): item for item in self.abi if item["type"] == "event"}

    def creation(self, arguments: Sequence[Any], libraries: Mapping[str, str]) -> bytes:
        """Return the code that deploys it, linked, with its arguments."""
        from eth_abi.abi import encode

        code = self.code.removeprefix("0x")
        for library, spots in self.gaps.items():
            for spot in spots:
                code = code[: 2 * spot] + libraries[library][2:] + code[2 * spot + 40 :]
        made = next((item["inputs"] for item in self.abi if item["type"] == "constructor"), ())
        return bytes.fromhex(code) + encode(types(made), arguments)

    def encode(self, method: str, arguments: Sequence[Any]) -> bytes:
        """Return the calldata of a method; overloads are told apart by the number of arguments."""
        selector, inputs, _ = self.method(method, len(arguments))
        return selector + _encoded(inputs, arguments)

    def method(self, name: str, count: int) -> tuple[bytes, list[str], list[str]]:
        """Return the selector of a method, the types it takes and those it returns."""
        if (name, count) not in self._methods:
            raise KeyError(f"{self.name} has no {name} of {count} arguments")
        return self._methods[name, count]

    @cached_property
    def _methods(self) -> dict[tuple[str, int], tuple[bytes, list[str], list[str]]]:
        return {
            (item["name"], len(item["inputs"])): (
                _selector(item),
                types(item["inputs"]),
                types(item["outputs"]),
            )
            for item in self.abi
            if item["type"] == "function"
        }


@dataclass(frozen=True)
class Contract:
    """A deployed contract; `call` encodes, runs and decodes."""

    evm: Any
    compiled: Compiled
    address: str

    def encode(self, method: str, *arguments: Any) -> bytes:
        """Return the calldata of a method."""
        return self.compiled.encode(method, arguments)

    def call(self, method: str, *arguments: Any, caller: str = ADMIN) -> Any:
        """Return the decoded result, a tuple unless there is exactly one value."""
        data = self.compiled.encode(method, arguments)
        raw = self.evm.message_call(caller, self.address, calldata=data)
        values = decoded(self.compiled.method(method, len(arguments))[2], bytes(raw))
        return values[0] if len(values) == 1 else values

    def told(self, log: Any) -> tuple[str, dict[str, Any]] | None:
        """Return the name of an event that this contract logged and its fields, without the indexed ones."""
        topics, data = log.data
        if log.address.lower() != self.address.lower() or topics[0] not in self.compiled.events:
            return None
        event = self.compiled.events[topics[0]]
        fields = [each for each in event["inputs"] if not each["indexed"]]
        values = decoded(types(fields), bytes(data))
        return event["name"], {each["name"]: value for each, value in zip(fields, values, strict=True)}


class Chain:
    """An EVM and its clock."""

    def __init__(self, now: int) -> None:
        try:
            import eth_abi  # noqa: F401  # needed later: better to say so at once
            from pyrevm import EVM, CfgEnv, Env
        except ImportError as error:
            raise Unavailable(f"{error.name} is not installed: pip install 'seawall[dev]'") from error
        # Deployed contracts may be larger than a main network allows: that is no matter here.
        config = CfgEnv(limit_contract_code_size=2**20)
        self.evm = EVM(env=Env(cfg=config), spec_id="SHANGHAI")
        self.evm.set_balance(ADMIN, 10**30)
        self.at(now)

    def at(self, now: int) -> None:
        """Set the time of all later calls."""
        from pyrevm import BlockEnv

        self.now = now
        self.evm.set_block_env(BlockEnv(number=now // BLOCK_S, timestamp=now))

    def deploy(
        self, compiled: Compiled, *arguments: Any, libraries: Mapping[str, str] | None = None
    ) -> Contract:
        """Deploy a contract, linked with the addresses of its libraries."""
        created = compiled.creation(arguments, libraries or {})
        return Contract(self.evm, compiled, self.evm.deploy(ADMIN, created))


def types(items: Sequence[Item]) -> list[str]:
    """Return the types of arguments or results, as a signature has them."""
    return [_type(item) for item in items]


def decoded(types: Sequence[str], raw: bytes) -> tuple[Any, ...]:
    """Return values from what a call returned or logged."""
    if all(each in WORDS for each in types):
        words = (int.from_bytes(raw[at : at + 32], "big") for at in range(0, 32 * len(types), 32))
        return tuple(WORDS[each](word) for each, word in zip(types, words, strict=True))
    from eth_abi.abi import decode

    return tuple(decode(types, raw))


def _encoded(types: Sequence[str], arguments: Sequence[Any]) -> bytes:
    if all(each in WORDS for each in types):
        words = (int(value, 16) if isinstance(value, str) else int(value) for value in arguments)
        return b"".join(word.to_bytes(32, "big") for word in words)
    from eth_abi.abi import encode

    return encode(types, arguments)


def keccak(data: bytes) -> bytes:
    """Return Keccak-256."""
    evm, address = _hasher()
    return bytes(evm.message_call(ADMIN, address, calldata=data))


def word(error: str, errors: Mapping[str, str]) -> str:
    """Return the word of a refusal, from what the EVM says of it and the names of custom errors."""
    found = OUTPUT.search(error)
    assert found, f"not a refusal of the contract: {error}"
    data = found[1][2:]
    if not data:
        return "Empty"
    if data.startswith("4e487b71"):  # Panic(uint256)
        return f"Panic:0x{int(data[8:], 16):02x}"
    if not data.startswith("08c379a0"):  # Error(string)
        return f"E:{errors[data[:8]]}"
    # Texts may carry what was left in memory behind them.
    length = int(data[72:136], 16)
    return "Error:" + bytes.fromhex(data[136 : 136 + 2 * length]).decode()


def returning(data: bytes) -> bytes:
    """Return code that gives back what stands behind it: the code that deploys `data`, or a fixed answer."""
    size = f"{len(data):04x}"
    return bytes.fromhex(f"61{size}600e60003961{size}6000f3") + data


@cache
def _hasher() -> tuple[Any, str]:
    evm = Chain(0).evm
    return evm, evm.deploy(ADMIN, returning(bytes.fromhex(HASHER)))


def _selector(item: Item) -> bytes:
    return keccak(_signature(item))[:4]


def _signature(item: Item) -> bytes:
    return f"{item['name']}({','.join(types(item['inputs']))})".encode()


def _type(item: Item) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    return f"({','.join(types(item['components']))})" + str(item["type"]).removeprefix("tuple")
