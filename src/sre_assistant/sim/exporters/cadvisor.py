"""cAdvisor: what the containers of a machine use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import FOREVER, Spells
from sre_assistant.sim.exporters.shapes import Sheet, around, fixed, hundredths, started
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import Scaled

if TYPE_CHECKING:
    from sre_assistant.sim.things.containers import Running
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.world import World

KERNEL: Final = 0.22
"""The share of CPU time spent in the kernel."""
_PERIOD: Final = 100_000
"""Microseconds of the kernel's CPU bandwidth periods."""
_UNUSUAL: Final = re.compile(r"[^a-zA-Z0-9_]")
_WAITS: Final = {"cpu": "throttled", "io": "hung"}
"""The spell in which something waits for it; nothing waits for memory until it is killed."""
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "cadvisor_version_info": ("gauge", "Versions of the kernel, the system, Docker and cAdvisor."),
    "machine_cpu_cores": ("gauge", "Logical CPU cores."),
    "machine_memory_bytes": ("gauge", "Memory of the machine."),
    "container_scrape_error": ("gauge", "1 if the metrics of a container could not be read, else 0."),
    "container_last_seen": ("gauge", "Last time that the container was seen by the exporter."),
    "container_start_time_seconds": ("gauge", "Start of the container, unix time in seconds."),
    "container_health_state": ("gauge", "Health check: 1 passes, 0 fails, -1 there is none."),
    "container_cpu_usage_seconds_total": ("counter", "CPU time used, in seconds."),
    "container_cpu_user_seconds_total": ("counter", "User CPU time used, in seconds."),
    "container_cpu_system_seconds_total": ("counter", "System CPU time used, in seconds."),
    "container_cpu_cfs_periods_total": ("counter", "Enforcement periods that have passed."),
    "container_cpu_cfs_throttled_periods_total": ("counter", "Periods in which it had to stop."),
    "container_cpu_cfs_throttled_seconds_total": ("counter", "Time for which it had to stop, in seconds."),
    "container_spec_cpu_period": ("gauge", "CPU period in microseconds."),
    "container_spec_cpu_quota": ("gauge", "CPU quota in microseconds per period."),
    "container_spec_cpu_shares": ("gauge", "CPU share."),
    "container_memory_usage_bytes": ("gauge", "Memory in use, caches included."),
    "container_memory_working_set_bytes": ("gauge", "Memory that cannot be given back at once."),
    "container_memory_rss": ("gauge", "Anonymous memory in bytes."),
    "container_memory_cache": ("gauge", "Page cache in bytes."),
    "container_memory_swap": ("gauge", "Swap in use, in bytes."),
    "container_memory_failcnt": ("counter", "How often memory met its limit."),
    "container_memory_failures_total": ("counter", "Page faults."),
    "container_spec_memory_limit_bytes": ("gauge", "Memory limit; 0 for none."),
    "container_oom_events_total": ("counter", "Kills for want of memory."),
    "container_network_receive_bytes_total": ("counter", "Bytes received."),
    "container_network_receive_packets_total": ("counter", "Packets received."),
    "container_network_receive_errors_total": ("counter", "Errors while receiving."),
    "container_network_receive_packets_dropped_total": ("counter", "Packets dropped while receiving."),
    "container_network_transmit_bytes_total": ("counter", "Bytes sent."),
    "container_network_transmit_packets_total": ("counter", "Packets sent."),
    "container_network_transmit_errors_total": ("counter", "Errors while sending."),
    "container_network_transmit_packets_dropped_total": ("counter", "Packets dropped while sending."),
    "container_fs_usage_bytes": ("gauge", "Bytes that it uses on the file system."),
    "container_fs_limit_bytes": ("gauge", "Bytes that it could use on the file system."),
    "container_fs_reads_bytes_total": ("counter", "Bytes read."),
    "container_fs_writes_bytes_total": ("counter", "Bytes written."),
    "container_pressure_cpu_waiting_seconds_total": ("counter", "Time some task waited for CPU."),
    "container_pressure_io_waiting_seconds_total": ("counter", "Time some task waited for I/O."),
    "container_pressure_memory_waiting_seconds_total": ("counter", "Time some task waited for memory."),
    "container_processes": ("gauge", "Processes inside."),
    "container_threads": ("gauge", "Threads inside."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container runs, and what its page needs of it."""

    host: Host
    epoch: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a container may use: cores (None is any) and whether it has a health check."""

    quota: float | None
    health: bool
    interface: str = "eth0"


def families(world: World, host: str) -> list[Family]:
    """All metrics of a Docker host."""
    place = Place(world.hosts[host], world.epoch.timestamp())
    sheet = Sheet(_ABOUT)
    machine(sheet, place)
    for name, spec in world.house.containers[host].items():
        running = world.containers[f"container/{host}:{name}"]
        bounds = Bounds(quota(running, spec.quota), spec.health)
        own = {
            "name": name,
            "container_label_com_docker_compose_project": spec.project,
            "container_label_com_docker_compose_service": name if spec.project else "",
            **{f"container_label_{_UNUSUAL.sub('_', key)}": value for key, value in spec.labels.items()},
        }
        for generation, (image, since, until) in enumerate(images(running)):
            scope = {"id": f"/system.slice/docker-{running.id_of(generation)}.scope", "image": image}
            container(sheet, place, running, bounds, {**own, **scope}, between(running, since, until))
    return sheet.families()


def quota(running: Running, cores: float | None) -> float | None:
    """The cores that a container may use; one that is ever throttled has such a bound."""
    return cores if cores is not None or not running.spells.of("throttled") else 1.0


def images(running: Running) -> Iterable[tuple[str, float, float]]:
    """The images that a container has had, each from when and until when."""
    steps = [(-FOREVER, running.image), *running.images]
    ends = [since for since, _ in steps[1:]] + [FOREVER]
    return [(image, since, end) for (since, image), end in zip(steps, ends, strict=True)]


def between(running: Running, since: float, until: float) -> Level:
    """1 while it runs in a stretch and has not been removed."""

    def there(t: Floats) -> Floats:
        removed = running.spells.inside(t, "delete", "pull-failed")
        return np.where((t >= since) & (t < until) & ~removed, running.alive(t), 0.0)

    return there


def machine(sheet: Sheet, place: Place) -> None:
    """The machine itself: its figures, and the root of all control groups."""
    host, epoch = place.host, place.epoch
    version = {
        "cadvisorRevision": "",
        "cadvisorVersion": "v0.60.3",
        "dockerVersion": "27.3.1",
        "kernelVersion": host.spec.kernel,
        "osVersion": "Debian GNU/Linux 12 (bookworm)",
    }
    root = {"id": "/"}
    busy = Scaled(host.cpu, float(host.spec.cpus))
    sheet.put("cadvisor_version_info", version, 1.0)
    sheet.put("machine_cpu_cores", {}, float(host.spec.cpus))
    sheet.put("machine_memory_bytes", {}, host.spec.memory)
    sheet.put("container_scrape_error", {}, 0.0)
    sheet.put("container_last_seen", root, lambda t: np.floor(t + epoch))
    sheet.put("container_start_time_seconds", root, started(host.boots, epoch, 0))
    for name, share in (("usage", 1.0), ("user", 1 - KERNEL), ("system", KERNEL)):
        labels = {**root, "cpu": "total"} if name == "usage" else root
        sheet.put(f"container_cpu_{name}_seconds_total", labels, hundredths(Scaled(busy, share), host.boots))
    sheet.put("container_memory_working_set_bytes", root, lambda t: np.floor(host.memory.apps(t)))
    sheet.put("container_memory_usage_bytes", root, lambda t: np.floor(host.memory.apps(t) * 1.18))
    sheet.put("container_spec_memory_limit_bytes", root, host.spec.memory)


def container(
    sheet: Sheet,
    place: Place,
    running: Running,
    bounds: Bounds,
    labels: Mapping[str, str],
    exists: Level,
) -> None:
    """All that is known of one container while it is there."""

    def put(name: str, level: Level | float, **more: str) -> None:
        sheet.put(f"container_{name}", {**labels, **more}, level, exists)

    epoch = place.epoch
    put("last_seen", lambda t: np.floor(t + epoch))
    put("start_time_seconds", lambda t: np.floor(running.lives.begun(t) + epoch))
    put("health_state", running.healthy if bounds.health else -1.0)
    _cpu(put, running, bounds)
    _memory(put, place, running)
    _network(put, running, bounds.interface)
    _disk(put, place.host, running)
    put("processes", float(3 + running.seed % 25))
    put("threads", float(6 + running.seed % 37))


_Put = Callable[..., None]


def _cpu(put: _Put, running: Running, bounds: Bounds) -> None:
    def used(share: float) -> Level:
        return lambda t: np.floor(running.cpu_seconds(t) * share * 1e6) / 1e6

    put("cpu_usage_seconds_total", used(1.0), cpu="total")
    put("cpu_user_seconds_total", used(1 - KERNEL))
    put("cpu_system_seconds_total", used(KERNEL))
    put("spec_cpu_period", float(_PERIOD))
    put("spec_cpu_shares", 1024.0)
    for kind, mode in _WAITS.items():
        put(f"pressure_{kind}_waiting_seconds_total", waited(running, mode, 0.002))
    put("pressure_memory_waiting_seconds_total", 0.0)
    if bounds.quota is None:
        return
    stopped = waited(running, "throttled", 0.002)
    put("spec_cpu_quota", bounds.quota * _PERIOD)
    put("cpu_cfs_periods_total", lambda t: np.floor(running.age(t) * 10))
    put("cpu_cfs_throttled_periods_total", lambda t: np.floor(stopped(t) * 10))
    put("cpu_cfs_throttled_seconds_total", lambda t: np.floor(stopped(t) * 0.6 * 1e6) / 1e6)


def waited(running: Running, mode: str, usual: float) -> Level:
    """Seconds since the start in which it had to wait: a small share always, the spell's level inside it."""
    spells: Spells = running.spells

    def level(t: Floats) -> Floats:
        begun = running.lives.begun(t)
        waited = running.age(t) * usual
        for one in spells.of(mode):
            inside = np.clip(np.minimum(t, one.end) - np.maximum(begun, one.start), 0.0, None)
            waited = waited + inside * max((one.level or 0.9) - usual, 0.0)
        return np.floor(waited * 1e6) / 1e6

    return level


def _memory(put: _Put, place: Place, running: Running) -> None:
    host = place.host
    most = running.limit if running.limit is not None else host.spec.memory

    def held(t: Floats) -> Floats:
        return np.minimum(running.memory_used(t), most)

    def cached(t: Floats) -> Floats:
        return np.floor(held(t) / 4 / 4096) * 4096

    def idle(t: Floats) -> Floats:
        return np.floor(np.minimum(cached(t) / 3, np.maximum(most - held(t), 0.0)) / 4096) * 4096

    put("memory_working_set_bytes", held)
    put("memory_usage_bytes", lambda t: held(t) + idle(t))
    put("memory_rss", lambda t: held(t) - cached(t))
    put("memory_cache", lambda t: cached(t) + idle(t))
    put("memory_swap", 0.0)
    put("memory_failcnt", 0.0)
    put("spec_memory_limit_bytes", running.limit or 0.0)
    put("oom_events_total", lambda t: np.maximum(running.kills(t), 0.0))
    for kind, pace in (("pgfault", 900.0), ("pgmajfault", 0.4)):
        put(
            "memory_failures_total",
            lambda t, p=pace: np.floor(running.cpu_seconds(t) * p),
            failure_type=kind,
            scope="container",
        )


def _network(put: _Put, running: Running, interface: str) -> None:
    for way, level in (("receive", running.received), ("transmit", running.transmitted)):
        put(f"network_{way}_bytes_total", level, interface=interface)
        put(f"network_{way}_packets_total", lambda t, of=level: np.floor(of(t) / 700), interface=interface)
        put(f"network_{way}_errors_total", 0.0, interface=interface)
        put(f"network_{way}_packets_dropped_total", 0.0, interface=interface)


def _disk(put: _Put, host: Host, running: Running) -> None:
    root = host.filesystems["/"].spec
    drive = f"/dev/{next(iter(host.disks))}"
    size = running.memory * 1.7
    put("fs_usage_bytes", around(running.seed + 51, size, size * 0.01, whole=True), device=root.device)
    put("fs_limit_bytes", fixed(root.size), device=root.device)
    put("fs_reads_bytes_total", float(30_000_000 + running.seed % 200_000_000), device=drive)
    put("fs_writes_bytes_total", running.written, device=drive)
