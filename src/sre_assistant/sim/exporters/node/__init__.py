"""node_exporter: what a machine says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sre_assistant.sim.exporters.node.load import cpu, load_averages, memory_fields
from sre_assistant.sim.exporters.node.network import network
from sre_assistant.sim.exporters.node.sensors import extras
from sre_assistant.sim.exporters.node.storage import disks, filesystems
from sre_assistant.sim.exporters.node.system import clock, identity, kernel
from sre_assistant.sim.exporters.shapes import process
from sre_assistant.sim.metrics.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.world import World


def families(world: World, name: str) -> list[Family]:
    """All metrics of a machine."""
    host, epoch = world.hosts[name], world.epoch.timestamp()
    return [
        *cpu(host),
        *load_averages(host),
        *memory_fields(host),
        *filesystems(world, host),
        *disks(host),
        *network(host, world.spells[f"host/{name}"]),
        *kernel(host),
        *clock(host, epoch),
        *identity(host),
        *extras(world, host),
        *process(host.seed + 200, host.boots + 20, epoch, 19e6),
    ]
