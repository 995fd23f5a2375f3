"""A6: a command that fails leaves every balance, index, counter and hash as it was, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.draft import Draft
from seawall.core.loss import Move, Posting
from seawall.errors import InvariantError
from seawall.ledger.text import to_lines
from tests.ledger.strategies import World, carried_out, journal_of, worlds

GOOD = (Posting("user:0", "USDC", -5), Posting("user:1", "USDC", 5))
BAD = {
    "unbalanced": (*GOOD, Posting("user:1", "ETH", 1)),
    "a fraction": (Posting("user:0", "USDC", -0.5), Posting("user:1", "USDC", 0.5)),
    "moves nothing": (*GOOD, Posting("user:1", "ETH", 0)),
    "within one place": (Posting("user:0", "USDC", -5), Posting("user:0", "USDC", 5)),
    "empty": (),
}


def snapshot(draft: Draft) -> bytes:
    book = draft.book_after()
    seen = (*book.rows(), book.pools, dict(book.state), draft.moves, sorted(draft.state.items()))
    return repr(seen).encode()


@given(worlds(), st.integers(-(10**20), 10**20).filter(bool))
def test_a_refused_move_leaves_the_draft_byte_equal(world: World, off_by: int) -> None:
    draft = carried_out(world)
    before = snapshot(draft)
    with pytest.raises(InvariantError):
        draft.carry_out(Move("wrong", (*GOOD, Posting("user:0", "USDC", off_by))))
    assert snapshot(draft) == before


@pytest.mark.parametrize("fault", sorted(BAD))
@given(world=worlds())
def test_a_refused_entry_leaves_the_journal_byte_equal(fault: str, world: World) -> None:
    journal = journal_of(carried_out(world))
    before = "\n".join(to_lines(journal))
    with pytest.raises(InvariantError):
        journal.append([Move("good", GOOD), Move("wrong", BAD[fault])], event_id="event-2", as_of=9)
    assert "\n".join(to_lines(journal)) == before
