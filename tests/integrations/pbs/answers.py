"""Answers as a Proxmox Backup Server gives them, and a server that gives them."""

from __future__ import annotations

from asyncio import StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.pbs import connect
from sre_assistant.integrations.pbs.client import Client
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.integrations.pbs.source import Source
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, Hostile, Seen, answering, hostile

BASE = "/api2/json"
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
HOUR, DAY = 3600, 86_400
JSON = "application/json;charset=UTF-8"


def upid(kind: str, name: str, at: int = EPOCH - 2 * HOUR) -> str:
    return f"UPID:pbs1:000A1B2C:00005C11:0000002A:{at:08X}:{kind}:{name}:root@pam:"


def said(text: str, status: int = 400) -> Behaviour:
    """An error: a plain text that calls itself JSON."""
    return answering(text, status, JSON)


def data(value: object, **beside: object) -> Behaviour:
    return answering({"data": value, **beside}, 200, JSON)


COLLECTED: dict[str, Any] = {
    "upid": upid("garbage_collection", "main"),
    "index-file-count": 412,
    "index-data-bytes": 8 * 2**40,
    "disk-bytes": 2**39,
    "removed-bytes": 10 * 2**30,
    "pending-bytes": 2 * 2**30,
    "still-bad": 0,
    "cache-stats": {"hits": 1_200_000, "misses": 310_245},
}
MAIN: dict[str, Any] = {
    "store": "main",
    "total": 2000398934016,
    "used": 1680335104409,
    "avail": 320063829607,
    "mount-status": "nonremovable",
    "history": [None, 0.79, 0.8, None, 0.84],
    "history-start": EPOCH - 5 * DAY,
    "history-delta": DAY,
    "estimated-full-date": EPOCH + 41 * DAY,
    "gc-status": COLLECTED,
    "backend-type": "filesystem",
}
OLD = {"store": "old", "error": "datastore 'old' is in offline maintenance mode: disk swap"}
USAGE = [MAIN, OLD]
STORES: list[dict[str, Any]] = [
    {"store": "main", "comment": "ZFS mirror\nsecond line", "mount-status": "nonremovable"},
    {"store": "old", "comment": None, "maintenance": "type=offline,message=disk%20swap"},
]
COLLECTIONS: list[dict[str, Any]] = [
    COLLECTED
    | {
        "store": "main",
        "schedule": "daily",
        "next-run": EPOCH + 4 * HOUR,
        "last-run-endtime": EPOCH - 2 * HOUR + 612,
        "last-run-state": "OK",
        "duration": 612,
    }
]
GROUPS: list[dict[str, Any]] = [
    {
        "backup-type": "vm",
        "backup-id": "100",
        "last-backup": EPOCH - 2 * HOUR,
        "backup-count": 2,
        "files": ["qemu-server.conf.blob", "index.json.blob"],
        "owner": "pve@pbs!home",
        "comment": "docker-host",
    },
    {"backup-type": "ct", "backup-id": "101", "last-backup": EPOCH - 9 * DAY, "backup-count": 2, "files": []},
]
MANIFEST = [{"filename": "index.json.blob", "crypt-mode": "none", "size": 520}]
SNAPSHOTS: list[dict[str, Any]] = [
    {
        "backup-type": "vm",
        "backup-id": "100",
        "backup-time": EPOCH - 2 * HOUR,
        "verification": {"upid": upid("verificationjob", "main"), "state": "ok"},
        "files": MANIFEST,
        "size": 34359739320,
        "owner": "pve@pbs!home",
        "protected": False,
    },
    {
        "backup-type": "vm",
        "backup-id": "100",
        "backup-time": EPOCH - 26 * HOUR,
        "verification": {"state": "failed"},
        "files": MANIFEST,
        "size": 34359739320,
        "protected": True,
    },
    {
        "backup-type": "ct",
        "backup-id": "101",
        "backup-time": EPOCH - 9 * DAY,
        "comment": "pihole",
        "files": MANIFEST,
        "size": 5368709821,
    },
    {
        "backup-type": "ct",
        "backup-id": "101",
        "backup-time": EPOCH - 60,
        "files": [],
        "owner": "pve@pbs!home",
    },
]
NAS: dict[str, Any] = {
    "backup-type": "host",
    "backup-id": "nas",
    "last-backup": EPOCH - 30 * HOUR,
    "backup-count": 30,
    "owner": "root@pam",
}
VERIFY: list[dict[str, Any]] = [
    {
        "id": "v-1111",
        "store": "main",
        "schedule": "sat 02:00",
        "ns": "",
        "next-run": EPOCH + 6 * HOUR,
        "last-run-state": "OK",
        "last-run-upid": upid("verificationjob", "main\\x3av-1111", EPOCH - 3 * HOUR),
        "last-run-endtime": EPOCH - 2 * HOUR,
    },
    {"id": "v-3333", "store": "old"},
]
PRUNE: list[dict[str, Any]] = [
    {
        "id": "p-home",
        "store": "main",
        "schedule": "daily",
        "keep-daily": 7,
        "ns": "pve-home",
        "next-run": EPOCH + 6 * HOUR,
        "last-run-state": "WARNINGS: 2",
        "last-run-upid": upid("prunejob", "main\\x3ap-home"),
        "last-run-endtime": EPOCH - 2 * HOUR + 60,
    },
    {"id": "p-off", "store": "old", "disable": True, "schedule": "weekly", "next-run": EPOCH + DAY},
]
SYNC: list[dict[str, Any]] = [
    {
        "id": "s-off",
        "store": "main",
        "remote": "offsite",
        "remote-store": "vault",
        "schedule": "hourly",
        "sync-direction": "push",
        "last-run-state": "connection error: Connection refused (os error 111)",
        "last-run-upid": upid("syncjob", "offsite", EPOCH - HOUR),
        "last-run-endtime": EPOCH - HOUR + 3,
    },
]
TASKS: list[dict[str, Any]] = [
    {
        "upid": upid("backup", "main\\x3avm-100"),
        "node": "pbs1",
        "starttime": EPOCH - 2 * HOUR,
        "worker_type": "backup",
        "worker_id": "main:pve-home:vm/100",
        "user": "pve@pbs!home",
        "endtime": EPOCH - 2 * HOUR + 60,
        "status": "OK",
    },
    {
        "upid": upid("syncjob", "offsite"),
        "starttime": EPOCH - HOUR,
        "worker_type": "syncjob",
        "worker_id": "offsite:vault:main::s-off",
        "user": "root@pam",
        "endtime": EPOCH - HOUR + 3,
        "status": "connection error: token=s3cr3t-value refused",
    },
    {"upid": upid("aptupdate", ""), "starttime": EPOCH - 60, "worker_type": "aptupdate", "worker_id": None},
]
AUDITOR: dict[str, dict[str, bool]] = {
    "/datastore": {"Datastore.Audit": True},
    "/system": {"Sys.Audit": True, "Datastore.Audit": True},
    "/remote": {"Remote.Audit": True},
}
VERSION = {"version": "4.1", "release": "2", "repoid": "0f1c7d2b"}
TIME = {"time": EPOCH, "localtime": EPOCH + HOUR, "timezone": "Europe/Vienna"}

