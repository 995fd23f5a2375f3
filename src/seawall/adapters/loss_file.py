"""Read a loss file: losses, and the accounts that may bear them, for a waterfall used alone.

For those who have their own liquidation engine. A TOML file:

    event = "storm-1"                        # names the event for ever: ties hang on it
    as_of = 2025-10-10T21:15:00Z             # optional

    [assets.USD]
    decimals = 2
    price = "1"                              # optional, base currency for one whole

    [[losses]]
    account = "alice"                        # who failed
    asset = "USD"
    amount = "1200.50"                       # what is left of it, > 0
    pool = "btc"                             # optional

    [[accounts]]
    id = "fund:insurance"
    kind = "fund"                            # user (default), fund, venue, external
    parent = ""                              # the fund it contributes to, optional
    owner = ""
    cash = { USD = "1000" }

    [state]                                  # optional counters of earlier events
    "gain:bob:USD:1760000000" = 500000

Amounts are decimal strings in whole units of the asset.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from seawall.adapters.counters import counter_fault
from seawall.adapters.ids import canonical_id, fault_of
from seawall.adapters.problem_log import shown
from seawall.core.book import Account, AccountKind, Asset, Balance, Book
from seawall.core.curves import Model
from seawall.core.event import Event
from seawall.core.loss import Default
from seawall.core.market import Market, Price
from seawall.core.money import AMOUNT_LIMIT, parse_decimal
from seawall.core.parties import DEFICIT, deficit_of, kind_of
from seawall.errors import InputError, MissingData, Problem

PRICE_DECIMALS = 8
_FAULTS_OF_NAMES = frozenset({"missing_value", "id_too_long", "control_character", "id_not_canonical"})
_GAIN = re.compile(r"gain:(?P<account>.+):(?P<asset>[^:]+):(?P<at>[0-9]+)")

__all__ = ["LossFile", "Losses", "read_losses"]


def _name(text: str) -> str:
    # An id in its one form, as in a snapshot.
    name = canonical_id(text)
    if fault := fault_of(name):
        raise PydanticCustomError(fault[0], "{message}", {"message": fault[1]})
    return name


def _key(text: str) -> str:
    # Two spellings of one key would be one entry too few: a key must stand in its one form.
    name = _name(text)
    if name != text:
        message = f"{shown(text)} is not in its one form: write {shown(name)}"
        raise PydanticCustomError("id_not_canonical", "{message}", {"message": message})
    return name


Name = Annotated[str, AfterValidator(_name)]
NameOrNone = Annotated[str, AfterValidator(lambda text: _name(text) if text.strip() else "")]
Key = Annotated[str, AfterValidator(_key)]


class AssetLine(Model):
    """An asset: its decimals, and its price where layers or the report need one."""

    decimals: int = Field(ge=0, le=36)
    price: str | None = None


class LossLine(Model):
    """What one account failed to pay."""

    account: Name
    asset: Name
    amount: str
    pool: NameOrNone = ""


class AccountLine(Model):
    """An account that may bear a loss: a fund, one who contributes to it, a holder."""

    id: Name
    kind: AccountKind = "user"
    parent: NameOrNone = ""
    owner: NameOrNone = ""
    cash: Mapping[Key, str] = Field(default_factory=dict)


class LossFile(Model):
    """The whole file."""

    event: Name
    as_of: datetime | None = None
    seed: int = 0
    venue: NameOrNone = ""
    base_currency: Name = "USD"
    assets: Mapping[Key, AssetLine] = Field(min_length=1)
    losses: tuple[LossLine, ...] = Field(min_length=1, strict=False)
    accounts: tuple[AccountLine, ...] = Field(default=(), strict=False)
    state: Mapping[Key, int] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Losses:
    """What a loss file holds: the deficit is already booked, nobody has paid yet."""

    book: Book
    market: Market
    defaults: tuple[Default, ...]
    event: Event
    base_currency: str = "USD"


def read_losses(path: Path) -> Losses:
    """Read a loss file.

    Raises:
        InputError: With every problem found, each with its place in the file.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8").removeprefix("\ufeff"))
    except FileNotFoundError as error:
        raise MissingData(f"{path} does not exist: expected a loss file", code="missing_file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the loss file {path}: {error}", code="unreadable") from error
    except (ValueError, RecursionError) as error:
        raise InputError.of([Problem("toml_invalid", str(error)[:200], path.name)]) from error
    return losses_of(raw, source=path.name)


def losses_of(raw: Mapping[str, Any], *, source: str = "losses") -> Losses:
    """Validate a plain mapping as a loss file; see `read_losses`."""
    try:
        file = LossFile.model_validate(raw)
    except ValidationError as error:
        found = error.errors()  # a list is also too short for what is bad in it: not worth telling
        inside = {item["loc"][0] for item in found if len(item["loc"]) > 1}
        raise InputError.of(
            _problem_of(item, source)
            for item in found
            if item["type"] != "too_short" or item["loc"][0] not in inside
        ) from error
    reader = _Reader(file, source)
    defaults = tuple(reader.defaults())
    accounts = [*reader.accounts(), *reader.deficits(defaults)]
    prices = dict(reader.prices())
    as_of = reader.as_of()
    reader.check_counters()
    if reader.problems:
        raise InputError.of(reader.problems)
    book = Book.of(
        accounts,
        assets=[Asset(name, line.decimals) for name, line in file.assets.items()],
        venue=file.venue or file.event,
        as_of=as_of,
        state=file.state,
    )
    market = Market(as_of=as_of, price_decimals=PRICE_DECIMALS, prices=prices)
    return Losses(book, market, defaults, Event(file.event, as_of, file.seed), file.base_currency)


