from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import CallError
from sre_assistant.kit.clock import FixedClock
from sre_assistant.runtime.sessions import (
    FORGOTTEN_AFTER,
    SessionFiles,
    Sessions,
    checked_session_id,
    new_session_id,
)

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)


def answer(text: str = "fine") -> Answer:
    return Answer(question="how is nas?", intent="state", response=text, at=NOW)


async def test_a_session_is_remembered_for_half_an_hour() -> None:
    clock = FixedClock(NOW)
    sessions = Sessions(clock)
    sessions.remember("a", answer())
    await clock.sleep(FORGOTTEN_AFTER.total_seconds())
    assert sessions.recall("a") == answer()
    await clock.sleep(1)
    assert sessions.recall("a") is None


def test_a_session_sees_nothing_of_another() -> None:
    sessions = Sessions(FixedClock(NOW))
    sessions.remember("a", answer("secret of a"))
    assert sessions.recall("b") is None


def test_the_oldest_session_makes_room() -> None:
    sessions = Sessions(FixedClock(NOW), most=2)
    for name in ("a", "b", "a", "c"):
        sessions.remember(name, answer(name))
    assert [sessions.recall(name) is not None for name in ("a", "b", "c")] == [True, False, True]


def test_ids_are_long_and_never_the_same() -> None:
    ids = {new_session_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) >= 22 and checked_session_id(one) == one for one in ids)


@pytest.mark.parametrize("name", ["", "*", "../x", "a/b", "a b", "ä", "x" * 65, "a\n", ".hidden"])
def test_a_name_that_could_leave_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="is no session id"):
        SessionFiles(tmp_path).recall(name, NOW)


def test_the_next_process_remembers(tmp_path: Path) -> None:
    SessionFiles(tmp_path).remember("default", answer(), NOW)
    later = NOW + timedelta(minutes=29)
    assert SessionFiles(tmp_path).recall("default", later) == answer()
    assert stat.S_IMODE((tmp_path / "default.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("after", [timedelta(minutes=31), timedelta(seconds=-1)])
def test_an_old_or_future_file_is_forgotten(tmp_path: Path, after: timedelta) -> None:
    SessionFiles(tmp_path).remember("default", answer(), NOW)
    assert SessionFiles(tmp_path).recall("default", NOW + after) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"at": 1, "answer": {}}', b"[" * 5_000_000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "default.json").write_bytes(content)
    assert SessionFiles(tmp_path).recall("default", NOW) is None
