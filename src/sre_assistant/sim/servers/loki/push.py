"""What others push: read, checked as Loki's distributor checks, and kept."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from sre_assistant.sim.logql import detected_level, gotext, service_name
from sre_assistant.sim.logql.errors import label_text
from sre_assistant.sim.logql.levels import LEVEL, SERVICE, normalised
from sre_assistant.sim.logql.patterns import is_label
from sre_assistant.sim.logstore import Entry, Pushed
from sre_assistant.sim.metrics.series import Labels, labels_of
from sre_assistant.sim.servers.loki.asked import SECOND, Refused, rfc3339
from sre_assistant.sim.servers.loki.snappy import (
    MAX_BYTES,
    Corrupt,
    PushedEntry,
    PushedStream,
    push_request,
)

_MAX_LABELS: Final = 15
_MAX_NAME: Final = 1024
_MAX_VALUE: Final = 2048
_MAX_LINE: Final = 262_144
_OLDEST: Final = 7 * 86_400 * SECOND
_GRACE: Final = 600 * SECOND
_BEHIND: Final = 3600 * SECOND
_PAIR: Final = re.compile(r'\s*([^\s=,{}"]*)\s*=\s*("(?:[^"\\]|\\.)*")\s*', re.DOTALL)


@dataclass(slots=True)
class Intake:
    """Where pushed lines end up, and how many there were, in lines and in bytes."""

    store: Pushed = field(default_factory=Pushed)
    lines: int = 0
    size: int = 0
    newest: dict[Labels, int] = field(default_factory=dict)

    def push(self, body: bytes, headers: Mapping[str, str], now: int) -> None:
        """Takes one request.

        Raises:
            Refused: something in it is wrong; what was right in it has been kept.
        """
        body = _unpacked(body, headers.get("content-encoding", ""))
        kind = headers.get("content-type", "").split(";")[0].strip()
        streams = _from_json(body) if kind == "application/json" else _from_protobuf(body)
        problems: Counter[str] = Counter()
        if not streams:
            raise Refused("error at least one valid stream is required for ingestion", 422)
        for stream in streams:
            try:
                self._take(stream, now, problems)
            except Refused as error:
                problems[str(error)] += 1
        if problems:
            raise Refused(_together(problems))

    def _take(self, stream: PushedStream, now: int, problems: Counter[str]) -> None:
        labels = parse_labels(stream.labels)
        if not labels:
            raise Refused("error at least one label pair is required per stream")
        labels.setdefault(SERVICE, service_name(labels))
        _check_labels(labels)
        key = labels_of(labels)
        entries = [one for one in stream.entries if _accepted(one, label_text(labels), now, problems)]
        kept = list(self._in_order(key, entries, problems))
        for one in kept:
            self.lines += 1
            self.size += len(one.text.encode())
        self.store.push(key, [_detected(one, labels) for one in kept])

    def _in_order(
        self, key: Labels, entries: list[PushedEntry], problems: Counter[str]
    ) -> Iterable[PushedEntry]:
        """The lines that are not far older than the newest of their stream."""
        late = []
        for one in entries:
            newest = self.newest.get(key, one.at)
            if one.at < newest - _BEHIND:
                late.append(
                    f"entry with timestamp {rfc3339(one.at).replace('T', ' ')[:-1]} +0000 UTC ignored, "
                    f"reason: 'entry too far behind, entry timestamp is: {rfc3339(one.at)}, "
                    f"oldest acceptable timestamp is: {rfc3339(newest - _BEHIND)}',\n"
                )
                continue
            self.newest[key] = max(newest, one.at)
            yield one
        if late:
            problems[
                f"{''.join(late)}user 'fake', total ignored: {len(late)} out of {len(entries)} "
                f"for stream: {label_text(dict(key))}"
            ] += 1


def parse_labels(text: str) -> dict[str, str]:
    """Labels written as in a selector.

    Raises:
        Refused: they are not.
    """
    found: dict[str, str] = {}
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise Refused(f"couldn't parse labels: 1:1: parse error: unexpected {gotext.quoted(inner[:1])}")
    at, end = 1, len(inner) - 1
    while at < end:
        pair = _PAIR.match(inner, at, end)
        name = pair[1] if pair else ""
        if not pair or not is_label(name):
            raise _bad_name(inner, at)
        found[name] = gotext.unquoted(pair[2])
        at = pair.end() + 1
    return {name: value for name, value in found.items() if value}


def _bad_name(text: str, at: int) -> Refused:
    """The first character that cannot stand in a name, and where."""
    place = at + (len(text[at:]) - len(text[at:].lstrip()))
    while place < len(text) and is_label(text[at : place + 1].strip()):
        place += 1
    said = text[place : place + 1]
    return Refused(
        f"couldn't parse labels: 1:{place + 1}: parse error: unexpected character inside braces: '{said}'"
    )


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in {"", "snappy"}:
        return body
    try:
        if encoding == "gzip":
            return gzip.decompress(body)
        if encoding == "deflate":
            return zlib.decompress(body, -zlib.MAX_WBITS)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"{encoding}: invalid header") from error
    raise Refused(f'Content-Encoding "{encoding}" not supported')


def _from_protobuf(body: bytes) -> list[PushedStream]:
    try:
        return push_request(body)
    except Corrupt as error:
        raise Refused(str(error)) from error


class _Streams(msgspec.Struct):
    streams: list[msgspec.Raw] = []


class _Stream(msgspec.Struct):
    stream: dict[str, str] = {}
    values: list[list[msgspec.Raw]] = []


def _from_json(body: bytes) -> list[PushedStream]:
    if len(body) > MAX_BYTES:
        raise Refused(f"request body too large: {len(body)} bytes, limit: {MAX_BYTES} bytes")
    try:
        raws = msgspec.json.decode(body, type=_Streams).streams
    except msgspec.DecodeError as error:
        raise _not_json(body) from error
    found, at = [], 0
    for raw in raws:
        text = bytes(raw)
        at = body.index(text, at) + len(text)
        try:
            one = msgspec.json.decode(text, type=_Stream)
            entries = tuple(_entry(value) for value in one.values)
        except (msgspec.DecodeError, ValueError) as error:
            raise _bad_stream(body, at) from error
        found.append(PushedStream(label_text(one.stream), entries))
    return found


def _entry(value: list[msgspec.Raw]) -> PushedEntry:
    at = int(msgspec.json.decode(value[0], type=str)) if len(value) > 1 else int("")
    text = msgspec.json.decode(value[1], type=str)
    metadata = msgspec.json.decode(value[2], type=dict[str, str]) if len(value) > 2 else {}
    return PushedEntry(at, text, metadata)


def _not_json(body: bytes) -> Refused:
    """What Loki's reader says of the first thing that is not as it should be."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return Refused("EOF")
    if text[0] == "{" and text[1:2] not in {'"', "}", ""}:
        problem = f'loghttp.PushRequest.readFieldHash: expect ", but found {text[1]}'
        return Refused(f"{problem}, {_context(text, 2)}")
    return Refused(f"loghttp.PushRequest.Streams: decode slice: expect [ or n, {_context(text, len(text))}")


