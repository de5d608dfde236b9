"""Typed calls to the Prometheus HTTP API; the only file that knows its paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlencode

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import CallError, Rejected
from sre_assistant.domain.reading import Build, Completeness, Reading, Rule, Sample, Series, Target
from sre_assistant.domain.window import Window
from sre_assistant.integrations.prometheus import parse, shapes
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.integrations.prometheus.parse import Parsed
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_span
from sre_assistant.kit.wire import Request, Wire, path_of

T = TypeVar("T")

MAX_POINTS: Final = 11_000
"""Points per series that Prometheus answers a range query with."""
SAME_CLOCK: Final = timedelta(seconds=2)
"""Clocks no further apart than this are taken for one."""
_LONGEST_QUERY_STRING = 4_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Client:
    """One Prometheus, as a source of metrics, targets, rules and alerts.

    Args:
        name: its configured name.
        config: for its address in links, the credentials to hide, and the label that names machines.
        wire: carries the calls.
        clock: dates what the server does not date itself.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self._api = Api(name, config, wire, clock, parse.explanation)
        self._url = config.url
        self._host_label = config.host_label

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._api.name

    async def now(self) -> datetime:
        """The present for whoever asks it: ours, or where the two differ by more than 2 s the server's."""
        before = self._api.clock.now()
        theirs = (await self.clock()).value
        after = self._api.clock.now()
        return after if before - SAME_CLOCK <= theirs <= after + SAME_CLOCK else theirs

    async def clock(self) -> Reading[datetime]:
        """What time the server thinks it is."""
        # VictoriaMetrics answers for half a minute ago unless told not to use its cache.
        request = _query("/api/v1/query", query="time()", nocache="1")
        parsed = await self._api.fetch(request, parse.clock)
        return self._reading(parsed, "time()", at=parsed.value)

    async def instant(self, query: str, at: datetime) -> Reading[tuple[Sample, ...]]:
        """The value of each series at one moment; a scalar is one sample without labels.

        Raises:
            SourceError: nothing usable came, or the query answers with a text or a range.
        """
        return (await self.evaluate(query, at))[1]

    async def evaluate(self, query: str, at: datetime) -> tuple[str, Reading[tuple[Sample, ...]]]:
        """As ``instant``, with the type of the result: ``vector`` or ``scalar``."""
        at = _whole_milliseconds(at)
        request = _query("/api/v1/query", query=query, time=_seconds(at))
        parsed = await self._api.fetch(request, parse.samples)
        if parsed.kind not in {"vector", "scalar"}:
            raise Rejected(
                self.name,
                request.operation,
                f"{bounded(query, 200)!r} answers with a {parsed.kind}, not with a value per series",
            )
        return parsed.kind, self._reading(parsed, query, at=at, link=self.link(query, at))

    async def range(self, query: str, window: Window, step: timedelta) -> Reading[tuple[Series, ...]]:
        """The values of each series over a window, on an even grid.

        Raises:
            CallError: the step is not positive, or the grid would have more than 11,000 points.
            SourceError: nothing usable came.
        """
        check_grid(window, step)
        window = Window(_whole_milliseconds(window.start), _whole_milliseconds(window.end))
        request = _query(
            "/api/v1/query_range",
            query=query,
            start=_seconds(window.start),
            end=_seconds(window.end),
            step=f"{step.total_seconds():.3f}",
        )
        parsed = await self._api.fetch(request, parse.series)
        if parsed.kind != "matrix":
            raise self._api.malformed(request, f"a range query was answered with a {parsed.kind}")
        link = self.link(query, window.end, window)
        return self._reading(parsed, query, at=window.end, window=window, link=link)

    async def label_values(self, label: str, matchers: tuple[str, ...]) -> Reading[tuple[str, ...]]:
        """The values a label has, over the series that match any of the selectors."""
        path = path_of("api", "v1", "label", label, "values")
        request = get(path, *(("match[]", each) for each in matchers))
        asked = f"values of {label} over {' or '.join(matchers) or 'all series'}"
        return self._reading(await self._api.fetch(request, parse.names), asked)

    def link(self, query: str, at: datetime, window: Window | None = None) -> str:
        """The server's own page for a query: its table at a moment, or its graph over a window."""
        moment = at.strftime("%Y-%m-%d %H:%M:%S")
        fields = {"g0.expr": query, "g0.tab": "1", "g0.moment_input": moment}
        if window:
            span = f"{max(1, round(window.span.total_seconds()))}s"
            fields = {"g0.expr": query, "g0.tab": "0", "g0.range_input": span, "g0.end_input": moment}
        return f"{self._url}/graph?{urlencode(fields)}"

    async def targets(self) -> Reading[tuple[Target, ...]]:
        """All active targets, each with its machine where a label names that."""
        request = get("/api/v1/targets", ("state", "active"))
        read = partial(parse.targets, host_label=self._host_label)
        return await self._asked(request, read, link=f"{self._url}/targets")

    async def rules(self) -> Reading[tuple[Rule, ...]]:
        """All alerting and recording rules."""
        return await self._asked(get("/api/v1/rules"), parse.rules, link=f"{self._url}/rules")

    async def rule_files(self) -> Reading[Mapping[str, str]]:
        """The file that holds each rule group, on the server's disk."""
        return await self._asked(get("/api/v1/rules"), parse.rule_files)

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """Firing alerts; ``starts_at`` is when their expression became true, before any hold time."""
        reading = await self.all_alerts()
        firing = tuple(alert for alert in reading.value if alert.status == "firing")
        completeness = Completeness.EMPTY if not firing else reading.completeness
        if reading.completeness is Completeness.PARTIAL:
            completeness = Completeness.PARTIAL
        return Reading(
            value=firing, provenance=reading.provenance, completeness=completeness, detail=reading.detail
        )

    async def all_alerts(self) -> Reading[tuple[Alert, ...]]:
        """Alerts with the status ``firing`` or ``pending``."""
        read = partial(parse.alerts, source=self.name)
        return await self._asked(get("/api/v1/alerts"), read, link=f"{self._url}/alerts")

    async def metadata(self) -> Reading[Mapping[str, shapes.MetadataItem]]:
        """Type and help of each metric, one per name."""
        return await self._asked(get("/api/v1/metadata", ("limit_per_metric", "1")), parse.metadata)

    async def build(self) -> Reading[Build]:
        """Which product answers, and its version; the product is empty when it does not say."""
        return await self._asked(get("/api/v1/status/buildinfo"), parse.build)

    async def runtime(self) -> Reading[shapes.RuntimeInfo]:
        """Since when it runs, and whether it took its configuration."""
        return await self._asked(get("/api/v1/status/runtimeinfo"), parse.runtime)

    async def flags(self) -> Reading[Mapping[str, str]]:
        """Its command-line flags."""
        return await self._asked(get("/api/v1/status/flags"), parse.flags)

    async def tsdb(self) -> Reading[shapes.TsdbStatus]:
        """Size and cardinality of the database."""
        return await self._asked(get("/api/v1/status/tsdb"), parse.tsdb, link=f"{self._url}/tsdb-status")

    async def _asked(
        self, request: Request, read: Callable[[bytes], Parsed[T]], *, link: str = ""
    ) -> Reading[T]:
        return self._reading(await self._api.fetch(request, read), request.operation, link=link)

    def _reading(
        self,
        parsed: Parsed[T],
        query: str,
        *,
        at: datetime | None = None,
        window: Window | None = None,
        link: str = "",
    ) -> Reading[T]:
        return self._api.reading(
            parsed.value, query, at=at, window=window, link=link, cut=(parsed.cut,), note=parsed.hint
        )


