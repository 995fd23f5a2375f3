"""Read the parameters with which a market of Aave v3 is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.core.units import BPS
from seawall.errors import InputError, Problem
from seawall.venues.machines.aave_v3.state import NOBODY, Category, Curve, Parameters, Reserve, State
from seawall.venues.machines.inputs import Parse, amount, flag, name, names, read

Raw = Mapping[str, Any]
TREASURY = "treasury"
DECIMALS_MAX = 36
RAY_PER_BPS = 10**23


def genesis(raw: Raw) -> State:
    """Return a market just listed: nothing supplied, nothing owed, rates not yet set.

    Raises:
        InputError: A parameter is missing or cannot be; all that is wrong is told at once.
    """
    problems: list[Problem] = []
    listed = _each("reserves", raw, _RESERVE, _RESERVE_DEFAULTS, problems)
    curves = [_curve(number, each, problems) for number, each in enumerate(raw["reserves"])] if listed else []
    categories = _each("emodes", raw, _CATEGORY, {}, problems)
    users = _users(raw, problems)
    if problems:
        raise InputError.of(problems)
    symbols = [each["symbol"] for each in listed]
    members = {
        chosen["id"]: frozenset(each["symbol"] for each in listed if each["emode_category"] == chosen["id"])
        for chosen in categories
    }
    prices = {each["price_source"]: each["price"] for each in categories if each["price_source"]}
    prices |= {each["symbol"]: each["price"] for each in listed}
    return State(
        reserves={
            symbol: Reserve(_parameters(each, curve))
            for symbol, each, curve in zip(symbols, listed, curves, strict=True)
        },
        categories={each["id"]: _category(each, members[each["id"]]) for each in categories},
        prices=prices,
        accounts=dict.fromkeys((*users, TREASURY), NOBODY),
    )


def _curve(number: int, raw: Any, problems: list[Problem]) -> Curve | None:
    given = raw.get("strategy", {}) if isinstance(raw, Mapping) else {}
    found = _read(f"genesis.reserves[{number}].strategy", given, _CURVE, problems)
    return None if found is None else Curve(*(found[key] for key in _CURVE))


def _each(
    key: str, raw: Raw, wanted: Mapping[str, Parse], defaults: Raw, problems: list[Problem]
) -> list[dict[str, Any]]:
    found = raw.get(key)
    if not isinstance(found, list | tuple) or not all(isinstance(each, Mapping) for each in found):
        problems.append(Problem("argument_invalid", "expected a list of objects", f"genesis.{key}"))
        return []
    parsed = [
        _read(f"genesis.{key}[{number}]", {**defaults, **each}, wanted, problems)
        for number, each in enumerate(found)
    ]
    return [each for each in parsed if each is not None]


def _read(
    place: str, raw: Raw, wanted: Mapping[str, Parse], problems: list[Problem]
) -> dict[str, Any] | None:
    try:
        return read(place, raw, wanted)
    except InputError as error:
        problems.extend(error.problems)
        return None


def _users(raw: Raw, problems: list[Problem]) -> tuple[str, ...]:
    found = _read("genesis", {"users": raw.get("users", ())}, {"users": names}, problems)
    return found["users"] if found else ()


def _parameters(found: dict[str, Any], curve: Curve | None) -> Parameters:
    assert curve is not None  # a curve that cannot be is a problem, and problems were raised
    return Parameters(
        decimals=found["decimals"],
        unit=10 ** found["decimals"],
        ltv=found["ltv"],
        threshold=found["liquidation_threshold"],
        bonus=found["liquidation_bonus"],
        reserve_factor=found["reserve_factor"],
        protocol_fee=found["liquidation_protocol_fee"],
        curve=curve,
        supply_cap=found["supply_cap"],
        borrow_cap=found["borrow_cap"],
        debt_ceiling=found["debt_ceiling"],
        is_borrowable_in_isolation=found["borrowable_in_isolation"],
        is_siloed=found["siloed_borrowing"],
    )


def _category(found: dict[str, Any], members: frozenset[str]) -> Category:
    return Category(
        ltv=found["ltv"],
        threshold=found["liquidation_threshold"],
        bonus=found["liquidation_bonus"],
        price_source=found["price_source"],
        collateral=members,
        borrowable=members,
    )


def _at_most(limit: int, least: int = 0) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if not least <= (number := amount(value)) <= limit:
            raise ValueError(f"expected {least} to {limit}, got {number}")
        return number

    return parse


def _ray(value: Any) -> int:
    return _at_most(65_535)(value) * RAY_PER_BPS


def _optimal(value: Any) -> int:
    return _at_most(BPS, least=1)(value) * RAY_PER_BPS


def source(value: Any) -> str:
    """Return the name of a feed, or nothing."""
    return name(value) if value else ""


_BPS = _at_most(65_535)
category_number = _at_most(255, least=1)
_RESERVE: Mapping[str, Parse] = {
    "symbol": name,
    "decimals": _at_most(DECIMALS_MAX),
    "ltv": _BPS,
    "liquidation_threshold": _BPS,
    "liquidation_bonus": _BPS,
    "reserve_factor": _at_most(BPS),
    "liquidation_protocol_fee": _at_most(BPS),
    "price": amount,
    "emode_category": _at_most(255),
    "debt_ceiling": amount,
    "borrowable_in_isolation": flag,
    "supply_cap": amount,
    "borrow_cap": amount,
    "siloed_borrowing": flag,
}
_RESERVE_DEFAULTS: Raw = {
    "emode_category": 0,
    "debt_ceiling": 0,
    "borrowable_in_isolation": False,
    "supply_cap": 0,
    "borrow_cap": 0,
    "siloed_borrowing": False,
}
_CURVE: Mapping[str, Parse] = {"optimal_usage": _optimal, "base": _ray, "slope1": _ray, "slope2": _ray}
_CATEGORY: Mapping[str, Parse] = {
    "id": category_number,
    "ltv": _BPS,
    "liquidation_threshold": _BPS,
    "liquidation_bonus": _BPS,
    "price_source": source,
    "price": amount,
}
