"""Parts of a whole as people read them: two digits below ten percent, whole ones from there."""

from fractions import Fraction

import pytest

from seawall.core.parts import percent


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (None, "-"),
        (Fraction(0), "0 %"),
        (Fraction(1, 3000), "0.033 %"),
        (Fraction(994, 10_000), "9.9 %"),
        (Fraction(995, 10_000), "10 %"),
        (Fraction(996, 10_000), "10 %"),
        (Fraction(1), "100 %"),
    ],
)
def test_a_part_is_written_with_as_many_digits_as_it_needs(part: Fraction | None, words: str) -> None:
    assert percent(part) == words
