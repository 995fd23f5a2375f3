"""Which numbers of a working are amounts of an asset or lots of a contract, told in whole units too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from seawall.core.money import format_decimal
from seawall.ledger.journal import Entry

_WHOLE = re.compile(r"-?\d{1,80}")
_LOTS = frozenset({"position", "quantity", "units"})
_LOTS_BY_NAME = "lots_closed"
_OF_DEBT = frozenset({"debt", "max_repay", "repaid", "write_off"})
_OF_COLLATERAL = frozenset({"collateral", "fee", "seized"})
_OF_HELD = frozenset({"balance", "floor", "slashed", "sold", "stake"})
_OF_ASSET = frozenset(
    {
        *("bearable", "brought", "budget", "cash_relieved", "charge", "charged", "close_out_value"),
        *(
            "cost_realised",
            "covered",
            "dust",
            "equity",
            "execution_value",
            "funding_settled",
            "handed_over",
            "limit",
            "loss",
        ),
        *("lot_overshoot", "paid", "profit_capacity", "raised_by_each", "taken", "takeover_value"),
        *("value_at_mark", "value_overshoot"),
    }
)


@dataclass(frozen=True, slots=True)
class WholeUnits:
    """What the numbers of one working are counted in.

    Attributes:
        decimals: By commodity; contracts as `lots:<instrument>`.
        asset, held, debt, collateral, instrument: What its amounts, the reserve of a layer, the two legs
            of a call and its lots are of; empty where it is not known, and then a number stays as it is.
    """

    decimals: Mapping[str, int] = field(default_factory=dict)
    asset: str = ""
    held: str = ""
    debt: str = ""
    collateral: str = ""
    instrument: str = ""

    @classmethod
    def of(cls, entry: Entry, decimals: Mapping[str, int]) -> WholeUnits:
        """Return what the working of an entry is counted in: what its postings move says it."""
        moved = {item.commodity: item.bucket for item in entry.postings}
        assets = [name for name, bucket in moved.items() if bucket != "lots"]
        lots = [name for name, bucket in moved.items() if bucket == "lots"]
        debts = sorted({item.commodity for item in entry.postings if item.bucket == "debt"})
        found = cls(decimals, instrument=lots[0] if len(lots) == 1 else "")
        if len(debts) == 1:
            others = [name for name in assets if name != debts[0]]
            found = replace(found, debt=debts[0], collateral=others[0] if len(others) == 1 else "")
        reserve = _reserve_of(entry.working)
        rest = [name for name in assets if name != reserve] or assets
        asset = rest[0] if len(rest) == 1 else ""
        return replace(found, asset=asset, held=reserve or asset)

    @classmethod
    def of_answer(cls, asset: str, working: Mapping[str, object], decimals: Mapping[str, int]) -> WholeUnits:
        """Return what the working of a layer's answer is counted in, the loss being in `asset`."""
        return cls(decimals, asset, _reserve_of(working) or asset)

    def told(self, name: str, value: object, *, under: str = "") -> str:
        """Return a number in whole units, " (1.5 BTC-PERP)"; "" where nothing says that it is an amount."""
        commodity = self._lots_of(name, under) or self._amount_of(name, under)
        text = str(value)
        if commodity not in self.decimals or isinstance(value, bool) or not _WHOLE.fullmatch(text):
            return ""
        return f" ({format_decimal(int(text), self.decimals[commodity])} {commodity.removeprefix('lots:')})"

    def _lots_of(self, name: str, under: str) -> str:
        instrument = name if under == _LOTS_BY_NAME else self.instrument if name in _LOTS else ""
        return f"lots:{instrument}" if instrument else ""

    def _amount_of(self, name: str, under: str) -> str:
        if under == _LOTS_BY_NAME:
            return ""
        if name in _OF_DEBT and self.debt:
            return self.debt
        if name in _OF_COLLATERAL and self.collateral:
            return self.collateral
        if name in _OF_HELD:
            return self.held
        return self.asset if name in _OF_ASSET else ""


def _reserve_of(working: Mapping[str, object]) -> str:
    # A layer that sells a reserve of another asset names it.
    inputs = working.get("inputs")
    return str(inputs.get("held_asset", "")) if isinstance(inputs, Mapping) else ""
