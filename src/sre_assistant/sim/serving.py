"""One application on one loopback port, in a running event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sre_assistant.sim.misbehaviour import App, Misbehaving, Mode

Told = Callable[[], Mode | None]
"""How the story has a server behave now."""

_QUIET: Final = logging.Logger("sim", logging.CRITICAL + 1)
_GRACE_SECONDS: Final = 2


class _Protocol(H11Protocol):
    """HTTP without a word on stderr when a connection ends badly, which here is often the point."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.logger = _QUIET


class Served:
    """An application on a port of its own until stopped; all methods belong to the loop's thread."""

    def __init__(self, app: App, told: Told = lambda: None, port: int = 0) -> None:
        """``told`` is how the story has it behave now; port 0 is a free one."""
        self.app = Misbehaving(app, told)
        self._told = told
        self._closed = False
        self._socket: socket.socket | None = None
        self._port = port
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
        held = self._socket or _bound(self._port)
        self._socket, self._port = held, int(held.getsockname()[1])
        config = uvicorn.Config(
            self.app,
            http=_Protocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[held]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError(f"the server on port {self._port} ended before it began")
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Answers what is under way, then frees the port."""
        await self._halt()
        if self._socket is not None:
            self._socket.close()

    async def fail(self, mode: Mode | None, paths: str) -> None:
        """Misbehaves as told, or with None behaves again; the port stays the same."""
        if mode == "refuse":
            if self._server is not None:
                await self._halt()
                self._socket = _bound(self._port)
            return
        self.app.fail(mode, paths)
        if self._server is None:
            await self.start()

    async def obey(self) -> None:
        """Closes or opens the port as the story says, unless somebody has said otherwise."""
        refuses = self._told() == "refuse"
        if refuses and self._server is not None:
            await self._halt()
            self._socket = _bound(self._port)
            self._closed = True
        elif self._closed and not refuses:
            await self.start()
            self._closed = False

    async def _halt(self) -> None:
        server, task, self._server, self._task = self._server, self._task, None, None
        if server is None or task is None:
            return
        self.app.fail(None)
        server.should_exit = True
        await task


def _bound(port: int) -> socket.socket:
    """A socket that holds a loopback port but refuses connections until somebody listens."""
    # With the protocol named, asyncio answers without waiting for more to send.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
