"""A stream hangs on seed, name and path, and on nothing else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from seawall.errors import InputError
from seawall.simulation.streams import StreamFamily, normals, stream, uniforms


def test_a_stream_is_the_same_whenever_it_is_asked_for() -> None:
    first = stream(3, "moves", 5).random(8)
    stream(3, "jumps", 5).random(100)
    assert np.array_equal(stream(3, "moves", 5).random(8), first)


def test_seed_name_and_path_each_make_another_stream() -> None:
    drawn = [
        stream(seed, name, path).integers(0, 2**63, 4)
        for seed in (0, 1, -1, 2**70)
        for name in ("moves", "jumps", "")
        for path in (0, 1, 2**32, 2**63)
    ]
    assert not any(np.array_equal(one, other) for one, other in combinations(drawn, 2))


def test_streams_of_neighbouring_paths_are_not_correlated() -> None:
    z = normals(1, "moves", first=0, count=400, shape=(250,))
    products = (z[1:] * z[:-1]).ravel()
    assert abs(products.mean() * np.sqrt(len(products))) < 4
    assert abs(z.mean() * np.sqrt(z.size)) < 4


@pytest.mark.parametrize("draw", [normals, uniforms])
def test_paths_do_not_depend_on_their_chunk(draw: type) -> None:
    whole = draw(9, "moves", first=0, count=10, shape=(7, 3))
    parts = [draw(9, "moves", first=first, count=count, shape=(7, 3)) for first, count in ((0, 4), (4, 6))]
    assert np.array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize("draw", [normals, uniforms])
def test_a_longer_path_begins_with_the_shorter_one(draw: type) -> None:
    short = draw(9, "moves", first=2, count=3, shape=(7, 3))
    assert np.array_equal(draw(9, "moves", first=2, count=3, shape=(20, 3))[:, :7], short)


def test_a_family_gives_the_streams_of_its_name() -> None:
    found = [generator.random() for generator in StreamFamily(4, "jumps").paths((6, 7))]
    assert found == [stream(4, "jumps", 6).random(), stream(4, "jumps", 7).random()]


def test_the_first_numbers_of_a_stream_are_frozen() -> None:
    # The bits are ours by hash and Philox; what a distribution makes of them is NumPy's.
    assert stream(42, "moves", 7).bit_generator.random_raw(2).tolist() == FROZEN


@pytest.mark.parametrize("path", [-1, 2**64])
def test_a_path_number_out_of_range_is_refused(path: int) -> None:
    with pytest.raises(InputError, match="expected 0 to 2\\^64 - 1"):
        stream(1, "moves", path)


FROZEN = [7525796796785924027, 1317500415505626652]
