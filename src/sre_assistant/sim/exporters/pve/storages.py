"""The storages, once for each node that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, fixed
from sre_assistant.sim.metrics.targets import Level

if TYPE_CHECKING:
    from sre_assistant.sim.house import StorageSpec
    from sre_assistant.sim.things.hypervisors import Hypervisors
    from sre_assistant.sim.world import World


def storages(sheet: Sheet, world: World, seen: Hypervisors) -> None:
    """Size and use while a storage is available on a node that is heard."""
    for name, spec in world.house.storages.items():
        for node in spec.nodes or seen.nodes:
            _storage(sheet, world, seen, (name, spec, node))


def _storage(sheet: Sheet, world: World, seen: Hypervisors, which: tuple[str, StorageSpec, str]) -> None:
    name, spec, node = which
    labels = {"id": f"storage/{node}/{name}"}

    def available(t: Floats) -> Floats:
        gone = world.spells[f"storage/{name}"].inside(t, "gone")
        gone |= world.spells[f"mount/{node}:{spec.share}"].inside(t, "stale")
        return np.where(gone, 0.0, seen.online(node, t))

    size, used = room(world, spec, node)
    info = {
        **labels,
        "node": node,
        "storage": name,
        "plugintype": spec.kind,
        "content": ",".join(sorted(spec.content)),
    }
    sheet.put("pve_storage_info", info, 1.0)
    sheet.put("pve_storage_shared", labels, float(spec.shared))
    sheet.put("pve_up", labels, available)
    sheet.put("pve_disk_size_bytes", labels, size, available)
    sheet.put("pve_disk_usage_bytes", labels, used, available)


def room(world: World, spec: StorageSpec, node: str) -> tuple[float, Level]:
    """A storage's size and what is used of it, in bytes."""
    host, mount = node, spec.mountpoint
    if spec.share:
        share = world.house.shares[spec.share]
        host, mount = share.host, share.path
    elif spec.datastore:
        store = world.house.datastores[spec.datastore]
        host, mount = store.host, store.mountpoint
    if not mount:
        return spec.size, fixed(spec.used)
    filesystem = world.hosts[host].filesystems[mount]
    return filesystem.spec.size, filesystem.used
