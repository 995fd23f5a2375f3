"""Aave 3.3: the arithmetic of 3.0.2 under the rules of 3.3."""

from seawall.rules import aave_v3, aave_v3_0_2, aave_v3_3

FROM_3_3 = {"max_repay", "leaves_dust", "recognises"}


def test_rounding_is_that_of_3_0_2_and_the_rules_are_new() -> None:
    for name in aave_v3_3.__all__:
        origin = aave_v3 if name in FROM_3_3 else aave_v3_0_2
        assert getattr(aave_v3_3, name) is getattr(origin, name), name
