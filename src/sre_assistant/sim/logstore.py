"""Log lines: what a world that writes logs must offer, and a store of lines that others have pushed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sre_assistant.sim.metrics.series import Labels, Matcher


@dataclass(frozen=True, slots=True)
class Entry:
    """One log line: unix nanoseconds, its text, and its structured metadata, which may be empty."""

    at: int
    text: str
    metadata: Mapping[str, str]


class LogStream(Protocol):
    """The lines of one label set."""

    @property
    def labels(self) -> Labels:
        """Its identity."""
        ...

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The lines with ``start <= at < end`` (unix nanoseconds), ascending."""
        ...


class LogStore(Protocol):
    """Where streams are found."""

    def streams(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[LogStream]:
        """The streams that pass all matchers and may have lines in the window, sorted by labels."""
        ...


@dataclass(slots=True)
class Kept:
    """A stream held in memory."""

    labels: Labels
    _times: list[int] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _lines: set[tuple[int, str]] = field(default_factory=set)

    def add(self, entry: Entry) -> bool:
        """Keeps a line in its place in time; the same line at the same moment is kept once."""
        if (entry.at, entry.text) in self._lines:
            return False
        self._lines.add((entry.at, entry.text))
        place = len(self._times)
        while place and self._times[place - 1] > entry.at:
            place = bisect_left(self._times, entry.at + 1, 0, place)
        self._times.insert(place, entry.at)
        self._entries.insert(place, entry)
        return True

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The lines with ``start <= at < end``, ascending, those of one moment in the order they came."""
        return self._entries[bisect_left(self._times, start) : bisect_left(self._times, end)]


class Pushed:
    """Lines that were pushed from outside, in memory."""

    def __init__(self) -> None:
        self._streams: dict[Labels, Kept] = {}

    def push(self, labels: Labels, entries: Iterable[Entry]) -> int:
        """Keeps lines under a label set; says how many of them were new."""
        stream = self._streams.setdefault(labels, Kept(labels))
        return sum(stream.add(entry) for entry in entries)

    def streams(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[LogStream]:
        """The streams that pass all matchers and have lines in the window, sorted by labels."""
        found = [one for one in self._streams.values() if passes(one.labels, matchers)]
        return sorted((one for one in found if one.entries(start, end)), key=lambda one: one.labels)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several stores read as one; a stream that two of them have is one stream."""

    stores: tuple[LogStore, ...]

    def streams(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[LogStream]:
        """The streams of all stores, sorted by labels."""
        found: dict[Labels, list[LogStream]] = {}
        for store in self.stores:
            for stream in store.streams(matchers, start, end):
                found.setdefault(stream.labels, []).append(stream)
        return [
            parts[0] if len(parts) == 1 else _Merged(labels, tuple(parts))
            for labels, parts in sorted(found.items())
        ]


@dataclass(frozen=True, slots=True)
class _Merged:
    labels: Labels
    parts: tuple[LogStream, ...]

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        return sorted(self._all(start, end), key=lambda entry: entry.at)

    def _all(self, start: int, end: int) -> Iterator[Entry]:
        for part in self.parts:
            yield from part.entries(start, end)


@dataclass(frozen=True, slots=True)
class Until:
    """A store as it was before a moment (unix nanoseconds): what is written later is not there yet."""

    store: LogStore
    end: int

    def streams(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[LogStream]:
        """The streams with lines before the moment."""
        if start >= self.end:
            return ()
        found = self.store.streams(matchers, start, min(end, self.end))
        return [_Cut(one.labels, one, self.end) for one in found]


@dataclass(frozen=True, slots=True)
class _Cut:
    labels: Labels
    whole: LogStream
    end: int

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        return self.whole.entries(start, min(end, self.end)) if start < self.end else ()


def passes(labels: Labels, matchers: Sequence[Matcher]) -> bool:
    """Whether a label set passes all matchers."""
    have = dict(labels)
    return all(matcher.matches(have.get(matcher.name, "")) for matcher in matchers)
