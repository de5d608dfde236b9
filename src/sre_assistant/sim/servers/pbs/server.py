"""The backup server's API on the wire; its errors are plain texts, whatever the content type says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.sim.live import AnswerLost, Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.servers.lost import NoAnswer
from sre_assistant.sim.servers.pbs import job_calls, node_calls, store_calls, task_calls
from sre_assistant.sim.servers.pbs.access import Caller, Keys, identified
from sre_assistant.sim.servers.pbs.asked import Asked
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.access import denied_at
from sre_assistant.sim.servers.proxmox.answers import answer, application
from sre_assistant.sim.servers.proxmox.calls import Call, Calls, Field, Refused, Value, read_all
from sre_assistant.sim.servers.proxmox.task_calls import Listed

_PREFIX: Final = "/api2/"
_FORMATS: Final = ("json", "extjs")
_HEADERS: Final = {"cache-control": "no-store, must-revalidate, no-cache, max-age=0", "server": ""}
_CALLS: Final[Calls[Asked]] = Calls(
    (*node_calls.CALLS, *store_calls.CALLS, *job_calls.CALLS, *task_calls.CALLS)
)
_OPEN: Final[Calls[Asked]] = Calls(node_calls.OPEN)
_NOBODY: Final = Caller("", ())


@dataclass(frozen=True, slots=True)
class Pbs:
    """The backup server of a world with at least one datastore."""

    live: Live

    def app(self) -> App:
        """The HTTP API."""
        return application(self._answered)

    def _answered(self, request: Request, body: bytes) -> Response:
        view = StoreView.of(self.live)
        if not view.up:
            return NoAnswer()
        path = request.scope["path"]
        form, _, rest = path.removeprefix(_PREFIX).partition("/")
        if not path.startswith(_PREFIX) or form not in _FORMATS:
            return _refusal(Refused(404, f"Path '{path}' not found."), "json", view.now)
        try:
            data = self._data(view, request, rest, body)
        except Refused as refused:
            return _refusal(refused, form, view.now)
        except AnswerLost:
            return NoAnswer()
        return _success(data, form, view.now)

    def _data(self, view: StoreView, request: Request, path: str, body: bytes) -> object:
        method = "GET" if request.method == "HEAD" else request.method
        found, caller = _OPEN.find(method, path), _NOBODY
        if found is None:
            keys = Keys(self.live.credentials["pbs"])
            denied = denied_at(view.world.spells["system/pbs"], view.t)
            caller = identified(keys, request.headers.get("authorization", ""), denied)
            found = _CALLS.find(method, path)
        if found is None:
            raise Refused(404, f"Path '{request.scope['path']}' not found.")
        call, parts = found
        if call.needs is not None:
            caller.check(call.needs.place(parts), *call.needs.privileges)
        values = _checked(call, parts, _parameters(request, method, body))
        if "node" in parts and parts["node"] not in {"localhost", view.node}:
            raise Refused(400, f"no such node '{parts['node']}'")
        return call.run(Asked(live=self.live, view=view, caller=caller, values=values))


def _checked(call: Call[Asked], parts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, Value]:
    """The typed parameters of a call, those of the path included.

    Raises:
        Refused: some are wrong; the first is told.
    """
    fields = {name: call.fields.get(name, Field()) for name in parts} | dict(call.fields)
    values, errors = read_all(fields, {**given, **parts}, "pbs")
    if errors:
        texts = [f"'{name}': {text}" for name, text in errors.items()]
        raise Refused(400, f"parameter verification failed - {texts[0]}", errors)
    return values


def _parameters(request: Request, method: str, body: bytes) -> dict[str, str]:
    """The parameters of the query, or of a body as a form or JSON."""
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
        raise Refused(400, f"unable to parse json: {error}") from error
    if not isinstance(content, dict):
        raise Refused(400, "unable to parse json: not an object")
    items = cast("dict[object, object]", content).items()
    return [(str(name), str(int(one)) if isinstance(one, bool) else str(one)) for name, one in items]


def _success(data: object, form: str, unix: int) -> Response:
    body: dict[str, object] = {"data": data}
    if isinstance(data, Listed):
        body |= data.beside
    if form == "extjs":
        body |= {"success": True, "status": 200}
    return answer(200, msgspec.json.encode(body), unix=unix, headers=_HEADERS)


def _refusal(refused: Refused, form: str, unix: int) -> Response:
    if form == "extjs":
        body = {"message": refused.text, "errors": dict(refused.errors or {}), "success": False}
        return answer(
            200, msgspec.json.encode(body | {"status": refused.status}), unix=unix, headers=_HEADERS
        )
    return answer(refused.status, refused.text.encode(), unix=unix, headers=_HEADERS)
