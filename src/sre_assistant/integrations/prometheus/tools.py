"""What a person or a model may call on a Prometheus; all of it only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import Missing, SourceError
from sre_assistant.domain.reading import Rule
from sre_assistant.integrations.prometheus import asked, shapes, texts
from sre_assistant.integrations.prometheus.client import SAME_CLOCK, Client, check_grid
from sre_assistant.kit.asked import past_moment, past_window, step_width
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import counted, fitting
from sre_assistant.kit.units import format_span

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary and hints a result stays near 1,500 tokens."""
_MOST_NAMES = 20
_MOST_LINES = 80
"""Of what describes the server itself."""
_METADATA_FRESH = 300.0
_DERIVED = ("_bucket", "_sum", "_count", "_total", "_created")
_Health: TypeAlias = Literal["any", "up", "down", "unknown"]
_RuleState: TypeAlias = Literal["any", "firing", "pending", "inactive", "failing", "alerting", "recording"]
_AlertState: TypeAlias = Literal["any", "firing", "pending"]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client, clock: Clock) -> tuple[Tool, ...]:
    """All tools of one Prometheus."""
    calls = (*_querying(client, clock), *_listing(client), *_about(client))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def _querying(client: Client, clock: Clock) -> tuple[_Call, ...]:
    described = _Metadata(client, clock)

    async def prometheus_search_metrics(
        search_term: Annotated[str, "Words in the metric's name, e.g. node memory."],
    ) -> ToolResult:
        """Find metrics by words in their names; shows type and help.

        The first thing to do when the exact name of a metric is not known.
        """
        names = await client.label_values("__name__", (asked.name_selector(search_term),))
        note = await described.refresh() if names.value else ""
        found = fitting((texts.metric(n, described.of(n)) for n in names.value), most=MOST_SHOWN, room=ROOM)
        text = texts.found_metrics(search_term, names.value, found)
        return told(names, text, notes=(note,), data=_hidden(names.value, found))

    async def prometheus_instant_query(
        query: Annotated[str, "PromQL, e.g. up == 0."],
        time: Annotated[str | None, "RFC 3339, Unix seconds, 1h (ago) or 18:20 UTC; default now."] = None,
    ) -> ToolResult:
        """Value of each series at one moment; for peaks over a span use max_over_time() here.

        Sums over a span are ``increase()`` here too, not a range.
        """
        expression, said = asked.query(query), time or "now"
        asked.check_moments(said)
        now = await client.now()
        kind, reading = await client.evaluate(expression, past_moment(said, now))
        found = fitting((texts.sample(s) for s in reading.value), most=MOST_SHOWN, room=ROOM)
        text = texts.instant(query, reading.value, found, kind)
        return told(reading, text, notes=(_apart(clock, now),), data=_hidden(reading.value, found))

    async def prometheus_range_query(
        query: Annotated[str, "PromQL, e.g. rate(x[5m])."],
        start: Annotated[str, "RFC 3339, Unix seconds, 1h (ago) or 18:20 UTC; at most 30d before end."],
        end: Annotated[str, "As start, or now."],
        step: Annotated[str, "Between points, e.g. 60s; at most 1d and 11,000 points."] = "60s",
    ) -> ToolResult:
        """Course of each series: samples, min, max, avg, first and last points."""
        expression, width = asked.query(query), step_width(step)
        asked.check_moments(start, end)
        now = await client.now()
        window = past_window(start, end, now, longest=asked.LONGEST_RANGE)
        check_grid(window, width)
        reading = await client.range(expression, window, width)
        found = fitting((texts.series(s) for s in reading.value), most=MOST_SHOWN, room=ROOM)
        text = texts.span(reading.value, found)
        return told(reading, text, notes=(_apart(clock, now),), data=_hidden(reading.value, found))

    return (prometheus_search_metrics, prometheus_instant_query, prometheus_range_query)


