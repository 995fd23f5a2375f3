"""Recovery claims: holders pay in proportion to their cash, and receive one claim for each unit paid.

The claims are cash of an asset of their own, owed by `claims:<asset>`; `recover` repays them, a
lower `priority` first. The counter `claimed:<claim asset>:<asset>` holds how many were ever given
out for losses in which asset; one claim asset stands for one asset. With `maturity_s` the counter
`matures:<claim asset>` says when what is still open converts or lapses; claims given out while it
runs share its end, for one cannot be told from another.

    charge = claims received = loss * cash / sum of cash     largest remainder

Source: Bitfinex, August 2016: the same part of every balance, one BFX for each dollar of it, redeemed or
converted into equity by April 2017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.layers import RecoveryClaimsTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.parties import claims_of, deficit_of
from seawall.errors import InconsistentBook
from seawall.waterfall.layer import BoundLayer, WaterfallState, together
from seawall.waterfall.relief import Relief, relieve

BREAKS: Mapping[str, Mapping[str, str]] = {
    "recovery_claims": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
    },
}


@dataclass(frozen=True, slots=True)
class RecoveryClaims(BoundLayer[RecoveryClaimsTerms]):
    """Charges holders against claims on what comes back: kind recovery_claims."""

    spreads: ClassVar[bool] = True

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the cash of all holders, within the cap per event and the share of the loss."""
        cash = sum(balance for _, balance in _holders(state, default.asset))
        return self.share(default, self.cap_left(state, default, cash))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Charge the holders and give them their claims."""
        return self.absorb_all(state, [default], limit)[0]

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Spread several losses of one asset and pool at once: one charge and one claim per holder.

        Raises:
            MissingData: The book does not know the claim asset.
            InconsistentBook: A claim is not counted in the same units as the loss.
        """
        whole = together(defaults)
        self._check_units(state, whole.asset)
        if limit is None:
            limit = self.capacity(state, whole)
        relief = relieve(state, defaults, min(limit, self.capacity(state, whole), whole.loss))
        if not relief.taken:
            return self.nothing(whole, "no holder can bear any of it"), tuple(defaults)
        held = _holders(state, whole.asset)
        names, balances = [name for name, _ in held], [balance for _, balance in held]
        charges = allocate_pro_rata(relief.taken, balances, tie_key=tie_keys(state.event_id, names))
        payers = [(name, charge) for name, charge in zip(names, charges, strict=True) if charge]
        maturity = self._maturity(state)
        working = self.working(
            "charge holders against claims",
            {
                "loss": whole.loss,
                "limit": limit,
                "taken": relief.taken,
                "defaults": len(defaults),
                "payers": len(payers),
                "balances": sum(balances),
                "claim_asset": self.terms.claim_asset,
                "priority": self.terms.priority,
                **maturity,
            },
            "loss * balance / sum of balances; one claim unit for each unit",
            "largest remainder, ties by sha256 of event and account",
        )
        answer = Absorption(
            layer=self.name,
            kind=self.kind,
            taken=relief.taken,
            charges=tuple(
                Charge(name, whole.asset, charge, self.name, whole.account, "share by cash, against a claim")
                for name, charge in payers
            ),
            rest=together(relief.rests),
            moves=(*relief.closings, Move(self.kind, self._lines(whole.asset, payers), working)),
            lots_closed=relief.closed,
            parts=relief.parts,
            state_changes=self.use(state, whole, relief.taken)
            | maturity
            | self._given(state, whole.asset, relief),
            working=working,
        )
        return answer, relief.rests

    def _lines(self, asset: str, payers: Sequence[tuple[str, int]]) -> tuple[Posting, ...]:
        claim, taken = self.terms.claim_asset, sum(charge for _, charge in payers)
        return (
            *(Posting(name, asset, -charge) for name, charge in payers),
            Posting(deficit_of(asset), asset, taken),
            *(Posting(name, claim, charge) for name, charge in payers),
            Posting(claims_of(claim), claim, -taken),
        )

    def _given(self, state: WaterfallState, asset: str, relief: Relief) -> dict[str, int]:
        counter = claimed(self.terms.claim_asset, asset)
        return {counter: state.draft.state.get(counter, 0) + relief.taken}

    def _maturity(self, state: WaterfallState) -> dict[str, int]:
        if self.terms.maturity_s is None:
            return {}
        counter = matures(self.terms.claim_asset)
        running = state.draft.state.get(counter, 0)
        return {counter: running if running > state.now else state.now + self.terms.maturity_s}

    def _check_units(self, state: WaterfallState, asset: str) -> None:
        claim = self.named_asset(state, self.terms.claim_asset).decimals
        loss = state.draft.book.asset(asset).decimals
        if claim != loss or self.terms.claim_asset == asset:
            message = (
                f"layer {self.name} gives {self.terms.claim_asset} ({claim} decimals) for {asset} "
                f"({loss} decimals): expected another asset of the same decimals"
            )
            raise InconsistentBook(message, code="claim_units")
        stem = claimed(self.terms.claim_asset, "")
        other = [name for name in state.draft.state if name.startswith(stem) and name != f"{stem}{asset}"]
        if other:
            message = (
                f"layer {self.name} gives {self.terms.claim_asset} for {asset}, but it was given out for "
                f"{other[0].removeprefix(stem)} before: use a claim asset for each, bound by `assets`"
            )
            raise InconsistentBook(message, code="claim_units")


def claimed(claim_asset: str, asset: str) -> str:
    """Return the counter of the claims ever given out for losses in an asset [claim units]."""
    return f"claimed:{claim_asset}:{asset}"


def matures(claim_asset: str) -> str:
    """Return the counter that holds when the open claims of an asset convert or lapse [unix s]."""
    return f"matures:{claim_asset}"


def _holders(state: WaterfallState, asset: str) -> list[tuple[str, int]]:
    held = state.draft.holders(asset, "cash")
    return [item for item in held if item[1] > 0 and state.kind_of(item[0]) == "user"]
