"""The names of accounts that are not users: the venue's own, its funds, and parties outside.

engine                  holds positions taken over and not yet closed
dust                    takes the rounding between scaled and underlying amounts
deficit:<asset>         what is recognised and not covered, as negative cash
surplus:<asset>         what closing out brought beyond a loss, where no fund takes it
clearing:funding:<i>    funding settled outside the regular exchange of it
clearing:auction:<id>   the standing bid of an auction, paid in
claims:<asset>          recovery claims given out and not repaid, as negative units of the claim
residual:<name>         a bearer of what no layer could bear
fund:<name>             a fund
external:<name>         a party outside the book: the market, a liquidator, conversion
"""

from __future__ import annotations

from seawall.core.rows import AccountKind

ENGINE = "engine"
MARKET = "external:market"
CONVERSION = "external:conversion"
DEFICIT = "deficit:"
CLAIMS = "claims:"
RESIDUAL = "residual:"
CLEARING = "clearing:"
DUST = "dust"
_OWN = (DEFICIT, "surplus:", CLEARING, RESIDUAL, CLAIMS)


def deficit_of(asset: str) -> str:
    """Return the account that owes what is not yet covered of an asset."""
    return f"{DEFICIT}{asset}"


def claims_of(asset: str) -> str:
    """Return the account that owes the holders of a claim asset."""
    return f"{CLAIMS}{asset}"


def auction_of(pending: str) -> str:
    """Return the account that keeps the standing bid of an auction."""
    return f"{CLEARING}auction:{pending}"


def funding_of(instrument: str) -> str:
    """Return the account that takes the other side of funding settled on a forced close."""
    return f"{CLEARING}funding:{instrument}"


def kind_of(name: str, *, otherwise: AccountKind) -> AccountKind:
    """Return the kind that a name stands for; `otherwise` where it is not one of these names."""
    if name.startswith("external:"):
        return "external"
    if name.startswith("fund:"):
        return "fund"
    return "venue" if name in (ENGINE, DUST) or name.startswith(_OWN) else otherwise


def is_bookkeeping(name: str) -> bool:
    """Return whether an account only counts what is owed or under way: it can neither pay nor be charged."""
    return name in ("", ENGINE, DUST) or name.startswith((DEFICIT, CLAIMS, CLEARING))
