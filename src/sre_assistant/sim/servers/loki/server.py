"""The HTTP API of Loki 3.7."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.logql import Engine, QueryError, parse
from sre_assistant.sim.logql.evaluator import matchers
from sre_assistant.sim.logql.syntax import Selection
from sre_assistant.sim.logql.writing import laid_out
from sre_assistant.sim.logstore import Joined, LogStore, Until
from sre_assistant.sim.servers.answers import not_allowed, not_found
from sre_assistant.sim.servers.loki import index, pages
from sre_assistant.sim.servers.loki.answers import answer, logs, numbers, refused
from sre_assistant.sim.servers.loki.asked import SECOND, Asked, Refused, check_limit
from sre_assistant.sim.servers.loki.patterns import clusters
from sre_assistant.sim.servers.loki.push import Intake
from sre_assistant.sim.servers.loki.tail import tail

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"
_PATTERN_STEPS: Final = 250


class LoggingWorld(Protocol):
    """A world that writes logs."""

    @property
    def logs(self) -> LogStore:
        """Its lines."""
        ...


class LoggingHome(Protocol):
    """What the server needs of a live homelab."""

    @property
    def world(self) -> LoggingWorld:
        """The world as it is now."""
        ...

    @property
    def clock(self) -> SimClock:
        """Its time."""
        ...


Call = Callable[[Asked], Response]


class Loki:
    """A Loki that holds what the homelab writes, and what is pushed to it."""

    def __init__(self, live: LoggingHome) -> None:
        self._live = live
        self._engine = Engine()
        self._intake = Intake()

    def store(self) -> LogStore:
        """All lines by now, those of the world and those pushed; what is still to come is not there yet."""
        return Joined((Until(self._live.world.logs, self._now() + 1), self._intake.store))

    def app(self) -> Starlette:
        """The HTTP API."""
        calls: dict[str, Call] = {
            "query": self._query,
            "query_range": self._query_range,
            "series": lambda asked: index.series(self.store(), asked),
            "labels": lambda asked: index.labels(self.store(), asked),
            "label": lambda asked: index.labels(self.store(), asked),
            "label/{name}/values": lambda asked: index.label_values(self.store(), asked),
            "index/stats": lambda asked: index.stats(self.store(), asked),
            "index/volume": lambda asked: index.volume(self.store(), asked),
            "index/volume_range": lambda asked: index.volume_range(self.store(), asked),
            "patterns": self._patterns,
            "detected_labels": lambda asked: index.detected_labels(self.store(), asked),
            "detected_fields": lambda asked: index.detected_fields(self.store(), asked),
            "format_query": _format_query,
            "status/buildinfo": lambda _: answer(pages.BUILD, newline=False),
        }
        routes: list[BaseRoute] = [
            Route(f"/loki/api/v1/{path}", self._answering(call), methods=["GET", "POST"])
            for path, call in calls.items()
        ]
        routes += [
            Route("/loki/api/v1/push", self._push, methods=["POST"]),
            Route("/loki/api/v1/tail", _no_socket, methods=["GET", "POST"]),
            WebSocketRoute("/loki/api/v1/tail", self._tail),
            Route("/loki/api/v1/rules", _saying("no rule groups found\n", 404), methods=["GET"]),
            Route("/ready", _saying("ready\n"), methods=["GET"]),
            Route("/config", _saying(pages.CONFIG), methods=["GET"]),
            Route("/services", _saying(pages.SERVICES), methods=["GET"]),
            Route("/flush", _saying("", 204), methods=["GET", "POST"]),
            Route("/metrics", self._metrics, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={404: not_found, 405: not_allowed})

    def _now(self) -> int:
        """The simulated time in unix nanoseconds."""
        return (self._live.clock.now() - _EPOCH) // timedelta(microseconds=1) * 1000

    def _asked(self, connection: HTTPConnection, params: list[tuple[str, str]]) -> Asked:
        flags = connection.headers.get("x-loki-response-encoding-flags", "")
        return Asked(
            QueryParams(params),
            dict(connection.path_params),
            self._now(),
            categorised="categorize-labels" in (flag.strip() for flag in flags.split(",")),
        )

    def _answering(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: the parameters of query and form together, and errors as plain text."""

        async def endpoint(request: Request) -> Response:
            params = list(request.query_params.multi_items())
            if request.method == "POST":
                body = (await request.body()).decode("utf-8", "replace")
                params = parse_qsl(body, keep_blank_values=True) + params
            asked = self._asked(request, params)
            return self._dated(await run_in_threadpool(_guarded, call, asked))

        return endpoint

    def _dated(self, response: Response) -> Response:
        response.headers["date"] = self._live.clock.now().strftime(_DATE)
        return response

    def _query(self, asked: Asked) -> Response:
        moment = asked.moment()
        asked.limit()
        asked.forward()
        return numbers(self._engine.instant(self.store(), asked.query, moment))

    def _query_range(self, asked: Asked) -> Response:
        bounds, step = asked.range()
        limit, forward = asked.limit(), asked.forward()
        if isinstance(parse(asked.query), Selection):
            check_limit(limit)
            found = self._engine.logs(
                self.store(), asked.query, bounds.start, bounds.end, limit=limit, forward=forward
            )
            return logs(found, categorised=asked.categorised)
        # The query frontend moves both ends outwards to whole steps.
        start, end = bounds.start - bounds.start % step, bounds.end + -bounds.end % step
        return numbers(self._engine.over(self.store(), asked.query, start, end, step))

    def _patterns(self, asked: Asked) -> Response:
        bounds = asked.bounds()
        picked = matchers(index.only_matchers(asked.query))
        span = max(bounds.end - bounds.start, SECOND)
        step = asked.step(bounds) if asked.first("step") else max(span // _PATTERN_STEPS, 10 * SECOND)
        found = clusters(
            (
                entry
                for stream in self.store().streams(picked, bounds.start, bounds.end)
                for entry in stream.entries(bounds.start, bounds.end)
            ),
            step - step % SECOND or SECOND,
        )
        data = [
            {
                "pattern": cluster.pattern,
                "level": cluster.level or "unknown",
                "samples": [[at, cluster.samples[at]] for at in sorted(cluster.samples)],
            }
            for cluster in found
        ]
        return answer({"status": "success", "data": data})

    async def _push(self, request: Request) -> Response:
        body = await request.body()
        try:
            self._intake.push(body, request.headers, self._now())
        except Refused as error:
            return self._dated(refused(str(error), error.status, newline=True))
        return self._dated(Response(status_code=204))

    async def _tail(self, socket: WebSocket) -> None:
        asked = self._asked(socket, list(socket.query_params.multi_items()))
        await tail(socket, asked, self.store, self._now)

    def _metrics(self, _request: Request) -> Response:
        text = pages.metrics(
            lines=self._intake.lines, size=self._intake.size, streams=len(self._intake.newest)
        )
        return self._dated(PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8"))


def _guarded(call: Call, asked: Asked) -> Response:
    try:
        return call(asked)
    except Refused as error:
        return refused(str(error), error.status)
    except QueryError as error:
        return refused(str(error), error.status)


def _format_query(asked: Asked) -> Response:
    return answer({"status": "success", "data": laid_out(parse(asked.query))})


async def _no_socket(_request: Request) -> Response:
    return refused("Bad Request", newline=True)


def _saying(text: str, status: int = 200) -> Callable[[Request], Response]:
    def endpoint(_request: Request) -> Response:
        return PlainTextResponse(text, status_code=status) if text else Response(status_code=status)

    return endpoint
