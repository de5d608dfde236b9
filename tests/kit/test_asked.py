"""Times that callers ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.asked import past_moment, past_window, step_width

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_moment_has_been() -> None:
    assert past_moment("1h", NOW) == NOW - timedelta(hours=1)
    assert past_moment("2026-03-01T12:00:30Z", NOW) == NOW + timedelta(seconds=30), "clocks differ a little"
    with pytest.raises(CallError, match=r"'2026-03-01T12:02:00Z' is .* in the future"):
        past_moment("2026-03-01T12:02:00Z", NOW)


def test_a_window_goes_forward_and_no_further_than_allowed() -> None:
    window = past_window("2h", "1h", NOW)
    assert (window.start, window.end) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    month = timedelta(days=30)
    assert past_window("30d", "now", NOW, longest=month).span == month
    with pytest.raises(CallError, match="more than the 30 days of one query"):
        past_window("31d", "now", NOW, longest=month)
    for start, end, says in (("1h", "2h", "is after"), ("1h", "1h", "is the same moment as")):
        with pytest.raises(CallError, match=says):
            past_window(start, end, NOW)


@pytest.mark.parametrize(("text", "seconds"), [("60", 60), ("0.5", 0.5), ("5m", 300), ("1d", 86_400)])
def test_a_step_is_a_span(text: str, seconds: float) -> None:
    assert step_width(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["0", "0s", "86401", "2d", "-5", "", "many", "१"])
def test_a_step_that_is_none_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(CallError):
        step_width(text)
