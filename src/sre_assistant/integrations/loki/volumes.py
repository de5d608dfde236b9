"""How much is logged, by the values of a label."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Reading, Sample
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.hints import listed, unsupported
from sre_assistant.integrations.loki.landscape import Landscape, Surveyor
from sre_assistant.integrations.loki.meanings import MEANINGS
from sre_assistant.integrations.loki.parse import Numbers
from sre_assistant.kit.levels import level_named
from sre_assistant.kit.logql import selector

_MOST: Final = 1_000
"""Values that the server is asked for."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Bytes or lines by value."""

    by: str
    unit: Literal["bytes", "count"]
    sizes: Mapping[str, float]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.sizes)


class Volumes:
    """Counts for one Loki."""

    def __init__(self, client: Client, surveyor: Surveyor) -> None:
        self._client = client
        self._surveyor = surveyor

    async def of(self, by: str, picked: str, window: Window) -> Reading[Counts]:
        """Bytes by a label of the index; lines where it is none, or the server does not count bytes.

        Args:
            by: a label, or what it means: ``host``, ``service``, ``container``, ``namespace``, ``level``.
            picked: a stream selector; every stream when empty.
            window: the span.

        Raises:
            CallError: counting lines would read too much.
            SourceError: nothing usable came.
        """
        land = await self._surveyor.landscape()
        labels = _labels(by, land)
        if not labels:
            names = listed((*land.names, *land.metadata)) or "none"
            nothing = self._counted((), (by,), by, "bytes", f"volume by {by}", window)
            return unsupported(nothing, f"no label here means {by}; labels: {names}")
        selectors = [picked] if picked else [selector(each) for each in await self._surveyor.cover(window)]
        if land.metadata and set(labels) & set(land.metadata):
            return await self._lines(labels, by, selectors, window)
        span = Span.of(window)
        asking = (self._client.volume(each, labels, span, _MOST) for each in selectors)
        found = [each for each in await asyncio.gather(*asking) if each is not None]
        if len(found) < len(selectors) or not any(found):  # what is not flushed yet may not be counted
            return await self._lines(labels, by, selectors, window)
        query = f"volume by {','.join(labels)} of {' '.join(selectors)}"
        return self._counted(found, labels, by, "bytes", query, window)

    async def _lines(
        self, labels: tuple[str, ...], by: str, selectors: Sequence[str], window: Window
    ) -> Reading[Counts]:
        """The same by counting lines, which reads them all."""
        seconds = max(1, round(window.span.total_seconds()))
        named = ", ".join(labels)
        queries = [f"sum by ({named}) (count_over_time({each}[{seconds}s]))" for each in selectors]
        if costly := await self._client.too_costly(" ".join(selectors), window):
            raise CallError(f"Not asked: {costly}.")
        found = await asyncio.gather(*(self._client.value(query, window.end) for query in queries))
        return self._counted([each.value for each in found], labels, by, "count", "; ".join(queries), window)

    def _counted(
        self,
        found: Sequence[Numbers],
        labels: tuple[str, ...],
        by: str,
        unit: Literal["bytes", "count"],
        query: str,
        window: Window,
    ) -> Reading[Counts]:
        sizes: dict[str, float] = {}
        for sample in (sample for each in found for sample in each.samples):
            name = _named(sample, labels, by)
            sizes[name] = sizes.get(name, 0.0) + sample.value
        cuts = [each.cut for each in found]
        if any(len(each.samples) >= _MOST for each in found):
            cuts.append(f"only the largest {_MOST:,} values came")
        counts = Counts(", ".join(labels), unit, sizes)
        return self._client.api.reading(counts, query, at=window.end, window=window, cut=cuts)


def _labels(by: str, land: Landscape) -> tuple[str, ...]:
    """The labels meant: the one of this name, or those that carry the meaning, of the index if they do."""
    meaning = next((each for each in MEANINGS if each == by), None)
    if meaning is None:
        return (by,)
    carriers = land.carriers[meaning]
    indexed = tuple(each.name for each in carriers if each.kind == "index")
    if len(indexed) == len(carriers) or land.everywhere.intersection(indexed):
        return indexed
    return tuple(each.name for each in carriers)


def _named(sample: Sample, labels: tuple[str, ...], by: str) -> str:
    """What a series is called: by the first of the labels that it has; levels in our own words."""
    label = next((each for each in labels if sample.labels.get(each)), "")
    value = sample.labels.get(label, "")
    if by != "level" or not value:
        return value
    return level_named(value, label) or value.removeprefix("unknown")
