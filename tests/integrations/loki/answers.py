"""Answers as a Loki gives them, and a server that gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.loki import connect
from sre_assistant.integrations.loki.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
JSON = "application/json; charset=UTF-8"


def ns(ago: float = 0.0) -> str:
    """So many seconds ago, as the wire says it."""
    return str(EPOCH * 1_000_000_000 - round(ago * 1_000_000_000))


def success(data: object) -> Behaviour:
    return answering({"status": "success", "data": data}, content_type=JSON)


def refusing(text: str, status: int = 400) -> Behaviour:
    """Loki's own errors are plain text."""
    return answering(text, status, "text/plain; charset=utf-8")


def streams(*found: tuple[dict[str, str], list[list[object]]], told_apart: bool = True) -> Behaviour:
    result = [{"stream": labels, "values": values} for labels, values in found]
    flags = {"encodingFlags": ["categorize-labels"]} if told_apart else {}
    return success({"resultType": "streams", "result": result, **flags, "stats": {"summary": {"splits": 1}}})


def vector(*series: tuple[dict[str, str], str]) -> Behaviour:
    result = [{"metric": labels, "value": [EPOCH, value]} for labels, value in series]
    return success({"resultType": "vector", "result": result, "stats": {}})


def metadata(**found: str) -> dict[str, dict[str, str]]:
    return {"structuredMetadata": found}


DOCKER = {"host": "nas", "container": "immich", "service_name": "immich"}
UNIT = {"host": "pve1", "unit": "ssh.service", "service_name": "unknown_service"}
LINES = streams(
    (DOCKER, [[ns(5), "connection refused", metadata(detected_level="error")]]),
    (UNIT, [[ns(1), "Accepted publickey", metadata(detected_level="unknown")], [ns(9), "0 errors"]]),
)
WELL: dict[str, Behaviour] = {
    "/loki/api/v1/labels": success(["container", "host", "service_name", "unit"]),
    "/loki/api/v1/label/host/values": success(["nas", "pve1"]),
    "/loki/api/v1/series": success([DOCKER, UNIT]),
    "/loki/api/v1/query_range": LINES,
    "/loki/api/v1/query": vector(({"host": "nas"}, "12"), ({"host": "pve1"}, "0.5")),
    "/loki/api/v1/index/stats": answering({"streams": 2, "chunks": 2, "bytes": 2048, "entries": 3}),
    "/loki/api/v1/index/volume": vector(({"service_name": "immich"}, "2048")),
    "/loki/api/v1/patterns": success(
        [{"pattern": "Accepted <_>", "level": "info", "samples": [[EPOCH - 60, 3], [EPOCH, 4]]}]
    ),
    "/loki/api/v1/status/buildinfo": answering({"version": "3.7.6", "revision": "5003600d"}),
    "/ready": answering("ready\n", 200, "text/plain; charset=utf-8"),
}
NOT_FOUND = refusing("404 page not found\n", 404)
EXAMPLES: dict[str, object] = {
    "query": '{host="nas"}',
    "loki_metric_query.query": 'sum by (host) (count_over_time({host=~".+"}[5m]))',
    "label": "host",
}


@asynccontextmanager
async def serving(*, url: str = "", **settings: Any) -> AsyncIterator[tuple[Integration, FixedClock]]:
    """An integration on a server at an address."""
    clock = FixedClock(settings.pop("now", NOW))
    config = Config(url=url, **settings)
    wire = LiveWire("loki", config, clock, Random(1))
    try:
        yield connect(config, wire, clock), clock
    finally:
        await wire.aclose()


@asynccontextmanager
async def loki(
    changed: dict[str, Behaviour] | None = None, **settings: Any
) -> AsyncIterator[tuple[Integration, Hostile]]:
    """An integration on a server that answers well but for what was changed."""
    async with (
        hostile(by_path({**WELL, **(changed or {})}, NOT_FOUND)) as server,
        serving(url=server.url, **settings) as (integration, _),
    ):
        yield integration, server


async def called(integration: Integration, name: str, **given: object) -> ToolResult:
    """What a tool says."""
    (tool,) = (tool for tool in integration.tools if tool.name == f"loki_{name}")
    return await tool.called(given)
