"""Answers as an Alertmanager gives them, and a server that gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.alertmanager import connect
from sre_assistant.integrations.alertmanager.client import Client
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
DOWN: dict[str, Any] = {
    "annotations": {"summary": "Instance pve2.lan down", "runbook_url": "https://wiki.lan/down"},
    "endsAt": "2026-03-01T02:18:25.119Z",
    "fingerprint": "ce3047a1412f8d0f",
    "receivers": [{"name": "phone"}],
    "startsAt": "2026-03-01T02:10:15.119Z",
    "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
    "updatedAt": "2026-03-01T02:12:25.122Z",
    "generatorURL": "http://prom.lan:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    "labels": {"alertname": "InstanceDown", "instance": "pve2.lan:9100", "severity": "critical"},
}
QUIET: dict[str, Any] = {
    "annotations": {},
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "dae3317827a1aa46",
    "receivers": [],
    "startsAt": "2026-03-01T01:00:00Z",
    "status": {"inhibitedBy": [], "silencedBy": ["dd109e2d"], "state": "suppressed"},
    "labels": {"alertname": "DiskFull", "mountpoint": 'C:\\"Größe"'},
}
GROUPS = [
    {"alerts": [DOWN, QUIET], "labels": {"severity": "critical"}, "receiver": {"name": "phone"}},
    {"alerts": None, "labels": None, "receiver": None},
]
SILENCES: list[dict[str, Any]] = [
    {
        "id": "dd109e2d-97d3-4390-bdf6-c2d32dde467b",
        "status": {"state": "active"},
        "comment": "new disk on its way\npassword=hunter2",
        "createdBy": "ann",
        "startsAt": "2026-03-01T01:31:05.510Z",
        "endsAt": "2026-03-01T10:31:05.000Z",
        "matchers": [
            {"isEqual": True, "isRegex": False, "name": "alertname", "value": "DiskFull"},
            {"isEqual": False, "isRegex": True, "name": "instance", "value": "nas.*"},
            {"isEqual": False, "isRegex": False, "name": "job", "value": "x"},
            {"isRegex": True, "name": "severity", "value": "a|b"},
        ],
    },
    {"id": "2", "status": {"state": "expired"}, "createdBy": "bob", "matchers": None},
]
STATUS: dict[str, Any] = {
    "cluster": {"peers": [], "status": "disabled"},
    "config": {"original": "global:\n  smtp_auth_password: hunter2\n"},
    "uptime": "2026-02-28T09:28:44.919Z",
    "versionInfo": {"version": "0.25.0", "revision": "abc", "goVersion": "go1.19.8"},
}
WELL: dict[str, Behaviour] = {
    "/api/v2/alerts": answering([DOWN, QUIET]),
    "/api/v2/alerts/groups": answering(GROUPS),
    "/api/v2/silences": answering(SILENCES),
    "/api/v2/status": answering(STATUS, Date=format_datetime(NOW, usegmt=True)),
}
NOT_FOUND = answering("404 page not found\n", 404, "text/plain; charset=utf-8")


MADE = "3f2b8c1d-0a4e-4f6b-9c7d-5e8f1a2b3c4d"
ACTIVE = {**SILENCES[0], "status": {"state": "active"}}


class Running:
    """A connected Alertmanager and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.integration: Integration = connect(config, wire, clock, "am")
        self.client = Client("am", config, wire, clock)

    def answers(self, **changed: Behaviour) -> None:
        """Changes answers; a path is written with double underscores for slashes, e.g. ``alerts__groups``."""
        paths = {f"/api/v2/{name.replace('__', '/')}": behaviour for name, behaviour in changed.items()}
        self.server.behaviour = by_path(WELL | paths, NOT_FOUND)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[tool].call(**arguments)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """An Alertmanager that answers well until told otherwise."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        config = Config(url=server.url + settings.pop("path", ""), **settings)
        wire = LiveWire("am", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
