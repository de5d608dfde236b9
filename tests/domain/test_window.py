"""Spans of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.window import Window, from_epoch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_window_that_ends_before_it_starts_says_so() -> None:
    with pytest.raises(CallError, match="before it starts"):
        Window(NOON, NOON - timedelta(seconds=1))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CallError, match="zone"):
        Window(datetime(2026, 3, 1), NOON)  # noqa: DTZ001


def test_a_moment_is_a_window() -> None:
    assert Window(NOON, NOON).span == timedelta(0)


def test_epochs_are_utc() -> None:
    assert from_epoch(0) == datetime(1970, 1, 1, tzinfo=UTC)
