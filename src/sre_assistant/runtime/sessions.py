"""What was answered last in each conversation, so that a follow-up knows what it follows."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import CallError
from sre_assistant.kit import codec
from sre_assistant.kit.clock import Clock
from sre_assistant.runtime.files import write_private

FORGOTTEN_AFTER = timedelta(minutes=30)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_FILE = 4_194_304


def new_session_id() -> str:
    """An id of 128 random bits: knowing one session says nothing about another's id."""
    return secrets.token_urlsafe(16)


def checked_session_id(name: str) -> str:
    """The name itself, once it is fit to be a key and a file name.

    Raises:
        CallError: it is not.
    """
    if not _NAME.fullmatch(name):
        raise CallError(
            f"{name[:80]!r} is no session id: use 1 to 64 letters, digits, dashes or underscores."
        )
    return name


class Sessions:
    """The last answers of a running server, in memory: the oldest make room, the unused are forgotten."""

    def __init__(self, clock: Clock, *, most: int = 1000) -> None:
        self._clock = clock
        self._most = most
        self._last: OrderedDict[str, tuple[float, Answer]] = OrderedDict()

    def recall(self, session: str) -> Answer | None:
        """What was answered last, unless it is forgotten."""
        found = self._last.get(session)
        if found is None or self._clock.monotonic() - found[0] > FORGOTTEN_AFTER.total_seconds():
            self._last.pop(session, None)
            return None
        return found[1]

    def remember(self, session: str, answer: Answer) -> None:
        """Keeps the newest answer of a session."""
        self._last[session] = (self._clock.monotonic(), answer)
        self._last.move_to_end(session)
        while len(self._last) > self._most:
            self._last.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    at: datetime
    answer: Answer


class SessionFiles:
    """The last answers of the command line, one private file each, so the next process can follow up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, session: str, now: datetime) -> Answer | None:
        """What was answered last, unless it is forgotten or the file is not one of ours."""
        path = self._path(session)
        try:
            if path.stat().st_size > _MAX_FILE:
                return None
            kept = codec.decode(path.read_bytes(), _Kept)
        except (OSError, codec.DecodeError):
            return None
        return kept.answer if timedelta(0) <= now - kept.at <= FORGOTTEN_AFTER else None

    def remember(self, session: str, answer: Answer, now: datetime) -> None:
        """Keeps the newest answer of a session."""
        write_private(self._path(session), codec.encode(_Kept(at=now, answer=answer)))

    def _path(self, session: str) -> Path:
        return self._folder / f"{checked_session_id(session)}.json"
