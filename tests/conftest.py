"""Hypothesis profiles, and the browser: what holds for every test."""

import os
import shutil
from collections.abc import Generator
from typing import TypeVar

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

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser test where there is no Chromium."""
    if item.get_closest_marker("browser") is not None and not shutil.which("chromium"):
        pytest.skip("needs chromium on the PATH: apt-get install chromium")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped has failed: CI installs whatever a test needs."""
    return failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Likewise a file that is skipped whole."""
    return failed_if_skipped((yield))


def failed_if_skipped(report: Report) -> Report:
    """Return a report of a skip as one of a failure, where this is CI."""
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be: {report.longrepr}"
    return report


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
