"""The cluster and its nodes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.pve.metrics import NODE_STATES
from sre_assistant.sim.exporters.shapes import Sheet, since_boot

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.things.hypervisors import Hypervisors
    from sre_assistant.sim.world import World

VERSION: Final = {"release": "8.4", "repoid": "2a5fa54a8503f96d", "version": "8.4.1"}


def cluster(sheet: Sheet, world: World, seen: Hypervisors) -> None:
    """Quorum, version, and every node with what it uses while it is heard."""
    entity = {"id": f"cluster/{world.house.name}"}
    nodes = str(len(seen.nodes))
    sheet.put("pve_up", entity, seen.quorate)
    for quorate in ("0", "1"):
        labels = {**entity, "nodes": nodes, "quorate": quorate, "version": nodes}
        sheet.put("pve_cluster_info", labels, 1.0, seen.quorate if quorate == "1" else seen.inquorate)
    sheet.put("pve_version_info", VERSION, 1.0)
    for number, name in enumerate(seen.nodes, 1):
        info = {"id": f"node/{name}", "level": "", "name": name, "nodeid": str(number)}
        sheet.put("pve_node_info", info, 1.0)
        _node(sheet, world.hosts[name], seen)


def _node(sheet: Sheet, host: Host, seen: Hypervisors) -> None:
    labels = {"id": f"node/{host.name}"}
    online = partial(seen.online, host.name)
    root = host.filesystems["/"]

    def busy(t: Floats) -> Floats:
        return np.clip(host.cpu.value(t), 0.0, 1.0)

    sheet.put("pve_up", labels, online)
    for state in NODE_STATES:
        sheet.put("pve_ha_state", {**labels, "state": state}, 0.0)
    for name, level in (
        ("cpu_usage_ratio", busy),
        ("cpu_usage_limit", float(host.spec.cpus)),
        ("memory_size_bytes", host.spec.memory),
        ("memory_usage_bytes", lambda t: np.floor(host.memory.apps(t))),
        ("disk_size_bytes", root.spec.size),
        ("disk_usage_bytes", root.used),
        ("uptime_seconds", since_boot(host.boots)),
    ):
        sheet.put(f"pve_{name}", labels, level, online)
