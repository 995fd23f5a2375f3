"""A5: rounding dust goes to one named account, and stays below the number of accounts touched."""

from hypothesis import given
from hypothesis import strategies as st

from seawall.core.loss import Move, Posting
from seawall.ledger.audit import audit
from seawall.ledger.journal import Journal
from tests.ledger.strategies import World, carried_out, journal_of, worlds


@given(worlds(min_steps=1))
def test_dust_of_an_entry_stays_below_the_accounts_it_touched(world: World) -> None:
    for entry in journal_of(carried_out(world)).entries:
        dust = sum(item.amount for item in entry.postings if item.account == "dust")
        # Indexes stay below 2 here, so a scaled unit is worth less than two units of the asset.
        assert abs(dust) < 2 * len({item.account for item in entry.postings})


@given(st.integers(1, 6), st.integers(-10, 10).filter(bool))
def test_dust_is_rounding_exactly_while_below_the_accounts_touched(payers: int, dust: int) -> None:
    # Law at its boundary: `payers` users and the dust account are touched by one entry.
    parts = [dust // payers + (number < dust % payers) for number in range(payers)]
    lines = [Posting(f"user:{number}", "USDC", -part) for number, part in enumerate(parts) if part]
    touched = len(lines) + 1
    journal = Journal.of(
        [Move("sweep", (*lines, Posting("dust", "USDC", dust)))],
        event_id="e",
        as_of=0,
        opening={f"user:{number}": {"cash:USDC": 100} for number in range(payers)},
        may_be_negative=frozenset({"dust"}),
    )
    assert [item.code for item in audit(journal)] == ([] if abs(dust) < touched else ["A5"])
