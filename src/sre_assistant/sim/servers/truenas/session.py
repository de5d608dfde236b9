"""One WebSocket connection: JSON-RPC 2.0, a login, calls side by side, and news of what was subscribed to."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from sre_assistant.sim.live import AnswerLost
from sre_assistant.sim.misbehaviour import CutOff
from sre_assistant.sim.servers.truenas import audit, errors, rights
from sre_assistant.sim.servers.truenas.errors import CallError, ValidationErrors, error_data
from sre_assistant.sim.servers.truenas.keys import USERS, Role
from sre_assistant.sim.servers.truenas.methods import ANYBODY, METHODS, OPEN, Method
from sre_assistant.sim.servers.truenas.view import digits

if TYPE_CHECKING:
    from sre_assistant.sim.servers.truenas.server import TrueNas

MOST_CALLS: Final = 20
"""Calls that may be open at a time; more are refused."""
_AT_ONCE: Final = 10
_STRANGERS_BYTES: Final = 8192
_BYTES: Final = 65536
_LOOK_SECONDS: Final = 0.05
_WATCHED: Final = frozenset({"alert.list", "core.get_jobs", "pool.query"})
_INVALID_TEXT, _TOO_BIG, _UNSUPPORTED = 1007, 1009, 1003


class Session:
    """A client from its connection to its end."""

    def __init__(self, server: TrueNas, socket: WebSocket) -> None:
        self._server = server
        self._socket = socket
        self._key = ""
        self._open = 0
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._lost = asyncio.Event()
        self._subscribed: dict[str, str] = {}
        self._seen: dict[str, dict[object, Any]] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._own: dict[str, Callable[[list[Any]], object]] = {
            "auth.login_with_api_key": self._login,
            "auth.login_ex": self._login_with,
            "auth.mechanism_choices": lambda _: ["API_KEY_PLAIN", "PASSWORD_PLAIN", "TOKEN_PLAIN"],
            "auth.logout": self._logout,
            "auth.me": self._me,
            "core.subscribe": self._subscribe,
            "core.unsubscribe": self._unsubscribe,
        }

    async def run(self) -> None:
        """Talks until one side has enough.

        Raises:
            CutOff: the connection is to break off without a word.
        """
        await self._socket.accept()
        lost = asyncio.create_task(self._lost.wait())
        news = asyncio.create_task(self._tell_news())
        heard: asyncio.Task[bool] | None = None
        try:
            while True:
                heard = asyncio.create_task(self._hear())
                await asyncio.wait({heard, lost}, return_when=asyncio.FIRST_COMPLETED)
                if lost.done():
                    raise CutOff
                if not heard.result():
                    return
        finally:
            for task in (lost, news, heard, *self._calls):
                if task is not None:
                    task.cancel()
            await asyncio.gather(lost, news, *self._calls, return_exceptions=True)

    async def _hear(self) -> bool:
        """One message; whether the conversation goes on."""
        try:
            message = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return False
        if message["type"] == "websocket.disconnect":
            return False
        text = message.get("text")
        if text is None:
            await self._socket.close(_UNSUPPORTED, "Invalid websocket message type: binary")
            return False
        known = self._role is not None
        if len(text) > (_BYTES if known else _STRANGERS_BYTES):
            code, reason = (
                (_TOO_BIG, "Max message length is 64 kB") if known else (_INVALID_TEXT, _STRANGER_SAID)
            )
            await self._socket.close(code, reason)
            return False
        await self._understood(text)
        return True

    async def _understood(self, text: str) -> None:
        try:
            message = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            await self._refuse(None, errors.INVALID_JSON, str(error))
            return
        if not isinstance(message, dict):
            await self._refuse(None, errors.INVALID_JSON, "Invalid Message Format")
            return
        problem = _problem(message)
        if problem:
            if "id" in message:
                await self._refuse(message["id"], errors.INVALID_REQUEST, problem)
            return
        call = asyncio.create_task(self._call(message))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _call(self, message: dict[str, Any]) -> None:
        name, number = message["method"], message.get("id")
        method = self._method(name)
        if method is None:
            await self._refuse(number, errors.UNKNOWN_METHOD, "Method does not exist")
            return
        if self._open >= MOST_CALLS:
            text = f"Maximum number of concurrent calls ({MOST_CALLS}) has exceeded"
            await self._refuse(number, errors.TOO_MANY, text)
            return
        self._open += 1
        try:
            async with self._room:
                result = await self._result(name, method, message.get("params", []))
            await self._send({"jsonrpc": "2.0", "result": result, "id": number})
        except ValidationErrors as error:
            await self._refuse(number, errors.INVALID_PARAMS, "Invalid params", error_data(error))
        except CallError as error:
            await self._refuse(number, errors.CALL_ERROR, "Method call error", error_data(error))
        except AnswerLost:
            self._lost.set()
        finally:
            self._open -= 1

    async def _result(self, name: str, method: Method, params: list[Any]) -> object:
        server = self._server
        if server.away:
            raise AnswerLost
        role = self._role
        rights.check(server.live, role, name, method)
        own = self._own.get(name)
        if own is not None:
            return own(params)
        await asyncio.sleep(0)  # lets what came at the same time be counted
        return await run_in_threadpool(lambda: audit.run(name, method, server.asked(params, role)))

    def _method(self, name: str) -> Method | None:
        if name in self._own:
            open_to_all = name.startswith("auth.") and name not in {"auth.me", "auth.logout"}
            return Method(lambda _asked: None, OPEN if open_to_all else ANYBODY)
        found = METHODS.get(name)
        return found if found is not None and found.known(self._server.version) else None

    @property
    def _role(self) -> Role | None:
        return rights.role_of(self._server.live, self._key) if self._key else None

    def _login(self, params: list[Any]) -> bool:
        if len(params) != 1 or not isinstance(params[0], str):
            raise ValidationErrors(
                "api_key", "Field required" if not params else "Input should be a valid string"
            )
        return self._admitted(params[0]) == "SUCCESS"

    def _login_with(self, params: list[Any]) -> object:
        data = params[0] if params and isinstance(params[0], dict) else None
        if data is None or "mechanism" not in data:
            raise ValidationErrors("login_data", "Field required")
        key, user = data.get("api_key"), data.get("username")
        if data["mechanism"] != "API_KEY_PLAIN" or not isinstance(key, str):
            return {"response_type": "AUTH_ERR"}
        role = rights.role_of(self._server.live, key)
        if role is None or user != _user_of(self._server, key):
            return {"response_type": "AUTH_ERR"}
        answer = self._admitted(key)
        if answer != "SUCCESS":
            return {"response_type": answer}
        return {"response_type": "SUCCESS", "user_info": _user(str(user), role), "authenticator": "LEVEL_1"}

    def _admitted(self, key: str) -> str:
        """Whether a key opens; one that came over a plain connection may be revoked for it."""
        server = self._server
        if rights.role_of(server.live, key) is None:
            return "AUTH_ERR"
        if server.revokes_plain and server.memory.revoked is None:
            server.memory.revoked = server.live.now
        if server.memory.revoked is not None:
            return "EXPIRED"
        self._key = key
        return "SUCCESS"

    def _logout(self, _params: list[Any]) -> bool:
        self._key = ""
        return True

    def _me(self, _params: list[Any]) -> object:
        role = self._role or "READONLY_ADMIN"
        name = _user_of(self._server, self._key)
        return _user(name, role) | {
            "pw_gecos": name,
            "pw_dir": "/var/empty",
            "pw_shell": "/usr/sbin/nologin",
            "pw_gid": 3000,
            "grouplist": None,
            "sid": None,
            "source": "LOCAL",
            "attributes": {},
            "two_factor_config": {"provisioning_uri": None, "secret_configured": False},
        }

    def _subscribe(self, params: list[Any]) -> str:
        if not params or not isinstance(params[0], str):
            raise ValidationErrors("event", "Field required")
        name = params[0]
        if name not in _WATCHED:
            raise CallError(errno.EINVAL, f"Event {name!r} is not known")
        rights.check(self._server.live, self._role, name, METHODS[name])
        number = digits(name, str(len(self._subscribed)))
        ident = f"{number >> 32:08x}-{number >> 16 & 0xFFFF:04x}-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"
        self._seen.setdefault(name, self._rows(name))
        self._subscribed[ident] = name
        return ident

    def _unsubscribe(self, params: list[Any]) -> None:
        self._subscribed.pop(str(params[0]) if params else "", None)

    def _rows(self, name: str) -> dict[object, Any]:
        rows = METHODS[name].run(self._server.asked([], self._role))
        return {row["id"]: row for row in rows} if isinstance(rows, list) else {}

    async def _tell_news(self) -> None:
        """While somebody is subscribed and time moves, says what is new, changed and gone."""
        before = self._server.live.now
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = self._server.live.now
            for name in sorted(set(self._subscribed.values())) if now != before else ():
                rows = await run_in_threadpool(self._rows, name)
                for event in _news(name, self._seen.get(name, {}), rows):
                    await self._send({"jsonrpc": "2.0", "method": "collection_update", "params": event})
                self._seen[name] = rows
            before = now

    async def _refuse(self, number: object, code: int, message: str, data: object = None) -> None:
        error: dict[str, object] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        await self._send({"jsonrpc": "2.0", "error": error, "id": number})

    async def _send(self, message: object) -> None:
        try:
            await self._socket.send_text(msgspec.json.encode(message).decode())
        except (WebSocketDisconnect, RuntimeError):
            self._subscribed.clear()  # the other side has left


_STRANGER_SAID: Final = "Anonymous connection max message length is 8 kB"


def _problem(message: dict[str, Any]) -> str:
    """Why something is no request; nothing if it is one."""
    number, method = message.get("id"), message.get("method", "")
    problems = (
        ("jsonrpc" not in message, "Missing 'jsonrpc' member"),
        (
            message.get("jsonrpc") != "2.0",
            "'jsonrpc' member must be of type string and must be exactly '2.0'",
        ),
        (
            not isinstance(number, int | float | str | None),
            "'id' member must be of type null, string or number",
        ),
        ("method" not in message, "Missing 'method' member"),
        (not isinstance(method, str) or not method, "'method' member must be of type string"),
        (not isinstance(message.get("params", []), list), "'params' member must be of type array"),
    )
    return next((text for wrong, text in problems if wrong), "")


def _news(name: str, before: dict[object, Any], now: dict[object, Any]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for key, row in now.items():
        if key not in before:
            found.append({"msg": "added", "collection": name, "id": key, "fields": row})
        elif _lasting(row) != _lasting(before[key]):
            found.append({"msg": "changed", "collection": name, "id": key, "fields": row})
    found += [{"msg": "removed", "collection": name, "id": key} for key in before if key not in now]
    return found


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what changes by itself every moment."""
    return {key: row.get(key) for key in ("state", "status", "level", "formatted", "dismissed", "progress")}


def _user_of(server: TrueNas, key: str) -> str:
    return USERS["FULL_ADMIN" if key == server.keys.operator else "READONLY_ADMIN"][0]


def _user(name: str, role: Role) -> dict[str, object]:
    return {
        "pw_name": name,
        "pw_uid": next(number for known, number in USERS.values() if known == name),
        "local": True,
        "account_attributes": ["LOCAL", "API_KEY"],
        "privilege": {
            "roles": {"$set": [role]},
            "web_shell": role == "FULL_ADMIN",
            "webui_access": True,
        },
    }
