"""What Loki tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, Spread, around, counted, histogram, process, steady
from sre_assistant.sim.metrics.targets import Family
from sre_assistant.sim.signals import NOTHING, Constant, During, Signal

if TYPE_CHECKING:
    from sre_assistant.sim.causality.spells import Spells
    from sre_assistant.sim.world import World

VERSION: Final = {
    "branch": "HEAD",
    "goarch": "amd64",
    "goos": "linux",
    "goversion": "go1.23.1",
    "revision": "a2e2f53e",
    "tags": "netgo",
    "version": "3.2.1",
}
_BOUNDS: Final = {
    "0.005": 0.55,
    "0.01": 0.74,
    "0.025": 0.88,
    "0.05": 0.93,
    "0.1": 0.96,
    "0.25": 0.98,
    "0.5": 0.99,
    "1": 0.996,
    "2.5": 0.999,
    "5": 1.0,
    "10": 1.0,
    "25": 1.0,
    "50": 1.0,
    "100": 1.0,
    "+Inf": 1.0,
}
_ROUTES: Final = {
    ("POST", "loki_api_v1_push"): (1.6, "204"),
    ("GET", "loki_api_v1_query_range"): (0.04, "200"),
    ("GET", "loki_api_v1_labels"): (0.01, "200"),
    ("GET", "ready"): (0.1, "200"),
}
_FAILING: Final = ("500", "502", "503")
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "loki_build_info": ("gauge", "Version of Loki."),
    "loki_distributor_lines_received_total": ("counter", "Lines received."),
    "loki_distributor_bytes_received_total": ("counter", "Uncompressed bytes received."),
    "loki_ingester_memory_streams": ("gauge", "Streams in memory."),
    "loki_ingester_memory_chunks": ("gauge", "Chunks in memory."),
    "loki_ingester_chunks_flushed_total": ("counter", "Chunks flushed, by reason."),
    "loki_ingester_chunks_flush_failures_total": ("counter", "Chunks that could not be flushed."),
    "loki_ingester_flush_queue_length": ("gauge", "Chunks that wait to be flushed."),
    "loki_ingester_wal_disk_full_failures_total": (
        "counter",
        "Writes to the log that failed on a full disk.",
    ),
    "loki_log_messages_total": ("counter", "Own log messages."),
    "loki_panic_total": ("counter", "Panics."),
    "loki_query_frontend_queries_in_progress": ("gauge", "Queries under way."),
}


def families(world: World, host: str) -> list[Family]:
    """Its metrics."""
    machine, spells = world.hosts[host], world.spells["system/loki"]
    begin = machine.boots + 42
    sheet = Sheet(_ABOUT)
    tenant = {"tenant": "fake"}
    received = {**tenant, "aggregated_metric": "false", "is_internal_stream": "false", "policy": ""}
    streams = 6.0 * sum(len(some) for some in world.house.containers.values())
    lines = _lines(world)
    sheet.put("loki_build_info", VERSION, 1.0)
    sheet.put("loki_distributor_lines_received_total", received, counted(lines, begin))
    kept = {**received, "retention_hours": "744"}
    sheet.put("loki_distributor_bytes_received_total", kept, counted(lines, begin, 1 / 140))
    sheet.put("loki_ingester_memory_streams", tenant, around(machine.seed + 801, streams, 4, whole=True))
    sheet.put("loki_ingester_memory_chunks", {}, around(machine.seed + 802, streams * 1.4, 9, whole=True))
    for reason, rate in (("idle", 0.02), ("max_age", 0.01), ("full", 0.002), ("synced", 0.0)):
        flushed = counted(steady(rate, "loki", reason) if rate else NOTHING, begin)
        sheet.put("loki_ingester_chunks_flushed_total", {"reason": reason}, flushed)
    for name in ("chunks_flush_failures_total", "flush_queue_length", "wal_disk_full_failures_total"):
        sheet.put(f"loki_ingester_{name}", {}, 0.0)
    for level, rate in (("debug", 0.0), ("info", 0.05), ("warn", 0.001), ("error", 0.0)):
        told = counted(steady(rate, "loki", level) if rate else _failures(spells, *_FAILING), begin)
        sheet.put("loki_log_messages_total", {"level": level}, told if level != "debug" else 0.0)
    sheet.put("loki_panic_total", {}, 0.0)
    sheet.put("loki_query_frontend_queries_in_progress", {}, 0.0)
    requests = _requests(spells, begin)
    return [*sheet.families(), *requests, *process(machine.seed + 820, begin, world.epoch.timestamp(), 410e6)]


def _lines(world: World) -> Signal:
    """Lines per second, as often as containers and workloads say something in the quiet."""
    pace = sum(1 / spec.says_every for some in world.house.containers.values() for spec in some.values())
    if world.house.kubernetes:
        spaces = world.house.kubernetes.namespaces.values()
        pace += sum(work.replicas / work.says_every for space in spaces for work in space.values())
    return steady(float(pace), "loki", "lines")


def _failures(spells: Spells, *statuses: str) -> Signal:
    """Requests per second that end with one of these statuses."""
    failing: Signal = NOTHING
    for one in spells.of(*statuses):
        failing = During(failing, one.start, one.end, Constant(1.5))
    return failing


def _requests(spells: Spells, begin: Floats) -> list[Family]:
    rows: list[tuple[dict[str, str], Signal]] = []
    for (method, route), (rate, status) in _ROUTES.items():
        usual: Signal = steady(rate, "loki", route)
        for one in spells.of(*_FAILING):
            usual = During(usual, one.start, one.end, Constant(0.0))
        rows.append((_labels(method, route, status), usual))
    rows += [
        (_labels("POST", "loki_api_v1_push", status), _failures(spells, status))
        for status in _FAILING
        if spells.of(status)
    ]
    spread = Spread(_BOUNDS, 0.009, np.asarray(begin))
    return histogram("loki_request_duration_seconds", "Time to answer requests in seconds.", rows, spread)


def _labels(method: str, route: str, status: str) -> dict[str, str]:
    return {"method": method, "route": route, "status_code": status, "ws": "false"}
