"""Nothing is skipped in CI: a test that cannot run there has failed."""

from __future__ import annotations

import pytest

from tests.conftest import failed_if_skipped


def skipped() -> pytest.TestReport:
    return pytest.TestReport("a", ("a", 1, "a"), {}, "skipped", ("a", 1, "Skipped: no numba"), "call")


def test_a_skip_is_a_failure_in_ci_and_tells_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    report = failed_if_skipped(skipped())
    assert report.failed
    assert "no numba" in str(report.longrepr)


def test_a_skip_elsewhere_is_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert failed_if_skipped(skipped()).skipped
