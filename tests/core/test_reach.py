"""Debt within reach of falls."""

from __future__ import annotations

import pytest

from seawall.core.reach import DebtInReach


@pytest.mark.parametrize(("shape", "half"), [(1.0, 0.01), (2.0, 0.005), (3.0, 0.0025)])
def test_the_law_goes_through_its_point_and_bends_by_its_shape(shape: float, half: float) -> None:
    law = DebtInReach(share=0.02, fall=0.3, shape=shape)
    assert law.within(0.3) == pytest.approx(0.02)
    assert law.within(0.15) == pytest.approx(half)
    assert law.within(0.0) == 0.0
