"""From the bytes of Loki's answers to values. Each function raises DecodeError when they are not that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from sre_assistant.domain.reading import Sample, Series
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.loki import shapes
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.entries import read_entries

Direction: TypeAlias = Literal["backward", "forward"]
LabelSet: TypeAlias = Mapping[str, str]

MOST_SERIES: Final = 10_000
MOST_STREAMS: Final = 50_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as Loki keeps it."""

    nanoseconds: int
    at: datetime
    """The same moment, in whole microseconds."""
    text: str
    stream: Mapping[str, str]
    """The labels of its stream; where the server does not tell them apart, the others as well."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Structured metadata, and what stages of the query found in the line."""

    @property
    def labels(self) -> Mapping[str, str]:
        """All of them."""
        return {**self.stream, **self.metadata}


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the order asked for."""

    entries: tuple[Entry, ...]
    cut: str = ""
    """Why some could not be read; empty when all could."""
    told_apart: bool = False
    """Whether the server keeps stream labels and structured metadata apart."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a metric query was answered with."""

    kind: str
    """``vector``, ``matrix``, ``scalar``, or ``streams`` for what is none."""
    samples: tuple[Sample, ...] = ()
    series: tuple[Series, ...] = ()
    cut: str = ""

    def __bool__(self) -> bool:
        """Whether there is any series."""
        return bool(self.samples or self.series)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines that differ only in what ``<_>`` stands for."""

    text: str
    level: str
    count: int


def lines(body: bytes, direction: Direction, most: int) -> Lines | str:
    """At most so many lines of all streams merged by time, or the type of a result that has none.

    Lines of one moment keep the server's order.
    """
    result = decode(body, shapes.Answer).data
    if result.result_type != "streams":
        return result.result_type
    came = 0

    def entries(item: shapes.Stream) -> tuple[Entry, ...]:
        nonlocal came
        came += len(item.values)
        return tuple(_entry(item.stream, value) for value in item.values[:most])

    found, cut = read_entries(_items(result), shapes.Stream, entries, most=most)
    if came > most:
        cut = "; ".join(filter(None, (cut, f"{came:,} lines came though {most:,} were asked for")))
    merged = [entry for stream in found for entry in stream]
    merged.sort(key=lambda entry: entry.nanoseconds, reverse=direction == "backward")
    flags = result.encoding_flags or ()
    return Lines(tuple(merged[:most]), cut, "categorize-labels" in flags)


def numbers(body: bytes) -> Numbers:
    """The series of a metric query."""
    result = decode(body, shapes.Answer).data
    if result.result_type == "vector":
        samples, cut = read_entries(_items(result), shapes.VectorItem, _sample, most=MOST_SERIES)
        return Numbers("vector", samples=samples, cut=cut)
    if result.result_type == "matrix":
        series, cut = read_entries(_items(result), shapes.MatrixItem, _series, most=MOST_SERIES)
        return Numbers("matrix", series=series, cut=cut)
    if result.result_type == "scalar":
        at, text = decode(bytes(result.result), tuple[float, str])
        return Numbers("scalar", samples=(Sample({}, _number(text), _moment(at)),))
    return Numbers(result.result_type)


def names(body: bytes) -> tuple[str, ...]:
    """Label names or values, sorted."""
    return tuple(sorted(set(decode(body, shapes.Names).data or ())))


def label_sets(body: bytes) -> tuple[tuple[LabelSet, ...], str]:
    """Streams by their labels, and why that is not all of them."""
    items = decode(body, shapes.LabelSets).data or []
    return read_entries(items, dict[str, str], dict, most=MOST_STREAMS)


def stats(body: bytes) -> shapes.Stats:
    """What a selector reads."""
    return decode(body, shapes.Stats)


def build(body: bytes) -> shapes.Build:
    """The version."""
    return decode(body, shapes.Build)


def patterns(body: bytes) -> tuple[tuple[Pattern, ...], str]:
    """Patterns, the most frequent first, and why that is not all of them."""
    found, cut = read_entries(decode(body, shapes.Patterns).data or [], shapes.PatternItem, _pattern)
    return tuple(sorted(found, key=lambda each: -each.count)), cut


def explanation(body: bytes) -> str | None:
    """The error text of a JSON body; Loki's own errors are plain text."""
    try:
        said = decode(body, shapes.Said)
    except DecodeError:
        return None
    return said.message or said.error or None


def _items(result: shapes.Result) -> Sequence[msgspec.Raw]:
    return decode(bytes(result.result), list[msgspec.Raw] | None) or ()  # type: ignore[arg-type]


def _entry(stream: Mapping[str, str], value: list[str | dict[str, object]]) -> Entry:
    stamp, text = value[:2] if len(value) > 1 else ("", "")
    if not isinstance(stamp, str) or not isinstance(text, str):
        raise DecodeError("a line is not [nanoseconds, text]")
    nanoseconds = _whole(stamp)
    extra = value[2] if len(value) > 2 else {}
    return Entry(
        nanoseconds, _precise(nanoseconds), text, stream, _metadata(extra) if isinstance(extra, dict) else {}
    )


def _metadata(extra: Mapping[str, object]) -> Mapping[str, str]:
    """What is attached to a line: by category, or plainly as it was pushed."""
    parts = [extra[name] for name in ("structuredMetadata", "parsed") if isinstance(extra.get(name), dict)]
    return {
        str(name): value
        for part in parts or [extra]
        if isinstance(part, dict)
        for name, value in part.items()
        if isinstance(value, str)
    }


def _sample(item: shapes.VectorItem) -> Sample:
    at, text = item.value
    return Sample(item.metric, _number(text), _moment(at))


def _series(item: shapes.MatrixItem) -> Series:
    times = tuple(at for at, _ in item.values)
    return Series(item.metric, times, tuple(_number(text) for _, text in item.values))


def _pattern(item: shapes.PatternItem) -> Pattern:
    return Pattern(item.pattern, item.level, sum(count for _, count in item.samples))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise DecodeError(f"{text[:30]!r} is no number of nanoseconds")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise DecodeError(f"{text[:30]!r} is no number") from error


def _precise(nanoseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError as error:
        raise DecodeError(f"{nanoseconds} is no time") from error


def _moment(seconds: float) -> datetime:
    try:
        return from_epoch(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise DecodeError(f"{seconds!r} is no time") from error
