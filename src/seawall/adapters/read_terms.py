"""The rulebook of a snapshot: the named one, `terms.toml` laid over it, then the tables.

Every problem of the whole is told at once; one that a row of a table caused names that row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seawall.adapters.problem_log import ProblemLog, code_of, shown
from seawall.adapters.read_funds import Funds
from seawall.adapters.read_registry import Registry
from seawall.adapters.tables import HEADER_FILE, TERMS_FILE, Folder, Record
from seawall.core.denomination import check_amounts
from seawall.core.terms import Terms
from seawall.errors import InputError, InvalidTerms, Problem
from seawall.venues import load_rulebook

__all__ = ["laid_over", "read_terms", "read_toml"]

_TOML_BYTES_MAX = 1 << 22
# What a book's markets are like, whatever venue's rules are tried on them.
_OF_MARKETS = frozenset({"assets", "collateral_sets", "instruments", "price_max_age_s"})
_Raw = dict[str, Any]


def read_toml(path: Path, log: ProblemLog) -> _Raw | None:
    """Read a TOML file of bounded size; None, with a problem noted, when it is not readable."""
    try:
        with path.open("rb") as handle:
            data = handle.read(_TOML_BYTES_MAX + 1)
        if len(data) > _TOML_BYTES_MAX:
            log.add("too_large", f"is larger than {_TOML_BYTES_MAX} bytes", path.name)
            return None
        return tomllib.loads(data.decode("utf-8").removeprefix("\ufeff"))
    except OSError as error:
        log.add(code_of(error), f"cannot be read: {error.strerror}", path.name)
    except UnicodeDecodeError as error:
        log.add("not_utf8", f"is not UTF-8 at byte {error.start}", path.name)
    except (ValueError, RecursionError) as error:  # tomllib lets both out for numbers and nesting too large
        log.add("toml_invalid", f"is not TOML: {str(error)[:200]!a}", path.name)
    return None


def read_terms(
    folder: Folder, rulebook: str, registry: Registry, funds: Funds, *, instead: str = ""
) -> Terms | None:
    """Build the terms of a snapshot; None, with every problem noted, when they do not hold.

    Args:
        rulebook: What the snapshot names; "" where its `terms.toml` is all there is.
        instead: A venue that sets all that is not a parameter of a market.
    """
    log, source = folder.log, TERMS_FILE if (folder.path / TERMS_FILE).exists() else rulebook
    raw = _base(folder, rulebook)
    if raw is not None and instead:
        source = instead
        raw = laid_over(
            tomllib.loads(load_rulebook(instead)), {key: raw[key] for key in _OF_MARKETS & raw.keys()}
        )
    places: dict[str, str] = {}
    for dotted, value, place in _table_terms(folder, registry, raw or {}):
        places[dotted] = place
        if raw is not None:
            _put(raw, dotted, value)
    if raw is None:
        return None
    for name in sorted(set(funds.pools) - _bind_funds(raw, funds.pools)):
        message = f"no layer of the waterfall pays from {shown(name)}: it will cover nothing"
        log.warn("fund_unused", message, folder.name_of("funds"))
    try:
        terms = Terms.build(raw, source=source)
    except InvalidTerms as error:
        log.extend(_placed(problem, source, places) for problem in error.problems)
        return None
    found = (*terms.check(source), *check_amounts(terms, registry.assets, source))
    log.extend(_placed(problem, source, places) for problem in found)
    return terms


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> _Raw:
    """Return `base` with the keys of `over` put in: tables key by key, lists and values whole."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        both_tables = isinstance(known, Mapping) and isinstance(value, Mapping)
        merged[key] = _table_over(known, value) if both_tables else value
    return merged


def _table_over(base: Any, over: Any) -> _Raw:
    # A margin curve of another kind has other fields: it replaces the one below as a whole.
    is_other_kind = "kind" in over and over["kind"] != base.get("kind")
    return dict(over) if is_other_kind else laid_over(base, over)


def _base(folder: Folder, rulebook: str) -> _Raw | None:
    path = folder.path / TERMS_FILE
    raw: _Raw | None = {}
    if rulebook:
        try:
            raw = tomllib.loads(load_rulebook(rulebook))
        except InputError as error:
            folder.log.extend(
                Problem(item.code, item.message, "snapshot.toml:rulebook") for item in error.problems
            )
            raw = None
    elif not path.exists():
        if folder.log.errors_in(HEADER_FILE):
            return None
        message = "no rulebook: name one in snapshot.toml (rulebook = ...) or write terms.toml"
        folder.log.add("missing_terms", message, "snapshot.toml", column="rulebook")
        return None
    if not path.exists():
        return raw
    over = read_toml(path, folder.log)
    return None if raw is None or over is None else laid_over(raw, over)


