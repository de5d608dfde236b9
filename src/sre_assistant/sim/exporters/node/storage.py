"""File systems and disks."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.exporters.shapes import counted, fixed, many, thousandths
from sre_assistant.sim.signals import Scaled, Signal
from sre_assistant.sim.targets import Family, Level, Point

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Disk, Host

_BLOCK: Final = 48 * 1024.0


def filesystems(host: Host) -> list[Family]:
    """Space and inodes; ext4 keeps a twentieth for root."""
    metrics: dict[str, list[Point]] = {
        name: []
        for name in (
            "size_bytes",
            "free_bytes",
            "avail_bytes",
            "files",
            "files_free",
            "readonly",
            "device_error",
        )
    }
    for mount, filesystem in host.filesystems.items():
        spec = filesystem.spec
        labels = {"device": spec.device, "fstype": spec.fstype, "mountpoint": mount}
        kept = spec.size * 0.05 if spec.fstype == "ext4" else 0.0
        levels: dict[str, Level] = {
            "size_bytes": fixed(spec.size),
            "free_bytes": lambda t, f=filesystem: f.spec.size - f.used(t),  # type: ignore[misc]
            "avail_bytes": lambda t, f=filesystem, k=kept: np.maximum(f.spec.size - k - f.used(t), 0.0),  # type: ignore[misc]
            "files": fixed(filesystem.inodes),
            "files_free": lambda t, f=filesystem: f.inodes - f.inodes_used(t),  # type: ignore[misc]
            "readonly": fixed(0.0),
            "device_error": fixed(0.0),
        }
        for name, level in levels.items():
            metrics[name].append(Point(labels, level))
    about = {
        "size_bytes": "Size in bytes.",
        "free_bytes": "Free space in bytes.",
        "avail_bytes": "Space for unprivileged users, in bytes.",
        "files": "All file nodes.",
        "files_free": "Free file nodes.",
        "readonly": "Whether it is read-only.",
        "device_error": "Whether reading its statistics failed.",
    }
    return [
        Family(f"node_filesystem_{name}", "gauge", about[name], tuple(points))
        for name, points in metrics.items()
    ]


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
