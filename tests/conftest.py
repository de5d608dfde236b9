"""What holds for every run: one in which nothing passed has proven nothing, and fails."""

from __future__ import annotations

import pytest


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run of skips alone ends as one that found no test does."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran = reporter is None or session.config.option.collectonly or reporter.stats.get("passed")
    if exitstatus == pytest.ExitCode.OK and not ran:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
