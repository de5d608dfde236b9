"""A local HTTP server that does what it is told, however bad."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

_REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}
_TLS_HELLO = b"\x16"
_CHUNK = b"x" * 65_536


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Behaviour: TypeAlias = Callable[[Seen, asyncio.StreamWriter], Awaitable[bool]]
"""Answers one request; False ends the connection."""


def answering(
    body: bytes | str | object, status: int = 200, content_type: str = "application/json", **headers: str
) -> Behaviour:
    """A well-formed answer; what is neither bytes nor text is sent as JSON."""
    if isinstance(body, str):
        data = body.encode()
    else:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": content_type, "Content-Length": str(len(data))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}

    async def behave(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
        writer.write(_head(status, named) + data)
        await writer.drain()
        return True

    return behave


def echoing(status: int) -> Behaviour:
    """An error that repeats the credential it was sent."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        said = seen.headers.get("authorization", "nothing")
        body = f"you sent {said}, which is {said.partition(' ')[2]}\x1b[2J"
        return await answering(body, status, "text/plain")(seen, writer)

    return behave


def login_page(status: int = 200) -> Behaviour:
    """What a single sign-on proxy shows."""
    page = "<!DOCTYPE html><html><title>Sign in</title><form></form></html>"
    return answering(page, status, "text/html; charset=utf-8")


async def never(_seen: Seen, _writer: asyncio.StreamWriter) -> bool:
    """Accepts and says nothing."""
    await asyncio.Event().wait()
    return False


async def hang_up(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """Closes without an answer."""
    writer.transport.abort()
    return False


async def half_closed(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """Announces a body, sends a part of it and closes."""
    writer.write(_head(200, {"Content-Type": "application/json", "Content-Length": "1000"}) + b'{"status":')
    await writer.drain()
    return False


async def drip(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """Sends head and first byte, and then a byte at a time for ever."""
    writer.write(_head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
    while True:
        writer.write(b"1\r\n[\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def no_http(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """Speaks another protocol."""
    writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    await writer.drain()
    return False


def huge(size: int, *, announced: bool = False) -> Behaviour:
    """A JSON text of that many bytes, which nobody holds in memory here."""

    async def behave(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
        named = {"Content-Type": "application/json"}
        named |= {"Content-Length": str(size)} if announced else {"Connection": "close"}
        writer.write(_head(200, named) + b'"')
        for _ in range(size // len(_CHUNK)):
            writer.write(_CHUNK)
            await writer.drain()
        return False

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other; the last one stays."""
    left = list(behaviours)

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return await (left.pop(0) if len(left) > 1 else left[0])(seen, writer)

    return behave


def by_path(answers: dict[str, Behaviour], otherwise: Behaviour) -> Behaviour:
    """One behaviour for each path."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return await answers.get(seen.path, otherwise)(seen, writer)

    return behave


@dataclass
class Hostile:
    """The running server; ``behaviour`` may be changed at any time."""

    url: str
    behaviour: Behaviour
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]


@contextlib.asynccontextmanager
async def hostile(
    behaviour: Behaviour, tls: ssl.SSLContext | None = None, port: int = 0, socket: Path | None = None
) -> AsyncIterator[Hostile]:
    """Serves on a loopback port (a free one unless told otherwise) or a unix socket until the block ends."""
    state = Hostile("", behaviour)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            while await _one(state, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    if socket:
        server = await asyncio.start_unix_server(connected, socket)
        state.url = f"unix://{socket}"
    else:
        server = await asyncio.start_server(connected, "127.0.0.1", port, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        state.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield state
    finally:
        server.close()
        await _ended(tasks)


async def _one(state: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    first = await reader.readexactly(1)
    if first == _TLS_HELLO:
        writer.write(_head(400, {"Connection": "close"}))  # as Go's server does
        return False
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    seen = Seen(method, target, headers, body)
    state.seen.append(seen)
    return await state.behaviour(seen, writer)


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in (ending := list(tasks)):
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
