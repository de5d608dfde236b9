"""File systems and disks."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.exporters.shapes import Sheet, counted, fixed, many, thousandths
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import Scaled, Signal

if TYPE_CHECKING:
    from sre_assistant.sim.causality.spells import Spells
    from sre_assistant.sim.things.hosts import Disk, Filesystem, Host
    from sre_assistant.sim.world import World

_BLOCK: Final = 48 * 1024.0


_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "node_filesystem_size_bytes": ("gauge", "Size in bytes."),
    "node_filesystem_free_bytes": ("gauge", "Free space in bytes."),
    "node_filesystem_avail_bytes": ("gauge", "Space for unprivileged users, in bytes."),
    "node_filesystem_files": ("gauge", "All file nodes."),
    "node_filesystem_files_free": ("gauge", "Free file nodes."),
    "node_filesystem_readonly": ("gauge", "Whether it is read-only."),
    "node_filesystem_device_error": ("gauge", "Whether reading its statistics failed."),
}


def filesystems(world: World, host: Host) -> list[Family]:
    """Space and inodes, of what others offer over NFS too; of what hangs only that it does."""
    sheet = Sheet(_ABOUT)
    for mount, filesystem in host.filesystems.items():
        spec = filesystem.spec
        labels = {"device": spec.device, "fstype": spec.fstype, "mountpoint": mount}
        bad = world.spells[f"filesystem/{host.name}:{mount}"]
        _filesystem(sheet, labels, filesystem, _inside(bad, "gone"))
    for name, share in world.house.shares.items():
        if host.name in share.clients and share.kind == "nfs":
            labels = {
                "device": f"{world.house.full_name(share.host)}:{share.path}",
                "fstype": "nfs4",
                "mountpoint": share.clients[host.name],
            }
            bad = world.spells[f"mount/{host.name}:{name}"]
            _filesystem(sheet, labels, world.hosts[share.host].filesystems[share.path], _inside(bad, "stale"))
    return sheet.families()


def _inside(spells: Spells, mode: str) -> Level:
    return lambda t: np.where(spells.inside(t, mode), 1.0, 0.0)


def _filesystem(sheet: Sheet, labels: dict[str, str], filesystem: Filesystem, bad: Level) -> None:
    spec = filesystem.spec
    kept = spec.size * 0.05 if spec.fstype == "ext4" else 0.0
    levels: dict[str, Level | float] = {
        "size_bytes": spec.size,
        "free_bytes": lambda t: spec.size - filesystem.used(t),
        "avail_bytes": lambda t: np.maximum(spec.size - kept - filesystem.used(t), 0.0),
        "files": filesystem.inodes,
        "files_free": lambda t: filesystem.inodes - filesystem.inodes_used(t),
        "readonly": 0.0,
    }
    for name, level in levels.items():
        sheet.put(f"node_filesystem_{name}", labels, level, lambda t: 1.0 - bad(t))
    sheet.put("node_filesystem_device_error", labels, bad)


def disks(host: Host) -> list[Family]:
    """Traffic, busy time and queues."""
    per_device = {device: _disk(disk, host) for device, disk in host.disks.items()}
    names = next(iter(per_device.values())).keys()
    counters = [
        many(
            f"node_disk_{name}",
            "counter",
            f"Disk statistic {name}.",
            [({"device": device}, levels[name]) for device, levels in per_device.items()],
        )
        for name in names
    ]
    queue = [({"device": device}, _whole(disk.queue)) for device, disk in host.disks.items()]
    info = [
        (
            {
                "device": device,
                "major": "8",
                "minor": str(16 * place),
                "model": f"Disk_{zlib.crc32((host.name + device).encode()) % 9000}",
                "path": f"pci-0000:00:1{place}.0",
                "serial": f"S{zlib.crc32((device + host.name).encode()):010d}",
            },
            fixed(1.0),
        )
        for place, device in enumerate(host.disks)
    ]
    return [
        *counters,
        many("node_disk_io_now", "gauge", "Requests in flight.", queue),
        many("node_disk_info", "gauge", "What the disk is.", info),
    ]


def _disk(disk: Disk, host: Host) -> dict[str, Level]:
    begin = host.boots
    return {
        "read_bytes_total": counted(disk.reads, begin, 512.0),
        "written_bytes_total": counted(disk.writes, begin, 512.0),
        "reads_completed_total": counted(Scaled(disk.reads, 1 / _BLOCK), begin),
        "writes_completed_total": counted(Scaled(disk.writes, 1 / _BLOCK), begin),
        "read_time_seconds_total": thousandths(Scaled(disk.queue, 0.45), begin),
        "write_time_seconds_total": thousandths(Scaled(disk.queue, 0.55), begin),
        "io_time_seconds_total": thousandths(disk.busy, begin),
        "io_time_weighted_seconds_total": thousandths(disk.queue, begin),
    }


def _whole(signal: Signal) -> Level:
    return lambda t: np.round(signal.value(t))
