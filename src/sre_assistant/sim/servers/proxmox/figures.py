"""The figures of nodes and guests as Proxmox VE shows them, from the same functions that exporters use."""

from __future__ import annotations

from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.servers.proxmox.calls import Refused
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.signals import Scaled, Sum
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.hosts import Host

Column = dict[str, Floats]
Row = dict[str, object]

_STEPS: Final = {"hour": 60, "day": 1800, "week": 10800, "month": 43200, "year": 604800}
_POINTS: Final = 70


def node_columns(host: Host, t: Floats) -> Column:
    """What the history of a node keeps."""
    memory, root = host.memory, host.filesystems["/"]
    return {
        "cpu": np.clip(host.cpu.value(t), 0, 1),
        "iowait": host.waiting.value(t),
        "loadavg": load(host, t, 1),
        "maxcpu": np.full(len(t), float(host.spec.cpus)),
        "memtotal": np.full(len(t), float(memory.size)),
        "memused": np.floor(memory.apps(t)),
        "netin": host.receive.value(t),
        "netout": host.transmit.value(t),
        "roottotal": np.full(len(t), float(root.spec.size)),
        "rootused": root.used(t),
        "swaptotal": np.full(len(t), float(memory.swap)),
        "swapused": np.floor(memory.swapped(t)),
    }


def guest_columns(guest: Guest, t: Floats) -> Column:
    """What the history of a guest keeps; traffic is per second."""
    before = np.maximum(t - 60.0, guest.lives.begun(t))
    spans = np.maximum(t - before, 1.0)

    def pace(total: Floats, earlier: Floats) -> Floats:
        return np.maximum(total - earlier, 0.0) / spans

    lxc = guest.spec.kind == "lxc"
    received = guest.since_start(guest.receive, t), guest.since_start(guest.receive, before)
    sent = guest.since_start(guest.transmit, t), guest.since_start(guest.transmit, before)
    return {
        "cpu": guest.cpu_share(t),
        "disk": guest.disk_used(t) * guest.alive(t) * lxc,
        "diskread": pace(guest.disk_read(t), guest.disk_read(before)),
        "diskwrite": pace(guest.disk_written(t), guest.disk_written(before)),
        "maxcpu": np.full(len(t), float(guest.spec.cpus)),
        "maxdisk": np.full(len(t), float(guest.spec.disk)),
        "maxmem": np.full(len(t), float(guest.spec.memory)),
        "mem": guest.memory_used(t),
        "netin": pace(*received),
        "netout": pace(*sent),
    }


def load(host: Host, t: Floats, minutes: int) -> Floats:
    """Runnable tasks, averaged over some minutes."""
    cpus, span = host.spec.cpus, 60.0 * minutes
    queued = Sum((Scaled(host.cpu, 1.08 * cpus), Scaled(host.waiting, 1.0 * cpus), host.crowd))
    return np.round((queued.total(t) - queued.total(t - span)) / span, 2)


def node_row(view: ClusterView, node: str) -> Row:
    """A node's figures in lists."""
    columns = node_columns(view.host(node), view.at)
    return {
        "cpu": float(columns["cpu"][0]),
        "disk": int(columns["rootused"][0]),
        "maxcpu": int(columns["maxcpu"][0]),
        "maxdisk": int(columns["roottotal"][0]),
        "maxmem": int(columns["memtotal"][0]),
        "mem": int(columns["memused"][0]),
        "uptime": int(view.t - view.booted(node)),
    }


def guest_row(view: ClusterView, guest: Guest) -> Row:
    """A guest's figures in lists; Proxmox VE does not know how full the disks of a virtual machine are."""
    at = view.at
    disk = int(guest.disk_used(at)[0]) if guest.spec.kind == "lxc" and view.runs(guest) else 0
    return {
        "cpu": _plain(float(guest.cpu_share(at)[0])),
        "disk": disk,
        "diskread": int(guest.disk_read(at)[0]),
        "diskwrite": int(guest.disk_written(at)[0]),
        "maxdisk": int(guest.spec.disk),
        "maxmem": int(guest.spec.memory),
        "mem": int(guest.memory_used(at)[0]),
        "netin": int(guest.since_start(guest.receive, at)[0]),
        "netout": int(guest.since_start(guest.transmit, at)[0]),
        "uptime": int(guest.uptime(at)[0]),
    }


def moments(view: ClusterView, timeframe: str) -> Floats:
    """The times that a history of this length has points for.

    Raises:
        Refused: no such length.
    """
    if timeframe not in _STEPS:
        raise Refused(
            400, "Parameter verification failed.", {"timeframe": f"no such timeframe '{timeframe}'"}
        )
    step = _STEPS[timeframe]
    last = view.now // step * step
    unix = np.arange(last - (_POINTS - 1) * step, last + 1, step, dtype=np.float64)
    return unix - view.world.epoch_ms / 1000


def rows(view: ClusterView, t: Floats, columns: Column, known: Floats) -> list[Row]:
    """The points of a history; where nothing is known only the time is there."""
    found: list[Row] = []
    for place, (moment, there) in enumerate(zip(t.tolist(), known.tolist(), strict=True)):
        point: Row = {"time": round(moment + view.world.epoch_ms / 1000)}
        if there:
            point |= {name: _plain(float(values[place])) for name, values in columns.items()}
        found.append(point)
    return found


def _plain(value: float) -> float:
    """A whole number without a point."""
    return int(value) if value.is_integer() else value


def reached(view: ClusterView, node: str, t: Floats) -> Floats:
    """1 where the other nodes heard a node, and its history has values."""
    away = view.world.spells[f"host/{node}"].inside(t, "gone", "off", "apart")
    return np.where(away, 0.0, 1.0)
