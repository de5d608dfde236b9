"""Answers as a Docker daemon gives them, and a server that gives them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.docker import connect
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.config import Config
from sre_assistant.integrations.docker.inventory import Inventory
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
WEB_ID, LOOP_ID, DONE_ID = (digit * 64 for digit in "abc")
API = "/v1.47"
EXAMPLES = {"container": "jellyfin"}
VERSION: dict[str, Any] = {
    "Platform": {"Name": "Docker Engine - Community"},
    "Components": [{"Name": "Engine", "Version": "27.3.1", "Details": {"ApiVersion": "1.47"}}],
    "Version": "27.3.1",
    "ApiVersion": "1.47",
    "MinAPIVersion": "1.24",
}
INFO: dict[str, Any] = {
    "ID": "m6hq-y75b",
    "Name": "media",
    "Containers": 3,
    "ContainersRunning": 1,
    "NCPU": 4,
    "MemTotal": 8_589_934_592,
    "ServerVersion": "27.3.1",
    "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
    "KernelVersion": "6.1.0",
    "Driver": "overlay2",
    "LoggingDriver": "json-file",
    "SystemTime": "2026-03-01T02:14:05.000000000Z",
    "Warnings": None,
}
WEB: dict[str, Any] = {
    "Id": WEB_ID,
    "Names": ["/proxy/web", "/jellyfin"],
    "Image": "tools/web:1",
    "Created": 1_772_000_000,
    "Ports": [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 9000, "Type": "udp"},
    ],
    "Labels": {
        "com.docker.compose.project": "site",
        "com.docker.compose.service": "front",
        "token": "hunter2",
    },
    "State": "running",
    "Status": "Up 2 hours (unhealthy)",
    "HostConfig": {"NetworkMode": "site_default"},
    "NetworkSettings": {
        "Networks": {
            "site_default": {
                "IPAddress": "192.0.2.18",
                "GlobalIPv6Address": "",
                "MacAddress": "02:42:AC:12:00:02",
            },
            "old": None,
        }
    },
    "Mounts": [
        {"Type": "bind", "Source": "/mnt/media", "Destination": "/media", "RW": False},
        {
            "Type": "volume",
            "Name": "web-data",
            "Source": "/var/lib/docker/volumes/web-data/_data",
            "Destination": "/data",
            "RW": True,
        },
        {"Type": "tmpfs", "Source": "", "Destination": "/tmp"},
    ],
}
LOOP: dict[str, Any] = {
    "Id": LOOP_ID,
    "Names": ["/loop"],
    "Image": "tools/loop:1",
    "Created": 1_772_000_000,
    "Ports": None,
    "Labels": None,
    "State": "restarting",
    "Status": "Restarting (3) 5 seconds ago",
    "HostConfig": {"NetworkMode": f"container:{WEB_ID}"},
    "NetworkSettings": {"Networks": None},
    "Mounts": None,
}
DONE: dict[str, Any] = {
    "Id": DONE_ID,
    "Names": ["/done"],
    "Image": "tools/done:1",
    "Created": 1_772_000_000,
    "Labels": {},
    "State": "exited",
    "Status": "Exited (0) 3 hours ago",
}


def inspected(summary: dict[str, Any], state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A closer look at a container of the list."""
    return {
        "Id": summary["Id"],
        "Name": summary["Names"][-1],
        "Created": "2026-02-25T06:13:20.5Z",
        "Path": "/entry.sh",
        "Args": ["--password", "hunter2"],
        "State": {
            "Status": summary["State"],
            "ExitCode": 0,
            "OOMKilled": False,
            "Error": "",
            "StartedAt": "2026-03-01T00:14:05.123456789Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            **state,
        },
        "RestartCount": 0,
        "HostConfig": {
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}},
            "NetworkMode": "bridge",
            "Memory": 536_870_912,
            "NanoCpus": 1_500_000_000,
            "Privileged": False,
        },
        "Config": {
            "Image": summary["Image"],
            "Tty": False,
            "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "FLAG"],
            "Labels": {"token": "hunter2", "com.docker.compose.project": "site"},
        },
        "Mounts": summary.get("Mounts"),
        **more,
    }


