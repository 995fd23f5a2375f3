"""Bad debts are columns of a path, each at the prices its name says, each name explained once."""

from __future__ import annotations

from seawall.runs.bad_debts import BAD_DEBTS
from seawall.simulation.totals import MONEY


def test_bad_debts_are_the_first_columns_of_money_at_the_prices_they_are_named_for() -> None:
    assert tuple(BAD_DEBTS) == MONEY[: len(BAD_DEBTS)]
    assert MONEY[len(BAD_DEBTS)] == "repaid"
    for name, told in BAD_DEBTS.items():
        assert told.basis == ("market" if name.endswith("_market") else "oracle")


def test_each_name_is_explained_once() -> None:
    explained = [told.label for told in BAD_DEBTS.values() if told.meaning]
    assert explained == list(dict.fromkeys(told.label for told in BAD_DEBTS.values()))
