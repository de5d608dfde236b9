"""What there is on one Loki: its labels, what they mean there, and the selectors that reach every stream.

Found out by asking: the names of labels, the streams of the last hours, and a few lines of each sort of
stream, whose structured metadata is not in the index. Asked again when it is five minutes old.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from sre_assistant.domain.errors import Malformed
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.meanings import MEANINGS, Meaning, Meanings
from sre_assistant.integrations.loki.parse import Entry, LabelSet
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.logql import ANY, selector
from sre_assistant.kit.promql import Matcher, is_label

LOOKED_BACK: Final = timedelta(hours=6)
_SHORTER: Final = timedelta(minutes=10)
"""When the streams of six hours are more than fits in an answer."""
_FRESH_SECONDS: Final = 300.0
_MOST_NAMES: Final = 100
_MOST_SORTS: Final = 12
_SAMPLE: Final = 20
_EVERYWHERE: Final = "service_name"
"""Loki 3 gives it to each stream."""

Matchers: TypeAlias = tuple[Matcher, ...]


class Carrier(NamedTuple):
    """A label that carries a meaning."""

    name: str
    kind: Literal["index", "metadata", "unseen"]
    """``index``: of the stream; ``metadata``: of each line; ``unseen``: named by the operator, not met."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """What was found."""

    since: datetime
    names: tuple[str, ...]
    """All index labels."""
    metadata: tuple[str, ...]
    """Names of structured metadata."""
    carriers: Mapping[Meaning, tuple[Carrier, ...]]
    everywhere: frozenset[str]
    """Index labels that every stream has."""
    cover: tuple[Matchers, ...]
    """Selectors that share no stream and together reach all; empty when there is none."""
    streams: int
    told_apart: bool
    """Whether the server keeps index labels and structured metadata apart in its answers."""
    newest: datetime | None
    """The newest line that was seen."""
    cut: str = ""
    """Why not everything was looked at."""

    def said(self, meaning: Meaning) -> str:
        """Which labels carry a meaning, e.g. ``label host, label node``."""
        words = {"index": "label", "metadata": "structured metadata", "unseen": "label not seen yet"}
        return ", ".join(f"{words[each.kind]} {each.name}" for each in self.carriers[meaning])


class Surveyor:
    """Finds the landscape of one Loki out, and remembers it for a while."""

    def __init__(self, client: Client, meanings: Meanings, clock: Clock) -> None:
        self._client = client
        self._meanings = meanings
        self._clock = clock
        self._known: Landscape | None = None
        self._until = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def landscape(self) -> Landscape:
        """What there is, as of at most five minutes ago.

        Raises:
            SourceError: it cannot be asked.
        """
        async with self._one_at_a_time:
            if self._known is None or self._clock.monotonic() >= self._until:
                self._known = await self._surveyed(Window.before(self._clock.now(), LOOKED_BACK))
                self._until = self._clock.monotonic() + _FRESH_SECONDS
            return self._known

    async def cover(self, window: Window) -> tuple[Matchers, ...]:
        """Selectors that share no stream and together reach every stream of a window, but for ``cut``.

        For a window of long ago the index is asked whether there were streams without the labels of today.
        """
        land = await self.landscape()
        if window.start >= land.since and land.cover:
            return land.cover
        span = Span.of(window)
        names = _chosen(await self._client.label_names(span))
        passed = _passed_over(land.cover)
        rest = [selector((*passed, Matcher(name, "=~", ANY))) for name in names if name not in _of(passed)]
        found = (await self._client.streams(rest, span))[0] if rest else ()
        return (*land.cover, *_cover(found, passed))

    async def _surveyed(self, window: Window) -> Landscape:
        span = Span.of(window)
        names = await self._client.label_names(span)
        usable = _chosen(names)
        streams, cut = await self._streams(usable, window)
        sorts = _sorts(streams, frozenset(usable))
        sampled = await asyncio.gather(
            *(self._client.lines(_of_sort(sort, usable), span, _SAMPLE) for sort in sorts[:_MOST_SORTS])
        )
        entries = [entry for lines in sampled for entry in lines.entries]
        told_apart = any(lines.told_apart for lines in sampled)
        metadata = _metadata(entries, frozenset(names))
        skipped = len(names) - len(usable)
        return Landscape(
            since=window.start,
            names=names,
            metadata=metadata,
            carriers={meaning: _carriers(self._meanings, meaning, names, metadata) for meaning in MEANINGS},
            everywhere=frozenset.intersection(*map(frozenset, streams)) if streams else frozenset(),
            cover=_cover(streams, ()),
            streams=len(streams),
            told_apart=told_apart,
            newest=max((entry.at for entry in entries), default=None),
            cut="; ".join(filter(None, (cut, f"{skipped} labels were not looked at" if skipped else ""))),
        )

    async def _streams(self, names: Sequence[str], window: Window) -> tuple[tuple[LabelSet, ...], str]:
        """The streams that have any of the labels."""
        if not names:
            return (), ""
        selectors = [selector([Matcher(name, "=~", ANY)]) for name in names]
        try:
            return await self._client.streams(selectors, Span.of(window))
        except Malformed as error:
            if "larger than" not in error.detail:
                raise
        shorter = Window.before(window.end, _SHORTER)
        found, _ = await self._client.streams(selectors, Span.of(shorter))
        return found, "too many streams to look at all: those of the last 10 min were"


def _chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The labels that are asked for: usable ones, the one that Loki gives to every stream in front."""
    usable = [name for name in names if is_label(name) and not name.startswith("__")]
    return tuple(sorted(usable, key=lambda name: name != _EVERYWHERE)[:_MOST_NAMES])


