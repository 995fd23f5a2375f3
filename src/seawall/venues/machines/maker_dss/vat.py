"""The Vat: urns, collateral, coins and unbacked coins of one ilk. It only adds, subtracts and compares.

Amounts of collateral and normalised debt are wad, coins and debts rad, rate and spot ray; the product
of a wad and a ray is a rad, so nothing here is ever rounded. Every number fits 256 bits or the call is
left. `vice` is all sin and `debt` all dai, whoever holds them.

Source: makerdao/dss vat.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from seawall.rules import maker_dss_vaults as rules
from seawall.venues.machines.maker_dss.codes import require, sint, uint


class Urn(NamedTuple):
    """One vault: collateral locked and normalised debt, both wad."""

    ink: int
    art: int


EMPTY = Urn(0, 0)


@dataclass(frozen=True, slots=True)
class Vat:
    """Every balance of the system, with one ilk.

    Attributes:
        Art, rate, spot: Normalised debt of all urns [wad], debt per unit of it [ray], price after the
            safety margin [ray].
        line, dust, Line: Ceiling of the ilk, least debt of an urn, ceiling of all [rad].
        gem, dai, sin: Free collateral [wad], coins [rad] and unbacked coins answered for [rad], by holder.
        vice, debt: Totals of `sin` and `dai` [rad].
    """

    Art: int
    rate: int
    spot: int
    line: int
    dust: int
    Line: int
    urns: Mapping[str, Urn]
    gem: Mapping[str, int]
    dai: Mapping[str, int]
    sin: Mapping[str, int]
    vice: int
    debt: int

    def urn(self, owner: str) -> Urn:
        """Return an owner's urn, empty where it never had one."""
        return self.urns.get(owner, EMPTY)

    def slip(self, user: str, wad: int) -> Vat:
        """Bring collateral in."""
        return replace(self, gem=moved(self.gem, user, wad))

    def flux(self, source: str, to: str, wad: int) -> Vat:
        """Move free collateral."""
        return replace(self, gem=moved(moved(self.gem, source, -wad), to, wad))

    def move(self, source: str, to: str, rad: int) -> Vat:
        """Move coins."""
        return replace(self, dai=moved(moved(self.dai, source, -rad), to, rad))

    def frob(self, owner: str, dink: int, dart: int) -> Vat:
        """Lock or free collateral and draw or pay back debt of one's own urn, with one's own gem and dai."""
        before = self.urn(owner)
        urn = Urn(uint(before.ink + dink), uint(before.art + dart))
        total = uint(self.Art + dart)
        dtab, tab = sint(self.rate * dart), uint(self.rate * urn.art)
        debt = uint(self.debt + dtab)
        all_tab, secured = uint(total * self.rate), uint(urn.ink * self.spot)
        require(
            rules.keeps_ceilings(dart, all_tab, self.line, debt, self.Line),
            "Vat/ceiling-exceeded",
        )
        require(rules.may_change(dink, dart, secured, tab), "Vat/not-safe")
        require(rules.is_no_dust(urn.art, tab, self.dust), "Vat/dust")
        return replace(
            self,
            Art=total,
            urns={**self.urns, owner: urn},
            gem=moved(self.gem, owner, -dink),
            dai=moved(self.dai, owner, dtab),
            debt=debt,
        )

    def grab(self, owner: str, clip: str, vow: str, ink: int, art: int) -> Vat:
        """Take collateral and debt off an urn: the one to the auctions, the other to the vow as sin."""
        before = self.urn(owner)
        owed = sint(self.rate * art)
        return replace(
            self,
            Art=uint(self.Art - art),
            urns={**self.urns, owner: Urn(uint(before.ink - ink), uint(before.art - art))},
            gem=moved(self.gem, clip, ink),
            sin=moved(self.sin, vow, owed),
            vice=uint(self.vice + owed),
        )

    def heal(self, holder: str, rad: int) -> Vat:
        """Let a holder's coins and its sin annul each other."""
        return replace(
            self,
            sin=moved(self.sin, holder, -rad),
            dai=moved(self.dai, holder, -rad),
            vice=uint(self.vice - rad),
            debt=uint(self.debt - rad),
        )

    def suck(self, answers: str, to: str, rad: int) -> Vat:
        """Mint unbacked coins to one holder, for which another answers."""
        return replace(
            self,
            sin=moved(self.sin, answers, rad),
            dai=moved(self.dai, to, rad),
            vice=uint(self.vice + rad),
            debt=uint(self.debt + rad),
        )

    def fold(self, to: str, rate: int) -> Vat:
        """Raise what every unit of normalised debt owes, and pay the rise out in coins."""
        rise = sint(self.Art * sint(rate - self.rate))
        return replace(
            self,
            rate=uint(rate),
            dai=moved(self.dai, to, rise),
            debt=uint(self.debt + rise),
        )


def moved(balances: Mapping[str, int], holder: str, change: int) -> dict[str, int]:
    """Return balances with one changed; leave the call where it would not fit."""
    return {**balances, holder: uint(balances.get(holder, 0) + change)}
