"""The accounts of a snapshot: from their own table, or from whoever is named in the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.cells import Batch, Texts
from seawall.adapters.decode import Decoder
from seawall.adapters.ids import Vocabulary, canonical_id, closest, fault_of, look_alikes
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.snapshot_schema import table_named
from seawall.adapters.stack import Stack
from seawall.adapters.tables import Folder
from seawall.core.book import KINDS, AccountColumns
from seawall.core.parties import kind_of

__all__ = ["Accounts", "read_accounts"]

_TABLE = "accounts"


@dataclass
class Accounts:
    """Accounts being read.

    Attributes:
        known: Their ids, closed when the snapshot lists its accounts.
        columns: What the table says about them; None when there is no table.
        sets: Ids of collateral sets, by the codes in `columns`.
    """

    known: Vocabulary
    columns: AccountColumns | None
    sets: Vocabulary

    def complete(self, funds: Iterable[str] = ()) -> AccountColumns:
        """Return the columns of every account; those that no table of accounts describes get the defaults.

        Args:
            funds: Ids of which it is known that they are funds.
        """
        given = 0 if self.columns is None else len(self.columns)
        names = self.known.names[given:]
        fresh = _defaults(names, frozenset(funds))
        if self.columns is None:
            return fresh
        if not names:
            return self.columns
        return AccountColumns(
            **{
                field: np.concatenate([getattr(self.columns, field), getattr(fresh, field)])
                for field in ("id", "owner", "parent", "kind", "margin_mode", "collateral_set")
            }
        )


def _defaults(names: Sequence[str], funds: frozenset[str] = frozenset()) -> AccountColumns:
    count = len(names)
    blank = np.full(count, "", dtype=object)
    return AccountColumns(
        id=_objects(names),
        owner=blank,
        parent=blank,
        kind=np.array(
            [KINDS.index("fund" if name in funds else kind_of(name, otherwise="user")) for name in names],
            dtype=np.int8,
        ),
        margin_mode=np.zeros(count, dtype=np.int8),
        collateral_set=np.full(count, -1, dtype=np.int32),
    )


def read_accounts(folder: Folder) -> Accounts:
    """Read the table of accounts, if there is one."""
    known, sets = Vocabulary(), Vocabulary()
    if not folder.has(_TABLE):
        return Accounts(known, None, sets)
    file = folder.open(_TABLE)
    if file is None:  # empty, or refused: nobody is known, and only a refusal is worth a complaint
        known.is_closed = not folder.log.errors_in(folder.name_of(_TABLE))
        return Accounts(known, _defaults(()), sets)
    reader = Decoder(table_named(_TABLE), file.name, folder.log)
    codes, rows = Stack(np.int32, file.row_count), Stack(np.int32, file.row_count)
    owner, parent = Stack(object, file.row_count), Stack(object, file.row_count)
    kind, mode = Stack(np.int8, file.row_count), Stack(np.int8, file.row_count)
    chosen = Stack(np.int32, file.row_count)
    for batch in file.batches():
        found = reader.ids(batch, "account", known)
        codes.append(found)
        rows.append(batch.rows)
        owner.append(_names(reader, batch, "owner", known))
        parent.append(_names(reader, batch, "parent", known))
        kind.append(_kinds(reader, batch))
        mode.append(reader.choices(batch, "margin_mode"))
        chosen.append(reader.ids(batch, "collateral_set", sets))
    known.is_closed = True
    _check_duplicates(codes.done(), rows.done(), known, file.name, folder.log)
    _check_parents(parent.done(), rows.done(), known, file.name, folder.log)
    warn_of_look_alikes(known, file.name, "account", folder.log)
    if folder.log.errors_in(file.name):
        return Accounts(known, _defaults(known.names), sets)
    columns = AccountColumns(
        id=_objects(known.names),
        owner=owner.done(),
        parent=parent.done(),
        kind=kind.done(),
        margin_mode=mode.done(),
        collateral_set=chosen.done(),
    )
    return Accounts(known, columns, sets)


def _objects(names: Sequence[str]) -> NDArray[np.object_]:
    column = np.empty(len(names), dtype=object)
    column[:] = names
    return column


def _names(reader: Decoder, batch: Batch, name: str, known: Vocabulary) -> NDArray[np.object_]:
    # Owners and parents as text; where one is also an account, the same string is used again.
    def look_at(values: Sequence[str]) -> NDArray[np.object_]:
        names = np.full(len(values), "", dtype=object)
        for at, text in enumerate(values):
            found = known.get(text) or canonical_id(text)
            names[at] = None if found and fault_of(found) else found
        return names

    cells = batch.cells.get(name)
    if not isinstance(cells, Texts):
        return np.full(len(batch), "", dtype=object)
    per_value = np.append(reader.once(name, cells.values, look_at), "")
    names: NDArray[np.object_] = per_value[np.arange(len(cells)) if cells.codes is None else cells.codes]
    for at in np.flatnonzero(names == None).tolist():  # noqa: E711  # element by element
        fault = fault_of(canonical_id(cells[at])) or ("missing_value", "is empty")
        reader.log.add(*fault, reader.file, int(batch.rows[at]), name)
        names[at] = ""
    return names


def _kinds(reader: Decoder, batch: Batch) -> NDArray[np.int8]:
    def look_at(values: Sequence[str]) -> NDArray[np.int8]:
        kinds = [kind_of(canonical_id(name), otherwise="user") for name in values]
        return np.array([KINDS.index(kind) for kind in kinds], dtype=np.int8)

    codes = reader.choices(batch, "kind")
    given, names = batch.cells.get("kind"), batch.cells["account"]
    assert isinstance(names, Texts)
    by_value = reader.once("kind by id", names.values, look_at)
    if by_value.any():
        said = np.zeros(len(batch), dtype=bool)
        if isinstance(given, Texts):
            said = np.array([bool(text) for text in given], dtype=bool)
        codes = np.where(said, codes, names.spread(by_value, 0))
    return codes


def _check_duplicates(
    codes: NDArray[np.int32], rows: NDArray[np.int32], known: Vocabulary, file: str, log: ProblemLog
) -> None:
    good = codes >= 0
    if int(good.sum()) == len(known):
        return
    first: dict[int, int] = {}
    for code, row in zip(codes[good].tolist(), rows[good].tolist(), strict=True):
        if first.setdefault(code, row) != row:
            message = f"{shown(known.names[code])} stands in row {first[code]} already: ids must be unique"
            log.add("duplicate_account", message, file, row, "account")


def _check_parents(
    parents: NDArray[np.object_], rows: NDArray[np.int32], known: Vocabulary, file: str, log: ProblemLog
) -> None:
    for at in np.flatnonzero(parents != "").tolist():
        if known.get(parents[at]) is None:
            message = f"unknown parent {shown(parents[at])}{closest(parents[at], known.names)}"
            log.add("unknown_account", message, file, int(rows[at]), "parent")


def warn_of_look_alikes(known: Vocabulary, file: str, what: str, log: ProblemLog) -> None:
    """Warn of ids that a person may take for each other."""
    for one, other in look_alikes(known.names):
        message = f"{what} ids {one!r} ({one!a}) and {other!r} ({other!a}) look alike and are not the same"
        log.warn("look_alike", message, file)
