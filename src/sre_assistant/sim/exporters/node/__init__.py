"""node_exporter: what a machine says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sre_assistant.sim.exporters.node.load import cpu, load_averages, memory_fields
from sre_assistant.sim.exporters.node.network import network
from sre_assistant.sim.exporters.node.storage import disks, filesystems
from sre_assistant.sim.exporters.node.system import clock, identity, kernel
from sre_assistant.sim.exporters.shapes import process
from sre_assistant.sim.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Host


def families(host: Host, epoch: float) -> list[Family]:
    """All metrics of a machine; ``epoch`` is the unix time of the world's epoch."""
    return [
        *cpu(host),
        *load_averages(host),
        *memory_fields(host),
        *filesystems(host),
        *disks(host),
        *network(host),
        *kernel(host),
        *clock(host, epoch),
        *identity(host),
        *process(host.seed + 200, host.boots + 20, epoch, 19e6),
    ]