WELL: dict[str, Behaviour] = {
    f"{BASE}/version": data(VERSION),
    f"{BASE}/nodes/localhost/time": data(TIME),
    f"{BASE}/access/permissions": data(AUDITOR),
    f"{BASE}/status/datastore-usage": data(USAGE),
    f"{BASE}/admin/datastore": data(STORES),
    f"{BASE}/admin/datastore/main/namespace": data([{"ns": ""}, {"ns": "pve-home", "comment": "cluster"}]),
    f"{BASE}/admin/datastore/main/groups": data(GROUPS),
    f"{BASE}/admin/datastore/main/snapshots": data(SNAPSHOTS),
    f"{BASE}/admin/gc": data(COLLECTIONS),
    f"{BASE}/admin/verify": data(VERIFY),
    f"{BASE}/admin/prune": data(PRUNE),
    f"{BASE}/admin/sync": data(SYNC),
    f"{BASE}/nodes/localhost/tasks": data(TASKS, total=3),
}
NOT_FOUND = said(f"Path '{BASE}/nope' not found.", 404)
ROOT: dict[str, Behaviour] = {
    f"{BASE}/admin/datastore/main/groups": data([NAS]),
    f"{BASE}/admin/datastore/main/snapshots": data([]),
}
"""What the root namespace answers where the other one answers as above."""


def credentials(token: Secret, _password: Secret) -> list[dict[str, Any]]:
    return [
        {"api_token": Secret(f"sre@pbs!read:{token.reveal()}")},
        {"api_token": Secret(f"PBSAPIToken=sre@pbs!read:{token.reveal()}")},
    ]


def by_call(answers: dict[str, Behaviour]) -> Behaviour:
    """One behaviour for each path, where need be with its query; the root namespace holds a NAS alone."""

    async def behave(seen: Seen, writer: StreamWriter) -> bool:
        root = ROOT if "?" not in seen.target else {}
        found = answers.get(seen.target) or (WELL | root | answers).get(seen.path, NOT_FOUND)
        return await found(seen, writer)

    return behave


class Running:
    """A connected backup server and what is behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.integration: Integration = connect(config, wire, clock, "pbs")
        self.source = Source(Client("pbs", config, wire, clock))

    def answers(self, **changed: Behaviour) -> None:
        """Changes answers; a path is written with double underscores for slashes, e.g. ``admin__gc``."""
        paths = {f"{BASE}/{name.replace('__', '/')}": behaviour for name, behaviour in changed.items()}
        self.server.behaviour = by_call(paths)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[tool].call(**arguments)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """A backup server that answers well until told otherwise."""
    async with hostile(by_call({})) as server:
        clock = FixedClock(NOW)
        given = {"api_token": Secret("sre@pbs!read:0000-1111-secret")} | settings
        config = Config(url=server.url, **given)
        wire = LiveWire("pbs", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
