"""Random waterfalls of every kind of layer, over several events: losses, bids, withdrawals, time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.draft import Draft
from seawall.core.event import Bid, Event, Withdrawal
from seawall.core.loss import Collateral, Default
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.waterfall.layer import Layer, payment
from seawall.waterfall.waterfall import KINDS, WaterfallResult, build_layers, run_waterfall
from tests.waterfall.books import (
    PERP,
    PRICE,
    SIDE,
    USD,
    account,
    book_of,
    fund,
    lots_default,
    market_of,
    terms_of,
)
from tests.waterfall.strategies import FUND_KINDS, adl_layers, lots_of, money, traders, winners

OVER_CONTRACTS = {"adl", "tear_up", "backstop_provider", "gains_haircut"}
OVER_POOLS = {"redistribution"}
CONTRIBUTED = {"mutual_fund", "tranche", "assessment", "staked_backstop", "stability_pool"}
ASSETS = (USD, Asset("COL", 0), Asset("GOV", 3), Asset("CLAIM", 2), Asset("SHARE", 2))
RISKS = {name: {"ltv_bps": 7000, "threshold_bps": 8000, "bonus_bps": 10500} for name in ("USD", "COL")}
OUTSIDE = "external:market"  # where the losses come from
MARK, SIDE_MARK = 10_000, 5_000
START = 1_000  # of the first event; gains were realised before it
cents = st.one_of(st.integers(0, 40), st.integers(1_000, 50_000), st.integers(1_000, 50_000))


@dataclass(frozen=True)
class Chapter:
    """What happens at one time.

    Bids are told as (which auction, bidder, pay or 0 for all that it is to raise, lot).
    """

    at: int
    defaults: tuple[Default, ...] = ()
    bids: tuple[tuple[int, str, int, int], ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True)
class Told:
    """One chapter as it was run."""

    chapter: Chapter
    event: Event
    before: Book
    draft: Draft
    result: WaterfallResult

    @property
    def after(self) -> Book:
        return self.draft.book_after()


@dataclass(frozen=True)
class Tale:
    """A book, a rulebook, and what happens to them."""

    book: Book
    terms: Terms
    market: Market
    chapters: tuple[Chapter, ...]

    def with_losses(self, *losses: int) -> Tale:
        """The same at its first moment, with losses in cash alone."""
        defaults = tuple(
            Default(f"d{number}", "USD", loss, pool=self.pool, bucket=self.bucket)
            for number, loss in enumerate(losses)
        )
        return replace(self, chapters=(Chapter(START, defaults),))

    @property
    def pool(self) -> str:
        return "main" if self.terms.family == "exchange" else "USD"

    @property
    def bucket(self) -> Any:
        return "cash" if self.terms.family == "exchange" else "debt"

    def layers(self) -> list[Layer]:
        return [layer for group in build_layers(self.terms) for layer in group]

    def told(self) -> list[Told]:
        """Run the chapters one after the other."""
        found: list[Told] = []
        book = self.book
        for number, chapter in enumerate(self.chapters):
            found.append(self._run(number, chapter, book))
            book = replace(found[-1].after, as_of=chapter.at)
        return found

    def first(self) -> Told:
        return self.told()[0]

    def _run(self, number: int, chapter: Chapter, book: Book) -> Told:
        draft = Draft(book)
        for default in chapter.defaults:
            if default.cash_shortfall and not default.lots:  # those with lots are in the book
                lines = payment("deficit:USD", "USD", default.cash_shortfall, OUTSIDE)
                draft.post("fail", lines, {"rule": "an account failed", "inputs": {}})
            for part in default.collateral or ():
                given = payment(OUTSIDE, part.asset, part.scaled, "engine")
                draft.post("seize", given, {"rule": "collateral was seized", "inputs": {}})
        opened = Draft(draft.book_after())
        auctions = [item for item in book.pending if item.kind == "debt_auction"]
        bids = tuple(
            Bid(auction.id, bidder, pay or auction.amount, lot, chapter.at)
            for place, bidder, pay, lot in chapter.bids
            for auction in auctions[place % max(1, len(auctions)) :][:1]
        )
        event = Event(f"event-{number}", chapter.at, bids=bids, withdrawals=chapter.withdrawals)
        result = run_waterfall(opened, self.market, self.terms, chapter.defaults, event=event)
        return Told(chapter, event, opened.book, opened, result)


@st.composite
def layer_rows(draw: st.DrawFn, kind: str, number: int) -> tuple[dict[str, Any], list[Account]]:
    """A layer of a kind, and the accounts it draws on."""
    layer: dict[str, Any] = {"kind": kind, "name": f"l{number}"}
    rows: list[Account] = []
    if kind in FUND_KINDS or kind in CONTRIBUTED:
        layer["account"] = f"fund:f{number}"
        rows.append(fund(f"f{number}", draw(cents)))
    if kind in CONTRIBUTED:
        rows += [
            replace(
                fund(f"f{number}/{part}", draw(cents)),
                parent=f"fund:f{number}",
                owner=draw(st.sampled_from(["", "o1", "o2"])),
            )
            for part in range(draw(st.integers(0, 3)))
        ]
    if kind not in OVER_CONTRACTS and kind != "assessment" and draw(st.integers(0, 3)) == 0:
        layer["cap_per_event"] = money(draw(st.integers(300, 20_000)))
    if kind in ("own_collateral", *FUND_KINDS, "tranche", "mutual_fund", "stability_pool", "staked_backstop"):
        layer["floor"] = money(draw(st.integers(0, 300)))
    own: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "staked_backstop": st.fixed_dictionaries(
            {
                "offset": st.integers(0, 5_000).map(money),
                "slash_fee_bps": st.sampled_from([0, 500]),
                "latency_s": st.sampled_from([0, 50]),
            }
        ),
        "assessment": st.fixed_dictionaries({"multiple_bps": st.sampled_from([5_000, 10_000, 20_000])}),
        "adl": adl_layers(),
        "tear_up": st.fixed_dictionaries({"selection": st.sampled_from(["pro_rata", "random"])}),
        "backstop_provider": st.fixed_dictionaries(
            {"account": st.just("maker"), "discount_bps": st.sampled_from([0, 100])}
        ),
        "gains_haircut": st.fixed_dictionaries({"since": st.sampled_from(["previous", "entry"])}),
        "clawback": st.fixed_dictionaries({"window_s": st.sampled_from([50, 500])}),
        "withdrawal_tax": st.fixed_dictionaries(
            {"rate_bps": st.sampled_from([1_000, 10_000]), "window_s": st.just(100)}
        ),
        "recovery_claims": st.fixed_dictionaries({"claim_asset": st.just("CLAIM")}),
        "redistribution": st.fixed_dictionaries({"by": st.sampled_from(["collateral", "debt"])}),
        "debt_auction": st.fixed_dictionaries(
            {
                "lot_asset": st.just("GOV"),
                "lot_size": st.just("10"),
                "style": st.sampled_from(["dutch", "english", "flop"]),
                "start_price": st.just("100"),
                "bid_size": st.sampled_from(["0", "50"]),
                "bid_ttl_s": st.just(30),
                "duration_s": st.just(100),
                "restarts_max": st.integers(0, 1),
            }
        ),
        "halt": st.fixed_dictionaries({"resume_after_s": st.just(60)}),
    }
    return layer | draw(own.get(kind, st.just({}))), rows


@st.composite
def holders(draw: st.DrawFn, family: str) -> list[Account]:
    """Users: traders with contracts, or suppliers and borrowers of a pool, all with some cash."""
    if family == "exchange":
        rows = [draw(traders(f"u{number}", MARK, SIDE_MARK)) for number in range(draw(st.integers(0, 5)))]
        return [*rows, account("maker", draw(st.integers(0, 500_000)))]
    rows = []
    for number in range(draw(st.integers(0, 5))):
        held = {"cash": draw(cents), "supply": draw(cents), "debt": -draw(cents)}
        balances = [Balance("USD", bucket, amount) for bucket, amount in held.items() if amount]  # type: ignore[arg-type]
        balances += [Balance("COL", "supply", amount) for amount in [draw(st.integers(0, 900))] if amount]
        owner = draw(st.sampled_from(["", "o1", "o2"]))
        rows.append(Account(f"u{number}", owner=owner, balances=tuple(balances)))
    return rows


@st.composite
def tales(draw: st.DrawFn, *, kinds: Iterable[str] = tuple(KINDS), cash_only: bool = False) -> Tale:
    """Up to five layers of different kinds in any order, and up to three events."""
    family = draw(st.sampled_from(["exchange", "lending"]))
    fitting = [
        kind for kind in sorted(kinds) if kind not in (OVER_POOLS, OVER_CONTRACTS)[family == "lending"]
    ]
    drawn = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=5, unique=True))
    layers, rows = [], draw(holders(family))
    for number, kind in enumerate(drawn):
        layer, more = draw(layer_rows(kind, number))
        if kind == "mutualise":
            over = ["cash", "per_unit"] if family == "exchange" else ["cash", "supply_index"]
            layer["over"] = draw(st.sampled_from(over))
        layers.append(layer)
        rows += more
    if draw(st.booleans()):
        bearer = draw(st.sampled_from(["treasury", "suppliers"]))
        layers.append({"kind": "residual", "bearer": bearer, "name": "rest"})
    with_lots = []
    if family == "exchange" and not cash_only and draw(st.integers(0, 3)):
        with_lots = [
            lots_default(draw(lots_of("PERP", MARK)), cents=draw(st.integers(0, 2_000)), name="lots")
        ]
    chapters = [Chapter(START, (*with_lots, *draw(losses(family, 0))))]
    while not cash_only and len(chapters) < 3 and draw(st.integers(0, 3)):
        chapters.append(draw(later(family, chapters[-1].at, [row.id for row in rows])))
    names = [row.id for row in rows if row.kind == "user"]
    state = {
        f"gain:{name}:USD:{START - draw(st.integers(0, 90))}": draw(st.integers(-2_000, 20_000))
        for name in names
        if draw(st.booleans())
    }
    rows += [account(f"d{number}-0", draw(cents)) for number in range(draw(st.integers(0, 2)))]
    risks: dict[str, Any] = {} if family == "exchange" else {"assets": RISKS}
    terms = terms_of(*layers, family=family, **risks)
    pools = (
        []
        if family == "exchange"
        else [Pool("USD", debt_index=draw(st.sampled_from([10**27, 3 * 10**27]))), Pool("COL")]
    )
    for default in with_lots:
        rows += [
            draw(winners(f"w{number}", default.lots[0], MARK)) for number in range(draw(st.integers(0, 2)))
        ]
    base = book_of([], with_lots)
    book = Book.of(
        [*rows, *base.rows()],
        assets=ASSETS,
        instruments=[PERP, SIDE],
        pools=pools,
        venue="test",
        state=state,
    )
    marked = market_of(MARK, SIDE_MARK, previous=draw(st.integers(8_000, 12_000)))
    market = replace(marked, prices={name: Price(PRICE, PRICE) for name in ("USD", "COL")})
    return Tale(book, terms, market, tuple(chapters))


@st.composite
def losses(draw: st.DrawFn, family: str, number: int) -> tuple[Default, ...]:
    """Losses in cash, one at least at the first event; who failed may still have some.

    In lending a debt may come with collateral that nobody bought.
    """
    pool, bucket = ("main", "cash") if family == "exchange" else ("USD", "debt")
    amounts = draw(st.lists(cents, min_size=0 if number else 1, max_size=2))
    seized = st.integers(1, 900).map(lambda held: (Collateral("COL", "cash", held),))
    handed = st.none() if family == "exchange" else st.one_of(st.none(), st.just(()), seized)
    return tuple(
        Default(f"d{place}-{number}", "USD", amount, pool=pool, bucket=bucket, collateral=draw(handed))  # type: ignore[arg-type]
        for place, amount in enumerate(amounts)
    )


@st.composite
def later(draw: st.DrawFn, family: str, before: int, names: list[str]) -> Chapter:
    """Time passes; bids, withdrawals and new losses."""
    at = before + draw(st.integers(1, 120))
    bidders = st.sampled_from(["outside", *names])
    bids = st.tuples(st.integers(0, 5), bidders, st.just(0) | cents, st.integers(1, 9_500) | st.just(10_000))
    return Chapter(
        at,
        draw(losses(family, at)),
        tuple(draw(st.lists(bids, max_size=3))),
        tuple(
            Withdrawal(name, "USD", draw(st.integers(1, 20_000)), at)
            for name in names
            if not name.startswith("fund:") and draw(st.booleans())
        ),
    )
