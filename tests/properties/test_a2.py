"""A2: every entry balances per asset, moves whole amounts, and moves them between two places."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.core.loss import Move, Posting
from seawall.errors import InvariantError
from seawall.ledger.audit import audit
from seawall.ledger.journal import Journal
from tests.ledger.strategies import World, carried_out, journal_of, worlds

AMOUNTS = st.integers(-(10**30), 10**30)
POSTINGS = st.builds(
    Posting, st.sampled_from(["a", "b", "c"]), st.sampled_from(["ETH", "USDC"]), AMOUNTS.filter(bool)
)


@given(st.lists(POSTINGS, min_size=1, max_size=6))
def test_what_does_not_sum_to_zero_cannot_be_posted(postings: list[Posting]) -> None:
    sums = {item.commodity: 0 for item in postings}
    for item in postings:
        sums[item.commodity] += item.amount
    assume(any(sums.values()))
    with pytest.raises(InvariantError):
        Journal.of([Move("any", tuple(postings))], event_id="e", as_of=0, opening={})


@given(worlds(min_steps=1), st.data())
def test_changing_any_amount_unbalances_its_entry(world: World, data: st.DataObject) -> None:
    journal = journal_of(carried_out(world))
    assume(journal.entries)
    at = data.draw(st.integers(0, len(journal.entries) - 1))
    entry = journal.entries[at]
    line = data.draw(st.integers(0, len(entry.postings) - 1))
    by = data.draw(AMOUNTS.filter(bool))
    postings = list(entry.postings)
    postings[line] = postings[line]._replace(amount=postings[line].amount + by)
    entries = list(journal.entries)
    entries[at] = replace(entry, postings=tuple(postings))
    found = audit(replace(journal, entries=tuple(entries)))
    assert ("A2", f"entry {at + 1}") in {(problem.code, problem.where) for problem in found}
