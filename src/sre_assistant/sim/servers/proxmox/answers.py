"""Answers that say more than a body can: a status line in one's own words, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sre_assistant.sim.misbehaviour import App, CutOff
from sre_assistant.sim.serving import REASON

JSON: Final = "application/json;charset=UTF-8"


def application(respond: Callable[[Request, bytes], Response]) -> App:
    """An application that has every request answered in a thread, whatever its path and method."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise CutOff
        request = Request(scope, receive)
        response = await run_in_threadpool(respond, request, await request.body())
        await response(scope, receive, send)

    return app


def answer(
    status: int, body: bytes, *, reason: str = "", unix: int, headers: Mapping[str, str], kind: str = JSON
) -> Response:
    """A body with the date of the simulated world; without one there is no content type either."""
    made = Response(body, status)
    raw = [(b"date", date(unix).encode()), (b"content-length", str(len(body)).encode())]
    raw += [(name.encode(), value.encode()) for name, value in headers.items()]
    if body:
        raw.append((b"content-type", kind.encode()))
    if reason:
        raw.append((REASON, worded(reason)))
    made.raw_headers = raw
    return made


def worded(text: str) -> bytes:
    """A text as it may stand in a status line: one line, no control characters."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text.strip())
    return flat.encode()[:900]


def date(unix: int) -> str:
    """A moment as HTTP writes it."""
    return f"{datetime.fromtimestamp(unix, UTC):%a, %d %b %Y %H:%M:%S} GMT"