def _table_terms(
    folder: Folder, registry: Registry, raw: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    # (dotted place in the terms, value, place in the files) for all that tables say.
    yield from _asset_terms(folder, registry)
    yield from _set_terms(folder, registry)
    yield from _tiers(folder, registry, raw)


def _asset_terms(folder: Folder, registry: Registry) -> Iterator[tuple[str, Any, str]]:
    for record in folder.records("asset_terms"):
        asset = record.id("asset", registry.asset_ids, "unknown_asset")
        decimals = record.integer("decimals")
        if asset is not None and decimals is not None and decimals != registry.decimals_of(asset):
            _tell_decimals(record, asset, decimals, registry.decimals_of(asset))
        names = ("ltv_bps", "threshold_bps", "bonus_bps", "protocol_fee_bps", "haircut_bps")
        values = {name: record.integer(name) for name in names if name in record.cells}
        if asset is not None and None not in values.values():
            yield f"assets.{asset}", values, f"{record.file}:row {record.row}"


def _tell_decimals(record: Record, asset: str, here: int, there: int) -> None:
    record.add(
        "decimals_conflict",
        f"{asset} has {here} decimals here and {there} in assets: 10^{here} units would be 1 of it, "
        f"or 1e{here - there}",
        "decimals",
    )


def _set_terms(folder: Folder, registry: Registry) -> Iterator[tuple[str, Any, str]]:
    sets: dict[str, tuple[dict[str, Any], int]] = {}
    for record in folder.records("collateral_sets"):
        name = record.id("collateral_set")
        values = {field: record.integer(field) for field in ("ltv_bps", "threshold_bps", "bonus_bps")}
        if name is not None and None not in values.values():
            sets[name] = ({**values, "assets": []}, record.row)
    members = folder.records("collateral_set_members")
    for record in members:
        name, asset = record.id("collateral_set"), record.id("asset", registry.asset_ids, "unknown_asset")
        if name is not None and name not in sets:
            record.add("unknown_collateral_set", f"{shown(name)} is not in collateral_sets", "collateral_set")
        elif name is not None and asset is not None:
            sets[name][0]["assets"].append(asset)
    file = folder.name_of("collateral_sets")
    for name, (values, row) in sets.items():
        if not values["assets"]:
            message = f"set {shown(name)} has no members in collateral_set_members"
            folder.log.add("missing_value", message, file, row, "collateral_set")
            continue
        yield f"collateral_sets.{name}", values, f"{file}:row {row}"


def _tiers(folder: Folder, registry: Registry, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    found: dict[str, list[_Raw]] = {}
    first: dict[str, int] = {}
    for record in folder.records("tiers"):
        name = record.text("instrument")
        if name != "*":
            name = record.id("instrument", registry.instrument_ids, "unknown_instrument") or ""
        fields = {field: record.integer(field) for field in ("floor", "cap", "rate_ppm")}
        if name and fields["floor"] is not None and fields["rate_ppm"] is not None:
            found.setdefault(name, []).append(
                {key: value for key, value in fields.items() if value is not None}
            )
            first.setdefault(name, record.row)
    instruments = raw.get("instruments")
    known = instruments if isinstance(instruments, Mapping) else {}
    for name, tiers in found.items():
        base = known.get(name, known.get("*"))
        slippage = base.get("close_out_slippage_bps", 0) if isinstance(base, Mapping) else 0
        curve = {"kind": "brackets", "tiers": tiers}
        place = f"{folder.name_of('tiers')}:row {first[name]}"
        yield f"instruments.{name}", {"maintenance": curve, "close_out_slippage_bps": slippage}, place


def _put(raw: _Raw, dotted: str, value: Any) -> None:
    # A row of a table replaces what stood there, except for keys of an asset that it does not give.
    section, _, name = dotted.partition(".")
    table = raw.setdefault(section, {})
    if not isinstance(table, dict):
        return  # the terms as a whole will be refused for it
    old = table.get(name)
    table[name] = {**old, **value} if section == "assets" and isinstance(old, dict) else value


def _bind_funds(raw: _Raw, pools: Mapping[str, tuple[str, ...]]) -> set[str]:
    # A fund that says which pools it covers binds the layers that pay from it, unless they say so
    # themselves. Returns the accounts that layers pay from.
    layers = raw.get("waterfall")
    tables = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    for layer in tables:
        account = layer.get("account")
        if isinstance(account, str) and pools.get(account) and not layer.get("pools"):
            layer["pools"] = list(pools[account])
    return {str(layer.get("account")) for layer in tables}


def _placed(problem: Problem, source: str, places: Mapping[str, str]) -> Problem:
    # terms.toml:assets.ETH.ltv_bps -> asset_terms.csv:row 3:ltv_bps, where a row said so.
    dotted = problem.where.removeprefix(f"{source}:")
    for known, place in places.items():
        if dotted == known or dotted.startswith(f"{known}."):
            rest = dotted[len(known) + 1 :]
            return Problem(
                problem.code, problem.message, f"{place}:{rest}" if rest else place, problem.severity
            )
    return problem
