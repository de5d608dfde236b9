"""A container's log as the daemon sends it: framed by stream, or bare from a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias

from sre_assistant.integrations.docker.parse import moment

Stream: TypeAlias = Literal["stdout", "stderr", ""]
"""Empty for a terminal, which has but one."""

_HEAD: Final = 8
_STREAMS: Final[dict[int, Stream]] = {0: "stdout", 1: "stdout", 2: "stderr"}
_STAMPED: Final = re.compile(rb"(\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|[+-]\d\d:\d\d)) ?")


class Line(NamedTuple):
    """One line of a log."""

    at: datetime
    stream: Stream
    text: str
    """Without its line end; untrusted."""


def read_log(body: bytes) -> tuple[Line, ...]:
    """The lines of a log that was asked for with its times.

    With times in front, the first byte tells the two forms apart: a digit of a year, or a stream's number.

    Raises:
        ValueError: it is neither.
    """
    if not body:
        return ()
    bare: Iterator[tuple[Stream, bytes]] = iter([("", body)])
    pieces = _framed(body) if body[0] in _STREAMS else bare
    lines = [line for stream, text in _whole(pieces) for line in _lines(stream, text)]
    if not lines:
        raise ValueError("no line of the log begins with its time")
    return tuple(sorted(lines, key=lambda line: line.at))


def _framed(body: bytes) -> Iterator[tuple[Stream, bytes]]:
    """Each frame: a byte for the stream, three empty ones, four for the size, and the text."""
    place = 0
    while place < len(body):
        head = body[place : place + _HEAD]
        size = int.from_bytes(head[4:], "big")
        text = body[place + _HEAD : place + _HEAD + size]
        if len(head) < _HEAD or head[0] not in _STREAMS or any(head[1:4]) or len(text) < size:
            raise ValueError(f"the log is cut off or garbled at byte {place:,}")
        yield _STREAMS[head[0]], text
        place += _HEAD + size


def _whole(pieces: Iterator[tuple[Stream, bytes]]) -> Iterator[tuple[Stream, bytes]]:
    """Long lines come in several frames, each with a time of its own: they are put together again."""
    open_ends: dict[Stream, bytes] = {}
    for stream, piece in pieces:
        begun = open_ends.pop(stream, b"")
        stamp = _STAMPED.match(piece) if begun else None
        text = begun + piece[stamp.end() if stamp else 0 :]
        if text.endswith(b"\n"):
            yield stream, text
        else:
            open_ends[stream] = text
    yield from open_ends.items()


def _lines(stream: Stream, text: bytes) -> Iterator[Line]:
    """The lines of a piece; one without a time of its own is as old as the one before it."""
    at: datetime | None = None
    for line in text.removesuffix(b"\n").split(b"\n"):
        stamp = _STAMPED.match(line)
        at = (moment(stamp[1].decode("ascii")) if stamp else None) or at
        if at is not None:
            yield Line(
                at, stream, line[stamp.end() if stamp else 0 :].decode("utf-8", "replace").rstrip("\r")
            )
