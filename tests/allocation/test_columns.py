"""Columns are the plain rules to the unit: widths, ties, zeros, caps; with and without compiled loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.allocation import columns, head
from seawall.allocation.allocate import allocate
from seawall.allocation.columns import capped_columns, pro_rata_columns
from seawall.allocation.head import queue_head
from seawall.allocation.proportional import allocate_capped, allocate_pro_rata, tie_keys
from seawall.core.money import Amounts
from seawall.errors import InputError

# Both sides of every width that matters: bins of 16 bits, one limb, two limbs.
BITS = (1, 3, 15, 16, 17, 31, 33, 61, 63, 64, 65, 90, 118, 122)


def amounts() -> st.SearchStrategy[int]:
    return st.sampled_from(BITS).flatmap(lambda bits: st.integers(0, 2**bits))


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, list[int], list[str]]:
    """A total, weights of which some are zero or alike, and ids."""
    pool = draw(st.lists(amounts(), min_size=1, max_size=4))
    weights = draw(st.lists(st.sampled_from([0, *pool]), min_size=1, max_size=12).filter(any))
    total = draw(amounts() | st.sampled_from([sum(weights), sum(weights) // 3, 0, 1]))
    return total, weights, [f"account-{number}" for number in range(len(weights))]


@given(splits(), st.sampled_from(["storm", "flood"]))
def test_pro_rata_over_columns_is_pro_rata(case: tuple[int, list[int], list[str]], event: str) -> None:
    total, weights, ids = case
    expected = allocate_pro_rata(total, weights, tie_key=tie_keys(event, ids))
    assert pro_rata_columns(total, Amounts.of(weights), ids=ids, event=event).ints() == expected
    if max(total, *weights) < 2**63:
        narrow = pro_rata_columns(total, np.array(weights, dtype=np.int64), ids=ids, event=event)
        assert narrow.tolist() == expected


@given(splits(), st.data())
def test_capped_over_columns_is_capped(case: tuple[int, list[int], list[str]], data: Any) -> None:
    _, weights, ids = case
    # Caps at, near, and far from a common part of the weight: many sit on the level at once.
    parts = st.sampled_from([(1, 1), (1, 3), (2, 1)])
    caps = [
        data.draw(amounts()) if data.draw(st.booleans()) else weight * up // down
        for weight, (up, down) in ((weight, data.draw(parts)) for weight in weights)
    ]
    bearable = sum(cap for cap, weight in zip(caps, weights, strict=True) if weight)
    total = data.draw(st.sampled_from([bearable, bearable // 2, bearable // 7, 0]) | st.integers(0, bearable))
    expected = allocate_capped(total, weights, caps, tie_key=tie_keys("e", ids))
    found = capped_columns(total, Amounts.of(weights), Amounts.of(caps), ids=ids, event="e")
    assert found.ints() == expected


def test_many_receivers_fill_many_bins() -> None:
    chance = np.random.default_rng(1)
    ids = [f"account-{number}" for number in range(5000)]
    for size, kinds in ((10**6, 5000), (10**24, 5000), (10**24, 7), (3, 3)):
        pool = [1 + int(part * size) for part in chance.random(kinds)]
        weights = [pool[place] for place in chance.integers(0, kinds, len(ids))]
        for total in (1, 4999, sum(weights) // 3, sum(weights) - 1):
            expected = allocate_pro_rata(total, weights, tie_key=tie_keys("e", ids))
            assert pro_rata_columns(total, Amounts.of(weights), ids=ids, event="e").ints() == expected


@pytest.fixture
def _no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "compiled", lambda name: None)


@pytest.mark.usefixtures("_no_numba")
def test_without_numba_the_plain_rules_answer() -> None:
    ids = ["a", "b", "c"]
    assert pro_rata_columns(10, np.array([1, 1, 1]), ids=ids, event="e").tolist() == allocate_pro_rata(
        10, [1, 1, 1], tie_key=tie_keys("e", ids)
    )
    weights, caps = Amounts.of([10**30, 5, 0]), Amounts.of([7, 9, 9])
    assert capped_columns(12, weights, caps, ids=ids).ints() == [7, 5, 0]


def test_a_staircase_of_caps_goes_to_the_plain_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step fills one more account: too many rounds for the loop, the same answer."""
    monkeypatch.setattr(columns, "ROUNDS_MAX", 3)
    weights, ids = [1] * 12, [f"a{number}" for number in range(12)]
    caps = [sum(range(number + 1)) * number for number in range(12)]
    total = sum(caps) - 40
    expected = allocate_capped(total, weights, caps, tie_key=tie_keys("", ids))
    assert capped_columns(total, Amounts.of(weights), Amounts.of(caps), ids=ids).ints() == expected


