"""Answers as a Prometheus gives them, and a server that gives them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.prometheus import connect
from sre_assistant.integrations.prometheus.client import Client
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from tests.kit.hostile import Behaviour, Hostile, Seen, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, 123000, tzinfo=UTC)
NAS = {"__name__": "up", "instance": "nas.lan:9100", "job": "node"}
DEAD = {"__name__": "up", "instance": "pve2.lan:9100", "job": "node"}
EPOCH = NOW.timestamp()


def success(data: object, **said: object) -> Behaviour:
    return answering({"status": "success", "data": data, **said})


def failed(status: int, kind: str, text: str) -> Behaviour:
    return answering({"status": "error", "errorType": kind, "error": text}, status)


def vector(*series: tuple[dict[str, str], str], **said: object) -> Behaviour:
    result = [{"metric": labels, "value": [EPOCH, value]} for labels, value in series]
    return success({"resultType": "vector", "result": result}, **said)


def scalar(value: str, at: float = EPOCH) -> Behaviour:
    return success({"resultType": "scalar", "result": [at, value]})


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> Behaviour:
    result = [{"metric": labels, "values": values} for labels, values in series]
    return success({"resultType": "matrix", "result": result})


def telling_time(clock: Behaviour, otherwise: Behaviour) -> Behaviour:
    """A server whose clock is asked for with ``time()``."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        asked = parse_qs(urlsplit(seen.target).query).get("query") == ["time()"]
        return await (clock if asked else otherwise)(seen, writer)

    return behave


TARGETS: dict[str, Any] = {
    "activeTargets": [
        {
            "discoveredLabels": {"__address__": "nas.lan:9100"},
            "labels": {"instance": "nas.lan:9100", "job": "node"},
            "scrapePool": "node",
            "scrapeUrl": "http://nas.lan:9100/metrics",
            "globalUrl": "http://nas.lan:9100/metrics",
            "lastError": "",
            "lastScrape": "2026-03-01T02:14:02.084119223Z",
            "lastScrapeDuration": 0.002,
            "health": "up",
            "scrapeInterval": "1m30s",
            "scrapeTimeout": "10s",
        },
        {
            "labels": {"instance": "pve2.lan:9100", "job": "node"},
            "scrapeUrl": "http://ann:hunter2@pve2.lan:9100/metrics",
            "lastError": "dial tcp 192.0.2.7:9100: connect: no route to host",
            "lastScrape": "0001-01-01T00:00:00Z",
            "health": "down",
        },
    ]
}
RULES: dict[str, Any] = {
    "groups": [
        {
            "name": "disks",
            "file": "/etc/prometheus/rules/disks.yml",
            "rules": [
                {
                    "state": "firing",
                    "name": "DiskWillFillSoon",
                    "query": "predict_linear(node_filesystem_avail_bytes[1h], 14400) < 0",
                    "duration": 300,
                    "labels": {"severity": "warning"},
                    "annotations": {"summary": "fills"},
                    "alerts": [],
                    "health": "ok",
                    "type": "alerting",
                },
                {"name": "job:up:sum", "query": "sum by (job) (up)", "health": "ok", "type": "recording"},
                {
                    "name": "Broken",
                    "query": "a * b",
                    "health": "err",
                    "lastError": "many-to-many matching not allowed",
                    "type": "alerting",
                    "state": "inactive",
                },
            ],
        },
        {"name": "empty", "file": "/x", "rules": None},
    ]
}
ALERTS: dict[str, Any] = {
    "alerts": [
        {
            "labels": {
                "alertname": "InstanceDown",
                "instance": "127.0.0.1:19999",
                "job": "dead",
                "severity": "critical",
            },
            "annotations": {"summary": "Instance down"},
            "state": "firing",
            "activeAt": "2026-03-01T02:10:10.11983645Z",
            "value": "0e+00",
        },
        {
            "labels": {"alertname": "Soon"},
            "annotations": {},
            "state": "pending",
            "activeAt": "2026-03-01T02:13:00Z",
        },
    ]
}
BUILD = {"version": "2.42.0+ds", "revision": "abc", "branch": "x", "goVersion": "go1.19.8"}
RUNTIME = {
    "startTime": "2026-02-28T09:28:03.037565605Z",
    "reloadConfigSuccess": True,
    "lastConfigTime": "2026-02-28T09:28:03Z",
    "corruptionCount": 0,
    "goroutineCount": 38,
    "storageRetention": "15d",
}
FLAGS = {
    "config.file": "/etc/prometheus/prometheus.yml",
    "storage.tsdb.retention.time": "0s",
    "web.page-title": "",
}
TSDB = {
    "headStats": {
        "numSeries": 1085,
        "numLabelPairs": 826,
        "chunkCount": 1085,
        "minTime": 1772331000000,
        "maxTime": 1772331245000,
    },
    "seriesCountByMetricName": [{"name": f"metric_{n}", "value": 100 - n} for n in range(10)],
    "labelValueCountByLabelName": [{"name": "le", "value": 70}],
    "seriesCountByLabelValuePair": None,
}
METADATA = {
    "node_cpu_seconds_total": [
        {"type": "counter", "help": "Seconds the CPUs spent in each mode.", "unit": ""}
    ],
    "http_request_duration_seconds": [{"type": "histogram", "help": "Latencies.", "unit": ""}],
    "odd": [],
}

WELL: dict[str, Behaviour] = {
    "/api/v1/query": telling_time(scalar(str(EPOCH)), vector((NAS, "1"), (DEAD, "0"))),
    "/api/v1/query_range": matrix((NAS, [(EPOCH - 60, "1"), (EPOCH, "0.5")])),
    "/api/v1/targets": success(TARGETS),
    "/api/v1/rules": success(RULES),
    "/api/v1/alerts": success(ALERTS),
    "/api/v1/metadata": success(METADATA),
    "/api/v1/label/job/values": success(["node", "pve"]),
    "/api/v1/label/__name__/values": success(
        ["node_cpu_seconds_total", "http_request_duration_seconds_bucket", "odd"]
    ),
    "/api/v1/status/buildinfo": success(BUILD),
    "/api/v1/status/runtimeinfo": success(RUNTIME),
    "/api/v1/status/flags": success(FLAGS),
    "/api/v1/status/tsdb": success(TSDB),
}
EXAMPLES = {"query": "up", "search_term": "cpu", "start": "1h", "end": "now"}
NOT_FOUND = answering("404 page not found\n", 404, "text/plain; charset=utf-8")


class Running:
    """A connected Prometheus and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.integration: Integration = connect(config, wire, clock, "prom")
        self.client = Client("prom", config, wire, clock)

    def answers(self, **changed: Behaviour) -> None:
        """Changes answers; a path is written with double underscores for slashes, e.g. ``status__tsdb``.

        ``clock`` is what ``time()`` is answered with, ``query`` what any other query is.
        """
        if {"query", "clock"} & changed.keys():
            queries = changed.pop("query", vector((NAS, "1"), (DEAD, "0")))
            changed["query"] = telling_time(changed.pop("clock", scalar(str(EPOCH))), queries)
        paths = {f"/api/v1/{name.replace('__', '/')}": behaviour for name, behaviour in changed.items()}
        self.server.behaviour = by_path(WELL | paths, NOT_FOUND)

    @property
    def asked(self) -> list[str]:
        """What was asked besides the time."""
        return [seen.target for seen in self.server.seen if "query=time%28%29" not in seen.target]

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[tool].call(**arguments)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """A Prometheus that answers well until told otherwise."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        config = Config(url=server.url + settings.pop("path", ""), **settings)
        wire = LiveWire("prom", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
