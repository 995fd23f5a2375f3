"""Hypothesis profiles, and the browser: what holds for every test."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# Chance stays chance on every machine but CI (a failure is a real counterexample, and its blob is printed);
# a law that failed once becomes a frozen case in tests/seeds/. In CI the same examples are drawn each time,
# as in Hypothesis's own profile for it: a change is judged by what it changes. `make test-all` draws afresh.
settings.register_profile(
    "default", max_examples=60, deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True
)
settings.register_profile(
    "all",
    settings.get_profile("default"),
    max_examples=2_000,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser test where there is no Chromium; in CI there must be one."""
    if item.get_closest_marker("browser") is None or shutil.which("chromium"):
        return
    message = "needs chromium on the PATH: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium_launch() -> dict[str, object]:
    """Keyword arguments for `playwright.chromium.launch`: the system's Chromium, offline and quiet."""
    return {
        "executable_path": shutil.which("chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--no-first-run",
        ],
    }
