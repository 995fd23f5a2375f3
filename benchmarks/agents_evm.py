"""The simple book of `benchmarks.agents` as a contract in an EVM in this process: an account is a call.

The contract is the least that does the model: two words of storage an account, a threshold, a bonus, a
fund and then the suppliers. It knows no tokens, interest, events or gas fees, which a living contract
would; what it does beyond our side is to write its storage and to check every sum for overflow. Two ways
to run it: one call an account and step, as a model of agents makes it, and one call a step that walks
all accounts inside the contract, which nobody could pay for on a chain. A part of the accounts is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from benchmarks.measure import Contender
from benchmarks.storm_books import BONUS
from seawall.core.units import BPS
from tests.differential.evm import solc
from tests.differential.evm.contract import ADMIN, Chain, Compiled, Contract

ACCOUNTS = 400
WAD = 10**18
SOLC = "0.8.19"
SETTINGS = {"viaIR": True, "optimizer": {"enabled": True, "runs": 999_999}}
SOURCE = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.19;

contract Venue {
    struct Account { uint256 held; uint256 owed; }
    mapping(uint256 => Account) public accounts;
    uint256 public price;
    uint256 public fund;
    uint256 public suppliers;
    uint256 public liquidated;
    uint256 immutable threshold;
    uint256 immutable bonus;

    constructor(uint256 threshold_, uint256 bonus_, uint256 fund_) {
        threshold = threshold_;
        bonus = bonus_;
        fund = fund_;
    }

    function open(uint256 id, uint256 held, uint256 owed) external { accounts[id] = Account(held, owed); }

    function move(uint256 price_) external { price = price_; }

    function act(uint256 id) external { _act(id); }

    function walk(uint256 count) external { for (uint256 id = 0; id < count; id++) _act(id); }

    function _act(uint256 id) internal {
        Account storage account = accounts[id];
        uint256 held = account.held;
        uint256 owed = account.owed;
        if (held * price / 1e18 * threshold >= owed * 10000) return;
        liquidated += 1;
        uint256 seized = owed * bonus / 10000 * 1e18 / price;
        if (seized < held) {
            uint256 repaid = seized * price / 1e18 * 10000 / bonus;
            account.held = held - seized;
            account.owed = owed > repaid ? owed - repaid : 0;
            return;
        }
        uint256 covered = held * price / 1e18 * 10000 / bonus;
        uint256 lost = owed > covered ? owed - covered : 0;
        uint256 paid = lost < fund ? lost : fund;
        fund -= paid;
        suppliers += lost - paid;
        account.held = 0;
        account.owed = 0;
    }
}
"""


@dataclass(frozen=True)
class Told:
    """What the contract tells in the end: how many were liquidated, what is left and what is lost [WAD]."""

    liquidated: int
    fund: int
    suppliers: int


@cache
def compiled() -> Compiled:
    """Return the contract.

    Raises:
        Unavailable: There is no compiler, or no EVM.
    """
    return solc.compiled(SOLC, {"Venue.sol": SOURCE}, SETTINGS, {"Venue": "Venue.sol"})["Venue"]


def part_of(book: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the accounts that the contract runs: every so many, so that all healths are among them."""
    return book[:: len(book) // ACCOUNTS][:ACCOUNTS]


def contender(
    book: list[tuple[float, float]], prices: list[float], threshold: float, fund: float, by_account: bool
) -> Contender:
    """Return the contract with a part of the accounts of a book, to be run over all prices.

    Args:
        book: Collateral [units] and debt [base currency] of all accounts.
        by_account: Whether each account is a call of its own.

    Raises:
        Unavailable: There is no compiler, or no EVM.
    """
    chain = Chain(0)
    venue = chain.deploy(compiled(), round(threshold * BPS), round(BONUS * BPS), round(fund * WAD))
    for number, (held, owed) in enumerate(part_of(book)):
        venue.call("open", number, round(held * WAD), round(owed * WAD))
    moves = [venue.encode("move", round(price * WAD)) for price in prices]
    acts = [venue.encode("act", number) for number in range(ACCOUNTS)]
    walk = [venue.encode("walk", ACCOUNTS)]
    state = [chain.evm.snapshot()]

    def prepare() -> None:
        chain.evm.revert(state[0])
        state[0] = chain.evm.snapshot()

    def run() -> Told:
        call, address = chain.evm.message_call, venue.address
        for move in moves:
            call(ADMIN, address, calldata=move)
            for each in acts if by_account else walk:
                call(ADMIN, address, calldata=each)
        return _told(venue)

    name = "a call an account and step" if by_account else "a call a step"
    return Contender(name, run, prepare, times=len(book) / ACCOUNTS)


def _told(venue: Contract) -> Told:
    return Told(*(venue.call(name) for name in ("liquidated", "fund", "suppliers")))
