"""Reads what log shippers push: snappy blocks that hold protobuf messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 64 << 20
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Corrupt(ValueError):
    """Not what it should be; the text is the Go libraries'."""


@dataclass(frozen=True, slots=True)
class PushedEntry:
    """A line as it was sent: unix nanoseconds, text, structured metadata."""

    at: int
    text: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class PushedStream:
    """Lines with the text of their labels."""

    labels: str
    entries: tuple[PushedEntry, ...]


def push_request(body: bytes) -> list[PushedStream]:
    """The streams of a compressed push request.

    Raises:
        Corrupt: it is none.
    """
    found = []
    for number, value in _fields(unsnapped(body)):
        if number == 1 and isinstance(value, bytes):
            found.append(_stream(value))
    return found


def _stream(message: bytes) -> PushedStream:
    labels, entries = "", []
    for number, value in _fields(message):
        if number == 1:
            labels = _text(value)
        elif number == 2 and isinstance(value, bytes):
            entries.append(_entry(value))
    return PushedStream(labels, tuple(entries))


def _entry(message: bytes) -> PushedEntry:
    at, text, metadata = 0, "", {}
    for number, value in _fields(message):
        if number == 1 and isinstance(value, bytes):
            parts = {n: v for n, v in _fields(value) if isinstance(v, int)}
            at = _signed(parts.get(1, 0)) * 1_000_000_000 + _signed(parts.get(2, 0))
        elif number == 2:
            text = _text(value)
        elif number == 3 and isinstance(value, bytes):
            pair = {n: _text(v) for n, v in _fields(value)}
            metadata[pair.get(1, "")] = pair.get(2, "")
    return PushedEntry(at, text, metadata)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise Corrupt("proto: wrong wireType = 0 for a string field")
    return value.decode("utf-8", "replace")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message in their order."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in {_FIXED64, _FIXED32}:
            size = 8 if kind == _FIXED64 else 4
        else:
            raise Corrupt(f"proto: illegal wireType {kind}")
        if at + size > len(message):
            raise Corrupt("unexpected EOF")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise Corrupt("unexpected EOF")
        if shift > 63:
            raise Corrupt("proto: integer overflow")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def unsnapped(body: bytes) -> bytes:
    """A snappy block unpacked.

    Raises:
        Corrupt: it is none, or too large.
    """
    try:
        size, at = _varint(body, 0)
    except Corrupt:
        raise Corrupt("snappy: corrupt input") from None
    if size > MAX_BYTES:
        raise Corrupt(f"request body too large: {size} bytes, limit: {MAX_BYTES} bytes")
    found = bytearray()
    while at < len(body):
        tag = body[at]
        at = _literal(body, at, found) if tag & 3 == 0 else _copy(body, at, found)
        if len(found) > size:
            raise Corrupt("snappy: corrupt input")
    if len(found) != size:
        raise Corrupt("snappy: corrupt input")
    return bytes(found)


def _literal(body: bytes, at: int, found: bytearray) -> int:
    length = body[at] >> 2
    at += 1
    if length >= 60:
        width = length - 59
        length = int.from_bytes(body[at : at + width], "little")
        at += width
    if at + length + 1 > len(body):
        raise Corrupt("snappy: corrupt input")
    found += body[at : at + length + 1]
    return at + length + 1


def _copy(body: bytes, at: int, found: bytearray) -> int:
    tag, kind = body[at], body[at] & 3
    width = (0, 1, 2, 4)[kind]
    if at + 1 + width > len(body):
        raise Corrupt("snappy: corrupt input")
    offset = int.from_bytes(body[at + 1 : at + 1 + width], "little")
    length = (tag >> 2) + 1
    if kind == 1:
        length = 4 + (tag >> 2 & 7)
        offset |= (tag >> 5) << 8
    if not 0 < offset <= len(found):
        raise Corrupt("snappy: corrupt input")
    for _ in range(length):
        found.append(found[-offset])
    return at + 1 + width
