"""Proxmox VE's API on the wire: who asks, which call, and answers and refusals in its own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.sim.live import AnswerLost, Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.servers.lost import NoAnswer
from sre_assistant.sim.servers.proxmox import (
    access_calls,
    action_calls,
    backup_job_calls,
    cluster_calls,
    disk_calls,
    guest_calls,
    node_calls,
    package_calls,
    storage_calls,
    task_calls,
)
from sre_assistant.sim.servers.proxmox.access import Caller, Keys, denied_at, identified
from sre_assistant.sim.servers.proxmox.answers import answer, application
from sre_assistant.sim.servers.proxmox.asked import Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Calls, Field, Refused, Value, read_all
from sre_assistant.sim.servers.proxmox.requested import Requests
from sre_assistant.sim.servers.proxmox.task_calls import Listed
from sre_assistant.sim.servers.proxmox.view import ClusterView

_PREFIX: Final = "/api2/"
_FORMATS: Final = ("json", "extjs")
_HEADERS: Final = {"cache-control": "max-age=0", "pragma": "no-cache", "server": "pve-api-daemon/3.0"}
_CALLS: Final[Calls[Asked]] = Calls(
    (
        *cluster_calls.CALLS,
        *backup_job_calls.CALLS,
        *node_calls.CALLS,
        *package_calls.CALLS,
        *guest_calls.CALLS,
        *storage_calls.CALLS,
        *disk_calls.CALLS,
        *task_calls.CALLS,
        *access_calls.CALLS,
        *action_calls.CALLS,
    )
)
_OPEN: Final[Calls[Asked]] = Calls(access_calls.OPEN)
_NOBODY: Final = Caller("", ())


@dataclass(frozen=True, slots=True)
class Proxmox:
    """The cluster's API, answered by the first node that can be reached."""

    live: Live
    requests: Requests = field(default_factory=Requests)

    def app(self) -> App:
        """The HTTP API."""
        return application(self._answered)

    def _answered(self, request: Request, body: bytes) -> Response:
        view = ClusterView.of(self.live)
        if view.local is None:
            return NoAnswer()
        path = request.scope["path"]
        form, _, rest = path.removeprefix(_PREFIX).partition("/")
        if not path.startswith(_PREFIX) or form not in _FORMATS:
            return answer(404, b"", reason="no such file", unix=view.now, headers=_HEADERS)
        try:
            data = self._data(view, request, rest, body)
        except Refused as refused:
            return _refusal(refused, form, view.now)
        except AnswerLost:
            return NoAnswer()
        return _success(data, form, view.now)

    def _data(self, view: ClusterView, request: Request, path: str, body: bytes) -> object:
        method = "GET" if request.method == "HEAD" else request.method
        given = _parameters(request, method, body)
        found, caller = _OPEN.find(method, path), _NOBODY
        if found is None:
            keys = Keys(self.live.credentials["proxmox"])
            spells = denied_at(view.world.spells["system/proxmox"], view.t)
            caller = identified(keys, request.headers, request.cookies, method, view.now, spells)
            found = _CALLS.find(method, path)
        if found is None:
            raise Refused(501, f"Method '{method} /{path}' not implemented")
        call, parts = found
        if call.needs is not None:
            caller.check(call.needs.place(parts), *call.needs.privileges)
        _forwarded(view, parts.get("node"))
        values = _checked(call, parts, given)
        asked = Asked(live=self.live, view=view, caller=caller, requests=self.requests, values=values)
        return call.run(asked)


def _forwarded(view: ClusterView, node: str | None) -> None:
    """Refuses what another node should answer that is not there.

    Raises:
        Refused: there is no such node, or it does not answer.
    """
    if node is None or node == "localhost":
        return
    if node not in view.nodes:
        why = f"failed to get address info for: {node}: Name or service not known"
        raise Refused(500, f"hostname lookup '{node}' failed - {why}")
    if not view.up(node):
        raise Refused(595, "No route to host")


def _checked(call: Call[Asked], parts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, Value]:
    """The typed parameters of a call, those of the path included.

    Raises:
        Refused: some are wrong.
    """
    fields = {name: call.fields.get(name, Field()) for name in parts} | dict(call.fields)
    values, errors = read_all(fields, {**given, **parts}, "pve")
    if errors:
        raise Refused(400, "Parameter verification failed.", errors)
    return values


def _parameters(request: Request, method: str, body: bytes) -> dict[str, str]:
    """The parameters of query and body; what comes twice is joined by a null character."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if method in {"POST", "PUT"} and body:
        pairs = [*_posted(request.headers.get("content-type", ""), body), *pairs]
    found: dict[str, str] = {}
    for name, value in pairs:
        if name != "_dc":
            found[name] = f"{found[name]}\0{value}" if name in found else value
    return found


def _posted(kind: str, body: bytes) -> list[tuple[str, str]]:
    if kind.partition(";")[0].strip() != "application/json":
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise Refused(501, f"malformed JSON string: {error}") from error
    if not isinstance(content, dict):
        raise Refused(501, "Not a HASH reference")
    return [(str(name), _plain(value)) for name, value in cast("dict[object, object]", content).items()]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def _success(data: object, form: str, unix: int) -> Response:
    body: dict[str, object] = {"data": data}
    if isinstance(data, Listed):
        body |= data.beside
    if form == "extjs":
        body = {"success": 1} | body
    return answer(200, msgspec.json.encode(body), reason="OK", unix=unix, headers=_HEADERS)


def _refusal(refused: Refused, form: str, unix: int) -> Response:
    """An error: of who asks and of other nodes only the status line tells."""
    login = refused.text == "authentication failure"
    if refused.status >= 595 or (refused.status == 401 and not login):
        return answer(refused.status, b"", reason=refused.text, unix=unix, headers=_HEADERS)
    body: dict[str, object] = {"errors": dict(refused.errors)} if refused.errors else {}
    body |= {"message": refused.text + "\n" * (refused.status != 501), "data": None}
    if form == "extjs":
        body |= {"success": 0, "status": refused.status}
        return answer(200, msgspec.json.encode(body), reason="OK", unix=unix, headers=_HEADERS)
    return answer(refused.status, msgspec.json.encode(body), reason=refused.text, unix=unix, headers=_HEADERS)
