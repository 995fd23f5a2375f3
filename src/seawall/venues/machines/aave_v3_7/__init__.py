"""Aave v3.7 as a machine: every rounding has a side; debt without collateral becomes deficit at once.

Source: aave-dao/aave-v3-origin, version 3.7; docs/3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.venues.machines.aave_v3 import AaveV3, Actions, State
from seawall.venues.machines.aave_v3_7 import configure, lending
from seawall.venues.machines.aave_v3_7.codes import CODES
from seawall.venues.machines.aave_v3_7.liquidation import eliminate_deficit, liquidation_call
from seawall.venues.machines.aave_v3_7.pool import Pool
from seawall.venues.machines.inputs import Parse, amount, flag, name, names, read

__all__ = ["CODES", "AaveV37"]

_AMOUNT: dict[str, Parse] = {"user": name, "asset": name, "amount": amount}
# Each action: what does it, and how its arguments are read.
ACTIONS: Actions = {
    **configure.ACTIONS,
    "supply": (lending.supply, _AMOUNT),
    "withdraw": (lending.withdraw, _AMOUNT),
    "borrow": (lending.borrow, _AMOUNT),
    "repay": (lending.repay, _AMOUNT),
    "repay_with_supply": (lending.repay_with_supply, _AMOUNT),
    "transfer": (lending.transfer, {**_AMOUNT, "to": name}),
    "set_collateral": (lending.set_collateral, {"user": name, "asset": name, "use": flag}),
    "set_emode": (lending.set_emode, {"user": name, "category": amount}),
    "mint_to_treasury": (lending.mint_to_treasury, {"assets": names}),
    "eliminate_deficit": (eliminate_deficit, _AMOUNT),
    "liquidation_call": (
        liquidation_call,
        {
            "liquidator": name,
            "user": name,
            "collateral": name,
            "debt": name,
            "debt_to_cover": amount,
            "receive_atoken": flag,
        },
    ),
}


class AaveV37(AaveV3):
    """The contracts as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "aave_v3_7"
    pool = Pool
    actions = ACTIONS

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return a market just listed at `t0`: its rates are set at once.

        Raises:
            InputError: A parameter is missing or cannot be.
        """
        state, at = super().genesis(raw), read("genesis", raw, {"t0": amount})["t0"]
        listed = {
            asset: replace(reserve, last_update=at, debt_rate=reserve.parameters.curve.base)
            for asset, reserve in state.reserves.items()
        }
        return replace(state, reserves=listed)
