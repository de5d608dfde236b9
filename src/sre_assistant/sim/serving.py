"""One application on one loopback port, in a running event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from sre_assistant.sim.misbehaviour import LOST, App, Misbehaving, Mode

Told = Callable[[], Mode | None]
"""How the story has a server behave now."""

REASON: Final = b"x-sim-reason"
"""A header with which an application words the status line; it is not sent."""

_QUIET: Final = logging.Logger("sim", logging.CRITICAL + 1)
_GRACE_SECONDS: Final = 2


class _Protocol(H11Protocol):
    """HTTP without a word on stderr when a connection ends badly, which here is often the point."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.logger = _QUIET
        self.conn = _Connection(h11.SERVER)


class _SocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets, as quiet."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.logger = _QUIET

    def send_500_response(self) -> None:
        """Nothing: who cuts off before the handshake says no word."""


class _Connection(h11.Connection):
    """Lets an application word the status line, set its own date and server, or send nothing at all."""

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        if not isinstance(event, h11.Response):
            return super().send_with_data_passthrough(event)
        headers = list(event.headers)
        own = {name: value for name, value in headers if name in {b"date", b"server"}}
        kept = [(name, value) for name, value in headers if name not in {REASON, LOST, *own}]
        said = [(name, value) for name, value in own.items() if value]
        reason = next((value for name, value in headers if name == REASON), event.reason)
        changed = h11.Response(status_code=event.status_code, headers=[*said, *kept], reason=reason)
        sent = super().send_with_data_passthrough(changed)
        return [] if any(name == LOST for name, _ in headers) else sent


class Served:
    """An application on a port of its own until stopped; all methods belong to the loop's thread."""

    def __init__(
        self, app: App, told: Told = lambda: None, port: int = 0, *, path: Path | None = None
    ) -> None:
        """``told`` is how the story has it behave now; port 0 is a free one; ``path`` a Unix socket too."""
        self.app = Misbehaving(app, told)
        self._told = told
        self._closed = False
        self._sockets: list[socket.socket] = []
        self._port = port
        self._path = path
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens.

        Raises:
            RuntimeError: it has not begun to.
        """
        if not self._port:
            raise RuntimeError("this server has no port before it is started")
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listens; returns when connections are accepted."""
        held = self._sockets = self._sockets or self._hold()
        self._port = int(held[0].getsockname()[1])
        config = uvicorn.Config(
            self.app,
            http=_Protocol,
            ws=_SocketProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=held))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError(f"the server on port {self._port} ended before it began")
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Answers what is under way, then frees the port."""
        await self._halt()
        for held in self._sockets:
            held.close()
        if self._sockets and self._path is not None:
            self._path.unlink(missing_ok=True)

    async def fail(self, mode: Mode | None, paths: str) -> None:
        """Misbehaves as told, or with None behaves again; the port stays the same."""
        if mode == "refuse":
            if self._server is not None:
                await self._halt()
                self._sockets = self._hold()
            return
        self.app.fail(mode, paths)
        if self._server is None:
            await self.start()

    async def obey(self) -> None:
        """Closes or opens the port as the story says, unless somebody has said otherwise."""
        refuses = self._told() == "refuse"
        if refuses and self._server is not None:
            await self._halt()
            self._sockets = self._hold()
            self._closed = True
        elif self._closed and not refuses:
            await self.start()
            self._closed = False

    def _hold(self) -> list[socket.socket]:
        """Its addresses, which refuse connections until somebody listens."""
        return [_bound(self._port), *([] if self._path is None else [_bound_path(self._path)])]

    async def _halt(self) -> None:
        server, task, self._server, self._task = self._server, self._task, None, None
        if server is None or task is None:
            return
        self.app.fail(None)
        server.should_exit = True
        _, unfinished = await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        if unfinished:  # answers that go on for ever, like a stream of events
            for answer in list(server.server_state.tasks):
                answer.cancel()
        await task


def _bound(port: int) -> socket.socket:
    """A socket that holds a loopback port but refuses connections until somebody listens."""
    # With the protocol named, asyncio answers without waiting for more to send.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


def _bound_path(path: Path) -> socket.socket:
    """The same as a file, in the place of one that an earlier server left behind."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    return made
