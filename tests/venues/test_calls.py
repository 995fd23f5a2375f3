"""What every machine says of an action that cannot be, and what its receipts share."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.errors import InputError
from seawall.venues.machines.calls import AT_MAX, asked
from seawall.venues.machines.inputs import amount
from seawall.venues.machines.machine import Action, Receipt

CALLS = {"give": ("call", {"units": amount})}


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        (Action("give", None, {"units": 1}), ["argument_invalid"]),  # type: ignore[arg-type]  # wrong on purpose
        (Action("give", "5", {"units": -1}), ["argument_invalid"] * 2),  # type: ignore[arg-type]  # likewise
        (Action("give", 1.5, {}), ["argument_invalid", "argument_missing"]),  # type: ignore[arg-type]  # likewise
        (Action("give", AT_MAX + 1, {"units": 1}), ["argument_invalid"]),
        (Action("give", -1, {"units": 1}), ["argument_invalid"]),
        (Action("take", -1, {}), ["argument_invalid", "action_unknown"]),
        (Action(["x"], 1, {}), ["action_unknown"]),  # type: ignore[arg-type]  # likewise
        (Action("give", 1, None), ["argument_invalid"]),  # type: ignore[arg-type]  # likewise
    ],
)
def test_all_that_is_wrong_with_an_action_is_told(action: Action, codes: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        asked("shop", CALLS, action)
    assert [problem.code for problem in raised.value.problems] == codes


def test_an_action_that_can_be_is_read() -> None:
    assert asked("shop", CALLS, Action("give", AT_MAX, {"units": "7"})) == ("call", {"units": 7})


def test_what_receipts_share_cannot_be_written_to() -> None:
    out: Any = Receipt().out
    with pytest.raises(TypeError):
        out["mine"] = 1
