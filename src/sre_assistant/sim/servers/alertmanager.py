"""The HTTP API (v2) of Alertmanager 0.25."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sre_assistant.sim.alerting.notified import Inbox, Notified
from sre_assistant.sim.alerting.silences import Silence
from sre_assistant.sim.exporters.alertmanager import VERSION
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Matcher, whole
from sre_assistant.sim.servers.answers import dated, json_answer, milliseconds_text, not_allowed, not_found
from sre_assistant.sim.servers.exposition import MEDIA_TYPE, exposition
from sre_assistant.sim.servers.matchers import BadMatcher, parse_filters
from sre_assistant.sim.servers.posted import Refused, alerts_of, silence_of

RECEIVER: Final = "ops"
GROUP_BY: Final = ("alertname",)
_CONFIG: Final = """\
global:
  resolve_timeout: 5m
route:
  receiver: ops
  group_by:
  - alertname
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
inhibit_rules:
- source_matchers:
  - severity="critical"
  target_matchers:
  - severity="warning"
  equal:
  - alertname
  - instance
receivers:
- name: ops
templates: []
"""
_YES: Final = frozenset({"true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"})


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """An Alertmanager that a world's Prometheus sends to."""

    live: Live
    inbox: Inbox

    def app(self) -> Starlette:
        """The HTTP API."""
        calls: tuple[tuple[str, str, Callable[[Request, bytes], Response]], ...] = (
            ("GET", "alerts", self._alerts),
            ("POST", "alerts", self._post_alerts),
            ("GET", "alerts/groups", self._groups),
            ("GET", "silences", self._silences),
            ("POST", "silences", self._post_silence),
            ("GET", "silence/{id}", self._silence),
            ("DELETE", "silence/{id}", self._delete_silence),
            ("GET", "status", self._status),
            ("GET", "receivers", lambda _request, _body: _json([{"name": RECEIVER}])),
        )
        routes = [
            Route(f"/api/v2/{path}", _answering(call), methods=[method]) for method, path, call in calls
        ]
        routes += [
            Route("/-/healthy", _ok, methods=["GET", "HEAD"]),
            Route("/-/ready", _ok, methods=["GET", "HEAD"]),
            Route("/metrics", self._metrics, methods=["GET"]),
        ]
        return Starlette(
            routes=routes,
            exception_handlers={404: _not_found, 405: _not_allowed},
            middleware=dated(self.live.clock),
        )

    @property
    def now(self) -> int:
        """The simulated moment in unix milliseconds."""
        return self.live.clock.milliseconds()

    def _chosen(self, request: Request) -> list[Notified]:
        params = request.query_params
        matchers = _filters(params.getlist("filter"))
        receiver = params.get("receiver", "")
        if receiver and not _pattern(receiver).match(RECEIVER):
            return []
        flags = {name: _flag(params.get(name)) for name in ("active", "silenced", "inhibited")}
        found = []
        for one in self.inbox.alerts(self.now):
            hidden = (
                (one.state == "active" and not flags["active"])
                or (one.silenced_by and not flags["silenced"])
                or (one.inhibited_by and not flags["inhibited"])
            )
            if not hidden and all(m.matches(one.labels.get(m.name, "")) for m in matchers):
                found.append(one)
        return found

    def _alerts(self, request: Request, _body: bytes) -> Response:
        return _json([_alert(one) for one in self._chosen(request)])

    def _groups(self, request: Request, _body: bytes) -> Response:
        groups: dict[tuple[tuple[str, str], ...], list[Notified]] = {}
        for one in self._chosen(request):
            key = tuple((name, one.labels[name]) for name in GROUP_BY if name in one.labels)
            groups.setdefault(key, []).append(one)
        return _json(
            [
                {
                    "alerts": [_alert(one) for one in alerts],
                    "labels": dict(key),
                    "receiver": {"name": RECEIVER},
                }
                for key, alerts in sorted(groups.items())
            ]
        )

    def _post_alerts(self, _request: Request, body: bytes) -> Response:
        self.inbox.post(alerts_of(body, self.now))
        return Response(status_code=200)

    def _silences(self, request: Request, _body: bytes) -> Response:
        wanted = _filters(request.query_params.getlist("filter"))
        now = self.now
        found = [one for one in self.live.silences.all() if _concerns(one, wanted)]
        order = {"active": 0, "pending": 1, "expired": 2}
        found.sort(key=lambda one: (order[one.state(now)], one.ends_at, one.id))
        return _json([_silence(one, now) for one in found])

    def _post_silence(self, _request: Request, body: bytes) -> Response:
        now = self.now
        try:
            return _json({"silenceID": self.live.silences.put(silence_of(body, now), now)})
        except KeyError:
            raise Refused(404, "silence not found") from None

    def _silence(self, request: Request, _body: bytes) -> Response:
        found = self.live.silences.get(_uuid(request))
        return Response(status_code=404) if found is None else _json(_silence(found, self.now))

    def _delete_silence(self, request: Request, _body: bytes) -> Response:
        try:
            self.live.silences.expire(_uuid(request), self.now)
        except KeyError:
            raise Refused(500, "silence not found") from None
        except ValueError as error:
            raise Refused(500, str(error)) from error
        return Response(status_code=200)

    def _status(self, _request: Request, _body: bytes) -> Response:
        begun = self.live.world.unix_ms(
            self.live.world.hosts[self.live.world.house.monitoring].boots[-1] + 40
        )
        return _json(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": _CONFIG},
                "uptime": milliseconds_text(begun),
                "versionInfo": {
                    "branch": VERSION["branch"],
                    "buildDate": "20230409-09:50:43",
                    "buildUser": "team+pkg-go@tracker.debian.org",
                    "goVersion": VERSION["goversion"],
                    "revision": VERSION["revision"],
                    "version": VERSION["version"],
                },
            }
        )

    def _metrics(self, _request: Request) -> Response:
        own = next(one for one in self.live.world.targets if one.job == "alertmanager")
        text = exposition(own, self.now)
        return PlainTextResponse(text, media_type=MEDIA_TYPE)


