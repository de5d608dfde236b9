"""The HTTP API of Prometheus 2.42."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import numpy as np
from msgspec import Raw
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sre_assistant.sim.live import Live
from sre_assistant.sim.promql import Answer, BadData, QueryError, parse_matchers
from sre_assistant.sim.promql.engine import MAX_POINTS, TIMEOUT_SECONDS
from sre_assistant.sim.promql.selection import LOOKBACK_MS
from sre_assistant.sim.promql.text import duration_ms, number, plain, quoted
from sre_assistant.sim.promql.vectors import Frame
from sre_assistant.sim.series import Series
from sre_assistant.sim.servers import prometheus_status as status
from sre_assistant.sim.servers.answers import json_answer, not_allowed, not_found, raw_json
from sre_assistant.sim.servers.exposition import MEDIA_TYPE, exposition, federated
from sre_assistant.sim.tsdb import Tsdb

_STATUS: Final = {
    "bad_data": 400,
    "execution": 422,
    "timeout": 503,
    "not_found": 404,
    "unavailable": 500,
    "internal": 500,
}
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


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
            "targets/metadata": lambda asked: _ok(status.target_metadata(self.live.world.targets, asked.params)),
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
        return Starlette(routes=routes, exception_handlers={404: not_found, 405: not_allowed})

    def _answering(self, call: Callable[[Asked], Response]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: the parameters of query and form together, and errors in Prometheus' envelope."""

        async def read(request: Request) -> Asked:
            params = list(request.query_params.multi_items())
            if request.method == "POST":
                params = _form(await request.body()) + params
            return Asked(QueryParams(params), dict(request.path_params), self.live.clock.milliseconds())

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(_guarded, call, await read(request))

        return endpoint

    def _query(self, asked: Asked) -> Response:
        moment = asked.time("time", asked.now, "Invalid time value for 'time': ")
        timeout = asked.timeout()
        with _parameter("query"):
            answer = self.live.engine.instant(self.storage(), asked.query, moment, timeout=timeout)
        return _data(answer, instant=True)

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
        return _data(answer, instant=False)

    def _series(self, asked: Asked) -> Response:
        if not asked.params.getlist("match[]"):
            raise BadData("no match[] parameter provided")
        with _parameter("match[]"):
            found = self._matched(asked)
        return _ok([dict(one.labels) for one in found])

    def _labels(self, asked: Asked) -> Response:
        return _ok(sorted({name for one in self._matched(asked) for name, _ in one.labels}))

    def _label_values(self, asked: Asked) -> Response:
        name = asked.path["name"]
        if not _LABEL.fullmatch(name):
            raise BadData(f"invalid label name: {quoted(name)}")
        return _ok(
            sorted({value for one in self._matched(asked) for key, value in one.labels if key == name})
        )

    def _matched(self, asked: Asked) -> Sequence[Series]:
        """The series that any of the selectors picks, or all, that have samples in the window."""
        start = asked.time("start", self.live.world.epoch_ms, "Invalid time value for 'start': ")
        end = asked.time("end", asked.now, "Invalid time value for 'end': ")
        matchers = [parse_matchers(text) for text in asked.params.getlist("match[]")] or [()]
        storage = self.storage()
        found = {one.labels: one for some in matchers for one in storage.select(some, start, end)}
        recent = max(start, end - 60_000)
        return [found[labels] for labels in sorted(found) if _lives(found[labels], recent, start, end)]

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


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one request, and the simulated moment it came at (unix milliseconds)."""

    params: QueryParams
    path: Mapping[str, str]
    now: int

    def first(self, name: str) -> str:
        """A parameter's first value, or nothing."""
        values = self.params.getlist(name)
        return values[0] if values else ""

    @property
    def query(self) -> str:
        """The expression."""
        return self.first("query")

    def time(self, name: str, default: int | None = None, hint: str = "") -> int:
        """A moment in unix milliseconds."""
        text = self.first(name)
        if not text and default is not None:
            return default
        try:
            return _moment(text)
        except ValueError as error:
            raise BadData(f'invalid parameter "{name}": {hint}{error}') from error

    def step(self) -> int:
        """The distance of steps in milliseconds."""
        try:
            step = _span(self.first("step"))
        except ValueError as error:
            raise BadData(f'invalid parameter "step": {error}') from error
        if step <= 0:
            raise BadData(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        return max(1, round(step * 1000))

    def timeout(self) -> float:
        """Seconds that the query may take."""
        text = self.first("timeout")
        if not text:
            return TIMEOUT_SECONDS
        try:
            return min(_span(text), TIMEOUT_SECONDS)
        except ValueError as error:
            raise BadData(f'invalid parameter "timeout": {error}') from error


def _form(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


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


def _data(answer: Answer, *, instant: bool) -> Response:
    """The answer of a query; written by hand because a matrix can have a million numbers."""
    if answer.kind in {"string", "scalar"}:
        samples = answer.series[0][1]
        text = answer.text if answer.kind == "string" else plain(float(samples.values[0]))
        result = msgspec.json.encode([Raw(plain(samples.times[0] / 1000).encode()), text]).decode()
    else:
        single = instant and answer.kind == "vector"
        rows = []
        for labels, samples in answer.series:
            metric = msgspec.json.encode(dict(labels)).decode()
            pairs = [
                _sample(t, v) for t, v in zip(samples.times.tolist(), samples.values.tolist(), strict=True)
            ]
            rows.append(
                f'{{"metric":{metric},"value":{pairs[0]}}}'
                if single
                else f'{{"metric":{metric},"values":[{",".join(pairs)}]}}'
            )
        result = f"[{','.join(rows)}]"
    body = f'{{"status":"success","data":{{"resultType":"{answer.kind}","result":{result}}}}}'
    return raw_json(body.encode())


def _sample(moment: int, value: float) -> str:
    return f'[{_stamp(moment)},"{number(value)}"]'


def _stamp(moment: int) -> str:
    seconds, part = divmod(moment, 1000)
    return f"{seconds}.{part:03d}" if part else str(seconds)


def _moment(text: str) -> int:
    """Unix milliseconds of unix seconds or RFC 3339."""
    try:
        seconds = float(text)
        if math.isfinite(seconds):
            return round(seconds * 1000)
    except ValueError:
        if _RFC3339.fullmatch(text):
            return round(datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp() * 1000)
    raise ValueError(f"cannot parse {quoted(text)} to a valid timestamp")


def _span(text: str) -> float:
    """Seconds of a number or a duration."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            return duration_ms(text) / 1000
        except ValueError:
            raise ValueError(f"cannot parse {quoted(text)} to a valid duration") from None
    if not abs(seconds) < 2**63 / 1e9:
        raise ValueError(f"cannot parse {quoted(text)} to a valid duration. It overflows int64")
    return seconds


def _lives(series: Series, recent: int, start: int, end: int) -> bool:
    """Whether a series has samples in the window; most have them in its last minute."""
    return bool(len(series.samples(recent, end).times)) or bool(len(series.samples(start, end).times))
