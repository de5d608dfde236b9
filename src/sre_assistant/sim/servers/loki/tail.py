"""Follows lines over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from sre_assistant.sim.logql import Found, QueryError, parse
from sre_assistant.sim.logql.engine import selected
from sre_assistant.sim.logql.syntax import Selection
from sre_assistant.sim.logstore import LogStore
from sre_assistant.sim.servers.answers import escaped
from sre_assistant.sim.servers.loki.answers import streams
from sre_assistant.sim.servers.loki.asked import SECOND, Asked, Refused, check_limit

POLL_SECONDS: Final = 0.1
_MOST_DELAY: Final = 5


async def tail(
    socket: WebSocket, asked: Asked, store: Callable[[], LogStore], now: Callable[[], int]
) -> None:
    """Sends the last lines, then new ones as they come, until the client leaves."""
    try:
        tree = _query(asked)
        limit, delay = asked.limit(), _delay(asked)
        check_limit(limit)
        start = asked.bounds().start
    except (QueryError, Refused) as error:
        await socket.send_denial_response(PlainTextResponse(str(error), status_code=400))
        return
    await socket.accept()
    seen = asked.now - delay
    read = partial(_read, tree, limit)
    watch = asyncio.create_task(_left(socket))
    try:
        await _send(socket, await run_in_threadpool(read, store(), start, seen + 1, forward=False))
        while not watch.done():
            until = now() - delay
            if until > seen:
                found = await run_in_threadpool(read, store(), seen + 1, until + 1, forward=True)
                await _send(socket, found)
                seen = found[-1].at if len(found) >= limit else until
            await asyncio.wait({watch}, timeout=POLL_SECONDS)
    except WebSocketDisconnect:
        pass  # the client left while a frame was on its way
    finally:
        watch.cancel()


def _read(
    tree: Selection, limit: int, store: LogStore, start: int, end: int, *, forward: bool
) -> tuple[Found, ...]:
    """The last lines in order of time; new ones of a bare selector come without structured metadata."""
    lines = selected(store, tree, start, end, limit=limit, forward=forward).lines
    if not forward:
        return tuple(reversed(lines))
    return lines if tree.stages else tuple(replace(line, metadata=()) for line in lines)


def _query(asked: Asked) -> Selection:
    tree = parse(asked.query)
    if not isinstance(tree, Selection):
        raise Refused("only log selector is supported")
    return tree


def _delay(asked: Asked) -> int:
    text = asked.first("delay_for") or "0"
    if not text.isdigit():
        raise Refused(f'strconv.Atoi: parsing "{text}": invalid syntax')
    if int(text) > _MOST_DELAY:
        raise Refused(f"delay_for can't be greater than {_MOST_DELAY}")
    return int(text) * SECOND


async def _left(socket: WebSocket) -> None:
    """Returns when the client has closed."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, lines: tuple[Found, ...]) -> None:
    if lines:
        await socket.send_text(escaped(msgspec.json.encode({"streams": streams(lines)})).decode())
