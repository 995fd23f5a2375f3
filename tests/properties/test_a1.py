"""A1: for each asset, the sum over accounts is the same after every event, no tolerance."""

from collections import Counter

from hypothesis import given

from seawall.core.book import Book
from seawall.ledger.audit import audit
from seawall.ledger.holdings import holdings
from tests.ledger.strategies import RULES, World, carried_out, journal_of, worlds


def totals(book: Book) -> Counter[str]:
    found: Counter[str] = Counter()
    for account in book.rows():
        found.update(holdings(book, account, RULES))
    return Counter({commodity: amount for commodity, amount in found.items() if amount})


@given(worlds())
def test_nothing_appears_or_vanishes(world: World) -> None:
    assert totals(carried_out(world).book_after()) == totals(world.book)


@given(worlds())
def test_the_audit_of_what_the_engine_did_finds_nothing(world: World) -> None:
    journal = journal_of(carried_out(world))
    assert audit(journal) == []


@given(worlds(min_steps=1))
def test_a_unit_added_to_the_closing_is_found(world: World) -> None:
    journal = journal_of(carried_out(world))
    forged = {**journal.closing, "thief": {"cash:USDC": 1}}
    assert {"A1", "E1"} == {problem.code for problem in audit(journal, closing=forged)}
