"""Read a snapshot folder: a venue's accounts, prices and rulebook, with every problem found.

The format is in docs/reference/snapshot-format.md; its declaration in `snapshot_schema`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np

from seawall.adapters.ids import closest
from seawall.adapters.problem_log import UNREACHABLE, ProblemLog, code_of, shown
from seawall.adapters.read_accounts import read_accounts
from seawall.adapters.read_balances import read_balances
from seawall.adapters.read_funds import check_fund_balances, read_funds, with_funds
from seawall.adapters.read_market import PriceRules, read_market, warn_of_stale_prices
from seawall.adapters.read_pending import read_bids, read_pending, read_withdrawals, warn_of_unheld
from seawall.adapters.read_positions import read_orders, read_positions
from seawall.adapters.read_registry import Registry, read_registry, read_state
from seawall.adapters.read_terms import read_terms, read_toml
from seawall.adapters.snapshot_header import read_header_fields
from seawall.adapters.tables import HEADER_FILE, Folder
from seawall.core.assemble import BalanceRows, PositionRows, book_of_columns
from seawall.core.book import SIDES, Book
from seawall.core.event import Bid, Withdrawal
from seawall.core.market import Market
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.errors import InputError, Problem, SourceError

__all__ = ["CELLS_MAX", "Snapshot", "load_snapshot", "read_snapshot"]

CELLS_MAX = 400_000_000


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was read, and what was found wrong with it.

    Attributes:
        book, market, terms: All three, or None each when a problem is an error.
        problems: Errors and warnings, each with its place; many of one kind end in a count.
        base_currency: What prices of assets are counted in.
        bids, withdrawals: What others did since the last event, for layers that wait.
        seen: When the price of each asset and instrument was seen [unix s].
    """

    book: Book | None
    market: Market | None
    terms: Terms | None
    problems: tuple[Problem, ...]
    base_currency: str = "USD"
    bids: tuple[Bid, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    seen: Mapping[str, int] = field(default_factory=dict)

    def parts(self) -> tuple[Book, Market, Terms]:
        """Return the book, the market and the terms.

        Raises:
            InputError: A problem is an error; all problems are in it.
            SourceError: One of them is a file that is there and did not answer (`source_unreachable`).
        """
        if self.book is None or self.market is None or self.terms is None:
            silent = any(problem.code == UNREACHABLE for problem in self.problems)
            found = sorted(self.problems, key=lambda problem: (problem.severity, problem.code != UNREACHABLE))
            raise SourceError.of(found) if silent else InputError.of(found)
        return self.book, self.market, self.terms


def load_snapshot(folder: str | PathLike[str]) -> tuple[Book, Market, Terms]:
    """Read a snapshot that must be sound; warnings are passed over.

    Raises:
        InputError: With every problem found.
        UnsupportedFeature: A Parquet file, and the extra `data` is not installed.
    """
    return read_snapshot(folder).parts()


def read_snapshot(folder: str | PathLike[str], *, rulebook: str = "", cells_max: int = CELLS_MAX) -> Snapshot:
    """Read a snapshot folder; problems are values, all of them collected.

    Args:
        folder: Where `snapshot.toml` and the tables lie.
        rulebook: A venue whose policies and waterfall to use instead of the snapshot's; parameters of
            assets, collateral sets and instruments stay those of the snapshot.
        cells_max: Largest table that is read (rows times columns); Parquet is refused before reading.

    Returns:
        The snapshot; without a book when any problem is an error.

    Raises:
        UnsupportedFeature: A Parquet file, and the extra `data` is not installed.
    """
    try:
        return _read(Path(folder), rulebook, cells_max)
    except OSError as error:  # a folder or a file that fails while it is read
        name = Path(error.filename or folder).name
        problem = Problem(code_of(error), f"cannot be read: {error.strerror}", name)
        return Snapshot(None, None, None, (problem,))


def _read(path: Path, rulebook: str, cells_max: int) -> Snapshot:
    log = ProblemLog()
    if not (path / HEADER_FILE).is_file():
        log.add("missing_file", f"a snapshot folder holds a file {HEADER_FILE}", HEADER_FILE)
        return Snapshot(None, None, None, log.problems())
    raw = read_toml(path / HEADER_FILE, log)
    header, instants = read_header_fields(raw or {}, log if raw is not None else ProblemLog())
    files = Folder(path, log, cells_max)
    registry = read_registry(files, header.mark_decimals, instants.prices_as_of)
    rules = PriceRules(
        instants.prices_as_of, header.price_decimals, header.mark_decimals, header.jump_max_bps
    )
    market, times = read_market(files, registry, rules)
    accounts = read_accounts(files)
    balances = read_balances(files, accounts, registry)
    positions = read_positions(files, accounts, registry)
    orders = read_orders(files, accounts, registry, header.mark_decimals)
    funds = read_funds(files, accounts, registry)
    terms = read_terms(files, header.rulebook, registry, funds, instead=rulebook)
    state, pending = read_state(files), read_pending(files, registry)
    withdrawals = read_withdrawals(files, accounts, registry)
    bids = () if terms is None else read_bids(files, pending, registry, terms)
    balances = with_funds(balances, funds, accounts, log)
    columns, sets = accounts.complete(funds.pools), accounts.sets.names
    if terms is not None:
        warn_of_stale_prices(files, times, instants.as_of, terms.price_max_age_s)
        _check_against_terms(files, registry, sets, terms)
        warn_of_unheld(files, pending, terms)
    del accounts  # its index of ids is as large as a column of amounts
    if not log.has_errors:
        check_fund_balances(balances, columns, files.name_of("balances"), log)
        _warn_of_loose_ends(files, registry, balances, positions)
    if log.has_errors or terms is None:
        return Snapshot(None, None, None, log.problems(), header.base_currency)
    book = book_of_columns(
        columns,
        assets=registry.assets,
        instruments=registry.instruments,
        pools=registry.pools,
        collateral_sets=sets,
        balances=balances,
        positions=positions,
        orders=orders,
        venue=header.venue,
        as_of=instants.as_of,
        state=state,
    ).replaced([], pending=pending)
    seen = {name: at for at, name, _, _ in times.seen}
    return Snapshot(book, market, terms, log.problems(), header.base_currency, bids, withdrawals, seen)


def _check_against_terms(files: Folder, registry: Registry, sets: Sequence[str], terms: Terms) -> None:
    for name in sets:
        if name not in terms.collateral_sets:
            message = f"accounts are in collateral set {shown(name)}, which the terms do not know"
            known = sorted(terms.collateral_sets)
            files.log.add(
                "unknown_collateral_set", f"{message}{closest(name, known)}", files.name_of("accounts")
            )
    for item in registry.instruments if terms.family == "exchange" else ():
        if item.id not in terms.instruments and "*" not in terms.instruments:
            message = f"the terms say no margin for {shown(item.id)}: add tiers for it, or for '*'"
            files.log.add("missing_tiers", message, files.name_of("tiers"))


def _warn_of_loose_ends(
    files: Folder, registry: Registry, balances: BalanceRows, positions: PositionRows
) -> None:
    pooled = {pool.asset for pool in registry.pools}
    for code in np.unique(balances.asset[balances.side != SIDES.index("cash")]).tolist():
        name = registry.assets[code].id
        if name not in pooled:
            message = f"{shown(name)} is supplied or owed and has no pool: indexes are taken as 1, cash as 0"
            files.log.warn("pool_missing", message, files.name_of("pools"))
    for code, item in enumerate(registry.instruments):
        net = Amounts(positions.quantity.words[positions.instrument == code]).sum()
        if net:
            message = (
                f"longs and shorts of {shown(item.id)} differ by {net} units: this is one side of a venue"
            )
            files.log.warn("open_interest_unbalanced", message, files.name_of("positions"))
