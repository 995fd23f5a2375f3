"""S3: permuting receivers permutes their shares; renaming moves at most a unit among the tied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.proportional import allocate_capped, allocate_per_unit, allocate_pro_rata, tie_keys
from seawall.core.event import Event
from tests.allocation.test_proportional import claims
from tests.waterfall.books import account, cash_default, run, terms_of


@given(claims(), st.randoms(use_true_random=False))
def test_s3_permuting_receivers_permutes_their_shares(case, chance) -> None:  # type: ignore[no-untyped-def]
    total, weights, caps, ties = case
    order = list(range(len(weights)))
    chance.shuffle(order)
    moved_weights, moved_caps = [weights[at] for at in order], [caps[at] for at in order]
    moved_ties = [ties[at] for at in order]
    for before, after in (
        (
            allocate_pro_rata(total, weights, tie_key=ties),
            allocate_pro_rata(total, moved_weights, tie_key=moved_ties),
        ),
        (
            allocate_capped(total, weights, caps, tie_key=ties),
            allocate_capped(total, moved_weights, moved_caps, tie_key=moved_ties),
        ),
        (allocate_per_unit(total, weights, caps), allocate_per_unit(total, moved_weights, moved_caps)),
    ):
        assert after == [before[at] for at in order]


@given(claims(), st.text(max_size=4))
def test_s3_renaming_moves_at_most_a_unit_and_only_among_the_tied(case, event: str) -> None:  # type: ignore[no-untyped-def]
    total, weights, _, ties = case
    other = tie_keys(event, [f"renamed {place}" for place in range(len(weights))])
    before = allocate_pro_rata(total, weights, tie_key=ties)
    after = allocate_pro_rata(total, weights, tie_key=other)
    remainders = [total * weight % sum(weights) for weight in weights]
    moved = {place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    assert all(abs(before[place] - after[place]) == 1 for place in moved)
    assert len({remainders[place] for place in moved}) <= 1


def test_s3_the_tied_unit_does_not_always_fall_on_the_same_account() -> None:
    terms = terms_of({"kind": "mutualise", "over": "cash"})
    accounts = [account(name, 10) for name in "abc"]
    paying = {
        run(accounts, terms, cash_default(1), event=Event(f"event-{number}"))[0].charges[0].account
        for number in range(40)
    }
    assert paying == {"a", "b", "c"}


def test_s3_the_first_account_of_the_book_has_no_advantage_in_the_deleveraging_queue() -> None:
    from tests.waterfall.test_deleverage import LONG, adl, closed, lots_default, run, short

    twins = [short(name, 100, 12_000) for name in "abc"]
    terms = terms_of({"kind": "adl"})
    first = set()
    for number in range(40):
        _, draft = run(twins, terms, lots_default(LONG), event=Event(f"event-{number}"))
        first |= set(closed(draft, *twins))
    assert first == {"a", "b", "c"}
    assert adl(*twins)[0].charges[0].amount == 1000