SICK = {
    "Status": "unhealthy",
    "FailingStreak": 4,
    "Log": [
        {"Start": "2026-03-01T02:13:35.1Z", "ExitCode": 0, "Output": ""},
        {"Start": "2026-03-01T02:14:05.1Z", "ExitCode": 1, "Output": "curl: (22) 503 password=hunter2\n"},
    ],
}
INSPECTED: dict[str, dict[str, Any]] = {
    WEB_ID: inspected(WEB, {"Health": SICK}),
    LOOP_ID: inspected(
        LOOP,
        {"ExitCode": 3, "StartedAt": "2026-03-01T02:13:59Z", "FinishedAt": "2026-03-01T02:14:00Z"},
        RestartCount=12,
        HostConfig=None,
        Config=None,
    ),
    DONE_ID: inspected(DONE, {"FinishedAt": "2026-02-28T23:14:05Z"}),
}
CPU = {"cpu_usage": {"total_usage": 40_000_000_000}, "system_cpu_usage": 900_000_000_000, "online_cpus": 4}
STATS: dict[str, Any] = {
    "read": "2026-03-01T02:14:05Z",
    "cpu_stats": {
        "cpu_usage": {"total_usage": 41_500_000_000},
        "system_cpu_usage": 904_000_000_000,
        "online_cpus": 4,
        "throttling_data": {"periods": 110, "throttled_periods": 5, "throttled_time": 7},
    },
    "precpu_stats": {**CPU, "throttling_data": {"periods": 100, "throttled_periods": 0}},
    "memory_stats": {
        "usage": 300 * 1024**2,
        "limit": 512 * 1024**2,
        "stats": {"inactive_file": 44 * 1024**2},
    },
    "networks": {"eth0": {"rx_bytes": 1024, "tx_bytes": 2048}, "eth1": {"rx_bytes": 1024, "tx_bytes": 0}},
    "blkio_stats": {
        "io_service_bytes_recursive": [{"op": "Read", "value": 4096}, {"op": "write", "value": 8192}]
    },
    "pids_stats": {"current": 7},
}


def frame(text: str, stream: int = 1) -> bytes:
    """A piece of a log as the daemon frames it."""
    body = text.encode()
    return bytes((stream, 0, 0, 0)) + len(body).to_bytes(4, "big") + body


LOG = b"".join(
    (
        frame("2026-03-01T02:10:00.000000001Z level=info msg=tick\n"),
        frame("2026-03-01T02:12:00.5Z ERROR: no space left token=hunter2\n", 2),
        frame("2026-03-01T02:13:00Z plain words\n"),
    )
)


def event(
    action: str, at: str, kind: str = "container", name: str = "jellyfin", **attributes: str
) -> dict[str, Any]:
    """An event at a moment."""
    moment = datetime.fromisoformat(at)
    return {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": name if kind == "image" else WEB_ID, "Attributes": {"name": name, **attributes}},
        "scope": "local",
        "time": int(moment.timestamp()),
        "timeNano": int(moment.timestamp() * 1_000_000) * 1000,
    }


def stream(*values: object) -> Behaviour:
    """JSON texts, one to a line."""

    return answering("".join(f"{json.dumps(value)}\n" for value in values))


EVENTS = [event("die", "2026-03-01T02:00:00Z", exitCode="3", image="tools/web:1", token="hunter2")]


def paths(summaries: Iterable[dict[str, Any]], looks: dict[str, dict[str, Any]]) -> dict[str, Behaviour]:
    """The answers that speak of containers."""
    listed = list(summaries)
    found = {f"{API}/containers/json": answering(listed)}
    for one in listed:
        base = f"{API}/containers/{one['Id']}"
        if one["Id"] in looks:
            found[f"{base}/json"] = answering(looks[one["Id"]])
        found[f"{base}/logs"] = answering(LOG, content_type="application/vnd.docker.raw-stream")
        found[f"{base}/stats"] = answering(STATS)
        for action in ("restart", "start", "stop"):
            found[f"{base}/{action}"] = answering("", 204)
    return found


WELL: dict[str, Behaviour] = {
    "/version": answering(VERSION),
    f"{API}/info": answering(INFO),
    f"{API}/events": stream(*EVENTS),
    **paths((WEB, LOOP, DONE), INSPECTED),
}
NOT_FOUND = answering({"message": "page not found"}, 404)


def credentials(_token: Secret, _password: Secret) -> list[dict[str, Any]]:
    """A daemon asks for no token: a socket, or a certificate, says who may enter."""
    return [{}]


class Running:
    """A connected daemon and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.wire = wire
        self.integration: Integration = connect(config, wire, clock, "docker")
        self.client = Client("docker", config, wire, clock)
        self.inventory = Inventory(self.client)

    def answers(self, changed: dict[str, Behaviour]) -> None:
        """Changes the answers at paths below the version, or at whole ones."""
        own = {path if path in WELL else f"{API}{path}": behaviour for path, behaviour in changed.items()}
        self.server.behaviour = by_path(WELL | own, NOT_FOUND)

    def holds(self, *summaries: dict[str, Any], looks: dict[str, dict[str, Any]] | None = None) -> None:
        """Other containers."""
        rest = {path: behaviour for path, behaviour in WELL.items() if "/containers/" not in path}
        self.server.behaviour = by_path(rest | paths(summaries, looks or {}), NOT_FOUND)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[tool].call(**arguments)

    def asked(self, part: str) -> list[str]:
        """The targets of requests that hold this part, version and query included."""
        return [seen.target for seen in self.server.seen if part in seen.target]


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """A daemon that answers well until told otherwise."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        config = Config(url=server.url, **settings)
        wire = LiveWire("docker", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
