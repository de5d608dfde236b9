"""Ways for a server to go wrong on purpose."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Literal, get_args

Mode = Literal[
    "refuse",
    "401",
    "403",
    "404",
    "500",
    "502",
    "503",
    "html",
    "hang",
    "half",
    "huge",
    "wrong-json",
    "not-json",
]
"""``refuse`` closes the port; a number is an answer of that status; ``html`` a login page with status 200;
``hang`` accepts and never answers; ``half`` stops in the middle of the body; ``huge`` streams 200 MB;
``wrong-json`` is JSON of another shape; ``not-json`` is cut off JSON."""

MODES: Final[tuple[str, ...]] = get_args(Mode)
HUGE_BYTES: Final = 200_000_000
SOCKET_HUGE_BYTES: Final = 3_000_000
"""What a WebSocket's handshake is answered with instead."""

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_LOGIN: Final = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"
)
_TEXTS: Final = {
    "401": b"Unauthorized\n",
    "403": b"Forbidden\n",
    "404": b"404 page not found\n",
    "500": b"Internal Server Error\n",
    "502": b"<html><head><title>502 Bad Gateway</title></head></html>\n",
    "503": b"Service Unavailable\n",
}


LOST: Final = b"x-sim-lost"
"""A header with which an application has nothing of its answer sent; it must cut the answer off then."""


class CutOff(Exception):
    """Ends an answer in the middle; the server closes the connection."""


async def hang_up(send: _Send) -> None:
    """Closes the connection without a byte of an answer.

    Raises:
        CutOff: always.
    """
    await send({"type": "http.response.start", "status": 200, "headers": [(LOST, b"1")]})
    raise CutOff


class Misbehaving:
    """Wraps a server's application; answers honestly until told otherwise."""

    def __init__(self, app: App, told: Callable[[], Mode | None] = lambda: None) -> None:
        """``told`` is how the story has it behave now, unless somebody has said otherwise with ``fail``."""
        self._app = app
        self._told = told
        self._mode: Mode | None = None
        self.requests = 0
        """How often it was asked; a WebSocket counts once."""
        self._paths = ""
        self._released = asyncio.Event()

    def fail(self, mode: Mode | None, paths: str = "") -> None:
        """From now on requests whose path begins with ``paths`` get the mode; None makes it honest again."""
        released, self._released = self._released, asyncio.Event()
        self._mode, self._paths = mode, paths
        released.set()

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answers one request."""
        self.requests += 1
        mode = self._told()
        if self._mode is not None and str(scope.get("path", "")).startswith(self._paths):
            mode = self._mode
        if mode is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._refuse_socket(mode, send)
        elif mode == "refuse":  # the port is closed a moment later
            await hang_up(send)
        else:
            await self._misanswer(mode, send)

    async def _refuse_socket(self, mode: Mode, send: _Send) -> None:
        """The same in plain HTTP, before there is a WebSocket; what is cut off is not sent at all."""

        async def denied(message: MutableMapping[str, Any]) -> None:
            await send({**message, "type": f"websocket.{message['type']}"})

        if mode == "refuse":
            raise CutOff
        if mode == "huge":  # the server gathers it before it sends
            await denied(_head(200, "application/json", SOCKET_HUGE_BYTES))
            await denied({"type": "http.response.body", "body": b"[" * SOCKET_HUGE_BYTES})
            return
        await self._misanswer(mode, denied)

    async def _misanswer(self, mode: Mode, send: _Send) -> None:
        if mode == "hang":
            await self._released.wait()
            raise CutOff
        if mode == "huge":
            await self._stream(send)
            return
        if mode == "half":
            await send(_head(200, "application/json", 1000))
            await send(
                {"type": "http.response.body", "body": b'{"status":"success","data":{"res', "more_body": True}
            )
            raise CutOff
        status, kind, body = _answer(mode)
        await send(_head(status, kind, len(body)))
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: _Send) -> None:
        """A body of 200 MB, unless the reader leaves or the server is told otherwise before that."""
        released, piece = self._released, b"[" * 1_000_000
        await send(_head(200, "application/json", None))
        with contextlib.suppress(OSError):
            for _ in range(HUGE_BYTES // len(piece)):
                if released.is_set():
                    raise CutOff
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b""})


def _answer(mode: str) -> tuple[int, str, bytes]:
    if mode == "html":
        return 200, "text/html; charset=utf-8", _LOGIN
    if mode == "wrong-json":
        return (
            200,
            "application/json",
            b'{"status":"success","data":{"resultType":"vector","result":{"metric":7}}}',
        )
    if mode == "not-json":
        return 200, "application/json", b'{"status":"success","data":'
    return int(mode), "text/plain; charset=utf-8", _TEXTS[mode]


def _head(status: int, kind: str, length: int | None) -> MutableMapping[str, Any]:
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}
