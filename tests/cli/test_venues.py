"""`seawall venues` and `venues show`."""

from __future__ import annotations

import json

from seawall.venues.catalogue import venues
from tests.cli.command import seawall


def test_every_venue_is_listed() -> None:
    done = seawall("venues")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()[1:-1]]
    assert names == [item.name for item in venues()]


def test_a_venue_is_told_in_plain_words() -> None:
    done = seawall("venues", "show", "aave_v3_7")
    words = " ".join(done.stdout.split())
    assert "Half of the account's total debt" in words
    assert "breaks H5" in words
    assert "pays 1 deficit offset" in words
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_the_document_holds_the_same() -> None:
    found = json.loads(seawall("venues", "show", "maker_dss", "--json").stdout)
    assert found["grade"] == "contract"
    assert found["refusals"]["Error:Dog/not-unsafe"] == "healthy"
    assert len(json.loads(seawall("venues", "--json").stdout)["venues"]) == len(venues())


def test_a_name_that_is_unknown_is_refused() -> None:
    done = seawall("venues", "show", "aave_v37")
    assert (done.returncode, "closest: aave_v3_7" in done.stderr) == (3, True)
