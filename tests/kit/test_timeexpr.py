from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.timeexpr import parse_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-21T12:00:00"),
        (" NOW ", "2026-11-21T12:00:00"),
        ("1h", "2026-11-21T11:00:00"),
        ("now-90m", "2026-11-21T10:30:00"),
        ("now - 2d12h", "2026-11-19T00:00:00"),
        ("3h ago", "2026-11-21T09:00:00"),
        ("06:10", "2026-11-21T05:10:00"),
        ("18:20", "2026-11-20T17:20:00"),
        ("18:20:30", "2026-11-20T17:20:30"),
        ("yesterday 18:20", "2026-11-20T17:20:00"),
        ("Yesterday at 18:20", "2026-11-20T17:20:00"),
        ("today 05:00", "2026-11-21T04:00:00"),
        ("yesterday", "2026-11-19T23:00:00"),
        ("today", "2026-11-20T23:00:00"),
        ("2026-11-21", "2026-11-20T23:00:00"),
        ("2026-11-21 18:20", "2026-11-21T17:20:00"),
        ("2026-11-21T18:20:00Z", "2026-11-21T18:20:00"),
        ("2026-11-21T18:20:00.5+02:00", "2026-11-21T16:20:00.500000"),
        ("1795253464", "2026-11-21T09:31:04"),
        ("1795253464.789", "2026-11-21T09:31:04.789000"),
        ("1795253464789", "2026-11-21T09:31:04.789000"),
        ("0", "1970-01-01T00:00:00"),
    ],
)
def test_times_are_understood(text: str, expected: str) -> None:
    assert parse_time(text, NOW, BERLIN) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "18:60",
        "1h1h",
        "2026-13-01",
        "2026-02-30",
        "now+1h",
        "0001-01-01T00:00:00+14:00",
        "99999999y",
        "1" * 30,
        "x" * 500,
    ],
)
def test_what_is_no_time_is_answered_with_what_is(text: str) -> None:
    with pytest.raises(CallError) as caught:
        parse_time(text, NOW, BERLIN)
    assert "write RFC 3339" in str(caught.value) or "duration" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_time_of_day_follows_the_zone_through_the_year() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert parse_time("06:00", summer, BERLIN) == datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
    assert parse_time("06:00", NOW, BERLIN) == datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.times(), MOMENTS)
def test_a_bare_time_of_day_has_always_been(hour: object, now: datetime) -> None:
    at = parse_time(str(hour)[:5], now, BERLIN)
    assert timedelta(0) <= now - at < timedelta(hours=26)


@given(MOMENTS)
def test_a_moment_survives_being_written(at: datetime) -> None:
    assert parse_time(at.isoformat(), NOW) == at
    assert parse_time(str(int(at.timestamp())), NOW) == at


@given(st.text(max_size=40))
def test_any_text_is_a_utc_moment_or_a_call_error(text: str) -> None:
    with contextlib.suppress(CallError):
        assert parse_time(text, NOW, BERLIN).tzinfo is UTC
