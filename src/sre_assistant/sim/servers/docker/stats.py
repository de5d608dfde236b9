"""What a container uses, in the figures that its metrics show too: CPU, memory, disk, network."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from sre_assistant.sim.exporters.cadvisor import KERNEL, quota, waited
from sre_assistant.sim.servers.docker.containers import Container
from sre_assistant.sim.servers.docker.wire import NEVER, nanoseconds, rfc3339

_PERIODS: Final = 10.0
"""CPU periods in a second."""
_USUAL_WAIT: Final = 0.002
"""The share of its time for which any container has to wait for the CPU."""


def measured(container: Container, before: float | None) -> dict[str, object]:
    """``GET /containers/{id}/stats``: now, and for the CPU also as it was before."""
    named: dict[str, object] = {"name": f"/{container.name}", "id": container.id}
    if not container.alive:
        return _nothing() | named
    earlier = None if before is None else replace(container, now=before)
    world = container.world
    return {
        "read": rfc3339(nanoseconds(world, container.now, container.id)),
        "preread": NEVER if before is None else rfc3339(nanoseconds(world, before, container.id)),
        "pids_stats": {"current": processes(container), "limit": 18446744073709551615},
        "blkio_stats": _blkio(container),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(container),
        "precpu_stats": _no_cpu() if earlier is None or not earlier.alive else _cpu(earlier),
        "memory_stats": _memory(container),
        **named,
        "networks": {"eth0": _network(container)},
    }


def processes(container: Container) -> int:
    """How many processes are in it."""
    return 3 + container.running.seed % 25 if container.alive else 0


def _cpu(container: Container) -> dict[str, object]:
    host, running = container.world.hosts[container.host], container.running
    at = np.array([container.now])
    used = int(running.cpu_seconds(at)[0] * 1e6) * 1000
    up = container.now - float(host.boots[host.boots <= container.now].max(initial=0.0))
    bounded = quota(running, container.spec.quota) is not None
    stopped = float(waited(running, "throttled", _USUAL_WAIT)(at)[0]) if bounded else 0.0
    return {
        "cpu_usage": {
            "total_usage": used,
            "usage_in_kernelmode": int(used * KERNEL),
            "usage_in_usermode": used - int(used * KERNEL),
        },
        "system_cpu_usage": round(up * host.spec.cpus * 100) * 10_000_000,
        "online_cpus": host.spec.cpus,
        "throttling_data": {
            "periods": int(running.age(at)[0] * _PERIODS) if bounded else 0,
            "throttled_periods": int(stopped * _PERIODS),
            "throttled_time": int(stopped * 0.6 * 1e9),
        },
    }


def _memory(container: Container) -> dict[str, object]:
    used = int(container.running.memory_used(np.array([container.now]))[0])
    cached = used // 4 // 4096 * 4096
    limit = int(container.spec.limit or container.world.house.hosts[container.host].memory)
    idle = min(cached // 3, max(limit - used, 0)) // 4096 * 4096
    return {
        "usage": used + idle,
        "stats": {
            "active_anon": used - cached,
            "active_file": cached,
            "anon": used - cached,
            "anon_thp": 0,
            "file": cached + idle,
            "file_dirty": 0,
            "file_mapped": cached // 2,
            "file_writeback": 0,
            "inactive_anon": 0,
            "inactive_file": idle,
            "kernel_stack": 16384 * processes(container),
            "pgfault": used // 4096 * 3,
            "pgmajfault": 12,
            "shmem": 0,
            "slab": 262144,
            "sock": 0,
            "unevictable": 0,
        },
        "limit": limit,
    }


def _blkio(container: Container) -> dict[str, object]:
    read = 30_000_000 + container.running.seed % 200_000_000
    written = int(container.running.written(np.array([container.now]))[0])
    rest = ("io_serviced", "io_queue", "io_service_time", "io_wait_time", "io_merged", "io_time")
    return {
        "io_service_bytes_recursive": [
            {"major": 8, "minor": 0, "op": "read", "value": read},
            {"major": 8, "minor": 0, "op": "write", "value": written},
        ],
        **dict.fromkeys(f"{name}_recursive" for name in rest),
        "sectors_recursive": None,
    }


def _network(container: Container) -> dict[str, int]:
    at = np.array([container.now])
    received, sent = (
        int(level(at)[0]) for level in (container.running.received, container.running.transmitted)
    )
    return {
        "rx_bytes": received,
        "rx_packets": received // 700,
        "rx_errors": 0,
        "rx_dropped": 0,
        "tx_bytes": sent,
        "tx_packets": sent // 700,
        "tx_errors": 0,
        "tx_dropped": 0,
    }


def _no_cpu() -> dict[str, object]:
    return {
        "cpu_usage": dict.fromkeys(("total_usage", "usage_in_kernelmode", "usage_in_usermode"), 0),
        "throttling_data": dict.fromkeys(("periods", "throttled_periods", "throttled_time"), 0),
    }


def _nothing() -> dict[str, object]:
    kinds = ("io_service_bytes", "io_serviced", "io_queue", "io_service_time", "io_wait_time", "io_merged")
    return {
        "read": NEVER,
        "preread": NEVER,
        "pids_stats": {},
        "blkio_stats": dict.fromkeys(f"{name}_recursive" for name in (*kinds, "io_time", "sectors")),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _no_cpu(),
        "precpu_stats": _no_cpu(),
        "memory_stats": {},
    }
