"""What a person or a model may call on a Prometheus; all of it only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.domain.errors import CallError, Missing, SourceError
from sre_assistant.domain.reading import Reading, Rule
from sre_assistant.integrations.prometheus import asked, shapes, texts
from sre_assistant.integrations.prometheus.client import Client, check_grid
from sre_assistant.kit.choice import check_choice
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import counted, fitting

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary and hints a result stays near 1,500 tokens."""
_MOST_NAMES = 20
_METADATA_FRESH = 300.0
_DERIVED = ("_bucket", "_sum", "_count", "_total", "_created")
_Health: TypeAlias = Literal["any", "up", "down", "unknown"]
_RuleState: TypeAlias = Literal["any", "firing", "pending", "inactive", "failing", "recording"]
_AlertState: TypeAlias = Literal["any", "firing", "pending"]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client, clock: Clock) -> tuple[Tool, ...]:
    """All tools of one Prometheus."""
    calls = (*_querying(client, clock), *_listing(client), *_about(client))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def _querying(client: Client, clock: Clock) -> tuple[_Call, ...]:
    described = _Metadata(client, clock)

    async def prometheus_search_metrics(
        search_term: Annotated[str, "Words that the metric's name contains, e.g. node memory."],
    ) -> ToolResult:
        """Find metrics by words in their names; shows type and help.

        The first thing to do when the exact name of a metric is not known.
        """
        names = await client.label_values("__name__", (asked.name_selector(search_term),))
        note = await described.refresh() if names.value else ""
        found = fitting((texts.metric(n, described.of(n)) for n in names.value), most=MOST_SHOWN, room=ROOM)
        return _result(names, texts.found_metrics(search_term, names.value, found), note)

    async def prometheus_instant_query(
        query: Annotated[str, "A PromQL expression of at most 2,000 characters, e.g. up == 0."],
        time: Annotated[
            str | None, "RFC 3339, Unix seconds, 1h (ago) or 18:20 UTC; now when left out."
        ] = None,
    ) -> ToolResult:
        """Value of each series of a PromQL expression at one moment.

        For a peak or a total over a span ask for max_over_time() or increase() here, not for a range.
        """
        at = asked.moment(time or "now", clock.now())
        kind, reading = await client.evaluate(asked.query(query), at)
        found = fitting((texts.sample(s) for s in reading.value), most=MOST_SHOWN, room=ROOM)
        return _result(reading, texts.instant(query, reading.value, found, kind))

    async def prometheus_range_query(
        query: Annotated[str, "A PromQL expression of at most 2,000 characters."],
        start: Annotated[str, "RFC 3339, Unix seconds, 1h (ago) or 18:20 UTC; at most 30 days before end."],
        end: Annotated[str, "As start, or now."],
        step: Annotated[str, "Distance of the points, e.g. 60s; at most 1d, and 11,000 points."] = "60s",
    ) -> ToolResult:
        """Course of each series of a PromQL expression: samples, min, max, avg, first and last points."""
        window, width = asked.window(start, end, clock.now()), asked.step(step)
        check_grid(window, width)
        reading = await client.range(asked.query(query), window, width)
        found = fitting((texts.series(s) for s in reading.value), most=MOST_SHOWN, room=ROOM)
        return _result(reading, texts.span(reading.value, found))

    return (prometheus_search_metrics, prometheus_instant_query, prometheus_range_query)


def _listing(client: Client) -> tuple[_Call, ...]:
    async def prometheus_list_targets(
        health: Annotated[_Health, "Only targets in this health."] = "any",
        job: Annotated[str, "Only targets of this job; all when empty."] = "",
    ) -> ToolResult:
        """What Prometheus scrapes and whether the last scrape worked, with its error; broken ones first."""
        check_choice("health", health, _Health)
        reading = await client.targets()
        kept = [t for t in reading.value if health in {"any", t.health} and job in {"", t.labels.get("job")}]
        kept.sort(key=lambda target: target.health == "up")
        found = fitting((texts.target(t) for t in kept), most=MOST_SHOWN, room=ROOM)
        return _result(reading, texts.targets(reading.value, kept, found))

    async def prometheus_list_rules(
        state: Annotated[
            _RuleState,
            "Only alerting rules in this state, rules whose evaluation fails, or recording rules.",
        ] = "any",
    ) -> ToolResult:
        """Alerting and recording rules: expression, hold time, state, evaluation error; broken ones first."""
        check_choice("state", state, _RuleState)
        reading = await client.rules()
        kept = [rule for rule in reading.value if state in _states(rule)]
        kept.sort(key=lambda rule: (rule.health != "err", rule.state != "firing", rule.state != "pending"))
        found = fitting((texts.rule(r) for r in kept), most=MOST_SHOWN, room=ROOM)
        return _result(reading, counted("rule", len(reading.value), len(kept), found))

    async def prometheus_list_alerts(
        state: Annotated[_AlertState, "Only alerts in this state."] = "any",
    ) -> ToolResult:
        """Alerts that Prometheus itself holds firing or pending; silences are known to Alertmanager."""
        check_choice("state", state, _AlertState)
        reading = await client.all_alerts()
        kept = [alert for alert in reading.value if state in {"any", alert.status}]
        kept.sort(key=lambda alert: (alert.status != "firing", alert.starts_at))
        found = fitting((texts.alert(a) for a in kept), most=MOST_SHOWN, room=ROOM)
        return _result(reading, counted("alert", len(reading.value), len(kept), found))

    return (prometheus_list_targets, prometheus_list_rules, prometheus_list_alerts)


def _about(client: Client) -> tuple[_Call, ...]:
    async def prometheus_tsdb_status(
        limit: Annotated[int, f"Names in each list, 1 to {_MOST_NAMES}."] = 10,
    ) -> ToolResult:
        """Size and cardinality of the database: which metrics and labels have the most series."""
        if not 1 <= limit <= _MOST_NAMES:
            raise CallError(f"limit is {limit!r}: give 1 to {_MOST_NAMES}.")
        reading = await client.tsdb()
        found = fitting(texts.tsdb(reading.value, limit), most=4 * _MOST_NAMES, room=ROOM)
        return _result(reading, "\n".join(found))

    async def prometheus_runtime_info() -> ToolResult:
        """Version, start time, retention and flags of the server, and whether it took its configuration."""
        build = await client.build()
        runtime: shapes.RuntimeInfo | None = None
        flags: Mapping[str, str] = {}
        absent = ""
        try:
            runtime = (await client.runtime()).value
            flags = (await client.flags()).value
        except Missing as error:
            absent = str(error)
        found = fitting(texts.runtime(build.value, runtime, flags), most=4 * _MOST_NAMES, room=ROOM)
        return _result(build, "\n".join(found), absent)

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
    return {"any", rule.state or rule.kind, *failing}


def _result(reading: Reading[object], text: str, note: str = "") -> ToolResult:
    notes = [n for n in (reading.detail, note) if n]
    return ToolResult(
        text="\n".join([text, *(f"Note: {n}" for n in notes)]),
        provenance=reading.provenance,
        completeness=reading.completeness,
        detail="; ".join(notes),
    )
