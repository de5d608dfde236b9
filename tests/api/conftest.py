from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from sre_assistant.runtime.program import Program
from sre_assistant.sim.homelab import Homelab
from tests.api.served import served
from tests.runtime.homelab import connected, filling_nas


@pytest.fixture(scope="session")
def homelab() -> Iterator[Homelab]:
    with filling_nas() as homelab:
        yield homelab


@pytest.fixture
async def program(homelab: Homelab, tmp_path: Path) -> AsyncIterator[Program]:
    """The program over the homelab."""
    async with connected(homelab, tmp_path, SRE_ALLOWED_HOSTS="sre.lan") as program:
        yield program


@pytest.fixture
async def client(program: Program) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the right token."""
    async with served(program) as client:
        yield client


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
