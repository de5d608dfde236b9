"""From a filter to the queries that answer it on one Loki, or to the reason why none does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sre_assistant.domain.inventory import LogFilter
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.config import Config
from sre_assistant.integrations.loki.landscape import Carrier, Landscape, Matchers, Surveyor
from sre_assistant.integrations.loki.meanings import DETECTED, Meaning, spellings
from sre_assistant.integrations.loki.parse import LabelSet
from sre_assistant.kit import levels
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.logql import ANY, containing, label_filter, line_filter, same, selector
from sre_assistant.kit.promql import Matcher, is_label
from sre_assistant.kit.redaction import bounded

_MOST_NAMED: Final = 20
"""Values that a selector names instead of reading every stream."""
_THINGS: Final[tuple[Meaning, ...]] = ("host", "service", "container", "namespace")


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a filter: any of these labels must name the thing."""

    meaning: Meaning
    value: str
    carriers: tuple[Carrier, ...]

    @property
    def indexed(self) -> bool:
        """Whether streams alone decide it."""
        return all(each.kind == "index" for each in self.carriers)

    def names(self, carrier: Carrier) -> Matcher:
        """The condition on one label."""
        return same(carrier.name, spellings(self.meaning, carrier.name, self.value))

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a stream's labels name the thing."""
        return any(
            labels.get(each.name) in spellings(self.meaning, each.name, self.value) for each in self.carriers
        )

    @property
    def stage(self) -> str:
        """The same as a stage, which sees structured metadata too."""
        return label_filter([self.names(each) for each in self.carriers])


