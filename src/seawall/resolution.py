"""The one pipeline: detect, liquidate, absorb, post.

`resolve(book, market, terms, event)` is a pure function: no clock, no file, no
network, no global. It returns the book after, the journal that leads there, who was
charged what and why, and what is left with whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Absorption, Charge, Default, Pending, Residual, Settlement
from seawall.core.market import Basis, Market
from seawall.core.terms import Terms
from seawall.errors import InputError, InvariantError
from seawall.ledger.audit import audit
from seawall.ledger.holdings import buckets_of, may_be_negative
from seawall.ledger.journal import Journal
from seawall.liquidation.liquidate import Liquidation, liquidate
from seawall.liquidation.sale import Desk
from seawall.risk.bad_debt import Gaps, book_gaps
from seawall.risk.detect import Scan, scan
from seawall.rules import lending_rules
from seawall.waterfall.close_out import Surplus
from seawall.waterfall.recover import Recovered, Recovery, recover
from seawall.waterfall.waterfall import KINDS, LayerKinds, WaterfallResult, run_waterfall

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Resolution:
    """The answer of one pass.

    Attributes:
        before, after: The books.
        scan: Who was under water before.
        liquidations: What was done to each failing account, in the order it was done.
        defaults: What liquidation could not repay.
        absorptions: What each layer answered, in order.
        charges: Who bears the loss; charges and residuals of a default sum to its loss exactly.
        residuals: What no layer could bear, with its bearer.
        surpluses: What close-outs brought beyond the loss, and who received it.
        settlements: What became of losses that layers held since earlier events.
        pending: What layers hold now, to be settled by a later resolve; also in `after`.
        journal: Every move, balanced and hash-chained.
    """

    event: Event
    before: Book
    after: Book
    market: Market
    terms: Terms
    scan: Scan
    liquidations: tuple[Liquidation, ...]
    defaults: tuple[Default, ...]
    absorptions: tuple[Absorption, ...]
    charges: tuple[Charge, ...]
    residuals: tuple[Residual, ...]
    surpluses: tuple[Surplus, ...]
    journal: Journal
    settlements: tuple[Settlement, ...] = ()
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class BadDebts:
    """The four bad debts of one pass.

    Attributes:
        before, after: Mark gap and liquidation gap of the book, by price basis [value units];
            `before` is also what doing nothing would leave.
        recognised, uncovered: What became a loss, and what no layer bore, per asset [minor units].
    """

    before: Mapping[Basis, Gaps]
    after: Mapping[Basis, Gaps]
    recognised: Mapping[str, int]
    uncovered: Mapping[str, int]


def bad_debts(resolution: Resolution) -> BadDebts:
    """Return the four bad debts of a resolution, each gap on both price bases."""
    bases: tuple[Basis, Basis] = ("oracle", "market")
    market, terms = resolution.market, resolution.terms
    recognised: dict[str, int] = {}
    uncovered: dict[str, int] = {}
    for default in resolution.defaults:
        recognised[default.asset] = recognised.get(default.asset, 0) + default.loss
    for residual in resolution.residuals:
        uncovered[residual.asset] = uncovered.get(residual.asset, 0) + residual.amount
    return BadDebts(
        before={
            basis: book_gaps(
                resolution.before, market, terms, basis, resolution.scan if basis == "oracle" else None
            )
            for basis in bases
        },
        after={basis: book_gaps(resolution.after, market, terms, basis) for basis in bases},
        recognised=recognised,
        uncovered=uncovered,
    )


def resolve(
    book: Book,
    market: Market,
    terms: Terms,
    event: Event,
    *,
    kinds: LayerKinds = KINDS,
    progress: Progress | None = None,
) -> Resolution:
    """Liquidate every account the terms allow, and run what is left through the waterfall.

    Accounts are taken worst first (health, then id). After the pass the journal is
    audited against both books; a violated invariant is a bug and stops the program.

    Args:
        book: State before; not changed.
        market: Prices and depth; the venue's trigger uses the oracle basis.
        terms: The rulebook.
        event: Id, time and seed, and what others did that layers wait for.
        kinds: Class of each kind of layer, for those who add their own.
        progress: Called as progress(stage, done, total), for a bar.

    Raises:
        InvalidTerms: The terms name unknown rules, or a bearer that may not go below zero.
        InputError: The event is earlier than the book (`event_before_book`).
        InvariantError: Our own books do not balance.
    """
    now = _time_of(event, book)
    found = scan(book, market, terms)
    draft = Draft(book)
    desk = Desk(book, market, terms)
    failing = found.failing(book, market, terms)
    liquidations = []
    for number, health in enumerate(failing):
        if progress:
            progress("liquidate", number, len(failing))
        liquidations.append(liquidate(draft, market, terms, desk, health.account, health.status))
    defaults = tuple(default for item in liquidations for default in item.defaults)
    waterfall = run_waterfall(draft, market, terms, defaults, event=event, kinds=kinds, progress=progress)
    if progress:
        progress("post", 0, 1)
    after = replace(draft.book_after(), as_of=now)
    journal = _journal(book, after, draft, terms, event)
    return Resolution(
        event=event,
        before=book,
        after=after,
        market=market,
        terms=terms,
        scan=found,
        liquidations=tuple(liquidations),
        defaults=waterfall.defaults,
        absorptions=waterfall.absorptions,
        charges=waterfall.charges,
        residuals=waterfall.residuals,
        surpluses=waterfall.surpluses,
        settlements=waterfall.settlements,
        pending=waterfall.pending,
        journal=journal,
    )


@dataclass(frozen=True, eq=False)
class SharedOut:
    """The answer of a waterfall used alone: the books around it, who bore what, and the journal."""

    event: Event
    before: Book
    after: Book
    market: Market
    terms: Terms
    waterfall: WaterfallResult
    journal: Journal


def share_out(
    book: Book,
    market: Market,
    terms: Terms,
    defaults: Iterable[Default],
    event: Event,
    *,
    kinds: LayerKinds = KINDS,
    progress: Progress | None = None,
) -> SharedOut:
    """Run losses from another liquidation engine down the waterfall of a plan.

    Args:
        book: Funds and holders; each loss already stands as negative cash of `deficit:<asset>`, and
            lots with the account `engine`.
        market, terms, event, kinds, progress: As for `resolve`.
        defaults: What that engine could not repay.

    Raises:
        InvalidTerms: The terms name a bearer that may not go below zero.
        InputError: The event is earlier than the book (`event_before_book`).
        InvariantError: Our own books do not balance.
    """
    draft, now = Draft(book), _time_of(event, book)
    found = run_waterfall(draft, market, terms, defaults, event=event, kinds=kinds, progress=progress)
    after = replace(draft.book_after(), as_of=now)
    return SharedOut(event, book, after, market, terms, found, _journal(book, after, draft, terms, event))


@dataclass(frozen=True, eq=False)
class SharedBack:
    """The answer to a recovery: the books around it, who got what, and the journal."""

    event: Event
    before: Book
    after: Book
    terms: Terms
    recovered: Recovered
    journal: Journal


def share_back(
    book: Book,
    terms: Terms,
    recovery: Recovery,
    event: Event,
    *,
    charges: Iterable[Charge] = (),
    residuals: Iterable[Residual] = (),
) -> SharedBack:
    """Give a recovery to those who bore the loss, the last payer first; see `recover`.

    Args:
        book: As it stands now, the shares of the loss charged.
        terms: The rulebook under which the loss was shared out.
        event: Names the recovery, and says when it came.
        charges, residuals: Of the earlier resolution, less what was given back since.

    Raises:
        InputError: The recovery or the charges make no sense; all problems are in it. Or the event is
            earlier than the book (`event_before_book`).
        InvariantError: Our own books do not balance.
    """
    draft, now = Draft(book), _time_of(event, book)
    found = recover(draft, terms, recovery, event_id=event.id, now=now, charges=charges, residuals=residuals)
    after = replace(draft.book_after(), as_of=now)
    return SharedBack(event, book, after, terms, found, _journal(book, after, draft, terms, event))


def _time_of(event: Event, book: Book) -> int:
    # Windows, cool-downs and what is pending only make sense when time does not run backwards.
    now = event.time(book.as_of)
    if now < book.as_of:
        message = f"event {event.id} is at {now}, before the book at {book.as_of}: take events in their order"
        raise InputError(message, code="event_before_book")
    return now


def _journal(before: Book, after: Book, draft: Draft, terms: Terms, event: Event) -> Journal:
    rules = lending_rules(terms.rules) if terms.family == "lending" else None
    journal = Journal.of(
        draft.moves,
        event_id=event.id,
        as_of=event.time(before.as_of),
        opening=buckets_of(before, draft.touched, rules),
        closing=buckets_of(after, draft.touched, rules),
        may_be_negative=may_be_negative(after, draft.touched, users=terms.family == "exchange"),
        dust_account=terms.dust_account,
        venue=terms.venue,
    )
    problems = audit(journal)
    if problems:
        raise InvariantError("\n".join(str(problem) for problem in problems[:20]), problems=problems)
    return journal
