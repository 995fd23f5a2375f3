"""The living contracts: where they cannot be fetched their tests are skipped; in CI they must be there."""

import os
import secrets

import pytest

from tests.differential.beside import Venue
from tests.differential.evm.contract import Chain
from tests.differential.evm.package import Unavailable
from tests.differential.venues import VENUES

SEED = "SEAWALL_FUZZ_SEED"


@pytest.fixture(scope="session")
def seed() -> int:
    """Return a fresh seed, or the one that the environment repeats."""
    chosen = int(os.environ.get(SEED) or secrets.randbelow(2**32))
    print(f"{SEED}={chosen}")
    return chosen


@pytest.fixture(scope="session", params=sorted(VENUES))
def venue(request: pytest.FixtureRequest) -> Venue:
    """Return a venue whose contracts can be run."""
    found = VENUES[request.param]
    try:
        found.fetch()
        Chain(0)
    except Unavailable as error:
        pytest.skip(str(error))
    return found
