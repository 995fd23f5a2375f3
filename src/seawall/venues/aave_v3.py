"""Read the state of an Aave v3 market, as its contracts report it, into a book, a market and terms.

The shape is that of `getReserveData`, `getUserAccountData` and the token contracts:
scaled balances, normalised indexes, prices of 8 decimals, parameters in basis points.
Integers may be decimal strings.

Source: Aave v3.0.2 and v3.7, IPool and IAaveProtocolDataProvider.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.core.parties import deficit_of
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import InputError, UnsupportedFeature
from seawall.venues import load_rulebook

Reserves = Mapping[str, Mapping[str, Any]]
RULEBOOKS = {"3.0.2": "aave_v3_0_2", "3.7": "aave_v3_7"}


def read_terms(version: str, parameters: Reserves, emodes: list[Mapping[str, Any]]) -> Terms:
    """Return the rulebook of a version with a market's own parameters laid over it.

    Args:
        version: "3.0.2" or "3.7".
        parameters: Per reserve: decimals, ltv, liquidation_threshold, liquidation_bonus,
            liquidation_protocol_fee [bps], emode_category.
        emodes: Categories: id, ltv, liquidation_threshold, liquidation_bonus [bps].

    Raises:
        UnsupportedFeature: No rulebook for that version.
        InvalidTerms: The parameters do not make sense; every problem is listed.
    """
    if version not in RULEBOOKS:
        raise UnsupportedFeature(f"no rulebook for Aave v{version}; there are {', '.join(RULEBOOKS)}")
    raw = tomllib.loads(load_rulebook(RULEBOOKS[version]))
    raw["assets"] = {
        name: {
            "ltv_bps": int(given["ltv"]),
            "threshold_bps": int(given["liquidation_threshold"]),
            "bonus_bps": max(BPS, int(given["liquidation_bonus"])),
            "protocol_fee_bps": int(given["liquidation_protocol_fee"]),
        }
        for name, given in parameters.items()
    }
    raw["collateral_sets"] = {
        str(emode["id"]): {
            "assets": members,
            "ltv_bps": int(emode["ltv"]),
            "threshold_bps": int(emode["liquidation_threshold"]),
            "bonus_bps": int(emode["liquidation_bonus"]),
        }
        for emode in emodes
        if (
            members := [
                name for name, given in parameters.items() if int(given["emode_category"]) == int(emode["id"])
            ]
        )
    }
    return Terms.build(raw, source=f"Aave v{version}")


def read_book(
    version: str, parameters: Reserves, reserves: Reserves, users: Reserves, *, as_of: int = 0
) -> Book:
    """Return the book of a market from the reserves' and users' state at one instant.

    Args:
        reserves: Per reserve: normalized_income, normalized_debt, variable_borrow_index [ray],
            cash, deficit (3.7) [minor units].
        users: Per user: emode, positions {reserve: {a_scaled, v_scaled, is_collateral}}.

    Raises:
        InputError: An integer or a field is not what it should be.
    """
    try:
        return Book.of(
            [*(_account(name, state) for name, state in users.items()), *_deficits(reserves)],
            assets=[Asset(name, int(given["decimals"])) for name, given in parameters.items()],
            pools=[_pool(name, state) for name, state in reserves.items()],
            venue=RULEBOOKS.get(version, version),
            as_of=as_of,
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"Aave state: {type(error).__name__} {error}", code="state_invalid") from error


def read_market(
    reserves: Reserves, *, emodes: list[Mapping[str, Any]] | None = None, as_of: int = 0
) -> Market:
    """Return the oracle prices of a market; an e-mode category with its own price source overrides them.

    Args:
        reserves: Per reserve: price [8 decimals].
        emodes: Categories: price_source (a reserve, another feed, or none), price of that feed now.
    """
    overrides = {
        str(emode["id"]): int(reserves[source]["price"]) if source in reserves else int(emode["price"])
        for emode in emodes or []
        if (source := emode.get("price_source"))
    }
    prices = {name: Price(int(state["price"])) for name, state in reserves.items()}
    return Market(as_of=as_of, prices=prices, set_prices=overrides)


def _pool(name: str, state: Mapping[str, Any]) -> Pool:
    return Pool(
        name,
        supply_index=int(state["normalized_income"]),
        debt_index=int(state["normalized_debt"]),
        debt_index_last=int(state["variable_borrow_index"]),
        cash=int(state["cash"]),
        deficit=int(state.get("deficit", 0)),
    )


def _deficits(reserves: Reserves) -> list[Account]:
    # A deficit already recognised is negative cash of the account that later covers are paid to.
    booked = {name: int(state.get("deficit", 0)) for name, state in reserves.items()}
    return [
        Account(deficit_of(name), kind="venue", balances=(Balance(name, "cash", -amount),))
        for name, amount in booked.items()
        if amount
    ]


def _account(name: str, state: Mapping[str, Any]) -> Account:
    balances = []
    for asset, held in state["positions"].items():
        if int(held["a_scaled"]):
            balances.append(Balance(asset, "supply", int(held["a_scaled"]), bool(held["is_collateral"])))
        if int(held["v_scaled"]):
            balances.append(Balance(asset, "debt", -int(held["v_scaled"])))
    emode = str(state["emode"])
    return Account(name, collateral_set="" if emode == "0" else emode, balances=tuple(balances))
