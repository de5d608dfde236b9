"""The API server: who asks, for what, and which part of the API answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sre_assistant.sim.live import AnswerLost, Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.servers.kubernetes import discovery
from sre_assistant.sim.servers.kubernetes.answers import (
    BODY_MOST,
    Accepted,
    answer,
    line,
    plain,
    stream,
)
from sre_assistant.sim.servers.kubernetes.following import log
from sre_assistant.sim.servers.kubernetes.lists import asked_moment, bare, options, page
from sre_assistant.sim.servers.kubernetes.places import Place, place, segments
from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.reviews import review
from sre_assistant.sim.servers.kubernetes.rights import CHANGER, Account, Asked, account, rights
from sre_assistant.sim.servers.kubernetes.scales import scale
from sre_assistant.sim.servers.kubernetes.status import (
    Object,
    Refused,
    bad_request,
    forbidden,
    no_such_resource,
    not_allowed,
    not_found,
    unauthorised,
)
from sre_assistant.sim.servers.kubernetes.tables import table
from sre_assistant.sim.servers.kubernetes.view import View
from sre_assistant.sim.servers.kubernetes.watching import Watch
from sre_assistant.sim.servers.kubernetes.writing import Writing
from sre_assistant.sim.servers.lost import NoAnswer
from sre_assistant.sim.world import World

_HEALTH: Final = ("healthz", "livez", "readyz")
_METRICS: Final = "metrics.k8s.io"
_REVIEWS: Final = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """The API server of a world's cluster."""

    live: Live

    def app(self) -> App:
        """The HTTP API; without a cluster in the house every path is unknown."""
        return self._served(lambda request: account(self.live, request.headers.get("authorization", "")))

    def proxy(self) -> App:
        """The same as ``kubectl proxy`` gives it out: to everybody, with the right to change things."""
        return self._served(lambda _request: CHANGER)

    def _served(self, known: Callable[[Request], Account | None]) -> App:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await send({"type": "websocket.close", "code": 1008})
                return
            request = Request(scope, receive, send)
            response = await self._answered(request, known(request))
            await response(scope, receive, send)

        return serve

    async def _answered(self, request: Request, who: Account | None) -> Response:
        try:
            body = await _body(request)
            return await self._answer(request, body, who)
        except Refused as refused:
            return answer(self.live, request, refused.body, refused.code)
        except AnswerLost:
            return NoAnswer()

    async def _answer(self, request: Request, body: bytes, who: Account | None) -> Response:
        if who is None:  # k3s knows no anonymous requests
            raise unauthorised()
        parts = segments(request.scope["raw_path"].decode("latin-1").partition("?")[0])
        found = place(parts)
        if found is None:
            return await run_in_threadpool(self._around, request, who, parts)
        return await self._resource(request, body, who, found)

    def _view(self, world: World, t: float) -> View:
        if world.cluster is None:
            raise no_such_resource()
        return View(world, world.cluster, t)

    @property
    def _now(self) -> View:
        return self._view(self.live.world, self.live.now)

    def _around(self, request: Request, who: Account, parts: list[str]) -> Response:
        """Everything that is no resource: what there is to discover, and how the server is."""
        path = "/" + "/".join(parts)
        if parts[:1] and parts[0] in _HEALTH and len(parts) == 1:
            return plain(self.live, "ok")
        view = self._now
        if parts[:1] == ["apis"] and len(parts) > 2:
            self._check_measuring(parts[1])
        asked = discovery.Asked(
            view.cluster.spec.version,
            request.headers.get("host", ""),
            "as=APIGroupDiscoveryList" in request.headers.get("accept", ""),
            () if view.measuring else (_METRICS,),
        )
        found = discovery.discovered(parts, asked)
        if found is None and parts[:1] not in (["api"], ["apis"], ["openapi"]):
            message = f'forbidden: User "{who.user}" cannot get path "{path}"'
            raise Refused(403, message, "Forbidden", {})
        if found is None:
            return plain(self.live, "404 page not found\n", 404)
        if request.method != "GET":
            raise not_allowed()
        kind = discovery.AGGREGATED if found.get("kind") == "APIGroupDiscoveryList" else "application/json"
        return answer(self.live, request, found, media=kind)

    async def _resource(self, request: Request, body: bytes, who: Account, found: Place) -> Response:
        verb = found.verb(request.method)
        params = request.query_params
        if verb == "list" and params.get("watch", "").lower() in {"1", "true"}:
            verb = "watch"
        held = rights(self.live, who)
        if verb is None:
            raise no_such_resource() if not found.known else not_allowed()
        name = found.name
        if found.resource.name == "namespaces" and name:  # a namespace is in itself
            found = Place(found.resource, found.known, name, name, found.part)
        if not held.allow(Asked(verb, found.resource, found.part, found.namespace, name)):
            space = found.namespace
            raise forbidden(who.user, verb, found.resource, found.part, space, name)
        if not found.known or verb not in (*found.resource.verbs, "get", "create"):
            raise no_such_resource() if not found.known else not_allowed()
        self._check_measuring(found.resource.group)
        if found.resource.name in _REVIEWS:
            reviewed = review(held, found.resource, body)
            return answer(self.live, request, reviewed, 201)
        return await self._act(request, body, found, verb)

    async def _act(self, request: Request, body: bytes, found: Place, verb: str) -> Response:
        if found.part == "log":
            return await log(self.live, lambda: self._now, request, found)
        accepted = Accepted(request)
        if verb == "watch":
            return self._watch(request, found, accepted)
        if verb == "list":
            return await run_in_threadpool(self._list, request, found, accepted)
        if verb == "get":
            return await run_in_threadpool(self._get, request, found, accepted)
        writing = Writing(self.live, found, request.query_params, request.headers.get("content-type", ""))
        status, made = await run_in_threadpool(writing.carry_out, verb, body)
        return answer(self.live, request, made, status, media=accepted.media)

    def _get(self, request: Request, found: Place, accepted: Accepted) -> Response:
        view = self._now
        one = _found(view, found)
        if found.part == "scale":
            one = scale(one)
        if accepted.as_kind == "Table":
            one = self._table(request, found.resource, [one], {"resourceVersion": _version(one)})
        elif accepted.as_kind:
            one = _partial(one)
        return answer(self.live, request, one, media=accepted.media)

    def _list(self, request: Request, found: Place, accepted: Accepted) -> Response:
        asked = options(request.query_params, found.resource)
        view = self._now
        moment = asked_moment(asked, view.t)
        earlier = self._view(view.world, moment) if moment is not None else None
        space = "" if found.resource.name == "namespaces" else found.namespace
        listed = page(view, earlier, asked, found.resource, space)
        metadata, items = listed["metadata"], listed["items"]
        if accepted.as_kind == "Table":
            made = self._table(request, found.resource, items, metadata)
        elif accepted.as_kind:
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            made = head | {"metadata": metadata, "items": [{"metadata": one["metadata"]} for one in items]}
        else:
            head = {"kind": f"{found.resource.kind}List", "apiVersion": found.resource.api}
            kept = items if found.resource.group == _METRICS else bare(items)
            made = head | {"metadata": metadata, "items": kept}
        return answer(self.live, request, made, media=accepted.media)

    def _watch(self, request: Request, found: Place, accepted: Accepted) -> Response:
        asked = options(request.query_params, found.resource)
        watch = Watch(self.live, found.resource, found.namespace, asked, self._view)

        async def events() -> AsyncIterator[bytes]:
            async for event in watch.events():
                shown = event
                if accepted.as_kind == "Table" and event["type"] not in {"ERROR", "BOOKMARK"}:
                    one = event["object"]
                    shown = event | {"object": self._table(request, found.resource, [one], {})}
                yield line(shown)

        return stream(self.live, events(), "application/json")

    def _table(self, request: Request, of: Resource, items: list[Object], metadata: Object) -> Object:
        whole = request.query_params.get("includeObject", "Metadata")
        if whole not in {"None", "Metadata", "Object"}:
            problem = f'unrecognized includeObject value: "{whole}"'
            raise bad_request(problem)
        return table(items, of.full, self.live.clock.now(), metadata, whole)

    def _check_measuring(self, group: str) -> None:
        """The metrics server is a pod of the cluster, and may not be there."""
        if group != _METRICS:
            return
        view = self._now
        if not view.measures:
            raise no_such_resource()
        if not view.measuring:
            message = "the server is currently unable to handle the request"
            raise Refused(503, message, "ServiceUnavailable")


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MOST:
            message = f"Request entity too large: limit is {BODY_MOST}"
            raise Refused(413, message, "RequestEntityTooLarge", {})
    return body


def _found(view: View, where: Place) -> Object:
    space = "" if where.resource.name == "namespaces" else where.namespace
    one = view.find(where.resource, space, where.name)
    if one is None:
        raise not_found(where.resource, where.name)
    return one


def _partial(one: Object) -> Object:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return head | {"metadata": one["metadata"]}


def _version(one: Object) -> str:
    return str(one["metadata"].get("resourceVersion", ""))