@dataclass(slots=True)
class _Reader:
    file: LossFile
    source: str
    problems: list[Problem]

    def __init__(self, file: LossFile, source: str) -> None:
        self.file, self.source, self.problems = file, source, []

    def as_of(self) -> int:
        given = self.file.as_of
        if given is None:
            return 0
        if given.tzinfo is None:
            message = "names no time zone: write it in UTC with a Z at the end"
            self._tell("timestamp_invalid", message, "as_of")
            return 0
        return int(given.timestamp())

    def defaults(self) -> Iterator[Default]:
        seen: set[tuple[str, str, str]] = set()
        for number, line in enumerate(self.file.losses):
            place = f"losses.{number}"
            amount = self._amount(line.amount, line.asset, f"{place}.amount", above_zero=True)
            if (line.account, line.asset, line.pool) in seen:
                message = f"{shown(line.account)} has two losses in {line.asset}: add them up"
                self._tell("duplicate_loss", message, place)
            seen.add((line.account, line.asset, line.pool))
            yield Default(line.account, line.asset, amount, pool=line.pool)

    def accounts(self) -> Iterator[Account]:
        ids: set[str] = set()
        for number, line in enumerate(self.file.accounts):
            place = f"accounts.{number}"
            if line.id in ids:
                self._tell("duplicate_account", f"account {shown(line.id)} appears twice", f"{place}.id")
            ids.add(line.id)
            named = kind_of(line.id, otherwise=line.kind)
            if line.id.startswith(DEFICIT):
                message = f"{shown(line.id)} follows from the losses: leave it out"
                self._tell("reserved_account", message, f"{place}.id")
            if "kind" in line.model_fields_set and named != line.kind:
                message = f"{shown(line.id)} is named like one of kind {named} and is said to be {line.kind}"
                self._tell("reserved_account", message, f"{place}.kind")
            balances = tuple(
                Balance(asset, "cash", self._amount(text, asset, f"{place}.cash.{asset}"))
                for asset, text in line.cash.items()
            )
            yield Account(line.id, owner=line.owner, parent=line.parent, kind=named, balances=balances)

    def deficits(self, defaults: Iterable[Default]) -> Iterator[Account]:
        owed: dict[str, int] = {}
        for item in defaults:
            owed[item.asset] = owed.get(item.asset, 0) + item.cash_shortfall
        for asset, amount in sorted(owed.items()):
            if amount >= AMOUNT_LIMIT and not self.problems:
                message = f"those in {shown(asset)} sum to {amount} smallest units, expected less than 10^38"
                self._tell("amount_range", message, "losses")
                continue
            yield Account(deficit_of(asset), kind="venue", balances=(Balance(asset, "cash", -amount),))

    def prices(self) -> Iterator[tuple[str, Price]]:
        for name, line in self.file.assets.items():
            if line.price is not None:
                value = self._parsed(line.price, PRICE_DECIMALS, f"assets.{name}.price")
                yield name, Price(value, value)

    def check_counters(self) -> None:
        """Tell of gains that no layer would find, and of caps used by less than nothing."""
        ids = {line.id for line in self.file.accounts}
        for name, value in self.file.state.items():
            if fault := counter_fault(name, value):
                self._tell("negative_amount", fault, f"state.{name}")
            if not name.startswith("gain:"):
                continue
            match = _GAIN.fullmatch(name)
            place = f"state.{name}"
            if match is None:
                message = f"{shown(name)} is no gain: expected gain:<account>:<asset>:<unix time>"
                self._tell("counter_invalid", message, place)
            elif match["account"] not in ids:
                self._tell("unknown_account", f"{shown(match['account'])} is not among the accounts", place)
            elif match["asset"] not in self.file.assets:
                self._tell("unknown_asset", f"{shown(match['asset'])} is not among the assets", place)

    def _amount(self, text: str, asset: str, place: str, *, above_zero: bool = False) -> int:
        if asset not in self.file.assets:
            known = ", ".join(sorted(self.file.assets))
            self._tell("unknown_asset", f"{shown(asset)} is not among the assets ({known})", place)
            return 0
        return self._parsed(text, self.file.assets[asset].decimals, place, above_zero=above_zero)

    def _parsed(self, text: str, decimals: int, place: str, *, above_zero: bool = False) -> int:
        try:
            value = parse_decimal(text, decimals)
        except InputError as error:
            self._tell(error.code, str(error), place)
            return 0
        if value < 0 or (above_zero and not value):
            expected = "above 0" if above_zero else "at least 0"
            self._tell("negative_amount", f"is {shown(text)}, expected {expected}", place)
        return value

    def _tell(self, code: str, message: str, place: str) -> None:
        self.problems.append(Problem(code, message, f"{self.source}:{place}"))


def _problem_of(item: Any, source: str) -> Problem:
    place = f"{source}:{'.'.join(str(part) for part in item['loc'])}"
    if item["type"] == "extra_forbidden":
        return Problem("unknown_field", f"unknown key {item['loc'][-1]!r}", place)
    if item["type"] == "missing":
        return Problem("missing_field", "required and absent", place)
    if item["type"] in _FAULTS_OF_NAMES:
        return Problem(item["type"], item["msg"], place.removesuffix(".[key]"))
    return Problem("losses_invalid", f"{item['msg']}, got {item.get('input')!r}"[:300], place)
