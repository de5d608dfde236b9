from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sre_assistant.sim.homelab import Homelab
from tests.cli.sre import Shell
from tests.runtime.homelab import filling_nas


@pytest.fixture(scope="session")
def homelab() -> Iterator[Homelab]:
    with filling_nas() as homelab:
        yield homelab


@pytest.fixture
def shell(homelab: Homelab, tmp_path: Path) -> Shell:
    """A shell that knows the homelab."""
    return Shell(tmp_path, PROMETHEUS_URL=homelab.prometheus_url, ALERTMANAGER_URL=homelab.alertmanager_url)


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell with nothing configured."""
    return Shell(tmp_path)


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """A server that never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        listener.settimeout(60)
        yield listener
