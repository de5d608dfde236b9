"""The HTTP API of Prometheus 2.42."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Series, newest
from sre_assistant.sim.metrics.tsdb import Tsdb
from sre_assistant.sim.promql import Answer, BadData, QueryError, parse_matchers
from sre_assistant.sim.promql.engine import MAX_POINTS
from sre_assistant.sim.promql.selection import LOOKBACK_MS
from sre_assistant.sim.promql.text import quoted
from sre_assistant.sim.promql.vectors import Frame
from sre_assistant.sim.servers import prometheus_results as results
from sre_assistant.sim.servers import prometheus_status as status
from sre_assistant.sim.servers.answers import dated, json_answer, not_allowed, not_found
from sre_assistant.sim.servers.exposition import MEDIA_TYPE, exposition, federated
from sre_assistant.sim.servers.prometheus_asked import Asked, form

_STATUS: Final = {
    "bad_data": 400,
    "execution": 422,
    "timeout": 503,
    "not_found": 404,
    "unavailable": 500,
    "internal": 500,
}
_LOOKS: Final = 2000
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus server that watches a world."""

    live: Live

    def storage(self) -> Tsdb:
        """What it has stored by now."""
        return Tsdb(self.live.world.index, self.live.rules, self.live.clock.milliseconds())

    def app(self) -> Starlette:
        """The HTTP API."""
        api: dict[str, Callable[[Asked], Response]] = {
            "query": self._query,
            "query_range": self._query_range,
            "series": self._series,
            "labels": self._labels,
        }
        gets: dict[str, Callable[[Asked], Response]] = {
            "label/{name}/values": self._label_values,
            "metadata": lambda asked: _ok(status.metadata(self.live.world.targets, asked.params)),
            "targets": lambda asked: _ok(status.targets(self.live.world.targets, asked.now, asked.params)),
            "targets/metadata": lambda asked: _ok(
                status.target_metadata(self.live.world.targets, asked.params)
            ),
            "rules": lambda asked: _ok(status.rules(self.live.rules, asked.now, asked.params)),
            "alerts": lambda asked: _ok(
                {"alerts": [status.alert(one) for one in self.live.rules.alerts(asked.now)]}
            ),
            "alertmanagers": lambda _: _ok(status.alertmanagers(self.live.world)),
            "query_exemplars": lambda _: _ok([]),
            "status/buildinfo": lambda _: _ok(status.buildinfo()),
            "status/config": lambda _: _ok({"yaml": status.config(self.live.world)}),
            "status/flags": lambda _: _ok(status.flags()),
            "status/runtimeinfo": lambda _: _ok(status.runtimeinfo(self.live.world)),
            "status/tsdb": lambda asked: _ok(status.tsdb(self.live.world, asked.now)),
            "status/walreplay": lambda _: _ok({"min": 0, "max": 0, "current": 0}),
        }
        routes = [
            Route(f"/api/v1/{path}", self._answering(call), methods=["GET", "POST"])
            for path, call in api.items()
        ]
        routes += [
            Route(f"/api/v1/{path}", self._answering(call), methods=["GET"]) for path, call in gets.items()
        ]
        routes.append(Route("/api/v1/series", self._answering(_not_implemented), methods=["DELETE"]))
        for path in ("delete_series", "clean_tombstones", "snapshot"):
            routes.append(
                Route(f"/api/v1/admin/tsdb/{path}", self._answering(_disabled), methods=["POST", "PUT"])
            )
        routes += [
            Route("/-/healthy", _saying("Prometheus Server is Healthy.\n"), methods=["GET", "HEAD"]),
            Route("/-/ready", _saying("Prometheus Server is Ready.\n"), methods=["GET", "HEAD"]),
            Route("/-/reload", _saying("Lifecycle API is not enabled.", 403), methods=["POST", "PUT"]),
            Route("/-/quit", _saying("Lifecycle API is not enabled.", 403), methods=["POST", "PUT"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/federate", self._answering(self._federate), methods=["GET"]),
        ]
        return Starlette(
            routes=routes,
            exception_handlers={404: not_found, 405: not_allowed},
            middleware=dated(self.live.clock),
        )

    def _answering(self, call: Callable[[Asked], Response]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: the parameters of query and form together, and errors in Prometheus' envelope."""

        async def read(request: Request) -> Asked:
            params = list(request.query_params.multi_items())
            if request.method == "POST":
                params = form(await request.body()) + params
            return Asked(QueryParams(params), dict(request.path_params), self.live.clock.milliseconds())

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(_guarded, call, await read(request))

        return endpoint

    def _query(self, asked: Asked) -> Response:
        moment = asked.time("time", asked.now, "Invalid time value for 'time': ")
        timeout = asked.timeout()
        with _parameter("query"):
            answer = self.live.engine.instant(self.storage(), asked.query, moment, timeout=timeout)
        return _data(asked, answer, instant=True)

    def _query_range(self, asked: Asked) -> Response:
        start, end = asked.time("start"), asked.time("end")
        if end < start:
            raise BadData('invalid parameter "end": end timestamp must not be before start time')
        step = asked.step()
        if (end - start) / step > MAX_POINTS:
            raise BadData(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        frame = Frame(np.arange(start, end + 1, step, dtype=np.int64), start, end)
        answer = self.live.engine.over(self.storage(), asked.query, frame, timeout=asked.timeout())
        return _data(asked, answer, instant=False)

    def _series(self, asked: Asked) -> Response:
        if not asked.params.getlist("match[]"):
            raise BadData("no match[] parameter provided")
        with _parameter("match[]"):
            found = self._matched(asked)
        return _ok([dict(one.labels) for one in found])

    def _labels(self, asked: Asked) -> Response:
        window, names = self._window(asked), set[str]()
        for one in self._picked(asked, window):
            new = {name for name, _ in one.labels} - names
            if new and window.shows(one):
                names |= new
        return _ok(sorted(names))

    def _label_values(self, asked: Asked) -> Response:
        name = asked.path["name"]
        if not _LABEL.fullmatch(name):
            raise BadData(f"invalid label name: {quoted(name)}")
        window, values = self._window(asked), set[str]()
        for one in self._picked(asked, window):
            value = dict(one.labels).get(name, "")
            if value and value not in values and window.shows(one):
                values.add(value)
        return _ok(sorted(values))

    def _matched(self, asked: Asked) -> Sequence[Series]:
        """The series that any of the selectors picks, or all, that have samples in the window."""
        window = self._window(asked)
        return [one for one in self._picked(asked, window) if window.shows(one)]

    def _window(self, asked: Asked) -> Window:
        start = asked.time("start", self.live.world.epoch_ms, "Invalid time value for 'start': ")
        return Window(start, asked.time("end", asked.now, "Invalid time value for 'end': "))

    def _picked(self, asked: Asked, window: Window) -> list[Series]:
        matchers = [parse_matchers(text) for text in asked.params.getlist("match[]")] or [()]
        storage = self.storage()
        found = {
            one.labels: one for some in matchers for one in storage.select(some, window.start, window.end)
        }
        return [found[labels] for labels in sorted(found)]

    def _metrics(self, _request: Request) -> Response:
        now = self.live.clock.milliseconds()
        own = next(one for one in self.live.world.targets if one.job == "prometheus")
        return PlainTextResponse(exposition(own, now), media_type=MEDIA_TYPE)

    def _federate(self, asked: Asked) -> Response:
        try:
            matchers = [parse_matchers(text) for text in asked.params.getlist("match[]")]
        except BadData as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        storage, begin = self.storage(), asked.now - LOOKBACK_MS
        found = {one.labels: one for some in matchers for one in storage.select(some, begin, asked.now)}
        return PlainTextResponse(federated(found.values(), asked.now), media_type=MEDIA_TYPE)


class _parameter:  # noqa: N801  reads as a statement: with _parameter("query")
    """Says which parameter a parse error is about."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        """Prefixes bad data with the parameter's name."""
        if isinstance(error, BadData) and not str(error).startswith("invalid parameter"):
            raise BadData(f'invalid parameter "{self._name}": {error}') from error


def _guarded(call: Callable[[Asked], Response], asked: Asked) -> Response:
    try:
        return call(asked)
    except QueryError as error:
        return _failed(error.kind, str(error))


def _ok(data: object) -> Response:
    return json_answer({"status": "success", "data": data})


def _failed(kind: str, text: str) -> Response:
    return json_answer({"status": "error", "errorType": kind, "error": text}, status=_STATUS[kind])


def _disabled(_asked: Asked) -> Response:
    return _failed("unavailable", "admin APIs disabled")


def _not_implemented(_asked: Asked) -> Response:
    return _failed("internal", "not implemented")


def _saying(text: str, status: int = 200) -> Callable[[Request], Response]:
    def endpoint(_request: Request) -> Response:
        return PlainTextResponse(text, status_code=status)

    return endpoint


def _data(asked: Asked, answer: Answer, *, instant: bool) -> Response:
    body = results.encoded(answer, instant=instant, stats=bool(asked.first("stats")))
    return Response(body, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Window:
    """A time in unix milliseconds, both ends included."""

    start: int
    end: int

    def shows(self, series: Series) -> bool:
        """Whether a series has samples in it; most have them in its last minute.

        Like the blocks of a real server, a long window is looked at roughly.
        """
        if len(series.samples(max(self.start, self.end - 60_000), self.end).times):
            return True
        step = max(60_000, (self.end - self.start) // _LOOKS)
        moments = np.arange(self.start, self.end + 1, step, dtype=np.int64)
        found = newest(series, moments, LOOKBACK_MS)
        if found is not None:
            return bool(found.fresh.any())
        return bool(len(series.samples(self.start, self.end).times))
