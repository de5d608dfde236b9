"""The REST API of the releases before 26: each path is a method, each parameter a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sre_assistant.sim.live import AnswerLost
from sre_assistant.sim.servers.lost import NoAnswer
from sre_assistant.sim.servers.truenas import audit, rights
from sre_assistant.sim.servers.truenas.asked import Asked
from sre_assistant.sim.servers.truenas.errors import CallError, MatchNotFound, ValidationErrors
from sre_assistant.sim.servers.truenas.keys import Role
from sre_assistant.sim.servers.truenas.methods import METHODS, OPEN, Method

if TYPE_CHECKING:
    from sre_assistant.sim.servers.truenas.server import TrueNas

BASE: Final = "/api/v2.0/"
_OPERATORS: Final = {
    "eq": "=",
    "neq": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "regex": "~",
    "startswith": "^",
    "endswith": "$",
    "in": "in",
    "nin": "nin",
}
_READ: Final = {
    "system/info",
    "system/version",
    "system/version_short",
    "system/ready",
    "system/state",
    "alert/list",
    "core/get_jobs",
    "core/ping",
    "boot/get_state",
    "smart/test/results",
    "update/status",
    "nfs/get_nfs3_clients",
    "nfs/client_count",
}
_POSTED: Final = {
    "smb/status",
    "disk/temperatures",
    "disk/temperature_agg",
    "disk/smart_attributes",
    "alert/dismiss",
    "alert/restore",
    "audit/query",
    "service/start",
    "service/stop",
    "service/restart",
    "pool/scrub/scrub",
    "reporting/get_data",
    "reporting/netdata_get_data",
    "update/check_available",
}
_BODIES: Final = {
    # the members of a body, in the order of the method's arguments; elsewhere a body is the one argument
    "disk.temperatures": ("names",),
    "disk.temperature_agg": ("names", "days"),
    "service.start": ("service", "service-control"),
    "service.stop": ("service", "service-control"),
    "service.restart": ("service", "service-control"),
    "pool.scrub.scrub": ("name", "action"),
    "reporting.get_data": ("graphs", "reporting_query"),
    "reporting.netdata_get_data": ("graphs", "query"),
    "smb.status": ("info_level", "query-filters", "query-options", "status-options"),
}
_OLD_NAMES: Final = {
    "zfs.snapshot.query": "pool.snapshot.query",
    "zfs.snapshot.delete": "pool.snapshot.delete",
}


async def rest(server: TrueNas, request: Request) -> Response:
    """Answers a request of the REST API."""
    answer = await _answer(server, request)
    if not isinstance(answer, NoAnswer):
        answer.headers["Server"] = "nginx"
        answer.headers["Date"] = format_datetime(server.live.clock.now(), usegmt=True)
    return answer


async def _answer(server: TrueNas, request: Request) -> Response:
    if server.away:
        return NoAnswer()
    if server.version == "26.0":
        return PlainTextResponse("404: Not Found", 404)
    name, arguments = _called(request)
    method = METHODS.get(name)
    if method is None or not method.known(server.version):
        name = _OLD_NAMES.get(name, name)
        method = METHODS.get(name)
    if method is None or not method.known(server.version):
        return PlainTextResponse("404: Not Found", 404)
    role, refusal = _admitted(server, request)
    if refusal is not None and method.role != OPEN:
        return refusal
    server.memory.rest_calls.append(server.live.now)
    try:
        rights.check(server.live, role, name, method)
    except CallError:
        return PlainTextResponse("403: Forbidden", 403)
    try:
        arguments = [*arguments, *await _body(request, name)]
    except msgspec.DecodeError as error:
        return _json({"message": f"Failed to parse JSON: {error}"}, 400)
    return await _result(request, name, method, server.asked(arguments, role))


async def _result(request: Request, name: str, method: Method, asked: Asked) -> Response:
    try:
        if method.rows and request.method == "GET" and "/id/" not in request.url.path:
            asked = replace(asked, arguments=_filters(list(request.query_params.multi_items())))
        return _json(await run_in_threadpool(lambda: audit.run(name, method, asked)))
    except AnswerLost:
        return NoAnswer()
    except ValidationErrors as error:
        return _json({error.attribute: [{"message": error.message, "errno": 22}]}, 422)
    except MatchNotFound:
        return _json({"message": ""}, 404)
    except CallError as error:
        if request.method == "GET" and "/id/" in request.url.path:
            return _json({"message": ""}, 404)
        return _json({"message": error.text, "errno": error.number}, 422)


def _called(request: Request) -> tuple[str, list[Any]]:
    """The method that a request means, and the arguments in its path."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    path = raw.removeprefix(BASE).strip("/")
    resource, _, own = path.partition("/id/")
    name = resource.replace("/", ".")
    if own:
        number = unquote(own)
        wanted: Any = int(number) if number.isdecimal() else number
        return f"{name}.{'delete' if request.method == 'DELETE' else 'get_instance'}", [wanted]
    if request.method == "POST":
        return (name if resource in _POSTED or resource == "core/ping" else ""), []
    if request.method != "GET":
        return "", []
    if resource in _READ:
        return name, []
    return ("ups.config" if resource == "ups" else f"{name}.query"), []


def _admitted(server: TrueNas, request: Request) -> tuple[Role | None, Response | None]:
    header = request.headers.get("Authorization", "")
    scheme, _, secret = header.partition(" ")
    if scheme == "Bearer":
        role = rights.role_of(server.live, secret)
        if role is not None and server.memory.revoked is None:
            return role, None
        return None, PlainTextResponse("Invalid API key", 401)
    text = "Bad username or password" if scheme == "Basic" else ""
    return None, PlainTextResponse(text, 401)


async def _body(request: Request, name: str) -> list[Any]:
    raw = await request.body() if request.method in {"POST", "PUT", "DELETE"} else b""
    if not raw:
        return []
    value = msgspec.json.decode(raw)
    if name in _BODIES and isinstance(value, Mapping):
        members = [value.get(one) for one in _BODIES[name]]
        while members and members[-1] is None:
            members.pop()
        return members
    return [value]


def _filters(params: Sequence[tuple[str, str]]) -> list[Any]:
    """The parameters of a list as filters and options; one that is no option is taken for a field."""
    filters: list[Any] = []
    options: dict[str, Any] = {}
    for key, text in params:
        if key in {"limit", "offset"}:
            if not text.isdecimal():
                raise ValidationErrors(f"options.{key}", "Input should be a valid integer")
            options[key] = int(text)
        elif key in {"count", "get"}:
            options[key] = text.lower() in {"true", "1"}
        elif key == "sort":
            options["order_by"] = text.split(",")
        else:
            field, _, operator = key.partition("__")
            sign = _OPERATORS.get(operator or "eq")
            if sign is None:
                raise CallError(22, f"Invalid operation: {operator}")
            filters.append(
                [field, sign, [_value(one) for one in text.split(",")] if "in" in sign else _value(text)]
            )
    return [filters, options]


def _value(text: str) -> Any:
    if text.isdecimal():
        return int(text)
    return {"true": True, "false": False, "none": None, "null": None}.get(text.lower(), text)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