class Unread(Sequence[str]):
    """Ids that nobody may read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: Any) -> Any:
        raise AssertionError(f"id {place} was read and no tie asks for it")


def test_ids_are_read_only_where_a_tie_asks() -> None:
    assert pro_rata_columns(10, np.array([7, 2, 4]), ids=Unread(3)).tolist() == [5, 2, 3]
    found = queue_head(5, np.array([4, 4]), np.array([1.0, 2.0]), ids=Unread(2), exact=None)
    assert found.shares.tolist() == [1, 4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pro_rata_columns(-1, np.array([1]), ids=["a"]), "cannot split -1"),
        (lambda: pro_rata_columns(1, np.array([1, -2]), ids=["a", "b"]), "weight 1 is -2"),
        (lambda: pro_rata_columns(1, Amounts.of([1, -(10**30)]), ids=["a", "b"]), "weight 1 is -1000"),
        (lambda: pro_rata_columns(1, np.array([0]), ids=["a"]), "no weight is positive"),
        (lambda: pro_rata_columns(1, np.array([1]), ids=["a", "b"]), "each of 2 ids, got 1"),
        (lambda: pro_rata_columns(2**63, np.array([1]), ids=["a"]), "do not fit int64"),
        (
            lambda: capped_columns(5, Amounts.of([1, 0]), Amounts.of([4, 9]), ids=["a", "b"]),
            "caps bear 4, expected at least 5",
        ),
        (lambda: queue_head(1, np.array([-1]), np.array([1.0]), ids=["a"]), "cap 0 is -1"),
        (lambda: queue_head(1, np.array([1]), np.array([np.nan]), ids=["a"]), "score 0 is nan"),
        (lambda: queue_head(1, np.array([1]), np.array([1.0, 2.0]), ids=["a"]), "1 caps and 2 scores"),
    ],
)
def test_what_cannot_be_shared_is_refused_with_the_number(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


# --- the head of a queue ---


@pytest.fixture(params=[1, 1 << 16], ids=["parted", "sorted"])
def _sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small samples part even short queues; large ones sort them."""
    monkeypatch.setattr(head, "FEW", request.param)
    monkeypatch.setattr(head, "SAMPLE", 4)
    monkeypatch.setattr(head, "LONG", 8)  # read in two halves
    return


@st.composite
def queues(draw: st.DrawFn) -> tuple[int, list[int], list[tuple[int, int]], list[str]]:
    """Caps and exact scores, many of them equal, or equal as floats and different all the same."""
    size = draw(st.integers(1, 30))
    near = st.integers(0, 2).map(lambda step: (10**17 + step, 3))
    score = draw(st.sampled_from([near, st.tuples(st.integers(-4, 4), st.integers(1, 3))]))
    scores = draw(st.lists(score, min_size=size, max_size=size))
    caps = draw(st.lists(st.integers(0, draw(st.sampled_from([1, 9, 10**12]))), min_size=size, max_size=size))
    total = draw(st.integers(0, sum(caps) + 2))
    return total, caps, scores, [f"account-{number}" for number in range(size)]


@pytest.mark.usefixtures("_sizes")
@settings(suppress_health_check=[*settings().suppress_health_check])
@given(queue=queues())
def test_the_head_is_the_queue(queue: tuple[int, list[int], list[tuple[int, int]], list[str]]) -> None:
    total, caps, scores, ids = queue
    floats = np.array([top / bottom for top, bottom in scores])
    exact = allocate(total, [1] * len(ids), caps, rule="queue", ids=ids, event="e", order=scores)
    found = queue_head(
        total,
        np.array(caps),
        floats,
        ids=ids,
        event="e",
        exact=lambda rows: [scores[row] for row in rows],
    )
    shares = np.zeros(len(ids), dtype=np.int64)
    shares[found.rows] = found.shares
    assert (tuple(shares.tolist()), found.left) == (exact.shares, exact.left)
    assert (found.shares > 0).all()


def test_scores_equal_as_floats_go_by_the_exact_ones() -> None:
    """2^60 and 2^60 + 1 are one float; the third stands behind both."""
    scores = [2**60, 2**60 + 1, 5]
    found = queue_head(
        3,
        np.array([2, 2, 2]),
        np.array(scores, dtype=np.float64),
        ids=["a", "b", "c"],
        exact=lambda rows: [(scores[row], 1) for row in rows],
    )
    assert (found.rows.tolist(), found.shares.tolist()) == ([0, 1], [1, 2])


@pytest.mark.parametrize("part", [0.0, 1e-4, 0.01, 0.3, 0.999, 1.0])
@pytest.mark.parametrize("shape", ["even", "heavy", "tied"])
def test_a_long_queue_is_cut_where_a_full_sort_cuts_it(part: float, shape: str) -> None:
    chance = np.random.default_rng(4)
    count = 200_000
    caps = np.floor(np.exp(chance.normal(10, 2, count))).astype(np.int64)
    scores = {
        "even": chance.random(count),
        "heavy": np.exp(chance.normal(0, 5, count)),
        "tied": chance.integers(0, 5000, count).astype(np.float64),
    }[shape]
    total = int(int(caps.sum()) * part)
    ids = [str(number) for number in range(count)]
    found = queue_head(total, caps, scores, ids=ids, event="e")
    again = queue_head(total, caps, scores, ids=ids, event="e", is_checked=True)
    assert (again.rows.tolist(), again.shares.tolist()) == (found.rows.tolist(), found.shares.tolist())
    order = np.argsort(-scores, kind="stable")
    whole = caps[order].cumsum()
    cut = scores[order[min(int(np.searchsorted(whole, total)), count - 1)]]
    shares = np.zeros(count, dtype=np.int64)
    shares[found.rows] = found.shares
    assert (shares[scores > cut] == caps[scores > cut]).all() or not total
    assert (shares[scores < cut] == 0).all()
    assert int(shares.sum()) == total
    partly = np.flatnonzero((shares > 0) & (shares < caps))
    assert len(partly) <= 1
