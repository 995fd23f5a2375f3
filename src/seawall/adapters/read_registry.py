"""The small tables that the others refer to: assets, instruments, pools, counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.counters import counter_fault
from seawall.adapters.ids import Vocabulary
from seawall.adapters.problem_log import shown
from seawall.adapters.read_accounts import warn_of_look_alikes
from seawall.adapters.read_options import option_of, warn_of_expired
from seawall.adapters.tables import Folder, Record
from seawall.core.book import MULTIPLIER_DECIMALS, RAY, Asset, Instrument, Pool

__all__ = ["Registry", "read_registry", "read_state"]

# Values count 10**-36: quantity, multiplier (12) and mark decimals share these digits.
_SHARED_DECIMALS_MAX = 24


@dataclass(frozen=True)
class Registry:
    """What rows may name: assets, instruments and pools, each with its ids as a closed vocabulary."""

    assets: tuple[Asset, ...]
    instruments: tuple[Instrument, ...]
    pools: tuple[Pool, ...]
    asset_ids: Vocabulary
    instrument_ids: Vocabulary

    def asset_decimals(self) -> NDArray[np.int16]:
        """Return decimals by asset code, and -1 at the end for an unknown one."""
        return np.array([asset.decimals for asset in self.assets] + [-1], dtype=np.int16)

    def quantity_decimals(self) -> NDArray[np.int16]:
        """Return decimals of a quantity by instrument code, and -1 at the end for an unknown one."""
        return np.array([item.quantity_decimals for item in self.instruments] + [-1], dtype=np.int16)

    def settle_decimals(self) -> NDArray[np.int16]:
        """Return decimals of the settle asset by instrument code, and -1 at the end for an unknown one."""
        known = {asset.id: asset.decimals for asset in self.assets}
        return np.array(
            [known.get(item.settle_asset, -1) for item in self.instruments] + [-1], dtype=np.int16
        )

    def decimals_of(self, asset: str | None) -> int:
        """Return the decimals of an asset; 18 for one that is not known (and was reported)."""
        return next((item.decimals for item in self.assets if item.id == asset), 18)

    def settled_decimals_of(self, instrument: str | None) -> int:
        """Return the decimals of the settle asset of an instrument; 18 for an unknown one."""
        return self.decimals_of(
            next((item.settle_asset for item in self.instruments if item.id == instrument), None)
        )

    def quantity_decimals_of(self, instrument: str | None) -> int:
        """Return the quantity decimals of an instrument; 18 for an unknown one."""
        return next((item.quantity_decimals for item in self.instruments if item.id == instrument), 18)


def read_registry(folder: Folder, mark_decimals: int, as_of: int) -> Registry:
    """Read assets, instruments and pools; rows with a problem are left out."""
    assets = [asset for record in folder.records("assets") if (asset := _asset(record)) is not None]
    asset_ids = Vocabulary([asset.id for asset in assets], is_closed=True)
    known = Registry(tuple(assets), (), (), asset_ids, Vocabulary(is_closed=True))
    instruments = [
        item
        for record in folder.records("instruments")
        if (item := _instrument(record, known, mark_decimals, as_of))
    ]
    pools = [pool for record in folder.records("pools") if (pool := _pool(record, known))]
    instrument_ids = Vocabulary([item.id for item in instruments], is_closed=True)
    warn_of_look_alikes(asset_ids, folder.name_of("assets"), "asset", folder.log)
    warn_of_look_alikes(instrument_ids, folder.name_of("instruments"), "instrument", folder.log)
    return replace(known, instruments=tuple(instruments), pools=tuple(pools), instrument_ids=instrument_ids)


def read_state(folder: Folder) -> Mapping[str, int]:
    """Read the named counters."""
    found = {}
    for record in folder.records("state"):
        name, value = record.id("counter"), record.amount("value", 0)
        if name is None or value is None:
            continue
        if fault := counter_fault(name, value):
            record.add("negative_amount", f"{shown(name)} {fault}", "value")
        found[name] = value
    return found


def _asset(record: Record) -> Asset | None:
    name, decimals = record.id("asset"), record.integer("decimals")
    return None if name is None or decimals is None else Asset(name, decimals)


def _instrument(record: Record, known: Registry, mark_decimals: int, as_of: int) -> Instrument | None:
    name = record.id("instrument")
    settle = record.id("settle_asset", known.asset_ids, "unknown_asset")
    kind, digits = record.choice("kind"), record.integer("quantity_decimals")
    if digits is not None and digits + mark_decimals > _SHARED_DECIMALS_MAX:
        message = (
            f"quantity_decimals {digits} and mark_decimals {mark_decimals} add up to more than "
            f"{_SHARED_DECIMALS_MAX}: values would not be exact"
        )
        record.add("out_of_range", message, "quantity_decimals")
    lot = record.amount("lot", digits or 0)
    tick = record.amount("tick", mark_decimals)
    multiplier = record.amount("multiplier", MULTIPLIER_DECIMALS)
    pool, funding = record.id("pool"), record.amount("funding_index", 18)
    underlying, option = record.id("underlying"), option_of(record, kind, mark_decimals)
    warn_of_expired(record, option, as_of)
    if name is None or settle is None or kind is None or digits is None or pool is None:
        return None
    if underlying is None or (kind == "option") != (option is not None):
        return None
    return Instrument(
        name,
        settle,
        kind="option" if option else "inverse" if kind == "inverse" else "linear",
        quantity_decimals=digits,
        lot=lot or 1,
        tick=tick or 1,
        multiplier=multiplier or 10**MULTIPLIER_DECIMALS,
        pool=pool,
        funding_index=funding or 0,
        underlying=underlying,
        option=option,
    )


def _pool(record: Record, known: Registry) -> Pool | None:
    asset = record.id("asset", known.asset_ids, "unknown_asset")
    decimals = known.decimals_of(asset)
    supply, debt = record.amount("supply_index", 27), record.amount("debt_index", 27)
    last = record.amount("debt_index_last", 27)
    cash, deficit = record.amount("cash", decimals), record.amount("deficit", decimals)
    if debt is not None and last is not None and last > debt:
        message = "the stored debt index is above the one now: indexes never fall"
        record.add("index_falls", message, "debt_index_last")
    if asset is None:
        return None
    debt_index = debt or RAY
    return Pool(asset, supply or RAY, debt_index, last or debt_index, cash or 0, deficit or 0)


def index_of(registry: Registry) -> tuple[list[int], list[int]]:
    """Return (supply index, debt index) by asset code [ray]; one where there is no pool."""
    pools = {pool.asset: pool for pool in registry.pools}
    found = [pools.get(asset.id, Pool(asset.id)) for asset in registry.assets]
    return [pool.supply_index for pool in found], [pool.debt_index for pool in found]
