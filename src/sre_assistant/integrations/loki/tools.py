"""What a person or a model may call on a Loki; all of it only reads."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki import asked, texts
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.hints import listed, nothing_found, unsupported
from sre_assistant.integrations.loki.landscape import Surveyor
from sre_assistant.integrations.loki.meanings import Meanings
from sre_assistant.integrations.loki.source import Source
from sre_assistant.integrations.loki.volumes import Volumes
from sre_assistant.kit.asked import past_moment, past_window, step_width
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.logql import selector
from sre_assistant.kit.redaction import bounded

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary and hints a result stays near 1,500 tokens."""
_MOST_LINES: Final = 1_000
_MOST_MINUTES: Final = 1_440
_MOST_GRAVE: Final = 200
_MOST_WARNINGS: Final = 100
_MOST_PLACES: Final = 15
_SUMMARY_ROOM: Final = 1_000
_LISTED_BACK: Final = timedelta(days=1)
LIFECYCLE: Final = (
    r"(?i)\b(?:started|starting|stopped|stopping|exited|restarting|restarted|rebooting|signal|sig(?:term|kill)"
    r"|killed|oom|out of memory|healthcheck|unhealthy|crashed|panic|back-off)\b"
)
"""Words of things that start, stop and die."""
_Direction: TypeAlias = Literal["backward", "forward"]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the tools of one Loki are made of."""

    client: Client
    surveyor: Surveyor
    source: Source
    meanings: Meanings
    clock: Clock


def tools(parts: Parts) -> tuple[Tool, ...]:
    """All tools of one Loki."""
    calls = (*_querying(parts), *_correlating(parts), *_about(parts), *_overviews(parts))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def _querying(parts: Parts) -> tuple[_Call, ...]:
    client, clock = parts.client, parts.clock

    async def loki_query_logs(
        query: Annotated[str, 'LogQL, e.g. {host="nas"} |= "error".'],
        start: Annotated[str, "RFC 3339 or 1h (ago)."] = "1h",
        end: Annotated[str, "As start."] = "now",
        limit: Annotated[int, "1 to 1,000."] = 100,
        direction: Annotated[_Direction, "Which lines come first."] = "backward",
    ) -> ToolResult:
        """Log lines of a LogQL query, in order of time."""
        window = past_window(start, end, clock.now())
        check_range("limit", limit, 1, _MOST_LINES)
        check_choice("direction", direction, _Direction)
        await _check_cost(client, asked.query(query), window)
        found = await client.lines(query, Span.of(window), limit + 1, direction)
        lines = tuple(parts.meanings.line(entry) for entry in found.entries[:limit])
        more = len(found.entries) > limit or len(lines) >= client.most_entries
        cut = f"more than {len(lines):,} lines match; these are the {_ends(direction)}" if more else ""
        reading = client.api.reading(lines, query, at=window.end, window=window, cut=(found.cut, cut))
        if not lines:
            return told(reading, f"No line found. {await nothing_found(client, query, window)}")
        return _lines_told(reading, window, direction, more=more)

    async def loki_metric_query(
        query: Annotated[str, 'E.g. sum(rate({host="nas"}[5m])).'],
        start: Annotated[str, "Begin, with step."] = "1h",
        end: Annotated[str, "End, or the moment."] = "now",
        step: Annotated[str | None, "E.g. 5m; else one value, at end."] = None,
    ) -> ToolResult:
        """Values of a LogQL metric query at one moment, or over time with step."""
        now = clock.now()
        if step is None:
            at = past_moment(end, now)
            await _check_cost(client, asked.query(query), Window(at, at))
            reading, window = await client.value(query, at), Window(at, at)
        else:
            window, width = past_window(start, end, now), step_width(step)
            await _check_cost(client, asked.query(query), window)
            reading = await client.course(query, window, width)
        if not reading.value:
            return told(reading, f"No series. {await nothing_found(client, query, window)}")
        samples = sorted(reading.value.samples, key=lambda each: _largest_first(each.value))
        series = sorted(reading.value.series, key=lambda each: _largest_first(*each.values))
        rows = [*map(texts.sample, samples), *map(texts.series, series)]
        shown = fitting(rows, most=MOST_SHOWN, room=ROOM)
        when = texts.span(window) if series else f"at {texts.date(window.end)}"
        text = "\n".join([f"{_many(len(rows), 'series')} {when}, largest first{_first(shown, rows)}", *shown])
        return told(reading, text, data=reading.value if len(shown) < len(rows) or series else None)

    return (loki_query_logs, loki_metric_query)


def _correlating(parts: Parts) -> tuple[_Call, ...]:
    source, clock = parts.source, parts.clock

    async def loki_correlate_changes(
        reference_time: Annotated[str, "RFC 3339, or 1h (ago)."] = "now",
        window_minutes: Annotated[int, "1 to 1,440."] = 30,
        hostname: Annotated[str | None, "Only this host."] = None,
        service_name: Annotated[str | None, "Only this service or unit."] = None,
    ) -> ToolResult:
        """Timeline of errors, warnings, starts, stops and kills logged before a moment."""
        at = past_moment(reference_time, clock.now())
        check_range("window_minutes", window_minutes, 1, _MOST_MINUTES)
        window = Window.before(at, timedelta(minutes=window_minutes))
        of = LogFilter(
            host=asked.thing("hostname", hostname), service=asked.thing("service_name", service_name)
        )
        await parts.surveyor.landscape()  # a system that fails is asked once, not by each of these

        def graded(*grades: str) -> LogFilter:
            return LogFilter(host=of.host, service=of.service, levels=grades)

        readings = await asyncio.gather(
            source.lines(graded("critical", "error"), window, _MOST_GRAVE),
            source.matching(of, window, _MOST_GRAVE, LIFECYCLE),
            source.lines(graded("warning"), window, _MOST_WARNINGS),
        )
        return _timeline(readings, window, of)

    return (loki_correlate_changes,)


def _about(parts: Parts) -> tuple[_Call, ...]:
    client, clock = parts.client, parts.clock

    async def loki_list_label_values(
        label: Annotated[str, "E.g. host."],
        query: Annotated[str | None, 'Only of {job="x"}, say.'] = None,
    ) -> ToolResult:
        """Values that a label had in the last day; all label names for an unknown one."""
        window = Window.before(clock.now(), _LISTED_BACK)
        picked = asked.query(query) if query is not None else ""
        values = await client.label_values(asked.label(label), Span.of(window), picked)
        reading = client.api.reading(values, f"values of {label} {picked}".strip(), window=window)
        if not values:
            names = listed(await client.label_names(Span.of(window))) or "none, nothing was shipped"
            where = f" in the streams of {bounded(picked, 200)}" if picked else ""
            return told(
                reading, f"No stream of the last day has the label {label!r}{where}. Labels: {names}."
            )
        shown = fitting((f"  {bounded(value, 200)}" for value in values), most=4 * MOST_SHOWN, room=ROOM)
        head = f"{label} had {_many(len(values), 'value')} in the last day{_first(shown, values)}"
        return told(reading, "\n".join([head, *shown]), data=values if len(shown) < len(values) else None)

    return (loki_list_label_values,)


def _overviews(parts: Parts) -> tuple[_Call, ...]:
    client, clock = parts.client, parts.clock
    volumes = Volumes(client, parts.surveyor)

    async def loki_list_patterns(
        query: Annotated[str | None, "A selector, or all streams."] = None,
        start: Annotated[str, "RFC 3339 or 1h (ago)."] = "1h",
        end: Annotated[str, "As start."] = "now",
    ) -> ToolResult:
        """Patterns that Loki finds in log lines, with how many lines follow each."""
        window = past_window(start, end, clock.now())
        cover = await parts.surveyor.cover(window)
        selectors = [asked.query(query)] if query is not None else [selector(each) for each in cover]
        found = await asyncio.gather(*(client.patterns(each, Span.of(window)) for each in selectors))
        got = [each for each in found if each is not None]
        patterns = tuple(sorted((p for each, _ in got for p in each), key=lambda each: -each.count))
        cut = tuple(problem for _, problem in got)
        reading = client.api.reading(patterns, "patterns of " + " ".join(selectors), window=window, cut=cut)
        if selectors and not got:
            off = "this Loki finds no patterns (pattern_ingester is off): see lines with loki_query_logs"
            return told(unsupported(reading, off), "No patterns.")
        if not patterns:
            return told(reading, f"No pattern from {texts.span(window)}: Loki keeps them for about 3 h only.")
        shown = fitting(map(texts.pattern, patterns), most=MOST_SHOWN, room=ROOM)
        lines = sum(each.count for each in patterns)
        head = (
            f"{_many(len(patterns), 'pattern')} of {lines:,} lines from {texts.span(window)}, "
            f"most frequent first{_first(shown, patterns)}"
        )
        return told(reading, "\n".join([head, *shown]), data=patterns if len(shown) < len(patterns) else None)

    async def loki_log_volume(
        by: Annotated[str, "A label, or host, service, container, namespace, level."] = "service",
        query: Annotated[str | None, "A selector, or all streams."] = None,
        start: Annotated[str, "RFC 3339 or 1h (ago)."] = "1h",
        end: Annotated[str, "As start."] = "now",
    ) -> ToolResult:
        """How much is logged by which host, service or other label, largest first."""
        window = past_window(start, end, clock.now())
        reading = await volumes.of(asked.label(by), asked.query(query) if query is not None else "", window)
        counts = reading.value
        if not counts.sizes:
            known = reading.completeness.answered
            return told(
                reading, f"Nothing {'was logged' if known else 'can be said'} from {texts.span(window)}."
            )
        total = sum(counts.sizes.values())
        ordered = sorted(counts.sizes.items(), key=lambda item: (-item[1], item[0]))
        rows = [texts.share(name, size, total, counts.unit) for name, size in ordered]
        shown = fitting(rows, most=MOST_SHOWN, room=ROOM)
        head = f"{_many(len(rows), 'value')} of {counts.by} from {texts.span(window)}{_first(shown, rows)}"
        return told(reading, "\n".join([head, *shown]), data=counts.sizes if len(shown) < len(rows) else None)

    return (loki_list_patterns, loki_log_volume)


def _largest_first(*values: float) -> tuple[bool, float]:
    """Where values stand in an order; what is no number comes last, since it compares with nothing."""
    numbers = [value for value in values if not math.isnan(value)]
    return not numbers, -max(numbers, default=0.0)


async def _check_cost(client: Client, query: str, window: Window) -> None:
    if costly := await client.too_costly(query, window):
        raise CallError(f"Not asked: {costly}.")


def _lines_told(
    reading: Reading[tuple[LogLine, ...]], window: Window, direction: _Direction, *, more: bool
) -> ToolResult:
    lines = reading.value
    shown = fitting(map(texts.line, lines), most=MOST_SHOWN, room=ROOM)
    total = f"{'More than ' if more else ''}{_many(len(lines), 'line')}"
    order = f"{_ends(direction)} first"
    text = texts.found_lines(window, total, len(shown), len(lines), order, shown)
    return told(reading, text, data=lines if len(shown) < len(lines) else None)


def _timeline(readings: Sequence[Reading[tuple[LogLine, ...]]], window: Window, of: LogFilter) -> ToolResult:
    """All kinds of lines as one course of events, each line once; the first reading weighs most."""
    once: dict[object, LogLine] = {}
    for line in (line for each in readings for line in reversed(each.value)):
        once.setdefault((line.at, line.text, *sorted(line.labels.items())), line)
    ranked = tuple(once.values())
    worst = next((each for each in readings if not each.completeness.answered), None)
    partial = any(each.completeness is Completeness.PARTIAL for each in readings)
    answered = Completeness.COMPLETE if ranked else Completeness.EMPTY
    reading = Reading(
        value=ranked,
        provenance=replace(
            readings[0].provenance, query="; ".join(each.provenance.query for each in readings)
        ),
        completeness=worst.completeness if worst else Completeness.PARTIAL if partial else answered,
        detail="; ".join(dict.fromkeys(each.detail for each in readings if each.detail)),
    )
    named = (("host", of.host), ("service", of.service))
    whose = " ".join(f"{name}={bounded(value, 60)}" for name, value in named if value)
    where = f"{texts.span(window)}{f' of {whose}' if whose else ''}"
    if not ranked and worst:
        return told(reading, f"Nothing can be said of {where}.")
    if not ranked:
        return told(reading, f"No error, warning, start, stop or kill was logged from {where}.")
    return told(reading, _timeline_text(ranked, where), data=tuple(sorted(ranked, key=lambda line: line.at)))


def _timeline_text(ranked: tuple[LogLine, ...], where: str) -> str:
    kept = fitting(map(texts.line, ranked), most=MOST_SHOWN, room=ROOM - _SUMMARY_ROOM)
    places = texts.summary(ranked)
    summary = fitting(places, most=_MOST_PLACES, room=_SUMMARY_ROOM)
    left = f"; the gravest {len(kept):,} are shown" if len(kept) < len(ranked) else ""
    others = len(places) - len(summary)
    return "\n".join(
        [
            f"{_many(len(ranked), 'event')} from {where}",
            "## Summary",
            *summary,
            *([f"  and {others:,} more places"] if others else []),
            f"## Timeline, oldest first{left}",
            *map(texts.line, sorted(ranked[: len(kept)], key=lambda line: line.at)),
        ]
    )


def _ends(direction: _Direction) -> str:
    return "newest" if direction == "backward" else "oldest"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 or what.endswith('s') else 's'}"


def _first(shown: Sequence[object], rows: Sequence[object]) -> str:
    return f" (first {len(shown):,} shown)" if len(shown) < len(rows) else ""
