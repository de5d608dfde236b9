"""pbs-exporter: datastores, snapshots and the machine of a Proxmox Backup Server."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, process, since_boot
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.misbehaviour import MODES
from sre_assistant.sim.things.jobs import Run
from sre_assistant.sim.things.pasts import Past

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.things.storage import Datastore
    from sre_assistant.sim.world import World

VERSION: Final = {"release": "2", "repoid": "b1b5d4e6c3b2f1a0", "version": "3.4"}
_BY_HAND_SECONDS: Final = 90.0
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "pbs_up": ("gauge", "Whether the server answered."),
    "pbs_version": ("gauge", "Version of the server."),
    "pbs_available": ("gauge", "Available bytes of the datastore."),
    "pbs_size": ("gauge", "Size of the datastore in bytes."),
    "pbs_used": ("gauge", "Used bytes of the datastore."),
    "pbs_snapshot_count": ("gauge", "Backups in the datastore."),
    "pbs_snapshot_vm_count": ("gauge", "Backups of a guest."),
    "pbs_snapshot_vm_last_timestamp": ("gauge", "Time of the last backup of a guest, unix time."),
    "pbs_snapshot_vm_last_verify": ("gauge", "Whether the last backup of a guest was verified."),
    "pbs_host_cpu_usage": ("gauge", "Share of the CPUs in use."),
    "pbs_host_io_wait": ("gauge", "Share of time spent waiting for disks."),
    "pbs_host_load1": ("gauge", "Load average of 1 minute."),
    "pbs_host_memory_free": ("gauge", "Free memory in bytes."),
    "pbs_host_memory_total": ("gauge", "Memory in bytes."),
    "pbs_host_memory_used": ("gauge", "Used memory in bytes."),
    "pbs_host_swap_free": ("gauge", "Free swap in bytes."),
    "pbs_host_swap_total": ("gauge", "Swap in bytes."),
    "pbs_host_swap_used": ("gauge", "Used swap in bytes."),
    "pbs_host_disk_available": ("gauge", "Available bytes of the root disk."),
    "pbs_host_disk_total": ("gauge", "Size of the root disk in bytes."),
    "pbs_host_disk_used": ("gauge", "Used bytes of the root disk."),
    "pbs_host_uptime": ("gauge", "Seconds since the start."),
    "pbs_host_subscription_status": ("gauge", "Status of the subscription."),
    "pbs_host_subscription_info": ("gauge", "What the subscription is."),
    "pbs_host_subscription_due_timestamp_seconds": ("gauge", "When the subscription ends, unix time."),
}
_STATUSES: Final = ("new", "notfound", "active", "invalid", "expired", "suspended")


def families(world: World, host: str) -> list[Family]:
    """All metrics of a backup server."""
    machine = world.hosts[host]
    epoch = world.epoch.timestamp()
    sheet = Sheet(_ABOUT)
    broken = world.spells["system/pbs"]

    def answers(t: Floats) -> Floats:
        return np.where(broken.inside(t, *MODES), 0.0, 1.0)

    sheet.put("pbs_version", VERSION, 1.0)
    for store in world.datastores.values():
        if store.spec.host == host:
            _datastore(sheet, store)
            _snapshots(sheet, world, store)
    _machine(sheet, machine)
    for status in _STATUSES:
        sheet.put("pbs_host_subscription_status", {"status": status}, float(status == "notfound"))
    sheet.put("pbs_host_subscription_info", {"productname": "unknown", "status": "notfound"}, 1.0)
    sheet.put("pbs_host_subscription_due_timestamp_seconds", {"productname": "unknown"}, 0.0)
    sheet.narrow(answers)
    sheet.put("pbs_up", {}, answers)
    return [*sheet.families(), *process(machine.seed + 760, machine.boots + 30, epoch, 18e6)]


def _datastore(sheet: Sheet, store: Datastore) -> None:
    labels, size = {"datastore": store.name}, store.filesystem.spec.size
    there = _there(store)
    sheet.put("pbs_available", labels, lambda t: np.maximum(size * 0.95 - store.used(t), 0.0), there)
    sheet.put("pbs_size", labels, size, there)
    sheet.put("pbs_used", labels, store.used, there)


def _there(store: Datastore) -> Level:
    return lambda t: np.where(store.spells.inside(t, "gone"), 0.0, 1.0)


def _snapshots(sheet: Sheet, world: World, store: Datastore) -> None:
    there, epoch = _there(store), world.epoch.timestamp()
    pasts = dict(_saved(world, store))
    pruned = _ended(world, store, "prune")
    verified = _ended(world, store, "verify")
    kept = {name: _kept(past, pruned, store.spec.keep_days) for name, past in pasts.items()}

    def total(t: Floats) -> Floats:
        found = np.zeros(len(t))
        for count in kept.values():
            found = found + count(t)
        return found

    sheet.put("pbs_snapshot_count", {"datastore": store.name}, total, there)
    for name, past in pasts.items():
        guest = world.guests[name]
        labels = {"datastore": store.name, "vm_id": str(guest.spec.vmid), "vm_name": guest.title}
        sheet.put("pbs_snapshot_vm_count", labels, kept[name], there)
        sheet.put("pbs_snapshot_vm_last_timestamp", labels, _last(past, epoch), there)
        sheet.put("pbs_snapshot_vm_last_verify", labels, _checked(past, verified), there)


def _last(past: Past, epoch: float) -> Level:
    return lambda t: past.last(t, lambda run: math.floor(epoch + run.start), good=True)


def _checked(past: Past, verified: Level) -> Level:
    """1 where a verification has looked at the last backup."""
    return lambda t: np.where(verified(t) > past.last(t, lambda run: run.end, good=True), 1.0, 0.0)


def _kept(past: Past, pruned: Level, days: int) -> Level:
    """How many backups of a guest there are: as many as pruning leaves, and those that came since."""
    return lambda t: days + past.since(t, pruned(t))


def _ended(world: World, store: Datastore, kind: str) -> Level:
    """When a job of a kind last ended well on a datastore."""
    pasts = [
        Past(job, store.entity)
        for job in world.jobs.values()
        if (job.spec.kind, job.spec.datastore) == (kind, store.name)
    ]

    def level(t: Floats) -> Floats:
        found = np.zeros(len(t))
        for past in pasts:
            found = np.maximum(found, past.last(t, lambda run: run.end, good=True))
        return found

    return level


def _saved(world: World, store: Datastore) -> Iterator[tuple[str, Past]]:
    """Guests with backups in a datastore."""
    for job in world.jobs.values():
        storage = world.house.storages.get(job.spec.storage)
        if job.spec.kind == "backup" and storage is not None and storage.datastore == store.name:
            for entity, host, _ in job.steps:
                asked = tuple(_asked(world, job.spec.storage, entity))
                yield entity.partition("/")[2], Past(job, entity, world.spells[f"host/{host}"], asked)


def _asked(world: World, storage: str, guest: str) -> Iterator[Run]:
    """The backups that somebody made by hand and that worked."""
    for one in world.spells[guest].of("run-job"):
        refused = world.spells[f"storage/{storage}"].at(one.start, "gone", "full")
        if one.detail == storage and refused is None:
            yield Run("", "backup", guest, "", one.start, one.start + _BY_HAND_SECONDS)


def _machine(sheet: Sheet, host: Host) -> None:
    memory, root = host.memory, host.filesystems["/"]
    for name, level in (
        ("cpu_usage", lambda t: np.clip(host.cpu.value(t), 0.0, 1.0)),
        ("io_wait", lambda t: np.clip(host.waiting.value(t), 0.0, 1.0)),
        (
            "load1",
            lambda t: np.round((host.cpu.total(t) - host.cpu.total(t - 60.0)) / 60 * host.spec.cpus, 2),
        ),
        ("memory_free", lambda t: np.floor(memory.size - memory.apps(t))),
        ("memory_total", memory.size),
        ("memory_used", lambda t: np.floor(memory.apps(t))),
        ("swap_free", lambda t: np.floor(memory.swap - memory.swapped(t))),
        ("swap_total", memory.swap),
        ("swap_used", lambda t: np.floor(memory.swapped(t))),
        ("disk_available", lambda t: root.spec.size - root.used(t)),
        ("disk_total", root.spec.size),
        ("disk_used", root.used),
        ("uptime", since_boot(host.boots)),
    ):
        sheet.put(f"pbs_host_{name}", {}, level)
