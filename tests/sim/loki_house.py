"""A Loki on a port of its own, over lines that a test has written."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.logstore import Entry, Pushed
from sre_assistant.sim.metrics.series import labels_of
from sre_assistant.sim.servers.loki.server import Loki
from sre_assistant.sim.serving import Served
from tests.sim.wire import get

SECOND = 1_000_000_000
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOW = int(START.timestamp())


@dataclass
class Written:
    """A world that has written these lines."""

    logs: Pushed = field(default_factory=Pushed)


@dataclass
class Home:
    """What the server sees, and where it listens."""

    world: Written = field(default_factory=Written)
    clock: SimClock = field(default_factory=lambda: SimClock(START))
    url: str = ""

    def write(self, labels: dict[str, str], ago: float, text: str, **metadata: str) -> None:
        """A line of the world, so many seconds before the start."""
        at = NOW * SECOND - round(ago * SECOND)
        self.world.logs.push(labels_of(labels), [Entry(at, text, metadata)])

    @property
    def api(self) -> str:
        """Where the API begins."""
        return f"{self.url}/loki/api/v1"


@contextlib.contextmanager
def listening(home: Home | None = None) -> Iterator[Home]:
    """A home whose Loki listens until the end."""
    home = home or Home()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Served(Loki(home).app())
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        home.url = server.url
        yield home
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def ns(ago: float = 0) -> str:
    """So many seconds before the start, as the wire says it."""
    return str(NOW * SECOND - round(ago * SECOND))


def result(home: Home, path: str = "query_range", **params: object) -> list[dict[str, Any]]:
    """The result of a query that must succeed."""
    answer = get(f"{home.api}/{path}", **params)
    assert answer.status == 200, answer.text
    rows = answer.data["result"]
    assert isinstance(rows, list)
    return rows