@dataclass(frozen=True, slots=True)
class Query:
    """A log query in two parts."""

    selector: str
    stages: str = ""
    selective: bool = True
    """Whether its selector names a thing, so that it does not read everything there is."""

    @property
    def text(self) -> str:
        """As Loki reads it."""
        return self.selector + self.stages


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked. The queries share no line; without any, no stream could answer."""

    queries: tuple[Query, ...]
    conditions: tuple[Condition, ...] = ()
    levels: tuple[str, ...] = ()
    missing: str = ""
    """What the filter needs that this Loki does not have; nothing can be asked then."""
    cut: str = ""
    """Why the queries may not reach every stream."""


class Planner:
    """Plans for one Loki."""

    def __init__(self, client: Client, surveyor: Surveyor, config: Config) -> None:
        self._client = client
        self._surveyor = surveyor
        self._config = config

    async def plan(self, wanted: LogFilter, window: Window, pattern: str = "") -> Plan:
        """The queries for a filter.

        Args:
            wanted: the filter.
            window: of which streams are asked for.
            pattern: a regular expression that lines must match besides.

        Raises:
            CallError: it names a level that is none.
            SourceError: the index cannot be asked.
        """
        land = await self._surveyor.landscape()
        grades = levels.levels_wanted(wanted.levels)
        conditions = tuple(
            Condition(meaning, value, land.carriers[meaning])
            for meaning in _THINGS
            if (value := getattr(wanted, meaning))
        )
        without = [each.meaning for each in conditions if not each.carriers]
        if without:
            return Plan((), conditions, grades, missing=self._missing(without, land))
        selectors, rest = await self._selectors(conditions, window)
        texts = [text for text in wanted.containing if text]
        lines = (containing(texts) if texts else "") + (line_filter(pattern) if pattern else "")
        stages = "".join(condition.stage for condition in rest)
        queries = tuple(
            Query(selector(matchers), f"{lines}{told}{stages}{graded}", selective=_selective(matchers))
            for matchers in selectors
            for told, graded in _graded(grades, land.carriers["level"])
        )
        cut = land.cut if any(not query.selective for query in queries) else ""
        return Plan(queries, conditions, grades, cut=cut)

    async def unknown(self, plan: Plan, window: Window) -> str:
        """Which thing of the filter nothing here is called, with the names there are; empty if there is none.

        Raises:
            SourceError: it cannot be asked.
        """
        land = await self._surveyor.landscape()
        hull = Window(min(window.start, land.since), max(window.end, self._client.clock.now()))
        for each in plan.conditions:
            names = await self._names(each, hull)
            if not any(each.holds(labels) for labels in names) and not await self._in_lines(each, hull):
                listed = _listed(value for labels in names for value in labels.values())
                return bounded(f"no {each.meaning} is called {each.value!r} here: {listed}", 380)
        return ""

    async def _names(self, condition: Condition, window: Window) -> list[LabelSet]:
        """What streams are called by the labels of a condition."""
        indexed = [each.name for each in condition.carriers if each.kind == "index"]
        span = Span.of(window)
        found = await asyncio.gather(*(self._client.label_values(name, span) for name in indexed))
        return [{name: value} for name, values in zip(indexed, found, strict=True) for value in values]

    async def _in_lines(self, condition: Condition, window: Window) -> bool:
        """Whether structured metadata names the thing; also when that would cost too much to say."""
        if condition.indexed:
            return False
        selectors = [selector(each) for each in await self._surveyor.cover(window)]
        if await self._client.too_costly(" ".join(selectors), window):
            return True
        span = Span.of(window)
        asking = (self._client.lines(each + condition.stage, span, 1) for each in selectors)
        return any(found.entries for found in await asyncio.gather(*asking))

    def _missing(self, without: Sequence[Meaning], land: Landscape) -> str:
        settings = " or ".join(self._config.setting(f"{meaning}_label") for meaning in without)
        names = ", ".join((*land.names, *land.metadata)) or "none"
        return bounded(f"no label here means {' or '.join(without)}: set {settings}. Labels: {names}", 380)

    async def _selectors(
        self, conditions: Sequence[Condition], window: Window
    ) -> tuple[tuple[Matchers, ...], tuple[Condition, ...]]:
        """Selectors, and the conditions that they do not settle."""
        settled = [each for each in conditions if each.indexed and len(each.carriers) == 1]
        several = [each for each in conditions if each.indexed and len(each.carriers) > 1]
        others = [each for each in conditions if not each.indexed]
        matchers = tuple(each.names(each.carriers[0]) for each in settled)
        if not several:
            return ((matchers,) if matchers else await self._surveyor.cover(window)), tuple(others)
        first = several[0]
        asked = [selector((*matchers, first.names(carrier))) for carrier in first.carriers]
        found, cut = await self._client.streams(asked, Span.of(window))
        if cut:  # the streams left out may be the ones that matter
            return await self._surveyor.cover(window), (*several, *others)
        streams = [stream for stream in found if all(each.holds(stream) for each in several)]
        if not streams:
            return (), ()
        named, left = _settled(several, streams)
        if not named and not matchers:
            named = _narrowed(streams)
        if not named and not matchers:
            return await self._surveyor.cover(window), (*left, *others)
        return ((*matchers, *named),), (*left, *others)


def _settled(
    conditions: Iterable[Condition], streams: Sequence[LabelSet]
) -> tuple[Matchers, tuple[Condition, ...]]:
    """Conditions that one label settles for all the streams, as matchers; and the others."""
    named: list[Matcher] = []
    left: list[Condition] = []
    for each in conditions:
        one = next(
            (
                carrier
                for carrier in each.carriers
                if all(
                    stream.get(carrier.name) in spellings(each.meaning, carrier.name, each.value)
                    for stream in streams
                )
            ),
            None,
        )
        if one:
            named.append(each.names(one))
        else:
            left.append(each)
    return tuple(named), tuple(left)


def _narrowed(streams: Sequence[LabelSet]) -> Matchers:
    """A matcher that all the streams pass and few others, when they have a label in common."""
    common = set(streams[0]).intersection(*streams)
    values = {name: sorted({stream[name] for stream in streams}) for name in common}
    usable = {
        name: some
        for name, some in values.items()
        if is_label(name) and all(some) and len(some) <= _MOST_NAMED
    }
    if not usable:
        return ()
    name = min(usable, key=lambda each: (len(usable[each]), each))
    return (same(name, usable[name]),)


def _selective(matchers: Matchers) -> bool:
    return any(each.value and each.value != ANY for each in matchers)


def _graded(wanted: tuple[str, ...], carriers: Sequence[Carrier]) -> tuple[tuple[str, str], ...]:
    """The ways in which a line may have one of the levels, each as a line filter and label filters.

    What its labels say, in one query; in the other its own words, where no label of its sender says anything
    and Loki's guess says otherwise.
    """
    if not wanted:
        return (("", ""),)
    words = line_filter(levels.line_pattern(wanted))
    if not carriers:
        return ((words, ""),)
    said = [Matcher(each.name, "=~", levels.label_pattern(wanted, each.name)) for each in carriers]
    unsaid = "".join(
        label_filter(
            [
                Matcher(
                    each.name,
                    "!~",
                    levels.label_pattern(wanted if each.name == DETECTED else levels.LEVELS, each.name),
                )
            ]
        )
        for each in carriers
    )
    return (("", label_filter(said)), (words, unsaid))


def _listed(values: Iterable[str]) -> str:
    names = sorted(set(values))
    shown = fitting(names, most=15, room=200)
    more = f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return f"there are {bounded(', '.join(shown), 220)}{more}" if names else "there are none"