def _listing(client: Client) -> tuple[_Call, ...]:
    async def prometheus_list_targets(
        health: Annotated[_Health, "Only these."] = "any",
        job: Annotated[str, "Only this job's."] = "",
    ) -> ToolResult:
        """Scrape targets with health, last scrape and error; broken ones first."""
        check_choice("health", health, _Health)
        reading = await client.targets()
        kept = [t for t in reading.value if health in {"any", t.health} and job in {"", t.labels.get("job")}]
        kept.sort(key=lambda target: target.health == "up")
        found = fitting((texts.target(t) for t in kept), most=MOST_SHOWN, room=ROOM)
        return told(reading, texts.targets(reading.value, kept, found), data=_hidden(kept, found))

    async def prometheus_list_rules(
        state: Annotated[_RuleState, "Only these; failing ones cannot be evaluated."] = "any",
    ) -> ToolResult:
        """Rules: expression, hold time, state, evaluation error; broken ones first."""
        check_choice("state", state, _RuleState)
        reading = await client.rules()
        kept = [rule for rule in reading.value if state in _states(rule)]
        kept.sort(key=lambda rule: (rule.health != "err", rule.state != "firing", rule.state != "pending"))
        found = fitting((texts.rule(r) for r in kept), most=MOST_SHOWN, room=ROOM)
        text = counted("rule", len(reading.value), len(kept), found)
        return told(reading, text, data=_hidden(kept, found))

    async def prometheus_list_alerts(
        state: Annotated[_AlertState, "Only these."] = "any",
    ) -> ToolResult:
        """Alerts that Prometheus itself holds; silences are known to Alertmanager alone."""
        check_choice("state", state, _AlertState)
        reading = await client.all_alerts()
        kept = [alert for alert in reading.value if state in {"any", alert.status}]
        kept.sort(key=lambda alert: (alert.status != "firing", alert.starts_at))
        found = fitting((texts.alert(a) for a in kept), most=MOST_SHOWN, room=ROOM)
        text = counted("alert", len(reading.value), len(kept), found)
        return told(reading, text, data=_hidden(kept, found))

    return (prometheus_list_targets, prometheus_list_rules, prometheus_list_alerts)


def _about(client: Client) -> tuple[_Call, ...]:
    async def prometheus_tsdb_status(
        limit: Annotated[int, f"Names in each list, 1 to {_MOST_NAMES}."] = 10,
    ) -> ToolResult:
        """Size and cardinality of the database: the metrics and labels with the most series."""
        check_range("limit", limit, 1, _MOST_NAMES)
        reading = await client.tsdb()
        lines = tuple(texts.tsdb(reading.value, limit))
        found = fitting(lines, most=_MOST_LINES, room=ROOM)
        return told(reading, "\n".join(found), data=reading.value if len(found) < len(lines) else None)

    async def prometheus_runtime_info() -> ToolResult:
        """Version, start, retention and flags of the server, and whether it took its configuration."""
        build = await client.build()
        runtime: shapes.RuntimeInfo | None = None
        flags: Mapping[str, str] = {}
        absent = ""
        try:
            runtime = (await client.runtime()).value
            flags = (await client.flags()).value
        except Missing as error:
            absent = str(error)
        lines = tuple(texts.runtime(build.value, runtime, flags))
        found = fitting(lines, most=_MOST_LINES, room=ROOM)
        return told(build, "\n".join(found), notes=(absent,), data=_hidden(lines, found))

    return (prometheus_tsdb_status, prometheus_runtime_info)


class _Metadata:
    """Types and helps of all metrics, fetched again when they are five minutes old."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: Mapping[str, shapes.MetadataItem] = {}
        self._until = clock.monotonic()

    async def refresh(self) -> str:
        """Fetches them if need be; says why there are none when the server has none to give."""
        if self._known and self._clock.monotonic() < self._until:
            return ""
        try:
            self._known = (await self._client.metadata()).value
        except SourceError as error:
            return f"types and helps unknown: {error.detail}"
        self._until = self._clock.monotonic() + _METADATA_FRESH
        return ""

    def of(self, name: str) -> shapes.MetadataItem | None:
        """What is known of a metric; the parts of a histogram or counter share one entry."""
        if name in self._known:
            return self._known[name]
        family = next((name.removesuffix(end) for end in _DERIVED if name.endswith(end)), name)
        return self._known.get(family)


def _states(rule: Rule) -> set[str]:
    failing = {"failing"} if rule.health == "err" else set()
    return {"any", rule.state, rule.kind, *failing}


def _hidden(values: Sequence[object], lines: Sequence[str]) -> Sequence[object] | None:
    """Everything, where the lines show a part of it."""
    return values if len(lines) < len(values) else None


def _apart(clock: Clock, now: datetime) -> str:
    """What is to be known of a present that is not ours."""
    ahead = now - clock.now()
    if abs(ahead) <= SAME_CLOCK:
        return ""
    side = "ahead of" if ahead > timedelta(0) else "behind"
    return f"the server's clock is {format_span(abs(ahead))} {side} ours; times are counted from its own"
