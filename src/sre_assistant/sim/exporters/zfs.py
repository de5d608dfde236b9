"""zfs_exporter: pools and datasets of a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, around, process
from sre_assistant.sim.metrics.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Filesystem
    from sre_assistant.sim.things.storage import Pool
    from sre_assistant.sim.world import World

_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "zfs_pool_health": (
        "gauge",
        "Health: 0 ONLINE, 1 DEGRADED, 2 FAULTED, 3 OFFLINE, 4 UNAVAIL, 5 REMOVED, 6 SUSPENDED.",
    ),
    "zfs_pool_size_bytes": ("gauge", "Size of the pool in bytes."),
    "zfs_pool_allocated_bytes": ("gauge", "Space in use, in bytes."),
    "zfs_pool_free_bytes": ("gauge", "Space that is free, in bytes."),
    "zfs_pool_freeing_bytes": ("gauge", "Space that is being freed, in bytes."),
    "zfs_pool_leaked_bytes": ("gauge", "Space that is lost, in bytes."),
    "zfs_pool_fragmentation_ratio": ("gauge", "Fragmentation of the free space."),
    "zfs_pool_deduplication_ratio": ("gauge", "Deduplication of what is stored."),
    "zfs_pool_readonly": ("gauge", "Whether the pool is read-only."),
    "zfs_dataset_available_bytes": ("gauge", "Space that the dataset may still use, in bytes."),
    "zfs_dataset_used_bytes": ("gauge", "Space of the dataset and all below it, in bytes."),
    "zfs_dataset_referenced_bytes": ("gauge", "Space that the dataset refers to, in bytes."),
    "zfs_dataset_logical_used_bytes": ("gauge", "Space in use before compression, in bytes."),
    "zfs_dataset_used_by_dataset_bytes": ("gauge", "Space of the dataset itself, in bytes."),
    "zfs_dataset_quota_bytes": ("gauge", "The most that the dataset may use, in bytes."),
    "zfs_dataset_written_bytes": ("gauge", "Space written since the last snapshot, in bytes."),
    "zfs_exporter_build_info": ("gauge", "Version of the exporter."),
    "zfs_scrape_collector_success": ("gauge", "Whether a collector worked."),
    "zfs_scrape_collector_duration_seconds": ("gauge", "Time that a collector took."),
}
_VERSION: Final = {"branch": "HEAD", "goversion": "go1.23.4", "revision": "b6e5a3f", "version": "2.3.6"}


def families(world: World, host: str) -> list[Family]:
    """All metrics of a machine's pools."""
    machine = world.hosts[host]
    sheet = Sheet(_ABOUT)
    sheet.put("zfs_exporter_build_info", _VERSION, 1.0)
    for name, pool in world.pools.items():
        if pool.host.name == host:
            _pool(sheet, pool, {"pool": name})
            for mount, filesystem in pool.filesystems.items():
                _dataset(sheet, filesystem, name, mount)
    for place, collector in enumerate(("dataset-filesystem", "dataset-volume", "pool")):
        labels = {"collector": collector}
        sheet.put("zfs_scrape_collector_success", labels, 1.0)
        sheet.put("zfs_scrape_collector_duration_seconds", labels, around(machine.seed + place, 0.03, 0.01))
    return [
        *sheet.families(),
        *process(machine.seed + 720, machine.boots + 30, world.epoch.timestamp(), 15e6),
    ]


def _pool(sheet: Sheet, pool: Pool, labels: dict[str, str]) -> None:
    size = pool.spec.size

    def fragmentation(t: Floats) -> Floats:
        return np.round(pool.allocated(t) / size * 0.31, 2)

    for name, level in (
        ("health", pool.health),
        ("size_bytes", size),
        ("allocated_bytes", pool.allocated),
        ("free_bytes", lambda t: size - pool.allocated(t)),
        ("freeing_bytes", 0.0),
        ("leaked_bytes", 0.0),
        ("fragmentation_ratio", fragmentation),
        ("deduplication_ratio", 1.0),
        ("readonly", 0.0),
    ):
        sheet.put(f"zfs_pool_{name}", labels, level)


def _dataset(sheet: Sheet, filesystem: Filesystem, pool: str, mount: str) -> None:
    spec = filesystem.spec
    labels = {"name": spec.device, "pool": pool, "type": "filesystem"}
    for name, level in (
        ("available_bytes", lambda t: np.maximum(spec.size - filesystem.used(t), 0.0)),
        ("used_bytes", filesystem.used),
        ("referenced_bytes", filesystem.used),
        ("logical_used_bytes", lambda t: np.floor(filesystem.used(t) * 1.04)),
        ("used_by_dataset_bytes", filesystem.used),
        ("quota_bytes", 0.0 if mount == "/" else spec.size),
        ("written_bytes", around(filesystem.seed + 8, 3e8, 2e8, whole=True)),
    ):
        sheet.put(f"zfs_dataset_{name}", labels, level)