def check_grid(window: Window, step: timedelta) -> None:
    """Whether Prometheus would answer a range query on this grid.

    Raises:
        CallError: the step is not positive, or there are more than 11,000 points.
    """
    if step < timedelta(milliseconds=1):
        raise CallError(f"The step {step.total_seconds():g}s is too small: give at least 1ms, e.g. 60s.")
    points = window.span // step + 1
    if points > MAX_POINTS:
        least = math.ceil(window.span.total_seconds() / (MAX_POINTS - 1))
        raise CallError(
            f"{format_span(window.span)} in steps of {step.total_seconds():g}s are {points:,} points, more "
            f"than the {MAX_POINTS:,} of one answer: take a step of at least {least}s or a shorter range."
        )


def _query(path: str, **fields: str) -> Request:
    """A query by GET, or by POST when it is too long for the URL limits of common proxies."""
    given = tuple(fields.items())
    if len(urlencode(given)) <= _LONGEST_QUERY_STRING:
        return get(path, *given)
    return Request(method="POST", path=path, form=given, repeatable=True)


def _whole_milliseconds(moment: datetime) -> datetime:
    """Prometheus knows no finer time; asked again at this moment it answers the same."""
    return _EPOCH + (moment - _EPOCH) // timedelta(milliseconds=1) * timedelta(milliseconds=1)


def _seconds(moment: datetime) -> str:
    whole, rest = divmod((moment - _EPOCH) // timedelta(milliseconds=1), 1000)
    return f"{whole}.{rest:03d}"
