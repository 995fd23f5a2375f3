"""A3: an account with a declared sign never stands below zero."""

from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.core.loss import Move, Posting
from seawall.ledger.audit import audit
from seawall.ledger.journal import Journal, replay
from tests.ledger.strategies import World, carried_out, journal_of, user, worlds


@given(worlds())
def test_users_and_funds_never_stand_below_zero(world: World) -> None:
    journal = journal_of(carried_out(world))
    for count in range(len(journal.entries) + 1):
        for name, held in replay(journal.opening, journal.entries[:count]).items():
            if name not in journal.may_be_negative:
                assert all(
                    amount >= 0 for key, amount in held.items() if key.startswith(("cash:", "supply:"))
                )


@given(worlds(), st.integers(1, 10**15))
def test_taking_more_cash_than_a_declared_account_has_is_found(world: World, beyond: int) -> None:
    journal = journal_of(carried_out(world))
    name = user(0)
    held = journal.closing.get(name, {}).get("cash:USDC", 0)
    taken = Move(
        "theft", (Posting(name, "USDC", -held - beyond), Posting("user:thief", "USDC", held + beyond))
    )
    found = audit(journal.append([taken], event_id="event-2", as_of=8))
    assert [(item.code, item.where) for item in found] == [("A3", f"entry {len(journal.entries) + 1}")]


@given(worlds(), st.integers(1, 10**15))
def test_the_same_is_no_fault_of_an_account_without_declared_sign(world: World, amount: int) -> None:
    journal = journal_of(carried_out(world))
    assume(journal.entries)
    free = Journal.of(
        [Move("pay", (Posting("external:x", "USDC", -amount), Posting("user:0", "USDC", amount)))],
        event_id="e",
        as_of=0,
        opening=journal.closing,
        may_be_negative=journal.may_be_negative | {"external:x"},
    )
    assert audit(free) == []
