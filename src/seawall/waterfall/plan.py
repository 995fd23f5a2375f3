"""A waterfall in plain words, and what about it should make its owner think again.

`check_layers` refuses what cannot be; here are the warnings: plans that can be run and
will disappoint on the day they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.core.layers import DebtAuctionTerms, LayerBase, MutualiseTerms, in_ranks
from seawall.core.parties import kind_of
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import Problem
from seawall.waterfall.residual import stays_booked
from seawall.waterfall.words import limits, percent, words


@dataclass(frozen=True, slots=True)
class Step:
    """One layer as it will be asked.

    Attributes:
        number: Turn in which it is asked, from 1; layers of equal rank share one.
        words: What it does, in a sentence.
        limits: What bounds it: floor, cap, share, which assets and pools; "" when nothing does.
        borne_by: Who pays in the end.
    """

    number: int
    name: str
    kind: str
    words: str
    limits: str
    borne_by: str


def steps(terms: Terms) -> tuple[Step, ...]:
    """Return the layers in the order they are asked, the residual last."""
    last = [(layer,) for layer in terms.waterfall if layer.kind == "residual"]
    return tuple(
        Step(number, layer.name, layer.kind, words(layer), limits(layer), layer.borne_by)
        for number, group in enumerate([*in_ranks(terms.waterfall), *last], 1)
        for layer in group
    )


def warnings(terms: Terms) -> tuple[Problem, ...]:
    """Return what will disappoint: each names its layer and says what happens.

    fund_counted_twice: one account behind two layers. circular_cover: a layer is paid by, or pays
    into, another that stands behind the same loss. wrong_way: what a layer holds falls when it is
    needed. capacity_may_leave: contributors can be gone before they are asked. never_reached: a
    layer stands below one that takes everything. sells_nothing: an auction without a lot or a price.
    members_unused: members of a layer that asks all alike. after_residual: an order that says nothing.
    bearer_may_be_user: in lending no user bears it. no_residual: nobody is named for the rest.
    """
    return (
        *(item for item in terms.check(terms.venue) if item.severity == "warning"),
        *_circular(terms),
        *_wrong_way(terms),
        *_leaving(terms),
        *_selling_nothing(terms),
        *_idle_members(terms),
        *_owing(terms),
        *_unreached(terms),
    )


def _circular(terms: Terms) -> Iterator[Problem]:
    accounts = {layer.draws_on: layer.name for layer in terms.waterfall if layer.draws_on}
    for layer in terms.waterfall:
        for field in ("bearer", "issuer", "fee_account"):
            account = getattr(layer, field, "")
            if account in accounts and accounts[account] != layer.name:
                yield _warning(
                    "circular_cover",
                    terms,
                    layer,
                    f"{field} {account} is also what {accounts[account]} draws on: the same money stands "
                    "in two places",
                )
        for other in terms.waterfall:
            given = _gives(other)
            if given and other is not layer and given == layer.holds:
                yield _warning(
                    "circular_cover",
                    terms,
                    layer,
                    f"holds {given}, which {other.name} issues to cover the same loss: its cover is a claim "
                    "on itself",
                )


def _wrong_way(terms: Terms) -> Iterator[Problem]:
    for layer in terms.waterfall:
        held, lot = layer.holds, getattr(layer, "lot_asset", "")
        haircut = getattr(layer, "haircut_bps", 0)
        if held and held not in layer.assets:
            said = f"a haircut of {percent(haircut)} stands against it" if haircut else "no haircut is set"
            yield _warning(
                "wrong_way",
                terms,
                layer,
                f"holds {held} against losses in another asset: if {held} falls with the event, it covers "
                f"less just when it is asked ({said})",
            )
        if lot:
            yield _warning(
                "wrong_way",
                terms,
                layer,
                f"sells {lot} to cover the loss: its price falls with the news of the loss, and the dilution "
                "has no bound but the size of the lot",
            )


def _leaving(terms: Terms) -> Iterator[Problem]:
    for layer in terms.waterfall:
        cooldown, latency = getattr(layer, "cooldown_s", None), getattr(layer, "latency_s", 0)
        if cooldown is not None and cooldown < max(latency, 1):
            yield _warning(
                "capacity_may_leave",
                terms,
                layer,
                f"stake may leave {cooldown} s after notice and the slash takes {latency} s: capacity goes "
                "by the order of exit, the first out pay nothing",
            )
        if layer.kind == "withdrawal_tax":
            yield _warning(
                "capacity_may_leave",
                terms,
                layer,
                "is paid only by those who leave within the window: whoever waits it out pays nothing",
            )
        if layer.kind in ("stability_pool", "mutual_fund", "tranche"):
            yield _warning(
                "capacity_may_leave",
                terms,
                layer,
                "contributors who withdraw before the event bear nothing: its capacity is what is left then",
            )


def _selling_nothing(terms: Terms) -> Iterator[Problem]:
    for layer in terms.waterfall:
        if isinstance(layer, DebtAuctionTerms):
            wanted = ("lot_size", "start_price") if layer.style == "dutch" else ("lot_size",)
            absent = [field for field in wanted if not float(getattr(layer, field))]
            if absent:
                message = f"{' and '.join(absent)} is 0: a {layer.style} auction then sells nothing"
                yield _warning("sells_nothing", terms, layer, message)


def _unreached(terms: Terms) -> Iterator[Problem]:
    above: list[LayerBase] = []
    for group in in_ranks(terms.waterfall):
        for layer in group:
            for taker in above:
                if _leaves_nothing_to(taker, layer):
                    message = f"stands below {taker.name}, which holds every loss whole: it is asked only for"
                    yield _warning("never_reached", terms, layer, f"{message} what that gives back")
                    break
        above += [layer for layer in group if _holds_whole(layer)]
    last = [layer for layer in terms.waterfall if layer.kind == "residual"]
    for number, layer in enumerate(last):
        for taker in last[:number]:
            if _leaves_nothing_to(taker, layer):
                message = f"stands below {taker.name}, which names the bearer of all that is left: it names"
                yield _warning("never_reached", terms, layer, f"{message} nobody")
                break
    names = {layer.name for layer in last}
    for layer in terms.waterfall:
        for name in sorted(names & set(layer.after)):
            message = (
                f"comes after {name}, which takes what is left when all have been asked: that says nothing"
            )
            yield _warning("after_residual", terms, layer, message)
    if not last:
        message = "names no residual: what no layer bears stays booked, with nobody to answer for it"
        yield Problem("no_residual", message, f"{terms.venue}:waterfall", "warning")


def _holds_whole(layer: LayerBase) -> bool:
    # Whether it takes any loss that it covers, to the unit, whatever anybody has.
    if layer.cap_per_event is not None or layer.share_bps != BPS:
        return False
    if isinstance(layer, DebtAuctionTerms):
        return layer.style != "flop" or not float(layer.bid_size)
    return layer.kind in ("halt", "withdrawal_tax")


def _leaves_nothing_to(above: LayerBase, below: LayerBase) -> bool:
    # Whether every loss that the lower one may cover is one that the upper one covers.
    pairs = ((above.assets, below.assets), (above.pools, below.pools))
    return all(not wide or (narrow and set(narrow) <= set(wide)) for wide, narrow in pairs)


def _idle_members(terms: Terms) -> Iterator[Problem]:
    for layer in terms.waterfall:
        if isinstance(layer, MutualiseTerms) and layer.members and layer.over == "supply_index":
            message = "names members, and an index falls for every supplier alike: they are not asked for"
            yield _warning("members_unused", terms, layer, message)


def _owing(terms: Terms) -> Iterator[Problem]:
    for layer in terms.waterfall:
        bearer = layer.names_bearer
        may_be_user = not stays_booked(bearer) and kind_of(bearer, otherwise="user") == "user"
        if bearer and may_be_user and terms.family == "lending":
            message = (
                f"names {bearer}: a run on a book where that is a user is refused, for no user owes cash"
            )
            yield _warning("bearer_may_be_user", terms, layer, f"{message}; residual:NAME always can")


def _warning(code: str, terms: Terms, layer: LayerBase, message: str) -> Problem:
    return Problem(code, message, f"{terms.venue}:waterfall.{layer.name}", "warning")


def _gives(layer: LayerBase) -> str:
    return str(getattr(layer, "lot_asset", "") or getattr(layer, "claim_asset", ""))
