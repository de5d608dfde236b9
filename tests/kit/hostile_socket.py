"""A local JSON-RPC server over WebSocket that does what it is told, however bad."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PATH = "/api/current"
LOGIN = "auth.login"
"""The method that opens a connection, where a key is asked for."""
_QUIET = logging.Logger("hostile", logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came, and the way back."""

    id: Any
    method: str
    params: list[Any]
    socket: ServerConnection = field(repr=False)

    async def reply(self, **members: object) -> None:
        """A reply to this call, e.g. ``result=1``; an ``id`` of its own replaces the right one."""
        await self.socket.send(json.dumps({"jsonrpc": "2.0", "id": self.id, **members}))

    async def fail(self, code: int, message: str, **data: object) -> None:
        error: dict[str, object] = {"code": code, "message": message}
        await self.reply(error=error | ({"data": data} if data else {}))


Behaviour: TypeAlias = Callable[[Call], Awaitable[None]]
"""Answers one call; calls are answered side by side."""


def answering(result: object) -> Behaviour:
    async def behave(call: Call) -> None:
        await call.reply(result=result)

    return behave


async def echo(call: Call) -> None:
    """The call's own parameters."""
    await call.reply(result=call.params)


def by_method(results: dict[str, Any], otherwise: Behaviour | None = None) -> Behaviour:
    """A result for each method; others do not exist."""

    async def behave(call: Call) -> None:
        if call.method in results:
            await call.reply(result=results[call.method])
        elif otherwise is not None:
            await otherwise(call)
        else:
            await call.fail(-32601, "Method does not exist")

    return behave


def failing(code: int, message: str, **data: object) -> Behaviour:
    """A JSON-RPC error."""

    async def behave(call: Call) -> None:
        await call.fail(code, message, **data)

    return behave


def saying(message: str | bytes) -> Behaviour:
    """These very characters, or bytes in a binary frame."""

    async def behave(call: Call) -> None:
        await call.socket.send(message)

    return behave


def replying(**members: object) -> Behaviour:
    """A reply with these members."""

    async def behave(call: Call) -> None:
        await call.reply(**members)

    return behave


def bytes_on_the_wire(data: bytes) -> Behaviour:
    """Raw bytes below the frames, and then the end."""

    async def behave(call: Call) -> None:
        call.socket.transport.write(data)
        call.socket.transport.close()

    return behave


def closing(code: int, reason: str = "") -> Behaviour:
    """Ends the connection by the rules."""

    async def behave(call: Call) -> None:
        await call.socket.close(code, reason)

    return behave


async def drop(call: Call) -> None:
    """Ends the connection without a word."""
    call.socket.transport.abort()


async def never(_call: Call) -> None:
    """Says nothing."""


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other; the last one stays."""
    left = list(behaviours)

    async def behave(call: Call) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(call)

    return behave


@dataclass
class HostileSocket:
    """The running server; everything may be changed at any time."""

    url: str
    behaviour: Behaviour
    key: str = ""
    """What ``auth.login`` must be called with; nothing is asked for when it is empty."""
    front: tuple[int, str, bytes, dict[str, str]] | None = None
    """An answer in plain HTTP (status, type, body, headers) instead of a WebSocket."""
    calls: list[Call] = field(default_factory=list)
    """All that were made, logins left out."""
    logins: list[str] = field(default_factory=list)
    handshakes: list[Headers] = field(default_factory=list)
    known: set[ServerConnection] = field(default_factory=set)
    """Connections that are logged in."""
    under_way: int = 0
    most_under_way: int = 0

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.calls]


@contextlib.asynccontextmanager
async def hostile_socket(
    behaviour: Behaviour, *, key: str = "", tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[HostileSocket]:
    """Serves on a loopback port, a free one unless told otherwise, until the block ends."""
    state = HostileSocket("", behaviour, key)
    tasks: set[asyncio.Task[None]] = set()

    async def talk(socket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                task = asyncio.create_task(_answer(state, socket, text))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    def front(socket: ServerConnection, request: Request) -> Response | None:
        state.handshakes.append(request.headers)
        if state.front is None:
            return None if request.path == PATH else socket.respond(404, "404: Not Found")
        status, kind, body, headers = state.front
        named = Headers({"Content-Type": kind, "Content-Length": str(len(body)), **headers})
        return Response(status, "Whatever", named, body)

    async with serve(
        talk,
        "127.0.0.1",
        port,
        ssl=tls,
        process_request=front,
        logger=_QUIET,
        compression=None,
        max_size=None,
    ) as server:
        found = next(iter(server.sockets)).getsockname()[1]
        state.url = f"{'https' if tls else 'http'}://127.0.0.1:{found}"
        try:
            yield state
        finally:
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for socket in tuple(server.connections):
                socket.transport.abort()


async def _answer(state: HostileSocket, socket: ServerConnection, text: str | bytes) -> None:
    message = json.loads(text)
    call = Call(message["id"], message["method"], message["params"], socket)
    state.under_way += 1
    state.most_under_way = max(state.most_under_way, state.under_way)
    try:
        with contextlib.suppress(ConnectionClosed):
            await _answered(state, call)
    finally:
        state.under_way -= 1


async def _answered(state: HostileSocket, call: Call) -> None:
    if call.method == LOGIN:
        state.logins.append(call.params[0])
        if good := call.params == [state.key]:
            state.known.add(call.socket)
        await call.reply(result=good)
        return
    state.calls.append(call)
    if state.key and call.socket not in state.known:
        await call.fail(
            -32001, "Method call error", error=207, reason="[ENOTAUTHENTICATED] Not authenticated"
        )
        return
    await state.behaviour(call)
