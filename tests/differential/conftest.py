"""The living contracts: where they cannot be fetched their tests are skipped; in CI they must be there."""

import os

import pytest

from benchmarks.evm_aave import Unavailable, artifacts


@pytest.fixture(autouse=True, scope="session")
def contracts() -> None:
    """Fetch the published contracts, once."""
    try:
        artifacts()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
