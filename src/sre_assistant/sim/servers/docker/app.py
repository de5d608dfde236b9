"""The daemon's routes: version negotiation, refusals, and what reads and changes containers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sre_assistant.sim.live import AnswerLost, Live
from sre_assistant.sim.servers.docker import actions, filters, streams
from sre_assistant.sim.servers.docker.call import Call
from sre_assistant.sim.servers.docker.containers import Container
from sre_assistant.sim.servers.docker.engines import ENGINES, Engine, number, speaks
from sre_assistant.sim.servers.docker.logs import Logs, Wanted, world_logs
from sre_assistant.sim.servers.docker.proxy import Forbidden, forbidden
from sre_assistant.sim.servers.docker.reads import READS, Read
from sre_assistant.sim.servers.docker.stats import measured
from sre_assistant.sim.servers.docker.wire import Refused, error_answer, flag, json_answer, moment
from sre_assistant.sim.servers.lost import NoAnswer

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_VERSIONED: Final = re.compile(r"/v(?P<version>[0-9.]+)(?P<rest>/.*)")
_NOT_PLAYED: Final = re.compile(
    r"/(containers|exec|images|networks|volumes|plugins|build|commit|session|swarm|system|auth|grpc|distribution)(/.*)?"
)
_SWARM: Final = re.compile(r"/(swarm|services|nodes|tasks|secrets|configs)(/.*)?")
_NO_SWARM: Final = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node '
    "to swarm and try again."
)


Handler = Callable[[Call], Awaitable[Response]]
Rule = tuple[str, re.Pattern[str], Handler]


@dataclass(frozen=True, slots=True)
class Docker:
    """The Docker daemon of one host.

    Args:
        live: the homelab.
        host: a host of the house that runs containers.
        engine: the release that it is.
        logs: where the containers' lines are.
    """

    live: Live
    host: str
    engine: Engine = ENGINES[0]
    logs: Logs = field(default=world_logs)

    def app(self) -> Starlette:
        """The HTTP API."""
        table = self._table()

        async def answer(request: Request) -> Response:
            try:
                found = await self._answer(request, table)
            except AnswerLost:
                return NoAnswer()
            except Refused as refused:
                found = error_answer(refused, self.engine, _asked_version(request.url.path))
            return found if isinstance(found, NoAnswer) else self._headed(found)

        return Starlette(routes=[Route("/{path:path}", answer, methods=list(_METHODS))])

    def _table(self) -> list[Rule]:
        rules: list[tuple[str, str, Handler]] = [
            *(("GET", path, _reading(read)) for path, read in READS),
            ("GET", "/_ping", self._ping),
            ("HEAD", "/_ping", self._ping),
            ("GET", "/containers/(.+)/logs", self._logs),
            ("GET", "/containers/(.+)/stats", self._stats),
            ("GET", "/events", self._events),
            ("POST", "/containers/(.+)/wait", self._wait),
            ("DELETE", "/containers/(.+)", self._acting(actions.remove)),
            *(
                ("POST", f"/containers/(.+)/{act.__name__}", self._acting(act))
                for act in (
                    actions.start,
                    actions.stop,
                    actions.restart,
                    actions.kill,
                    actions.pause,
                    actions.unpause,
                )
            ),
        ]
        return [(method, re.compile(path), handler) for method, path, handler in rules]

    async def _answer(self, request: Request, table: list[Rule]) -> Response:
        version, path = self._negotiated(request.url.path)
        if self.live.world.spells[f"host/{self.host}"].at(self.live.now, "gone", "off") is not None:
            return NoAnswer()
        if forbidden(self.live, request.method, path):
            return Forbidden()
        for method, pattern, handler in table:
            named = pattern.fullmatch(path) if method == request.method else None
            if named:
                reference = named[1] if named.groups() else ""
                return await handler(self._call(request, path, version, reference))
        raise _unknown(request.method, path)

    def _call(self, request: Request, path: str, version: str, reference: str) -> Call:
        return Call(
            world=self.live.world,
            host=self.host,
            engine=self.engine,
            now=self.live.now,
            method=request.method,
            path=path,
            version=version,
            params=dict(request.query_params),
            reference=reference,
        )

    def _negotiated(self, path: str) -> tuple[str, str]:
        """The version that is asked for, by default the newest, and the path without it."""
        found = _VERSIONED.fullmatch(path)
        if not found:
            return self.engine.api, path
        asked = found["version"]
        if number(asked) < number(self.engine.least):
            raise Refused(
                400,
                f"client version {asked} is too old. Minimum supported API version is {self.engine.least}, "
                "please upgrade your client to a newer version",
            )
        if number(asked) > number(self.engine.api):
            raise Refused(
                400,
                f"client version {asked} is too new. Maximum supported API version is {self.engine.api}",
            )
        return asked, found["rest"]

    def _headed(self, response: Response) -> Response:
        date = {"Date": format_datetime(self.live.clock.now(), usegmt=True)}
        own = {
            "Api-Version": self.engine.api,
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Server": f"Docker/{self.engine.version} (linux)",
        }
        response.headers.update(date if isinstance(response, Forbidden) else own | date)
        return response

    async def _ping(self, call: Call) -> Response:
        headers = {
            "Builder-Version": "2" if speaks(self.engine.api, "1.42") else "1",
            "Cache-Control": "no-cache, no-store, must-revalidate",
            "Pragma": "no-cache",
            "Swarm": "inactive",
        }
        return PlainTextResponse("" if call.method == "HEAD" else "OK", headers=headers)

    async def _logs(self, call: Call) -> Response:
        params = call.params
        chosen = frozenset(name for name in ("stdout", "stderr") if flag(params, name))
        if not chosen:
            raise Refused(400, "Bad parameters: you must choose at least one stream")
        container = await run_in_threadpool(lambda: call.container)
        tail = params.get("tail", "all")
        wanted = Wanted(
            streams=chosen,
            since=moment(params.get("since", "")),
            until=moment(params.get("until", "")) or None,
            tail=int(tail) if tail.isdecimal() else None,
            timestamps=flag(params, "timestamps"),
        )
        body = streams.written(self.live, container, self.logs, wanted, follow=flag(params, "follow"))
        framed = not container.spec.tty and speaks(call.version, "1.42")
        kind = "multiplexed-stream" if framed else "raw-stream"
        return StreamingResponse(body, media_type=f"application/vnd.docker.{kind}")

    async def _stats(self, call: Call) -> Response:
        container = await run_in_threadpool(lambda: call.container)
        once = flag(call.params, "one-shot")
        if not flag(call.params, "stream", otherwise=True):
            before = None if once else call.now - 1.0
            return json_answer(await run_in_threadpool(measured, container, before))
        if once:
            raise Refused(400, "cannot have stream=true and one-shot=true")
        return StreamingResponse(streams.used(self.live, container), media_type="application/json")

    async def _events(self, call: Call) -> Response:
        params = call.params
        since, until = (moment(params.get(name, "")) for name in ("since", "until"))
        if since is not None and until is not None and until < since:
            raise Refused(
                400,
                f"`since` time ({params['since']}) cannot be after `until` time ({params['until']})",
            )
        wanted = filters.parsed(params.get("filters", ""))
        body = streams.told(self.live, self.host, wanted, since, until)
        return StreamingResponse(body, media_type="application/json")

    async def _wait(self, call: Call) -> Response:
        condition = call.params.get("condition", "") or "not-running"
        if condition not in {"not-running", "next-exit", "removed"}:
            raise Refused(400, f'invalid condition: "{condition}"')
        container = await run_in_threadpool(lambda: call.container)
        return StreamingResponse(
            streams.ended(self.live, container, condition), media_type="application/json"
        )

    def _acting(self, act: Callable[[Live, Container, actions.Params], Awaitable[int]]) -> Handler:
        async def handler(call: Call) -> Response:
            container = await run_in_threadpool(lambda: call.container)
            return Response(status_code=await act(self.live, container, call.params))

        return handler


def _reading(read: Read) -> Handler:
    async def handler(call: Call) -> Response:
        return json_answer(await run_in_threadpool(read, call))

    return handler


def _unknown(method: str, path: str) -> Refused:
    if _SWARM.fullmatch(path):
        return Refused(503, _NO_SWARM)
    if method not in {"GET", "HEAD"} and _NOT_PLAYED.fullmatch(path):
        return Refused(403, f"authorization denied by plugin homelab: {method} {path} is not allowed")
    return Refused(404, "page not found")


def _asked_version(path: str) -> str:
    found = _VERSIONED.fullmatch(path)
    return found["version"] if found else ""
