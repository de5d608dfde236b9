"""Work of a machine: CPU time, load averages, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import (
    around,
    counted,
    counter,
    fixed,
    gauge,
    hundredths,
    many,
    since_start,
)
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import Constant, Scaled, Signal, Sum

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host

_MODES: Final = {"user": 0.66, "system": 0.27, "softirq": 0.04, "nice": 0.03}


def cpu(host: Host) -> list[Family]:
    """Time per CPU and mode; each CPU leans a little from the average, and what is left over is idle."""
    points = []
    for number in range(host.spec.cpus):
        lean = 1 + 0.03 * ((host.seed + 17 * number) % 7 - 3) / 3
        shares: dict[str, Signal] = {mode: Scaled(host.cpu, part * lean) for mode, part in _MODES.items()}
        shares["iowait"] = Scaled(host.waiting, lean)
        shares["irq"] = Constant(0.0)
        shares["steal"] = host.steal
        taken = (Scaled(host.cpu, -lean), Scaled(host.waiting, -lean), Scaled(host.steal, -1.0))
        shares["idle"] = Sum((Constant(1.0), *taken))
        points += [
            ({"cpu": str(number), "mode": mode}, hundredths(share, host.boots))
            for mode, share in sorted(shares.items())
        ]
    guests = [
        ({"cpu": str(number), "mode": mode}, fixed(0.0))
        for number in range(host.spec.cpus)
        for mode in ("nice", "user")
    ]
    return [
        many("node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.", points),
        many("node_cpu_guest_seconds_total", "counter", "Seconds the CPUs spent on guests.", guests),
    ]


def load_averages(host: Host) -> list[Family]:
    """Load, running and waiting tasks, and the kernel's pressure figures."""
    cpus = host.spec.cpus
    queued = Sum((Scaled(host.cpu, 1.08 * cpus), Scaled(host.waiting, 1.0 * cpus), host.crowd))

    def load(minutes: int) -> Level:
        span = 60.0 * minutes
        return lambda t: np.round((queued.total(t) - queued.total(t - span)) / span, 2)

    running = around(host.seed + 41, 1.6, 1.4, whole=True)

    def blocked(t: Floats) -> Floats:
        return np.floor(host.waiting.value(t) * cpus * 2.5)

    return [
        *(gauge(f"node_load{m}", f"Runnable tasks, average of {m} min.", load(m)) for m in (1, 5, 15)),
        gauge("node_procs_running", "Runnable processes.", lambda t: running(t) + 1),
        gauge("node_procs_blocked", "Processes that wait for I/O.", blocked),
        counter("node_context_switches_total", "Context switches.", work(host, 9000.0)),
        counter("node_intr_total", "Interrupts.", work(host, 6000.0)),
        counter("node_forks_total", "Forks.", work(host, 5.0)),
        *(
            counter(
                f"node_pressure_{kind}_waiting_seconds_total",
                f"Time some task waited for {kind}.",
                _stall(host, kind, 1.0),
            )
            for kind in ("cpu", "io", "memory")
        ),
        *(
            counter(
                f"node_pressure_{kind}_stalled_seconds_total",
                f"Time all tasks waited for {kind}.",
                _stall(host, kind, 0.6),
            )
            for kind in ("io", "memory")
        ),
    ]


def work(host: Host, rate: float) -> Level:
    """A counter of events that come with CPU work; ``rate`` per second and busy CPU."""
    return counted(Sum((Constant(rate * 0.2), Scaled(host.cpu, rate * host.spec.cpus))), host.boots)


def _stall(host: Host, kind: str, part: float) -> Level:
    since = since_start(host.stalls[kind], host.boots)
    return lambda t: np.floor(since(t) * part * 1e6) / 1e6


def memory_fields(host: Host) -> list[Family]:
    """What /proc/meminfo says: caches give way when programs need room."""
    memory, size = host.memory, host.memory.size
    slab, buffers, shared = size * 0.012, size * 0.004, size * 0.003

    def cached(t: Floats) -> Floats:
        room = size - memory.apps(t) - slab - buffers - size * 0.006
        return np.clip(np.minimum(size * 0.24, room), size * 0.001, None)

    def free(t: Floats) -> Floats:
        return np.maximum(size - memory.apps(t) - slab - buffers - cached(t), size * 0.002)

    fields: dict[str, Level] = {
        "MemTotal": fixed(size),
        "MemFree": free,
        "MemAvailable": lambda t: free(t) + cached(t) * 0.88 + slab * 0.5,
        "Buffers": fixed(buffers),
        "Cached": cached,
        "AnonPages": lambda t: memory.apps(t) * 0.93,
        "Active": lambda t: memory.apps(t) * 0.6 + cached(t) * 0.4,
        "Inactive": lambda t: memory.apps(t) * 0.3 + cached(t) * 0.6,
        "Mapped": fixed(size * 0.02),
        "Shmem": fixed(shared),
        "Slab": fixed(slab),
        "SReclaimable": fixed(slab * 0.55),
        "SUnreclaim": fixed(slab * 0.45),
        "PageTables": lambda t: memory.apps(t) * 0.003,
        "KernelStack": fixed(size * 0.0006),
        "Dirty": around(host.seed + 51, 24e6, 12e6),
        "Writeback": fixed(0.0),
        "Committed_AS": lambda t: memory.apps(t) * 1.4,
        "CommitLimit": fixed(size / 2 + memory.swap),
        "SwapTotal": fixed(memory.swap),
        "SwapFree": lambda t: memory.swap - memory.swapped(t),
        "SwapCached": fixed(0.0),
        "Hugepagesize": fixed(2.0 * 2**20),
    }
    return [
        gauge(f"node_memory_{name}_bytes", f"Memory information field {name}_bytes.", _pages(level))
        for name, level in fields.items()
    ] + [gauge("node_memory_HugePages_Total", "Memory information field HugePages_Total.", fixed(0.0))]


def _pages(level: Level) -> Level:
    """Bytes in whole pages, as the kernel counts them."""
    return lambda t: np.floor(level(t) / 4096) * 4096