def _sorts(streams: Iterable[LabelSet], names: frozenset[str]) -> list[frozenset[str]]:
    """Which labels come together, the most frequent first: one sort for each kind of shipper."""
    counts = Counter(sort for stream in streams if (sort := names.intersection(stream)))
    return sorted(counts, key=lambda sort: (-counts[sort], sorted(sort)))


def _of_sort(sort: Collection[str], names: Sequence[str]) -> str:
    """The selector of the streams with exactly these labels."""
    return selector(Matcher(name, "=~", ANY) if name in sort else Matcher(name, "=", "") for name in names)


def _metadata(entries: Iterable[Entry], index: frozenset[str]) -> tuple[str, ...]:
    """What lines carry that is no label of the index, whether the server tells it apart or not."""
    found = {name for entry in entries for name in entry.labels if name not in index}
    return tuple(sorted(name for name in found if is_label(name) and not name.startswith("__")))


def _carriers(
    meanings: Meanings, meaning: Meaning, names: Collection[str], metadata: Collection[str]
) -> tuple[Carrier, ...]:
    found = []
    for name in meanings.names(meaning):
        if name in names:
            found.append(Carrier(name, "index"))
        elif name in metadata:
            found.append(Carrier(name, "metadata"))
        elif meaning in meanings.named:
            found.append(Carrier(name, "unseen"))
    return tuple(found)


def _cover(streams: Iterable[LabelSet], passed: Matchers) -> tuple[Matchers, ...]:
    """Selectors that share no stream: each has a label that the ones before it did not ask for."""
    left = [frozenset(stream) for stream in streams]
    found: list[Matchers] = []
    while left := [sort for sort in left if sort]:
        counts = Counter(name for sort in left for name in sort if is_label(name))
        if not counts:
            break
        name = min(counts, key=lambda each: (-counts[each], each != _EVERYWHERE, each))
        found.append((*passed, Matcher(name, "=~", ANY)))
        passed = (*passed, Matcher(name, "=", ""))
        left = [sort for sort in left if name not in sort]
    return tuple(found)


def _passed_over(cover: tuple[Matchers, ...]) -> Matchers:
    """The condition that a stream is reached by none of the selectors."""
    return tuple(Matcher(matchers[-1].label, "=", "") for matchers in cover)


def _of(matchers: Matchers) -> frozenset[str]:
    return frozenset(each.label for each in matchers)
