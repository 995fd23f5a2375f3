"""Aave v3.0.2 as a machine: half-up rounding, isolation, categories with their own price; no loss is booked.

Source: npm @aave/core-v3 1.19.3 (contracts/protocol).
"""

from __future__ import annotations

from seawall.venues.machines.aave_v3 import AaveV3, Actions
from seawall.venues.machines.aave_v3_0_2 import configure, lending
from seawall.venues.machines.aave_v3_0_2.codes import CODES
from seawall.venues.machines.aave_v3_0_2.liquidation import liquidation_call
from seawall.venues.machines.aave_v3_0_2.pool import Pool
from seawall.venues.machines.inputs import Parse, amount, flag, name, names

__all__ = ["CODES", "AaveV302"]

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


class AaveV302(AaveV3):
    """The contracts as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "aave_v3_0_2"
    pool = Pool
    actions = ACTIONS