def _bad_stream(body: bytes, at: int) -> Refused:
    return Refused(
        "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: unmarshalerDecoder: Value looks like "
        "Number/Boolean/None, but can't find its end: ',' or '}' symbol, "
        + _context(body.decode("utf-8", "replace"), at)
    )


def _context(text: str, at: int) -> str:
    near = text[max(0, at - 10) : at + 10]
    wide = text[max(0, at - 50) : at + 50]
    return f"error found in #{min(at, 10)} byte of ...|{near}|..., bigger context ...|{wide}|..."


def _check_labels(labels: Mapping[str, str]) -> None:
    """The limits on labels; ``service_name`` does not count.

    Raises:
        Refused: one is passed.
    """
    text = label_text(labels)
    count = len(labels.keys() - {SERVICE})
    if count > _MAX_LABELS:
        raise Refused(f"entry for stream '{text}' has {count} label names; limit {_MAX_LABELS}")
    for name, value in sorted(labels.items()):
        if len(name) > _MAX_NAME:
            raise Refused(f"stream '{text}' has label name too long: '{name}'")
        if len(value) > _MAX_VALUE:
            raise Refused(f"stream '{text}' has label value too long: '{value}'")


def _accepted(one: PushedEntry, stream: str, now: int, problems: Counter[str]) -> bool:
    """Whether a line is neither too old, too new nor too long; says why not."""
    size = len(one.text.encode())
    if one.at < now - _OLDEST:
        problems[
            f"entry for stream '{stream}' has timestamp too old: {rfc3339(one.at)}, "
            f"oldest acceptable timestamp is: {rfc3339(now - _OLDEST)}"
        ] += 1
    elif one.at > now + _GRACE:
        problems[f"entry for stream '{stream}' has timestamp too new: {rfc3339(one.at)}"] += 1
    elif size > _MAX_LINE:
        problems[
            f"max entry size '{_MAX_LINE}' bytes exceeded for stream '{stream}' "
            f"while adding an entry with length '{size}' bytes"
        ] += 1
    else:
        return True
    return False


def _detected(one: PushedEntry, labels: Mapping[str, str]) -> Entry:
    """The line with the level that its labels, metadata or text tell of."""
    metadata = dict(one.metadata)
    if LEVEL in metadata:
        metadata[LEVEL] = normalised(metadata[LEVEL])
    else:
        metadata[LEVEL] = detected_level(one.text, labels, metadata)
    return Entry(one.at, one.text, metadata)


def _together(problems: Counter[str]) -> str:
    if problems.total() == 1:
        return next(iter(problems))
    return "; ".join(f"{count} errors like: {text}" for text, count in problems.items())
