"""What a layer does, in one plain sentence, told from its terms."""

from __future__ import annotations

from functools import singledispatch

from seawall.core.layers import (
    AdlTerms,
    AssessmentTerms,
    BackstopProviderTerms,
    ClawbackTerms,
    DebtAuctionTerms,
    FundTerms,
    GainsHaircutTerms,
    HaltTerms,
    LayerBase,
    MutualFundTerms,
    MutualiseTerms,
    OwnCollateralTerms,
    RecoveryClaimsTerms,
    RedistributionTerms,
    ResidualTerms,
    StabilityPoolTerms,
    StakedBackstopTerms,
    TearUpTerms,
    WithdrawalTaxTerms,
)
from seawall.core.units import BPS

MEMBERS_SHOWN = 3


def percent(bps: int) -> str:
    """Write basis points as a percentage.

    >>> percent(250)
    '2.5 %'
    """
    return f"{bps / 100:g} %"


def limits(layer: LayerBase) -> str:
    """Return what bounds a layer, "" when nothing does."""
    found = []
    if float(layer.keeps):
        found.append(f"never below {layer.keeps}")
    if layer.cap_per_event is not None:
        found.append(f"at most {layer.cap_per_event} per event")
    if layer.share_bps != BPS:
        found.append(f"at most {percent(layer.share_bps)} of each loss")
    if layer.assets:
        found.append(f"only losses in {', '.join(layer.assets)}")
    if layer.pools:
        found.append(f"only of {', '.join(layer.pools)}")
    return "; ".join(found)


@singledispatch
def words(layer: LayerBase) -> str:
    """Return what a layer does in one sentence; a kind of one's own registers its own."""
    return f"a layer of kind {layer.kind}"


@words.register
def _(layer: OwnCollateralTerms) -> str:
    return "the failing account pays with what cash it has"


@words.register
def _(layer: FundTerms) -> str:
    held = f" in {layer.reserve_asset}, converted at the {layer.conversion} price"
    surplus = "; close-out surplus flows into it" if layer.surplus else ""
    return f"{layer.account} pays cash{held if layer.reserve_asset else ''}{surplus}"


@words.register
def _(layer: StakedBackstopTerms) -> str:
    first = f" beyond the first {layer.offset}" if float(layer.offset) else ""
    fee = f" plus a fee of {percent(layer.slash_fee_bps)}" if layer.slash_fee_bps else ""
    late = f"; the cover comes {layer.latency_s} s later" if layer.latency_s else ""
    asset = layer.stake_asset or "the asset of the loss"
    return f"stake in {layer.account} ({asset}) is slashed for the deficit{first}{fee}{late}"


@words.register
def _(layer: StabilityPoolTerms) -> str:
    return f"deposits in {layer.account} are cancelled against the debt, in proportion, for what secured it"


@words.register
def _(layer: MutualFundTerms) -> str:
    if layer.kind == "tranche":
        return f"holders of {layer.account} lose in proportion to what they hold"
    return f"contributors to {layer.account} pay in proportion to what they put in"


@words.register
def _(layer: AssessmentTerms) -> str:
    most = percent(layer.multiple_bps)
    return f"members of {layer.account} are called for up to {most} of their contribution"


@words.register
def _(layer: AdlTerms) -> str:
    who = f"first in the queue by {layer.score}" if layer.selection == "queue" else "all in proportion"
    return f"solvent winners on the other side are closed at the {layer.execution} price, {who}"


@words.register
def _(layer: TearUpTerms) -> str:
    who = "accounts drawn from the" if layer.selection == "random" else "the whole"
    return f"contracts are cancelled against {who} other side at the {layer.execution} price"


@words.register
def _(layer: BackstopProviderTerms) -> str:
    off = f", less {percent(layer.discount_bps)}" if layer.discount_bps else ""
    return f"{layer.account} takes lots over at the {layer.execution} price{off}"


@words.register
def _(layer: MutualiseTerms) -> str:
    if layer.over == "supply_index":
        return "every supplier's claim falls with the index"
    named = ", ".join(layer.members[:MEMBERS_SHOWN])
    more = f" and {len(layer.members) - MEMBERS_SHOWN} more" if len(layer.members) > MEMBERS_SHOWN else ""
    if layer.over == "cash":
        each = f"each of its members ({named}{more})" if layer.members else "every holder"
        return f"{each} pays in proportion to its cash"
    of = f", of its members alone ({named}{more})" if layer.members else ""
    return f"both sides of the contracts pay the same per unit{of}"


@words.register
def _(layer: GainsHaircutTerms) -> str:
    since = "the previous mark" if layer.since == "previous" else "entry"
    return f"gains since {since} are cut in proportion; positions stay open"


@words.register
def _(layer: ClawbackTerms) -> str:
    return f"gains realised in the last {layer.window_s} s are taken back, in proportion"


@words.register
def _(layer: WithdrawalTaxTerms) -> str:
    return f"{percent(layer.rate_bps)} of each withdrawal is kept for up to {layer.window_s} s"


@words.register
def _(layer: RecoveryClaimsTerms) -> str:
    said = f"holders pay in proportion to their cash and receive {layer.claim_asset}, one for one"
    if layer.maturity_s is not None:
        turned = f"converts into {layer.converts_into}" if layer.converts_into else "lapses"
        said += f"; what is open after {layer.maturity_s} s {turned}"
    return said


@words.register
def _(layer: RedistributionTerms) -> str:
    return (
        f"the debt goes to the other borrowers with what still secures it, in proportion to their {layer.by}"
    )


@words.register
def _(layer: DebtAuctionTerms) -> str:
    falls = f"the price falls from {layer.start_price} by {percent(layer.step_bps)} every {layer.step_s} s"
    raises = f"each auction raises {layer.bid_size}" if float(layer.bid_size) else "one auction raises it all"
    how = {
        "dutch": falls,
        "english": "the highest bid wins",
        "flop": f"{raises} for as few of them as somebody will take",
    }[layer.style]
    return f"{layer.lot_asset} of {layer.issuer} is sold for cash: {how}"


@words.register
def _(layer: HaltTerms) -> str:
    return f"trading stops and the loss is held for {layer.resume_after_s} s"


@words.register
def _(layer: ResidualTerms) -> str:
    return f"what is left stays with {layer.bearer}"
