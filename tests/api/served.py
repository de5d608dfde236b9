"""The API under a real server on a free loopback port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from sre_assistant.api.app import create_app
from sre_assistant.api.gates import Limits
from sre_assistant.runtime.program import Program

TOKEN = "correct-horse-battery-staple"
_PATIENCE = 30.0


@asynccontextmanager
async def served(
    program: Program, *, heartbeat: float = 15.0, limits: Limits | None = None, token: str = TOKEN
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the served program; it shows ``token`` unless told otherwise."""
    app = create_app(program, token=TOKEN, heartbeat=heartbeat, limits=limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=2)
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        client = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=_PATIENCE,
            trust_env=False,
        )
        try:
            async with client:
                yield client
        finally:
            server.should_exit = True
            await serving


async def until(client: httpx2.AsyncClient, line: str) -> None:
    """Waits until a line stands in the metrics."""
    async with asyncio.timeout(_PATIENCE):
        while line not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.01)
