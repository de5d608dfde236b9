"""JSON as Go writes it, and the plain-text errors of Go's HTTP router."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sre_assistant.sim.clock import SimClock

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OWN: Final = frozenset({b"date", b"server"})
_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def json_answer(value: object, *, status: int = 200, newline: bool = False) -> Response:
    """Strict JSON; angle brackets and ampersands are escaped as Go does."""
    return raw_json(msgspec.json.encode(value), status=status, newline=newline)


def raw_json(body: bytes, *, status: int = 200, newline: bool = False) -> Response:
    """An encoded JSON text as an answer."""
    return Response(escaped(body) + b"\n" * newline, status_code=status, media_type="application/json")


def escaped(body: bytes) -> bytes:
    """JSON in which angle brackets and ampersands are written as Go writes them."""
    for plain, written in _ESCAPES:
        body = body.replace(plain, written)
    return body


def nanoseconds(milliseconds: int) -> str:
    """A moment in RFC 3339 with as many decimals as it needs."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    part = f".{milliseconds % 1000:03d}".rstrip("0").rstrip(".")
    return f"{text}{part}Z"


def milliseconds_text(milliseconds: int) -> str:
    """A moment in RFC 3339 with three decimals."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


class Dated:
    """Says simulated time in the date of every answer, and no server, as Go's servers do."""

    def __init__(self, app: ASGIApp, clock: SimClock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name not in _OWN]
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*headers, (b"date", date), (b"server", b"")]}
            await send(message)

        await self._app(scope, receive, dated)


def dated(clock: SimClock) -> list[Middleware]:
    """What an application is wrapped in, so that its answers carry simulated time."""
    return [Middleware(Dated, clock=clock)]


async def not_found(_request: Request, _error: Exception) -> Response:
    """No such path."""
    return PlainTextResponse("404 page not found\n", status_code=404)


async def not_allowed(_request: Request, error: Exception) -> Response:
    """The path exists, for another method."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse("Method Not Allowed\n", status_code=405, headers=headers)
