"""The living contract of a market of Morpho Blue, driven with the machine's actions, read in its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.venues.machines.machine import Action
from tests.differential.evm.contract import word
from tests.differential.evm.morpho import Morpho
from tests.differential.morpho_blue.market import FEE_RECIPIENT, LIQUIDATOR

Args = Mapping[str, Any]
TOTALS = (
    "totalSupplyAssets",
    "totalSupplyShares",
    "totalBorrowAssets",
    "totalBorrowShares",
    "lastUpdate",
    "fee",
)
HELD = ("supplyShares", "borrowShares", "collateral")


class Living:
    """A deployed market: `act` gives the word of a refusal and the events, `view` what it shows."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """Deploy a market with the parameters that a recording or a machine starts from."""
        self.addresses = {user: f"0x{0xB0000 + number:040x}" for number, user in enumerate(raw["users"])}
        self.morpho = Morpho(raw, self.addresses[FEE_RECIPIENT])
        self.evm: Any = self.morpho.chain.evm
        for address in self.addresses.values():
            self.morpho.enter(address)

    def act(self, action: Action) -> tuple[str | None, dict[str, Any]]:
        """Take an action; return the word of its refusal, or None and the events."""
        self.morpho.chain.at(action.at)
        try:
            ACTS[action.name](self, action.args)
        except RuntimeError as error:
            return word(str(error), {}), {}
        return None, {"events": self._events()}

    def view(self) -> dict[str, Any]:
        """Return the market and its positions as they are stored."""
        pool, market = self.morpho.pool, self.morpho.id
        held = {
            user: dict(zip(HELD, pool.call("position", market, address), strict=True))
            for user, address in self.addresses.items()
        }
        return {
            "price": self.morpho.oracle.call("price"),
            "market": dict(zip(TOTALS, pool.call("market", market), strict=True)),
            "positions": {user: each for user, each in held.items() if any(each.values())},
        }

    def _events(self) -> list[tuple[str, dict[str, Any]]]:
        told = (self.morpho.teller.told(log) for log in self.evm.result.logs)
        return [(each[0], _without_caller(each[1])) for each in told if each]


def _without_caller(fields: Mapping[str, Any]) -> dict[str, Any]:
    # Some events name who called; others index it.
    return {key: value for key, value in fields.items() if key != "caller"}


Act = Callable[[Living, Args], object]


def _asked(method: str, *, receives: bool) -> Act:
    # Whoever acts does so for itself; what it takes out it receives, what it brings in calls nobody back.
    def act(living: Living, args: Args) -> object:
        user = living.addresses[args["user"]]
        amounts = (args["assets"], args["shares"]) if "shares" in args else (args["assets"],)
        last = user if receives else b""
        return living.morpho.pool.call(method, living.morpho.market, *amounts, user, last, caller=user)

    return act


def _liquidate(living: Living, args: Args) -> object:
    call = (living.addresses[args["user"]], args["seized_assets"], args["repaid_shares"], b"")
    liquidator = living.addresses[LIQUIDATOR]
    return living.morpho.pool.call("liquidate", living.morpho.market, *call, caller=liquidator)


ACTS: Mapping[str, Act] = {
    "set_price": lambda living, args: living.morpho.oracle.call("setPrice", args["price"]),
    "accrue": lambda living, args: living.morpho.pool.call("accrueInterest", living.morpho.market),
    "set_fee": lambda living, args: living.morpho.pool.call("setFee", living.morpho.market, args["fee"]),
    "supply": _asked("supply", receives=False),
    "withdraw": _asked("withdraw", receives=True),
    "borrow": _asked("borrow", receives=True),
    "repay": _asked("repay", receives=False),
    "supply_collateral": _asked("supplyCollateral", receives=False),
    "withdraw_collateral": _asked("withdrawCollateral", receives=True),
    "liquidate": _liquidate,
}