def _answering(call: Callable[[Request, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
    def guarded(request: Request, body: bytes) -> Response:
        try:
            return call(request, body)
        except Refused as refusal:
            return _json(refusal.body, refusal.status)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(guarded, request, await request.body())

    return endpoint


async def _not_found(request: Request, error: Exception) -> Response:
    path = request.url.path
    if not path.startswith("/api/v2/"):
        return await not_found(request, error)
    return _json({"code": 404, "message": f"path {path} was not found"}, 404)


async def _not_allowed(request: Request, error: Exception) -> Response:
    allowed = sorted({name for route in request.app.routes for name in _methods(route, request.url.path)})
    if not request.url.path.startswith("/api/v2/"):
        return await not_allowed(request, error)
    message = f"method {request.method} is not allowed, but [{','.join(allowed)}] are"
    return _json({"code": 405, "message": message}, 405)


def _methods(route: Route, path: str) -> set[str]:
    return (route.methods or set()) - {"HEAD"} if route.path_regex.match(path) else set()


def _ok(_request: Request) -> Response:
    return PlainTextResponse("OK")


def _json(value: object, status: int = 200) -> Response:
    return json_answer(value, status=status, newline=not (isinstance(value, dict) and "code" in value))


def _alert(one: Notified) -> dict[str, object]:
    return {
        "annotations": dict(sorted(one.annotations.items())),
        "endsAt": milliseconds_text(one.ends_at),
        "fingerprint": one.fingerprint,
        "receivers": [{"name": RECEIVER}],
        "startsAt": milliseconds_text(one.starts_at),
        "status": {
            "inhibitedBy": list(one.inhibited_by),
            "silencedBy": list(one.silenced_by),
            "state": one.state,
        },
        "updatedAt": milliseconds_text(one.updated_at),
        "generatorURL": one.generator,
        "labels": dict(sorted(one.labels.items())),
    }


def _silence(one: Silence, now: int) -> dict[str, object]:
    return {
        "id": one.id,
        "status": {"state": one.state(now)},
        "updatedAt": milliseconds_text(one.updated_at),
        "comment": one.comment,
        "createdBy": one.created_by,
        "endsAt": milliseconds_text(one.ends_at),
        "matchers": [
            {"isEqual": m.op[0] == "=", "isRegex": m.op[1:] == "~", "name": m.name, "value": m.value}
            for m in one.matchers
        ],
        "startsAt": milliseconds_text(one.starts_at),
    }


def _filters(texts: Sequence[str]) -> list[Matcher]:
    try:
        return parse_filters(texts)
    except BadMatcher as error:
        raise Refused(400, str(error)) from error


def _concerns(silence: Silence, wanted: Sequence[Matcher]) -> bool:
    """Whether a silence has, for each wanted matcher, one of the same name whose value passes."""
    for matcher in wanted:
        values = [one.value for one in silence.matchers if one.name == matcher.name]
        if not any(matcher.matches(value) for value in values or [""]):
            return False
    return True


def _flag(text: str | None) -> bool:
    return text is None or text.lower() in _YES


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return whole(text)
    except ValueError as error:
        raise Refused(400, f"failed to parse receiver param: {error}") from error


def _uuid(request: Request) -> str:
    text = str(request.path_params["id"])
    try:
        uuid.UUID(text)
    except ValueError:
        raise Refused(
            422, {"code": 601, "message": f'silenceID in path must be of type uuid: "{text}"'}
        ) from None
    return text
